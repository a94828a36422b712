"""Steps of stacks are timed, and the constants of the cost model fitted to them."""

import statistics
import time
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import nnls

from tp1.experiments import costs, lockstep
from tp1.experiments.costs import Costs
from tp1.experiments.images import Images, Sets, fashion_mnist
from tp1.experiments.plans import OPTIMISERS, Config, Run
from tp1.experiments.runner import one_thread
from tp1.experiments.steps import Steps

# Depth, width, and how many runs are together.
SHAPES = {
    (0, 0): (3, 15, 60),
    (1, 25): (1, 4, 16),
    (1, 300): (1, 2),
    (3, 100): (1, 4),
    (3, 300): (1,),
    (3, 1000): (1,),
}
SIZES = (1, 20, 200, 1000)
ROUNDS = 3
# A stack begins with an evaluation, which is not timed: a few images are enough for it.
FEW = 2000

Cell = dict[str, Any]


def cells(quick: bool) -> list[tuple[Config, int]]:
    """List the configurations that are timed, and how many runs of each are together."""
    shapes = {(0, 0): (3, 15), (1, 25): (1, 4)} if quick else SHAPES
    return [
        (Config(optimiser, 1e-5, size, depth=depth, width=width), runs)
        for (depth, width), many in shapes.items()
        for optimiser, size, runs in product(OPTIMISERS, SIZES, many)
    ]


def measure(config: Config, runs: int, seconds: float) -> Cell:
    """Time a step of a stack, on one thread: the median of some slices of an epoch."""
    wide = lockstep.abreast(config)
    with one_thread():
        sets = fashion_mnist(config.pixels, "cpu")
        steps = steps_of(config, runs, sets)
        guess, times = 1e-3, []
        for _ in range(1 + ROUNDS):
            most = len(sets.train) // config.batch_size
            number = max(1, min(int(seconds / ROUNDS / guess), most))
            began = time.perf_counter()
            steps.take(0, number * config.batch_size)
            guess = (time.perf_counter() - began) / number
            times.append(guess)
    return {
        "depth": config.depth,
        "width": config.width,
        "optimiser": config.optimiser,
        "batch_size": config.batch_size,
        "runs": runs,
        "groups": -(-runs // wide),
        "seconds": statistics.median(times[1:]),
    }


def steps_of(config: Config, runs: int, sets: Sets) -> Steps:
    """Make the steps of an epoch of a stack: some learning rates for each seed."""
    wide = lockstep.abreast(config)
    members = [
        Run(replace(config, lr=config.lr * (1 + i % wide)), i // wide)
        for i in range(runs)
    ]
    few = Sets(first(sets.train), first(sets.val))
    stack = lockstep.start(members, few)
    seeds = [members[i].seed for i in range(0, runs, wide)]
    rates = [run.config.lr for run in members]
    return Steps(
        stack.config, rates, stack.theta, stack.m, stack.v, sets.train, seeds, epoch=1
    )


def first(images: Images) -> Images:
    """Give a few images."""
    return replace(images, x=images.x[:FEW], labels=images.labels[:FEW])


def fitted(found: list[Cell]) -> Costs:
    """Fit the constants of the model, none of them negative, to the relative errors of its predictions."""
    rows = []
    for cell in found:
        launches, numbers, images, flops = counted(cell)
        adam = cell["optimiser"] == "adam"
        rows.append(
            [
                launches * (not adam),
                launches * adam,
                numbers * (not adam),
                numbers * adam,
                images,
                flops,
            ]
        )
    seconds = np.array([cell["seconds"] for cell in found])
    relative = np.array(rows, dtype=float) / seconds[:, None]
    scale = relative.max(axis=0)
    constants = nnls(relative / scale, np.ones(len(found)))[0] / scale
    a, b, c, d, image, flop = (float(f"{constant:.2g}") for constant in constants)
    return Costs({"sgd": a, "adam": b}, {"sgd": c, "adam": d}, image, flop)


def counted(cell: Cell) -> costs.Terms:
    """Count what a step of a cell does."""
    return costs.terms(config_of(cell), cell["runs"], cell["groups"])


def config_of(cell: Cell) -> Config:
    """Give the configuration of a cell; its learning rate does not matter."""
    return Config(
        cell["optimiser"],
        1e-5,
        cell["batch_size"],
        depth=cell["depth"],
        width=cell["width"],
    )
