"""The assigned search as the assignment asks for it, a table for each optimiser, and as two heat maps."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from tp1.reporting.french import NBSP, Text, number
from tp1.reporting.results import (
    DEPTHS_AND_WIDTHS,
    RATES_AND_BATCHES,
    Array,
    At,
    Cell,
    Grid,
)
from tp1.reporting.style import ORANGE, finished
from tp1.reporting.table import markdown_table
from tp1.reporting.words import OPTIMISERS, plus_minus, rate

INK = "#1a1a1a"
MARK = "†"


class Words(NamedTuple):
    """How the axes of a grid are called: its rows, its columns and their symbol, a cell with both values."""

    row: str
    column: str
    symbol: str
    cell: str


WORDS = {
    RATES_AND_BATCHES: Words(
        r"taux $\eta$",
        "taille de mini-lot $B$",
        "B",
        f"taux{NBSP}{{}}, mini-lots de{NBSP}{{}}",
    ),
    DEPTHS_AND_WIDTHS: Words(
        "profondeur $L$",
        "largeur $n$",
        "n",
        f"profondeur{NBSP}{{}}, largeur{NBSP}{{}}",
    ),
}


def search_table(grid: Grid, at: At = "last", digits: int = 1) -> Markdown:
    """Lay out the validation accuracy in %, mean ± standard error over the seeds, the best cell in bold.

    A cell with runs whose loss was ever infinite or undefined has a mark, which `divergence_note` explains.

    Parameters
    ----------
    grid : Grid
        One optimiser's runs.
    at : {"last", "best"}
        Measured after the last epoch, or after each run's best one.
    digits : int
        Digits after the comma.
    """
    values, lost, best = grid.values(at=at), grid.diverged, grid.best_cell(at)
    words = WORDS[grid.axes]
    rows = []
    for i, value in enumerate(grid.rows):
        row = [str(rate(value))]
        for j in range(len(grid.columns)):
            cell = str(plus_minus(values[i, j], digits))
            if (i, j) == best:
                cell = f"**{cell}**"
            row.append(cell + (MARK if lost[i, j] else ""))
        rows.append(row)
    corner = words.row[0].upper() + words.row[1:]
    heads = [f"${words.symbol} =$ {number(value, 0)}" for value in grid.columns]
    return markdown_table([corner, *heads], rows)


def cell_in_words(grid: Grid, cell: Cell) -> Text:
    """Name a cell: ``taux 0,01, mini-lots de 20``, or ``profondeur 3, largeur 100``."""
    row, column = rate(grid.rows[cell[0]]), number(grid.columns[cell[1]], 0)
    return Text(WORDS[grid.axes].cell.format(row, column))


def divergence_note(*grids: Grid) -> Text:
    """Explain the mark of `search_table`, cell by cell; empty if no cell has it."""
    cells = [
        f"{OPTIMISERS[grid.optimiser]}, {cell_in_words(grid, (i, j))}{NBSP}: {grid.diverged[i, j]} "
        f"sur{NBSP}{len(grid.seeds)}"
        for grid in grids
        for i, j in np.argwhere(grid.diverged)
    ]
    if not cells:
        return Text("")
    return Text(
        f"{MARK}{NBSP}entraînements dont la perte a cessé d'être finie ("
        + f"{NBSP}; ".join(cells)
        + ")."
    )


def search_figure(sgd: Grid, adam: Grid, at: At = "last") -> Figure:
    """Draw the mean validation accuracy of both searches, on one scale, the best cell of each framed.

    Parameters
    ----------
    sgd, adam : Grid
        The two searches.
    at : {"last", "best"}
        Measured after the last epoch, or after each run's best one.
    """
    means = [100 * grid.mean(at=at) for grid in (sgd, adam)]
    norm = Normalize(min(m.min() for m in means), max(m.max() for m in means))
    fig, axes = plt.subplots(1, 2, figsize=(6.3, 2.15))
    for ax, grid, mean in zip(axes, (sgd, adam), means, strict=True):
        words = WORDS[grid.axes]
        i, j = grid.best_cell(at)
        mesh = heat_map(ax, mean, norm, digits=1, bold=(i, j))
        frame = Rectangle(
            (j - 0.5, i - 0.5), 1, 1, fill=False, ec=ORANGE, lw=2.5, gid="best"
        )
        frame.set_clip_on(False)
        ax.add_patch(frame)
        ax.set_xticks(
            range(len(grid.columns)), [number(value, 0) for value in grid.columns]
        )
        ax.set_yticks(range(len(grid.rows)), [rate(value) for value in grid.rows])
        ax.set_xlabel(words.column)
        ax.set_title(OPTIMISERS[grid.optimiser])
    axes[0].set_ylabel(words.row)
    bar = fig.colorbar(
        mesh,
        ax=axes,
        format=FuncFormatter(lambda v, _: f"{number(v, 0)}{NBSP}%"),
        pad=0.02,
    )
    bar.outline.set_visible(False)
    return finished(fig)


def heat_map(
    ax: Axes,
    values: Array,
    norm: Normalize,
    digits: int,
    size: float = 8,
    bold: Cell | None = None,
    colours: str = "Blues",
) -> QuadMesh:
    """Draw a matrix, its first row on top, each cell with its value; by default the darker, the larger.

    Parameters
    ----------
    ax : Axes
    values : array (L, B)
    norm : Normalize
        What the colours stand for.
    digits : int
        Digits after the comma; an exact zero has none.
    size : float
        Of the numbers, in points.
    bold : (int, int), optional
        The cell whose number is bold.
    colours : str
        Matplotlib's name of the colours.
    """
    cmap = plt.get_cmap(colours)
    across, down = (np.arange(n + 1) - 0.5 for n in reversed(values.shape))
    mesh = ax.pcolormesh(
        across, down, values, cmap=cmap, norm=norm, edgecolors="white", linewidth=1
    )
    for (i, j), value in np.ndenumerate(values):
        ax.text(
            j,
            i,
            number(value, digits) if value else "0",
            ha="center",
            va="center",
            fontsize=size,
            fontweight="bold" if (i, j) == bold else "normal",
            color=legible(cmap(norm(value))),
        )
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return mesh


def legible(ground: tuple[float, float, float, float]) -> str:
    """Choose white or dark ink, whichever has the higher contrast (WCAG 2) with an opaque sRGB colour."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in ground[:3]
    ]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    # Contrast is a ratio of luminances, each with 0.05 of stray light; INK has a luminance of 0.01.
    return (
        INK
        if (luminance + 0.05) / (0.01 + 0.05) > 1.05 / (luminance + 0.05)
        else "white"
    )
