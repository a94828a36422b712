"""Processes of their own for the sides, and the memory that they take together."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PERIOD = 0.1


def isolated(
    module: str, function: str, spec: dict[str, Any], sample_memory: bool = False
) -> dict[str, Any]:
    """Call a function of a side in a fresh process; give what it measured, and ``took_s``, the whole call.

    With `sample_memory` the result has ``peak_pss_mb`` too. To read the share of some hundred thousand pages
    takes the kernel tens of milliseconds a process, so what is timed is not sampled.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    with tempfile.TemporaryDirectory(prefix="tp1-bench-") as folder:
        path = Path(folder) / "values.json"
        command = ["-m", "benchmarks.softmax.child", module, function, str(path)]
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            # What a side that is interrupted leaves goes with the folder.
            env={**os.environ, "TMPDIR": folder},
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        peak = Peak(process.pid) if sample_memory else None
        try:
            process.communicate(json.dumps(spec))
        finally:
            # The workers that a side has started too, when it is interrupted.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        about = {"took_s": time.perf_counter() - began}
        if peak:
            about["peak_pss_mb"] = peak.stop()
        if process.returncode:
            raise RuntimeError(f"{module}.{function} {spec}: it failed, see above")
        return {**json.loads(path.read_text(encoding="utf-8")), **about}


class Peak:
    """The largest memory of a process and its descendants, sampled by a thread until `stop`."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.ended.wait(PERIOD):
            self.peak = max(self.peak, sum(map(pss_mb, family(self.pid))))

    def stop(self) -> float:
        """Stop sampling; give the peak in MB, 0 where the kernel does not tell."""
        self.ended.set()
        self.thread.join()
        return self.peak


def family(pid: int) -> list[int]:
    """List a process and its descendants."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything: count from the last bracket.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children[parent].append(int(stat.parent.name))
    found = [pid]
    for member in found:
        found += children[member]
    return found


def pss_mb(pid: int) -> float:
    """Read the proportional set size of a process in MB (10⁶ bytes); 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1.024e-3 for line in lines if line[:4] == "Pss:")
