"""What was frozen of a run beside what it is now: which numbers differ, and by how much."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import PLAIN
from tp1.experiments.tables import read_table

EVALUATED = (*MEASURES, "test_loss", "test_accuracy")
VERDICTS = ("same", "rounding", "chaotic", "differs")
# A run's initial model, and a trained one: losses relative to themselves, accuracies as they are.
INITIAL, TOLERANCE = 1e-3, 5e-3

Table = NDArray[
    np.float64
]  # (epochs + 1, 4) or (1, 6): columns of EVALUATED, losses in the even ones


@dataclass(frozen=True)
class Comparison:
    """A frozen run, or a frozen table, and what it is now.

    Attributes
    ----------
    search : str
        Such as ``part2/assigned``.
    what : str
        The configuration and the seed, or the name of the table.
    verdict : one of `VERDICTS`
    numbers, unequal : int
        How many were compared, and how many are not equal as written.
    first : str
        The first of these, or nothing.
    elsewhere : tuple of str
        What is not as it was when the results were frozen: ``code``, ``versions``, ``machine``.
    """

    search: str
    what: str
    verdict: str
    numbers: int
    unequal: int
    first: str
    elsewhere: tuple[str, ...]


def changed(frozen: Mapping[str, Any], here: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what decides on the last digits and is not as it was: the code, the versions, the processor."""

    def circumstances(receipt: Mapping[str, Any]) -> dict[str, Any]:
        versions = receipt.get("versions")
        if isinstance(versions, dict):
            versions = [versions.get("torch"), versions.get("numpy")]
        return {
            "code": receipt.get("code"),
            "versions": versions,
            # Every run is trained on one core, however many there are.
            "machine": re.sub(r", \d+ cores", "", receipt.get("machine", "")),
        }

    now = circumstances(here)
    made = [circumstances(receipt) for receipt in (frozen, *frozen.get("added", ()))]
    return tuple(name for name in now if any(was[name] != now[name] for was in made))


def departures(frozen: Table, again: Table) -> Table:
    """Tell how far numbers are from the frozen ones.

    Returns
    -------
    array, beside `frozen`
        Losses relative to the frozen ones, accuracies as they are; 0 where both are equal as written.

    Raises
    ------
    ResultsError
        If there are more epochs, or fewer.
    """
    if again.shape != frozen.shape:
        raise ResultsError(
            f"{len(again)} epochs were trained, and the frozen results have {len(frozen)}"
        )
    now = np.array([[as_written(x) for x in row] for row in again.tolist()])
    was = np.array([[as_written(x) for x in row] for row in frozen.tolist()])
    scale = np.ones_like(was)
    scale[:, ::2] = np.abs(was[:, ::2])
    with np.errstate(all="ignore"):
        apart = np.nan_to_num(np.abs(now - was) / scale, nan=np.inf)
    equal = (now == was) | (np.isnan(now) & np.isnan(was))
    return np.asarray(np.where(equal, 0.0, apart))


def as_written(x: float) -> float:
    """Round a number to the six significant digits that results have."""
    return float(f"{x:.6g}")


def starts_elsewhere(apart: Table) -> bool:
    """Say whether the initial model, which training has no part in, is another one."""
    return len(apart) > 1 and bool(apart[0].max() > INITIAL)


def within(apart: Table) -> bool:
    """Say whether a run is within the tolerance."""
    return not starts_elsewhere(apart) and bool(apart.max() <= TOLERANCE)


def described(run: Run) -> str:
    """Name what a run has beside the plain settings, and its seed."""
    told = (
        f"{field.name}={getattr(run.config, field.name)}"
        for field in fields(Config)
        if field.name in ("optimiser", "lr", "batch_size")
        or getattr(run.config, field.name) != getattr(PLAIN, field.name)
    )
    return ", ".join([*told, f"seed={run.seed}"])


def first_unequal(frozen: Table, again: Table, apart: Table) -> str:
    """Tell the first number that is not equal as written, or nothing."""
    if not apart.any():
        return ""
    row, column = (int(i) for i in np.argwhere(apart)[0])
    place = f"epoch {row}, " if len(apart) > 1 else ""
    was, now = (f"{of[row, column]:.6g}" for of in (frozen, again))
    return f"{place}{EVALUATED[column]}: {was} frozen, {now} now"


def same_table(
    frozen: Path, again: Path, search: str, elsewhere: tuple[str, ...]
) -> Comparison:
    """Compare two tables cell by cell, as text; `elsewhere` a cell may be another by rounding."""
    was, now = (
        [cell for row in read_table(path)[0] for cell in row.values()]
        for path in (frozen, again)
    )
    unequal = [(a, b) for a, b in zip(was, now, strict=False) if a != b]
    missing = abs(len(was) - len(now))
    first = f"{unequal[0][0]} frozen, {unequal[0][1]} now" if unequal else ""
    if missing:
        first = f"{len(was)} cells frozen, {len(now)} now"
    count = len(unequal) + missing
    verdict = "same" if not count else "rounding" if elsewhere else "differs"
    what = f"{frozen.name}.csv"
    return Comparison(search, what, verdict, len(was), count, first, elsewhere)
