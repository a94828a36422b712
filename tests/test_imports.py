"""What code depends on is found without importing it; only what it states counts."""

from pathlib import Path

import pytest

from tp1.imports import changes, closure, digest, imported, statements

SOURCE = '"""Doc."""\n\nX = "# kept"  # a comment\n\n\ndef f():\n    """Doc."""\n    return X\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in which `a` imports all the others but `alone`, in every way."""
    files = {
        "__init__.py": "",
        "a.py": "import tp1.b\nfrom tp1 import c\nimport numpy\n",
        "b.py": "def f():\n    from tp1.room.d import g\n",
        "c.py": "from tp1.a import x\n",  # a circle
        "room/__init__.py": "R = 1\n",
        "room/d.py": "",
        "alone.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "tp1" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
    return tmp_path / "tp1"


def test_comments_docstrings_and_blank_lines_do_not_count():
    other = 'X = "# kept"\ndef f():\n    """Another,\n    longer."""\n\n    # why\n    return X\n'
    assert statements(SOURCE) == statements(other)
    assert statements(SOURCE) == 'X = "# kept"\ndef f():\n    return X'


def test_every_kind_of_import_is_followed(package: Path):
    assert list(closure("from tp1.a import y", package)) == [
        "tp1", "tp1.a", "tp1.b", "tp1.c", "tp1.room.d",
    ]  # fmt: skip
    assert closure("import numpy\nimport tp12.b", package) == {}
    assert "tp1.room" in closure("from tp1 import room", package)
    assert imported("from . import x\nimport os, tp1.b as c") == ["tp1.b"]


def test_a_changed_statement_is_named_and_a_changed_comment_is_not(package: Path):
    before = closure("import tp1.a", package)
    path = package / "room" / "d.py"
    path.write_text("# a comment\n")
    assert closure("import tp1.a", package) == before
    path.write_text("X = 1\n")
    (package / "c.py").write_text("")
    now = closure("import tp1.b", package)
    assert changes(before, now) == [
        "tp1 is gone", "tp1.a is gone", "tp1.c is gone", "tp1.room.d has changed",
    ]  # fmt: skip
    assert changes({}, {"tp1.x": digest("")}) == ["tp1.x is new"]
