"""Read a chapter's ``.qmd`` into prose and chunks, refusing what this renderer does not support."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tp1.weave import features
from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.lines import (
    CHUNK_START,
    Line,
    inside,
    is_file,
    next_fence,
    read_lines,
    read_text,
)
from tp1.weave.values import read_yaml

# As Quarto reads it: an inline expression is not preceded by a backtick.
INLINE = re.compile(r"(^|[^`])`\{python\}[ \t]([^`]+)`", re.MULTILINE)


@dataclass(frozen=True)
class Prose:
    """Markdown between two chunks."""

    text: str
    file: Path
    line: int

    def line_of(self, text: str) -> int:
        """Say on which line of the file `text` stands."""
        return self.line + self.text[: self.text.find(text)].count("\n")


@dataclass(frozen=True)
class Chunk:
    """A Python cell: its code without the ``#|`` options, and its place."""

    code: str
    options: dict[str, Any]
    file: Path
    line: int
    number: int  # from 1, in the order of execution: the frozen `execution_count`
    position: int  # among all cells, prose included: names the cells that have no label

    @property
    def label(self) -> str | None:
        """The chunk's label, if it has one."""
        label = self.options.get("label")
        return None if label is None else str(label)

    @property
    def name(self) -> str:
        """What progress and errors call the chunk."""
        return self.label or f"chunk {self.number}"


@dataclass(frozen=True)
class Source:
    """A chapter as it is written."""

    path: Path  # relative to the project
    digest: str  # MD5 of the file with LF ends: what Quarto's freeze stores
    cells: list[Prose | Chunk] = field(default_factory=list)

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks in order."""
        return [cell for cell in self.cells if isinstance(cell, Chunk)]

    @property
    def has_code(self) -> bool:
        """Whether a kernel is needed at all."""
        return any(
            isinstance(cell, Chunk) or INLINE.search(cell.text) for cell in self.cells
        )


def read_source(root: Path, path: Path) -> Source:
    """Read a chapter with its includes.

    Raises
    ------
    WeaveError
        If a file is missing, an include goes in circles, or the chapter uses an unsupported feature.
    """
    for folder in path.parents:
        if is_file(inside(root, folder / "_metadata.yml")):
            raise UnsupportedFeature("_metadata.yml", folder / "_metadata.yml")
    lines = read_lines(root, path)
    features.check(lines)
    text = read_text(root, path)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    source = Source(path, digest, list(_cells(lines)))
    _check_labels(source)
    return source


def _check_labels(source: Source) -> None:
    seen: set[str] = set()
    for chunk in source.chunks:
        if chunk.label in seen:
            raise WeaveError(
                f"chunk label {chunk.label} is used twice", chunk.file, chunk.line
            )
        seen |= {chunk.label} if chunk.label else set()


def _cells(lines: list[Line]) -> Iterator[Prose | Chunk]:
    """Split at the chunks, the way Quarto's conversion to a notebook does."""
    prose: list[Line] = []
    position = number = i = 0
    fence: str | None = None
    while i < len(lines):
        start = CHUNK_START.match(lines[i].text) if fence is None else None
        if start is None:
            fence = next_fence(fence, lines[i].text)
            prose.append(lines[i])
            i += 1
            continue
        first = i
        end = re.compile(rf"^{start[1]}{start[2]}\s*$")
        body: list[Line] = []
        i += 1
        while i < len(lines) and not end.match(lines[i].text):
            body.append(lines[i])
            i += 1
        i += 1
        if text := _trimmed(prose):
            yield Prose(text, *_place(prose))
            position += 1
        prose = []
        options, code = _options(body)
        if not code:
            raise WeaveError(
                "this chunk is empty", lines[first].file, lines[first].number
            )
        number += 1
        yield Chunk(
            code, options, lines[first].file, lines[first].number, number, position
        )
        position += 1
    if text := _trimmed(prose):
        yield Prose(text, *_place(prose))


def _options(body: list[Line]) -> tuple[dict[str, Any], str]:
    head = 0
    while head < len(body) and body[head].text.lstrip().startswith("#|"):
        head += 1
    code = _trimmed(body[head:])
    if head == 0:
        return {}, code
    place = body[0]
    text = "\n".join(line.text.lstrip()[2:].removeprefix(" ") for line in body[:head])
    options = read_yaml(text, place.file, place.number)
    features.check_options(options, place)
    return options, code


def _trimmed(lines: list[Line]) -> str:
    """Join lines without the empty ones at both ends."""
    full = [i for i, line in enumerate(lines) if _is_full(line)]
    return (
        "\n".join(line.text for line in lines[full[0] : full[-1] + 1]) if full else ""
    )


def _place(lines: list[Line]) -> tuple[Path, int]:
    first = next(line for line in lines if _is_full(line))
    return first.file, first.number


def _is_full(line: Line) -> bool:
    # Not strip(): a no-break space is text.
    return bool(line.text.strip(" \t"))
