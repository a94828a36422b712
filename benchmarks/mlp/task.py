"""What is timed: the cells of the grid, the data and the parameters that every side begins with."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

import torch
from torch import Tensor

from tp1.experiments.plans import Config
from tp1.learning.data import Labelled
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES
from tp1.learning.mlp import initial_params
from tp1.reporting.speed import AUTOGRAD, DEFAULT, HAND

IMAGES = 1024  # distinct images: what a block of the engine gathers at a time
SEED = 8225
# Far from the stable limit: what is timed must not overflow after thousands of steps on few images.
RATES = {"sgd": 3e-3, "adam": 1e-4}
COMPILED, JAX, READABLE = "torch.compile", "JAX", "readable"
Shape = tuple[int, int, int]


class Cell(NamedTuple):
    """One cell of the grid.

    Attributes
    ----------
    depth, width : int
        Hidden layers, and the units of each.
    batch : int
        Images a step.
    optimiser : {"sgd", "adam"}
    threads : int
        Threads, and the cores to which all of them are bound.
    """

    depth: int
    width: int
    batch: int
    optimiser: str
    threads: int

    @property
    def name(self) -> str:
        """The cell's name among the raw numbers."""
        return f"{self.unthreaded}, {self.threads} threads"

    @property
    def unthreaded(self) -> str:
        """The name of what does not depend on the threads."""
        return f"{self.depth}×{self.width}, batch {self.batch}, {self.optimiser}"

    @property
    def config(self) -> Config:
        """The configuration that the engine trains."""
        lr = RATES[self.optimiser]
        if self.optimiser == "sgd":
            lr /= self.batch
        return Config(
            self.optimiser, lr, self.batch, depth=self.depth, width=self.width
        )

    @property
    def steps(self) -> int:
        """How many minibatches there are."""
        return max(1, IMAGES // self.batch)


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes
    ----------
    depths, widths, batches, optimisers, threads : tuple
        The grid.
    rounds : int
        How often every side of a cell runs, in turn.
    round_s : float
        Seconds that a side runs in a round, at least one step.
    subset : tuple of (depths, widths, batches)
        Where JAX and the readable model are timed too; `compiled` where `torch.compile` is, under SGD.
    split : tuple of (depths, widths, batches)
        Where the phases of a step are timed.
    side : int
        Rows of the square matrices whose product is the peak.
    """

    depths: tuple[int, ...] = (1, 3, 5)
    widths: tuple[int, ...] = (25, 100, 300, 500, 1000)
    batches: tuple[int, ...] = (1, 20, 200, 1000)
    optimisers: tuple[str, ...] = ("sgd", "adam")
    threads: tuple[int, ...] = (1, 2)
    rounds: int = 5
    round_s: float = 0.03
    subset: tuple[tuple[int, ...], ...] = ((1, 5), (25, 100, 1000), (1, 20, 1000))
    compiled: tuple[tuple[int, ...], ...] = ((1, 5), (25, 100, 1000), (1, 20, 1000))
    split: tuple[tuple[int, ...], ...] = ((3,), (25, 300, 1000), (1, 20, 1000))
    side: int = 2048

    def cells(self, threads: int) -> list[Cell]:
        """List the grid for a number of threads."""
        grid = product(self.depths, self.widths, self.batches, self.optimisers)
        return [Cell(*place, threads) for place in grid]

    def split_cells(self, threads: int) -> list[Cell]:
        """List the cells whose phases are timed."""
        depths, widths, batches = self.split
        grid = product(depths, widths, batches, self.optimisers)
        return [Cell(*place, threads) for place in grid]

    def others(self, cell: Cell) -> tuple[str, ...]:
        """Name the sides of a cell beside by hand and autograd at its quickest."""
        shape = (cell.depth, cell.width, cell.batch)
        found: tuple[str, ...] = (DEFAULT,)
        if self.compiled and within(shape, self.compiled) and cell.optimiser == "sgd":
            found += (COMPILED,)
        if self.subset and within(shape, self.subset):
            found += (JAX, READABLE)
        return found


QUICK = Extent(
    depths=(1,),
    widths=(25,),
    batches=(1, 20),
    threads=(1,),
    rounds=2,
    round_s=0.003,
    subset=((1,), (25,), (20,)),
    compiled=(),
    split=((1,), (25,), (1, 20)),
    side=256,
)
EXTENTS = {"full": Extent(), "quick": QUICK}


def within(shape: Shape, grid: tuple[tuple[int, ...], ...]) -> bool:
    """Say whether a grid has a depth, a width and a batch size."""
    return all(value in axis for value, axis in zip(shape, grid, strict=True))


@lru_cache(maxsize=1)
def images() -> Labelled:
    """Draw images, (IMAGES, 784) in [0, 1], half of their pixels 0 as in Fashion-MNIST, and labels."""
    chance = torch.Generator().manual_seed(SEED)
    x = torch.rand(IMAGES, NUM_FEATURES, generator=chance)
    x *= torch.rand(x.shape, generator=chance) < 0.5
    return Labelled(x, torch.randint(NUM_CLASSES, (IMAGES,), generator=chance))


def draw_params(cell: Cell) -> list[Tensor]:
    """Draw the initial parameters of a cell, (n_in+1, n_out) for each layer."""
    chance = torch.Generator().manual_seed(SEED)
    params = initial_params(cell.config.sizes, chance)
    # As large as the hidden layers: with the small ones that training begins with, the moves of a few steps
    # would be lost in rounding, and nothing could be compared.
    params[-1] *= 10
    return params


def minibatches(cell: Cell, order: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Lay out the minibatches of an order of the images, (B, 784) and (B,), one after another in memory."""
    data, n = images(), cell.steps * cell.batch
    x, y = data.x[order[:n]], data.y[order[:n]].long()
    return list(zip(x.split(cell.batch), y.split(cell.batch), strict=True))


def flops(sizes: list[int], batch: int) -> int:
    """Count the multiplications and additions of a step's products, biases apart: 2 for each pair.

    Every layer has a product forward and one for its gradient, every layer but the first one for what goes
    back.
    """
    products = [n_in * n_out for n_in, n_out in pairwise(sizes)]
    return 2 * batch * (3 * sum(products) - products[0])


def update_bytes(parameters: int, optimiser: str) -> dict[str, int]:
    """Count the bytes that gradients and update read and write, by side.

    By hand SGD's product is added to the parameters as it is computed: they are read and written. Autograd
    writes gradients, then reads them with the parameters, which it writes. Fused Adam reads and writes the
    moments too; by hand its seven operations read and write 18 times what is, a part at a time, in the cache.
    """
    passes = {
        "sgd": {HAND: 2, AUTOGRAD: 4},
        "adam": {HAND: 1 + 18, AUTOGRAD: 1 + 7},
    }
    return {side: 4 * parameters * n for side, n in passes[optimiser].items()}
