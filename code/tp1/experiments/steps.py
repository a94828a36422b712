"""The steps of one epoch, in blocks: images are gathered a block at a time, nothing else is allocated.

On a GPU a block is captured once as a CUDA graph and then replayed: at one image a step, launching the
kernels one by one would take longer than they do.
"""

from typing import Any

import torch
from torch import Tensor

from tp1.experiments.images import Images
from tp1.experiments.plans import Config
from tp1.learning.inplace import adam_, adam_step_, softmax_
from tp1.learning.linear import BETA1, BETA2, EPSILON

BLOCK = 1024  # images that are gathered at a time: 3 MB, which stay in the cache


class Steps:
    """What the steps of one epoch share.

    Parameters
    ----------
    config : Config
        What the runs share.
    lr : list of P floats
        The learning rate of every place.
    theta, m, v : Tensor (P, K, W)
        Changed in place.
    images : Images
        The training set.
    """

    def __init__(
        self,
        config: Config,
        lr: list[float],
        theta: Tensor,
        m: Tensor,
        v: Tensor,
        images: Images,
    ) -> None:
        self.config, self.images = config, images
        self.theta, self.m, self.v, self.g = theta, m, v, torch.empty_like(m)
        self.lr = theta.new_tensor(lr)[:, None, None]

    def take(self, order: Tensor, done: int) -> int:
        """Go once through the images, after `done` steps; give the number of steps.

        Parameters
        ----------
        order : Tensor (G, N)
            The order of the images for every group.
        """
        groups, n = order.shape
        size = self.config.batch_size
        order = order.to(self.theta.device)
        whole, rest = divmod(n, size)
        at_a_time = OneImage.T if size == 1 else BLOCK // (size * groups)
        at_a_time = max(1, min(whole, at_a_time))
        block = self.block(groups, size, at_a_time)
        for first in range(0, whole, at_a_time):
            last = min(first + at_a_time, whole)
            block.take(order[:, first * size : last * size], done + first)
        if rest:
            block = self.block(groups, rest, 1)
            block.take(order[:, whole * size :], done + whole)
        return whole + bool(rest)

    def block(self, groups: int, size: int, number: int) -> "Block":
        """Make a block of T = `number` steps on minibatches of `size` images."""
        return (OneImage if size == 1 else Block)(self, groups, size, number)

    def rates(self, first: int, steps: int) -> tuple[Tensor, Tensor]:
        """Give each step's factor of the update, (T, P, 1, 1), and Adam's ε, (T,), after `first` steps."""
        t = torch.arange(first + 1, first + steps + 1, dtype=torch.float64)
        scale = torch.ones_like(t)
        if self.config.schedule == "linear":
            n = len(self.images.x)
            total = self.config.epochs * -(-n // self.config.batch_size)
            scale = 1 - (t - 1) / total
        c = torch.ones_like(t)
        if self.config.optimiser == "adam":
            # @eq-adam-hat
            c = (1 - BETA2**t).sqrt()
            scale = scale * c / (1 - BETA1**t)
        like = self.theta
        return -self.lr * scale.to(like)[:, None, None, None], (EPSILON * c).to(like)


class Block:
    """Some steps of one minibatch size, whose tensors and views are made ahead.

    Parameters
    ----------
    steps : Steps
    groups, size, number : int
        G groups of runs, B images a minibatch, T steps.
    """

    def __init__(self, steps: Steps, groups: int, size: int, number: int) -> None:
        self.steps, self.groups, self.size = steps, groups, size
        places, classes, width = steps.theta.shape
        rows = places * classes // groups
        new = steps.theta.new_empty
        self.x = new(number, groups, size, width)
        self.y = new(number, groups, size, classes)
        self.rate, self.eps = new(number, places, 1, 1), new(number)
        self.a = new(places, classes, size)
        self.top, self.total = new(places, 1, size), new(places, 1, size)
        self.errors = self.a.view(groups, -1, classes, size)
        self.delta = self.a.view(groups, rows, size)
        self.theta = steps.theta.view(groups, rows, width)
        adam = len(steps.g) > 0
        self.g, self.m, self.v = (
            tensor.view(groups, rows, width) if adam else tensor
            for tensor in (steps.g, steps.m, steps.v)
        )
        y = self.y.mT[:, :, None]
        self.plan: list[tuple[Any, ...]] = list(
            zip(self.x, y, self.rate, self.eps, strict=True)
        )
        self.graph: torch.cuda.CUDAGraph | None = None

    def take(self, order: Tensor, done: int) -> None:
        """Take steps on the images of `order`, (G, T·B), after `done` steps; T may be smaller than it was."""
        number = order.shape[1] // self.size
        self.gather(order.view(self.groups, number, self.size).transpose(0, 1))
        self.factors(done, number)
        if self.graph and number == len(self.plan):
            self.graph.replay()
            return
        for views in self.plan[:number]:
            self.step(*views)
        if self.x.is_cuda and not self.graph and number == len(self.plan):
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                for views in self.plan:
                    self.step(*views)

    def gather(self, order: Tensor) -> None:
        """Copy the images and the targets of `order`, (T, G, B), into the block."""
        rows, images = order.reshape(-1), self.steps.images
        for source, target in ((images.x, self.x), (images.y, self.y)):
            flat = target[: len(order)].view(-1, target.shape[-1])
            torch.index_select(source, 0, rows, out=flat)

    def factors(self, done: int, number: int) -> None:
        """Set the factor of the update and Adam's ε for steps `done` + 1 … `done` + `number`."""
        self.rate[:number], self.eps[:number] = self.steps.rates(done, number)

    def step(self, x: Tensor, y: Tensor, rate: Tensor, eps: Tensor) -> None:
        """Take one step, for all the runs, on the images `x` (G, B, W) of classes `y` (G, 1, K, B)."""
        s = self.steps
        # @eq-model-batch
        torch.bmm(self.theta, x.mT, out=self.delta)
        softmax_(self.a, self.top, self.total)
        self.errors.sub_(y)
        if s.config.gradient == "mean":
            self.a.div_(self.size)
        if s.config.optimiser == "sgd":
            # @eq-sgd
            self.a.mul_(rate)
            self.theta.baddbmm_(self.delta, x)
        else:
            # @eq-grad-batch
            torch.bmm(self.delta, x, out=self.g)
            adam_(s.theta, s.g, s.m, s.v, eps, rate)


class OneImage(Block):
    """Steps on one image, where the number of operations counts, not their size.

    The gradient of one image is δ x̃ᵀ (@eq-grad-sample), and its square δ² (x̃²)ᵀ: an outer product updates
    each moment of Adam. Within a block the moments go without their decay, as m / β1ʲ and v / β2ʲ after j
    steps; the factors of the steps make up for it.
    """

    # The same T for every stack, since where the moments are rescaled shows in their last bit.
    T = 64

    def __init__(self, steps: Steps, groups: int, size: int, number: int) -> None:
        super().__init__(steps, groups, size, number)
        places, _, width = steps.theta.shape
        # In its last bit, the product of a matrix and one image depends on the place of a row in the matrix.
        # So every run has a product of its own, and the image is there for each of them.
        self.spread = steps.theta.new_empty(number, places, 1, width)
        self.squares = torch.empty_like(self.x)
        self.squared = torch.empty_like(self.delta)
        gains = [
            ((1 - BETA1) / BETA1**j, (1 - BETA2) / BETA2**j)
            for j in range(1, number + 1)
        ]
        extra = zip(self.spread, self.squares, gains, strict=True)
        self.plan = [(*a, *b) for a, b in zip(self.plan, extra, strict=True)]

    def take(self, order: Tensor, done: int) -> None:
        """Take steps as above; then the moments get the decay that they went without."""
        super().take(order, done)
        self.m.mul_(BETA1 ** order.shape[1])
        self.v.mul_(BETA2 ** order.shape[1])

    def gather(self, order: Tensor) -> None:
        """Copy images as above, once more for every run, and their squares."""
        super().gather(order)
        number, width = len(order), self.x.shape[-1]
        spread = self.spread[:number].view(number, self.groups, -1, width)
        spread.copy_(self.x[:number])
        torch.mul(self.x, self.x, out=self.squares)

    def factors(self, done: int, number: int) -> None:
        """Set the factors as above, for moments without decay."""
        super().factors(done, number)
        if self.steps.config.optimiser == "adam":
            j = torch.arange(1, number + 1, dtype=torch.float64)
            decay = BETA2 ** (j / 2)
            self.eps[:number] /= decay.to(self.eps)
            self.rate[:number] *= (BETA1**j / decay).to(self.rate)[:, None, None, None]

    def step(  # type: ignore[override]
        self,
        x: Tensor,
        y: Tensor,
        rate: Tensor,
        eps: Tensor,
        spread: Tensor,
        square: Tensor,
        gains: tuple[float, float],
    ) -> None:
        """Take one step, for all the runs, on the images `x` (G, 1, W), `spread` (P, 1, W) over the runs."""
        s = self.steps
        # @eq-model
        torch.bmm(spread, s.theta.mT, out=self.a.mT)
        softmax_(self.a, self.top, self.total)
        self.errors.sub_(y)
        if s.config.optimiser == "sgd":
            # @eq-sgd
            self.a.mul_(rate)
            self.theta.baddbmm_(self.delta, x)
            return
        torch.mul(self.delta, self.delta, out=self.squared)
        # @eq-adam-m
        self.m.baddbmm_(self.delta, x, alpha=gains[0])
        # @eq-adam-v
        self.v.baddbmm_(self.squared, square, alpha=gains[1])
        adam_step_(s.theta, s.g, s.m, s.v, eps, rate)
