"""What is kept of stacks that are not finished: a file each, which says its runs, its code and its device.

A stack is found again by its runs, however the work is divided by then: for more workers, or with more seeds.
A file begins with the SHA-256 of the rest, for PyTorch reads numbers that were altered without a word.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from tp1.experiments.errors import ResultsError
from tp1.experiments.lockstep import Stack
from tp1.experiments.plans import Config, Run
from tp1.experiments.provenance import fingerprint

SUFFIX = ".pt"
DIGEST = 32  # bytes of a SHA-256


def save(folder: Path, stack: Stack, device: str) -> None:
    """Keep a stack: written aside, then renamed.

    Raises
    ------
    ResultsError
        If the folder cannot be written to; what was kept before is still there.
    """
    path = folder / name(stack.runs)
    aside = path.with_suffix(f".{os.getpid()}")
    runs = [{**asdict(run.config), "seed": run.seed} for run in stack.runs]
    state = {**vars(stack), "runs": runs, "history": torch.from_numpy(stack.history)}
    buffer = io.BytesIO()
    torch.save({"code": fingerprint(), "device": device, "stack": state}, buffer)
    content = buffer.getvalue()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(hashlib.sha256(content).digest() + content)
        aside.replace(path)
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be written ({error.strerror}): make room or name another folder, "
            "then the same command goes on from the epochs that are kept"
        ) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)  # there only if it was not renamed


def find(folder: Path, wanted: Iterable[Run], device: str) -> list[Stack]:
    """Give the stacks that were kept of some runs on a device; files that are of no use are removed.

    No other process may be saving there: what it has aside is taken for what a kill left.
    """
    for path in folder.glob("*"):
        if path.is_file() and path.suffix.removeprefix(".").isdigit():
            path.unlink()
    missing = set(wanted)
    found = []
    for _, of, stack in stacks(folder):
        if of == device and missing.issuperset(stack.runs):
            missing.difference_update(stack.runs)
            found.append(stack)
    return found


def forget(folder: Path, runs: Iterable[Run]) -> None:
    """Remove what was kept of runs that are finished, and the folder if nothing else is in it."""
    done = set(runs)
    for path, _, stack in stacks(folder):
        if done.intersection(stack.runs):
            path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def stacks(folder: Path) -> Iterator[tuple[Path, str, Stack]]:
    """Read the stacks of a folder: file, device, stack; remove files that are damaged, or of other code."""
    for path in filter(Path.is_file, sorted(folder.glob(f"*{SUFFIX}"))):
        found = read(path)
        if found:
            yield path, *found
        else:
            path.unlink()


def read(path: Path) -> tuple[str, Stack] | None:
    """Read what `save` wrote, device and stack; None if it is damaged, or of other code."""
    content = path.read_bytes()
    if hashlib.sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        return None
    try:
        state = torch.load(io.BytesIO(content[DIGEST:]), weights_only=True)
        if state["code"] == fingerprint():
            return str(state["device"]), revived(state["stack"])
    except Exception:  # noqa: BLE001 - whatever it is, nothing that `save` writes fails
        return None
    return None


def revived(state: dict[str, Any]) -> Stack:
    """Make a stack of what `save` wrote."""
    runs = []
    for fields in state["runs"]:
        config = {name: value for name, value in fields.items() if name != "seed"}
        runs.append(Run(Config(**config), fields["seed"]))
    return Stack(**{**state, "runs": runs, "history": state["history"].numpy()})


def name(runs: list[Run]) -> str:
    """Name the file of a stack."""
    return hashlib.sha256(repr(runs).encode()).hexdigest()[:20] + SUFFIX
