"""Softmax regression at one image a step: there the number of operations counts, not their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tp1.experiments.blocks import Block
from tp1.learning.inplace import adam_step_, softmax_
from tp1.learning.updates import BETA1, BETA2

if TYPE_CHECKING:
    from tp1.experiments.steps import Steps


class DescentOnOneImage(Block):
    """Gradient descent, one image a step, in products of matrices.

    After the images 1 … t - 1 of a block θ is θ_0 - Σ_s η δ_s x̃_sᵀ, so that the scores of image t are
    θ_0 x̃_t - Σ_s η δ_s (x̃_sᵀ x̃_t) (@eq-sgd-block). The first term is one product for the whole block, the
    second needs the block's Gram matrix; the parameters themselves move once, at its end. The numbers are
    those of step after step, but for their rounding.
    """

    # The same for every stack, so that rounding is; a larger block spends more on its Gram matrix.
    T = 32

    def __init__(self, steps: Steps, groups: int, size: int, number: int) -> None:
        super().__init__(steps, groups, size, number)
        new, rows, classes = (
            steps.theta[0].new_empty,
            self.scores.shape[1],
            self.y.shape[-2],
        )
        self.images = self.x.squeeze(2).transpose(0, 1)  # (G, T, W)
        self.scores = new(groups, rows, number)
        # In its last bit, a small product depends on the place of a row in the matrix. So every run has
        # a Gram matrix and products of its own; its moves, (T, K), are scores at first.
        self.gram = new(groups, self.places // groups, number, number)
        self.moves = new(self.places, number, classes)
        gram, shared = self.gram.flatten(0, 1), (groups, -1, 1, 1)
        self.plan = [
            (
                self.moves[:, t : t + 1],
                gram[:, t : t + 1, :t],
                self.moves[:, :t],
                self.moves[:, t, :, None],
                self.moves[:, t, :, None].unflatten(0, (groups, -1)),
                self.y[t],
                self.rate[t].view(shared),
            )
            for t in range(number)
        ]

    def go(self, number: int) -> None:
        """Take the first steps of the block."""
        theta, by_run = (
            self.theta[0],
            self.scores.view(self.places, -1, self.scores.shape[-1]),
        )
        # @eq-model-batch
        torch.bmm(theta, self.images.mT, out=self.scores)
        self.moves.copy_(by_run.mT)
        self.gram.copy_(torch.bmm(self.images, self.images.mT)[:, None])
        super().go(number)
        by_run.copy_(self.moves.mT)
        # @eq-sgd
        theta.baddbmm_(self.scores[..., :number], self.images[:, :number])

    def step(  # type: ignore[override]
        self,
        move: Tensor,
        gram: Tensor,
        before: Tensor,
        a: Tensor,
        errors: Tensor,
        y: Tensor,
        rate: Tensor,
    ) -> None:
        """Take one step.

        `move` (P, 1, K), `a` (P, K, 1) and `errors` (G, P/G, K, 1) are one tensor, which turns from θ_0 x̃_t
        into -η δ_t; `before` has the moves of the steps before, and `gram` the products of their images with
        this step's.
        """
        # @eq-sgd-block
        if before.shape[1]:
            move.baddbmm_(gram, before)
        softmax_(a, self.top, self.total)
        # @eq-delta-output
        errors.sub_(y).mul_(rate)


class AdamOnOneImage(Block):
    """Adam, one image a step.

    The gradient of one image is δ x̃ᵀ (@eq-grad-sample), and its square δ² (x̃²)ᵀ: an outer product updates
    each moment. Within a block the moments go without their decay, as m / β1ʲ and v / β2ʲ after j steps; the
    factors of the steps make up for it.
    """

    # The same for every stack, since where the moments are rescaled shows in their last bit.
    T = 64

    def __init__(self, steps: Steps, groups: int, size: int, number: int) -> None:
        super().__init__(steps, groups, size, number)
        # In its last bit, the product of a matrix and one image depends on the place of a row in the matrix.
        # So every run has a product of its own, and the image is there for each of them.
        self.spread = self.x.new_empty(number, self.places, 1, self.x.shape[-1])
        self.squares = torch.empty_like(self.x)
        self.squared = torch.empty_like(self.scores)
        self.scratch = torch.empty_like(steps.theta[0])
        gains = [
            ((1 - BETA1) / BETA1**j, (1 - BETA2) / BETA2**j)
            for j in range(1, number + 1)
        ]
        self.plan = [
            (
                self.x[t],
                self.y[t],
                self.rate[t],
                self.eps[t],
                self.spread[t],
                self.squares[t],
                gains[t],
            )
            for t in range(number)
        ]

    def take(self, images: slice, done: int) -> None:
        """Take steps as above; then the moments get the decay that they went without."""
        super().take(images, done)
        number = images.stop - images.start
        self.m[0].mul_(BETA1**number)
        self.v[0].mul_(BETA2**number)

    def gather(self, images: slice, number: int) -> None:
        """Copy images as above, once more for every run, and their squares."""
        super().gather(images, number)
        spread = self.spread[:number].view(number, self.groups, -1, self.x.shape[-1])
        spread.copy_(self.x[:number])
        torch.mul(self.x[:number], self.x[:number], out=self.squares[:number])

    def factors(self, done: int, number: int) -> None:
        """Set the factors as above, for moments without decay."""
        super().factors(done, number)
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
        theta = self.steps.theta[0]
        # @eq-model
        torch.bmm(spread, theta.mT, out=self.a[0].mT)
        softmax_(self.a[0], self.top, self.total)
        self.errors.sub_(y)
        torch.mul(self.scores, self.scores, out=self.squared)
        # @eq-adam-m
        self.m[0].addcmul_(self.scores, x, value=gains[0])
        # @eq-adam-v
        self.v[0].addcmul_(self.squared, square, value=gains[1])
        adam_step_(theta, self.scratch, self.steps.m[0], self.steps.v[0], eps, rate)
