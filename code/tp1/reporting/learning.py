"""Figures of the chapters on learning: the data, how a run went, what it learnt."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import ArrayLike
from torch import Tensor

from tp1.reporting.final_figures import SIDE
from tp1.reporting.french import MINUS, NBSP
from tp1.reporting.style import BLUE, GREEN, GREY, ORANGE, finished

CLASSES = (
    "T-shirt",
    "Pantalon",
    "Pull",
    "Robe",
    "Manteau",
    "Sandale",
    "Chemise",
    "Basket",
    "Sac",
    "Bottine",
)
DECIMAL_COMMA = FuncFormatter(
    lambda value, _: f"{value:g}".replace(".", ",").replace("-", MINUS)
)


def samples_figure(x: Tensor, y: Tensor, per_class: int = 4) -> Figure:
    """Show the first images of every class, a column for each class.

    Parameters
    ----------
    x : Tensor (N, 784)
        Images in [0, 1].
    y : Tensor (N,)
        Their classes; each of the ten has at least `per_class` images.
    per_class : int
        How many rows.
    """
    figure, axes = plt.subplots(
        per_class, len(CLASSES), figsize=(6.3, 0.66 * per_class + 0.25)
    )
    for k, column in enumerate(axes.T):
        column[0].set_title(CLASSES[k], fontsize=7.5)
        for ax, image in zip(column, x[y == k][:per_class], strict=True):
            ax.imshow(image.view(SIDE, SIDE).numpy(), cmap="gray_r", vmin=0, vmax=1)
            ax.set_axis_off()
    return finished(figure)


def runs_figure(
    steps: Sequence[int], names: Sequence[str], train: Tensor, val: Tensor
) -> Figure:
    """Draw mean loss and accuracy against the step, for up to three runs.

    Parameters
    ----------
    steps : sequence of T ints
        The steps at which the runs were evaluated.
    names : sequence of R names
        For the legend.
    train, val : Tensor (T, 2, R)
        Mean loss in nats, then accuracy, on the training and on the validation set.
    """
    figure, axes = plt.subplots(1, 2)
    for panel, ax in enumerate(axes):
        for r, (colour, marker) in enumerate(
            zip((BLUE, ORANGE, GREEN)[: len(names)], "so^", strict=False)
        ):
            ax.plot(
                steps, train[:, panel, r].numpy(), color=colour, linewidth=5, alpha=0.3
            )
            ax.plot(
                steps,
                val[:, panel, r].numpy(),
                color=colour,
                marker=marker,
                markersize=3,
                label=names[r],
            )
        ax.set_xlabel("pas")
    axes[0].plot([], [], color=GREY, linewidth=5, alpha=0.5, label="entraînement")
    axes[0].plot([], [], color=GREY, label="validation")
    axes[0].set_yscale("log")
    axes[0].set_yticks([0.5, 1, 2, 5, 10])
    axes[0].yaxis.set_major_formatter(DECIMAL_COMMA)
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].set_title("Perte moyenne (nats)")
    axes[1].yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{100 * v:.0f}{NBSP}%")
    )
    axes[1].set_title("Exactitude")
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(names) + 2,
    )
    return finished(figure)


def weights_figure(theta: ArrayLike | Tensor) -> Figure:
    """Show the weights of each class as an image, on one scale that is symmetric about zero.

    Parameters
    ----------
    theta : array-like or Tensor (785, 10)
        Parameters of one softmax regression; the last row, the biases, is left out.
    """
    images = np.asarray(theta)[:-1].T.reshape(len(CLASSES), SIDE, SIDE)
    # The few extreme pixels would leave the rest grey; they are drawn at the end of the scale.
    limit = float(np.quantile(np.abs(images), 0.995))
    figure, axes = plt.subplots(2, 5, figsize=(6.3, 2.6))
    for ax, image, name in zip(axes.flat, images, CLASSES, strict=True):
        shown = ax.imshow(image, cmap="gray", vmin=-limit, vmax=limit)
        ax.set_title(name, fontsize=8.5)
        ax.set_axis_off()
    figure.colorbar(
        shown, ax=axes, extend="both", shrink=0.85, label="poids", format=DECIMAL_COMMA
    )
    return finished(figure)
