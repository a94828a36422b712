"""How runs went, and what the learning rate did to them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from tp1.experiments.measures import MEASURES, best_epoch
from tp1.reporting.french import NBSP, number
from tp1.reporting.results import Array, Grid
from tp1.reporting.search import INK
from tp1.reporting.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    finished,
    legend_below,
)
from tp1.reporting.words import OPTIMISERS, PIXELS, rate

COLOURS, MARKERS = (BLUE, ORANGE, GREEN, PURPLE), ("o", "s", "^", "D")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
SETS = (
    ("train", "entraînement", BLUE, "o", "-"),
    ("val", "validation", ORANGE, "s", (0, (4, 1.5))),
)
INDIFFERENT = math.log(10)  # nats: the loss of ten equal probabilities
STAR = {
    "marker": "*",
    "ms": 11,
    "mfc": "white",
    "mec": INK,
    "ls": "",
    "zorder": 5,
    "label": "meilleure époque",
    "gid": "best",
}
FILLS = (1.0, 0.0, 0.4, 0.7)
ASIDE = 5  # points between cells that share a place
COMMA = FuncFormatter(lambda value, _: rate(float(f"{value:.6g}")))
PERCENT = FuncFormatter(lambda value, _: f"{rate(float(f'{100 * value:.6g}'))}{NBSP}%")


def curves_figure(history: Array) -> Figure:
    """Draw mean NLL and accuracy against the epoch for the runs of one configuration.

    Each panel has the training set and the validation set: the line is the mean over the seeds, the band one
    standard deviation over the seeds on either side. Epoch 0 dwarfs what follows: the upper panels have all
    epochs, the lower ones those from 1 on. A star stands at the means, over the seeds, of the best epoch and
    of what validation gave there.

    Parameters
    ----------
    history : array (S, epochs + 1, 4)
        What `tp1.reporting.results.history_of` gives; with one seed there is no band.
    """
    best = best_epoch(np.moveaxis(history, 1, 0))
    at_best = history[np.arange(len(history)), best]
    fig, axes = plt.subplots(
        2, 2, sharex=True, figsize=(6.3, 3.1), height_ratios=(1, 2.4)
    )
    for (full, near), what in zip(axes.T, ("loss", "accuracy"), strict=True):
        for ax, first in ((full, 0), (near, min(1, history.shape[1] - 1))):
            for name, label, colour, marker, dashes in SETS:
                values = history[:, first:, MEASURES.index(f"{name}_{what}")]
                _band(ax, first, values, colour, marker, dashes, label)
            ax.yaxis.set_major_formatter(COMMA if what == "loss" else PERCENT)
        star = best.mean(), at_best[:, MEASURES.index(f"val_{what}")].mean()
        near.plot(*star, **STAR)
        full.set_title("Perte moyenne (nats)" if what == "loss" else "Exactitude")
        full.yaxis.set_major_locator(MaxNLocator(nbins=3))
        near.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        near.set_xlabel("époque")
    fig.legend(*near.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return finished(fig)


def _band(
    ax: Axes,
    first: int,
    values: Array,
    colour: str,
    marker: str,
    dashes: object,
    label: str,
) -> None:
    epochs = np.arange(first, first + values.shape[1])
    values = np.where(np.isfinite(values), values, np.nan)  # drawn as a gap
    mean = values.mean(axis=0)
    ax.plot(epochs, mean, color=colour, marker=marker, ms=3, ls=dashes, label=label)
    if len(values) > 1:
        spread = values.std(axis=0, ddof=1)
        ax.fill_between(
            epochs, mean - spread, mean + spread, color=colour, alpha=0.2, lw=0
        )


def rates_figure(grids: Sequence[Grid], floor: float | None = None) -> Figure:
    """Draw the best validation accuracy against the learning rate, a panel for each optimiser.

    Points are means over the seeds, with their standard errors. Colours and markers tell batch sizes apart;
    full lines and filled markers are pixels in [0, 1], dashes and hollow markers standardised pixels.

    Parameters
    ----------
    grids : sequence of Grid
        One for each optimiser and scale of pixels; two optimisers at most.
    floor : float, optional
        The accuracy where the axis begins: lines leave the panel below it.
    """
    optimisers = list(dict.fromkeys(grid.optimiser for grid in grids))
    sizes = sorted({size for grid in grids for size in grid.batch_sizes})
    scales = list(dict.fromkeys(grid.template.pixels for grid in grids))
    fig, axes = plt.subplots(
        1, len(optimisers), figsize=(6.3, 3.0), sharey=True, squeeze=False
    )
    for grid in grids:
        ax = axes[0, optimisers.index(grid.optimiser)]
        ax.set_title(OPTIMISERS[grid.optimiser])
        mean = grid.mean(at="best")
        error = grid.standard_error(at="best") if len(grid.seeds) > 1 else 0 * mean
        filled = grid.template.pixels == "unit"
        for j, size in enumerate(grid.batch_sizes):
            k = sizes.index(size)
            means_line(ax, grid.rates, mean[:, j], error[:, j], k, filled)
        ax.set_xscale("log")
        ax.set_xlabel(r"taux $\eta$")
        ax.set_xticks(grid.rates, [rate(lr) for lr in grid.rates], fontsize=7.5)
        ax.xaxis.set_minor_locator(NullLocator())
    if floor is not None:
        axes[0, 0].set_ylim(bottom=floor)
    axes[0, 0].yaxis.set_major_formatter(PERCENT)
    axes[0, 0].set_ylabel("exactitude en validation")
    keys = [
        _key(
            marker=MARKERS[k],
            color=COLOURS[k],
            ls="-",
            label=f"$B =$ {number(size, 0)}",
        )
        for k, size in enumerate(sizes)
    ]
    if "unit" in scales:
        keys.append(_key(marker="o", color=GREY, ls="-", label=PIXELS["unit"]))
    if "standard" in scales:
        hollow = _key(marker="o", color=GREY, ls=DASHES[1], label=PIXELS["standard"])
        hollow.set_markerfacecolor("white")
        keys.append(hollow)
    legend_below(fig, keys, columnspacing=1.2, handlelength=3.6)
    return finished(fig)


def means_line(
    ax: Axes,
    x: Sequence[float],
    mean: Array,
    error: Array | None,
    k: int,
    filled: bool,
    gid: str | None = None,
) -> None:
    """Draw means and their errors in the k-th colour: full and filled, or dashed and hollow."""
    ax.errorbar(
        x,
        mean,
        error,
        color=COLOURS[k],
        marker=MARKERS[k],
        ms=4.5,
        mfc=COLOURS[k] if filled else "white",
        ls="-" if filled else DASHES[1],
        lw=1.3,
        capsize=2,
        gid=gid,
    )


def _key(**style: Any) -> Line2D:
    return Line2D([], [], ms=4.5, **style)


def relative_rates(grid: Grid, curvature: Mapping[int, float]) -> Array:
    """Divide every cell's learning rate by the bound 4 / (B λ): (L, B).

    Parameters
    ----------
    grid : Grid
        A search with SGD and summed gradients.
    curvature : mapping of int to float
        λ for each batch size B.
    """
    bounds = [4 / (size * curvature[size]) for size in grid.batch_sizes]
    return np.array(grid.rates)[:, None] / np.array(bounds)


def stability_figure(grid: Grid, curvature: Mapping[int, float]) -> Figure:
    """Draw every run's final training loss against its learning rate relative to the bound 4 / (B λ).

    Colours and fillings tell rates apart, markers batch sizes; cells that fall on one place stand side by
    side. A loss that is not finite is a cross on the upper edge. The vertical line is the bound, the
    horizontal one the loss of a model that finds all classes equally probable.

    Parameters
    ----------
    grid : Grid
        A search with SGD and summed gradients; up to four rates and four batch sizes.
    curvature : mapping of int to float
        λ for each batch size B.
    """
    x, losses = relative_rates(grid, curvature), grid.values("train_loss")
    fig, ax = plt.subplots(figsize=(6.3, 3.0))
    for i, j in np.ndindex(grid.shape):
        y = losses[i, j][np.isfinite(losses[i, j])]
        shared = (np.abs(np.log(x / x[i, j])) < 0.2).sum() > 1
        points = (i - len(x) // 2) * ASIDE if shared else 0
        aside = ScaledTranslation(points / 72, 0, fig.dpi_scale_trans)
        look: dict[str, Any] = {
            "ls": "",
            "mec": COLOURS[i],
            "mfc": (COLOURS[i], FILLS[i]),
        }
        ax.plot(
            np.full(len(y), x[i, j]),
            y,
            **look,
            marker=MARKERS[j],
            ms=5,
            transform=ax.transData + aside,
            gid=f"cell:{i},{j}",
        )
        if len(y) < len(grid.seeds):
            ax.plot(
                x[i, j],
                1,
                **look,
                marker="x",
                transform=ax.get_xaxis_transform() + aside,
                clip_on=False,
                gid=f"lost:{i},{j}",
            )
    ax.axvline(1, color=INK, lw=1.2, ls=DASHES[1])
    ax.axhline(INDIFFERENT, color=GREY, lw=1.2, ls=DASHES[2])
    ax.set_xscale("log")
    ax.set_yscale("log")
    # Points that are set aside do not count when Matplotlib chooses limits.
    seen = np.append(losses[np.isfinite(losses)], INDIFFERENT)
    ax.set_xlim(min(1, x.min()) / 2, max(1, x.max()) * 2)
    ax.set_ylim(seen.min() / 1.5, seen.max() * 1.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(COMMA)
    ax.set_xlabel(r"taux rapporté à la borne, $\eta \, B \lambda \, / \, 4$")
    ax.set_ylabel("perte finale (nats)")
    keys = [
        _key(marker="o", ls="", mec=COLOURS[i], mfc=(COLOURS[i], FILLS[i]), label=rf"$\eta =$ {rate(lr)}")
        for i, lr in enumerate(grid.rates)
    ]  # fmt: skip
    keys += [
        _key(marker=MARKERS[j], ls="", color=GREY, label=f"$B =$ {number(size, 0)}")
        for j, size in enumerate(grid.batch_sizes)
    ]
    keys += [
        Line2D([], [], color=INK, lw=1.2, ls=DASHES[1], label="borne"),
        Line2D([], [], color=GREY, lw=1.2, ls=DASHES[2], label=r"$\ln$ 10"),
    ]
    fig.legend(handles=keys, loc="outside right center")
    return finished(fig)


def sensitivity_figure(
    steps: Sequence[int], distances: Array, names: Sequence[str]
) -> Figure:
    """Draw how far apart two trainings drift that began one rounding error apart.

    Parameters
    ----------
    steps : sequence of T ints
        When the distance was measured.
    distances : array (T, R)
        Between the parameters of the two; where it is 0 the logarithmic axis shows nothing.
    names : sequence of R names
        For the legend, four at most.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.7))
    for name, column, colour, dashes in zip(
        names, np.asarray(distances).T, COLOURS, DASHES, strict=False
    ):
        shown = np.where(column > 0, column, np.nan)
        ax.plot(steps, shown, color=colour, ls=dashes, lw=1.6, label=name)
    ax.set_yscale("log")
    ax.set_xlabel("pas")
    ax.set_ylabel("distance entre les paramètres")
    fig.legend(loc="outside lower center", ncols=len(names))
    return finished(fig)
