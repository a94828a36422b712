"""The sides in PyTorch: same parameters to begin with, same steps, on minibatches that are in memory.

No side gathers images while it is timed: the minibatches lie one after another, and by hand has targets as
vectors beside them. What by hand computes ahead for its updates, rates and Adam's corrections, is timed.
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from benchmarks.mlp.task import (
    COMPILED,
    READABLE,
    Cell,
    draw_params,
    images,
    minibatches,
)
from torch import Tensor
from torch.nn import functional

from tp1.experiments.images import padded, prepared
from tp1.experiments.steps import Steps
from tp1.learning.autograd import AutogradMLP
from tp1.learning.functions import one_hot
from tp1.learning.mlp import MLPModel
from tp1.reporting.speed import DEFAULT

# How the optimiser goes over the layers: as it chooses, in one operation, one after another.
WAYS: dict[bool | None, dict[str, bool]] = {
    None: {},
    True: {"fused": True},
    False: {"foreach": False},
}


class Side(ABC):
    """One way to take the steps of a cell."""

    @abstractmethod
    def run(self, steps: int) -> None:
        """Take some steps, from the first minibatch on, and again from the first after the last."""

    @abstractmethod
    def params(self) -> list[Tensor]:
        """Give the parameters, (n_in+1, n_out) for each layer."""


class ByHand(Side):
    """The engine of the experiments, a block of `tp1.experiments` with one run."""

    def __init__(self, cell: Cell) -> None:
        config = cell.config
        theta = [
            torch.zeros(1, n_out, padded(n_in))
            for n_in, n_out in pairwise(config.sizes)
        ]
        for layer, drawn in zip(theta, draw_params(cell), strict=True):
            layer[0, :, : len(drawn)] = drawn.T
        adam = config.optimiser == "adam"
        m, v = (
            [torch.zeros_like(layer if adam else layer[:0]) for layer in theta]
            for _ in range(2)
        )
        self.steps = Steps(config, [config.lr], theta, m, v, prepared(images()), [0], 1)
        self.block = self.steps.block(1, cell.batch, cell.steps)
        self.block.gather(slice(0, len(self.block.plan) * cell.batch), cell.steps)
        self.done = 0

    @property
    def order(self) -> Tensor:
        """The order of the images, (N,), that the other sides take too."""
        return self.steps.order[0]

    def run(self, steps: int) -> None:
        """Take some steps, from the first minibatch on."""
        while steps > 0:
            number = min(steps, len(self.block.plan))
            self.block.factors(self.done, number)
            self.block.go(number)
            self.done += number
            steps -= number

    def params(self) -> list[Tensor]:
        """Give the parameters, (n_in+1, n_out) for each layer."""
        sizes = self.steps.config.sizes
        return [
            theta[0, :, : n_in + 1].T
            for theta, n_in in zip(self.steps.theta, sizes, strict=False)
        ]


class Autograd(Side):
    """`torch.nn`, ``backward()`` and `torch.optim`.

    Parameters
    ----------
    cell : Cell
    order : Tensor (N,)
        Of the images.
    fused : bool, optional
        Whether the optimiser updates all the layers in one operation, or one after another; its third way,
        ``foreach``, is never the quickest on a CPU. By default the optimiser chooses.
    compiled : bool
        Whether network and loss are compiled.
    """

    def __init__(
        self,
        cell: Cell,
        order: Tensor,
        fused: bool | None = None,
        compiled: bool = False,
    ) -> None:
        self.peer = AutogradMLP(model_of(cell))
        self.network = self.peer.network
        kind: Any = torch.optim.SGD if cell.optimiser == "sgd" else torch.optim.Adam
        self.optimiser: torch.optim.Optimizer = kind(
            self.network.parameters(),
            lr=cell.config.lr,
            **WAYS[fused],
        )
        self.minibatches = minibatches(cell, order)
        self.loss: Callable[[Tensor, Tensor], Tensor] = self._loss
        if compiled:
            # What earlier cells compiled would count against the limit of recompilations.
            torch.compiler.reset()
            self.loss = torch.compile(self._loss, dynamic=False)

    def _loss(self, x: Tensor, y: Tensor) -> Tensor:
        return functional.cross_entropy(self.network(x), y, reduction="sum")

    def run(self, steps: int) -> None:
        """Take some steps, from the first minibatch on."""
        number = len(self.minibatches)
        for step in range(steps):
            x, y = self.minibatches[step % number]
            self.optimiser.zero_grad(set_to_none=True)
            self.loss(x, y).backward()
            self.optimiser.step()

    def params(self) -> list[Tensor]:
        """Give the parameters, (n_in+1, n_out) for each layer."""
        return self.peer.params


class Readable(Side):
    """The model that chapter 3 prints, `MLPModel`: every intermediate result is a new tensor, and checked."""

    def __init__(self, cell: Cell, order: Tensor) -> None:
        self.model, self.lr = model_of(cell), cell.config.lr
        adam = cell.optimiser == "adam"
        self.update = self.model.adam_update if adam else self.model.sgd_update
        self.minibatches = [(x, one_hot(y)) for x, y in minibatches(cell, order)]

    def run(self, steps: int) -> None:
        """Take some steps, from the first minibatch on."""
        number = len(self.minibatches)
        for step in range(steps):
            x, y = self.minibatches[step % number]
            grads = self.model.backward(y, self.model.forward(x))
            self.update(self.lr, grads)

    def params(self) -> list[Tensor]:
        """Give the parameters, (n_in+1, n_out) for each layer."""
        return self.model.params


def model_of(cell: Cell) -> MLPModel:
    """Make the readable model with a cell's initial parameters."""
    n_in, *hidden, n_out = cell.config.sizes
    return MLPModel(n_in, hidden[0], len(hidden), n_out, params=draw_params(cell))


def missing(side: str) -> str | None:
    """Name what a side lacks on this machine, if it does."""
    compilers = ("c++", "g++", "clang++")
    if side == COMPILED and not any(map(shutil.which, compilers)):
        return "a C++ compiler"
    return None


def make(name: str, cell: Cell, order: Tensor, fused: bool) -> Side:
    """Make one of the sides in PyTorch but by hand, whose order of the images the others need."""
    if name == READABLE:
        return Readable(cell, order)
    if name == DEFAULT:
        return Autograd(cell, order)
    return Autograd(cell, order, fused, compiled=name == COMPILED)
