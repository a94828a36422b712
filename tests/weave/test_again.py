"""Slow: what is committed is what executing gives."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from elsewhere import FORGET
from nbclient import NotebookClient

from tp1.experiments.results import Results, read_results, write_results
from tp1.learning.data import data_folder
from tp1.weave.render import render

PROJECT = Path(__file__).parents[2]
# The appendix names the versions of the machine that froze it.
COMPARED = ("index", "report/01-bayes", "report/02-softmax", "report/03-mlp")
# It shows rounding errors, which are those of the processor: its numbers are left out.
ROUNDINGS = "report/03-mlp"

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
            again, frozen = (
                json.loads((folder / file).read_text()) for folder in (root, PROJECT)
            )
            if chapter == ROUNDINGS:
                again, frozen = (
                    re.sub(r"\d+", "0", result["result"]["markdown"])
                    for result in (again, frozen)
                )
            assert again == frozen


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


WORSE = np.array([0, 0.05, 0, 0.05])  # of `MEASURES`


def worse(results: Results, optimiser: str) -> Results:
    """Give results in which an optimiser's accuracies are 5 points lower."""
    history = {
        run: values - WORSE * (run.config.optimiser == optimiser)
        for run, values in results.history.items()
    }
    return replace(results, history=history)


@pytest.mark.parametrize(
    ("part", "search", "optimiser", "chapter"),
    [
        ("part2", "assigned", "sgd", "02-softmax"),
        ("part2", "wider", "adam", "02-softmax"),
        ("part3", "shapes", "adam", "03-mlp"),
        ("part3", "own", "adam", "03-mlp"),
    ],
)
def test_claims_fail_when_the_results_no_longer_support_them(
    report: Path, tmp_path: Path, part: str, search: str, optimiser: str, chapter: str
) -> None:
    shutil.copytree(report.parent, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "results" / part / search
    write_results(path, worse(read_results(path), optimiser))
    shutil.rmtree(tmp_path / "_freeze/report" / chapter)
    done = subprocess.run(
        [sys.executable, "-m", "tp1", "weave", str(tmp_path)],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path / "code"),
            "TP1_DATA_DIR": str(data_folder()),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert f"report/{chapter}.qmd" in done.stderr
    assert "AssertionError" in done.stderr
