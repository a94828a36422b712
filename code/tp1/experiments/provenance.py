"""Where numbers come from: the code that made them, the data, the versions, the machine."""

import ast
import hashlib
import platform
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from tp1.learning.data import SPLIT_SEED, checksums

PACKAGE = Path(__file__).parents[1]
ENTRY = "tp1.experiments.lockstep"


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """Hash the code that training executes: the lock-step and all that it imports, without its docstrings."""
    digest, seen, todo = hashlib.sha256(), set[str](), [ENTRY]
    while todo:
        name = todo.pop()
        path = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
        if name in seen or not path.is_file():
            continue
        seen.add(name)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        todo += imports(tree)
    for name in sorted(seen):
        path = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
        tree = without_docstrings(ast.parse(path.read_text(encoding="utf-8")))
        digest.update(f"{name}\n{ast.unparse(tree)}\n".encode())
    return digest.hexdigest()[:16]


def imports(tree: ast.Module) -> Iterator[str]:
    """Name the modules of this package that a module imports from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tp1."):
            yield node.module or ""


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Empty the docstrings of a module, in place."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
            and isinstance(node.body[0], ast.Expr)
        ):
            node.body[0].value = ast.Constant("")
    return tree


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
