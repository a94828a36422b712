"""What is run: a plan is a list of runs, and a run is a configuration and a seed, nothing else."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from tp1.learning.errors import HyperparameterError

OPTIMISERS = ("sgd", "adam")
PIXELS = ("unit", "standard")
GRADIENTS = ("sum", "mean")
SCHEDULES = ("constant", "linear")


@dataclass(frozen=True, order=True)
class Config:
    """How one softmax regression is trained.

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
    schedule : {"constant", "linear"}
        The learning rate over the steps: constant, or falling to 0 on a straight line.

    Raises
    ------
    HyperparameterError
        If a field is outside its range.
    """

    optimiser: str
    lr: float
    batch_size: int
    epochs: int = 5
    pixels: str = "unit"
    gradient: str = "sum"
    schedule: str = "constant"

    def __post_init__(self) -> None:
        for field, choices in (
            ("optimiser", OPTIMISERS),
            ("pixels", PIXELS),
            ("gradient", GRADIENTS),
            ("schedule", SCHEDULES),
        ):
            if getattr(self, field) not in choices:
                raise HyperparameterError(
                    f"{field} {getattr(self, field)!r}: one of {', '.join(choices)} is wanted"
                )
        if not (math.isfinite(self.lr) and self.lr >= 0):
            raise HyperparameterError(
                f"learning rate {self.lr}: a finite number, 0 or more, is wanted"
            )
        for field, least in (("batch_size", 1), ("epochs", 0)):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise HyperparameterError(
                    f"{field} {value!r}: an integer, {least} or more, is wanted"
                )


@dataclass(frozen=True, order=True)
class Run:
    """One training: everything that it computes depends on these two."""

    config: Config
    seed: int


def runs_of(configs: Iterable[Config], seeds: int) -> list[Run]:
    """Cross configurations with the seeds 0 … seeds - 1.

    Raises
    ------
    HyperparameterError
        If there is no seed.
    """
    if seeds < 1:
        raise HyperparameterError(f"{seeds} seeds: 1 or more are wanted")
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

    With more than 1000 images a step, what a stack gathers would no longer fit in the cache: fewer seeds.
    """
    families: dict[Config, dict[int, list[Run]]] = {}
    for run in runs:
        families.setdefault(family(run.config), {}).setdefault(run.seed, []).append(run)
    groups = []
    for config, seeds in families.items():
        parts = math.ceil(len(seeds) / max(1, 1000 // config.batch_size))
        for part in range(parts):
            chosen = sorted(seeds)[part::parts]
            groups.append([run for seed in chosen for run in sorted(seeds[seed])])
    return groups
