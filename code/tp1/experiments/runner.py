"""How a plan is carried out: stacks go epoch by epoch to workers, and every finished epoch is kept.

A worker is anything that a `concurrent.futures.Executor` runs functions on. What travels is a `Stack`, a few
megabytes; the images stay with the worker, which reads them once.
"""

import hashlib
import multiprocessing
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from tp1.experiments.errors import ResultsError
from tp1.experiments.images import fashion_mnist
from tp1.experiments.lockstep import Stack, advance, start
from tp1.experiments.plans import Run
from tp1.experiments.progress import Progress
from tp1.experiments.provenance import fingerprint
from tp1.experiments.schedule import Task, divide, left
from tp1.learning.errors import HyperparameterError


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
def local(workers: int, pixels: Iterable[str], device: str) -> Iterator[Executor]:
    """Give an executor on this machine: this process for one worker or a GPU, otherwise processes.

    Where processes can be forked they share the images, which are read here beforehand.
    """
    with one_thread():
        for kind in sorted(set(pixels)):
            fashion_mnist(kind, device)
        if workers == 1 or device != "cpu":
            yield Serial()
            return
        method = "fork" if sys.platform == "linux" else "spawn"
        context = multiprocessing.get_context(method)
        executor = ProcessPoolExecutor(
            workers, context, initializer=torch.set_num_threads, initargs=(1,)
        )
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)


def default_workers(device: str) -> int:
    """Give the number of workers that this machine is quickest with: one for a GPU, else one a core."""
    return 1 if device != "cpu" else os.cpu_count() or 1


def work(task: Task, device: str) -> Stack:
    """Start a stack, or train it for one more epoch; what a worker does."""
    runs = task if isinstance(task, list) else task.runs
    sets = fashion_mnist(runs[0].config.pixels, device)
    stack = start(task, sets) if isinstance(task, list) else task
    stack = stack if stack.finished else advance(stack, sets)
    return replace(
        stack,
        theta=stack.theta.cpu(),
        m=stack.m.cpu(),
        v=stack.v.cpu(),
        best=stack.best.cpu(),
    )


def train(
    runs: list[Run],
    executor: Executor,
    workers: int,
    device: str,
    unfinished: Path,
    progress: Progress,
) -> Iterator[Stack]:
    """Train runs to their last epoch; give every stack as it is finished.

    Parameters
    ----------
    unfinished : Path
        A folder in which stacks are kept after every epoch. What is found there is not done again.
    """
    for run in runs:
        n = len(fashion_mnist(run.config.pixels, device).train.x)
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
    groups = divide(runs, workers)
    tasks: list[Task] = [
        load(unfinished / name(members), members) or members for members in groups
    ]
    progress.begin(tasks)
    todo = []
    for task in tasks:
        if isinstance(task, Stack) and task.finished:
            yield task
        else:
            todo.append(task)
    running: set[Future[Stack]] = set()
    while todo or running:
        # The longest first: the short ones fill the end.
        todo.sort(key=left)
        while todo and len(running) < workers:
            running.add(executor.submit(work, todo.pop(), device))
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            stack = owned(future.result())
            save(unfinished / name(stack.runs), stack)
            progress.advanced(stack)
            if stack.finished:
                yield stack
            else:
                todo.append(stack)
    progress.close()


def owned(stack: Stack) -> Stack:
    """Copy tensors out of the shared memory in which a worker's process hands them over; it is scarce."""
    return replace(
        stack,
        theta=stack.theta.clone(),
        m=stack.m.clone(),
        v=stack.v.clone(),
        best=stack.best.clone(),
    )


def name(runs: list[Run]) -> str:
    """Name the file of a stack after all that its numbers depend on."""
    return hashlib.sha256(f"{fingerprint()} {runs}".encode()).hexdigest()[:20] + ".pt"


def save(path: Path, stack: Stack) -> None:
    """Keep a stack: written aside, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(f".{os.getpid()}")
    state = {**vars(stack), "history": torch.from_numpy(stack.history)}
    del state["runs"]
    torch.save(state, aside)
    aside.replace(path)


def load(path: Path, runs: list[Run]) -> Stack | None:
    """Find a stack that was kept; None if there is none, or if its file is damaged and so of no use."""
    if not path.is_file():
        return None
    try:
        state = torch.load(path, weights_only=True)
        return Stack(runs=runs, **{**state, "history": state["history"].numpy()})
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, TypeError):
        path.unlink()
        return None
