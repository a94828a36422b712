"""What stacks cost, and how runs are divided into stacks for some workers."""

from tp1.experiments.lockstep import Stack
from tp1.experiments.plans import Run, stacks

IMAGES = 60_000  # an epoch trains on most of them and evaluates all
RATE = 6e10  # operations a second of one core

Task = Stack | list[Run]  # a stack on its way, or the runs of one that is not started


def runs_of_task(task: Task) -> list[Run]:
    """Give the runs of a task."""
    return task.runs if isinstance(task, Stack) else task


def cost(runs: list[Run]) -> float:
    """Estimate an epoch of a stack, in seconds of one core: to order the work and to weigh the progress.

    A step has operations to launch, parameters to go through, and products to compute, which the evaluation
    has too: its are a third of those of training.
    """
    config, parameters = runs[0].config, len(runs) * runs[0].config.parameters
    adam = config.optimiser == "adam"
    launched = (1.2e-5 + 1e-5 * adam) * (1 + config.depth)
    moved = parameters * (2e-10 + 1.2e-9 * adam)
    computed = parameters * config.batch_size * (6 if config.depth else 4) / RATE
    evaluated = IMAGES * parameters * 2 / RATE
    return IMAGES / config.batch_size * (launched + moved + computed) + evaluated


def left(task: Task) -> float:
    """Estimate what a task still costs."""
    runs = runs_of_task(task)
    done = len(task.history) - 1 if isinstance(task, Stack) else 0
    return cost(runs) * (runs[0].config.epochs - done)


def divide(runs: list[Run], workers: int) -> list[list[Run]]:
    """Divide runs into stacks; one that would keep the other workers waiting is cut in two, between seeds."""
    groups = stacks(runs)
    share = sum(map(left, groups)) / workers
    while True:
        groups.sort(key=left)
        longest = groups[-1] if groups else []
        seeds = sorted({run.seed for run in longest})
        if workers == 1 or len(seeds) < 2 or left(longest) < 1.4 * share:
            return groups
        half = seeds[: (len(seeds) + 1) // 2]
        groups[-1:] = [
            [run for run in longest if (run.seed in half) == first]
            for first in (True, False)
        ]
