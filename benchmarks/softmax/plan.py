"""What is measured, in which order, by which function of which module."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from benchmarks.softmax.store import Numbers, Store
from benchmarks.softmax.task import SEEDS, Extent

MEMORY_EPOCHS = 1
# How JAX may have the machine, and whether its processes are bound to a core each.
PINNED = "JAX, a process a core"
JAX = {PINNED: True, "JAX, one process": False}


@dataclass(frozen=True)
class Measurement:
    """One function of a side, called in a process of its own.

    Attributes
    ----------
    name : str
        Of the raw numbers.
    side : str
        What ``--only`` names.
    module, function : str
    spec : callable
        Makes the arguments, of what is known by then.
    sample_memory : bool
    """

    name: str
    side: str
    module: str
    function: str
    spec: Callable[[Store], Numbers]
    sample_memory: bool = False


def fixed(**spec: Any) -> Callable[[Store], Numbers]:
    """Make arguments that depend on nothing."""
    return lambda _: spec


def first(extent: Extent) -> list[Measurement]:
    """List what runs once, before the rounds: the checks, memory, and the choice of JAX's formulations."""
    batches, whole = list(extent.grid), list(extent.batches)
    checks = [
        Measurement(f"check {side}", side, module, "check", fixed(**spec))
        for side, module, spec in (
            ("notebook", "notebook", {"batches": batches}),
            ("torch.nn", "torch_nn", {"batches": batches}),
            ("JAX", "jax_peer", {"batches": batches, "forms": list(extent.forms)}),
            ("scikit-learn", "scikit", {}),
        )
    ]
    memory = [
        Measurement(
            f"tp1 memory, {seeds}", "tp1", "ours", "search",
            fixed(seeds=seeds, batches=whole, epochs=MEMORY_EPOCHS), sample_memory=True,
        )
        for seeds in extent.memory
    ]  # fmt: skip
    tuning = [
        Measurement(
            f"{name}, tuning", "JAX", "jax_peer", "tune",
            fixed(
                seeds=list(SEEDS),
                batches=batches,
                seconds=extent.cell_s,
                forms=list(extent.forms),
                pinned=pinned,
            ),
        )
        for name, pinned in JAX.items()
    ]  # fmt: skip
    jax_memory = [
        Measurement(
            f"{name} memory, {seeds}", "JAX", "jax_peer", "search",
            partial(jax_spec, extent, name, seeds, MEMORY_EPOCHS), sample_memory=True,
        )
        for name, seeds in product(JAX, extent.memory[1:])
    ]  # fmt: skip
    return [*checks, *memory, *tuning, *jax_memory]


def rounds(extent: Extent) -> list[Measurement]:
    """List what runs in every round."""
    whole = list(extent.batches)
    ours = [
        Measurement(
            f"tp1, {seeds}", "tp1", "ours", "search",
            fixed(seeds=seeds, batches=whole, epochs=extent.epochs),
        )
        for seeds in SEEDS
    ]  # fmt: skip
    jax = [
        Measurement(
            f"{name}, {seeds}", "JAX", "jax_peer", "search",
            partial(jax_spec, extent, name, seeds, extent.epochs),
        )
        for name, seeds in product(JAX, SEEDS)
    ]  # fmt: skip
    return [
        *ours,
        *jax,
        Measurement(
            "torch.nn", "torch.nn", "torch_nn", "measure",
            fixed(batches=list(extent.grid), seconds=extent.cell_s),
        ),
        Measurement(
            "notebook", "notebook", "notebook", "measure",
            fixed(batches=list(extent.grid), seconds=extent.slice_s),
        ),
        Measurement(
            "scikit-learn", "scikit-learn", "scikit", "measure",
            fixed(images=extent.ova_images, seconds=extent.slice_s),
        ),
        Measurement(
            "tp1, one image a step", "scikit-learn", "ours", "one_image_a_step", fixed()
        ),
    ]  # fmt: skip


def last(extent: Extent) -> list[Measurement]:
    """List what runs once, after the rounds: what bounds a step, the stacks, a GPU."""
    return [
        Measurement(
            "bounds", "bounds", "bounds", "measure",
            fixed(batches=list(extent.grid), seconds=extent.cell_s),
        ),
        Measurement(
            "stacks", "stacks", "stacks", "measure",
            fixed(
                sizes=list(extent.sizes),
                runs=list(extent.runs),
                seconds=extent.cell_s,
            ),
        ),
        Measurement(
            "GPU", "GPU", "ours", "search",
            fixed(
                seeds=SEEDS[-1],
                batches=list(extent.batches),
                epochs=extent.epochs,
                device="cuda",
            ),
        ),
    ]  # fmt: skip


def jax_spec(
    extent: Extent, name: str, seeds: int, epochs: int, store: Store
) -> Numbers:
    """Tell JAX's search which formulation was the quickest for every optimiser and batch size."""
    return {
        "seeds": seeds,
        "batches": list(extent.batches),
        "epochs": epochs,
        "forms": {family: form for family, (form, _) in quickest(store, name).items()},
        "pinned": JAX[name],
    }


def quickest(store: Store, name: str) -> dict[str, tuple[str, float]]:
    """Give the quickest formulation for "optimiser size seeds", and the seconds that its step takes."""
    found: dict[str, tuple[str, float]] = {}
    for tuned in store.rounds(f"{name}, tuning"):
        for family, times in tuned.items():
            if isinstance(times, dict):
                form = min(times, key=times.__getitem__)
                found[family] = form, times[form]
    return found
