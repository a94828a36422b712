"""Frozen results made wrong: shown as they are, known to be of another text, or refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from counting import fuzz
from edits import Edit, edited, edits
from hypothesis import strategies as st

from tp1.weave.errors import WeaveError
from tp1.weave.freeze import Thawed, stale_because, thaw
from tp1.weave.receipts import write_receipt
from tp1.weave.source import Source, read_source

BOOK = Path(__file__).parents[1] / "weave/book"
FREEZES = BOOK.parent / "quarto-freeze/report/un/execute-results"
NAME = Path("report/un.qmd")
MARKS = (
    '"hash"', '"markdown": ', '"result": {', "null", "NaN", "-Infinity", "1e999", "9" * 5000, "[", "{",
    '"a": 1,', "[" * 2000, '"\\ud800"', '"\\u0000"', "\\", "\\u", '"../../../secret"', '"/etc/passwd"',
    "true", ",", ":", '"includes": {"include-in-header": ["<script>"]},', '"filters": ["../x.lua"],',
    '"supporting": ["../.."],',
)  # fmt: skip
ODD = (
    None, True, 0, -1, 10**400, 1.5, "", "x", "../x", "/etc/passwd", [], {}, [[]], {"a": "b"},
    ["../../secret"], "\ud800", "\x00", "<script>",
)  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Source]:
    """A chapter, and beside its project a file that is none of its business."""
    root = tmp_path_factory.mktemp("freezes") / "book"
    folder = root / "_freeze/report/un/execute-results"
    folder.mkdir(parents=True)
    (root / "report").mkdir()
    for name in (NAME, Path("report/_morceau.qmd")):
        (root / name).write_bytes((BOOK / name).read_bytes())
    (root.parent / "secret").write_text("a secret\n")
    source = read_source(root, NAME)
    for file in FREEZES.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    write_receipt(root, source, folder.parent)
    return root, source


def _small(source: Source) -> dict[str, Any]:
    record = json.loads((FREEZES / "html.json").read_text(encoding="utf-8"))
    record["result"]["markdown"] = record["result"]["markdown"][:400]
    return {**record, "hash": source.digest}


def _thaw(book: tuple[Path, Source], data: bytes) -> Thawed | WeaveError | None:
    root, source = book
    folder = root / "_freeze/report/un"
    (folder / "execute-results/html.json").write_bytes(data)
    try:
        return thaw(root, source, "html")
    except WeaveError as error:
        refused = error
    assert str(refused).startswith("_freeze/report/un/execute-results/html.json:")
    assert len(str(refused)) < 1000
    return refused


@fuzz(4_000, changes=edits(MARKS))
def test_a_freeze_made_wrong_is_what_json_says_or_refused(
    book: tuple[Path, Source], changes: list[Edit]
) -> None:
    text = edited(json.dumps(_small(book[1]), indent=1), changes)
    found = _thaw(book, text.encode(errors="replace"))
    if isinstance(found, WeaveError):
        return
    record = json.loads(text.removeprefix("\ufeff"))
    if found is None:
        assert record["hash"] != book[1].digest
    else:
        assert found.markdown == record["result"]["markdown"]
        assert not record["result"].get("includes")
        found.markdown.encode()


@fuzz(
    4_000,
    place=st.sampled_from(
        (
            *((), ("hash",), ("result",), ("result", "markdown"), ("result", "includes")),
            *(("result", "filters"), ("result", "supporting"), ("result", "engine")),
        )
    ),
    value=st.sampled_from(ODD)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
        max_leaves=4,
    ),
    drop=st.booleans(),
)  # fmt: skip
def test_a_freeze_of_wrong_values_is_refused_where_they_matter(
    book: tuple[Path, Source], place: tuple[str, ...], value: Any, drop: bool
) -> None:
    record: Any = _small(book[1])
    if not place:
        record = value
    else:
        holder = record if len(place) == 1 else record["result"]
        if drop:
            del holder[place[-1]]
        else:
            holder[place[-1]] = value
    found = _thaw(book, json.dumps(record).encode())
    if isinstance(found, Thawed):
        assert type(record["result"]["markdown"]) is str
        assert found.markdown == record["result"]["markdown"]
        assert not record["result"].get("includes")
        assert not record["result"].get("filters")
    elif found is None:
        assert record["hash"] != book[1].digest


@fuzz(2_000, changes=edits((*MARKS, '"inputs"', '"text"', '"frozen"', '"tp1": "0"')))
def test_a_receipt_made_wrong_vouches_for_nothing(
    book: tuple[Path, Source], changes: list[Edit]
) -> None:
    root, source = book
    folder = root / "_freeze/report/un"
    for file in FREEZES.glob("*.json"):
        (folder / "execute-results" / file.name).write_bytes(file.read_bytes())
    write_receipt(root, source, folder)
    receipt = folder / "receipt.json"
    text = receipt.read_text(encoding="utf-8")
    wrong = edited(text, changes)
    receipt.write_bytes(wrong.encode(errors="replace"))
    reasons = stale_because(root, source)
    if not reasons:
        kept, was = json.loads(wrong), json.loads(text)
        assert {key: kept[key] for key in was} == was
    assert all(isinstance(reason, str) for reason in reasons)
