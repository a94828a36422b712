"""What is kept: a table of every run's epochs, in text, and beside it where the numbers come from.

``name.csv`` holds the numbers and ``name.json`` its provenance and its checksum. Both are written aside, then
renamed; a pair that does not match is refused.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES, History
from tp1.experiments.plans import Config, Run

PLAIN = Config("sgd", 0.0, 1)  # what a column that is not there says
KINDS = {field.name: type(getattr(PLAIN, field.name)) for field in fields(Config)}
ALWAYS = tuple(KINDS)[:7]
NOTE = "run `make experiments` to make it again"
SCHEMA = 1  # of the tables and receipts; what does not say has the first


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


def write_atomically(path: Path, text: str) -> None:
    """Write a text file aside, then rename it into place.

    Raises
    ------
    ResultsError
        If it cannot be written; the old file is still there, and no part of a new one.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise ResultsError(
            f"{path} cannot be written ({error.strerror}): make room or name another folder"
        ) from error


def table_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Give a table as CSV; floats have six significant digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(f"{x:.6g}" if isinstance(x, float) else x for x in row)
    return out.getvalue()


def write_table(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    provenance: Mapping[str, object],
) -> None:
    """Write a table and its provenance: ``path`` with ``.csv``, then with ``.json``."""
    text = table_text(columns, rows)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    receipt = json.dumps(
        {"schema": SCHEMA, **provenance, "sha256": sha256}, indent=2, ensure_ascii=False
    )
    write_atomically(path.with_suffix(".csv"), text)
    write_atomically(path.with_suffix(".json"), receipt + "\n")


def read_table(path: Path) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """Read a table and its provenance.

    Raises
    ------
    ResultsError
        If one of the two files is missing or damaged, or they do not belong together.
    """
    table, receipt = path.with_suffix(".csv"), path.with_suffix(".json")
    try:
        content = table.read_bytes().replace(b"\r\n", b"\n")
        provenance = json.loads(receipt.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ResultsError(f"{error.filename} is missing: {NOTE}") from error
    except (OSError, ValueError) as error:
        raise ResultsError(f"{receipt} cannot be read ({error}): {NOTE}") from error
    if isinstance(provenance, dict) and provenance.get("schema", 1) != SCHEMA:
        raise ResultsError(
            f"{receipt} has schema {provenance['schema']}, this code reads {SCHEMA}: {NOTE}"
        )
    found = hashlib.sha256(content).hexdigest()
    if not isinstance(provenance, dict) or provenance.get("sha256") != found:
        raise ResultsError(
            f"{table} is not the table that {receipt.name} describes: {NOTE}"
        )
    return list(csv.DictReader(io.StringIO(content.decode()))), provenance


def write_results(path: Path, results: Results) -> None:
    """Write the epochs of runs, in the order of configurations, seeds and epochs."""
    columns = config_columns(run.config for run in results.history)
    rows = [
        (*config_cells(run.config, columns), run.seed, epoch, *map(float, measures))
        for run, history in sorted(results.history.items())
        for epoch, measures in enumerate(history)
    ]
    names = (*columns, "seed", "epoch", *MEASURES)
    write_table(path, names, rows, results.provenance)


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises
    ------
    ResultsError
        If a file is missing or damaged.
    """
    rows, provenance = read_table(path)
    epochs: dict[Run, list[list[float]]] = {}
    for row in rows:
        run = Run(read_config(row), int(row["seed"]))
        epochs.setdefault(run, []).append([float(row[name]) for name in MEASURES])
    history = {run: np.array(values) for run, values in epochs.items()}
    return Results(history, provenance)


def write_times(
    path: Path, times: Mapping[Run, float], provenance: Mapping[str, object]
) -> None:
    """Write the seconds that the training of each run took, beside results that they would make different."""
    columns = config_columns(run.config for run in times)
    rows = [
        (*config_cells(run.config, columns), run.seed, float(seconds))
        for run, seconds in sorted(times.items())
    ]
    write_table(path, (*columns, "seed", "seconds"), rows, provenance)


def read_times(path: Path) -> dict[Run, float]:
    """Read what `write_times` wrote.

    Raises
    ------
    ResultsError
        If a file is missing or damaged.
    """
    return {
        Run(read_config(row), int(row["seed"])): float(row["seconds"])
        for row in read_table(path)[0]
    }


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


def read_config(row: Mapping[str, str]) -> Config:
    """Make a configuration of the columns of a row."""
    return Config(
        **{name: kind(row[name]) for name, kind in KINDS.items() if name in row}
    )
