"""What the chosen models get wrong: the confusion of the classes, and the most confident mistakes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tp1.experiments.errors import ResultsError
from tp1.reporting.final import Mistake
from tp1.reporting.french import NBSP, Text, percent
from tp1.reporting.search import heat_map
from tp1.reporting.style import finished

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
    fig, ax = plt.subplots(figsize=(6.3, 4.2))
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
