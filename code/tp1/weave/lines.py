"""The lines of a chapter, each knowing where it stands: what every error message points to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tp1.weave.errors import WeaveError

INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})(.*)$")


@dataclass(frozen=True)
class Line:
    """One line of a chapter after includes, and where it stands in the files."""

    text: str
    file: Path
    number: int


def read_lines(root: Path, path: Path) -> list[Line]:
    """Read a chapter with its includes expanded.

    Raises
    ------
    WeaveError
        If a file is missing or includes itself.
    """
    return list(_expand(root, path, ()))


def _expand(root: Path, path: Path, trail: tuple[Path, ...]) -> Iterator[Line]:
    try:
        text = (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WeaveError(
            "no such file" + (f", included by {trail[-1]}" if trail else ""), path
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include is None:
            yield Line(line, path, number)
            continue
        target = path.parent / include[1]
        if target in (*trail, path):
            raise WeaveError(f"{include[1]} includes itself", path, number)
        yield from _expand(root, target, (*trail, path))


def next_fence(fence: str | None, line: str) -> str | None:
    """Follow code fences down the lines: the fence that is open after `line`."""
    match = FENCE.match(line)
    if match is None:
        return fence
    if fence is None:
        return match[1]
    closes = (
        match[1][0] == fence[0] and len(match[1]) >= len(fence) and not match[2].strip()
    )
    return None if closes else fence
