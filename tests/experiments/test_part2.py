"""The command: what it writes, what it refuses, and that the test set is read once, by one function."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from small_search import call

from tp1.experiments import final, part2, runner, stages
from tp1.experiments.measures import best_epoch
from tp1.experiments.plans import Config, Run, runs_of
from tp1.experiments.results import Results, read_results, read_times
from tp1.experiments.tables import read_table

EXPERIMENTS = Path(part2.__file__).parent


def test_the_whole_command(world, capsys):
    folder, reads = world
    options = ("--output", folder, "--seeds", 2, "--device", "cpu", "--workers", 1)
    assert call(*options) == 0
    written = sorted(p.name for p in (folder / "part2").iterdir())
    assert written == sorted(
        f"{name}.{kind}"
        for kind in ("csv", "json")
        for name in (
            "assigned", "assigned-times", "wider", "wider-times",
            "final", "final-images", "final-confusion", "final-calibration",
            "final-weights", "final-mistakes",
        )
    )  # fmt: skip
    assert len(read_results(folder / "part2" / "assigned").history) == 12
    rows, receipt = read_table(folder / "part2" / "final")
    assert len(rows) == 4 * 2
    assert receipt["best"] in {row["choice"] for row in rows}
    assert len(reads) == 1
    for row in rows:
        assert f"-{row['optimiser']}" in row["choice"]
        assert float(row["lr"]) < 1
    counts, _ = read_table(folder / "part2" / "final-confusion")
    total = sum(int(row[f"predicted_{k}"]) for row in counts for k in range(10))
    assert total == 4 * 2 * 30
    hits, _ = read_table(folder / "part2" / "final-images")
    for choice in hits[0]:
        mean = np.mean(
            [float(row["test_accuracy"]) for row in rows if row["choice"] == choice]
        )
        assert sum(int(row[choice]) for row in hits) / 60 == pytest.approx(
            mean, rel=1e-5
        )

    before = {p: p.stat().st_mtime_ns for p in (folder / "part2").iterdir()}
    assert call(*options) == 0
    assert {p: p.stat().st_mtime_ns for p in (folder / "part2").iterdir()} == before
    assert len(reads) == 1


@pytest.mark.parametrize("table", final.TABLES)
def test_a_table_of_the_evaluation_that_is_lost_is_made_again(world, table):
    folder, reads = world
    options = ("--output", folder, "--seeds", 1, "--workers", 1)
    call(*options)
    path = folder / "part2" / f"{table}.csv"
    before = path.read_bytes()
    path.unlink()
    assert call(*options) == 0
    assert path.read_bytes() == before
    assert len(reads) == 2


def test_an_evaluation_is_not_replaced_by_one_of_fewer_seeds(world, capsys):
    folder, reads = world
    options = ("--output", folder, "--workers", 1)
    assert call(*options, "--seeds", 2) == 0
    before = (folder / "part2" / "final.csv").read_bytes()
    assert call(*options, "--seeds", 1) == 2
    assert "has 2 seeds, and 1 would replace them" in capsys.readouterr().err
    assert (folder / "part2" / "final.csv").read_bytes() == before
    assert len(reads) == 1


def test_the_bar_shows_runs_rate_and_time_left(world, capsys):
    folder, _ = world
    call("--only", "assigned", "--output", folder, "--seeds", 1, "--workers", 1)
    bar = capsys.readouterr().err
    assert re.search(r"part2 assigned +100%.*\d+:\d+<00:00", bar)
    assert re.search(r"6/6 runs, \d+\.\d+ M images/s", bar)


def test_other_choices_are_evaluated_anew(world, monkeypatch):
    folder, _ = world
    options = ("--output", folder, "--seeds", 1, "--workers", 1)
    call(*options)
    monkeypatch.setattr(stages, "choose", lambda results, optimiser: next(
        run.config for run in results.history
        if run.config.optimiser == optimiser and run.config.lr == 0.01
    ))  # fmt: skip
    call(*options)
    rows, _ = read_table(folder / "part2" / "final")
    assert {row["lr"] for row in rows} == {"0.01"}


def test_a_folder_that_cannot_be_written_to_is_named(world, capsys):
    folder, _ = world
    (folder / "part2").write_text("a file")
    assert call("--output", folder, "--workers", 1) == 2
    assert "part2 cannot be written to" in capsys.readouterr().err


def test_a_batch_that_is_too_large_is_found_before_anything_is_trained(
    world, monkeypatch, capsys
):
    folder, _ = world
    configs = [Config("sgd", 0.1, 20, 1), Config("sgd", 0.1, 108, 1)]
    monkeypatch.setitem(
        part2.SEARCHES, "assigned", lambda seeds: runs_of(configs, seeds)
    )
    monkeypatch.setattr(runner, "advance", None)
    assert call("--output", folder, "--workers", 1, "--only", "assigned") == 2
    assert "batch size 108: the training set has 107" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_more_seeds_add_runs_and_change_none(world):
    folder, _ = world
    options = ("--only", "assigned", "--output", folder, "--workers", 1)
    call(*options, "--seeds", 1)
    first = read_results(folder / "part2" / "assigned").history
    call(*options, "--seeds", 3)
    second = read_results(folder / "part2" / "assigned").history
    assert len(second) == 3 * len(first)
    times = read_times(folder / "part2" / "assigned-times")
    assert times.keys() == second.keys()
    assert min(times.values()) > 0
    provenance = read_results(folder / "part2" / "assigned").provenance
    assert [more["runs"] for more in provenance["added"]] == [12]
    for run, history in first.items():
        assert np.array_equal(history, second[run], equal_nan=True)


def test_results_of_other_code_are_made_again(world, monkeypatch):
    folder, _ = world
    options = ("--only", "assigned", "--output", folder, "--seeds", 1, "--workers", 1)
    call(*options)
    path = folder / "part2" / "assigned.json"
    path.write_text(path.read_text().replace(stages.fingerprint(), "0" * 16))
    call(*options)
    assert json.loads(path.read_text())["code"] == stages.fingerprint()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", 0), "--seeds 0: 1 or more"),
        (("--workers", 0), "--workers 0: 1 or more"),
        (("--only", "final"), "assigned.csv is missing"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(world, capsys, arguments, words):
    folder, reads = world
    assert call("--output", folder, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not list(folder.iterdir())
    assert not reads


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_named(world, capsys):
    folder, _ = world
    assert call("--output", folder, "--device", "cuda") == 2
    assert "finds no GPU" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_missing_data_is_found_before_anything_is_written(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("TP1_DATA_DIR", str(tmp_path / "nowhere"))
    runner.fashion_mnist.cache_clear()
    assert call("--output", tmp_path / "out", "--workers", 1) == 2
    assert "train-images-idx3-ubyte.gz is missing" in (error := capsys.readouterr().err)
    assert "make data" in error
    assert not (tmp_path / "out").exists()


def test_the_choice_is_the_best_mean_of_the_best_epochs_in_validation():
    def run(lr, seed):
        return Run(Config("sgd", lr, 20), seed)

    def history(*accuracies):
        return np.array([[1, 0.5, 1, a] for a in accuracies])

    results = Results(
        {
            run(0.1, 0): history(0.1, 0.9, 0.2),
            run(0.1, 1): history(0.1, 0.3, 0.2),
            run(0.01, 0): history(0.1, 0.7, 0.8),
            run(0.01, 1): history(0.1, 0.7, 0.8),
            Run(Config("adam", 0.1, 20), 0): history(1.0),
        },
        {},
    )
    assert stages.choose(results, "sgd").lr == 0.01
    assert best_epoch(results.history[run(0.01, 0)]) == 2


def test_only_the_final_evaluation_reads_the_test_set():
    # The assignment's loader of test images is the other way to them, and nothing here takes it.
    ways = {"load_test", "get_fashion_mnist_dataloaders"}
    project = EXPERIMENTS.parents[2]
    readers = {
        path.name
        for folder in (
            EXPERIMENTS,
            EXPERIMENTS.parent / "reporting",
            project / "report",
            project / "benchmarks",
        )
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        # As a name, after a dot, or imported under any name.
        if ways & {getattr(node, field, None) for field in ("id", "attr", "name")}
    }
    assert readers == {"final.py"}
    chapters = [
        path.read_text(encoding="utf-8") for path in project.glob("report/*.qmd")
    ]
    assert not [text for text in chapters if "load_test" in text]
