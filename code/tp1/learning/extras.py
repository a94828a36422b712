"""What is added to plain training, by hand too: dropout, smoothed labels, schedules, flips and shifts.

The report has an appendix that derives each of them. Momentum and weight decay, which change the update, are
in `updates`.
"""

import math

import torch
from torch import Tensor

from tp1.learning.checks import check_choice, check_share
from tp1.learning.errors import HyperparameterError

SCHEDULES = ("constant", "linear", "one-cycle")
WARM_UP = 0.2  # of the steps of ``one-cycle``
SIDE = 28  # pixels of an image
REACH = 2  # pixels by which an image is shifted at most


def draw_keep(
    shape: tuple[int, ...], dropout: float, generator: torch.Generator | None = None
) -> Tensor:
    """Draw which units stay, each with probability 1 - dropout: 1 / (1 - dropout), or 0 (@eq-dropout-mask).

    Raises
    ------
    HyperparameterError
        If `dropout` is not in [0, 1).
    """
    check_share("dropout", dropout)
    # @eq-dropout-mask
    keep = torch.empty(shape).bernoulli_(1 - dropout, generator=generator)
    return keep / (1 - dropout)


def dropout_forward(h: Tensor, keep: Tensor) -> Tensor:
    """Drop units of a hidden layer, `h` (B, n), by a mask of its shape (@eq-dropout)."""
    # @eq-dropout
    return h * keep


def dropout_backward(g: Tensor, keep: Tensor) -> Tensor:
    """Give the gradient before dropout from the gradient after it, (B, n) both (@eq-dropout-backward)."""
    # @eq-dropout-backward
    return g * keep


def smooth_labels(y: Tensor, smoothing: float) -> Tensor:
    """Move a share of each target's probability to all K classes alike, (..., K) (@eq-smoothing).

    Raises
    ------
    HyperparameterError
        If `smoothing` is not in [0, 1).
    """
    check_share("smoothing", smoothing)
    # @eq-smoothing
    return (1 - smoothing) * y + smoothing / y.shape[-1]


def schedule(name: str, t: Tensor, total: int) -> Tensor:
    """Give what multiplies the learning rate at the steps `t`, from 1, of `total` (@eq-schedule).

    ``linear`` falls to 0 on a straight line; ``one-cycle`` rises for `WARM_UP` of the steps, then falls to 0
    on half a cosine.

    Raises
    ------
    HyperparameterError
        If the schedule is unknown.
    """
    check_choice("schedule", name, SCHEDULES)
    if name == "constant":
        return torch.ones_like(t)
    # @eq-schedule
    if name == "linear":
        return 1 - (t - 1) / total
    done = (t / total).clamp_max(1)
    falling = 0.5 * (1 + torch.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))
    return torch.where(done < WARM_UP, done / WARM_UP, falling)


def flip(x: Tensor, which: Tensor) -> Tensor:
    """Mirror some images, left for right.

    Parameters
    ----------
    x : Tensor (B, 784)
    which : Tensor (B,) of booleans
    """
    images = x.view(-1, SIDE, SIDE)
    return torch.where(which[:, None, None], images.flip(-1), images).flatten(1)


def shift(x: Tensor, down: Tensor, right: Tensor) -> Tensor:
    """Move images by whole pixels; what comes in from outside is 0.

    Parameters
    ----------
    x : Tensor (B, 784)
    down, right : Tensor (B,) of integers
        From -`REACH` to `REACH`.

    Raises
    ------
    HyperparameterError
        If a shift is longer.
    """
    if (torch.stack([down, right]).abs() > REACH).any():
        raise HyperparameterError(
            f"a shift is too long: from -{REACH} to {REACH} pixels is wanted"
        )
    width = SIDE + 2 * REACH
    padded = x.new_zeros(len(x), width, width)
    padded[:, REACH:-REACH, REACH:-REACH] = x.view(-1, SIDE, SIDE)
    windows = padded.unfold(1, SIDE, 1).unfold(2, SIDE, 1)
    rows = torch.arange(len(x), device=x.device)
    return windows[rows, REACH - down, REACH - right].flatten(1)
