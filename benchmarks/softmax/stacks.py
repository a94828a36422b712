"""The cost of a step against the runs in the stack and the batch size, and of a search against its epochs."""

import statistics
import time
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

from benchmarks.softmax.ours import steps_for
from benchmarks.softmax.task import ABREAST, OPTIMISERS, RATES

from tp1.experiments import lockstep
from tp1.experiments.images import Images, fashion_mnist
from tp1.experiments.plans import Config, Run
from tp1.experiments.runner import one_thread

ROUNDS = 3
EPOCHS = (1, 2, 4)
EPOCHS_BATCH = 20


def measure(
    sizes: Sequence[int], runs: Sequence[int], seconds: float
) -> dict[str, Any]:
    """Time steps on one thread, for every optimiser, batch size and number of runs; and some epochs."""
    with one_thread():
        images = fashion_mnist("unit", "cpu").train
        cells = [
            {
                "optimiser": optimiser,
                "batch": size,
                "runs": count,
                "step_us": step_us(optimiser, size, count, images, seconds),
            }
            for optimiser, size, count in product(OPTIMISERS, sizes, runs)
        ]
        return {"cells": cells, "epochs_s": epochs()}


def step_us(
    optimiser: str, size: int, runs: int, images: Images, seconds: float
) -> float:
    """Time a step on slices of an epoch: the median of some, in microseconds."""
    steps, _ = steps_for(optimiser, size, runs, images)
    # About what a step takes; the first slice, which also warms up, says it better.
    guess, times = 1e-5 * (1 + runs) + 5e-7 * runs * size, []
    for _ in range(1 + ROUNDS):
        number = max(1, min(int(seconds / ROUNDS / guess), len(images) // size))
        began = time.perf_counter()
        steps.take(0, number * size)
        guess = (time.perf_counter() - began) / number
        times.append(guess)
    return 1e6 * statistics.median(times[1:])


def epochs() -> dict[str, dict[str, float]]:
    """Time a small search, three rates at some images a step, of 1, 2 and 4 epochs, evaluations included."""
    sets = fashion_mnist("unit", "cpu")
    found: dict[str, dict[str, float]] = {optimiser: {} for optimiser in OPTIMISERS}
    for optimiser, count in product(OPTIMISERS, EPOCHS):
        runs = [Run(Config(optimiser, lr, EPOCHS_BATCH, count), 0) for lr in RATES]
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            stack = lockstep.start(runs, sets)
            while not stack.finished:
                stack = lockstep.advance(stack, sets)
            times.append(time.perf_counter() - began)
        found[optimiser][str(count)] = statistics.median(times)
    return found


def leaves_latency(curve: dict[int, float]) -> float | None:
    """Give the number of runs at which a step takes twice as long as with one group; None if it never does.

    Between the numbers that were measured the time is taken for a straight line.
    """
    limit = 2 * curve[ABREAST]
    counts = sorted(count for count in curve if count >= ABREAST)
    for few, many in pairwise(counts):
        if curve[many] > limit:
            slope = (curve[many] - curve[few]) / (many - few)
            return few + (limit - curve[few]) / slope
    return None
