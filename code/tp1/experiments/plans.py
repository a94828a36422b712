"""What is run: a plan is a list of runs, and a run is a configuration and a seed, nothing else."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from torch import Tensor

from tp1.errors import shown
from tp1.learning.checks import check_choice, check_count, check_rate, check_share
from tp1.learning.errors import HyperparameterError
from tp1.learning.extras import SCHEDULES
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES
from tp1.learning.mlp import count_params, layer_sizes

OPTIMISERS = ("sgd", "adam")
PIXELS = ("unit", "standard")
GRADIENTS = ("sum", "mean")
AUGMENTS = ("none", "flip", "shift", "flip+shift")
SHARES = ("momentum", "decay", "dropout", "smoothing")
MOST_SEEDS = 10_000  # about 10^6 runs in our own search
CACHED = 400_000  # parameters of a stack of networks with hidden layers


@dataclass(frozen=True, order=True)
class Config:
    """How one network is trained; without hidden layers it is softmax regression.

    Parameters
    ----------
    optimiser : {"sgd", "adam"}
    lr : float
        Learning rate, 0 or more.
    batch_size : int
        Images a step; the last minibatch of an epoch may be smaller.
    epochs : int
        Passes over the training set.
    pixels : {"unit", "standard"}
        In [0, 1], or centred and scaled with the means and the deviation of the training set.
    gradient : {"sum", "mean"}
        Over the minibatch: summed as in the assignment, or averaged.
    schedule : {"constant", "linear", "one-cycle"}
        The learning rate over the steps: see `tp1.learning.extras.schedule`.
    depth, width : int
        Hidden layers, 0 or more, and the ReLU units of each; both are 0 for softmax regression.
    momentum : float
        Of SGD; 0 for none.
    decay : float
        Decoupled weight decay λ: before a step of rate η, θ ← (1 - η λ) θ.
    dropout : float
        Share of the hidden units that are dropped at every step.
    smoothing : float
        Share of the targets' probability that goes to all classes alike.
    augment : {"none", "flip", "shift", "flip+shift"}
        What is done at random to every training image, anew in every epoch.

    Raises
    ------
    HyperparameterError
        If a field is outside its range, or two do not go together.
    """

    optimiser: str
    lr: float
    batch_size: int
    epochs: int = 5
    pixels: str = "unit"
    gradient: str = "sum"
    schedule: str = "constant"
    depth: int = 0
    width: int = 0
    momentum: float = 0.0
    decay: float = 0.0
    dropout: float = 0.0
    smoothing: float = 0.0
    augment: str = "none"

    def __post_init__(self) -> None:
        for field, choices in (
            ("optimiser", OPTIMISERS),
            ("pixels", PIXELS),
            ("gradient", GRADIENTS),
            ("schedule", SCHEDULES),
            ("augment", AUGMENTS),
        ):
            check_choice(field, getattr(self, field), choices)
        if isinstance(self.lr, Tensor):
            raise HyperparameterError(f"lr {shown(self.lr)}: one number is wanted")
        check_rate(self.lr)
        for field, least in (("batch_size", 1), ("epochs", 0), ("depth", 0)):
            check_count(field, getattr(self, field), least)
        check_count("width", self.width, min(self.depth, 1))
        for field in SHARES:
            check_share(field, getattr(self, field))
        for wrong, why in (
            (self.width and not self.depth, "a width needs hidden layers: depth is 0"),
            (self.dropout and not self.depth, "dropout needs hidden layers"),
            (self.momentum and self.optimiser != "sgd", "momentum is for SGD"),
            (
                self.augment != "none" and self.pixels != "unit",
                "images are augmented with pixels in [0, 1] only",
            ),
        ):
            if wrong:
                raise HyperparameterError(why)
        layer_sizes(NUM_FEATURES, self.width, self.depth, NUM_CLASSES)  # not too many
        for field in ("lr", *SHARES):
            # What equals a float, an integer or a number of NumPy, is written in another way.
            object.__setattr__(self, field, float(getattr(self, field)))

    @property
    def sizes(self) -> list[int]:
        """The inputs, the units of the hidden layers, the classes."""
        return layer_sizes(NUM_FEATURES, self.width, self.depth, NUM_CLASSES)

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return count_params(self.sizes)


@dataclass(frozen=True, order=True)
class Run:
    """One training: everything that it computes depends on these two."""

    config: Config
    seed: int

    def __post_init__(self) -> None:
        if not isinstance(self.config, Config):
            raise HyperparameterError(f"{shown(self.config)}: a Config is wanted")
        check_count("seed", self.seed, 0)


def runs_of(configs: Iterable[Config], seeds: int) -> list[Run]:
    """Cross configurations with the seeds 0 … seeds - 1.

    Raises
    ------
    HyperparameterError
        If the number of seeds is no integer from 1 to `MOST_SEEDS`.
    """
    check_count("seeds", seeds, 1, MOST_SEEDS)
    return [Run(config, seed) for config in configs for seed in range(seeds)]


def assigned(seeds: int = 5) -> list[Run]:
    """Give the search that the assignment asks for: 2 optimisers × 3 rates × 4 batch sizes."""
    return runs_of(
        (
            Config(optimiser, lr, batch_size)
            for optimiser, lr, batch_size in product(
                OPTIMISERS, (0.1, 0.01, 0.001), (1, 20, 200, 1000)
            )
        ),
        seeds,
    )


def wider(seeds: int = 5) -> list[Run]:
    """Give our own search: more rates, on two scales of pixels, averaged gradients, rates that fall to 0."""
    rates = {
        "sgd": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
        "adam": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
    }
    return runs_of(
        (
            Config(optimiser, lr, batch_size, 20, pixels, "mean", "linear")
            for optimiser in OPTIMISERS
            for lr, batch_size, pixels in product(
                rates[optimiser], (20, 100, 500), PIXELS
            )
        ),
        seeds,
    )


def family(config: Config) -> Config:
    """Give what the runs of one stack have in common: everything but the learning rate."""
    return replace(config, lr=0.0)


def stacks(runs: Iterable[Run]) -> list[list[Run]]:
    """Group runs that can be trained in lock-step: all that share everything but learning rate and seed.

    With more than 1000 images a step, what a stack gathers would no longer fit in the cache: fewer seeds. The
    parameters of networks with hidden layers should fit there too; those that do not train alone.
    """
    families: dict[Config, dict[int, list[Run]]] = {}
    for run in runs:
        families.setdefault(family(run.config), {}).setdefault(run.seed, []).append(run)
    groups = []
    for config, seeds in families.items():
        if config.depth:
            members = [run for seed in sorted(seeds) for run in sorted(seeds[seed])]
            together = max(1, CACHED // config.parameters)
            groups += [
                members[first : first + together]
                for first in range(0, len(members), together)
            ]
            continue
        parts = math.ceil(len(seeds) / max(1, 1000 // config.batch_size))
        for part in range(parts):
            chosen = sorted(seeds)[part::parts]
            groups.append([run for seed in chosen for run in sorted(seeds[seed])])
    return groups
