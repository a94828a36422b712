"""Our side: the whole search as `python -m tp1 run part2` does it, and pieces of it."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmarks.softmax.task import (
    BATCHES,
    EPOCHS,
    RATES,
    check_rates,
    seconds_per_call,
)
from torch import Tensor

from tp1.experiments import lockstep, part2
from tp1.experiments.images import Images, fashion_mnist
from tp1.experiments.lockstep import ABREAST, initial_params
from tp1.experiments.plans import Config, Run, assigned
from tp1.experiments.runner import default_workers, one_thread
from tp1.experiments.steps import Steps
from tp1.learning.functions import NUM_CLASSES, NUM_FEATURES


def search(
    seeds: int, batches: Sequence[int], epochs: int, device: str = "cpu"
) -> dict[str, Any]:
    """Time the assigned search: reading the data, starting the workers and writing the results included."""
    if device == "cuda" and not torch.cuda.is_available():
        return {"missing": "CUDA"}
    if (tuple(batches), epochs) != (BATCHES, EPOCHS):
        shorten(batches, epochs)
    workers = default_workers(device)
    with tempfile.TemporaryDirectory(prefix="tp1-bench-") as folder:
        session = part2.Session(Path(folder), device, workers, quiet=True)
        began = time.perf_counter()
        results = part2.search("assigned", seeds, session)
        seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "workers": workers,
        "device": results.provenance["machine"],
        "val_accuracy": {
            key(run.config, run.seed): float(history[-1, 3])
            for run, history in sorted(results.history.items())
        },
    }


def shorten(batches: Sequence[int], epochs: int) -> None:
    """Leave of the plan some batch sizes and epochs."""

    def plan(seeds: int = 5) -> list[Run]:
        return [
            replace(run, config=replace(run.config, epochs=epochs))
            for run in assigned(seeds)
            if run.config.batch_size in batches
        ]

    part2.SEARCHES["assigned"] = plan


def key(config: Config, seed: int) -> str:
    """Name a run in the raw numbers."""
    return f"{config.optimiser} {config.lr} {config.batch_size} {seed}"


def one_image_a_step() -> dict[str, Any]:
    """Time an epoch of SGD at one image a step, three rates in lock-step on one core, and an evaluation."""
    with one_thread():
        sets = fashion_mnist("unit", "cpu")
        steps, theta = steps_for("sgd", 1, len(RATES), sets.train)
        order = orders(1, len(sets.train.x))
        began = time.perf_counter()
        steps.take(order, 0)
        epoch = time.perf_counter() - began
        evaluation = seconds_per_call(lambda: lockstep.evaluate(theta, sets), 0.5)
    return {"epoch_s": epoch, "evaluation_s": evaluation}


def steps_for(
    optimiser: str,
    size: int,
    runs: int,
    images: Images,
    rates: Sequence[float] = RATES,
) -> tuple[Steps, Tensor]:
    """Make the steps of a stack as `lockstep.advance` does, ABREAST runs a seed; give its parameters too."""
    groups, width = -(-runs // ABREAST), images.x.shape[1]
    theta = images.x.new_zeros(groups * ABREAST, NUM_CLASSES, width)
    lr = [0.0] * len(theta)
    inputs = min(width, NUM_FEATURES + 1)
    for run in range(runs):
        theta[run, :, :inputs] = initial_params(run // ABREAST).T[:, :inputs]
        lr[run] = rates[run % ABREAST]
    moments = theta if optimiser == "adam" else theta[:0]
    m, v = torch.zeros_like(moments), torch.zeros_like(moments)
    config = Config(optimiser, RATES[0], size)
    return Steps(config, lr, theta, m, v, images), theta


def orders(groups: int, images: int) -> Tensor:
    """Draw the order of the images for every group, (G, N), as the first epoch has it."""
    return torch.stack(
        [
            torch.randperm(images, generator=lockstep.random(seed, 1))
            for seed in range(groups)
        ]
    )


def reference(
    optimiser: str, size: int, seeds: int, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Take some steps at `check_rates`; give the parameters (S, L, K, WIDTH) and the orders (S, N)."""
    train = fashion_mnist("unit", "cpu").train
    runs = seeds * ABREAST
    ours, theta = steps_for(optimiser, size, runs, train, check_rates(size))
    order = orders(seeds, len(train.x))[:, : steps * size]
    ours.take(order, 0)
    return theta.view(seeds, ABREAST, *theta.shape[1:]).numpy(), order.numpy()
