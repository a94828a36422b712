"""Chapter 3's experiments in numbers: initialisations, gradients by hand and by autograd, twin trainings.

What a colour says in these figures, a marker or a line style says too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from tp1.reporting.curves import COMMA, DASHES
from tp1.reporting.french import number
from tp1.reporting.search import INK
from tp1.reporting.style import BLUE, GREEN, GREY, ORANGE, finished, legend_below

Array = NDArray[np.float64]
EVERY = 10  # steps that a point of `twins_figure` stands for


class Spread(NamedTuple):
    """What an initialisation does layer by layer, L + 1 layers.

    Attributes
    ----------
    a, predicted_a : array (L + 1,)
        Root mean square of the pre-activations: measured, and what the recursion says.
    across : array (L + 1,)
        Their standard deviation from one image to another.
    delta, predicted_delta : array (L + 1,)
        Root mean square of the errors δ: measured, and what the recursion says.
    """

    a: Array
    predicted_a: Array
    across: Array
    delta: Array
    predicted_delta: Array


def spread_figure(spreads: Mapping[str, Spread]) -> Figure:
    """Draw the size of pre-activations and errors against the layer, for up to three initialisations."""
    fig, axes = plt.subplots(1, 2, figsize=(6.3, 2.9), sharex=True)
    looks = zip((BLUE, ORANGE, GREEN), ("o", "s", "^"), strict=True)
    for (name, spread), (colour, marker) in zip(spreads.items(), looks, strict=False):
        layers = np.arange(1, len(spread.a) + 1)
        point: dict[str, Any] = {"color": colour, "marker": marker, "ls": "", "ms": 5}
        axes[0].plot(layers, spread.predicted_a, color=colour, lw=1.2)
        axes[0].plot(layers, spread.a, **point)
        axes[0].plot(layers, spread.across, mfc="white", **point)
        axes[1].plot(layers, spread.predicted_delta, color=colour, lw=1.2)
        axes[1].plot(layers, spread.delta, label=name, **point)
    for ax in axes:
        ax.set_yscale("log")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_xlabel("couche $l$")
    axes[0].set_title(r"Préactivations $a^{(l)}$")
    axes[1].set_title(r"Erreurs $\delta^{(l)}$")
    keys = [
        *axes[1].get_legend_handles_labels()[0],
        Line2D([], [], color=GREY, lw=1.2, label="récurrence"),
        Line2D([], [], color=GREY, marker="o", ls="", label="taille mesurée"),
        Line2D(
            [], [], color=GREY, marker="o", mfc="white", ls="",
            label="d'une image à l'autre",
        ),
    ]  # fmt: skip
    legend_below(fig, keys, columnspacing=1.1, handletextpad=0.4)
    return finished(fig)


def gradients_figure(
    differences: Mapping[str, Sequence[tuple[int, float]]], units: Mapping[str, float]
) -> Figure:
    """Draw relative differences between two computations of gradients against the batch size.

    Parameters
    ----------
    differences : mapping of str to sequence of (int, float)
        For each of up to two precisions, the batch size and the difference of every tensor of parameters. A
        difference of zero stands on the lower edge.
    units : mapping of str to float
        The unit roundoff of each precision, drawn as a line.
    """
    fig, ax = plt.subplots(figsize=(6.3, 2.7))
    looks = zip((BLUE, ORANGE), ("o", "s"), DASHES[:2], strict=True)
    for (name, found), (colour, marker, dashes) in zip(
        differences.items(), looks, strict=False
    ):
        x, y = np.array(found).T
        seen = y > 0
        point: dict[str, Any] = {"marker": marker, "ls": "", "ms": 4, "mec": colour}
        ax.plot(x[seen], y[seen], mfc=(colour, 0.35), label=name, **point)
        if not seen.all():
            ax.plot(
                x[~seen],
                np.zeros((~seen).sum()),
                mfc="white",
                transform=ax.get_xaxis_transform(),
                clip_on=False,
                gid=f"equal:{name}",
                **point,
            )
        ax.axhline(units[name], color=colour, lw=1, ls=dashes, gid=f"unit:{name}")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter(COMMA)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("images du mini-lot, $B$")
    ax.set_ylabel("écart relatif")
    keys = ax.get_legend_handles_labels()[0]
    keys.append(Line2D([], [], color=GREY, lw=1, label="arrondi d'une opération"))
    legend_below(fig, keys)
    return finished(fig)


class Twins(NamedTuple):
    """Two trainings of one network from one start, on the same images: by hand, and by autograd.

    Attributes
    ----------
    losses : array (T, 2)
        Mean loss of each minibatch, before the step, by hand and by autograd.
    distance : array (T,)
        After each step, the distance between the parameters, relative to their norm.
    flips : array (T,)
        Hidden pre-activations of the minibatch whose signs differ, before the step.
    """

    losses: Array
    distance: Array
    flips: NDArray[np.int64]

    @property
    def first_flip(self) -> int | None:
        """The first step, from 1, at which a sign differs; None if there is none."""
        steps = np.flatnonzero(self.flips)
        return int(steps[0]) + 1 if len(steps) else None


def envelope(values: Array, width: int = EVERY) -> tuple[Array, Array]:
    """Give the places, from 1, of every `width`-th value, and the largest up to there; zeros are gaps."""
    n = len(values) // width
    largest = values[: n * width].reshape(n, width).max(axis=1)
    ends = np.arange(1.0, n + 1) * width
    return ends, np.where(largest > 0, largest, np.nan)


def twins_figure(twins: Mapping[str, Mapping[str, Twins]]) -> Figure:
    """Draw both losses, their difference and the distance of the parameters, a column for each optimiser.

    Parameters
    ----------
    twins : mapping of str to mapping of str to Twins
        For each optimiser, the trainings in up to two precisions; the losses are those of the first one.
    """
    fig, axes = plt.subplots(
        3,
        len(twins),
        figsize=(6.3, 5.0),
        sharex=True,
        sharey="row",
        squeeze=False,
        height_ratios=(1.1, 1, 1),
    )
    looks = ((INK, "-"), (GREEN, (0, (4, 1.2))))
    for column, (optimiser, precisions) in zip(axes.T, twins.items(), strict=True):
        upper, middle, lower = column
        losses = next(iter(precisions.values())).losses
        some = slice(EVERY - 1, None, EVERY)
        steps = np.arange(1, len(losses) + 1)[some]
        by_hand, by_autograd = losses[some].T
        upper.plot(steps, by_autograd, color=ORANGE, lw=3, alpha=0.5, label="autograd")
        upper.plot(
            steps, by_hand, color=BLUE, lw=0.9, ls=(0, (3, 1)), label="à la main"
        )
        for (name, pair), (colour, dashes) in zip(
            precisions.items(), looks, strict=False
        ):
            look: dict[str, Any] = {"color": colour, "ls": dashes, "lw": 1.1}
            apart = np.abs(pair.losses[:, 0] - pair.losses[:, 1])
            middle.plot(*envelope(apart), label=name, **look)
            lower.plot(*envelope(pair.distance), **look)
            if pair.first_flip:
                for ax in (middle, lower):
                    ax.axvline(
                        pair.first_flip, color=GREY, lw=1, ls=DASHES[2], gid="flip"
                    )
        upper.set_title(optimiser)
        for ax in (middle, lower):
            ax.set_yscale("log")
            ax.yaxis.set_minor_locator(NullLocator())
        lower.set_xlabel("pas")
        lower.xaxis.set_major_locator(MaxNLocator(nbins=5))
        lower.xaxis.set_major_formatter(
            FuncFormatter(lambda value, _: number(value, 0))
        )
    names = ("perte (nats)", "écart des pertes", "écart des paramètres")
    for ax, name in zip(axes[:, 0], names, strict=True):
        ax.set_ylabel(name)
    axes[0, 0].yaxis.set_major_formatter(COMMA)
    keys = [
        *axes[0, 0].get_legend_handles_labels()[0],
        *axes[1, 0].get_legend_handles_labels()[0],
        Line2D([], [], color=GREY, lw=1, ls=DASHES[2], label="premier signe changé"),
    ]
    legend_below(fig, keys, columnspacing=1.1)
    return finished(fig)
