"""Softmax regression with its gradient written by hand: no module, no automatic differentiation."""

import torch
from torch import Tensor

from tp1.learning.checks import (
    check_features,
    check_gradient,
    check_params,
    check_update,
)
from tp1.learning.functions import inputs_tilde, softmax

INIT_STD = 0.01


class LinearModel:
    """Softmax regression p̂ = softmax(θ x̃), or a stack of R of them that are trained in lock-step.

    Parameters
    ----------
    num_features, num_classes : int
        D and K.
    params : Tensor (D+1, K) or (R, D+1, K), optional
        Initial parameters, θ transposed, the bias in the last row; they are copied. By default
        one model is drawn from N(0, 0.01²) (@eq-init).
    generator : torch.Generator, optional
        A CPU generator for that draw; by default PyTorch's own.

    Attributes
    ----------
    params : Tensor (D+1, K) or (R, D+1, K)
        Changed in place by the updates.

    Raises
    ------
    ShapeError
        If `params` does not end with the axes (D+1, K).
    """

    def __init__(
        self,
        num_features: int,
        num_classes: int,
        *,
        params: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        if params is None:
            # @eq-init
            size = (num_features + 1, num_classes)
            params = INIT_STD * torch.randn(size, generator=generator)
        check_params(params, num_features, num_classes)
        self.params = params.clone()

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
        check_features(x, self.params.shape[-2] - 1, self.params.shape[:-2])
        # @eq-model-batch
        return softmax(torch.matmul(inputs_tilde(x), self.params))

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
        return torch.matmul(inputs_tilde(X).mT, y_pred - y)

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
        check_update(lr, grads, self.params)
        if isinstance(lr, Tensor):
            lr = lr[..., None, None]
        # @eq-sgd
        self.params -= lr * grads
