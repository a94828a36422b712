"""The search that is killed: small, on the real data; it says in a log what it trains and keeps.

    python -m benchmarks.faults.search LOG run part2 --only assigned …

It is the command itself, ``python -m tp1``, with a plan of its own.
"""

import json
import os
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

from tp1 import __main__ as command
from tp1.experiments import kept, part2, runner
from tp1.experiments.images import Sets
from tp1.experiments.lockstep import Stack
from tp1.experiments.plans import OPTIMISERS, Config, Run, runs_of

EPOCHS = 4


def plan(seeds: int) -> list[Run]:
    """Give eight configurations: two optimisers, two rates, two batch sizes."""
    return runs_of(
        (
            Config(optimiser, lr, size, EPOCHS)
            for optimiser, lr, size in product(OPTIMISERS, (0.01, 0.001), (20, 1000))
        ),
        seeds,
    )


def say(log: Path, what: str, epoch: int, runs: list[Run]) -> None:
    """Add a line to the log, all at once: several processes do."""
    line = json.dumps({"what": what, "epoch": epoch, "runs": [repr(r) for r in runs]})
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode() + b"\n")
    os.close(file)


def saying_advance(log: Path) -> Callable[[Stack, Sets], Stack]:
    """Give `advance` that says what it begins."""
    advance = runner.advance

    def advanced(stack: Stack, sets: Sets) -> Stack:
        say(log, "begun", len(stack.history), stack.runs)
        return advance(stack, sets)

    return advanced


def saying_save(log: Path) -> Callable[[Path, Stack, str], None]:
    """Give `save` that says what it has kept."""
    save = kept.save

    def saved(folder: Path, stack: Stack, device: str) -> None:
        save(folder, stack, device)
        say(log, "kept", len(stack.history) - 1, stack.runs)

    return saved


if __name__ == "__main__":
    log_file = Path(sys.argv.pop(1))
    part2.SEARCHES = {"assigned": plan}  # type: ignore[dict-item]
    # Workers are forked, and so have it too.
    runner.advance = saying_advance(log_file)  # type: ignore[assignment]
    kept.save = saying_save(log_file)  # type: ignore[assignment]
    sys.exit(command.process())
