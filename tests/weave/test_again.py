"""Slow: what is committed is what executing gives."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from elsewhere import FORGET
from nbclient import NotebookClient

from tp1.learning.data import data_folder
from tp1.weave.render import render

PROJECT = Path(__file__).parents[2]
# The appendix names the versions of the machine that froze it.
COMPARED = ("index", "report/01-bayes", "report/02-softmax", "report/03-mlp")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.data,
    pytest.mark.skipif(
        not (data_folder() / "FashionMNIST").is_dir(),
        reason="needs Fashion-MNIST: make data",
    ),
]


def test_executing_every_chapter_gives_the_committed_freeze(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TP1_DATA_DIR", str(data_folder()))
    root = report.parent
    shutil.rmtree(root / "_freeze")
    render(root, lambda line: None)
    for chapter in COMPARED:
        for target in ("html", "typ"):
            file = Path("_freeze", chapter, "execute-results", f"{target}.json")
            assert json.loads((root / file).read_text()) == json.loads(
                (PROJECT / file).read_text()
            )


def test_the_notebook_runs_from_top_to_bottom(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TP1_DATA_DIR", str(data_folder()))
    notebook = nbformat.read(report / "tp1.ipynb", as_version=4)
    kept = {cell.id for cell in notebook.cells if cell.get("outputs")}
    # What it needs it brings along: here the project is nowhere to be found.
    notebook.cells.insert(0, nbformat.v4.new_code_cell(FORGET, id="oubli"))
    spent = nbformat.v4.new_code_cell("import time\ntime.process_time()", id="temps")
    notebook.cells.append(spent)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    # Captions are the book's own; whatever else was shown is shown again.
    assert kept <= {cell.id for cell in notebook.cells if cell.get("outputs")}
    # All cores together, so that other work on the machine does not count.
    assert float(spent.outputs[0].data["text/plain"]) < 300
    assert not (tmp_path / "refait").exists()
