"""Tables of results, damaged: exactly what the file says, or a typed error."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counting import fuzz
from damaged_tables import (
    RAW,
    byte_changes,
    changed_bytes,
    changed_receipt,
    changed_table,
    grid_changes,
    receipt_changes,
    sealed,
)
from hostile import attempt, configurations
from hypothesis import strategies as st

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import (
    KINDS,
    Results,
    read_results,
    read_times,
    write_results,
    write_times,
)
from tp1.experiments.tables import read_table, write_table

RECEIPT: dict[str, Any] = {"code": "0123", "versions": {"torch": "2"}, "added": [{}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@st.composite
def histories(draw: st.DrawFn) -> dict[Run, np.ndarray]:
    """The epochs of one to three runs; numbers have the six digits that are written."""
    chance = np.random.default_rng(draw(st.integers(0, 10**6)))
    found = {}
    for fields in draw(st.lists(configurations, min_size=1, max_size=2)):
        config = Config(**{**fields, "epochs": draw(st.integers(0, 2))})
        for seed in draw(st.sets(st.integers(0, 5), min_size=1, max_size=2)):
            numbers = chance.random((config.epochs + 1, 4)) * 10.0 ** chance.integers(
                -5, 5
            )
            numbers[chance.random(numbers.shape) < 0.1] = draw(
                st.sampled_from([math.nan, math.inf, 0.0])
            )
            found[Run(config, seed)] = np.array(
                [[float(f"{x:.6g}") for x in row] for row in numbers.tolist()]
            )
    return found


damages = {
    "cells": grid_changes,
    "bytes_of": byte_changes,
    "receipt": receipt_changes,
    "right": st.sampled_from([True, True, True, False]),
}


def damage(
    path: Path, cells: list, bytes_of: list, receipt: list, right: bool
) -> tuple[bytes, bool]:
    """Damage a table that was just written; give its bytes, and whether anything is other than it was."""
    table, beside = path.with_suffix(".csv"), path.with_suffix(".json")
    before = table.read_bytes()
    content = changed_bytes(changed_table(before.decode(), cells), bytes_of)
    was = json.loads(beside.read_bytes())
    told = changed_receipt(was, receipt)
    table.write_bytes(content)
    beside.write_bytes(sealed(content, told) if right else json.dumps(told).encode())
    return content, content != before or told != was


def rows_of(content: bytes) -> list[dict[str, str]]:
    """Read a table in another way than the project does: every cell has its column."""
    text = content.decode().replace("\r\n", "\n")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(set(header)) == len(header)
    return [dict(zip(header, row, strict=True)) for row in rows if row]


def run_of(row: dict[str, str]) -> Run:
    fields = {name: kind(row[name]) for name, kind in KINDS.items() if name in row}
    return Run(Config(**fields), int(row["seed"]))


@fuzz(5_000, histories=histories(), **damages)
def test_epochs_are_those_of_the_table_or_refused(
    folder, histories, cells, bytes_of, receipt, right
):
    write_results(folder / "a", Results(histories, RECEIPT))
    content, changed = damage(folder / "a", cells, bytes_of, receipt, right)
    read, error = attempt(lambda: read_results(folder / "a"))
    if error:
        assert isinstance(error, ResultsError)
        assert "a.csv" in str(error) or "a.json" in str(error)
        assert changed
        return
    rows = rows_of(content)
    assert sum(map(len, read.history.values())) == len(rows)
    for row in rows:
        assert set(row) <= {*KINDS, "seed", "epoch", *MEASURES}
        run = run_of(row)
        assert run.seed >= 0
        assert 0 <= int(row["epoch"]) <= run.config.epochs
        told = [float(row[name]) for name in MEASURES]
        np.testing.assert_array_equal(read.history[run][int(row["epoch"])], told)
    if not changed:
        assert list(read.history) == sorted(histories)
        for run, history in histories.items():
            np.testing.assert_array_equal(read.history[run], history)


@fuzz(2_000, histories=histories(), **damages)
def test_times_are_those_of_the_table_or_refused(
    folder, histories, cells, bytes_of, receipt, right
):
    times = {run: float(history[0, 0]) for run, history in histories.items()}
    times = {run: t if math.isfinite(t) else 1.0 for run, t in times.items()}
    write_times(folder / "t", times, RECEIPT)
    content, changed = damage(folder / "t", cells, bytes_of, receipt, right)
    read, error = attempt(lambda: read_times(folder / "t"))
    if error:
        assert isinstance(error, ResultsError)
        assert "t.csv" in str(error) or "t.json" in str(error)
        assert changed
        return
    rows = rows_of(content)
    assert len(read) == len(rows)
    for row in rows:
        assert set(row) <= {*KINDS, "seed", "seconds"}
        assert read[run_of(row)] == float(row["seconds"])
    assert all(math.isfinite(t) and t >= 0 for t in read.values())
    assert changed or read == times


@fuzz(1_500, histories=histories(), changes=byte_changes, at=st.integers(0, 10**6))
def test_any_other_byte_is_noticed(folder, histories, changes, at):
    write_results(folder / "b", Results(histories, RECEIPT))
    table = folder / "b.csv"
    content = table.read_bytes()
    altered = changed_bytes(content, changes)
    if altered.replace(b"\r\n", b"\n") == content:
        altered = content[: at % len(content)]
    table.write_bytes(altered)
    for read in (read_results, read_table, read_times):
        with pytest.raises(ResultsError, match=r"b\.csv"):
            read(folder / "b")


noise = st.sampled_from(RAW) | st.binary(max_size=200) | st.text().map(str.encode)


@fuzz(1_500, table=noise, receipt=noise, right=st.booleans())
def test_noise_is_a_table_or_refused(folder, table, receipt, right):
    path = folder / "n"
    path.with_suffix(".csv").write_bytes(table)
    path.with_suffix(".json").write_bytes(sealed(table, {}) if right else receipt)
    for read in (read_table, read_results, read_times):
        found, error = attempt(lambda: read(path))  # noqa: B023
        assert error is None or isinstance(error, ResultsError)
        assert right or error
        if error is None and read is read_table:
            assert len(found[0]) == len(rows_of(table) if table.strip() else [])


@fuzz(
    1_000,
    columns=st.lists(st.text(), min_size=1, max_size=4, unique=True),
    rows=st.lists(st.lists(st.text(), min_size=4, max_size=4), max_size=4),
    provenance=st.dictionaries(st.text(), st.text()),
)
def test_a_table_of_any_text_comes_back_as_it_was_or_is_refused(
    folder, columns, rows, provenance
):
    rows = [row[: len(columns)] for row in rows]
    path = folder / "w"
    _, error = attempt(lambda: write_table(path, columns, rows, provenance))
    if error:
        return
    read, error = attempt(lambda: read_table(path))
    if error is None:
        found, told = read
        assert [list(row) for row in found] == [columns] * len(found)
        assert [list(row.values()) for row in found] == rows
        assert {
            **provenance,
            "schema": told["schema"],
            "sha256": told["sha256"],
        } == told
