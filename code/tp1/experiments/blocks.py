"""Some steps of one minibatch size, for networks of any depth: gathered together, then taken one by one.

On a GPU a block is captured once as a CUDA graph and then replayed: at a few images a step, launching the
kernels one by one would take longer than they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from tp1.experiments.images import padded
from tp1.learning.extras import draw_keep, flip, shift
from tp1.learning.functions import NUM_FEATURES
from tp1.learning.inplace import adam_, softmax_

if TYPE_CHECKING:
    from tp1.experiments.steps import Steps

# Numbers of a tensor: Adam reads and writes four such, and larger ones in parts that stay in the cache.
PART = 1 << 17


@dataclass(frozen=True)
class Part:
    """Rows of a layer that Adam moves together.

    Attributes
    ----------
    delta : Tensor (G or P, rows, B)
    product, gradient : Tensor
        The same numbers, as the product δ hᵀ gives them and with the shape of `theta`.
    theta, m, v : Tensor (P or 1, rows, W)
    place : slice, optional
        Whose rows they are; by default everybody's.
    """

    delta: Tensor
    product: Tensor
    gradient: Tensor
    theta: Tensor
    m: Tensor
    v: Tensor
    place: slice | None = None


class Block:
    """T steps whose tensors and views are made ahead; nothing is allocated on the way.

    The pre-activations of a layer, (P, n, B), turn into its errors δ in place, in memory that every second
    hidden layer shares; what goes into the next layer has its 1 in row n, and zeros after it.

    Parameters
    ----------
    steps : Steps
    groups, size, number : int
        G groups of runs, B images a minibatch, T steps.
    """

    # The steps of a block, where they must be as many in every stack; otherwise 0.
    T = 0

    def __init__(self, steps: Steps, groups: int, size: int, number: int) -> None:
        self.steps, self.groups, self.size = steps, groups, size
        config, first = steps.config, steps.theta[0]
        self.places = len(first)
        new, sizes = first.new_empty, config.sizes
        width = first.shape[-1]
        self.x = new(number, groups, size, width)
        self.bytes = new(self.x.shape, dtype=torch.uint8)
        self.y = new(number, groups, 1, sizes[-1], size)
        self.rate, self.shrink = (
            new(number, self.places, 1, 1),
            new(number, self.places, 1, 1),
        )
        self.eps = new(number)
        self.keep = [
            new(number, self.places, n, size) for n in sizes[1:-1] if config.dropout
        ]
        # Two hidden layers share what only neighbours need at the same time.
        turns = [new(self.places, n, size) for n in sizes[1:-1][:2]]
        self.a = [turns[k % 2] for k in range(config.depth)]
        self.a.append(new(self.places, sizes[-1], size))
        self.h = [first.new_zeros(self.places, padded(n), size) for n in sizes[1:-1]]
        for h, n in zip(self.h, sizes[1:-1], strict=True):
            h[:, n] = 1
        self.units = [h[:, :n] for h, n in zip(self.h, sizes[1:-1], strict=True)]
        self.top, self.total = new(self.places, 1, size), new(self.places, 1, size)
        self.errors = self.a[-1].view(groups, -1, sizes[-1], size)
        # A group's runs are one matrix in the first layer, whose inputs they share.
        rows = self.places * sizes[1] // groups
        self.scores = self.a[0].view(groups, rows, size)
        self.theta, self.m, self.v = (
            [first.view(groups, rows, width) if len(first) else first, *others]
            for first, *others in (steps.theta, steps.m, steps.v)
        )
        self.descends = config.optimiser == "sgd" and not config.momentum
        # A unit that dropout keeps passes this much back; the others are not alive.
        self.gain = 1 / (1 - config.dropout)
        self.delta = [self.scores, *self.a[1:]]
        self.weights = [
            theta[:, :, :n].mT for theta, n in zip(steps.theta, sizes[:-1], strict=True)
        ]
        self.inputs = [h.mT for h in self.h]
        self.parts = [
            self._parts(layer) for layer in range(len(self.v)) if len(self.v[layer])
        ]
        self.plan: list[tuple[Any, ...]] = [self._views(t) for t in range(number)]
        self.graph: torch.cuda.CUDAGraph | None = None

    def _views(self, t: int) -> tuple[Any, ...]:
        keep = [masks[t] for masks in self.keep]
        return self.x[t], self.y[t], self.rate[t], self.eps[t], self.shrink[t], keep

    def _parts(self, layer: int) -> list[Part]:
        """Cut a layer in parts.

        The gradient of a part is used while it is in the cache, and the next one is written over it.
        """
        delta, theta = self.delta[layer], self.theta[layer]
        tensors = [s[layer] for s in (self.steps.theta, self.steps.m, self.steps.v)]
        places, rows, width = tensors[0].shape
        if theta.numel() <= PART or len(theta) < places:
            g = torch.empty_like(theta)
            t, m, v = tensors
            return [Part(delta, g, g.view_as(t), t, m, v)]
        some = max(1, PART // width)
        g = theta.new_empty(1, min(some, rows), width)
        cut = []
        for p in range(places):
            for first in range(0, rows, some):
                part = slice(p, p + 1), slice(first, first + some)
                t, m, v = (tensor[part] for tensor in tensors)
                gradient = g[:, : t.shape[1]]
                cut.append(Part(delta[part], gradient, gradient, t, m, v, part[0]))
        return cut

    def take(self, images: slice, done: int) -> None:
        """Take steps on the images at some places of the order, after `done` steps."""
        number = (images.stop - images.start) // self.size
        self.gather(images, number)
        self.factors(done, number)
        if self.graph and number == len(self.plan):
            self.graph.replay()
            return
        self.go(number)
        if self.x.is_cuda and not self.graph and number == len(self.plan):
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.go(number)

    def go(self, number: int) -> None:
        """Take the first steps of the block."""
        for views in self.plan[:number]:
            self.step(*views)

    def gather(self, images: slice, number: int) -> None:
        """Copy images and targets into the block, (T, G, B), and draw what is left to chance."""
        s = self.steps
        order = s.order[:, images].view(self.groups, number, self.size).transpose(0, 1)
        rows = order.reshape(-1)
        x, scratch = (t[:number].view(len(rows), -1) for t in (self.x, self.bytes))
        s.images.rows(rows, x, scratch)
        if s.moves is not None:
            moves = s.moves[:, images].view(self.groups, number, self.size, 3)
            flipped, down, right = moves.transpose(0, 1).reshape(-1, 3).unbind(1)
            pixels = flip(x[:, :NUM_FEATURES], flipped > 0)
            x[:, :NUM_FEATURES] = shift(pixels, down, right)
        labels = s.images.labels[order].view(number, self.groups, 1, 1, self.size)
        low = s.config.smoothing / self.y.shape[-2]
        # @eq-smoothing
        self.y[:number].fill_(low).scatter_(3, labels, low + 1 - s.config.smoothing)
        for t in range(number) if self.keep else ():
            for p, chance in enumerate(s.dropout):
                for masks in self.keep:
                    masks[t, p] = draw_keep(masks.shape[2:], s.config.dropout, chance)

    def factors(self, done: int, number: int) -> None:
        """Set the factors of the updates for steps `done` + 1 … `done` + `number`."""
        factors = self.steps.factors.of(done, number)
        for target, source in zip(
            (self.rate, self.eps, self.shrink), factors, strict=True
        ):
            target[:number] = source

    def step(
        self,
        x: Tensor,
        y: Tensor,
        rate: Tensor,
        eps: Tensor,
        shrink: Tensor,
        keep: list[Tensor],
    ) -> None:
        """Take one step, for all the runs, on the images `x` (G, B, W) of classes `y` (G, 1, K, B)."""
        s, a = self.steps, self.a
        # @eq-mlp-forward-batch
        torch.bmm(self.theta[0], x.mT, out=self.scores)
        for k, units in enumerate(self.units):
            # @eq-relu
            torch.clamp_min(a[k], 0, out=units)
            if keep:
                # @eq-dropout
                units.mul_(keep[k])
            # @eq-mlp-forward-batch
            torch.bmm(self.theta[k + 1], self.h[k], out=a[k + 1])
        softmax_(a[-1], self.top, self.total)
        # @eq-delta-output
        self.errors.sub_(y)
        if s.config.gradient == "mean":
            a[-1].div_(self.size)
        if self.descends:
            # All that follows is linear in δ: with -η in it, gradients come out as steps.
            a[-1].mul_(rate)
        for k in reversed(range(len(a))):
            if k > 0:
                # @eq-grad-hidden-batch, @eq-dropout-backward
                a[k - 1].baddbmm_(self.weights[k], a[k], beta=0, alpha=self.gain)
            self.update(k, self.inputs[k - 1] if k else x, rate, eps, shrink)
            if k > 0:
                # The layer's own output is no longer needed: it becomes the mask.
                # @eq-delta-batch
                a[k - 1].mul_(self.units[k - 1].sign_())

    def update(
        self, k: int, inputs: Tensor, rate: Tensor, eps: Tensor, shrink: Tensor
    ) -> None:
        """Move the parameters of a layer, whose errors are known and whose inputs are (G or P, B, W)."""
        s, theta, delta = self.steps, self.theta[k], self.delta[k]
        if s.config.decay:
            # @eq-decay
            s.theta[k].mul_(shrink)
        if self.descends:
            # @eq-sgd
            if self.size == 1:
                theta.addcmul_(delta, inputs)
            else:
                theta.baddbmm_(delta, inputs)
        elif s.config.optimiser == "sgd":
            # @eq-momentum
            self.m[k].baddbmm_(delta, inputs, beta=s.config.momentum)
            s.theta[k].addcmul_(s.m[k], rate)
        else:
            for part in self.parts[k]:
                own, factor = inputs, rate
                if part.place is not None:
                    own, factor = inputs[part.place], rate[part.place]
                # @eq-grad-theta-batch
                torch.bmm(part.delta, own, out=part.product)
                adam_(part.theta, part.gradient, part.m, part.v, eps, factor)
