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
    ABREAST,
    BATCHES,
    EPOCHS,
    RATES,
    check_rates,
    check_steps,
    seconds_per_call,
)
from torch import Tensor

from tp1.experiments import lockstep, part2
from tp1.experiments.chance import generator
from tp1.experiments.images import Images, fashion_mnist
from tp1.experiments.lockstep import Layers
from tp1.experiments.plans import Config, Run, assigned
from tp1.experiments.runner import default_workers, one_thread
from tp1.experiments.steps import Steps
from tp1.learning.functions import NUM_CLASSES


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
        began = time.perf_counter()
        steps.take(0)
        epoch = time.perf_counter() - began
        evaluation = seconds_per_call(lambda: lockstep.evaluate(theta, sets), 0.5)
    return {"epoch_s": epoch, "evaluation_s": evaluation}


def steps_for(
    optimiser: str,
    size: int,
    runs: int,
    images: Images,
    rates: Sequence[float] = RATES,
) -> tuple[Steps, Layers]:
    """Make the steps of a stack's first epoch as `lockstep.advance` does; give its parameters too.

    The images may have fewer pixels than Fashion-MNIST's; the parameters then have as few.
    """
    groups, width = -(-runs // ABREAST), images.x.shape[1]
    theta = torch.zeros(groups * ABREAST, NUM_CLASSES, width)
    lr = [0.0] * len(theta)
    for run in range(runs):
        drawn = initial(run // ABREAST)[:width]
        theta[run, :, : len(drawn)] = drawn.T
        lr[run] = rates[run % ABREAST]
    m, v = (
        [torch.zeros_like(theta if optimiser == "adam" else theta[:0])]
        for _ in range(2)
    )
    config = Config(optimiser, RATES[0], size)
    return Steps(config, lr, [theta], m, v, images, list(range(groups)), 1), [theta]


def initial(seed: int) -> Tensor:
    """Draw the initial parameters of a seed, (D+1, K); they do not depend on the rest."""
    return lockstep.draw_params(Config("sgd", RATES[0], 1), seed)[0]


def order_of(seed: int, epoch: int, images: int) -> Tensor:
    """Draw the order of the images in an epoch, (N,)."""
    return torch.randperm(images, generator=generator(seed, epoch))


def reference(optimiser: str, size: int, seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Take some steps at `check_rates`; give the parameters (S, L, K, WIDTH) and the orders (S, N)."""
    train, images = fashion_mnist("unit", "cpu").train, check_steps(size) * size
    ours, (theta,) = steps_for(
        optimiser, size, seeds * ABREAST, train, check_rates(size)
    )
    ours.take(0, images)
    params = theta.view(seeds, ABREAST, *theta.shape[1:]).numpy()
    return params, ours.order[:, :images].numpy()
