"""How long a training step takes, by hand and by its peers: what `make bench` measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tp1.experiments.errors import ResultsError
from tp1.experiments.tables import NOTE, read_table

MAIN = HAND, AUTOGRAD = "by hand", "autograd"
# With torch.optim as it comes: no option asks for its quickest way.
DEFAULT = "autograd, default optimiser"
PHASES = ("forward", "backward", "update")
PLACE = ("depth", "width", "batch", "optimiser", "threads")
COLUMNS = (
    *PLACE, "side", "seconds", "rounds", "first_quartile", "third_quartile", "operations", "memory",
)  # fmt: skip
MAKE = "run `make bench` to make it again"


class Place(NamedTuple):
    """A cell of the grid: hidden layers, their units, images a step, ``sgd`` or ``adam``, threads."""

    depth: int
    width: int
    batch: int
    optimiser: str
    threads: int


@dataclass(frozen=True)
class Timing:
    """A step of one side.

    Attributes
    ----------
    seconds, low, high : float
        Median over the rounds, and the quartiles.
    rounds : int
    operations, memory : int
        Operations launched, and bytes of a step's own tensors; 0 where they are not counted.
    """

    seconds: float
    low: float
    high: float
    rounds: int
    operations: int
    memory: int


@dataclass(frozen=True)
class Speed:
    """What was measured.

    Attributes
    ----------
    times : dict of Place -> dict of side -> Timing
    phases : dict of Place -> dict of side -> dict of phase -> float
        Seconds of a step's forward pass, backward pass and update, on some cells.
    peak : dict of threads -> float
        Operations a second of a large matrix product.
    work : dict of (depth, width) -> dict
        ``parameters``, ``flops_per_image``, and for an optimiser ``sgd_bytes``, by side.
    provenance : dict
    """

    times: dict[Place, dict[str, Timing]]
    phases: dict[Place, dict[str, dict[str, float]]]
    peak: dict[int, float]
    work: dict[tuple[int, int], dict[str, Any]]
    provenance: dict[str, Any]

    def ratio(self, place: Place, side: str = AUTOGRAD) -> float:
        """Tell how many times as long as by hand a side takes."""
        found = self.times[place]
        return found[side].seconds / found[HAND].seconds

    def values(self, field: str) -> list[Any]:
        """List the values that a field of the places has, in order; optimisers as in the table."""
        found = dict.fromkeys(getattr(place, field) for place in self.times)
        return list(found) if field == "optimiser" else sorted(found)

    def share_of_peak(self, place: Place) -> float:
        """Tell which share of the peak the products of by hand's step reach."""
        flops = place.batch * self.work[place.depth, place.width]["flops_per_image"]
        seconds = self.times[place][HAND].seconds
        return float(flops / seconds / self.peak[place.threads])


def load_speed(folder: Path | None = None) -> Speed:
    """Read what `make bench` measured, by default from ``benchmarks/results/``.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or does not hold steps.
    """
    path = (folder or Path(__file__).parents[3] / "benchmarks/results") / "mlp_steps"
    try:
        rows, provenance = read_table(path)
    except ResultsError as error:
        raise ResultsError(str(error).replace(NOTE, MAKE)) from error
    try:
        return understood(rows, provenance)
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"{path}.csv does not hold steps ({error!r}): {MAKE}"
        ) from error


def understood(rows: list[dict[str, str]], provenance: dict[str, Any]) -> Speed:
    """Make the data of the table and what is beside it."""
    times: dict[Place, dict[str, Timing]] = {}
    for row in rows:
        timing = Timing(
            float(row["seconds"]),
            float(row["first_quartile"]),
            float(row["third_quartile"]),
            int(row["rounds"]),
            int(row["operations"]),
            int(row["memory"]),
        )
        if not timing.seconds > 0:
            raise ValueError(f"{row['seconds']} seconds")
        times.setdefault(place_of(row), {})[row["side"]] = timing
    if not times:
        raise ValueError("no rows")
    for place, sides in times.items():
        if not sides.keys() >= set(MAIN):
            raise ValueError(f"{place} lacks a side")
        if not all(sides[side].operations and sides[side].memory for side in MAIN):
            raise ValueError(f"{place} lacks its counts")
    phases: dict[Place, dict[str, dict[str, float]]] = {}
    for found in provenance["phases"]:
        spent = {phase: float(found[phase]) for phase in PHASES}
        phases.setdefault(place_of(found), {})[found["side"]] = spent
    peak = {int(n): float(rate) for n, rate in provenance["peak"].items()}
    work = {(found["depth"], found["width"]): found for found in provenance["work"]}
    return Speed(times, phases, peak, work, provenance)


def place_of(row: dict[str, Any]) -> Place:
    """Give the cell of a row."""
    depth, width, batch, optimiser, threads = (row[name] for name in PLACE)
    return Place(int(depth), int(width), int(batch), str(optimiser), int(threads))
