"""The same plan on a real Dask cluster: processes of their own, some of which die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.scaling.cluster import SERVER

from tp1.experiments import cluster as clusters
from tp1.experiments.cluster import cluster
from tp1.experiments.errors import ResultsError

pytest.importorskip("distributed")

# Images of the tests instead of the published ones, in every process.
SMALL_DATA = """
import hashlib, os, sys
from pathlib import Path
from torchvision.datasets import FashionMNIST
raw = Path(os.environ["TP1_DATA_DIR"]) / "FashionMNIST" / "raw"
FashionMNIST.resources = [
    (path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted(raw.glob("*.gz"))
]
"""
COMMAND = (
    SMALL_DATA + "from tp1.__main__ import main\nif __name__ == '__main__': main()\n"
)
Start = Callable[..., tuple[subprocess.Popen[bytes], str]]
Search = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def environment(write_small_data) -> dict[str, str]:
    return {**os.environ, "TP1_DATA_DIR": str(write_small_data(1500))}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Start a scheduler or a worker; give it with its address. All are killed in the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, arguments: str) -> tuple[subprocess.Popen[bytes], str]:
        code = SMALL_DATA + SERVER.format(kind=kind, arguments=arguments)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().decode().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def scheduler(start: Start, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
    return start("Scheduler", f"host='127.0.0.1', port={port}, dashboard_address=':0'")


def worker(start: Start, address: str) -> subprocess.Popen[bytes]:
    return start("Worker", f"{address!r}, nthreads=1, memory_limit=0")[0]


@pytest.fixture
def search(environment: dict[str, str], tmp_path: Path) -> Iterator[Search]:
    """Start the assignment's search, with the options and in the folder that are asked for."""
    started: list[subprocess.Popen[str]] = []

    def search(folder: str, *options: str) -> subprocess.Popen[str]:
        arguments = ["run", "part2", "--only", "assigned", "--seeds", "1", *options]
        arguments += ["--output", str(tmp_path / folder)]
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                COMMAND.replace("main()\n", f"sys.exit(main({arguments}))\n"),
            ],
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process

    yield search
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def serial(search: Search, tmp_path: Path) -> bytes:
    """What the search gives on this machine alone."""
    assert search("serial", "--workers", "1").wait() == 0
    return numbers(tmp_path / "serial")


def numbers(folder: Path) -> bytes:
    return (folder / "part2/assigned.csv").read_bytes()


def wait_until_something_is_kept(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not list(folder.glob("part2/.unfinished/*.pt")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_the_search_completes_though_a_worker_is_killed(
    start: Start, search: Search, serial: bytes, tmp_path: Path
) -> None:
    _, address = scheduler(start)
    first = worker(start, address)
    worker(start, address)
    process = search("cluster", "--scheduler", address)
    wait_until_something_is_kept(tmp_path / "cluster")
    first.kill()
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    assert numbers(tmp_path / "cluster") == serial


@pytest.mark.slow
def test_a_search_whose_scheduler_dies_says_so_and_goes_on_later(
    start: Start, search: Search, serial: bytes, tmp_path: Path
) -> None:
    head, address = scheduler(start)
    worker(start, address)
    process = search("cluster", "--scheduler", address)
    wait_until_something_is_kept(tmp_path / "cluster")
    head.send_signal(signal.SIGKILL)
    errors = process.communicate()[1]
    assert process.returncode == 2, errors
    assert f"the scheduler at {address} has gone: the same command goes on" in errors
    assert "Traceback" not in errors
    kept = list((tmp_path / "cluster/part2/.unfinished").glob("*.pt"))
    assert kept
    _, again = scheduler(start)
    worker(start, again)
    process = search("cluster", "--scheduler", again)
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    assert numbers(tmp_path / "cluster") == serial


def test_where_nothing_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 0.5)
    with (
        pytest.raises(ResultsError, match=r"no Dask scheduler answers at tcp://127"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
    with (
        pytest.raises(ResultsError, match="no Dask scheduler answers at nonsense"),
        cluster("nonsense://x"),
    ):
        pass


def test_workers_that_would_compute_something_else_are_refused() -> None:
    good = clusters.WorkerState(clusters.code(), "", False, "m")

    class Client:
        def __init__(self, *states: clusters.WorkerState) -> None:
            self.states = states

        def wait_for_workers(self, number: int, timeout: float) -> None:
            if not self.states:
                raise TimeoutError

        def run(self, _: object) -> dict[str, clusters.WorkerState]:
            return {f"w{i}": state for i, state in enumerate(self.states)}

        def nthreads(self) -> dict[str, int]:
            return {f"w{i}": 2 for i, _ in enumerate(self.states)}

    gpu = good._replace(cuda=True, machine="g")
    ready = clusters.ready
    assert ready(Client(good, gpu), "a", "auto") == (4, "cpu", "a cluster: g; m")
    assert ready(Client(gpu), "a", "auto")[1] == "cuda"
    assert ready(Client(gpu), "a", "cpu")[1] == "cpu"
    other = {**clusters.code(), "torch": "1.0"}
    for states, device, says in (
        ((), "auto", "has no worker: start some with `dask worker a`"),
        ((good, good._replace(code=other)), "auto", "w1 has other code or versions"),
        ((good._replace(data="x is missing"),), "auto", "w0: x is missing"),
        ((gpu, good), "cuda", "no CUDA on w1"),
    ):
        with pytest.raises(ResultsError, match=says):
            ready(Client(*states), "a", device)
