"""The conditions under which the equations mean something, one line each in the code that needs them."""

import math
from collections.abc import Collection, Sequence

import numpy as np
import torch
from torch import Tensor

from tp1.errors import shown
from tp1.learning.errors import (
    DivergedModelError,
    HyperparameterError,
    LabelError,
    ShapeError,
)

# Of a model: 4 GB in single precision, and Adam keeps three more such.
MOST_PARAMETERS = 10**9


def check_axis(x: Tensor, axis: int) -> None:
    """Raise `ShapeError` unless `x` has the axis `axis`, with at least one entry."""
    if not -x.ndim <= axis < x.ndim:
        raise ShapeError(
            f"axis {axis} of a tensor of shape {tuple(x.shape)}: it has {x.ndim} axes"
        )
    if x.shape[axis] == 0:
        raise ShapeError(f"axis {axis} of a tensor of shape {tuple(x.shape)} is empty")


def check_targets(y: Tensor, y_pred: Tensor) -> None:
    """Raise `ShapeError` unless y is (..., B, K), B and K > 0, and ends the shape of y_pred, floats."""
    if y.ndim < 2 or 0 in y.shape[-2:]:
        raise ShapeError(
            f"targets of shape {tuple(y.shape)}: (..., B, K) is wanted, with B and K > 0"
        )
    if not y_pred.is_floating_point():
        raise ShapeError(f"predictions of type {y_pred.dtype}: floats are wanted")
    if y_pred.shape[-y.ndim :] != y.shape:
        raise ShapeError(
            f"targets of shape {tuple(y.shape)} for predictions of shape {tuple(y_pred.shape)}: "
            "the second must be the first, or end with it"
        )


def check_features(x: Tensor, num_features: int, stack: tuple[int, ...] = ()) -> None:
    """Raise `ShapeError` unless x is (..., B, num_features), for one model or for each of a stack of them."""
    if x.ndim < 2 or x.shape[-1] != num_features:
        raise ShapeError(
            f"inputs of shape {tuple(x.shape)}: (..., B, {num_features}) is wanted"
        )
    if stack and x.ndim > 2 and x.shape[:-2] != stack:
        raise ShapeError(
            f"inputs of shape {tuple(x.shape)} for a stack {stack} of models: "
            "one batch for all, or one for each"
        )


def check_images(x: Tensor, y: Tensor, num_features: int) -> None:
    """Raise `ShapeError` unless x holds num_features floats for each label of y, the axes of y first."""
    if (
        x.shape[: y.ndim] != y.shape
        or x.numel() != y.numel() * num_features
        or not x.is_floating_point()
    ):
        raise ShapeError(
            f"images {tuple(x.shape)} of {x.dtype} for labels {tuple(y.shape)}: "
            f"{num_features} floats for each label are wanted"
        )


def check_labels(y: Tensor, num_classes: int) -> None:
    """Raise `LabelError` unless y holds integers from 0 to num_classes - 1."""
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise LabelError(f"labels of type {y.dtype}: integers are wanted")
    wrong = y[(y < 0) | (y >= num_classes)]
    if wrong.numel():
        raise LabelError(
            f"label {int(wrong[0])}: the classes are 0 to {num_classes - 1}"
        )


def check_params(params: Tensor, num_features: int, num_classes: int) -> None:
    """Raise `ShapeError` unless params is (..., num_features + 1, num_classes), floats."""
    if not params.is_floating_point():
        raise ShapeError(f"parameters of type {params.dtype}: floats are wanted")
    if params.shape[-2:] != (num_features + 1, num_classes):
        raise ShapeError(
            f"parameters of shape {tuple(params.shape)}: (..., {num_features + 1}, {num_classes}) is wanted"
        )


def check_layers(params: Sequence[Tensor]) -> None:
    """Raise `ShapeError` unless the layers' parameters are of one stack, one type and one device."""
    kinds = {(tuple(t.shape[:-2]), t.dtype, str(t.device)) for t in params}
    if len(kinds) > 1:
        found = ", ".join(
            f"{s} {d} on {where}" for s, d, where in sorted(kinds, key=str)
        )
        raise ShapeError(
            f"layers of several kinds ({found}): one stack, one type and one device are wanted"
        )


def check_gradient(y: Tensor, y_pred: Tensor, x: Tensor, params: Tensor) -> None:
    """Raise `ShapeError` unless y, y_pred (..., B, K) and x (..., B, D) go with params (..., D+1, K)."""
    check_targets(y, y_pred)
    check_features(x, params.shape[-2] - 1)
    *stack, _, num_classes = params.shape
    batch = x.shape[-2]
    if y_pred.shape != (*stack, batch, num_classes) or x.shape[:-2] not in (
        (),
        tuple(stack),
    ):
        raise ShapeError(
            f"inputs {tuple(x.shape)} and predictions {tuple(y_pred.shape)} "
            f"do not go with parameters {tuple(params.shape)}"
        )


def check_predictions(
    y: Tensor, y_pred: Tensor, a: Tensor, stack: tuple[int, ...]
) -> None:
    """Raise `ShapeError` unless y and y_pred are of the minibatch whose scores are a, (*stack, B, K)."""
    check_targets(y, y_pred)
    if y_pred.shape != a.shape:
        raise ShapeError(
            f"predictions of shape {tuple(y_pred.shape)}: the last forward pass gave {tuple(a.shape)}"
        )
    if a.shape[:-2] != stack:
        raise ShapeError(
            f"scores of shape {tuple(a.shape)} for a stack {tuple(stack)} of models: "
            "one minibatch each is wanted"
        )


def check_finite(layer: str, *tensors: Tensor) -> None:
    """Raise `DivergedModelError` unless every entry is finite; `layer` says of what."""
    for tensor in tensors:
        if not torch.isfinite(tensor).all():
            raise DivergedModelError(
                f"{layer}: an entry is infinite or not a number; lower the learning rate, "
                "or begin with smaller parameters and inputs"
            )


def check_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Raise `HyperparameterError` unless value is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise HyperparameterError(
            f"{name} {shown(value)}: one of {', '.join(choices)} is wanted"
        )


def check_count(name: str, value: int, least: int, most: int = 2**31 - 1) -> None:
    """Raise `HyperparameterError` unless value is an integer, at least `least` and at most `most`."""
    if type(value) is not int or value < least:
        raise HyperparameterError(
            f"{name} {shown(value)}: an integer, {least} or more, is wanted"
        )
    if value > most:
        raise HyperparameterError(
            f"{name} {shown(value)}: an integer, {most} or less, is wanted"
        )


def is_finite(value: float) -> bool:
    """Say whether something is a number that PyTorch computes with, and finite; True and False are none."""
    if type(value) is int:
        return -(2**63) <= value < 2**63
    known = type(value) is float or isinstance(value, np.floating | np.integer)
    return known and math.isfinite(value)


def check_share(name: str, value: float) -> None:
    """Raise `HyperparameterError` unless value is a number, 0 or more and less than 1."""
    if not (is_finite(value) and 0 <= value < 1):
        raise HyperparameterError(
            f"{name} {shown(value)}: a number from 0 to less than 1 is wanted"
        )


def check_rate(lr: float | Tensor) -> None:
    """Raise `HyperparameterError` unless every learning rate is a finite number, 0 or more."""
    for rate in lr.flatten().tolist() if isinstance(lr, Tensor) else [lr]:
        if not (is_finite(rate) and rate >= 0):
            raise HyperparameterError(
                f"learning rate {shown(rate)}: a finite number, 0 or more, is wanted"
            )


def check_update(lr: float | Tensor, grads: Tensor, params: Tensor) -> None:
    """Check one step of descent.

    Raises
    ------
    HyperparameterError
        If a learning rate is negative or not finite.
    ShapeError
        If grads does not have the shape of params, or a tensor lr is neither () nor one rate for each model.
    """
    check_rate(lr)
    if grads.shape != params.shape:
        raise ShapeError(
            f"gradient of shape {tuple(grads.shape)} for parameters {tuple(params.shape)}"
        )
    if isinstance(lr, Tensor) and lr.ndim and lr.shape != params.shape[:-2]:
        raise ShapeError(
            f"learning rates of shape {tuple(lr.shape)} for parameters {tuple(params.shape)}"
        )
