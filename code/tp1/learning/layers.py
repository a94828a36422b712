"""The layers of a network, forward and backward: an affine map, ReLU, softmax with its loss.

Axes: B samples, n_in inputs and n_out outputs of a layer. Axes before the last two are a stack of models,
(R, B, n), which every function treats alike; inputs without those axes serve all the models of the stack.
Each function computes one equation of chapter 3, and nothing here uses automatic differentiation.
"""

import torch
from torch import Tensor

from tp1.learning.checks import check_axis, check_features, check_targets
from tp1.learning.functions import inputs_tilde


def affine_forward(h: Tensor, theta: Tensor) -> Tensor:
    """Give the pre-activations of a layer, a = h̃ θ (@eq-mlp-forward-batch).

    Parameters
    ----------
    h : Tensor (B, n_in) or (R, B, n_in)
        What enters the layer, without the 1.
    theta : Tensor (n_in+1, n_out) or (R, n_in+1, n_out)
        θ transposed, the bias in the last row.

    Returns
    -------
    Tensor (B, n_out) or (R, B, n_out)

    Raises
    ------
    ShapeError
        If a row of `h` does not have n_in entries, or the stacks differ.
    """
    check_features(h, theta.shape[-2] - 1, theta.shape[:-2])
    # @eq-mlp-forward-batch
    return torch.matmul(inputs_tilde(h), theta)


def theta_gradient(h: Tensor, delta: Tensor) -> Tensor:
    """Give the gradient of a layer's parameters, h̃ᵀ δ, summed over the minibatch (@eq-grad-theta-batch).

    Parameters
    ----------
    h : Tensor (B, n_in) or (R, B, n_in)
        What entered the layer, without the 1.
    delta : Tensor (B, n_out) or (R, B, n_out)
        The gradient of the loss with respect to the layer's pre-activations.

    Returns
    -------
    Tensor (n_in+1, n_out) or (R, n_in+1, n_out)
    """
    # @eq-grad-theta-batch
    return torch.matmul(inputs_tilde(h).mT, delta)


def input_gradient(delta: Tensor, theta: Tensor) -> Tensor:
    """Give the gradient of what entered a layer, δ W, without the bias (@eq-grad-hidden-batch).

    Parameters
    ----------
    delta : Tensor (B, n_out) or (R, B, n_out)
        The gradient of the loss with respect to the layer's pre-activations.
    theta : Tensor (n_in+1, n_out) or (R, n_in+1, n_out)
        θ transposed, the bias in the last row.

    Returns
    -------
    Tensor (B, n_in) or (R, B, n_in)
    """
    # @eq-grad-hidden-batch
    return torch.matmul(delta, theta[..., :-1, :].mT)


def relu_forward(x: Tensor) -> Tensor:
    """Give max(0, x), entry by entry (@eq-relu).

    Raises
    ------
    ShapeError
        If `x` lacks the last axis or has no entry along it.
    """
    check_axis(x, -1)
    # @eq-relu
    return torch.clamp_min(x, 0)


def relu_backward(x: Tensor) -> Tensor:
    """Give the derivative of ReLU at `x`: 1 where x > 0, otherwise 0, at 0 too (@eq-relu-prime).

    Raises
    ------
    ShapeError
        If `x` lacks the last axis or has no entry along it.
    """
    check_axis(x, -1)
    # @eq-relu-prime
    return (x > 0).to(x.dtype)


def softmax_cross_entropy_backward(y: Tensor, y_pred: Tensor) -> Tensor:
    """Give the gradient of the summed loss with respect to the scores, p̂ - y (@eq-delta-output).

    Parameters
    ----------
    y, y_pred : Tensor (B, K) or (R, B, K)
        Targets, one-hot or smoothed, and the probabilities of the softmax.

    Raises
    ------
    ShapeError
        If the shape of `y_pred` does not end with that of `y`, or if there is no sample.
    """
    check_targets(y, y_pred)
    # @eq-delta-output
    return y_pred - y
