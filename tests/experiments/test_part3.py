"""Part 3's plans, what chooses the next one, and the command on small networks."""

import numpy as np
import pytest

from tp1 import __main__ as command
from tp1.experiments import part3
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, read_results
from tp1.experiments.tables import read_table


def test_the_tables_are_those_of_the_assignment():
    chosen = {name: Config(name, 0.001, 50) for name in ("sgd", "adam")}
    runs = part3.shapes(chosen, 3)
    assert len(set(runs)) == 2 * 3 * 5 * 3
    assert {run.config.depth for run in runs} == {1, 3, 5}
    assert {run.config.width for run in runs} == {25, 100, 300, 500, 1000}
    assert {run.config.epochs for run in runs} == {5}
    assert {run.config.gradient for run in runs} == {"sum"}
    assert {(r.config.lr, r.config.batch_size) for r in runs} == {(0.001, 50)}


def test_both_optimisers_have_the_same_chances_in_the_search_for_a_rate():
    runs = part3.rates(1)
    sgd, adam = (
        [run for run in runs if run.config.optimiser == name]
        for name in ("sgd", "adam")
    )
    assert len(sgd) == len(adam)
    assert {run.config.width for run in runs} == {300}


def history(*accuracies, loss=1.0):
    return np.array([[1, 0.5, loss, accuracy] for accuracy in accuracies])


def test_the_rate_is_the_best_over_all_depths_after_the_last_epoch():
    def run(lr, depth, seed=0):
        return Run(Config("sgd", lr, 50, depth=depth, width=300), seed)

    results = Results(
        {
            run(0.1, 1): history(0.1, 0.99, 0.5),
            run(0.1, 3): history(0.1, 0.99, 0.5),
            run(0.01, 1): history(0.1, 0.2, 0.6),
            run(0.01, 3): history(0.1, 0.2, 0.7),
            run(1.0, 1): history(0.1, 0.9, 0.9, loss=float("nan")),
            run(1.0, 3): history(0.1, 0.9, 0.9, loss=float("inf")),
        },
        {},
    )
    assert part3.rate_of(results, "sgd") == Config("sgd", 0.01, 50)


@pytest.fixture
def world(monkeypatch, tmp_path, reads):
    """Small networks on small images; how often the test set was read."""
    monkeypatch.setattr(part3, "DEPTHS", (1, 2))
    monkeypatch.setattr(part3, "WIDTHS", (3, 5))
    monkeypatch.setattr(part3, "STATED", 4)
    monkeypatch.setattr(part3, "BATCH_SIZES", (20, 50))
    own = Config("adam", 0.01, 20, 2, depth=2, width=6, dropout=0.1, smoothing=0.1)
    monkeypatch.setattr(
        part3, "own", lambda seeds: [Run(own, seed) for seed in range(seeds)]
    )
    return tmp_path, reads


def call(*arguments):
    return command.main(["run", "part3", *map(str, arguments)])


def test_the_whole_command(world):
    folder, reads = world
    options = ("--output", folder, "--seeds", 2, "--device", "cpu", "--workers", 1)
    assert call(*options) == 0
    found = {
        stage: read_results(folder / "part3" / stage)
        for stage in ("rates", "shapes", "own")
    }
    assert [len(results.history) for results in found.values()] == [64, 16, 2]
    chosen = part3.rate_of(found["rates"], "adam")
    adam = [r.config for r in found["shapes"].history if r.config.optimiser == "adam"]
    assert {(c.lr, c.batch_size) for c in adam} == {(chosen.lr, chosen.batch_size)}
    rows, _ = read_table(folder / "part3" / "final")
    assert {row["choice"] for row in rows} == {"shapes-sgd", "shapes-adam", "own"}
    assert len(rows) == 3 * 2
    assert len(reads) == 1
    assert call(*options) == 0
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--only", "shapes"), "rates.csv is missing"),
        (("--only", "assigned"), "part3 has the stages rates, shapes, own, final"),
    ],
)
def test_a_stage_that_cannot_be_done_is_refused(world, capsys, arguments, words):
    folder, reads = world
    assert call("--output", folder, "--workers", 1, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not list(folder.iterdir())
    assert not reads
