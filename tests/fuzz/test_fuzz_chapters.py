"""Chapters made wrong: each is split exactly as it is written, or refused with its line."""

import re
from pathlib import Path

import pytest
from counting import fuzz
from edits import Edit, edited, edits
from hypothesis import strategies as st

from tp1.weave.errors import WeaveError
from tp1.weave.source import Chunk, Prose, Source, read_source

PROJECT = Path(__file__).parents[2]
BOOK = PROJECT / "tests/weave/book"
NAME = Path("un.qmd")
WINDOW = 24  # lines


def _windows() -> list[str]:
    found: list[str] = []
    for folder in (PROJECT, BOOK):
        for file in sorted((*folder.glob("*.qmd"), *folder.glob("report/*.qmd"))):
            lines = file.read_text(encoding="utf-8").split("\n")
            found += (
                "\n".join(lines[first : first + WINDOW]) + "\n"
                for first in range(0, len(lines), WINDOW)
            )
    return found


WINDOWS = _windows()
MARKS = (
    "```", "````", "~~~", "```{python}\n", "```{python}", "```{r}\n", "``` {.python}\n",
    "```{python echo=F}\n", "#| label: x\n", "#| fig-cap: [\n", "#| echo: yes\n", "#| &a [*a]\n",
    "#| !!python/object/apply:os.system [ls]\n", "#|\n", "::: {.callout-note}\n", ":::\n",
    "::: {#fig-x}\n", "::: {.cell}\n", ":::: x\n", "{{< var x >}}", "{{< include un.qmd >}}\n",
    "{{< include /etc/passwd >}}\n", "{{< include ../un.qmd >}}\n", "{{<", ">}}",
    "{{< include un/../un.qmd >}}\n", "`{python} 1`", "`{r} 1`", "$$", "{#eq-x}", "@fig-x", "[^1]",
    "](x.qmd)", "<div>", "---\ntoc: false\n---\n", "# <1>", "{.x}", "<script>", "\\", "{=html}",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a neighbour that nothing may read or change."""
    root = tmp_path_factory.mktemp("chapters") / "book"
    root.mkdir()
    (root.parent / "un.qmd").write_text("a secret\n")
    return root


def _read(root: Path, data: bytes) -> Source | None:
    (root / NAME).write_bytes(data)
    try:
        return read_source(root, NAME)
    except WeaveError as error:
        place = re.match(r"[\w./]+(:\d+)?: .", str(error))
    assert place
    return None


def _check_split(source: Source, text: str) -> None:
    """Find every cell where it says it stands, and nothing but blank lines and fences elsewhere."""
    lines = text.split("\n")
    rest = dict(enumerate(lines, 1))
    number = 0
    for cell in source.cells:
        if isinstance(cell, Prose):
            held, first = cell.text.split("\n"), cell.line
        else:
            number += 1
            assert cell.number == number
            assert re.fullmatch(r"`{3,}\s*\{python\}\s*", rest.pop(cell.line))
            held, first = cell.code.split("\n"), cell.line + 1
            while lines[first - 1].lstrip().startswith("#|"):
                rest.pop(first)
                first += 1
            while not lines[first - 1].strip(" \t"):
                first += 1
        place = range(first, first + len(held))
        assert [rest.pop(at) for at in place] == held
        if isinstance(cell, Chunk):
            at = place.stop
            while not lines[at - 1].strip(" \t"):
                at += 1
            assert re.fullmatch(r"`{3,}\s*", rest.pop(at))
    assert not any(line.strip(" \t") for line in rest.values())


@fuzz(14_000, base=st.sampled_from(WINDOWS), changes=edits(MARKS))
def test_a_chapter_made_wrong_is_split_as_it_stands_or_refused(
    root: Path, base: str, changes: list[Edit]
) -> None:
    text = edited(base, changes)
    source = _read(root, text.encode(errors="replace"))
    if source is not None and "{{< include" not in text:
        plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
        _check_split(source, plain.replace("\r", "\n"))


@fuzz(3_000, data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_is_prose_or_refused(root: Path, data: bytes) -> None:
    source = _read(root, data)
    if source is not None:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        _check_split(source, text)


WORDS = st.text("abc é*_[]$^\u00a0\x0c", min_size=1, max_size=20).filter(
    lambda words: words.strip(" \t")
)
CODE = st.lists(
    st.sampled_from(
        (
            *("x = 1", "", "    y", "'''", "~~~", "    ```", "# {{< var x >}}"),
            *("#| label: late", "```{python} #", "::: {.column-margin}", "\u00a0"),
        )
    ),
    max_size=6,
)
OPTION = st.sampled_from(
    (
        *(("echo", "false", False), ("eval", "true", True), ("fig-cap", "Un mot", "Un mot")),
        *(("fig-cap", "'oui : non'", "oui : non"), ("code-fold", "show", "show")),
        ("fig-alt", '"\\u00e9"', "é"),
    )
)  # fmt: skip
PIECE = st.one_of(
    st.tuples(st.just("prose"), st.lists(WORDS, min_size=1, max_size=4)),
    st.tuples(st.just("block"), CODE),
    st.tuples(
        st.just("chunk"), st.lists(OPTION, max_size=3, unique_by=lambda o: o[0]), CODE
    ),
)


@fuzz(
    3_500,
    pieces=st.lists(PIECE, max_size=8),
    end=st.sampled_from(("\n", "\r\n", "\r")),
)
def test_a_chapter_gives_the_chunks_it_was_made_of(
    root: Path, pieces: list[tuple], end: str
) -> None:
    text, expected = "", []
    for kind, *parts in pieces:
        if kind == "prose":
            text += "\n".join(parts[0]) + "\n\n"
        elif kind == "block":
            held = [line for line in parts[0] if "~~~" not in line]
            text += "\n".join(("~~~~", *held, "~~~~")) + "\n\n"
        else:
            options = [f"#| {name}: {written}" for name, written, _ in parts[0]]
            code = ["1", *parts[1], "2"]
            text += "\n".join(("```{python}", *options, *code, "```")) + "\n\n"
            named = {name: value for name, _, value in parts[0]}
            expected.append((named, "\n".join(code)))
    source = _read(root, text.replace("\n", end).encode())
    if source is None:  # a mark made by chance of the words
        assert any(kind == "prose" for kind, *_ in pieces)
    else:
        assert [(c.options, c.code) for c in source.chunks] == expected
        _check_split(source, text)
