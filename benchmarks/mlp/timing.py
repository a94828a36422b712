"""The cells of the grid: first the sides agree, then they take turns; and the peak of a matrix product."""

import gc
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from benchmarks.mlp.sides import Autograd, ByHand, Side, make, missing
from benchmarks.mlp.task import EXTENTS, JAX, Cell, Extent, draw_params
from benchmarks.softmax.store import Store
from benchmarks.softmax.task import seconds_per_call
from torch import Tensor

from tp1.reporting.speed import AUTOGRAD, HAND

CHECK_STEPS = 3
TRIALS = 3
# Of how far a layer moved. By hand SGD's products are added to the parameters piece by piece, each sum
# rounded at their size; with Adam, a gradient that is all but zero may have either sign.
TOLERANCE = 1e-2


class DisagreementError(RuntimeError):
    """A side does not arrive at the parameters that by hand arrives at."""


def bind(threads: int) -> None:
    """Bind this process to as many cores, and PyTorch to as many threads; JAX looks at the cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)
    # Compile here: helpers would stay, and share the cores with what is timed.
    inductor: Any = import_module("torch._inductor.config")
    inductor.compile_threads = 1


def measure(path: str, extent: str, threads: int) -> dict[str, Any]:
    """Time the cells of the grid that the store at `path` lacks, for a number of threads; keep each there."""
    bind(threads)
    store = Store(Path(path), EXTENTS[extent], True, {})
    asked = EXTENTS[extent]
    if not store.has(peak_name(threads), 0):
        store.add(peak_name(threads), {"flops": peak_rate(asked)})
    for cell in asked.cells(threads):
        if not store.has(cell.name, 0):
            store.add(cell.name, time_cell(cell, asked))
    return {}


def peak_name(threads: int) -> str:
    """Name the peak among the raw numbers."""
    return f"peak, {threads} threads"


def peak_rate(extent: Extent) -> float:
    """Measure operations a second in large products of square matrices: the best of some."""
    best = 0.0
    for side in (extent.side // 2, extent.side):
        a, b, c = (torch.rand(side, side) for _ in range(3))
        for _ in range(extent.rounds):
            spent = seconds_per_call(lambda: torch.mm(a, b, out=c), extent.round_s)  # noqa: B023
            best = max(best, 2 * side**3 / spent)
    return best


def time_cell(cell: Cell, extent: Extent) -> dict[str, Any]:
    """Check that the sides of a cell agree, then time them in turn: seconds a step, for every round.

    Raises
    ------
    DisagreementError
        If one arrives at other parameters than by hand.
    """
    names = (HAND, AUTOGRAD, *extent.others(cell))
    absent = {name: lacks for name in names if (lacks := missing(name))}
    hand = ByHand(cell)
    fused = fused_is_quicker(cell, hand.order, extent)
    sides: dict[str, Side] = {HAND: hand}
    for name in names[1:]:
        if name == JAX:
            try:
                jax_side = import_module("benchmarks.mlp.jax_side")
            except ModuleNotFoundError as error:
                absent[name] = str(error.name)
            else:
                sides[name] = jax_side.Jax(cell, hand.order)
        elif name not in absent:
            sides[name] = make(name, cell, hand.order, fused)
    errors = agreement(cell, sides)
    return {
        "seconds": in_turn(sides, extent),
        "errors": errors,
        "absent": absent,
        "fused": fused,
    }


def fused_is_quicker(cell: Cell, order: Tensor, extent: Extent) -> bool:
    """Find whether autograd's optimiser had better be fused; Adam always, SGD as a trial says."""
    if cell.optimiser == "adam":
        return True
    trial = {name: Autograd(cell, order, name == "fused") for name in ("fused", "loop")}
    times = in_turn(trial, replace(extent, rounds=min(extent.rounds, TRIALS)))
    return statistics.median(times["fused"]) < statistics.median(times["loop"])


def agreement(cell: Cell, sides: dict[str, Side]) -> dict[str, float]:
    """Take some steps with every side; give how far each is from by hand, as a share of the move.

    Raises
    ------
    DisagreementError
        If one is farther than rounding explains.
    """
    for side in sides.values():
        side.run(CHECK_STEPS)
    begun, expected = draw_params(cell), sides[HAND].params()
    errors = {}
    for name, side in sides.items():
        if name == HAND:
            continue
        shares = [
            float((found - wanted).norm() / (wanted - first).norm())
            for found, wanted, first in zip(side.params(), expected, begun, strict=True)
        ]
        # NaN is not below anything.
        if not all(share < TOLERANCE for share in shares):
            raise DisagreementError(
                f"{cell.name}: after {CHECK_STEPS} steps {name} has other parameters than by hand; the "
                f"differences of the layers, as shares of their moves: {shares}"
            )
        errors[name] = max(shares)
    return errors


def in_turn(sides: Mapping[str, Side], extent: Extent) -> dict[str, list[float]]:
    """Time the sides in turn, another one first in every round; seconds a step, for every round.

    Raises
    ------
    RuntimeError
        If parameters are not finite in the end: then the times are those of another computation.
    """
    counts = {name: steps_for(side, extent.round_s) for name, side in sides.items()}
    times: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    gc.collect()
    gc.disable()
    try:
        for _ in range(extent.rounds):
            for name in order:
                if counts[name] > 1:
                    # One step that is not timed brings its parameters back into the cache.
                    sides[name].run(1)
                began = time.perf_counter()
                sides[name].run(counts[name])
                times[name].append((time.perf_counter() - began) / counts[name])
            order = [*order[1:], order[0]]
    finally:
        gc.enable()
    for name, side in sides.items():
        if not all(bool(layer.isfinite().all()) for layer in side.params()):
            raise RuntimeError(f"{name}: the parameters are not finite")
    return times


def steps_for(side: Side, seconds: float) -> int:
    """Warm a side up, and find how many steps take as long as asked."""
    steps = 1
    side.run(1)
    while True:
        began = time.perf_counter()
        side.run(steps)
        spent = time.perf_counter() - began
        if spent >= seconds / 4:
            return max(1, round(steps * seconds / spent))
        steps *= 2
