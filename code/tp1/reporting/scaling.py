"""What a search costs and what more workers bring: what ``benchmarks/search_scaling.py`` measured."""

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import Markdown
from matplotlib.figure import Figure

from tp1.experiments.costs import Costs, enough, epoch, parts, terms
from tp1.experiments.errors import ResultsError
from tp1.experiments.lockstep import abreast
from tp1.experiments.plans import Config
from tp1.reporting.french import NBSP, number
from tp1.reporting.style import BLUE, GREEN, ORANGE, finished
from tp1.reporting.table import markdown_table
from tp1.reporting.words import OPTIMISERS

MAKE = "run `python -m benchmarks.search_scaling` to make it again"
KINDS = {"processes": "cette machine", "cluster": "une grappe"}
BOUNDS = {
    "latency": ("lancements", BLUE, "o"),
    "memory": ("mémoire", ORANGE, "s"),
    "compute": ("produits", GREEN, "^"),
}


@dataclass(frozen=True)
class Cell:
    """A step that was timed, and what the model says of it.

    Attributes
    ----------
    config : Config
    runs : int
        How many are together in the stack.
    seconds : float
        Measured.
    parts : dict of str -> float
        Predicted seconds, by what they are spent on.
    """

    config: Config
    runs: int
    seconds: float
    parts: dict[str, float]

    @property
    def predicted(self) -> float:
        """What the model predicts, in seconds."""
        return sum(self.parts.values())

    @property
    def bound(self) -> str:
        """What most of it is spent on."""
        return max(self.parts, key=lambda part: self.parts[part])


@dataclass(frozen=True)
class Scaling:
    """What was measured.

    Attributes
    ----------
    cells : list of Cell
    seconds : dict of (kind, workers) -> float
        Median time of one search, for ``processes`` of this machine and for a ``cluster``.
    runs : int
        Of that search.
    log : list of (float, str)
        Seconds, and what happened on a cluster that lost a worker.
    same : (int, int)
        How many of that search's runs have the frozen numbers, of how many.
    machine : str
    """

    cells: list[Cell]
    seconds: dict[tuple[str, int], float]
    runs: int
    log: list[tuple[float, str]]
    same: tuple[int, int]
    machine: str

    @property
    def ratios(self) -> list[float]:
        """Predicted over measured, sorted."""
        return sorted(cell.predicted / cell.seconds for cell in self.cells)


def load_scaling(folder: Path | None = None) -> Scaling:
    """Read what was measured, by default from ``benchmarks/results/``.

    Raises
    ------
    ResultsError
        If the file is missing or damaged.
    """
    folder = folder or Path(__file__).parents[3] / "benchmarks/results"
    path = folder / "search_scaling.json"
    try:
        return understood(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}: {MAKE}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(
            f"{path} does not hold a scaling ({error!r}): {MAKE}"
        ) from error


def understood(found: dict[str, Any]) -> Scaling:
    """Make the data of a file."""
    times: dict[tuple[str, int], list[float]] = {}
    for one in found["throughput"]:
        times.setdefault((one["kind"], one["workers"]), []).append(one["seconds"])
    return Scaling(
        [cell_of(cell, Costs(**found["costs"])) for cell in found["cells"]],
        {key: statistics.median(values) for key, values in times.items()},
        found["throughput"][0]["runs"],
        [(float(seconds), str(line)) for seconds, line in found["log"]["lines"]],
        (found["log"]["same"], found["log"]["runs"]),
        found["machine"],
    )


def cell_of(found: dict[str, Any], fitted: Costs) -> Cell:
    """Make a cell, with the prediction of the model that was fitted."""
    shape = {"depth": found["depth"], "width": found["width"]}
    config = Config(found["optimiser"], 0.0, found["batch_size"], **shape)
    counted = terms(config, found["runs"], found["groups"])
    return Cell(config, found["runs"], found["seconds"], parts(config, counted, fitted))


def model_figure(scaling: Scaling) -> Figure:
    """Draw the predicted time of a step against the measured one; the diagonal is a perfect prediction."""
    fig, ax = plt.subplots(figsize=(5.2, 3.6))
    for bound, (name, colour, marker) in BOUNDS.items():
        cells = [cell for cell in scaling.cells if cell.bound == bound]
        ax.plot(
            [1e3 * cell.seconds for cell in cells],
            [1e3 * cell.predicted for cell in cells],
            marker,
            color=colour,
            markersize=4.5,
            label=f"surtout {name}",
        )
    ends = [1e3 * end([cell.seconds for cell in scaling.cells]) for end in (min, max)]
    ax.plot(ends, ends, color="0.5", linewidth=0.8)
    ax.set(xscale="log", yscale="log")
    ax.set_xlabel("mesuré (ms par pas)")
    ax.set_ylabel("prédit (ms par pas)")
    ax.legend()
    return finished(fig)


def workers_table(scaling: Scaling) -> Markdown:
    """Lay out how long one search takes with more workers."""
    rows = [
        (
            number(workers, 0),
            KINDS[kind],
            f"{number(seconds, 1)}{NBSP}s",
            number(scaling.runs / seconds, 2),
            f"×{NBSP}{number(scaling.seconds[kind, 1] / seconds, 2)}",
        )
        for (kind, workers), seconds in scaling.seconds.items()
    ]
    header = ("Ouvriers", "De", "Durée", "Entraînements par seconde", "Gain")
    return markdown_table(header, rows, align="rlrrr")


def million_table(configs: dict[str, Config], runs: int, cores: int) -> Markdown:
    """Lay out what a very large search would take, by the model.

    Parameters
    ----------
    configs : dict of str -> Config
        By name; all the runs would be of one.
    runs : int
    cores : int
    """
    rows = []
    for name, config in configs.items():
        seconds = runs * seconds_of(config)
        rows.append(
            (
                name,
                OPTIMISERS[config.optimiser],
                f"{number(seconds_of(config), 2)}{NBSP}s",
                number(seconds / 3600, 0),
                number(seconds / 3600 / cores, 1),
            )
        )
    header = (
        "Modèle",
        "Optimiseur",
        "Un entraînement",
        "Heures d'un cœur",
        f"Heures de {number(cores, 0)} cœurs",
    )
    return markdown_table(header, rows, align="llrrr")


def seconds_of(config: Config) -> float:
    """Predict what one run takes on a core, in a stack that is worth it."""
    wide = abreast(config)
    groups = enough(config, wide)
    return config.epochs * epoch(config, groups * wide, groups) / (groups * wide)


def log_text(scaling: Scaling) -> Markdown:
    """Show what happened on the cluster that lost a worker."""
    lines = [f"{seconds:6.1f} s  {line}" for seconds, line in scaling.log]
    return Markdown("```text\n" + "\n".join(lines) + "\n```")
