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


def read_text(root: Path, path: Path | str) -> str:
    """Read one of the book's files.

    Raises
    ------
    WeaveError
        If it is missing, cannot be read, or is not UTF-8.
    """
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WeaveError(f"no such file in {root}", path) from None
    except OSError as error:
        raise WeaveError(f"cannot be read: {error.strerror}", path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise WeaveError("this is not UTF-8", path, line) from error


def read_lines(root: Path, path: Path) -> list[Line]:
    """Read a chapter with its includes expanded.

    Raises
    ------
    WeaveError
        If a file is missing or includes itself.
    """
    return list(_expand(root, path, ()))


def _expand(root: Path, path: Path, trail: tuple[Path, ...]) -> Iterator[Line]:
    text = read_text(root, path)
    # Not splitlines: it also cuts at characters that Markdown does not take for line ends.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        include = INCLUDE.match(line)
        if include is None:
            yield Line(line, path, number)
            continue
        name = include[1].strip("\"'")
        target = Path(name[1:]) if name.startswith("/") else path.parent / name
        if not (root / target).is_file():
            raise WeaveError(f"{include[1]} is no file", path, number)
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
