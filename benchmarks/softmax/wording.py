"""How the report writes numbers."""

from collections.abc import Iterable

from benchmarks.softmax.store import Store
from benchmarks.softmax.task import SEEDS

FEW, MANY = map(str, SEEDS)
TITLES = {"sgd": "SGD", "adam": "Adam"}


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


def images(size: int) -> str:
    """Write a batch size."""
    return f"{size} image{'s' * (size > 1)} a step"


def micro(value: float | None) -> str:
    """Write microseconds."""
    if not value:
        return "–"
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def met(share: float, of: str = "time") -> str:
    """Say whether a target is met, by what was used of the time, or of something else, that was allowed."""
    return (
        "met"
        if share <= 1
        else f"**not met**: tp1 takes {share:.3g} times the {of} allowed"
    )


def seeds_of(seeds: str) -> str:
    """Write a number of seeds."""
    return f"{seeds} seed{'s' * (seeds != '1')}"


def absent(store: Store, name: str) -> str:
    """Say why a side has no numbers."""
    library = store.missing(name)
    return f"{library} is not installed" if library else "not measured"
