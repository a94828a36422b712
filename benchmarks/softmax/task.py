"""The search that every side carries out, and how much of it is measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass

RATES = (0.1, 0.01, 0.001)
BATCHES = (1, 20, 200, 1000)
OPTIMISERS = ("sgd", "adam")
EPOCHS = 5
SEEDS = (1, 5)
TRAIN, VAL = 54_000, 6_000
FEATURES, CLASSES = 784, 10
ABREAST = len(RATES)  # the runs of a seed, which share their minibatches

CHECK_STEPS = 20
CHECK_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Attributes
    ----------
    rounds : int
        How often every side of the comparison runs, in turn.
    epochs : int
        Epochs of the whole search.
    batches : tuple of int
        Batch sizes of the whole search.
    slice_s : float
        Seconds that a slice takes from which a side is extrapolated.
    cell_s : float
        Seconds for a cell of the grids (bounds, stacks, JAX's formulations).
    grid : tuple of int
        Batch sizes whose steps are checked and timed one by one; it holds those of the whole search.
    forms : tuple of str
        The formulations that JAX may choose from; empty for all.
    memory : tuple of int
        Numbers of seeds whose memory is sampled; JAX's where there are more than the fewest.
    sizes, runs : tuple of int
        Batch sizes and numbers of runs of the stacks.
    ova_images : int
        Images of an epoch of scikit-learn.
    """

    rounds: int = 3
    epochs: int = EPOCHS
    batches: tuple[int, ...] = BATCHES
    slice_s: float = 0.5
    cell_s: float = 0.3
    grid: tuple[int, ...] = BATCHES
    forms: tuple[str, ...] = ()
    memory: tuple[int, ...] = SEEDS
    sizes: tuple[int, ...] = (1, 5, 20, 50, 200, 1000)
    runs: tuple[int, ...] = (1, 3, 6, 15, 30, 60)
    ova_images: int = TRAIN


QUICK = Extent(
    rounds=1,
    epochs=1,
    batches=(200,),
    slice_s=0.05,
    cell_s=0.02,
    grid=(1, 200),
    forms=("rows", "rows, bytes", "rows, seeds together"),
    memory=SEEDS[:1],
    sizes=(1, 200),
    runs=(1, 3, 15),
    ova_images=3000,
)


def check_steps(size: int) -> int:
    """Give how many steps the sides take before they are compared: at one image a step, several blocks."""
    return CHECK_STEPS * (5 if size == 1 else 1)


def check_rates(size: int) -> tuple[float, ...]:
    """Give three rates at which a difference in the last bit does not grow: for comparing parameters."""
    return 1e-3 / size, 1e-4 / size, 1e-5 / size


def thread_count(threads: int) -> str:
    """Say how many threads."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def seconds_per_call(call: Callable[[], object], seconds: float) -> float:
    """Time a call, repeated for about as long as asked, after it has run three times."""
    for _ in range(3):
        call()
    calls = 1
    while True:
        began = time.perf_counter()
        for _ in range(calls):
            call()
        spent = time.perf_counter() - began
        if spent >= seconds / 2:
            return spent / calls
        calls = max(2 * calls, int(calls * seconds / max(spent, 1e-9)))
