"""Tables and receipts, damaged as a disk, an editor or an older program would."""

import copy
import csv
import hashlib
import io
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

CELLS = (
    "", " ", "0", "1", "2", "-1", "1.5", "0.1", "-0.0", "nan", "inf", "-inf", "1e999", "9" * 400, "9" * 5000,
    "1_0", "0x10", "1,5", "٣", "True", "None", "sgd", "adam",
    "unit", "é", "\0", '"', "\r", "\n", "a\nb", "x" * 200_000,
)  # fmt: skip
VALUES = (
    None, True, False, 0, 1, -1, 5, 1.5, math.nan, math.inf, 10**400, "", "x", "0", "\ud800", "final", "../x",
    "x" * 10_000, [], [[]], [None], {}, {"x": {}}, {"": []},
)  # fmt: skip
RAW = (
    b"", b"\0", b"null", b"[]", b"{}", b'"x"', b"NaN", b"9" * 5000, b"[" * 100_000,
    b'{"a":' * 100_000, b"\xff\xfe",
    b"\xef\xbb\xbf{}", b'{"sha256": 1, "sha256": 2}', b'{"schema": "\\ud800"}', b'{"schema": NaN}',
    b'{"schema": ' + b"1" * 5000 + b"}",
)  # fmt: skip

Grid = list[list[str]]
small = st.integers(0, 10)

cells = st.sampled_from(CELLS) | st.floats().map(str) | st.integers().map(str)
values = st.sampled_from(VALUES) | st.integers() | st.text(max_size=5)


def drop_column(grid: Grid, i: int, j: int, cell: str) -> None:
    for row in grid:
        del row[j % len(row)]


def rename_column(grid: Grid, i: int, j: int, cell: str) -> None:
    grid[0][j % len(grid[0])] += "x"


def repeat_column(grid: Grid, i: int, j: int, cell: str) -> None:
    for row in grid:
        row.append(row[j % len(row)])
    grid[-1][-1] = cell


def add_column(grid: Grid, i: int, j: int, cell: str) -> None:
    for row in grid:
        row.insert(j % len(row), cell)


def swap_columns(grid: Grid, i: int, j: int, cell: str) -> None:
    for row in grid:
        row.insert(i % len(row), row.pop(j % len(row)))


def set_cell(grid: Grid, i: int, j: int, cell: str) -> None:
    row = grid[i % len(grid)]
    row[j % len(row)] = cell


def drop_row(grid: Grid, i: int, j: int, cell: str) -> None:
    del grid[i % len(grid)]


def repeat_row(grid: Grid, i: int, j: int, cell: str) -> None:
    grid.append(list(grid[i % len(grid)]))


def swap_rows(grid: Grid, i: int, j: int, cell: str) -> None:
    grid.insert(i % len(grid), grid.pop(j % len(grid)))


def longer_row(grid: Grid, i: int, j: int, cell: str) -> None:
    grid[i % len(grid)].append(cell)


def shorter_row(grid: Grid, i: int, j: int, cell: str) -> None:
    grid[i % len(grid)].pop()


GRID_CHANGES: tuple[Callable[[Grid, int, int, str], None], ...] = (
    drop_column, rename_column, repeat_column, add_column, swap_columns, set_cell, set_cell, set_cell,
    drop_row, repeat_row, swap_rows, longer_row, shorter_row,
)  # fmt: skip
grid_changes = st.lists(
    st.tuples(st.sampled_from(GRID_CHANGES), small, st.integers(0, 20), cells),
    max_size=3,
)


def changed_table(text: str, changes: list[tuple]) -> bytes:
    """Apply changes to the cells of a table."""
    grid = list(csv.reader(io.StringIO(text)))
    for change, i, j, cell in changes:
        if grid and all(grid):
            change(grid, i, j, cell)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(grid)
    return out.getvalue().encode()


BYTE_CHANGES: tuple[Callable[[bytes, int], bytes], ...] = (
    lambda content, at: content[:at],
    lambda content, at: content[at:],
    lambda content, at: content[:at] + b"\0" + content[at:],
    lambda content, at: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :],
    lambda content, at: content[:at] + b"\xff" + content[at + 1 :],
    lambda content, at: content[:at] + content,
    lambda content, at: content.replace(b"\n", b"\r\n"),
    lambda content, at: content.replace(b"\n", b"\r"),
    lambda content, at: b"\xef\xbb\xbf" + content,
    lambda content, at: content.decode("latin-1").encode("utf-16"),
    lambda content, at: content.replace(b"\n", b"\n\n"),
    lambda content, at: content.replace(b",", b";"),
    lambda content, at: b'"' + content,
)
byte_changes = st.lists(
    st.tuples(st.sampled_from(BYTE_CHANGES), st.integers(0, 10**6)), max_size=2
)


def changed_bytes(content: bytes, changes: list[tuple]) -> bytes:
    """Apply changes to the bytes of a file."""
    for change, at in changes:
        if content:
            content = change(content, at % len(content))
    return content


def places(value: Any, place: tuple = ()) -> Iterator[tuple]:
    """Name every place in something read from JSON, the whole apart."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*place, key)
            yield from places(value[key], (*place, key))


receipt_changes = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "add"]), st.integers(0, 10**4), values),
    max_size=3,
)


def changed_receipt(receipt: dict[str, Any], changes: list[tuple]) -> dict[str, Any]:
    """Set, drop or add entries of a receipt, at any depth."""
    receipt = json.loads(json.dumps(receipt))
    for kind, where, drawn in changes:
        value = copy.deepcopy(drawn)  # or it might come to hold itself
        # Half of the changes at the top, where there are fewer entries.
        found = [(key,) for key in receipt] if where % 2 else list(places(receipt))
        if not found:
            break
        *path, last = found[where // 2 % len(found)]
        inside: Any = receipt
        for key in path:
            inside = inside[key]
        if kind == "set":
            inside[last] = value
        elif kind == "drop":
            del inside[last]
        elif isinstance(inside, dict):
            inside[f"{last}x"] = value
        else:
            inside.append(value)
    return receipt


def sealed(table: bytes, receipt: dict[str, Any]) -> bytes:
    """Give a receipt the checksum of a table, as someone would who means well or ill."""
    digest = hashlib.sha256(table.replace(b"\r\n", b"\n")).hexdigest()
    return json.dumps({**receipt, "sha256": digest}).encode()
