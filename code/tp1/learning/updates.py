"""The updates of the parameters, in place, for one model or for each of a stack: SGD, momentum, Adam, decay.

θ, its gradient and the moments have one shape, (n_in+1, n_out) or (R, n_in+1, n_out); a learning rate is a
number, or a tensor (R,) with one rate for each model.
"""

import torch
from torch import Tensor

from tp1.learning.checks import check_share, check_update

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def sgd_step(theta: Tensor, lr: float | Tensor, grad: Tensor) -> None:
    """Take one step of gradient descent (@eq-sgd).

    Raises
    ------
    HyperparameterError
        If a learning rate is negative or not finite.
    ShapeError
        If `grad` does not have the shape of `theta`, or `lr` that of the stack.
    """
    check_update(lr, grad, theta)
    # @eq-sgd
    theta -= beside(lr, theta) * grad


def momentum_step(
    theta: Tensor, lr: float | Tensor, grad: Tensor, velocity: Tensor, mu: float
) -> None:
    """Take one step of gradient descent with momentum; `velocity` changes too (@eq-momentum).

    Raises
    ------
    HyperparameterError
        If a learning rate is negative or not finite, or `mu` is not in [0, 1).
    ShapeError
        If `grad` does not have the shape of `theta`, or `lr` that of the stack.
    """
    check_update(lr, grad, theta)
    check_share("momentum", mu)
    # @eq-momentum
    velocity.mul_(mu).add_(grad)
    theta -= beside(lr, theta) * velocity


def adam_step(
    theta: Tensor, lr: float | Tensor, grad: Tensor, m: Tensor, v: Tensor, t: int
) -> None:
    """Take step `t`, from 1, of Adam, Kingma & Ba 2015; `m` and `v` change too (@eq-adam-step).

    Raises
    ------
    HyperparameterError
        If a learning rate is negative or not finite.
    ShapeError
        If `grad` does not have the shape of `theta`, or `lr` that of the stack.
    """
    check_update(lr, grad, theta)
    # @eq-adam-m
    m.copy_(BETA1 * m + (1 - BETA1) * grad)
    # @eq-adam-v
    v.copy_(BETA2 * v + (1 - BETA2) * grad**2)
    # @eq-adam-hat
    m_hat = m / (1 - BETA1**t)
    v_hat = v / (1 - BETA2**t)
    # @eq-adam-step
    theta -= beside(lr, theta) * m_hat / (torch.sqrt(v_hat) + EPSILON)


def decay_step(theta: Tensor, lr: float | Tensor, decay: float) -> None:
    """Shrink the parameters towards 0, before an update that does not know of it (@eq-decay).

    Decoupled weight decay, Loshchilov & Hutter 2019: the shrinkage is not part of the gradient.

    Raises
    ------
    HyperparameterError
        If a learning rate is negative or not finite, or `decay` is not in [0, 1).
    """
    check_update(lr, theta, theta)
    check_share("decay", decay)
    # @eq-decay
    theta *= 1 - beside(lr, theta) * decay


def beside(lr: float | Tensor, params: Tensor) -> float | Tensor:
    """Give learning rates the axes, the device and the type with which they multiply parameters.

    Parameters
    ----------
    lr : float or Tensor (R,)
    params : Tensor (R, D+1, K)

    Returns
    -------
    float or Tensor (R, 1, 1)
    """
    return lr[..., None, None].to(params) if isinstance(lr, Tensor) else lr
