"""Figures of the appendix on what is added to plain training: the learning rate over time, images moved."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from tp1.learning.extras import schedule
from tp1.reporting.curves import COMMA, DASHES
from tp1.reporting.final_figures import SIDE
from tp1.reporting.style import BLUE, GREEN, ORANGE, finished


def schedules_figure(names: Sequence[str], total: int = 1000) -> Figure:
    """Draw what multiplies the learning rate, against the share of the steps, for up to three schedules."""
    fig, ax = plt.subplots(figsize=(6.3, 2.0))
    t = torch.arange(1, total + 1, dtype=torch.float64)
    looks = zip(names, (BLUE, ORANGE, GREEN), DASHES, strict=False)
    for name, colour, dashes in looks:
        factors = np.asarray(schedule(name, t, total))
        ax.plot(np.asarray(t) / total, factors, color=colour, ls=dashes, label=name)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(COMMA)
    ax.set_xlabel("part des pas, $t / T$")
    ax.set_ylabel("facteur du taux")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return finished(fig)


def moved_figure(images: Sequence[Tensor], titles: Sequence[str]) -> Figure:
    """Show versions of some images: a column for each version, a row for each image.

    Parameters
    ----------
    images : sequence of C Tensors (B, 784)
        The same B images, version by version, in [0, 1].
    titles : sequence of C strings
    """
    rows = len(images[0])
    fig, axes = plt.subplots(
        rows, len(images), figsize=(6.3, 1.05 * rows + 0.25), squeeze=False
    )
    for column, version, title in zip(axes.T, images, titles, strict=True):
        column[0].set_title(title, fontsize=8)
        for ax, image in zip(column, version, strict=True):
            ax.imshow(image.view(SIDE, SIDE).numpy(), cmap="gray_r", vmin=0, vmax=1)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
    return finished(fig)
