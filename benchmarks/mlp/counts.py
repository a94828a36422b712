"""What a step is made of, on both main sides: operations launched, bytes of tensors, seconds by phase."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.mlp.sides import Autograd, ByHand
from benchmarks.mlp.task import EXTENTS, Cell, Extent
from benchmarks.mlp.timing import bind, steps_for
from benchmarks.softmax.store import Store
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode

from tp1.experiments import blocks
from tp1.reporting.speed import AUTOGRAD, HAND, PHASES

SPLIT_S = 0.05  # of steps for each side and round


class Launches(TorchDispatchMode):
    """Counts the operations that reach PyTorch's kernels, views apart: those compute nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Count one operation, and carry it out."""
        if not func.is_view:
            self.found[str(func)] += 1
        return func(*args, **(kwargs or {}))


def measure(path: str, extent: str, threads: int) -> dict[str, Any]:
    """Time phases, and count once for all threads, where the store at `path` lacks it; keep it there."""
    bind(threads)
    asked = EXTENTS[extent]
    store = Store(Path(path), asked, True, {})
    for cell in asked.split_cells(threads):
        if not store.has(split_name(cell), 0):
            store.add(split_name(cell), split(cell, asked))
    for cell in asked.cells(threads) if threads == min(asked.threads) else ():
        if not store.has(counts_name(cell), 0):
            store.add(counts_name(cell), count(cell))
    return {}


def counts_name(cell: Cell) -> str:
    """Name a cell's counts among the raw numbers."""
    return f"counts, {cell.unthreaded}"


def split_name(cell: Cell) -> str:
    """Name a cell's phases among the raw numbers."""
    return f"phases, {cell.name}"


def count(cell: Cell) -> dict[str, dict[str, int]]:
    """Count operations launched and bytes of tensors in one step of by hand and of autograd.

    The bytes are those of the step's own tensors at their peak, parameters and the optimiser's moments apart.
    By hand makes its tensors ahead: those of a step are counted whole, and of what a block holds for T steps,
    minibatches and factors, one step's part. Autograd's minibatch is counted too.
    """
    hand = ByHand(cell)
    peer = Autograd(cell, hand.order)
    hand.run(1)
    peer.run(1)
    operations = {HAND: launched(hand), AUTOGRAD: launched(peer)}
    # Gradients from the step before, freed while bytes are counted, would hide as many new ones.
    peer.optimiser.zero_grad(set_to_none=True)
    minibatch = sum(t.nbytes for t in peer.minibatches[0])
    return {
        "operations": operations,
        "bytes": {
            HAND: block_bytes(hand.block) + peak_bytes(lambda: hand.block.go(1)),
            AUTOGRAD: minibatch + peak_bytes(lambda: peer.run(1)),
        },
    }


def launched(side: ByHand | Autograd) -> int:
    """Count the operations of one step; what by hand computes once for a block is left out."""
    with Launches() as counting:
        if isinstance(side, ByHand):
            side.block.go(1)
        else:
            side.run(1)
    return sum(counting.found.values())


def peak_bytes(call: Any) -> int:
    """Give the most bytes of tensors that were allocated during a call and not freed yet."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        call()
    total = peak = 0
    if found.profiler is None or found.profiler.kineto_results is None:
        raise RuntimeError("PyTorch's profiler recorded nothing")
    for event in found.profiler.kineto_results.events():
        if event.name() == "[memory]":
            total += event.nbytes()
            peak = max(peak, total)
    return peak


def block_bytes(block: blocks.Block) -> int:
    """Sum what a block's own tensors take for one step, each storage once."""
    number = len(block.plan)
    of_steps = {
        t.untyped_storage().data_ptr()
        for t in (block.x, block.bytes, block.y, block.rate, block.shrink, block.eps)
    }
    steps = block.steps
    lasting = {
        t.untyped_storage().data_ptr() for t in (*steps.theta, *steps.m, *steps.v)
    }
    own = {}
    for tensor in tensors(list(vars(block).values())):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in lasting:
            own[storage.data_ptr()] = storage.nbytes()
    return sum(
        size // number if place in of_steps else size for place, size in own.items()
    )


def tensors(value: Any) -> Iterator[Tensor]:
    """Give the tensors in lists, tuples and the parts of layers, however deep."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for member in value:
            yield from tensors(member)
    elif isinstance(value, blocks.Part):
        yield from tensors(list(vars(value).values()))


class Stopwatch:
    """Adds up seconds by phase.

    Attributes
    ----------
    spent : dict
        Of every phase.
    """

    def __init__(self) -> None:
        self.spent = dict.fromkeys(PHASES, 0.0)
        self.began = time.perf_counter()

    def start(self) -> None:
        """Begin to time."""
        self.began = time.perf_counter()

    def lap(self, phase: str) -> None:
        """Add the time since the last call to a phase."""
        now = time.perf_counter()
        self.spent[phase] += now - self.began
        self.began = now


def split(cell: Cell, extent: Extent) -> dict[str, dict[str, float]]:
    """Time the phases of a step; medians in seconds.

    By hand never writes a gradient of its parameters: under SGD the product δ hᵀ is added to them at once, so
    it is in its update, while for autograd it is in the backward pass.
    """
    hand = ByHand(cell)
    peer = Autograd(cell, hand.order)
    found: dict[str, list[dict[str, float]]] = {HAND: [], AUTOGRAD: []}
    seconds = min(SPLIT_S, 2 * extent.round_s)
    counts = {HAND: steps_for(hand, seconds), AUTOGRAD: steps_for(peer, seconds)}
    for _ in range(extent.rounds):
        for name, phases in (
            (HAND, hand_phases(hand, counts[HAND])),
            (AUTOGRAD, autograd_phases(peer, counts[AUTOGRAD])),
        ):
            found[name].append({p: s / counts[name] for p, s in phases.items()})
    return {
        name: {p: statistics.median(r[p] for r in rounds) for p in PHASES}
        for name, rounds in found.items()
    }


def hand_phases(hand: ByHand, steps: int) -> dict[str, float]:
    """Time the phases of the engine: forward ends with the softmax, `Block.update` is the update."""
    watch, block = Stopwatch(), hand.block
    softmax_, update, step = blocks.softmax_, block.update, block.step

    def softmax_lap(*args: Any) -> None:
        softmax_(*args)
        watch.lap("forward")

    def update_lap(*args: Any) -> None:
        watch.lap("backward")
        update(*args)
        watch.lap("update")

    def step_lap(*args: Any) -> None:
        watch.start()
        step(*args)
        watch.lap("backward")

    with (
        patch.object(blocks, "softmax_", softmax_lap),
        patch.object(block, "update", update_lap),
        patch.object(block, "step", step_lap),
    ):
        hand.run(steps)
    return watch.spent


def autograd_phases(peer: Autograd, steps: int) -> dict[str, float]:
    """Time the phases of autograd: loss, ``backward()``, the optimiser's step."""
    watch, number = Stopwatch(), len(peer.minibatches)
    watch.start()
    for step in range(steps):
        peer.optimiser.zero_grad(set_to_none=True)
        loss = peer.loss(*peer.minibatches[step % number])
        watch.lap("forward")
        loss.backward()
        watch.lap("backward")
        peer.optimiser.step()
        watch.lap("update")
    return watch.spent
