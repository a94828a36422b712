"""What bounds a step of the lock-step, on one thread: dispatch, memory or arithmetic.

* Dispatch: the same calls on tensors of a few elements.
* Memory: what a step cannot help touching. Its image rows at the bandwidth of a large copy, since they lie
  scattered in a set larger than the caches; parameters, moments and scores, read and written once, at the
  bandwidth of a copy of their own size.
* Arithmetic: the operations of the two products, and of Adam, at the rate of a large product of matrices.
"""

import statistics
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
from benchmarks.softmax.ours import orders, steps_for
from benchmarks.softmax.task import OPTIMISERS, seconds_per_call

from tp1.experiments.images import Images, fashion_mnist
from tp1.experiments.lockstep import ABREAST
from tp1.experiments.runner import one_thread
from tp1.experiments.steps import BLOCK, Block
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES

TINY = 16  # features of a step that does nothing but dispatch
FLOAT = 4  # bytes
ADAM_OPERATIONS = 12  # for each parameter
LARGE = 2**28  # bytes: far beyond the caches
SIDE = 2048  # of the square matrices whose product is the peak
ROUNDS = 5
RUNS = (3, 15)


def measure(batches: list[int], seconds: float) -> dict[str, Any]:
    """Time a step and its bounds, in microseconds, for every optimiser, batch size and number of runs."""
    with one_thread():
        images = fashion_mnist("unit", "cpu").train
        large, peak = copy_bandwidth(LARGE, seconds), peak_rate(seconds)
        cells = []
        for optimiser, size, runs in product(OPTIMISERS, batches, RUNS):
            own = footprint(optimiser, size, runs)
            bandwidth = copy_bandwidth(own, seconds)
            rows = runs // ABREAST * size * (NUM_FEATURES + 1) * FLOAT
            cells.append(
                {
                    "optimiser": optimiser,
                    "batch": size,
                    "runs": runs,
                    **timed(optimiser, size, runs, images, seconds),
                    "memory_us": 1e6 * (rows / large + 2 * own / bandwidth),
                    "arithmetic_us": 1e6 * operations(optimiser, size, runs) / peak,
                    "own_bytes": own,
                    "own_bandwidth": bandwidth,
                }
            )
    return {"bandwidth": large, "peak": peak, "cells": cells}


def footprint(optimiser: str, size: int, runs: int) -> int:
    """Count the bytes of parameters, moments and scores."""
    parameters = runs * NUM_CLASSES * (NUM_FEATURES + 1)
    scores = runs * NUM_CLASSES * size
    return FLOAT * ((3 if optimiser == "adam" else 1) * parameters + scores)


def operations(optimiser: str, size: int, runs: int) -> float:
    """Count the floating-point operations of a step."""
    parameters = runs * NUM_CLASSES * (NUM_FEATURES + 1)
    return parameters * (4.0 * size + ADAM_OPERATIONS * (optimiser == "adam"))


def copy_bandwidth(total: int, seconds: float) -> float:
    """Measure bytes read and written a second by a copy whose two tensors have `total` bytes together."""
    source, target = torch.ones(total // (2 * FLOAT)), torch.ones(total // (2 * FLOAT))
    empty_source, empty_target = torch.ones(1), torch.ones(1)
    spent = statistics.median(
        seconds_per_call(lambda: target.copy_(source), seconds / ROUNDS)
        - seconds_per_call(lambda: empty_target.copy_(empty_source), seconds / ROUNDS)
        for _ in range(ROUNDS)
    )
    return total / max(spent, 1e-9)


def peak_rate(seconds: float) -> float:
    """Measure operations a second in a large product of matrices: the best of some."""
    a, b = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    spent = min(seconds_per_call(lambda: a @ b, seconds / ROUNDS) for _ in range(2))
    return 2 * SIDE**3 / spent


def timed(
    optimiser: str, size: int, runs: int, images: Images, seconds: float
) -> dict[str, float]:
    """Time a step, and one on tensors of a few elements, in turn; medians in microseconds."""
    real = block_of_steps(optimiser, size, size, runs, images)
    tiny = Images(torch.rand(len(images.x), TINY), images.y.contiguous(), images.labels)
    # One image a step goes another way than two: a small step must go the way of the large one.
    small = block_of_steps(optimiser, size, min(size, 2), runs, tiny)
    times: dict[str, list[float]] = {"step_us": [], "dispatch_us": []}
    for _ in range(ROUNDS):
        for found, (call, steps) in zip(times.values(), (real, small), strict=True):
            found.append(1e6 * seconds_per_call(call, seconds / ROUNDS) / steps)
    return {name: statistics.median(found) for name, found in times.items()}


def block_of_steps(
    optimiser: str, real: int, size: int, runs: int, images: Images
) -> tuple[Callable[[], None], int]:
    """Make a call that takes a block of steps, as many as at the real batch size, and their number."""
    steps, _ = steps_for(optimiser, size, runs, images)
    groups = runs // ABREAST
    number = max(1, BLOCK // (real * groups))
    block = Block(steps, groups, size, number)
    order = orders(groups, len(images.x))
    starts = range(0, order.shape[1] - number * size + 1, number * size)
    place = 0

    def take() -> None:
        nonlocal place
        start = starts[place % len(starts)]
        block.take(order[:, start : start + number * size], place * number)
        place += 1

    return take, number


def largest(cell: dict[str, Any]) -> tuple[str, float]:
    """Name the largest bound of a step, and say how many times as long the step takes."""
    names: Sequence[str] = ("dispatch", "memory", "arithmetic")
    name = max(names, key=lambda name: float(cell[f"{name}_us"]))
    return name, cell["step_us"] / cell[f"{name}_us"]
