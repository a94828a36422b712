"""A table in text, and beside it its receipt: where the numbers come from.

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
from pathlib import Path
from typing import Any

from tp1.errors import shown
from tp1.experiments.errors import ResultsError

NOTE = "run `make experiments` to make it again"
SCHEMA = 1  # of the tables and receipts; what does not say has the first
KINDS = {
    "plan": str, "code": str, "modules": dict, "data": dict, "versions": dict | str, "machine": str,
    "workers": int, "seconds": int | float, "added": list, "stamped": list,
    "evaluation": str, "seeds": int, "choices": dict, "best": str, "test": dict,
}  # fmt: skip


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
        text = receipt.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ResultsError(f"{error.filename} is missing: {NOTE}") from error
    except (OSError, ValueError) as error:
        raise ResultsError(f"{receipt} cannot be read ({error}): {NOTE}") from error
    try:
        provenance = read_receipt(text)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{receipt} is no receipt ({error}): {NOTE}") from error
    if provenance.get("sha256") != hashlib.sha256(content).hexdigest():
        raise ResultsError(
            f"{table} is not the table that {receipt.name} describes: {NOTE}"
        )
    try:
        return rows_of(content.decode()), provenance
    except (ValueError, csv.Error) as error:
        raise ResultsError(f"{table} is no table ({error}): {NOTE}") from error


def read_receipt(text: str) -> dict[str, Any]:
    """Read a receipt, a JSON object.

    Raises
    ------
    ValueError, RecursionError
        If it is none, names a thing twice, is of another schema, or a value is not of its kind.
    """
    receipt = json.loads(text, object_pairs_hook=_once)
    _check_kinds(receipt)
    if receipt.get("schema", 1) != SCHEMA:
        raise ValueError(f"schema {shown(receipt['schema'])}, this code reads {SCHEMA}")
    for later in receipt.get("added", ()):
        _check_kinds(later)
    json.dumps(receipt, ensure_ascii=False).encode()  # half a character cannot be shown
    return receipt


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a name is there twice in {shown(found)}")
    return found


def _check_kinds(receipt: Any) -> None:
    if not isinstance(receipt, dict):
        raise ValueError(f"an object is wanted, not {shown(receipt)}")
    for name in KINDS.keys() & receipt.keys():
        if not isinstance(receipt[name], KINDS[name]):
            raise ValueError(f"{name} is {shown(receipt[name])}")


def rows_of(text: str) -> list[dict[str, str]]:
    """Give the rows of a table by its columns.

    Raises
    ------
    ValueError, csv.Error
        If two columns have one name, or a row has not a cell for each.
    """
    columns, *rows = csv.reader(io.StringIO(text), strict=True)
    if len(set(columns)) < len(columns):
        raise ValueError("two columns have one name")
    return [dict(zip(columns, row, strict=True)) for row in rows]
