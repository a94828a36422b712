"""Where numbers come from: the code that made them, the data, the versions, the machine."""

import ast
import hashlib
import io
import platform
import tokenize
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from tp1.learning.data import SPLIT_SEED, checksums

PACKAGE = Path(__file__).parents[1]
ENTRY = "tp1.experiments.lockstep"


@lru_cache
def fingerprint(entry: str = ENTRY) -> str:
    """Hash a module and all that it imports; by default what training executes, the lock-step."""
    found, todo = dict[str, str](), [entry]
    while todo:
        name = todo.pop()
        path = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
        if name not in found and path.is_file():
            source = path.read_text(encoding="utf-8")
            found[name] = statements(source)
            todo += imported(source)
    text = "\n".join(f"{name}\n{found[name]}" for name in sorted(found))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def imported(source: str) -> list[str]:
    """Name the modules of this package that a module imports from."""
    nodes = ast.walk(ast.parse(source))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return [name for name in names if name.startswith("tp1.")]


def statements(source: str) -> str:
    """Leave out what does not count: comments, docstrings, blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            doc = node.body[0]
            first, last = doc.lineno - 1, doc.end_lineno or doc.lineno
            lines[first:last] = [""] * (last - first)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def provenance(device: torch.device, workers: int) -> dict[str, object]:
    """Say where numbers that are computed now come from."""
    return {
        "code": fingerprint(),
        "data": {"files": checksums("train"), "split_seed": SPLIT_SEED},
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        "machine": machine(device),
        "workers": workers,
    }


def machine(device: torch.device) -> str:
    """Name what computes: the GPU, or the processor and the number of its cores."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":")[1].strip() for line in lines if "model name" in line]
        model = names[0] if names else model
    cores = torch.multiprocessing.cpu_count()
    return f"{model}, {cores} cores, {torch.backends.cpu.get_cpu_capability()}"
