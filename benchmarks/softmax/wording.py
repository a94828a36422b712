"""How the report writes numbers."""

from collections.abc import Iterable

from benchmarks.softmax.store import Store
from benchmarks.softmax.task import SEEDS

FEW, MANY = map(str, SEEDS)


def row(cells: Iterable[str]) -> str:
    """Write a row of a table."""
    return "| " + " | ".join(cells) + " |"


def duration(seconds: float) -> str:
    """Write seconds, or minutes where there are many."""
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def multiple(seconds: float, ours: float | None, side: str) -> str:
    """Write the multiple of tp1's time, in brackets."""
    if not ours or side == "tp1":
        return ""
    ratio = seconds / ours
    digits = 2 if ratio < 1 else 1 if ratio < 10 else 0
    return f" (×{ratio:.{digits}f})"


def micro(value: float | None) -> str:
    """Write microseconds."""
    if not value:
        return "–"
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def met(holds: bool) -> str:
    """Say whether a target is met."""
    return "met" if holds else "**not met**"


def absent(store: Store, name: str) -> str:
    """Say why a side has no numbers."""
    library = store.missing(name)
    return f"{library} is not installed" if library else "not measured"
