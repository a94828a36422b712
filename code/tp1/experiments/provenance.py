"""Where numbers come from: the code that made them, the data, the versions, the machine."""

import platform
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from tp1.imports import closure, digest
from tp1.learning.data import SPLIT_SEED, checksums

ENTRY = "tp1.experiments.lockstep"


@lru_cache
def modules(entry: str = ENTRY) -> dict[str, str]:
    """Digest a module and all that it imports; by default what training executes, the lock-step."""
    return closure(f"import {entry}")


def fingerprint(entry: str = ENTRY) -> str:
    """Hash a module and all that it imports; by default what training executes, the lock-step."""
    return digest("\n".join(f"{name} {d}" for name, d in modules(entry).items()))


def versions() -> dict[str, str]:
    """Give the versions of what computes."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
    }


def provenance(machine: str, workers: int) -> dict[str, object]:
    """Say where numbers that are computed now, on a machine with a number of workers, come from."""
    return {
        "code": fingerprint(),
        "modules": modules(),
        "data": {"files": checksums("train"), "split_seed": SPLIT_SEED},
        "versions": versions(),
        "machine": machine,
        "workers": workers,
    }


def machine(device: str) -> str:
    """Name what computes: the GPU, or the processor and the number of its cores."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":")[1].strip() for line in lines if "model name" in line]
        model = names[0] if names else model
    cores = torch.multiprocessing.cpu_count()
    return f"{model}, {cores} cores, {torch.backends.cpu.get_cpu_capability()}"
