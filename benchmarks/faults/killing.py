"""Processes that are killed with all that they have started, as `kill -9` does it: nothing is cleared up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.softmax.processes import family

ROOT = Path(__file__).parents[2]
POLL = 0.0005

Moment = Callable[[], bool]


def begin(module: str, arguments: Sequence[object]) -> subprocess.Popen[bytes]:
    """Start a module of Python's as a process; what it prints is kept in it."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "code")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that must end well."""
    said = process.communicate()[0].decode(errors="replace")
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}:\n{said}")


def kill_at(process: subprocess.Popen[bytes], moment: Moment) -> bool:
    """Kill a process and its descendants once a moment has come; False if it has ended before."""
    while not moment():
        if process.poll() is not None:
            finish(process)
            return False
        time.sleep(POLL)
    # The parent first: it must not see that its children die.
    for pid in family(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def after(seconds: float) -> Moment:
    """Give the moment when some time has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def once(seen: Callable[[], object], seconds: float) -> Moment:
    """Give the moment when some time has passed since something was seen."""
    end: list[float] = []

    def come() -> bool:
        if not end and seen():
            end.append(time.monotonic() + seconds)
        return bool(end) and time.monotonic() >= end[0]

    return come
