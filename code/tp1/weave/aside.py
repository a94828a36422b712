"""Folders that change all at once: written aside, then renamed into place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of `folder` once the block has ended well."""
    recover(folder)
    new, old = _neighbours(folder)
    new.mkdir(parents=True)
    try:
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_aside(file: Path, text: str) -> None:
    """Write a text file aside, then rename it into place."""
    aside = file.with_name(f".{file.name}.new")
    aside.write_text(text, encoding="utf-8", newline="\n")
    aside.replace(file)


def recover(folder: Path) -> None:
    """Clear up after a kill, even one between the two renamings."""
    new, old = _neighbours(folder)
    shutil.rmtree(new, ignore_errors=True)
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _neighbours(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f"{folder.name}.new"), folder.with_name(
        f"{folder.name}.old"
    )
