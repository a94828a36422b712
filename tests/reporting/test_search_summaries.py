"""What a search is summarised as, computed again run by run."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, write_results
from tp1.experiments.stages import choose
from tp1.experiments.tables import write_table
from tp1.reporting.results import (
    gap,
    grid,
    history_of,
    load_search,
    measured,
    results_folder,
)


def results_of(accuracies, seeds=2):
    """Make results of {(rate, batch size): last validation accuracies}, one epoch."""
    history = {}
    for (lr, size), values in accuracies.items():
        for seed, value in enumerate(values):
            run = Run(Config("sgd", lr, size, 1), seed)
            history[run] = np.array([[2.3, 0.1, 2.3, 0.1], [0.5, 0.9, 0.6, value]])
    return Results(history, {})


def test_the_folder_is_the_projects_unless_the_environment_names_another(monkeypatch):
    monkeypatch.delenv("TP1_RESULTS_DIR", raising=False)
    assert results_folder().parts[-2:] == ("results", "part2")
    assert (results_folder().parents[1] / "code" / "tp1").is_dir()
    monkeypatch.setenv("TP1_RESULTS_DIR", "/elsewhere")
    assert str(results_folder()) == "/elsewhere/part2"
    assert results_folder("part3").name == "part3"


def test_a_search_is_read_from_its_folder(tmp_path, monkeypatch, assigned_results):
    write_results(tmp_path / "part2" / "assigned", assigned_results)
    monkeypatch.setenv("TP1_RESULTS_DIR", str(tmp_path))
    read = load_search("assigned")
    assert read.history.keys() == assigned_results.history.keys()
    assert load_search("assigned", tmp_path / "part2").provenance == read.provenance


def test_a_search_that_is_missing_or_holds_something_else_is_an_error(tmp_path):
    with pytest.raises(ResultsError, match=r"assigned.* is missing.*make experiments"):
        load_search("assigned", tmp_path)
    write_table(tmp_path / "assigned", ["lr"], [[0.1]], {})
    with pytest.raises(ResultsError, match=r"does not hold runs.*make experiments"):
        load_search("assigned", tmp_path)
    columns = [
        "optimiser",
        "lr",
        "batch_size",
        "epochs",
        "pixels",
        "gradient",
        "schedule",
        "seed",
        "epoch",
    ]
    row = ["sgd", "fast", 1, 1, "unit", "sum", "constant", 0, 0, 1, 1, 1, 1]
    write_table(tmp_path / "assigned", [*columns, *MEASURES], [row], {})
    with pytest.raises(ResultsError, match="does not hold runs"):
        load_search("assigned", tmp_path)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_the_arrays_are_the_runs(assigned_results, optimiser):
    table = grid(assigned_results, optimiser)
    assert table.rates == (0.1, 0.01, 0.001)
    assert table.batch_sizes == (1, 20, 200, 1000)
    assert table.shape == (3, 4)
    for (i, j, s), last in np.ndenumerate(table.values()):
        config = Config(optimiser, table.rates[i], table.batch_sizes[j])
        assert table.config((i, j)) == config
        rows = assigned_results.history[Run(config, table.seeds[s])].tolist()
        assert last == rows[-1][3]
        best = max(range(len(rows)), key=lambda epoch: rows[epoch][3])
        assert table.best_epochs[i, j, s] == best
        for measure, column in zip(MEASURES, range(4), strict=True):
            assert table.values(measure, "best")[i, j, s] == rows[best][column]
            assert table.values(measure, "last")[i, j, s] == rows[-1][column]
    values = table.values("val_loss")[1, 2].tolist()
    assert table.mean("val_loss")[1, 2] == pytest.approx(statistics.fmean(values))
    spread = statistics.stdev(values)
    assert table.deviation("val_loss")[1, 2] == pytest.approx(spread)
    assert table.standard_error("val_loss")[1, 2] == pytest.approx(spread / 5**0.5)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_the_best_cell_in_validation_is_what_the_search_chooses(
    assigned_results, wider_results, optimiser
):
    table = grid(assigned_results, optimiser)
    assert table.config(table.best_cell("best")) == choose(assigned_results, optimiser)
    halves = [
        grid(wider_results, optimiser, pixels=pixels) for pixels in ("unit", "standard")
    ]
    best = max(halves, key=lambda half: half.mean(at="best").max())
    assert best.config(best.best_cell("best")) == choose(wider_results, optimiser)


@given(st.lists(st.sampled_from([0.25, 0.5, 0.75]), min_size=6, max_size=6))
def test_equal_cells_are_ordered_as_the_search_orders_them(values):
    keys = [(lr, size) for lr in (0.1, 0.01, 0.001) for size in (1, 20)]
    results = results_of(dict(zip(keys, ([v, v] for v in values), strict=True)))
    table = grid(results, "sgd")
    assert table.config(table.best_cell("best")) == choose(results, "sgd")
    assert table.mean()[table.best_cell("last")] == max(values)


def test_rivals_are_the_cells_whose_paired_difference_may_be_zero():
    table = grid(
        results_of(
            {
                (0.1, 1): [0.80, 0.82, 0.84],  # the best
                (0.1, 20): [0.79, 0.81, 0.83],  # always 0.01 below, whatever the seed
                (0.01, 1): [0.85, 0.70, 0.88],  # below on average, once above
                (0.01, 20): [0.10, 0.10, 0.10],
            }
        ),
        "sgd",
    )
    assert table.best_cell() == (0, 0)
    assert table.rivals() == [(1, 0)]


def test_a_run_is_counted_as_diverged_once_its_loss_was_not_finite():
    results = results_of({(0.1, 1): [0.5, 0.6], (0.1, 20): [0.7, 0.8]})
    runs = sorted(results.history)
    results.history[runs[0]][0, 0] = np.inf
    results.history[runs[3]][1, 2] = np.nan
    results.history[runs[2]][1, 2] = np.nan
    table = grid(results, "sgd")
    assert table.diverged.tolist() == [[1, 2]]
    # Both have their highest accuracy at an epoch that is no model any more.
    assert table.values(at="best")[0, 1].tolist() == [0.1, 0.1]


def test_what_is_no_grid_is_refused(assigned_results, wider_results):
    with pytest.raises(ResultsError, match=r"no run with .*'momentum'"):
        grid(assigned_results, "momentum")
    with pytest.raises(ResultsError, match="differ in more than lr and batch_size"):
        grid(wider_results, "sgd")
    run = Run(Config("sgd", 0.01, 200), 3)
    short = {**assigned_results.history, run: assigned_results.history[run][:-1]}
    lost = {k: v for k, v in assigned_results.history.items() if k != run}
    for history in (short, lost):
        with pytest.raises(ResultsError, match=r"lr 0\.01, batch_size 200, seed 3"):
            grid(Results(history, {}), "sgd")
    with pytest.raises(ResultsError, match="2 seeds"):
        grid(results_of({(0.1, 1): [0.5]}), "sgd").deviation()


def test_the_histories_of_a_configuration_are_in_the_order_of_the_seeds(
    assigned_results,
):
    config = Config("adam", 0.01, 200)
    backwards = dict(reversed(assigned_results.history.items()))
    stack = history_of(Results(backwards, {}), config)
    assert stack.shape == (5, 6, 4)
    for seed in range(5):
        assert (stack[seed] == assigned_results.history[Run(config, seed)]).all()
    assert measured(stack, "val_loss").tolist() == stack[:, -1, 2].tolist()
    assert measured(stack, "train_accuracy", 0).tolist() == stack[:, 0, 1].tolist()
    with pytest.raises(ResultsError, match="no run of"):
        history_of(assigned_results, replace(config, lr=0.5))


def test_the_gap_is_above_zero_where_training_is_served_better():
    history = np.zeros((2, 1, 4))
    history[:, 0] = [[0.40, 0.90, 0.50, 0.88], [0.42, 0.91, 0.50, 0.87]]
    assert gap(history).mean == pytest.approx(0.03)
    assert gap(history, "loss").mean == pytest.approx(0.09)
    assert gap(history).n == 2
