"""The tables of widths and depths say what the runs say."""

import numpy as np
import pytest

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, write_times
from tp1.reporting.french import THIN_NBSP
from tp1.reporting.results import DEPTHS_AND_WIDTHS, grid
from tp1.reporting.search import search_figure, search_table
from tp1.reporting.shapes import load_seconds, rates_table, shapes_figure, shapes_table

DEPTHS, WIDTHS = (1, 3, 5), (25, 100, 300, 500, 1000)


def cells(table):
    _, _, *body = table.data.split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


@pytest.fixture
def grids(shapes_results):
    return [grid(shapes_results, name, DEPTHS_AND_WIDTHS) for name in ("sgd", "adam")]


@pytest.fixture
def times(shapes_results):
    return {
        run: run.config.depth + run.config.width / 100 + run.seed
        for run in shapes_results.history
    }


def test_the_grid_has_depths_as_rows_and_widths_as_columns(grids, shapes_results):
    for found in grids:
        assert found.rows == DEPTHS
        assert found.columns == WIDTHS
        for run, history in shapes_results.history.items():
            if run.config.optimiser == found.optimiser:
                cell = DEPTHS.index(run.config.depth), WIDTHS.index(run.config.width)
                assert found.config(cell) == run.config
                assert np.array_equal(found.histories[cell][run.seed], history)


def test_the_assigned_table_names_depths_and_widths(grids):
    table = search_table(grids[0])
    header = table.data.split("\n")[0]
    assert [c.strip() for c in header.strip("|").split("|")][:3] == [
        "Profondeur $L$", "$n =$ 25", "$n =$ 100",
    ]  # fmt: skip
    rows = cells(table)
    assert [row[0] for row in rows] == ["1", "3", "5"]
    mean = 100 * grids[0].mean()[1, 2]
    assert f"{mean:.1f}".replace(".", ",") in rows[1][3]


def test_the_map_names_its_axes(grids):
    axes = search_figure(*grids).axes
    assert axes[0].get_ylabel() == "profondeur $L$"
    assert axes[1].get_xlabel() == "largeur $n$"
    assert [t.get_text() for t in axes[0].get_yticklabels()] == ["1", "3", "5"]


def test_parameters_and_time_stand_beside_accuracy(grids, times, tmp_path):
    write_times(tmp_path / "shapes-times", times, {})
    seconds = load_seconds(tmp_path, *grids)
    rows = cells(shapes_table(grids, seconds))
    assert len(rows) == 15
    # 784 inputs, 25 units, 10 classes: 785·25 + 26·10 parameters; 1 + 0.25 + the mean seed, 1
    assert rows[0][:3] == ["1", "25", f"19{THIN_NBSP}885"]
    assert rows[0][5] == rows[0][8] == "2,2"
    for i, row in enumerate(rows):
        cell = divmod(i, 5)
        for found, first in zip(grids, (3, 6), strict=True):
            train = 100 * found.mean("train_accuracy")[cell]
            val = 100 * found.mean()[cell]
            assert row[first] == f"{train:.1f}".replace(".", ",")
            assert row[first + 1].startswith(f"{val:.1f}".replace(".", ","))


def test_times_that_lack_a_run_are_refused(grids, times, tmp_path):
    times.popitem()
    write_times(tmp_path / "shapes-times", times, {})
    with pytest.raises(ResultsError, match=r"does not have the runs .*experiments"):
        load_seconds(tmp_path, *grids)
    with pytest.raises(ResultsError, match="missing"):
        load_seconds(tmp_path / "nowhere", *grids)


def test_the_curves_are_the_means(grids):
    figure = shapes_figure(grids)
    for ax, found in zip(figure.axes, grids, strict=True):
        for measure in ("val_accuracy", "train_accuracy"):
            mean = found.mean(measure)
            for i in range(len(DEPTHS)):
                gid = f"{measure}:{i}"
                (line,) = (
                    line
                    for line in ax.lines
                    if line.get_gid() == gid and line.get_linestyle() != "None"
                )
                np.testing.assert_allclose(line.get_xdata(orig=False), WIDTHS)
                np.testing.assert_allclose(line.get_ydata(orig=False), mean[i])


def test_the_chosen_rate_and_batch_size_are_bold():
    def results(depth, values):
        runs = {
            Run(Config("sgd", lr, size, 1, depth=depth, width=9), 0): np.array(
                [[1, 0.1, 1, 0.1], [1, 0.1, 1 if value > 0.1 else np.inf, value]]
            )
            for (lr, size), value in values.items()
        }
        return grid(Results(runs, {}), "sgd")

    shallow = {(0.1, 5): 0.5, (0.1, 7): 0.9, (0.01, 5): 0.7, (0.01, 7): 0.1}
    deep = {(0.1, 5): 0.5, (0.1, 7): 0.1, (0.01, 5): 0.6, (0.01, 7): 0.8}
    chosen = Config("sgd", 0.01, 5)
    rows = cells(rates_table([results(1, shallow), results(3, deep)], chosen))
    assert rows == [
        ["0,1", "50,0", "50,0", "50,0", "90,0", "10,0†", "50,0"],
        ["0,01", "70,0", "60,0", "**65,0**", "10,0†", "80,0", "45,0"],
    ]
