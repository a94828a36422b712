"""Workers beyond this machine: the processes of a Dask cluster, as one more `concurrent.futures.Executor`.

What travels is pickled by Dask between machines that trust one another; a scheduler that strangers can reach
needs Dask's own TLS. The images do not travel: every worker reads its own copy.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch

from tp1.experiments.errors import ResultsError
from tp1.experiments.provenance import fingerprint, machine, versions
from tp1.experiments.runner import GO_ON, Workers
from tp1.learning.data import raw_folder, verify
from tp1.learning.errors import DataError

PATIENCE = 15  # seconds to find a scheduler and its first worker


class WorkerState(NamedTuple):
    """What a worker says of itself.

    Attributes
    ----------
    code : dict
        Fingerprint and versions.
    data : str
        What is wrong with its images; empty if nothing is.
    cuda : bool
    machine : str
    """

    code: dict[str, str]
    data: str
    cuda: bool
    machine: str


@contextmanager
def cluster(address: str, device: str = "auto") -> Iterator[Workers]:
    """Connect to a Dask scheduler such as ``tcp://host:8786``.

    Parameters
    ----------
    address : str
    device : {"auto", "cpu", "cuda"}
        auto: CUDA if every worker has it. A worker of one thread trains one stack at a time: for GPUs, start
        one for each.

    Raises
    ------
    ResultsError
        If `distributed` is not installed, nothing answers, no worker comes, a worker has other code or lacks
        the data or the device; or, later, if the scheduler goes, or workers die again and again.
    """
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError as error:
        raise ResultsError(
            f"--scheduler needs {error.name}: pip install 'tp1[cluster]'"
        ) from error
    # What goes wrong is said here, once, and not by every part of Dask that notices, some after the end.
    logging.disable(logging.ERROR)
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ResultsError(f"no Dask scheduler answers at {address}: {error}") from None
    try:
        yield Workers(client.get_executor(pure=False), *ready(client, address, device))
    except CancelledError as error:
        raise ResultsError(f"the scheduler at {address} has gone: {GO_ON}") from error
    except KilledWorker as error:
        raise ResultsError(
            f"workers die again and again, the last one {error.last_worker.address}: {GO_ON}"
        ) from error
    finally:
        client.close(timeout=PATIENCE)


def ready(client: Any, address: str, device: str) -> tuple[int, str, str]:
    """Wait for a worker, and look at all that there are; give how many tasks they take, on what and where.

    Raises
    ------
    ResultsError
        As `cluster` says.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise ResultsError(
            f"the scheduler at {address} has no worker: start some with `dask worker {address}`"
        ) from None
    states: dict[str, WorkerState] = client.run(state)
    for worker, found in states.items():
        if found.code != code():
            raise ResultsError(
                f"worker {worker} has other code or versions ({found.code}, here {code()}): "
                "install the same there"
            )
        if found.data:
            raise ResultsError(f"worker {worker}: {found.data}")
    without = [worker for worker, found in states.items() if not found.cuda]
    if device == "cuda" and without:
        raise ResultsError(f"no CUDA on {', '.join(without)}: --device cpu")
    chosen = "cpu" if without or device == "cpu" else "cuda"
    machines = sorted({found.machine for found in states.values()})
    number = sum(client.nthreads().values())
    return number, chosen, f"a cluster: {'; '.join(machines)}"


def state() -> WorkerState:
    """Say what a worker has."""
    cuda = torch.cuda.is_available()
    try:
        verify(raw_folder(), "train")
        data = ""
    except DataError as error:
        data = str(error)
    return WorkerState(code(), data, cuda, machine("cuda" if cuda else "cpu"))


def code() -> dict[str, str]:
    """Give what a worker must have in common with this process."""
    return {"code": fingerprint(), **versions()}
