"""What the rounds come to: medians, and the whole search of the sides that are timed on slices."""

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.softmax.bounds import largest
from benchmarks.softmax.plan import JAX, quickest
from benchmarks.softmax.stacks import leaves_latency
from benchmarks.softmax.store import Numbers, Store
from benchmarks.softmax.task import (
    OPTIMISERS,
    RATES,
    SEEDS,
    TRAIN,
    VAL,
    Extent,
)

CHECKED = ("JAX", "torch.nn", "notebook", "scikit-learn")
EXTRAPOLATED = ("torch.nn", "notebook")
MEMORY_LIMIT_MB = 1500.0
RATIO_LIMIT = 3.0
# How many times tp1's time a side has to take, at least, with which number of seeds.
MULTIPLES = {
    "notebook": (40.0, SEEDS[0]),
    "torch.nn": (3.0, SEEDS[0]),
    **dict.fromkeys(JAX, (1.0, SEEDS[-1])),
}
GPU_LIMIT_S = 20.0


def summarise(store: Store, extent: Extent) -> Numbers:
    """Compute everything that the report says."""
    return {
        "whole_s": whole_searches(store, extent),
        "memory_mb": memory(store),
        "check_error": {
            side: found
            for side in CHECKED
            if (found := median(store, f"check {side}", "largest_error")) is not None
        },
        "epoch_s": {
            side: {
                f"{optimiser} {size}": value
                for optimiser in OPTIMISERS
                for size in extent.grid
                if (value := epoch(store, side, optimiser, size)) is not None
            }
            for side in EXTRAPOLATED
        },
        "jax": {
            name: {
                family: {"form": form, "step_us": 1e6 * spent}
                for family, (form, spent) in quickest(store, name).items()
            }
            for name in JAX
        },
        "compile_s": {
            f"{name}, {seeds}": found
            for name in JAX
            for seeds in SEEDS
            if (found := median(store, f"{name}, {seeds}", "compile_s")) is not None
        },
        "import_s": {
            side: found
            for side, name in (
                ("tp1", f"tp1, {SEEDS[-1]}"),
                ("JAX", f"{next(iter(JAX))}, {SEEDS[0]}"),
            )
            if (found := median(store, name, "import_s")) is not None
        },
        "accuracy_difference": accuracy_difference(store),
        "one_image_a_step_s": one_image_a_step(store, extent),
        "bounds": bounds(store),
        "stacks": stacks(store),
        "epochs_s": {
            optimiser: times
            for numbers in store.rounds("stacks")
            for optimiser, times in numbers["epochs_s"].items()
        },
        "gpu_s": median(store, "GPU", "seconds"),
    }


def median_of(
    store: Store, name: str, value: Callable[[Numbers], float]
) -> float | None:
    """Give the median of something over the rounds of a measurement; None if there is none."""
    found = [value(numbers) for numbers in store.rounds(name)]
    return statistics.median(found) if found else None


def median(store: Store, name: str, field: str) -> float | None:
    """Give the median of a field over the rounds of a measurement."""
    return median_of(store, name, lambda numbers: float(numbers[field]))


def whole_searches(store: Store, extent: Extent) -> dict[str, dict[str, float]]:
    """Give the seconds of the whole search for every side and number of seeds."""
    found: dict[str, dict[str, float]] = {}
    for side in ("tp1", *JAX):
        for seeds in SEEDS:
            seconds = median(store, f"{side}, {seeds}", "seconds")
            if seconds is not None:
                found.setdefault(side, {})[str(seeds)] = seconds
    for side in EXTRAPOLATED:
        seconds = median_of(store, side, lambda n, side=side: whole(side, n, extent))  # type: ignore[misc]
        if seconds is not None:
            # One run after another: seeds do not share anything.
            found[side] = {str(seeds): seeds * seconds for seeds in SEEDS}
    return found


def whole(side: str, numbers: Numbers, extent: Extent) -> float:
    """Extrapolate the whole search of one seed from the slices of one round."""
    total = 0.0
    for optimiser in OPTIMISERS:
        for size in extent.batches:
            training = run_epoch(side, numbers, optimiser, size)
            evaluation = min(evaluations(side, numbers, size).values())
            total += extent.epochs * training + (extent.epochs + 1) * evaluation
    return len(RATES) * total


def run_epoch(side: str, numbers: Numbers, optimiser: str, size: int) -> float:
    """Give the seconds of an epoch of one run, in the quickest variant."""
    family = f"{optimiser} {size}"
    if side == "notebook":
        return TRAIN * float(min(numbers["training_s"][family].values()))
    step = float(min(numbers["step_s"][family].values()))
    return float(numbers["permutation_s"]) + -(-TRAIN // size) * step


def evaluations(side: str, numbers: Numbers, size: int) -> dict[str, float]:
    """Give the seconds of an evaluation of both sets, for every variant."""
    found: dict[str, Any] = numbers["evaluation_s"]
    if side == "notebook":
        return {
            variant: (TRAIN + VAL) * spent
            for variant, spent in found[str(size)].items()
        }
    return found


def epoch(store: Store, side: str, optimiser: str, size: int) -> float | None:
    """Give the median seconds of an epoch of one run."""
    return median_of(
        store, side, lambda numbers: run_epoch(side, numbers, optimiser, size)
    )


def memory(store: Store) -> dict[str, dict[str, float]]:
    """Give the peaks of the sides whose memory was sampled."""
    found: dict[str, dict[str, float]] = {}
    for side in ("tp1", *JAX):
        for seeds in SEEDS:
            for numbers in store.rounds(f"{side} memory, {seeds}"):
                if numbers["peak_pss_mb"]:
                    found.setdefault(side, {})[str(seeds)] = numbers["peak_pss_mb"]
    return found


def accuracy_difference(store: Store) -> float | None:
    """Give the median difference of final validation accuracies between JAX and us, run by run."""
    differences = []
    for name in JAX:
        for seeds in SEEDS:
            ours, theirs = (
                store.rounds(f"tp1, {seeds}"),
                store.rounds(f"{name}, {seeds}"),
            )
            if ours and theirs:
                theirs_accuracy = theirs[0]["val_accuracy"]
                differences += [
                    abs(value - theirs_accuracy[run])
                    for run, value in ours[0]["val_accuracy"].items()
                ]
    return statistics.median(differences) if differences else None


def one_image_a_step(store: Store, extent: Extent) -> dict[str, float]:
    """Give the seconds of SGD at one image a step: three rates, all epochs, evaluations included."""
    found = {}
    ours = median_of(
        store,
        "tp1, one image a step",
        lambda n: (
            extent.epochs * n["epoch_s"] + (extent.epochs + 1) * n["evaluation_s"]
        ),
    )
    if ours is not None:
        found["tp1"] = ours
    for jobs in ("1", "2"):
        seconds = median_of(
            store,
            "scikit-learn",
            lambda n, jobs=jobs: (  # type: ignore[misc]
                extent.epochs * n["epoch_s"][jobs]
                + (extent.epochs + 1) * n["evaluation_s"]
            ),
        )
        if seconds is not None:
            found[f"scikit-learn, n_jobs={jobs}"] = seconds
    return found


def bounds(store: Store) -> list[Numbers]:
    """Give the cells of the bounds, each with its largest bound and the ratio to it."""
    cells = []
    for numbers in store.rounds("bounds"):
        for cell in numbers["cells"]:
            name, ratio = largest(cell)
            cells.append({**cell, "bound": name, "ratio": ratio})
    return cells


def stacks(store: Store) -> dict[str, Numbers]:
    """Give, for "optimiser size", the time of a step by the number of runs, and where latency ends."""
    curves: dict[str, dict[int, float]] = {}
    for numbers in store.rounds("stacks"):
        for cell in numbers["cells"]:
            family = f"{cell['optimiser']} {cell['batch']}"
            curves.setdefault(family, {})[cell["runs"]] = cell["step_us"]
    return {
        family: {
            "step_us": {str(runs): spent for runs, spent in curve.items()},
            "leaves_latency_at": leaves_latency(curve),
        }
        for family, curve in curves.items()
    }
