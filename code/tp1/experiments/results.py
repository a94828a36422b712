"""What is kept of searches: a table of every run's epochs, and one of the seconds that each took."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES, History
from tp1.experiments.plans import Config, Run
from tp1.experiments.tables import NOTE, read_table, rows_of, table_text, write_table

PLAIN = Config("sgd", 0.0, 1)  # what a column that is not there says
KINDS = {field.name: type(getattr(PLAIN, field.name)) for field in fields(Config)}
ALWAYS = tuple(KINDS)[:7]

Table = tuple[Sequence[str], list[tuple[object, ...]]]  # columns, rows


@dataclass(frozen=True)
class Results:
    """The epochs of runs, and where they come from.

    Attributes
    ----------
    history : dict of Run -> array (epochs + 1, 4)
        `MEASURES` after every epoch; epoch 0 is the initial model.
    provenance : dict
    """

    history: dict[Run, History]
    provenance: dict[str, Any]


def write_results(path: Path, results: Results) -> None:
    """Write the epochs of runs, in the order of configurations, seeds and epochs."""
    write_table(path, *epochs_table(results.history), results.provenance)


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or the table is not one that `write_results` writes.
    """
    rows, provenance = read_table(path)
    epochs: dict[Run, list[list[float]]] = {}
    with refused(path):
        for row in rows:
            epochs.setdefault(read_run(row), []).append(
                [float(row[name]) for name in MEASURES]
            )
    history = {run: np.array(values) for run, values in epochs.items()}
    for run, values in history.items():
        if len(values) != run.config.epochs + 1:
            raise ResultsError(
                f"{path}.csv has {len(values) - 1} of {run.config.epochs} epochs of a run: {NOTE}"
            )
    check_written(path, rows, epochs_table(history))
    return Results(history, provenance)


def epochs_table(history: Mapping[Run, History]) -> Table:
    """Give the columns and the rows of runs' epochs."""
    columns = config_columns(run.config for run in history)
    rows = [
        (*config_cells(run.config, columns), run.seed, epoch, *map(float, measures))
        for run, epochs in sorted(history.items())
        for epoch, measures in enumerate(epochs)
    ]
    return (*columns, "seed", "epoch", *MEASURES), rows


def write_times(
    path: Path, times: Mapping[Run, float], provenance: Mapping[str, object]
) -> None:
    """Write the seconds that the training of each run took, beside results that they would make different."""
    write_table(path, *times_table(times), provenance)


def read_times(path: Path) -> dict[Run, float]:
    """Read what `write_times` wrote.

    Raises
    ------
    ResultsError
        If a file is missing or damaged, or the table is not one that `write_times` writes.
    """
    rows, _ = read_table(path)
    with refused(path):
        times = {read_run(row): float(row["seconds"]) for row in rows}
    if not all(math.isfinite(taken) and taken >= 0 for taken in times.values()):
        raise ResultsError(
            f"{path}.csv has a time that is no number of seconds: {NOTE}"
        )
    check_written(path, rows, times_table(times))
    return times


def times_table(times: Mapping[Run, float]) -> Table:
    """Give the columns and the rows of what runs took."""
    columns = config_columns(run.config for run in times)
    rows = [
        (*config_cells(run.config, columns), run.seed, float(seconds))
        for run, seconds in sorted(times.items())
    ]
    return (*columns, "seed", "seconds"), rows


@contextmanager
def refused(path: Path) -> Iterator[None]:
    """Turn what a wrong cell or column raises into `ResultsError`."""
    try:
        yield
    except KeyError as error:
        raise ResultsError(
            f"{path}.csv does not hold runs (it has no column {error}): {NOTE}"
        ) from error
    except (TypeError, ValueError) as error:
        raise ResultsError(
            f"{path}.csv does not hold runs ({error}): {NOTE}"
        ) from error


def check_written(path: Path, rows: list[dict[str, str]], table: Table) -> None:
    """Raise `ResultsError` unless rows are those of a table, every cell to the letter.

    A column too many, an epoch twice or left out, a number in another notation: none of it passes for what
    was written.
    """
    wanted = rows_of(table_text(*table))
    if rows != wanted:
        place = next(
            i for i in range(len(rows) + 1) if rows[i : i + 1] != wanted[i : i + 1]
        )
        raise ResultsError(
            f"{path}.csv, row {place + 1}, is not as it would be written: {NOTE}"
        )


def read_run(row: Mapping[str, str]) -> Run:
    """Make a run of the columns of a row."""
    config = {name: kind(row[name]) for name, kind in KINDS.items() if name in row}
    return Run(Config(**config), int(row["seed"]))


def config_columns(configs: Iterable[Config]) -> tuple[str, ...]:
    """Name the fields that tell configurations apart, and those that are always written."""
    configs = set(configs)
    return tuple(
        name
        for name in KINDS
        if name in ALWAYS
        or any(getattr(config, name) != getattr(PLAIN, name) for config in configs)
    )


def config_cells(config: Config, columns: Iterable[str]) -> tuple[str, ...]:
    """Give a configuration as the cells of a row, its numbers with all their digits."""
    values = (getattr(config, name) for name in columns)
    return tuple(repr(v) if isinstance(v, float) else str(v) for v in values)
