"""The searches' frozen results, as arrays that tables and figures can be made of.

Nothing here trains or reads images. Two readings of a run go through this layer: ``"last"`` is what was
measured after the last epoch, ``"best"`` after the epoch of best validation accuracy.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES, best_epoch, diverged
from tp1.experiments.plans import Config
from tp1.experiments.results import Results, read_results
from tp1.experiments.tables import NOTE
from tp1.reporting.intervals import Interval, interval

Array = NDArray[np.float64]
At = Literal["last", "best"]
Cell = tuple[int, int]
RATES_AND_BATCHES, DEPTHS_AND_WIDTHS = ("lr", "batch_size"), ("depth", "width")
# What stands for the fields of the axes in a grid's template.
NEUTRAL = {RATES_AND_BATCHES: (0.0, 1), DEPTHS_AND_WIDTHS: (0, 0)}


def results_folder(part: str = "part2") -> Path:
    """Give the folder of a part's results, in TP1_RESULTS_DIR if it is set, otherwise in ``results/``."""
    root = os.environ.get("TP1_RESULTS_DIR") or Path(__file__).parents[3] / "results"
    return Path(root) / part


def load_search(name: str, folder: Path | None = None) -> Results:
    """Read a search, such as ``assigned``, by default from the `results_folder` of Part 2.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or does not hold runs.
    """
    return read_results((folder or results_folder()) / name)


@dataclass(frozen=True)
class Grid:
    """One optimiser's runs: L values of a field × B of another × S seeds, all else being equal.

    Attributes
    ----------
    template : Config
        What the runs share; its two fields that vary mean nothing.
    axes : pair of str
        The fields: `RATES_AND_BATCHES` or `DEPTHS_AND_WIDTHS`.
    rows : tuple of L numbers
        Learning rates the largest first, as in the assignment's table; depths the smallest first.
    columns : tuple of B ints
        Batch sizes, or widths: the smallest first.
    seeds : tuple of S ints
    histories : array (L, B, S, epochs + 1, 4)
        `MEASURES` after every epoch.
    """

    template: Config
    axes: tuple[str, str]
    rows: tuple[float, ...]
    columns: tuple[int, ...]
    seeds: tuple[int, ...]
    histories: Array

    @property
    def optimiser(self) -> str:
        """``"sgd"`` or ``"adam"``."""
        return self.template.optimiser

    @property
    def shape(self) -> Cell:
        """L, then B."""
        return len(self.rows), len(self.columns)

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates, if they are the rows."""
        return self.rows

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """The batch sizes, if they are the columns."""
        return self.columns

    @property
    def best_epochs(self) -> NDArray[np.intp]:
        """The epoch of best validation accuracy of every run: (L, B, S)."""
        return best_epoch(np.moveaxis(self.histories, -2, 0))

    @property
    def diverged(self) -> NDArray[np.intp]:
        """How many runs of each cell ever had an infinite or undefined loss: (L, B)."""
        return diverged(np.moveaxis(self.histories, -2, 0)).sum(axis=-1)

    def values(self, measure: str = "val_accuracy", at: At = "last") -> Array:
        """Give a measure of every run: (L, B, S)."""
        column = self.histories[..., MEASURES.index(measure)]
        if at == "last":
            return np.asarray(column[..., -1])
        epochs = self.best_epochs[..., None]
        return np.take_along_axis(column, epochs, axis=-1)[..., 0]

    def mean(self, measure: str = "val_accuracy", at: At = "last") -> Array:
        """Average a measure over the seeds: (L, B)."""
        return np.asarray(self.values(measure, at).mean(axis=-1))

    def deviation(self, measure: str = "val_accuracy", at: At = "last") -> Array:
        """Give the standard deviation of a measure over the seeds, of which there are 2 or more: (L, B)."""
        if len(self.seeds) < 2:
            raise ResultsError("a deviation needs 2 seeds or more, and there is 1")
        return np.asarray(self.values(measure, at).std(axis=-1, ddof=1))

    def standard_error(self, measure: str = "val_accuracy", at: At = "last") -> Array:
        """Give the standard error of the mean over the seeds: (L, B)."""
        return self.deviation(measure, at) / np.sqrt(len(self.seeds))

    def best_cell(self, at: At = "last") -> Cell:
        """Find the cell of highest mean validation accuracy; equals are ordered as the search orders them."""
        means = self.mean(at=at)
        cells = np.ndindex(self.shape)
        i, j = max(cells, key=lambda cell: (means[cell], self.config(cell)))
        return i, j

    def rivals(self, at: At = "last") -> list[Cell]:
        """List the cells that are not told apart from the best one.

        Their accuracy and the best cell's, paired by seed, have a mean difference whose Student interval
        holds 0. That the best cell was picked as such makes the true list, if anything, longer.
        """
        values, best = self.values(at=at), self.best_cell(at)
        cells = [(i, j) for i, j in np.ndindex(self.shape) if (i, j) != best]
        return [
            cell for cell in cells if interval(values[best] - values[cell]).has_zero
        ]

    def config(self, cell: Cell) -> Config:
        """Give a cell's configuration."""
        return at(self.template, self.axes, (self.rows[cell[0]], self.columns[cell[1]]))


def at(config: Config, axes: tuple[str, str], values: tuple[float, float]) -> Config:
    """Change two fields of a configuration."""
    changes: dict[str, Any] = dict(zip(axes, values, strict=True))
    return replace(config, **changes)


def grid(
    results: Results,
    optimiser: str,
    axes: tuple[str, str] = RATES_AND_BATCHES,
    **fixed: object,
) -> Grid:
    """Arrange one optimiser's runs by two fields and the seed, by default learning rate and batch size.

    Parameters
    ----------
    results : Results
        A search.
    optimiser : {"sgd", "adam"}
    axes : `RATES_AND_BATCHES` or `DEPTHS_AND_WIDTHS`
    **fixed
        Fields of `Config` to select runs by, such as ``pixels="unit"``.

    Raises
    ------
    ResultsError
        If no run is selected, if a cell lacks one, or if the runs differ in anything else.
    """
    wanted = {"optimiser": optimiser, **fixed}
    runs = [
        run
        for run in results.history
        if all(getattr(run.config, name) == value for name, value in wanted.items())
    ]
    if not runs:
        raise ResultsError(f"the results have no run with {wanted}: {NOTE}")
    template, *others = {at(run.config, axes, NEUTRAL[axes]) for run in runs}
    if others:
        raise ResultsError(
            f"the runs with {wanted} differ in more than {' and '.join(axes)}: "
            f"{template}, {others[0]}"
        )
    first, second = (sorted({getattr(r.config, name) for r in runs}) for name in axes)
    rows = tuple(reversed(first) if axes[0] == "lr" else first)
    columns, seeds = tuple(second), tuple(sorted({run.seed for run in runs}))
    found = {(*(getattr(r.config, name) for name in axes), r.seed): r for r in runs}
    epochs = template.epochs
    histories = np.empty(
        (len(rows), len(columns), len(seeds), epochs + 1, len(MEASURES))
    )
    for i, j, s in np.ndindex(histories.shape[:3]):
        run = found.get((rows[i], columns[j], seeds[s]))
        if run is None or len(results.history[run]) != epochs + 1:
            raise ResultsError(
                f"{optimiser}, {axes[0]} {rows[i]:g}, {axes[1]} {columns[j]}, seed {seeds[s]}: "
                f"{epochs + 1} epochs are wanted: {NOTE}"
            )
        histories[i, j, s] = results.history[run]
    return Grid(template, axes, rows, columns, seeds, histories)


def history_of(results: Results, config: Config) -> Array:
    """Give what one configuration's runs measured, in the order of the seeds: (S, epochs + 1, 4).

    Raises
    ------
    ResultsError
        If the results do not have the configuration.
    """
    runs = sorted(run for run in results.history if run.config == config)
    if not runs:
        raise ResultsError(f"the results have no run of {config}: {NOTE}")
    return np.stack([results.history[run] for run in runs])


def measured(history: Array, measure: str, epoch: int = -1) -> Array:
    """Pick a measure of one configuration's runs after an epoch, by default the last: (S,)."""
    return np.asarray(history[:, epoch, MEASURES.index(measure)])


def gap(history: Array, what: Literal["accuracy", "loss"] = "accuracy") -> Interval:
    """Tell how much better the last epoch is in training than in validation, seed by seed.

    Parameters
    ----------
    history : array (S, epochs + 1, 4)
        What `history_of` gives.
    what : {"accuracy", "loss"}
        Above 0, either gap says that the training set is served better.
    """
    difference = measured(history, f"train_{what}") - measured(history, f"val_{what}")
    return interval(difference if what == "accuracy" else -difference)
