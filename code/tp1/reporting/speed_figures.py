"""Figures of how long a training step takes: the ratio to autograd on the whole grid, and the phases."""

from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tp1.experiments.errors import ResultsError
from tp1.reporting.french import NBSP, number
from tp1.reporting.search import heat_map
from tp1.reporting.speed import AUTOGRAD, HAND, MAIN, MAKE, PHASES, Place, Speed
from tp1.reporting.style import BLUE, GREEN, ORANGE, finished
from tp1.reporting.words import OPTIMISERS

SIDES = {HAND: "à la main", AUTOGRAD: "autograd"}
NAMES = {"forward": "aller", "backward": "retour", "update": "mise à jour"}
COLOURS = {"forward": BLUE, "backward": ORANGE, "update": GREEN}
HATCHES = {HAND: "", AUTOGRAD: "///"}
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def ratio_figure(speed: Speed, threads: int) -> Figure:
    """Draw how many times as long as by hand autograd takes: blue where by hand is faster, red where not.

    A panel for each optimiser and depth, a row for each width, a column for each batch size.

    Parameters
    ----------
    speed : Speed
    threads : int

    Raises
    ------
    ResultsError
        If a cell of the grid was not measured.
    """
    optimisers, depths = speed.values("optimiser"), speed.values("depth")
    widths, batches = speed.values("width"), speed.values("batch")
    try:
        panels = {
            (optimiser, depth): np.array(
                [
                    [
                        speed.ratio(Place(depth, w, b, optimiser, threads))
                        for b in batches
                    ]
                    for w in widths
                ]
            )
            for optimiser, depth in product(optimisers, depths)
        }
    except KeyError as error:
        raise ResultsError(f"{error.args[0]} was not measured: {MAKE}") from error
    farthest = max(float(np.abs(np.log(values)).max()) for values in panels.values())
    limit = float(np.exp(max(farthest, np.log(1.1))))
    norm = LogNorm(1 / limit, limit)
    fig, axes = plt.subplots(
        len(optimisers),
        len(depths),
        figsize=(6.3, 0.5 + len(optimisers) * (0.5 + 0.24 * len(widths))),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for ax, ((optimiser, depth), values) in zip(axes.flat, panels.items(), strict=True):
        mesh = heat_map(ax, values, norm, digits=2, size=6, colours="RdBu")
        ax.set_title(f"{OPTIMISERS[optimiser]}, $L =$ {depth}")
        ax.set_xticks(range(len(batches)), [number(b, 0) for b in batches])
        ax.set_yticks(range(len(widths)), [number(w, 0) for w in widths])
    for ax in axes[:, 0]:
        ax.set_ylabel("unités par couche")
        # Sharing an axis turns it over once for each panel.
        ax.set_ylim(len(widths) - 0.5, -0.5)
    for ax in axes[-1]:
        ax.set_xlabel("taille de mini-lot $B$")
    bar = fig.colorbar(
        mesh, ax=axes, pad=0.02, label="temps d'autograd / temps à la main"
    )
    shown = [tick for tick in TICKS if 1 / limit <= tick <= limit]
    bar.ax.yaxis.set_major_locator(FixedLocator(shown))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.ax.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: number(v, 1 if v < 1 else 0))
    )
    bar.outline.set_visible(False)
    return finished(fig)


def phases_figure(speed: Speed, threads: int, optimiser: str = "sgd") -> Figure:
    """Draw the phases of a step as stacked bars, those of autograd hatched, as shares of its step.

    A panel for each batch size, and in it two bars for each network; over a bar its microseconds. By hand's
    update has the product of errors and inputs in it, which for autograd is in the backward pass.

    Parameters
    ----------
    speed : Speed
    threads : int
    optimiser : {"sgd", "adam"}

    Raises
    ------
    ResultsError
        If no phases were measured with this optimiser and number of threads.
    """
    places = [
        p for p in speed.phases if (p.optimiser, p.threads) == (optimiser, threads)
    ]
    if not places:
        raise ResultsError(
            f"no phases were measured for {optimiser} and {threads} threads: {MAKE}"
        )
    batches = sorted({place.batch for place in places})
    fig, axes = plt.subplots(
        1, len(batches), figsize=(6.3, 2.7), sharey=True, squeeze=False
    )
    for ax, batch in zip(axes[0], batches, strict=True):
        chosen = sorted(place for place in places if place.batch == batch)
        for at, place in enumerate(chosen):
            _two_bars(ax, at, speed.phases[place])
        names = [f"{p.depth} × {number(p.width, 0)}" for p in chosen]
        ax.set_xticks(range(len(chosen)), names, fontsize=7)
        ax.set_title(f"$B =$ {number(batch, 0)}")
        ax.grid(visible=False, axis="x")
        ax.set_xlabel("couches × unités")
        # Room for the numbers over the bars.
        ax.margins(y=0.3)
    axes[0, 0].yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{number(100 * v, 0)}{NBSP}%")
    )
    axes[0, 0].set_ylabel("part du pas d'autograd")
    handles = [plt.Rectangle((0, 0), 1, 1, fc=COLOURS[phase]) for phase in PHASES]
    handles += [
        plt.Rectangle((0, 0), 1, 1, fc="white", ec="black", hatch=HATCHES[side])
        for side in MAIN
    ]
    labels = [*(NAMES[phase] for phase in PHASES), *(SIDES[side] for side in MAIN)]
    fig.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return finished(fig)


def _two_bars(ax: Axes, at: float, sides: dict[str, dict[str, float]]) -> None:
    """Draw the phases of both sides beside each other, with the microseconds of each step above."""
    whole = sum(sides[AUTOGRAD].values())
    for place, side in ((at - 0.2, HAND), (at + 0.2, AUTOGRAD)):
        bottom = 0.0
        for phase in PHASES:
            share = sides[side][phase] / whole
            ax.bar(
                place, share, 0.36, bottom,
                color=COLOURS[phase], hatch=HATCHES[side], edgecolor="white", linewidth=0.5,
            )  # fmt: skip
            bottom += share
        spent = 1e6 * sum(sides[side].values())
        text, unit = (spent / 1e3, "ms") if spent >= 1e3 else (spent, "µs")
        digits = 1 if text < 10 else 0
        ax.text(
            place,
            bottom + 0.02,
            f"{number(text, digits)}{NBSP}{unit}",
            ha="center",
            va="bottom",
            rotation=90,
            fontsize=6.5,
        )
