"""Softmax, loss and accuracy on tensors, for one model or for a stack of them.

Axes: B samples, K classes, D features. Axes before the last two are a stack of models, (R, B, K), and every
function treats them alike. Nothing here uses automatic differentiation.
"""

import torch
from torch import Tensor

from tp1.learning.checks import check_axis, check_images, check_labels, check_targets

NUM_FEATURES = 784
NUM_CLASSES = 10


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Turn scores into probabilities that sum to 1 along `axis` (@eq-softmax-stable).

    Parameters
    ----------
    x : Tensor (..., K)
        Scores of any size: the largest is subtracted before the exponential.
    axis : int
        The axis of the classes.

    Raises
    ------
    ShapeError
        If `x` lacks the axis or has no entry along it.
    """
    check_axis(x, axis)
    # @eq-softmax-stable
    e = torch.exp(x - x.amax(dim=axis, keepdim=True))
    return e / e.sum(dim=axis, keepdim=True)


def inputs_tilde(x: Tensor, axis: int = -1) -> Tensor:
    """Append a 1 to every input, so that the bias is a row of θ: (..., D) gives (..., D+1) (@eq-tilde).

    Raises
    ------
    ShapeError
        If `x` lacks the axis or has no entry along it.
    """
    check_axis(x, axis)
    # @eq-tilde
    return torch.cat([x, torch.ones_like(x.narrow(axis, 0, 1))], dim=axis)


def cross_entropy(y: Tensor, y_pred: Tensor) -> Tensor:
    """Sum the negative log-likelihood of a minibatch (@eq-nll), in nats.

    Parameters
    ----------
    y : Tensor (B, K) or (R, B, K)
        One-hot targets.
    y_pred : Tensor (B, K) or (R, B, K)
        Probabilities; one that is zero counts as the smallest normal number, so that the loss stays finite.

    Returns
    -------
    Tensor () or (R,)
        The sum over the B samples, for each model.

    Raises
    ------
    ShapeError
        If the shape of `y_pred` does not end with that of `y`, or if there is no sample.
    """
    check_targets(y, y_pred)
    # @eq-nll
    log_p = torch.log(y_pred.clamp_min(torch.finfo(y_pred.dtype).tiny))
    return -(y * log_p).sum(dim=(-2, -1))


def cross_entropy_from_logits(y: Tensor, a: Tensor) -> Tensor:
    """Sum the negative log-likelihood of a minibatch, from the scores by log-sum-exp (@eq-nll-scores).

    No probability is rounded to 0 on the way: the loss of any finite scores is exact within rounding.
    Scores that are infinite or NaN, or too far apart for their type, give the inf or NaN that they are worth.

    Parameters
    ----------
    y : Tensor (B, K) or (R, B, K)
        One-hot targets.
    a : Tensor (B, K) or (R, B, K)
        Scores, before the softmax.

    Returns
    -------
    Tensor () or (R,)
        The sum over the B samples, for each model, in nats.

    Raises
    ------
    ShapeError
        If the shape of `a` does not end with that of `y`, or if there is no sample.
    """
    check_targets(y, a)
    shifted = a - a.amax(dim=-1, keepdim=True)
    # The difference of two finite scores may overflow to -inf, and 0 times that is NaN.
    true_scores = torch.where(y == 0, 0, y * shifted).sum(dim=-1)
    # @eq-nll-scores
    losses = torch.log(torch.exp(shifted).sum(dim=-1)) - true_scores
    return losses.sum(dim=-1)


def accuracy(y: Tensor, y_pred: Tensor) -> tuple[Tensor, tuple[Tensor, int]]:
    """Give the share of the samples whose most probable class is the true one (@eq-accuracy).

    Parameters
    ----------
    y, y_pred : Tensor (B, K) or (R, B, K)
        One-hot targets and probabilities.

    Returns
    -------
    acc : Tensor () or (R,)
        card_C / card_D.
    (card_C, card_D) : Tensor () or (R,), int
        How many samples are well classified, out of how many.

    Raises
    ------
    ShapeError
        If the shape of `y_pred` does not end with that of `y`, or if there is no sample.
    """
    check_targets(y, y_pred)
    # @eq-accuracy
    right = y_pred.argmax(dim=-1) == y.argmax(dim=-1)
    # A NaN is no prediction: argmax would give its place.
    card_C = (right & ~y_pred.isnan().any(dim=-1)).sum(dim=-1)
    card_D = y.shape[-2]
    return card_C / card_D, (card_C, card_D)


def reshape_input(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Flatten images to (B, 784) and turn labels into one-hot rows (B, 10) (@eq-one-hot).

    Parameters
    ----------
    x : Tensor (B, 1, 28, 28), (B, 28, 28) or (B, 784)
        Images as floats; the axes of `y` come first.
    y : Tensor (B,) or (R, B)
        Labels from 0 to 9.

    Returns
    -------
    x : Tensor (*y.shape, 784)
    y : Tensor (*y.shape, 10)
        Of the same type as `x`.

    Raises
    ------
    ShapeError
        If `x` is not one image of 784 floats for each label.
    LabelError
        If a label is not an integer from 0 to 9.
    """
    check_images(x, y, NUM_FEATURES)
    check_labels(y, NUM_CLASSES)
    return x.reshape(*y.shape, NUM_FEATURES), one_hot(y, x.dtype)


def one_hot(y: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn labels from 0 to 9, (...,), into one-hot rows, (..., 10) (@eq-one-hot)."""
    # @eq-one-hot
    return (y[..., None] == torch.arange(NUM_CLASSES, device=y.device)).to(dtype)
