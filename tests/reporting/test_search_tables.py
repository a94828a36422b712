"""The tables and heat maps of the assigned search say what the runs say."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize, to_rgb
from matplotlib.patches import Rectangle

from tp1.experiments.results import Results
from tp1.reporting.french import NBSP
from tp1.reporting.results import grid
from tp1.reporting.search import (
    INK,
    divergence_note,
    heat_map,
    legible,
    search_figure,
    search_table,
)


def cells(table):
    _, _, *body = table.data.split("\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def runs_of(results, lr, batch_size):
    return [
        history
        for run, history in sorted(results.history.items())
        if (run.config.optimiser, run.config.lr, run.config.batch_size)
        == ("sgd", lr, batch_size)
    ]


@pytest.mark.parametrize("at", ["last", "best"])
def test_every_cell_is_the_mean_and_its_error_and_the_best_is_bold(
    assigned_results, at
):
    rows = cells(search_table(grid(assigned_results, "sgd"), at))
    assert [row[0] for row in rows] == ["0,1", "0,01", "0,001"]
    means = {}
    for i, lr in enumerate((0.1, 0.01, 0.001)):
        for j, size in enumerate((1, 20, 200, 1000)):
            accuracies = [
                history[-1, 3] if at == "last" else history[:, 3].max()
                for history in runs_of(assigned_results, lr, size)
            ]
            assert len(accuracies) == 5
            means[i, j] = np.mean(accuracies)
            error = 100 * np.sqrt(np.var(accuracies, ddof=1) / 5)
            text = f"{100 * means[i, j]:.1f}{NBSP}±{NBSP}{error:.1f}".replace(".", ",")
            assert rows[i][j + 1].strip("*") == text
    bold = [
        (i, j) for i, j in means if rows[i][j + 1].startswith("**")
    ]  # and it ends the same way, or strip above would have left it
    assert bold == [max(means, key=means.get)]


def test_the_header_names_the_batch_sizes(assigned_results):
    header = search_table(grid(assigned_results, "adam")).data.split("\n")[0]
    sizes = [cell.split("$")[-1].strip() for cell in header.strip("| ").split("|")[1:]]
    assert sizes == ["1", "20", "200", "1\u202f000"]


def test_cells_with_diverged_runs_have_a_mark_and_the_mark_is_explained(
    assigned_results,
):
    table = grid(assigned_results, "sgd")
    assert "†" not in search_table(table).data
    assert divergence_note(table, grid(assigned_results, "adam")) == ""

    history = {run: values.copy() for run, values in assigned_results.history.items()}
    broken = Results(history, {})
    for values in runs_of(broken, 0.1, 1000)[:2]:
        values[2, 0] = np.inf
    table = grid(broken, "sgd")
    marked = [
        (i, j)
        for i, row in enumerate(cells(search_table(table)))
        for j, cell in enumerate(row)
        if cell.endswith("†")
    ]
    assert marked == [(0, 4)]
    note = divergence_note(grid(broken, "adam"), table).replace(NBSP, " ")
    assert note.startswith("† entraînements")
    assert note.count("mini-lots") == 1
    assert "SGD, taux 0,1, mini-lots de 1\u202f000 : 2 sur 5" in note


def test_the_heat_maps_share_a_scale_have_every_number_and_frame_the_best(
    assigned_results,
):
    sgd, adam = (grid(assigned_results, name) for name in ("sgd", "adam"))
    figure = search_figure(sgd, adam)
    scales = set()
    for ax, table in zip(figure.axes, (sgd, adam), strict=False):
        (mesh,) = (c for c in ax.collections if isinstance(c, QuadMesh))
        scales.add((mesh.norm.vmin, mesh.norm.vmax))
        np.testing.assert_allclose(mesh.get_array(), 100 * table.mean())
        assert {text.get_position() for text in ax.texts} == {
            (j, i) for i, j in np.ndindex(table.shape)
        }
        for text in ax.texts:
            j, i = text.get_position()
            shown = float(text.get_text().replace(",", "."))
            assert shown == pytest.approx(100 * table.mean()[i, j], abs=0.0501)
            assert (text.get_fontweight() == "bold") == ((i, j) == table.best_cell())
        (frame,) = (p for p in ax.patches if isinstance(p, Rectangle))
        i, j = table.best_cell()
        assert frame.get_bbox().bounds == (j - 0.5, i - 0.5, 1, 1)
        assert [t.get_text() for t in ax.get_yticklabels()] == ["0,1", "0,01", "0,001"]
        assert ax.yaxis_inverted()  # the first rate on top, as in the table
    both = 100 * np.concatenate([sgd.mean(), adam.mean()])
    assert scales == {(both.min(), both.max())}
    assert [ax.get_title() for ax in figure.axes[:2]] == ["SGD", "Adam"]
    assert plt.get_fignums() == []


def contrast(one, other):
    def luminance(colour):
        c = np.array(to_rgb(colour))
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
            0.2126, 0.7152, 0.0722,
        ]  # fmt: skip

    low, high = sorted(luminance(c) + 0.05 for c in (one, other))
    return high / low


def test_the_numbers_stand_out_from_every_colour_of_the_scale():
    for level in np.linspace(0, 1, 101):
        ground = plt.get_cmap("Blues")(level)
        ink, other = legible(ground), {INK: "white", "white": INK}[legible(ground)]
        assert contrast(ink, ground) > 4.2
        assert contrast(ink, ground) > contrast(other, ground) - 0.2


def test_an_exact_zero_has_no_decimals():
    figure, ax = plt.subplots()
    heat_map(ax, np.array([[0.0, 0.04]]), Normalize(0, 1), digits=1)
    plt.close(figure)
    assert [text.get_text() for text in ax.texts] == ["0", "0,0"]
