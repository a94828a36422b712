"""What the width and the depth of a network buy, and what they cost."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import read_times
from tp1.experiments.tables import NOTE
from tp1.reporting.curves import COLOURS, DASHES, MARKERS, PERCENT, means_line
from tp1.reporting.french import NBSP, number
from tp1.reporting.results import Array, Grid
from tp1.reporting.search import INK, MARK
from tp1.reporting.style import finished, legend_below
from tp1.reporting.table import markdown_table
from tp1.reporting.words import OPTIMISERS, plus_minus, rate


def load_seconds(folder: Path, *grids: Grid) -> list[Array]:
    """Read what the runs of some grids of shapes took, in seconds of one core: for each (L, B, S).

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or does not have a run.
    """
    path = folder / "shapes-times"
    try:
        times = read_times(path)
        return [_seconds(grid, times) for grid in grids]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"{path}.csv does not have the runs of shapes.csv ({error}): {NOTE}"
        ) from error


def _seconds(grid: Grid, times: Mapping[Run, float]) -> Array:
    found = np.empty((*grid.shape, len(grid.seeds)))
    for i, j, s in np.ndindex(found.shape):
        found[i, j, s] = times[Run(grid.config((i, j)), grid.seeds[s])]
    return found


def rates_table(grids: Sequence[Grid], chosen: Config) -> Markdown:
    """Lay out a search for rates at several depths: accuracies in %, their means, the chosen one in bold.

    A cell with runs whose loss was ever infinite or undefined has a `MARK`.

    Parameters
    ----------
    grids : sequence of Grid
        One optimiser's, one for each depth, of the same rates and batch sizes.
    chosen : Config
        Its learning rate and batch size are looked at.
    """
    first = grids[0]
    overall = np.mean([grid.mean() for grid in grids], axis=0)
    header = [r"Taux $\eta$"]
    for size in first.columns:
        header += [f"$B =$ {size}, $L =$ {grid.template.depth}" for grid in grids]
        header.append("moyenne")
    rows = []
    for i, lr in enumerate(first.rows):
        row = [str(rate(lr))]
        for j, size in enumerate(first.columns):
            row += [
                number(100 * float(grid.mean()[i, j]), 1)
                + (MARK if grid.diverged[i, j] else "")
                for grid in grids
            ]
            shown = number(100 * float(overall[i, j]), 1)
            bold = (lr, size) == (chosen.lr, chosen.batch_size)
            row.append(f"**{shown}**" if bold else shown)
        rows.append(row)
    return markdown_table(header, rows)


def shapes_table(grids: Sequence[Grid], seconds: Sequence[Array]) -> Markdown:
    """Lay out every shape: parameters, then each optimiser's accuracies in % after the last epoch, and time.

    Parameters
    ----------
    grids : sequence of Grid
        One for each optimiser, of the same shapes.
    seconds : sequence of arrays (L, B, S)
        What `load_seconds` gives for them.
    """
    header = ["$L$", "$n$", "Paramètres"]
    for grid in grids:
        name = OPTIMISERS[grid.optimiser]
        header += [f"{name}{NBSP}: entr.", "valid.", f"temps{NBSP}(s)"]
    rows = []
    for i, j in np.ndindex(grids[0].shape):
        config = grids[0].config((i, j))
        row = [
            str(config.depth) if j == 0 else "",
            number(config.width, 0),
            number(config.parameters, 0),
        ]
        for grid, taken in zip(grids, seconds, strict=True):
            row += [
                number(100 * float(grid.mean("train_accuracy")[i, j]), 1),
                plus_minus(grid.values()[i, j], 1),
                number(float(taken[i, j].mean()), 1),
            ]
        rows.append(row)
    return markdown_table(header, rows, "r" * len(header))


def shapes_figure(grids: Sequence[Grid]) -> Figure:
    """Draw accuracy after the last epoch against width, a panel for each optimiser, a colour for each depth.

    Full lines and filled markers are the validation set, with standard errors over the seeds; dashes and
    hollow markers the training set.
    """
    fig, axes = plt.subplots(
        1, len(grids), figsize=(6.3, 3.1), sharey=True, squeeze=False
    )
    for ax, grid in zip(axes[0], grids, strict=True):
        ax.set_title(OPTIMISERS[grid.optimiser])
        error = grid.standard_error()
        for i in range(len(grid.rows)):
            for measure, errors in (
                ("val_accuracy", error[i]),
                ("train_accuracy", None),
            ):
                mean, filled = grid.mean(measure)[i], errors is not None
                gid = f"{measure}:{i}"
                means_line(ax, grid.columns, mean, errors, i, filled, gid)
        ax.set_xscale("log")
        ax.set_xticks(grid.columns, [number(n, 0) for n in grid.columns], fontsize=7.5)
        ax.minorticks_off()
        ax.set_xlabel("largeur $n$")
    axes[0, 0].set_ylabel("exactitude")
    axes[0, 0].yaxis.set_major_formatter(PERCENT)
    keys = [
        Line2D([], [], color=colour, marker=marker, ms=4.5, label=f"$L =$ {depth:g}")
        for colour, marker, depth in zip(COLOURS, MARKERS, grids[0].rows, strict=False)
    ]
    keys += [
        Line2D([], [], color=INK, ls="-", label="validation"),
        Line2D([], [], color=INK, ls=DASHES[1], label="entraînement"),
    ]
    legend_below(fig, keys)
    return finished(fig)
