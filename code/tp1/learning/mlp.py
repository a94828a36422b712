"""A multilayer perceptron whose gradients are written by hand, line by line as the pseudocode of chapter 3.

The lines of the pseudocode are those of the comments ``line n``. A network without hidden layers is softmax
regression: `LinearModel` computes with the same functions and is initialised in the same way.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tp1.learning.checks import (
    MOST_PARAMETERS,
    check_choice,
    check_count,
    check_finite,
    check_layers,
    check_params,
    check_predictions,
)
from tp1.learning.device import choose_device
from tp1.learning.errors import NoForwardError, ShapeError
from tp1.learning.functions import softmax
from tp1.learning.layers import (
    affine_forward,
    input_gradient,
    relu_backward,
    relu_forward,
    softmax_cross_entropy_backward,
    theta_gradient,
)
from tp1.learning.linear import INIT_STD
from tp1.learning.updates import adam_step, sgd_step

INITS = ("he", "normal")
MOST_LAYERS = 1000


class MLPModel:
    """L hidden layers of ReLU units and a softmax, or a stack of R such networks trained in lock-step.

    Parameters
    ----------
    n_features, n_hidden_features, n_hidden_layers, n_classes : int
        D, the units of every hidden layer, L and K. With L = 0 the number of units is not looked at.
    params : list of Tensor, optional
        Initial parameters, θ of every layer transposed, the bias in the last row: L tensors
        (n_in+1, n_out), or (R, n_in+1, n_out), and one more for the output; they are copied. By
        default they are drawn by `initial_params`.
    generator : torch.Generator, optional
        A CPU generator for that draw; by default PyTorch's own.
    init : {"he", "normal"}
        How they are drawn.
    device : str, optional
        Where the model lives: a name for `choose_device`. By default where `params` are, or the CPU.
    dtype : torch.dtype, optional
        Type of the parameters. By default that of `params`, or float32.

    Attributes
    ----------
    params : list of L + 1 Tensors
        Changed in place by the updates.
    a, h : list of Tensor
        What the last `forward` kept: the pre-activations of the L + 1 layers, (B, n_out), and what
        entered each of them, (B, n_in), the images first.
    m, v : list of Tensor, beside `params`
        Adam's moments; zero before the first `adam_update`.
    t : int
        How many times `adam_update` was called.

    Raises
    ------
    HyperparameterError
        If a size is not an integer from 1, L not one from 0, or `init` unknown.
    ShapeError
        If `params` are not L + 1 tensors of floats with these shapes, of one stack, type and device.
    DeviceError
        If the device is unknown or absent.
    """

    def __init__(
        self,
        n_features: int,
        n_hidden_features: int,
        n_hidden_layers: int,
        n_classes: int,
        *,
        params: Sequence[Tensor] | None = None,
        generator: torch.Generator | None = None,
        init: str = "he",
        device: str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        sizes = layer_sizes(n_features, n_hidden_features, n_hidden_layers, n_classes)
        if params is None:
            params = initial_params(sizes, generator, init)
        if len(params) != len(sizes) - 1:
            raise ShapeError(
                f"{len(params)} tensors of parameters for {len(sizes) - 1} layers"
            )
        self.params = [
            theta.detach().to(
                device=theta.device if device is None else choose_device(device),
                dtype=dtype,
                copy=True,
            )
            for theta in params
        ]
        for theta, (n_in, n_out) in zip(self.params, pairwise(sizes), strict=True):
            check_params(theta, n_in, n_out)
        check_layers(self.params)
        self.a: list[Tensor] = []
        self.h: list[Tensor] = []
        self.m = [torch.zeros_like(theta) for theta in self.params]
        self.v = [torch.zeros_like(theta) for theta in self.params]
        self.t = 0

    def logits(self, x: Tensor) -> Tensor:
        """Give the scores of the classes, before the softmax, and keep what `backward` needs.

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
        self.a, self.h = [], [x]  # line 1
        for theta in self.params[:-1]:  # line 2
            # @eq-mlp-forward-batch
            self.a.append(affine_forward(self.h[-1], theta))  # line 3
            # @eq-relu
            self.h.append(relu_forward(self.a[-1]))  # line 4
        # @eq-mlp-forward-batch
        self.a.append(affine_forward(self.h[-1], self.params[-1]))  # line 5
        return self.a[-1]

    def forward(self, x: Tensor) -> Tensor:
        """Give the probabilities of the classes, (B, K) or (R, B, K); the rest is as for `logits`."""
        # @eq-mlp-output
        return softmax(self.logits(x))  # line 6

    def backward(self, y: Tensor, y_pred: Tensor) -> list[Tensor]:
        """Give the gradients of the loss, summed over the minibatch that `forward` saw last.

        Parameters
        ----------
        y : Tensor (B, K) or (R, B, K)
            Targets, one-hot or smoothed.
        y_pred : Tensor (B, K) or (R, B, K)
            What `forward` gave.

        Returns
        -------
        list of L + 1 Tensors, the shapes of `params`

        Raises
        ------
        NoForwardError
            If no forward pass came before.
        ShapeError
            If `y` or `y_pred` is not of that minibatch, or one model has seen several.
        DivergedModelError
            If a pre-activation or a probability is infinite or not a number.
        """
        if not self.a:
            raise NoForwardError("backward before forward: call forward(x) first")
        check_predictions(y, y_pred, self.a[-1], self.params[-1].shape[:-2])
        check_finite("forward pass", *self.a, y_pred)
        # @eq-delta-output
        delta = softmax_cross_entropy_backward(y, y_pred)  # line 7
        grads: list[Tensor] = []
        for l in reversed(range(len(self.params))):  # line 8
            # @eq-grad-theta-batch
            grads.insert(0, theta_gradient(self.h[l], delta))  # line 9
            if l > 0:
                # @eq-grad-hidden-batch
                g = input_gradient(delta, self.params[l])  # line 10
                # @eq-delta-batch
                delta = g * relu_backward(self.a[l - 1])  # line 11
        return grads

    def sgd_update(self, lr: float | Tensor, grads: Sequence[Tensor]) -> None:
        """Take one step of gradient descent, in place (@eq-sgd).

        Parameters
        ----------
        lr : float or Tensor (R,)
            The learning rate, or one for each model of the stack.
        grads : list of Tensor, beside `params`

        Raises
        ------
        HyperparameterError
            If a learning rate is negative or not finite.
        ShapeError
            If the gradients do not have the shapes of the parameters, or `lr` that of the stack.
        """
        for theta, grad in zip(self.params, self._beside(grads), strict=True):
            sgd_step(theta, lr, grad)

    def adam_update(self, lr: float | Tensor, grads: Sequence[Tensor]) -> None:
        """Take one step of Adam, in place (@eq-adam-step); arguments and errors are those of `sgd_update`."""
        layers = zip(self.params, self._beside(grads), self.m, self.v, strict=True)
        for theta, grad, m, v in layers:
            adam_step(theta, lr, grad, m, v, self.t + 1)
        self.t += 1

    def _beside(self, grads: Sequence[Tensor]) -> Sequence[Tensor]:
        shapes = [tuple(grad.shape) for grad in grads]
        if shapes != (wanted := [tuple(theta.shape) for theta in self.params]):
            raise ShapeError(f"gradients of shapes {shapes} for parameters {wanted}")
        return grads


def layer_sizes(
    n_features: int, n_hidden_features: int, n_hidden_layers: int, n_classes: int
) -> list[int]:
    """Give n_0 = D, n_1 … n_L, n_{L+1} = K.

    Raises
    ------
    HyperparameterError
        If a size is not an integer from 1, the number of hidden layers not one from 0 to
        `MOST_LAYERS`, or the network has more than `MOST_PARAMETERS`.
    """
    check_count("number of hidden layers", n_hidden_layers, 0, MOST_LAYERS)
    check_count("number of features", n_features, 1)
    check_count("number of classes", n_classes, 1)
    if n_hidden_layers:
        check_count("number of hidden units", n_hidden_features, 1)
    sizes = [n_features, *[n_hidden_features] * n_hidden_layers, n_classes]
    check_count("number of parameters", count_params(sizes), 1, MOST_PARAMETERS)
    return sizes


def count_params(sizes: Sequence[int]) -> int:
    """Count what is learnt, (n_in + 1) n_out numbers for each layer."""
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def initial_params(
    sizes: Sequence[int], generator: torch.Generator | None = None, init: str = "he"
) -> list[Tensor]:
    """Draw the parameters of a network on the CPU in single precision: one seed, one network, everywhere.

    The last layer is drawn from N(0, 0.01²), its bias too, as softmax regression is (@eq-init): the first
    predictions are all but indifferent. With ``he`` a hidden layer's weights are drawn from N(0, 2/n_in) and
    its bias is 0 (@eq-init-he; He et al. 2015); with ``normal`` hidden layers are drawn like the last one.

    Raises
    ------
    HyperparameterError
        If `init` is unknown.
    """
    check_choice("init", init, INITS)
    params: list[Tensor] = []
    for n_in, n_out in pairwise(sizes):
        theta = torch.randn(
            n_in + 1, n_out, generator=generator, dtype=torch.float32, device="cpu"
        )
        if init == "he" and len(params) < len(sizes) - 2:
            # @eq-init-he
            theta *= (2 / n_in) ** 0.5
            theta[-1] = 0
        else:
            # @eq-init
            theta *= INIT_STD
        params.append(theta)
    return params
