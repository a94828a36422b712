"""How runs are divided into stacks for some workers, by what the stacks cost."""

from heapq import heappop, heappush
from itertools import count
from math import ceil

from tp1.experiments import costs
from tp1.experiments.lockstep import Stack, abreast
from tp1.experiments.plans import Run, stacks

Task = Stack | list[Run]  # a stack on its way, or the runs of one that is not started


def runs_of_task(task: Task) -> list[Run]:
    """Give the runs of a task."""
    return task.runs if isinstance(task, Stack) else task


def cost(runs: list[Run]) -> float:
    """Estimate an epoch of a stack, in seconds of one core: to order the work and to weigh the progress."""
    config = runs[0].config
    groups = len({run.seed for run in runs}) if abreast(config) > 1 else len(runs)
    return costs.epoch(config, len(runs), groups)


def left(task: Task) -> float:
    """Estimate what a task still costs."""
    runs = runs_of_task(task)
    done = len(task.history) - 1 if isinstance(task, Stack) else 0
    return cost(runs) * (runs[0].config.epochs - done)


class Longest:
    """The tasks that wait. The longest goes first: the short ones fill the end."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Task]] = []
        self._count = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, task: Task) -> None:
        """Let a task wait."""
        heappush(self._heap, (-left(task), next(self._count), task))

    def pop(self) -> Task:
        """Take the task that costs most; of several, the one that has waited longest."""
        return heappop(self._heap)[2]


def divide(runs: list[Run], workers: int) -> list[list[Run]]:
    """Divide runs into stacks that are worth it; cut in two what would keep the other workers waiting.

    A cut goes between seeds. What a stack holds changes how long it takes, not what it computes.
    """
    groups = [part for stack in stacks(runs) for part in worthwhile(stack)]
    share = sum(map(left, groups)) / workers
    while True:
        groups.sort(key=left)
        longest = groups[-1] if groups else []
        halves = between_seeds(longest, 2)
        if workers == 1 or len(halves) < 2 or left(longest) < 1.4 * share:
            return groups
        groups[-1:] = halves


def worthwhile(runs: list[Run]) -> list[list[Run]]:
    """Cut a stack where more runs together would gain little: workers share smaller ones more evenly."""
    config, wide = runs[0].config, abreast(runs[0].config)
    together = costs.enough(config, wide) * wide
    return between_seeds(runs, ceil(len(runs) / together))


def between_seeds(runs: list[Run], parts: int) -> list[list[Run]]:
    """Cut the runs of a stack into some parts, or as many as it has seeds if they are fewer."""
    seeds = sorted({run.seed for run in runs})
    parts = min(parts, len(seeds))
    return [
        [run for run in runs if run.seed in seeds[part::parts]] for part in range(parts)
    ]
