"""Softmax regression, a network without hidden layers: the same layers and updates as in `mlp`."""

import math

import torch
from torch import Tensor

from tp1.learning.checks import (
    MOST_PARAMETERS,
    check_count,
    check_features,
    check_gradient,
    check_params,
    check_update,
)
from tp1.learning.device import choose_device
from tp1.learning.functions import softmax
from tp1.learning.layers import (
    affine_forward,
    softmax_cross_entropy_backward,
    theta_gradient,
)
from tp1.learning.updates import adam_step, sgd_step

INIT_STD = 0.01


class LinearModel:
    """Softmax regression p̂ = softmax(θ x̃), or a stack of R of them that are trained in lock-step.

    Parameters
    ----------
    num_features, num_classes : int
        D and K.
    params : Tensor (D+1, K) or (R, D+1, K), optional
        Initial parameters, θ transposed, the bias in the last row; they are copied. By default
        one model is drawn from N(0, 0.01²) (@eq-init), on the CPU in single precision whatever
        the device and the type: the same seed gives the same model everywhere.
    generator : torch.Generator, optional
        A CPU generator for that draw; by default PyTorch's own.
    device : str, optional
        Where the model lives: a name for `choose_device`. By default where `params` is, or the CPU.
    dtype : torch.dtype, optional
        Type of the parameters. By default that of `params`, or float32.

    Attributes
    ----------
    params : Tensor (D+1, K) or (R, D+1, K)
        Changed in place by the updates.
    m, v : Tensor, the shape of `params`
        Adam's running means of the gradient and of its square; zero before the first `adam_update`.
    t : int
        How many times `adam_update` was called.

    Raises
    ------
    HyperparameterError
        If D or K is not an integer from 1.
    ShapeError
        If `params` does not end with the axes (D+1, K), or is not of floats.
    DeviceError
        If the device is unknown or absent.
    """

    def __init__(
        self,
        num_features: int,
        num_classes: int,
        *,
        params: Tensor | None = None,
        generator: torch.Generator | None = None,
        device: str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        check_count("number of features", num_features, 1)
        check_count("number of classes", num_classes, 1)
        size = num_features + 1, num_classes
        check_count("number of parameters", math.prod(size), 1, MOST_PARAMETERS)
        if params is None:
            # @eq-init
            params = INIT_STD * torch.randn(
                size, generator=generator, dtype=torch.float32, device="cpu"
            )
        self.params = params.detach().to(
            device=params.device if device is None else choose_device(device),
            dtype=dtype,
            copy=True,
        )
        check_params(self.params, num_features, num_classes)
        self.m = torch.zeros_like(self.params)
        self.v = torch.zeros_like(self.params)
        self.t = 0

    def logits(self, x: Tensor) -> Tensor:
        """Give the scores of the classes, before the softmax (@eq-model-batch).

        Parameters
        ----------
        x : Tensor (B, D) or (R, B, D)
            One minibatch for all the models, or one for each.

        Returns
        -------
        Tensor (B, K) or (R, B, K)

        Raises
        ------
        ShapeError
            If a row of `x` does not have D features, or the stacks differ.
        """
        check_features(x, self.params.shape[-2] - 1, self.params.shape[:-2])
        # @eq-model-batch
        return affine_forward(x, self.params)

    def forward(self, x: Tensor) -> Tensor:
        """Give the probabilities of the classes (@eq-model-batch).

        Parameters
        ----------
        x : Tensor (B, D) or (R, B, D)
            One minibatch for all the models, or one for each.

        Returns
        -------
        Tensor (B, K) or (R, B, K)

        Raises
        ------
        ShapeError
            If a row of `x` does not have D features, or the stacks differ.
        """
        # @eq-model-batch
        return softmax(self.logits(x))

    def get_grads(self, y: Tensor, y_pred: Tensor, X: Tensor) -> Tensor:
        """Give the gradient of the loss, summed over the minibatch (@eq-grad-batch).

        Parameters
        ----------
        y : Tensor (B, K) or (R, B, K)
            One-hot targets.
        y_pred : Tensor (B, K) or (R, B, K)
            What `forward` gave for `X`.
        X : Tensor (B, D) or (R, B, D)
            The inputs, without the 1.

        Returns
        -------
        Tensor, the shape of `params`

        Raises
        ------
        ShapeError
            If the shapes of the arguments do not go together, or not with the parameters.
        """
        check_gradient(y, y_pred, X, self.params)
        # @eq-grad-batch
        return theta_gradient(X, softmax_cross_entropy_backward(y, y_pred))

    def sgd_update(self, lr: float | Tensor, grads: Tensor) -> None:
        """Take one step of gradient descent, in place (@eq-sgd).

        Parameters
        ----------
        lr : float or Tensor (R,)
            The learning rate, or one for each model of the stack.
        grads : Tensor, the shape of `params`

        Raises
        ------
        HyperparameterError
            If a learning rate is negative or not finite.
        ShapeError
            If `grads` does not have the shape of the parameters, or `lr` that of the stack.
        """
        sgd_step(self.params, lr, grads)

    def adam_update(self, lr: float | Tensor, grads: Tensor) -> None:
        """Take one step of Adam, in place: Algorithm 1 of Kingma & Ba 2015 (@eq-adam-step).

        Parameters
        ----------
        lr : float or Tensor (R,)
            The learning rate α, or one for each model of the stack.
        grads : Tensor, the shape of `params`

        Raises
        ------
        HyperparameterError
            If a learning rate is negative or not finite.
        ShapeError
            If `grads` does not have the shape of the parameters, or `lr` that of the stack.
        """
        check_update(lr, grads, self.params)
        self.t += 1
        adam_step(self.params, lr, grads, self.m, self.v, self.t)
