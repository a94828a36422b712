"""A small book that uses everything the renderer supports, in a folder of its own for each test."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tp1.weave.render import render

PROJECT = Path(__file__).parents[2]
BOOK = Path(__file__).parent / "book"
QUARTO_FREEZE = Path(__file__).parent / "quarto-freeze"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The sample book, not yet executed."""
    root = tmp_path / "book"
    shutil.copytree(BOOK, root)
    shutil.copytree(PROJECT / "_extensions", root / "_extensions")
    return root


@pytest.fixture
def frozen_book(book: Path) -> Path:
    """The sample book as Quarto froze it: rendering it needs no kernel."""
    shutil.copytree(QUARTO_FREEZE, book / "_freeze")
    return book


@pytest.fixture
def weave() -> Callable[[Path], Path]:
    """Render a book in silence."""
    return lambda root: render(root, lambda line: None)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of the sample book, for tests that only read it."""
    root = tmp_path_factory.mktemp("rendered")
    shutil.copytree(BOOK, root, dirs_exist_ok=True)
    shutil.copytree(PROJECT / "_extensions", root / "_extensions")
    shutil.copytree(QUARTO_FREEZE, root / "_freeze")
    return render(root, lambda line: None)
