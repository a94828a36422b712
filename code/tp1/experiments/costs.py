"""What a stack costs on one core: operations to launch, numbers to go through, products to compute.

The model is a sum, since one thread does one thing at a time. Its constants were fitted to measurements by
``benchmarks/search_scaling.py``, which says how far it is from them.
"""

from math import ceil
from typing import NamedTuple

from tp1.experiments.plans import Config

IMAGES = 60_000  # an epoch trains on most of them and evaluates all
WASTED = 0.1


class Terms(NamedTuple):
    """What a step of a stack does.

    Attributes
    ----------
    launches : int
        Layers, each with its operations to launch: the part that does not depend on the number of runs.
    numbers : int
        Parameters that are gone through.
    images : int
        Images that are gathered, once for each group.
    flops : int
        Operations of the products.
    """

    launches: int
    numbers: int
    images: int
    flops: int


class Costs(NamedTuple):
    """Seconds for one of each of `Terms`; launches and numbers by optimiser."""

    launch: dict[str, float]
    number: dict[str, float]
    image: float
    flop: float


FITTED = Costs(
    launch={"sgd": 1.3e-05, "adam": 2e-05},
    number={"sgd": 1.1e-10, "adam": 1.7e-09},
    image=1e-06,
    flop=1.1e-11,
)


def terms(config: Config, runs: int, groups: int) -> Terms:
    """Count what a step does for some runs, of which those of a group share their images (@eq-cout)."""
    n_in, n_out, *_ = config.sizes
    # Nobody needs the gradient with respect to the images: the first layer has two products, not three.
    products = 3 * config.parameters - (n_in + 1) * n_out
    size = config.batch_size
    return Terms(
        1 + config.depth,
        runs * config.parameters,
        groups * size,
        2 * runs * size * products,
    )


def parts(config: Config, found: Terms, costs: Costs = FITTED) -> dict[str, float]:
    """Predict the seconds of a step, by what they are spent on: ``latency``, ``memory``, ``compute``."""
    return {
        "latency": costs.launch[config.optimiser] * found.launches,
        "memory": costs.number[config.optimiser] * found.numbers
        + costs.image * found.images,
        "compute": costs.flop * found.flops,
    }


def epoch(config: Config, runs: int, groups: int, costs: Costs = FITTED) -> float:
    """Predict the seconds of an epoch, evaluation included."""
    step = sum(parts(config, terms(config, runs, groups), costs).values())
    evaluated = IMAGES * runs * config.parameters * 2 * costs.flop
    return IMAGES / config.batch_size * step + evaluated


def enough(config: Config, abreast: int, costs: Costs = FITTED) -> int:
    """Give the number of groups of `abreast` runs from which on more of them together gain little.

    From there on launching is at most `WASTED` of a step.
    """
    group = parts(config, terms(config, abreast, 1), costs)
    working = group["memory"] + group["compute"]
    return max(1, ceil(group["latency"] * (1 / WASTED - 1) / working))
