"""Settings made wrong: YAML is what every reader of YAML takes it for, or refused, and so is a book of it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from counting import fuzz
from edits import Edit, edited, edits
from hypothesis import strategies as st

from tp1.weave.errors import WeaveError
from tp1.weave.features import CHUNK_OPTIONS
from tp1.weave.project import Book, load_book
from tp1.weave.source import read_source
from tp1.weave.values import read_yaml
from tp1.weave.variables import substitute_variables

PROJECT = Path(__file__).parents[2]
SETTINGS = [
    (PROJECT / folder / name).read_text(encoding="utf-8")
    for folder in (".", "tests/weave/book")
    for name in ("_quarto.yml", "_variables.yml")
]
# Whole keys of the first level, each YAML by itself and soon read.
PARTS = [
    part.strip("\n") + "\n"
    for text in SETTINGS
    for part in "\n".join(
        line if line[:1].isspace() or not line else f"\x1e{line}"
        for line in text.split("\n")
        if not line.startswith("#")
    ).split("\x1e")
    if part.strip()
]
SURPRISES = (
    "yes", "No", "on", "OFF", "y", "~", "null", "true", "010", "0o10", "0x1F", "0b1", "1_000", "1:30",
    "12:30:45", "1e3", "1.5e+3", ".5", "5.", "+1", "-0", ".inf", "-.INF", ".nan", "1.0e+999",
    "99999999999999999999", "007", "089", "2025-02-30", "2025-02-12", "2001-12-14t21:59:43.10-05:00", "=",
    "<<", "!!int x", "!!timestamp x", "'yes'", '"010"', '"\\0"', '"\\ud800"', '"\\UFFFFFFFF"', '"\\x41"',
)  # fmt: skip
MARKS = (
    *SURPRISES, "&a ", "*a", "&a [*a]", "<<: *a\n", "!!python/object/apply:os.system [touch x]",
    "!!binary aGk=", "!!set {a}", "!x ", "? ", "? [a]\n: b\n", ": ", "- ", "|\n", ">-\n",
    "%YAML 1.1\n---\n", "--- ", "{a: 1, a: 2}", "book:\n", "lang: fr\n", "1: 2\n", "null: 1\n", "[", "]",
    "{", "}", ",", "#", "@", "%", "title: a\ntitle: b\n",
)  # fmt: skip
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def _read(text: str) -> Any:
    """Read YAML; an error of ours is itself the answer."""
    try:
        return read_yaml(text, "x.yml")
    except WeaveError as error:
        found = error
    assert str(found).startswith("x.yml:")
    assert "\n" not in str(found)
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and _is_plain(value[key]) for key in value)
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in (str, int, float, bool)


@fuzz(6_000, base=st.sampled_from(PARTS), changes=edits(MARKS))
def test_yaml_made_wrong_reads_as_in_any_other_reader_or_is_refused(
    base: str, changes: list[Edit]
) -> None:
    text = edited(base, changes)
    found = _read(text)
    if not isinstance(found, WeaveError):
        assert _is_plain(found)
        assert found == yaml.safe_load(text)


@fuzz(3_000, data=PLAIN)
def test_plain_data_come_back_or_are_refused(data: Any) -> None:
    found = _read(json.dumps(data, ensure_ascii=False))
    assert isinstance(found, WeaveError) or (found == data and _is_plain(found))


@fuzz(
    1_500,
    text=st.text(max_size=60) | st.text("!&*[]{}:-,?|>'\"%@`#~ \n1ae", max_size=40),
)
def test_noise_is_yaml_or_refused(text: str) -> None:
    found = _read(text)
    if not isinstance(found, WeaveError):
        assert found == yaml.safe_load(text)


ONE_LINE = st.text(st.characters(exclude_characters="\r\n"), max_size=10)
OPTION_VALUES = (
    *SURPRISES,
    "false",
    "[1]",
    "{a: b}",
    "",
    "' '",
    "x",
    "show",
    "fig-x",
    "a b",
    "tbl-x",
    "../x",
)


@fuzz(
    4_000,
    options=st.lists(
        st.tuples(
            st.sampled_from((*CHUNK_OPTIONS, "layout-ncol", "Echo", "1", "")),
            st.sampled_from(OPTION_VALUES) | ONE_LINE,
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_chunk_options_of_every_kind_are_of_the_right_type_or_refused(
    folder: Path, options: list[tuple[str, str]]
) -> None:
    head = "".join(f"#| {name}: {value}\n" for name, value in options)
    text = f"# Un\n\n```{{python}}\n{head}1\n```\n"
    (folder / "un.qmd").write_bytes(text.encode(errors="replace"))
    try:
        (chunk,) = read_source(folder, Path("un.qmd")).chunks
    except WeaveError:
        return
    for name, value in chunk.options.items():
        assert isinstance(value, CHUNK_OPTIONS[name])
    written = yaml.safe_load(head.replace("#| ", ""))
    assert chunk.options == written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book's folder, with a neighbour that is none of its business."""
    folder = tmp_path_factory.mktemp("settings") / "book"
    folder.mkdir()
    (folder.parent / "secret.yml").write_text("lang: de\n")
    (folder / "loop").symlink_to("loop")
    (folder / "out").symlink_to("..")
    os.mkfifo(folder / "pipe.yml")
    return folder


HOSTILE = (
    None, True, 0, -1, 1.5, 1e300, 2**63, "", ".", "..", "/", "/etc/passwd", "../secret.yml", "../x.qmd",
    "loop", "loop/x.qmd", "out/x.qmd", "out/secret.yml", "pipe.yml", "un.qmd", "./un.qmd",
    "a" * 300 + ".qmd", "$(touch x).qmd", "-o.qmd", "a\nb.qmd", "C:\\x.qmd", "<script>", [], {}, [[]],
    {"a": 1}, ["un.qmd", "un.qmd"], "x.qmd/", "*",
)  # fmt: skip


def _places(value: Any, trail: tuple = ()) -> list[tuple]:
    """List every place in nested data."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [trail, *(place for key, v in inner for place in _places(v, (*trail, key)))]


BOOKS = [
    (yaml.safe_load(q), yaml.safe_load(v)) for q, v in (SETTINGS[:2], SETTINGS[2:])
]


def _put(data: Any, place: tuple, value: Any) -> Any:
    """Copy nested data with another value in one place."""
    if not place:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[place[0]] = _put(copy[place[0]], place[1:], value)
    return copy


@st.composite
def _settings(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw `_quarto.yml` and `_variables.yml` with one to three values put wrong."""
    files = draw(st.sampled_from(BOOKS))
    for _ in range(draw(st.integers(1, 3))):
        files = list(files)
        which = draw(st.sampled_from((0, 0, 0, 1)))
        place = draw(st.sampled_from(_places(files[which])))
        value = draw(st.sampled_from(HOSTILE) | PLAIN)
        files[which] = _put(files[which], place, value)
    return files[0], files[1]


@fuzz(2_500, files=_settings())
def test_a_book_of_wrong_settings_is_refused_or_stays_in_its_folder(
    folder: Path, files: tuple[Any, Any]
) -> None:
    for name, data in zip(("_quarto.yml", "_variables.yml"), files, strict=True):
        text = json.dumps(data, ensure_ascii=False)
        (folder / name).write_bytes(text.encode(errors="replace"))
    try:
        book = load_book(folder)
    except WeaveError:
        return
    finally:
        assert {file.name for file in folder.parent.iterdir()} == {"book", "secret.yml"}
    _check_book(book, folder)


def _check_book(book: Book, folder: Path) -> None:
    files = [*book.filters, *book.bibliography, book.output]
    files += [folder / part.path for part in book.parts]
    for file in files:
        assert Path(os.path.realpath(file)).is_relative_to(folder)
    assert book.output != folder
    assert len({part.path for part in book.parts}) == len(book.parts) > 0
    words = [book.title, book.subtitle, book.name, book.language, book.delimiter]
    words += [*book.prefixes.values(), *book.titles.values()]
    words += [value for author in book.authors for value in author.values()]
    assert all(type(word) is str for word in words)
    assert all(0 < side <= 1000 for side in book.figure_size)
    assert book.language != "de"


NAMES = st.lists(
    st.sampled_from(("a", "b", "0", "1", "2", "-1", "x y", "")), max_size=3
)


@fuzz(
    3_000,
    data=st.dictionaries(st.sampled_from("ab12"), PLAIN, max_size=3),
    names=NAMES,
    tail=st.sampled_from(("", " ", ">", " >}}", " >}} {{< var a >}}", "\n>}}", "<b>")),
)
def test_a_variable_is_its_value_or_refused(
    data: dict[str, Any], names: list[str], tail: str
) -> None:
    name = ".".join(names)
    try:
        text = substitute_variables("{{< var " + name + tail, data, Path("un.qmd"))
    except WeaveError:
        return
    found: Any = data
    for key in names:
        found = found[int(key) - 1] if isinstance(found, list) else found[key]
    assert text.startswith(str(found))
    assert type(found) in (str, int, float)
