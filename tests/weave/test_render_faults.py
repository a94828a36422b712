"""Renders on a full disk and in places that cannot be written: the previous output and freeze stay whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from full_disk import REASON, full_disk

from tp1.__main__ import main

Digest = dict[str, bytes]


def made(book: Path) -> Digest:
    """All files of the output and of the freeze."""
    return {
        path.relative_to(book).as_posix(): path.read_bytes()
        for name in ("_output", "_freeze")
        for path in sorted((book / name).rglob("*"))
        if path.is_file()
    }


def told(book: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What a render that must fail says: one line."""
    assert main(["weave", str(book)]) == 2
    said = capsys.readouterr().err.splitlines()
    (line,) = [line for line in said if line.startswith("tp1: error: ")]
    return line


def left(book: Path) -> list[str]:
    """What is beside the output and the frozen chapter."""
    places = (*book.glob("_output*"), *(book / "_freeze/report").glob("un*"))
    return [place.name for place in places]


# What is too large: an asset, the notebook, the PDF.
@pytest.mark.parametrize(
    ("size", "name"), [(1000, "site.css"), (14_000, "essai.ipynb"), (50_000, "_output")]
)
def test_a_full_disk_leaves_the_previous_output(
    frozen_book: Path,
    weave: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
    size: int,
    name: str,
) -> None:
    weave(frozen_book)
    before = made(frozen_book)
    variables = frozen_book / "_variables.yml"
    variables.write_text(variables.read_text() + "\n# Autrement.\n")
    with full_disk(size):
        error = told(frozen_book, capsys)
    assert REASON in error
    assert f"{name}: cannot be written" in error
    assert made(frozen_book) == before
    assert left(frozen_book) == ["_output", "un"]
    assert main(["weave", str(frozen_book)]) == 0
    assert made(frozen_book).keys() == before.keys()


def test_a_full_disk_leaves_the_previous_freeze(
    frozen_book: Path,
    weave: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    weave(frozen_book)
    before = made(frozen_book)
    chapter = frozen_book / "report/un.qmd"
    text = chapter.read_text()
    chapter.write_text(text + "\nUn mot de plus.\n")
    with full_disk():
        error = told(frozen_book, capsys)
    assert REASON in error
    assert "_freeze/report/un: cannot be written" in error
    assert made(frozen_book) == before
    assert left(frozen_book) == ["_output", "un"]
    chapter.write_text(text)
    assert main(["weave", str(frozen_book)]) == 0
    assert made(frozen_book) == before


@pytest.mark.parametrize("name", ["_output.new", "_freeze/report/un.new"])
def test_a_file_in_the_way_is_named(
    frozen_book: Path,
    weave: Callable[[Path], Path],
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    weave(frozen_book)
    before = made(frozen_book)
    if name.startswith("_freeze"):
        chapter = frozen_book / "report/un.qmd"
        chapter.write_text(chapter.read_text() + "\nUn mot de plus.\n")
    else:
        shutil.copyfile(frozen_book / "index.qmd", frozen_book / "report/plus.qmd")
    (frozen_book / name).write_text("precious")
    assert f"{name}: cannot be written (File exists)" in told(frozen_book, capsys)
    assert (frozen_book / name).read_text() == "precious"
    (frozen_book / name).unlink()
    assert made(frozen_book) == before
    assert main(["weave", str(frozen_book)]) == 0


def test_a_file_in_place_of_the_freeze_is_named(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (book / "_freeze").write_text("precious")
    assert "cannot be written" in told(book, capsys)
    assert (book / "_freeze").read_text() == "precious"


def test_no_room_for_what_a_kernel_needs_is_named(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk(0):
        assert "what a kernel needs: cannot be written" in told(book, capsys)
    assert not (book / "_output").exists()
