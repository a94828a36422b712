"""The steps of one epoch: which images each one sees, and by what factors it moves the parameters."""

from collections.abc import Callable

import torch
from torch import Tensor

from tp1.experiments.blocks import Block
from tp1.experiments.chance import AUGMENT, DROPOUT, generator
from tp1.experiments.factors import Factors
from tp1.experiments.images import Images
from tp1.experiments.one_image import AdamOnOneImage, DescentOnOneImage
from tp1.experiments.plans import Config
from tp1.learning.extras import REACH

BLOCK = 1024  # images that are gathered at a time: 3 MB


class Steps:
    """What the steps of one epoch share.

    Parameters
    ----------
    config : Config
        What the runs share.
    lr : list of P floats
        The learning rate of every place.
    theta, m, v : list of Tensors (P, n_out, W), one for each layer
        Changed in place.
    images : Images
        The training set.
    seeds : list of G integers
        The seed of every group.
    epoch : int
        From 1.
    """

    def __init__(
        self,
        config: Config,
        lr: list[float],
        theta: list[Tensor],
        m: list[Tensor],
        v: list[Tensor],
        images: Images,
        seeds: list[int],
        epoch: int,
    ) -> None:
        self.config, self.images = config, images
        self.theta, self.m, self.v = theta, m, v
        self.factors = Factors(config, theta[0].new_tensor(lr), len(images))
        self.order = self._for_each(
            seeds,
            lambda seed: torch.randperm(len(images), generator=generator(seed, epoch)),
        )
        self.dropout = [generator(seed, epoch, DROPOUT) for seed in seeds]
        self.moves: Tensor | None = None
        if config.augment != "none":
            self.moves = self._for_each(
                seeds, lambda seed: self._draw_moves(seed, epoch)
            )

    def _for_each(self, seeds: list[int], draw: Callable[[int], Tensor]) -> Tensor:
        drawn = {seed: draw(seed) for seed in set(seeds)}
        return torch.stack([drawn[seed] for seed in seeds]).to(self.theta[0].device)

    def _draw_moves(self, seed: int, epoch: int) -> Tensor:
        """Draw for each image whether it is mirrored, and how far it goes down and to the right: (N, 3)."""
        chance, shape = generator(seed, epoch, AUGMENT), (len(self.images),)
        flips = torch.randint(2, shape, generator=chance)
        shifts = torch.randint(-REACH, REACH + 1, (*shape, 2), generator=chance)
        kinds = self.config.augment.split("+")
        return torch.column_stack(
            [flips * ("flip" in kinds), shifts * ("shift" in kinds)]
        )

    def take(self, done: int, images: int | None = None) -> int:
        """Go once through the images, or the first `images`, after `done` steps; give the number of steps."""
        groups, n = len(self.order), images or len(self.images)
        size = self.config.batch_size
        whole, rest = divmod(n, size)
        block = self.block(groups, size, whole)
        at_a_time = len(block.plan)
        for first in range(0, whole, at_a_time):
            last = min(first + at_a_time, whole)
            block.take(slice(first * size, last * size), done + first)
        if rest:
            block = self.block(groups, rest, 1)
            block.take(slice(whole * size, n), done + whole)
        return whole + bool(rest)

    def kind(self, size: int) -> type[Block]:
        """Give the kind of block that takes steps on `size` images."""
        if size > 1 or self.config.depth or self.config.momentum or self.config.decay:
            return Block
        return DescentOnOneImage if self.config.optimiser == "sgd" else AdamOnOneImage

    def block(self, groups: int, size: int, most: int) -> Block:
        """Make a block of steps on minibatches of `size` images, of which `most` are to be taken."""
        kind = self.kind(size)
        number = kind.T or max(1, min(most, BLOCK // (size * groups)))
        return kind(self, groups, size, number)
