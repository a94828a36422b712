"""``python -m tp1 status``: which frozen results and chapters still belong to the code, and which do not."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tp1.experiments import part2, part3
from tp1.experiments.cli import RESULTS
from tp1.experiments.errors import ResultsError
from tp1.experiments.final import choices_of, written
from tp1.experiments.provenance import fingerprint, modules
from tp1.experiments.stages import EVALUATION, times_of
from tp1.experiments.tables import read_table
from tp1.imports import changes
from tp1.learning.data import SPLIT_SEED, checksums
from tp1.weave.render import outdated_chapters

FRESH, STALE, MISSING = "fresh", "stale", "missing"
PARTS = {"part2": part2, "part3": part3}


class Finding(NamedTuple):
    """What is known of a result or a chapter.

    Attributes
    ----------
    name : str
        The file, without its suffix, or the chapter.
    state : {"fresh", "stale", "missing"}
    why : list of str
        Empty where it is fresh.
    """

    name: str
    state: str
    why: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=RESULTS.parent,
        help="the book's folder; default: the one that this package is in",
    )
    parser.add_argument(
        "--all", action="store_true", help="list also what is fresh, file by file"
    )


def run(args: argparse.Namespace) -> int:
    """Print what is found; 1 if anything is stale or missing."""
    root = args.folder.resolve()
    findings = [*results(root / "results"), *chapters(root)]
    for name, state, why in findings:
        if args.all or state != FRESH:
            print(f"{state:8}{name}" + "".join(f"\n        {reason}" for reason in why))
    bad = sum(finding.state != FRESH for finding in findings)
    print(f"{len(findings) - bad} of {len(findings)} results and chapters are fresh")
    return 1 if bad else 0


def results(folder: Path) -> Iterator[Finding]:
    """Look at every table of every part: whether it is there, whole, and of this code and these data."""
    for part, module in PARTS.items():
        for stage in module.STAGES:
            if stage == "final":
                yield from evaluation(folder / part)
            else:
                yield table(folder / part / stage)
                yield table(times_of(folder / part / stage))


def evaluation(folder: Path) -> Iterator[Finding]:
    """Look at the tables of a final evaluation."""
    first = table(folder / "final", EVALUATION)
    yield first
    if first.state == MISSING:
        return
    try:
        choices, best = choices_of(read_table(folder / "final")[1])
    except ResultsError as error:
        yield Finding(f"{first.name}-*", MISSING, [str(error)])
        return
    yield from (
        table(folder / name, EVALUATION)
        for name in written(choices[best])
        if name != "final"
    )


def table(path: Path, evaluated_by: str | None = None) -> Finding:
    """Look at one table and its receipt."""
    name = "/".join(path.parts[-3:])
    try:
        receipt = read_table(path)[1]
    except ResultsError as error:
        return Finding(name, MISSING, [str(error)])
    why = [*code_changes(receipt), *data_changes(receipt)]
    if evaluated_by and receipt.get("evaluation") != fingerprint(evaluated_by):
        why.append(f"{evaluated_by}, or what it imports, has changed")
    return Finding(name, STALE if why else FRESH, why)


def code_changes(receipt: dict[str, Any]) -> list[str]:
    """Say which modules are not those that made a result."""
    if receipt.get("code") == fingerprint():
        return []
    known = changes(receipt["modules"], modules()) if "modules" in receipt else []
    return known or ["the code that made it has changed"]


def data_changes(receipt: dict[str, Any]) -> list[str]:
    """Say whether a result was made from other images, or from another split of them."""
    data = receipt.get("data", {})
    same = data.get("files") == checksums("train")
    return [
        *([] if same else ["the training images are others"]),
        *([] if data.get("split_seed") == SPLIT_SEED else ["the split is another"]),
    ]


def chapters(root: Path) -> Iterator[Finding]:
    """Look at the frozen results of every chapter."""
    for path, why in outdated_chapters(root).items():
        yield Finding(path.as_posix(), STALE if why else FRESH, why)
