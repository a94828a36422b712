"""A change of code or data that the freeze does not see is found by the chapter's receipt."""

from pathlib import Path

import pytest

from tp1.weave.freeze import acknowledge, freeze, frozen_folder, stale_because
from tp1.weave.frozen import Executed
from tp1.weave.source import Source, read_source

FILES = {
    "_quarto.yml": "project:\n  type: book\n",
    "un.qmd": "# Un\n\n```{python}\nfrom tp1.a import f\n\nf()\n```\n",
    "deux.qmd": "# Deux\n\n```{python}\nfrom tp1.alone import X\n```\n",
    "code/tp1/__init__.py": "",
    "code/tp1/a.py": "from tp1.experiments.tables import g\n",
    "code/tp1/alone.py": "X = 1\n",
    "code/tp1/experiments/tables.py": "def g(): pass\n",
    "results/part2/own.csv": "a,b\n1,2\n",
    "benchmarks/results/x_steps.raw.json": "{}",
}


def frozen(root: Path, name: str) -> Source:
    source = read_source(root, Path(name))
    freeze(root, source, [Executed(cell) for cell in source.cells])
    return source


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def edit(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text)


def test_a_chapter_depends_on_what_it_imports_and_may_read(root: Path):
    un, deux = frozen(root, "un.qmd"), frozen(root, "deux.qmd")
    assert stale_because(root, un) == stale_because(root, deux) == []
    edit(root, "code/tp1/a.py", FILES["code/tp1/a.py"] + "# a comment\n")
    edit(root, "results/part2/own.csv", "a,b\r\n1,2\r\n")
    edit(root, "benchmarks/results/x_steps.raw.json", "[]")
    assert stale_because(root, un) == []
    edit(root, "code/tp1/experiments/tables.py", "def g(): return 1\n")
    edit(root, "results/part2/own.csv", "a,b\n1,3\n")
    edit(root, "results/part2/new.json", "{}")
    assert stale_because(root, un) == [
        "results/part2/new.json is new",
        "results/part2/own.csv has changed",
        "tp1.experiments.tables has changed",
    ]
    assert stale_because(root, deux) == []
    edit(root, "code/tp1/alone.py", "X = 2\n")
    assert stale_because(root, deux) == ["tp1.alone has changed"]


def test_a_changed_text_comes_first(root: Path):
    frozen(root, "un.qmd")
    edit(root, "un.qmd", FILES["un.qmd"] + "\nPlus.\n")
    edit(root, "code/tp1/a.py", "")
    changed = read_source(root, Path("un.qmd"))
    assert stale_because(root, changed) == [
        "its text has changed, or it was never executed"
    ]


def test_results_edited_in_the_freeze_are_found(root: Path):
    un = frozen(root, "un.qmd")
    file = frozen_folder(root, un.path) / "execute-results/html.json"
    file.write_text(file.read_text().replace("from tp1.a", "from tp1.b"))
    assert "edited by hand" in stale_because(root, un)[0]


@pytest.mark.parametrize("damage", ["", "[]", '{"inputs": 3}', None])
def test_quartos_results_get_the_receipt_that_they_lack(root: Path, damage: str | None):
    un = frozen(root, "un.qmd")
    receipt = frozen_folder(root, un.path) / "receipt.json"
    whole = receipt.read_text()
    receipt.unlink()
    if damage is not None:
        receipt.write_text(damage)
    assert "no receipt" in stale_because(root, un)[0]
    acknowledge(root, un)
    assert receipt.read_text() == whole


def test_a_receipt_is_not_renewed_by_code_that_changed_after_it(root: Path):
    un = frozen(root, "un.qmd")
    edit(root, "code/tp1/a.py", "")
    acknowledge(root, un)
    assert stale_because(root, un) == [
        "results/part2/own.csv is gone",
        "tp1.a has changed",
        "tp1.experiments.tables is gone",
    ]
