"""The report itself, rendered from the committed freeze."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from elsewhere import FORGET
from pages import check_site

PROJECT = Path(__file__).parents[2]
FROZEN = sorted((PROJECT / "_freeze").rglob("execute-results/*.json"))
CODE_WIDTH = 88  # what a line of the PDF holds


def test_every_link_leads_somewhere_and_no_result_is_missing(report: Path) -> None:
    pages = check_site(report)
    assert (report / "index.html").resolve() in pages
    for file, page in pages.items():
        assert not re.search(
            r"\bnan\b|\\u[0-9a-f]{4}|\?\?|@(fig|tbl|eq|sec)-", page.text
        ), file


@pytest.mark.slow
def test_rendering_needs_neither_pytorch_nor_a_kernel(report: Path) -> None:
    root = report.parent
    shutil.rmtree(report)
    blocked = (
        "torch",
        "torchvision",
        "matplotlib",
        "numpy",
        "nbclient",
        "jupyter_client",
        "IPython",
    )
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked})); "
        f"from tp1.__main__ import main; sys.exit(main(['weave', {str(root)!r}]))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    for name in ("index.html", "tp1.pdf", "tp1.ipynb"):
        assert (report / name).exists()


@pytest.mark.parametrize(
    "file", FROZEN, ids=lambda file: str(file.relative_to(PROJECT / "_freeze"))
)
def test_no_line_of_code_is_wrapped_in_the_pdf(file: Path) -> None:
    markdown = json.loads(file.read_text())["result"]["markdown"]
    blocks = re.findall(
        r"^```+ *(?:python|\{\.python[^\n]*\})\n(.*?)^```",
        markdown,
        re.MULTILINE | re.DOTALL,
    )
    assert [
        line
        for block in blocks
        for line in block.splitlines()
        if len(line) > CODE_WIDTH
    ] == []


def test_every_equation_that_the_code_names_is_in_a_chapter() -> None:
    text = "".join(path.read_text() for path in (PROJECT / "report").glob("*.qmd"))
    named = {
        label
        for path in (PROJECT / "code").rglob("*.py")
        if "weave" not in path.parts
        for label in re.findall(r"@(eq-[\w-]*\w)", path.read_text())
    }
    assert named
    assert {label for label in named if f"{{#{label}}}" not in text} == set()


ASK = """
import tp1.bayes
print(tp1.bayes.__file__)
print(float(tp1.bayes.query(tp1.bayes.exam_network(), "P(G=g1 | L=l1)")))
"""


def test_the_notebook_brings_the_package_that_it_needs(
    report: Path, tmp_path: Path
) -> None:
    notebook = nbformat.read(report / "tp1.ipynb", as_version=4)
    preparation = next(
        cell.source for cell in notebook.cells if cell.id == "preparation"
    )
    # All but its last lines, which fetch the data.
    preparation = preparation.split("from tp1.learning")[0]
    # By standard input: with the package in it, the program is too long for an argument.
    done = subprocess.run(
        [sys.executable, "-"],
        input=FORGET + preparation + ASK,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    place, probability = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path)
    assert 0 < float(probability) < 1
