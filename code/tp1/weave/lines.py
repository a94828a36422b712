"""The lines of a chapter, each knowing where it stands: what every error message points to."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tp1.weave.errors import MissingFile, WeaveError

CHUNK_START = re.compile(r"^(\s*)(`{3,})\s*\{python\}\s*$")
INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
# What stands behind backticks holds none: ``` x ``` is code inside a line.
FENCE = re.compile(r"^\s*(`{3,}+(?!.*`)|~{3,}+)(.*)$")

# More than any report has; much more would keep the machine busy for hours.
LARGEST_FILE = 10_000_000  # bytes
LONGEST_CHAPTER = 1_000_000  # characters, includes too
MOST_LINES = 100_000
LONGEST_LINE = 20_000
DEEPEST_INCLUDE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chapter after includes, and where it stands in the files."""

    text: str
    file: Path
    number: int


def inside(root: Path, path: Path | str) -> Path:
    """Find one of the book's files, which need not exist, by its name from the project's folder.

    Raises
    ------
    WeaveError
        If it lies elsewhere, by its name or by a symbolic link.
    """
    name = os.path.normpath(path)
    if "\0" in name:
        raise WeaveError("a NUL character is in this file's name", ascii(name))
    real, top = os.path.realpath(root / name), os.path.realpath(root)
    if Path(name).is_absolute() or not Path(real).is_relative_to(top):
        raise WeaveError("lies outside the project", path)
    return root / name


def is_file(file: Path) -> bool:
    """Tell whether this is a regular file; no name is an error."""
    return os.path.isfile(file)  # noqa: PTH113 - Path's own raises for a name that is too long


def read_text(root: Path, path: Path | str) -> str:
    """Read one of the book's files, its line ends as LF.

    Raises
    ------
    MissingFile
        If there is none.
    WeaveError
        If it lies outside the project, cannot be read, is too large, or is not text in UTF-8.
    """
    try:
        file = inside(root, path)
        if not stat.S_ISREG(file.stat().st_mode):
            raise WeaveError("is no regular file", path)
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFile(f"no such file in {root}", path) from None
    except OSError as error:
        raise WeaveError(f"cannot be read: {error.strerror}", path) from error
    if len(data) > LARGEST_FILE:
        raise WeaveError(f"is larger than {LARGEST_FILE:,} bytes", path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise WeaveError("this is not UTF-8", path, line) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise WeaveError("a NUL character: this is not text", path, line)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_lines(root: Path, path: Path) -> list[Line]:
    """Read a chapter with its includes expanded.

    Raises
    ------
    WeaveError
        If a file is missing or includes itself, or the chapter is too long.
    """
    lines: list[Line] = []
    size = 0
    for line in _expand(root, path, ()):
        size += len(line.text)
        if size > LONGEST_CHAPTER or len(lines) == MOST_LINES:
            limits = f"{LONGEST_CHAPTER:,} characters or {MOST_LINES:,} lines"
            raise WeaveError(f"the chapter is longer than {limits}", path)
        if len(line.text) > LONGEST_LINE:
            reason = f"this line has more than {LONGEST_LINE:,} characters"
            raise WeaveError(reason, line.file, line.number)
        lines.append(line)
    return lines


def _expand(root: Path, path: Path, trail: tuple[Path, ...]) -> Iterator[Line]:
    text = read_text(root, path)
    # Not splitlines: it also cuts at characters that Markdown does not take for line ends.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        include = INCLUDE.match(line)
        if include is None:
            yield Line(line, path, number)
            continue
        name = include[1].strip("\"'")
        target = Path(
            os.path.normpath(name[1:] if name.startswith("/") else path.parent / name)
        )
        if not is_file(inside(root, target)):
            raise WeaveError(f"{include[1]} is no file", path, number)
        if target in (*trail, path):
            raise WeaveError(f"{include[1]} includes itself", path, number)
        if len(trail) == DEEPEST_INCLUDE:
            raise WeaveError("includes are nested too deeply", path, number)
        yield from _expand(root, target, (*trail, path))


def next_fence(fence: str | None, line: str) -> str | None:
    """Follow code fences down the lines: the fence that is open after `line`, a chunk's with its brace."""
    if fence is not None and fence.endswith("{"):
        # As Quarto ends a chunk: a docstring may hold fences of its own.
        return None if line.rstrip() == fence[:-1] else fence
    if fence is None and (start := CHUNK_START.match(line)):
        return start[2] + "{"
    match = FENCE.match(line)
    if match is None:
        return fence
    if fence is None:
        return match[1]
    closes = (
        match[1][0] == fence[0] and len(match[1]) >= len(fence) and not match[2].strip()
    )
    return None if closes else fence
