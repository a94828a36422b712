"""What the chosen models get wrong: confusions, calibration, and the most confident mistakes."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tp1.experiments.errors import ResultsError
from tp1.reporting.curves import COLOURS, MARKERS, PERCENT
from tp1.reporting.final import Mistake
from tp1.reporting.french import NBSP, Text, percent
from tp1.reporting.search import heat_map
from tp1.reporting.style import GREY, finished

SIDE = 28  # pixels on each side of an image
COLUMNS = 6


def shares(counts: ArrayLike) -> np.ndarray:
    """Divide each row of a confusion matrix (K, K) by its sum.

    Raises
    ------
    ResultsError
        If a class has no image.
    """
    table = np.asarray(counts, dtype=float)
    totals = table.sum(axis=1, keepdims=True)
    if not (totals > 0).all():
        raise ResultsError("a class without images has no row percentages")
    return np.asarray(table / totals)


def confusion_figure(counts: ArrayLike, classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix in % of each row: true classes downwards, predicted ones across.

    Parameters
    ----------
    counts : array-like (K, K)
    classes : sequence of K names
    """
    p = 100 * shares(counts)
    fig, ax = plt.subplots(figsize=(6.3, 3.7))
    # The square root brings out the confusions, which are all small beside the diagonal.
    heat_map(ax, p, PowerNorm(0.5, 0, 100), digits=1, size=7.5)
    ax.set_xticks(
        range(len(classes)), classes, rotation=35, ha="right", rotation_mode="anchor"
    )
    ax.set_yticks(range(len(classes)), classes)
    ax.tick_params(labelsize=8)
    ax.set_xlabel("classe prédite")
    ax.set_ylabel("vraie classe")
    return finished(fig)


def calibration_figure(bins: Mapping[str, ArrayLike]) -> Figure:
    """Draw accuracy against probability, bin by bin, and above it how the predictions share the bins.

    Below the diagonal a model is too sure of itself, above it not sure enough.

    Parameters
    ----------
    bins : mapping of name to array-like (bins, 3)
        `tp1.reporting.final.Choice.calibration` of some models, four at most. Empty bins have no point.
    """
    fig, (top, ax) = plt.subplots(
        2, 1, sharex=True, figsize=(4.6, 3.3), height_ratios=(1, 3)
    )
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, ls=(0, (4, 2)), label="accord parfait")
    for (name, table), colour, marker in zip(
        bins.items(), COLOURS, MARKERS, strict=False
    ):
        n, p, right = np.asarray(table, dtype=float).T
        some = n > 0
        look = {"color": colour, "marker": marker, "ms": 4.5, "lw": 1.3}
        x = p[some] / n[some]
        ax.plot(x, right[some] / n[some], **look, label=name, gid=f"accuracy:{name}")
        top.plot(x, n[some] / n.sum(), **look, gid=f"share:{name}")
    for axis in (ax.xaxis, ax.yaxis, top.yaxis):
        axis.set_major_formatter(PERCENT)
    top.set_yscale("log")
    top.set_ylabel("part")
    ax.set_xlabel("probabilité de la classe prédite")
    ax.set_ylabel("exactitude")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return finished(fig)


def mistakes_figure(
    x: ArrayLike, rows: Sequence[Mistake], classes: Sequence[str]
) -> Figure:
    """Show images with their true class, the class that they are taken for and its probability.

    Parameters
    ----------
    x : array-like (N, 784)
        The validation images, in [0, 1].
    rows : sequence of Mistake
        Which to show, six a line.
    classes : sequence of K names
    """
    images = np.asarray(x)
    lines = -(-len(rows) // COLUMNS)
    fig, axes = plt.subplots(lines, COLUMNS, figsize=(6.3, 1.6 * lines), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, row in zip(axes.flat, rows, strict=False):
        image = images[row.image].reshape(SIDE, SIDE)
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        ax.set_title(
            f"{classes[row.true]}\n→ {classes[row.predicted]}\n{certainty(row.probability)}",
            fontsize=7.5,
        )
    return finished(fig)


def certainty(p: float) -> Text:
    """Write a probability near 1 without rounding it to 100 %."""
    return Text(f">{NBSP}{percent(0.999)}" if 0.9995 <= p < 1 else percent(p))
