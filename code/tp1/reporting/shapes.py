"""What the width and the depth of a network buy, and what they cost."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from tp1.experiments.errors import ResultsError
from tp1.experiments.plans import Run
from tp1.experiments.results import NOTE, read_times
from tp1.reporting.curves import COLOURS, DASHES, MARKERS, PERCENT
from tp1.reporting.french import NBSP, number
from tp1.reporting.results import Array, Grid
from tp1.reporting.search import INK, MARK
from tp1.reporting.style import finished
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
        return [
            np.array(
                [
                    [
                        [times[Run(grid.config((i, j)), seed)] for seed in grid.seeds]
                        for j in range(len(grid.columns))
                    ]
                    for i in range(len(grid.rows))
                ]
            )
            for grid in grids
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"{path}.csv does not have the runs of shapes.csv ({error}): {NOTE}"
        ) from error


def rates_table(grids: Sequence[Grid], digits: int = 1) -> Markdown:
    """Lay out a search for rates at several depths: means in %, and the best mean over the depths in bold.

    A cell with runs whose loss was ever infinite or undefined has a `MARK`.

    Parameters
    ----------
    grids : sequence of Grid
        One optimiser's, one for each depth, of the same rates and batch sizes.
    digits : int
        Digits after the comma.
    """
    first = grids[0]
    overall = np.mean([grid.mean() for grid in grids], axis=0)
    best = np.unravel_index(overall.argmax(), overall.shape)
    header = [r"Taux $\eta$"]
    for size in first.columns:
        header += [f"$B =$ {size}, $L =$ {grid.template.depth}" for grid in grids]
        header.append("moyenne")
    rows = []
    for i, lr in enumerate(first.rows):
        row = [str(rate(lr))]
        for j in range(len(first.columns)):
            row += [
                number(100 * float(grid.mean()[i, j]), digits)
                + (MARK if grid.diverged[i, j] else "")
                for grid in grids
            ]
            shown = number(100 * float(overall[i, j]), digits)
            row.append(f"**{shown}**" if (i, j) == best else shown)
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
        for i, (colour, marker) in enumerate(
            zip(COLOURS[: len(grid.rows)], MARKERS, strict=False)
        ):
            for measure, filled in (("val_accuracy", True), ("train_accuracy", False)):
                ax.errorbar(
                    grid.columns,
                    grid.mean(measure)[i],
                    error[i] if filled else None,
                    color=colour,
                    marker=marker,
                    ms=4.5,
                    mfc=colour if filled else "white",
                    ls="-" if filled else DASHES[1],
                    lw=1.3,
                    capsize=2,
                    gid=f"{measure}:{i}",
                )
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
    fig.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8)
    return finished(fig)
