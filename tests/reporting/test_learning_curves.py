"""The curves stand where the runs are, and every line can be told from the others without colours."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results
from tp1.reporting.curves import (
    curves_figure,
    rates_figure,
    relative_rates,
    sensitivity_figure,
    stability_figure,
)
from tp1.reporting.results import grid, history_of


def by_gid(ax, gid):
    return [line for line in ax.lines if line.get_gid() == gid]


@pytest.fixture
def history(assigned_results):
    return history_of(assigned_results, Config("adam", 0.001, 20))


@pytest.mark.parametrize(("column", "what"), [(0, 0), (1, 1)])
def test_lines_are_means_and_bands_one_deviation(history, column, what):
    figure = curves_figure(history)
    axes = np.array(figure.axes).reshape(2, 2)[:, column]
    for ax, first in zip(axes, (0, 1), strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        bands = ax.collections
        for k, name in enumerate(("entraînement", "validation")):
            values = history[:, first:, 2 * k + what]
            mean, spread = values.mean(axis=0), values.std(axis=0, ddof=1)
            np.testing.assert_allclose(lines[name].get_xdata(), range(first, 6))
            np.testing.assert_allclose(lines[name].get_ydata(), mean)
            corners = bands[k].get_paths()[0].vertices
            for epoch in range(first, 6):
                at = corners[corners[:, 0] == epoch, 1]
                low, high = at.min(), at.max()
                e = epoch - first
                assert low == pytest.approx(mean[e] - spread[e])
                assert high == pytest.approx(mean[e] + spread[e])
    looks = {(line.get_marker(), line.get_linestyle()) for line in axes[0].lines}
    assert len(looks) == 2


def test_the_star_is_at_the_mean_best_epoch(history):
    figure = curves_figure(history)
    best = [max(range(6), key=lambda e, run=run: run[e, 3]) for run in history]
    assert len(set(best)) > 1
    for ax, measure in zip(figure.axes[2:], (2, 3), strict=True):
        (star,) = by_gid(ax, "best")
        (x,), (y,) = star.get_data()
        assert x == pytest.approx(np.mean(best))
        values = [run[e, measure] for run, e in zip(history, best, strict=True)]
        assert y == pytest.approx(np.mean(values))
        assert ax.get_xlabel() == "époque"
    assert [ax.get_title() for ax in figure.axes[:2]] == [
        "Perte moyenne (nats)",
        "Exactitude",
    ]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["entraînement", "validation", "meilleure époque"]


def test_one_seed_has_no_band_and_an_infinite_loss_leaves_a_gap(history):
    figure = curves_figure(history[:1])
    assert all(not ax.collections for ax in figure.axes)
    broken = history.copy()
    broken[2, 3, 0] = np.inf
    figure = curves_figure(broken)
    y = figure.axes[0].lines[0].get_ydata()
    assert np.isnan(y).tolist() == [False] * 3 + [True] + [False] * 2


def test_only_the_initial_model_can_be_drawn(history, tmp_path):
    curves_figure(history[:, :1]).savefig(tmp_path / "figure.png")


def test_rates_are_drawn_with_their_errors_and_told_apart_in_grey(wider_results):
    grids = [
        grid(wider_results, optimiser, pixels=pixels)
        for optimiser in ("sgd", "adam")
        for pixels in ("unit", "standard")
    ]
    figure = rates_figure(grids, floor=0.6)
    assert [ax.get_title() for ax in figure.axes] == ["SGD", "Adam"]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[0].get_ylim()[0] == 0.6
    for k, ax in enumerate(figure.axes):
        assert ax.get_xscale() == "log"
        assert len(ax.containers) == 6
        looks = set()
        for n, (line, _, (bars,)) in enumerate(ax.containers):
            table, j = grids[2 * k + n // 3], n % 3
            np.testing.assert_allclose(line.get_xdata(orig=False), table.rates)
            np.testing.assert_allclose(line.get_ydata(), table.mean(at="best")[:, j])
            error = table.standard_error(at="best")[:, j]
            for segment, e in zip(bars.get_segments(), error, strict=True):
                assert np.ptp(segment[:, 1]) == pytest.approx(2 * e)
            hollow = line.get_markerfacecolor() == "white"
            looks.add((line.get_marker(), line.get_linestyle(), hollow))
        assert len(looks) == 6
        labels = [t.get_text() for t in ax.get_xticklabels()]
        assert "0,01" in labels
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "$B =$ 20", "$B =$ 100", "$B =$ 500", "pixels dans [0, 1]", "pixels centrés et réduits",
    ]  # fmt: skip


def test_one_seed_has_rates_without_errors(wider_results, tmp_path):
    history = {run: h for run, h in wider_results.history.items() if run.seed == 0}
    one = grid(Results(history, {}), "sgd", pixels="unit")
    figure = rates_figure([one])
    assert len(figure.axes) == 1
    assert len(figure.legends[0].get_texts()) == 4
    figure.savefig(tmp_path / "figure.png")


CURVATURE = {1: 103.0, 20: 101.0, 200: 100.0, 1000: 100.0}


def test_the_bound_is_at_one(assigned_results):
    table = grid(assigned_results, "sgd")
    x = relative_rates(table, CURVATURE)
    # 4 / (200 · 100) = 0.0002
    assert x[2, 2] == pytest.approx(0.001 / 0.0002)
    assert x[0, 0] == pytest.approx(0.1 * 103 / 4)
    figure = stability_figure(table, CURVATURE)
    ax = figure.axes[0]
    assert [1, 1] in [list(line.get_xdata()) for line in ax.lines]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_every_run_is_a_point_inside_the_axes_and_every_cell_has_a_look(
    assigned_results,
):
    table = grid(assigned_results, "sgd")
    figure = stability_figure(table, CURVATURE)
    ax, looks = figure.axes[0], set()
    for i, j in np.ndindex(table.shape):
        (points,) = by_gid(ax, f"cell:{i},{j}")
        x, y = points.get_data()
        np.testing.assert_allclose(x, relative_rates(table, CURVATURE)[i, j])
        np.testing.assert_allclose(y, table.values("train_loss")[i, j])
        assert ax.get_xlim()[0] < x.min() <= x.max() < ax.get_xlim()[1]
        assert ax.get_ylim()[0] < y.min() <= y.max() < ax.get_ylim()[1]
        looks.add((points.get_marker(), points.get_markerfacecolor()))
        assert by_gid(ax, f"lost:{i},{j}") == []
    assert len(looks) == 12
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(legend) == 9
    assert legend[3:7] == ["$B =$ 1", "$B =$ 20", "$B =$ 200", "$B =$ 1\u202f000"]


def test_cells_that_share_a_place_stand_aside_and_others_stand_where_they_are(
    assigned_results,
):
    figure = stability_figure(grid(assigned_results, "sgd"), CURVATURE)
    ax = figure.axes[0]
    figure.canvas.draw()
    for i, j, points in ((1, 1, 0), (2, 2, 5), (0, 1, -5), (2, 3, 0), (0, 3, 0)):
        (line,) = by_gid(ax, f"cell:{i},{j}")
        drawn = line.get_transform().transform(line.get_xydata())[0, 0]
        plain = ax.transData.transform(line.get_xydata())[0, 0]
        assert (drawn - plain) * 72 / figure.dpi == pytest.approx(points, abs=1e-6)


def test_a_loss_that_is_not_finite_is_a_cross_on_the_edge(assigned_results, tmp_path):
    history = dict(assigned_results.history)
    for seed in range(5):
        run = Run(Config("sgd", 0.1, 1000), seed)
        history[run] = history[run] * np.array([np.inf, 1, 1, 1])
    figure = stability_figure(grid(Results(history, {}), "sgd"), CURVATURE)
    assert len(by_gid(figure.axes[0], "lost:0,3")) == 1
    assert len(by_gid(figure.axes[0], "cell:0,3")[0].get_xdata()) == 0
    figure.savefig(tmp_path / "figure.png")


def test_distances_of_zero_are_left_out():
    distances = np.array([[0.0, 1e-7], [1e-6, 1e-7], [1e-3, 2e-7]])
    figure = sensitivity_figure([0, 10, 20], distances, ["0,1", "0,01"])
    ax = figure.axes[0]
    assert ax.get_yscale() == "log"
    assert np.isnan(ax.lines[0].get_ydata()[0])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), distances[:, 1])
    assert [line.get_label() for line in ax.lines] == ["0,1", "0,01"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_figures_are_drawn_and_closed(history, tmp_path):
    curves_figure(history).savefig(tmp_path / "figure.svg")
    assert plt.get_fignums() == []
