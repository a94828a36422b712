"""What bounds a step of the lock-step, on one thread: dispatch, memory or arithmetic.

* Dispatch: the same calls on tensors of a few elements.
* Memory: what a step cannot help touching. The bytes of its images at the bandwidth of a large copy, since
  they lie scattered in a set larger than the caches; at the bandwidth of a copy of their own size parameters,
  read for each of the two products and written once, and moments, scores and the images as floats, read and
  written once.
* Arithmetic: the operations of the two products, and of Adam, at the rate of a large product of matrices.

Gradient descent at one image a step goes block by block: there all this is counted for a block, with its Gram
matrix, and divided by the number of its steps.
"""

import statistics
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import torch
from benchmarks.softmax.ours import steps_for
from benchmarks.softmax.task import ABREAST, OPTIMISERS, seconds_per_call

from tp1.experiments.blocks import Block
from tp1.experiments.images import Images, fashion_mnist
from tp1.experiments.one_image import DescentOnOneImage
from tp1.experiments.runner import one_thread
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES

TINY = 16  # features of a step that does nothing but dispatch
FLOAT = 4  # bytes
ADAM_OPERATIONS = 12  # for each parameter
LARGE = 2**28  # bytes: far beyond the caches
SIDE = 2048  # of the square matrices whose product is the peak
ROUNDS = 5
RUNS = (3, 15)


class Needs(NamedTuple):
    """What a step, or a block of steps, cannot help doing.

    Attributes
    ----------
    images : int
        Bytes of the images that it reads.
    own : int
        Bytes of parameters, moments, scores, images as floats, and a Gram matrix.
    moved : int
        Bytes of these that it reads and writes.
    operations : int
    """

    images: int
    own: int
    moved: int
    operations: int


def measure(batches: list[int], seconds: float) -> dict[str, Any]:
    """Time a step and its bounds, in microseconds, for every optimiser, batch size and number of runs."""
    with one_thread():
        images = fashion_mnist("unit", "cpu").train
        large, peak = copy_bandwidth(LARGE, seconds), peak_rate(seconds)
        cells = []
        for optimiser, size, runs in product(OPTIMISERS, batches, RUNS):
            block = block_for(optimiser, size, runs, images)
            # Images at a time: a block's where the parameters move once a block.
            steps = block.T if isinstance(block, DescentOnOneImage) else 1
            needs = needs_of(optimiser, size * steps, runs, gram=steps > 1)
            bandwidth = copy_bandwidth(needs.own, seconds)
            memory = needs.images / large + needs.moved / bandwidth
            cells.append(
                {
                    "optimiser": optimiser,
                    "batch": size,
                    "runs": runs,
                    **timed(block, optimiser, size, runs, seconds),
                    "memory_us": 1e6 * memory / steps,
                    "arithmetic_us": 1e6 * needs.operations / peak / steps,
                    "own_bytes": needs.own,
                    "own_bandwidth": bandwidth,
                }
            )
    return {"bandwidth": large, "peak": peak, "cells": cells}


def needs_of(optimiser: str, size: int, runs: int, gram: bool) -> Needs:
    """Count what `size` images of every group need; with `gram`, their products with each other too."""
    adam, groups = optimiser == "adam", runs // ABREAST
    parameters = runs * NUM_CLASSES * (NUM_FEATURES + 1)
    pixels = groups * size * (NUM_FEATURES + 1)
    products = groups * size**2 * gram
    own = (
        parameters * (3 if adam else 1) + runs * NUM_CLASSES * size + pixels + products
    )
    operations = parameters * (4 * size + ADAM_OPERATIONS * adam)
    operations += 2 * products * (NUM_FEATURES + 1)
    return Needs(pixels, FLOAT * own, FLOAT * (2 * own + parameters), operations)


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
    real: Block, optimiser: str, size: int, runs: int, seconds: float
) -> dict[str, float]:
    """Time a step, and one on tensors of a few elements, in turn; medians in microseconds."""
    images = real.steps.images
    few = torch.randint(256, (len(images), TINY), dtype=torch.uint8)
    # One image a step goes another way than two: a small step must go the way of the large one.
    small = block_for(
        optimiser, min(size, 2), runs, Images(few, images.labels), len(real.plan)
    )
    if (type(small), len(small.plan)) != (type(real), len(real.plan)):
        raise RuntimeError("the small steps do not go the way of the large ones")
    times: dict[str, list[float]] = {"step_us": [], "dispatch_us": []}
    calls = [takes(block) for block in (real, small)]
    for _ in range(ROUNDS):
        for found, call in zip(times.values(), calls, strict=True):
            spent = seconds_per_call(call, seconds / ROUNDS)
            found.append(1e6 * spent / len(real.plan))
    return {name: statistics.median(found) for name, found in times.items()}


def block_for(
    optimiser: str, size: int, runs: int, images: Images, most: int | None = None
) -> Block:
    """Make a block as an epoch does, of at most `most` steps."""
    steps, _ = steps_for(optimiser, size, runs, images)
    return steps.block(runs // ABREAST, size, most or len(images) // size)


def takes(block: Block) -> Callable[[], None]:
    """Make a call that takes a block's steps on the next images of the order."""
    at_a_time = len(block.plan) * block.size
    starts = range(0, len(block.steps.images) - at_a_time + 1, at_a_time)
    place = 0

    def take() -> None:
        nonlocal place
        start = starts[place % len(starts)]
        block.take(slice(start, start + at_a_time), place * len(block.plan))
        place += 1

    return take


def largest(cell: dict[str, Any]) -> tuple[str, float]:
    """Name the largest bound of a step, and say how many times as long the step takes."""
    names: Sequence[str] = ("dispatch", "memory", "arithmetic")
    name = max(names, key=lambda name: float(cell[f"{name}_us"]))
    return name, cell["step_us"] / cell[f"{name}_us"]
