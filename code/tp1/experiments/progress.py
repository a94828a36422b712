"""How far a plan is: a bar with the rate and the time left."""

import time
from collections.abc import Iterable

from tqdm import tqdm

from tp1.experiments.costs import IMAGES
from tp1.experiments.lockstep import Stack
from tp1.experiments.schedule import Task, cost, left, runs_of_task


class Progress:
    """Counts the epochs of stacks, each weighted by what it costs.

    Parameters
    ----------
    label : str
        What is being trained.
    quiet : bool
        Show nothing.
    """

    def __init__(self, label: str, quiet: bool = False) -> None:
        self.label, self.quiet = label, quiet
        self.runs = self.finished = self.images = 0
        self.resumed = False

    def begin(self, tasks: Iterable[Task]) -> None:
        """Show the bar; what stacks have done already counts as done."""
        tasks = list(tasks)
        self.total = sum(left(runs_of_task(task)) for task in tasks)
        self.runs = sum(len(runs_of_task(task)) for task in tasks)
        started = [task for task in tasks if isinstance(task, Stack)]
        self.resumed = bool(started)
        self.finished = sum(len(task.runs) for task in started if task.finished)
        self.began = time.perf_counter()
        self.bar = tqdm(
            desc=self.label,
            total=self.total,
            initial=self.total - sum(left(task) for task in tasks),
            disable=self.quiet,
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
        )

    def advanced(self, stack: Stack) -> None:
        """Count one more epoch of a stack."""
        self.images += IMAGES * len(stack.runs)
        self.finished += len(stack.runs) * stack.finished
        rate = self.images / (time.perf_counter() - self.began) / 1e6
        self.bar.set_postfix_str(
            f"{self.finished}/{self.runs} runs, {rate:.2f} M images/s", refresh=False
        )
        # Rounding may carry the sum past the total, which the bar takes ill.
        self.bar.update(min(cost(stack.runs), self.total - self.bar.n))

    def close(self) -> None:
        """End the bar."""
        self.bar.close()
