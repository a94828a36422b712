"""How a plan is carried out: stacks go epoch by epoch to workers, and every finished epoch is kept.

A worker is anything that a `concurrent.futures.Executor` runs functions on. What travels is a `Stack`, a few
megabytes; the images stay with the worker, which reads them once.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from tp1.experiments import kept
from tp1.experiments.errors import ResultsError
from tp1.experiments.images import fashion_mnist
from tp1.experiments.lockstep import Stack, advance, start
from tp1.experiments.plans import Run
from tp1.experiments.progress import Progress
from tp1.experiments.provenance import machine
from tp1.experiments.schedule import Longest, Task, divide
from tp1.learning.errors import HyperparameterError

GO_ON = "the same command goes on from the epochs that are kept"


class Workers(NamedTuple):
    """An executor, how many tasks it takes at a time, what they are computed on, and where."""

    executor: Executor
    number: int
    device: str
    machine: str


class Serial(Executor):
    """Runs everything here and now."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Run a function; give its result as a future that is done."""
        future: Future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: two processes of one thread are quicker than one process of two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def local(workers: int, pixels: Iterable[str], device: str) -> Iterator[Workers]:
    """Give workers on this machine: this process for one or for a GPU, otherwise processes.

    Where processes can be forked they share the images, which are read here beforehand.

    Raises
    ------
    ResultsError
        If a process dies, such as for want of memory.
    """
    with one_thread():
        for kind in sorted(set(pixels)):
            fashion_mnist(kind, device)
        if workers == 1 or device != "cpu":
            yield Workers(Serial(), workers, device, machine(device))
            return
        method = "fork" if sys.platform == "linux" else "spawn"
        context = multiprocessing.get_context(method)
        executor = ProcessPoolExecutor(workers, context, initializer=begin_work)
        try:
            yield Workers(executor, workers, device, machine(device))
        except BrokenExecutor as error:
            raise ResultsError(f"a worker's process has died: {GO_ON}") from error
        finally:
            executor.shutdown(cancel_futures=True)


def begin_work() -> None:
    """Set a worker's process up: one thread, and an interruption is the parent's affair."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def default_workers(device: str) -> int:
    """Give the number of workers that this machine is quickest with: one for a GPU, else one a core."""
    return 1 if device != "cpu" else os.cpu_count() or 1


def work(task: Task, device: str) -> Stack:
    """Start a stack, or train it for one more epoch; what a worker does."""
    runs = task if isinstance(task, list) else task.runs
    with one_thread():
        sets = fashion_mnist(runs[0].config.pixels, device)
        stack = start(task, sets) if isinstance(task, list) else task
        stack = stack if stack.finished else advance(stack, sets)
        return each_tensor(stack, Tensor.cpu)


def train(
    runs: list[Run], workers: Workers, unfinished: Path, progress: Progress
) -> Iterator[Stack]:
    """Train runs to their last epoch; give every stack as it is finished.

    Parameters
    ----------
    unfinished : Path
        A folder in which stacks are kept after every epoch. What is found there is not done again.
    """
    executor, number, device, _ = workers
    for run in runs:
        n = len(fashion_mnist(run.config.pixels, "cpu").train)
        if run.config.batch_size > n:
            raise HyperparameterError(
                f"batch size {run.config.batch_size}: the training set has {n} images"
            )
    try:
        unfinished.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultsError(
            f"{unfinished.parent} cannot be written to ({error.strerror}): name another folder"
        ) from error
    started = kept.find(unfinished, runs, device)
    known = {run for stack in started for run in stack.runs}
    new = divide([run for run in runs if run not in known], number)
    tasks: list[Task] = [*started, *new]
    progress.begin(tasks)
    todo = Longest()
    for task in tasks:
        if isinstance(task, Stack) and task.finished:
            yield task
        else:
            todo.add(task)
    running: set[Future[Stack]] = set()
    while todo or running:
        while todo and len(running) < number:
            running.add(executor.submit(work, todo.pop(), device))
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            stack = owned(future.result())
            kept.save(unfinished, stack, device)
            progress.advanced(stack)
            if stack.finished:
                yield stack
            else:
                todo.add(stack)
    progress.close()


def owned(stack: Stack) -> Stack:
    """Copy tensors out of the shared memory in which a worker's process hands them over; it is scarce."""
    return each_tensor(stack, Tensor.clone)


def each_tensor(stack: Stack, change: Callable[[Tensor], Tensor]) -> Stack:
    """Change every tensor of a stack."""

    def changed(layers: list[Tensor]) -> list[Tensor]:
        return [change(layer) for layer in layers]

    return replace(
        stack,
        theta=changed(stack.theta),
        m=changed(stack.m),
        v=changed(stack.v),
        best=changed(stack.best),
    )
