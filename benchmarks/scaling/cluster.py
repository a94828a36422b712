"""A Dask cluster on this machine: how much quicker more workers are, and a search that loses a worker."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tp1.experiments import stages
from tp1.experiments.plans import Config, Run, runs_of
from tp1.experiments.results import read_results
from tp1.experiments.stages import Session

SERVER = """
import asyncio
from distributed import {kind}
async def serve():
    async with {kind}({arguments}) as server:
        print(server.address, flush=True)
        await server.finished()
asyncio.run(serve())
"""
Server = tuple[subprocess.Popen[str], str]


def serve(kind: str, arguments: str) -> Server:
    """Start a scheduler or a worker in a process of its own; give it with its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER.format(kind=kind, arguments=arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return process, (process.stdout.readline() if process.stdout else "").strip()


@contextmanager
def running(workers: int) -> Iterator[tuple[str, list[Server]]]:
    """Run a scheduler and some workers of one thread; give its address, and them."""
    head, address = serve(
        "Scheduler", "host='127.0.0.1', port=0, dashboard_address=':0'"
    )
    hands = [
        serve("Worker", f"{address!r}, nthreads=1, memory_limit=0")
        for _ in range(workers)
    ]
    try:
        yield address, hands
    finally:
        for process, _ in [*hands, (head, address)]:
            process.kill()
            process.communicate()


def plan(quick: bool) -> list[Run]:
    """Give the search that is timed: networks of about a second each."""
    epochs, seeds = (1, 4) if quick else (2, 24)
    config = Config("sgd", 0.001, 20, epochs, depth=3, width=100)
    return runs_of([config], seeds)


def throughput(kind: str, workers: int, quick: bool) -> dict[str, Any]:
    """Time a search with some workers: processes of this machine, or those of a cluster."""
    runs = plan(quick)
    with tempfile.TemporaryDirectory(prefix="tp1-bench-") as folder:
        if kind == "cluster":
            with running(workers) as (address, _):
                session = Session(Path(folder), "auto", 1, True, address)
                seconds = timed(runs, session)
        else:
            seconds = timed(runs, Session(Path(folder), "cpu", workers, True))
    return {
        "kind": kind,
        "workers": workers,
        "runs": len(runs),
        "seconds": seconds,
    }


def timed(runs: list[Run], session: Session) -> float:
    """Time a search, from connecting to writing its results."""
    began = time.perf_counter()
    stages.search("timed", runs, session)
    return time.perf_counter() - began


def log(results: Path) -> dict[str, Any]:
    """Carry out the assignment's search, one seed, on a cluster of two, one of which is killed on the way.

    The numbers are compared with the frozen ones.
    """
    said: list[tuple[float, str]] = []
    began = time.perf_counter()

    def say(what: str) -> None:
        said.append((round(time.perf_counter() - began, 1), what))

    with (
        tempfile.TemporaryDirectory(prefix="tp1-bench-") as folder,
        running(2) as found,
    ):
        address, hands = found
        say("scheduler and two workers of one thread, processes of their own")
        command = ["run", "part2", "--only", "assigned", "--seeds", "1"]
        search = subprocess.Popen(
            [
                *(sys.executable, "-m", "tp1", *command),
                *("--scheduler", address, "--output", folder),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        say(f"$ python -m tp1 {' '.join(command)} --scheduler …")
        kept = Path(folder, "part2", ".unfinished")
        while search.poll() is None and not (kept.is_dir() and any(kept.iterdir())):
            time.sleep(0.05)
        say("the first epochs are kept")
        time.sleep(3)
        os.kill(hands[0][0].pid, signal.SIGKILL)
        say("kill -9 of the first worker")
        search.wait()
        say(f"the search ends, exit status {search.returncode}")
        new = read_results(Path(folder, "part2", "assigned")).history
    frozen = read_results(results / "part2" / "assigned").history
    same = sum(bool((history == frozen[run]).all()) for run, history in new.items())
    say(f"{same} of {len(new)} runs have the frozen numbers, digit by digit")
    return {"lines": said, "runs": len(new), "same": same}
