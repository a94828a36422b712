"""The same network under automatic differentiation: the one module that uses ``torch.nn`` and ``backward()``.

It is what the gradients written by hand are compared with, and timed against.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from tp1.learning.mlp import MLPModel


class AutogradMLP:
    """A `torch.nn` network with the parameters of an `MLPModel`, copied, and the same methods.

    Parameters
    ----------
    model : MLPModel
        One network, not a stack.

    Attributes
    ----------
    network : torch.nn.Sequential
        Linear layers with ReLU between them; its output are the scores.
    """

    def __init__(self, model: MLPModel) -> None:
        layers: list[nn.Module] = []
        for theta in model.params:
            n_in, n_out = theta.shape[0] - 1, theta.shape[1]
            linear = nn.Linear(n_in, n_out, device=theta.device, dtype=theta.dtype)
            with torch.no_grad():
                linear.weight.copy_(theta[:-1].T)
                linear.bias.copy_(theta[-1])
            layers += [linear, nn.ReLU()]
        self.network = nn.Sequential(*layers[:-1])
        self.optimisers: dict[str, torch.optim.Optimizer] = {}

    @property
    def params(self) -> list[Tensor]:
        """The parameters as `MLPModel` has them: copies, (n_in+1, n_out)."""
        return [
            torch.cat([weight.detach().T, bias.detach()[None]])
            for weight, bias in self._pairs(list(self.network.parameters()))
        ]

    def logits(self, x: Tensor) -> Tensor:
        """Give the scores of the classes, (B, K); they know how they were computed."""
        scores: Tensor = self.network(x)
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Give the probabilities of the classes, (B, K)."""
        return torch.softmax(self.logits(x), dim=-1)

    def get_grads(
        self,
        y: Tensor,
        y_pred: Tensor,  # noqa: ARG002
        X: Tensor,
    ) -> list[Tensor]:
        """Give the gradients of the loss, summed over the minibatch, as `MLPModel.backward` gives them.

        The loss is computed anew from `X`, by log-sum-exp; `y_pred` is not looked at.
        """
        self.loss_backward(y, X)
        return [
            torch.cat([weight.T, bias[None]])
            for weight, bias in self._pairs(
                [p.grad for p in self.network.parameters() if p.grad is not None]
            )
        ]

    def loss_backward(self, y: Tensor, x: Tensor) -> Tensor:
        """Compute the summed loss of a minibatch, and leave its gradients in the parameters."""
        with torch.enable_grad():
            self.network.zero_grad()
            loss = nn.functional.cross_entropy(self.logits(x), y, reduction="sum")
            loss.backward()
        return loss.detach()

    def sgd_update(self, lr: float, grads: object = None) -> None:  # noqa: ARG002
        """Take one step of `torch.optim.SGD` along the gradients that are in the parameters."""
        self._step("sgd", lr)

    def adam_update(self, lr: float, grads: object = None) -> None:  # noqa: ARG002
        """Take one step of `torch.optim.Adam` along the gradients that are in the parameters."""
        self._step("adam", lr)

    def _step(self, name: str, lr: float) -> None:
        if name not in self.optimisers:
            kind = torch.optim.SGD if name == "sgd" else torch.optim.Adam
            self.optimisers[name] = kind(self.network.parameters(), lr=lr)
        for group in self.optimisers[name].param_groups:
            group["lr"] = lr
        self.optimisers[name].step()

    @staticmethod
    def _pairs(tensors: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        return list(pairwise(tensors))[::2]
