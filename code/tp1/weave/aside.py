"""Folders that change all at once: written aside, then renamed into place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tp1.weave.errors import OutputError


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of `folder` once the block has ended well.

    Raises
    ------
    OutputError
        If the system refuses what is written; `folder` is as it was.
    """
    new, old = _neighbours(folder)
    try:
        recover(folder)
        new.mkdir(parents=True)
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except OSError as error:
        raise OutputError(folder, error) from error
    finally:
        with suppress(OutputError):
            recover(folder)


def write_aside(file: Path, text: str) -> None:
    """Write a text file aside, then rename it into place.

    Raises
    ------
    OutputError
        If the system refuses; the file is as it was.
    """
    aside = file.with_name(f".{file.name}.new")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(file)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise OutputError(file, error) from error


def recover(folder: Path) -> None:
    """Clear up after a kill, even one between the two renamings.

    Raises
    ------
    OutputError
        If the system does not let the old folder back.
    """
    new, old = _neighbours(folder)
    shutil.rmtree(new, ignore_errors=True)
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)
    except OSError as error:
        raise OutputError(folder, error) from error
    shutil.rmtree(old, ignore_errors=True)


def _neighbours(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f"{folder.name}.new"), folder.with_name(
        f"{folder.name}.old"
    )
