"""The notebook as it is read, without being executed, and its switch."""

import base64
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat import NotebookNode

from tp1.weave.conditions import seen_by
from tp1.weave.document import Chapter, read_blocks
from tp1.weave.errors import WeaveError
from tp1.weave.notebook import _chapter_cells
from tp1.weave.opening import PREPARATION, _archive, opening_cells
from tp1.weave.project import load_book
from tp1.weave.prose import Batch

PROJECT = Path(__file__).parents[2]
NBSP = "\u00a0"


@pytest.fixture(scope="module")
def notebook(report: Path) -> NotebookNode:
    return nbformat.read(report / "tp1.ipynb", as_version=4)


def prose(notebook: NotebookNode) -> list[str]:
    """What is read: cells of text, and tables and captions below code."""
    shown = [
        output.data["text/markdown"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/markdown" in output.get("data", {})
    ]
    return [c.source for c in notebook.cells if c.cell_type == "markdown"] + shown


def test_it_opens_with_the_switch_explained(notebook: NotebookNode) -> None:
    title, manual, switch, preparation = notebook.cells[:4]
    assert title.source.startswith(f"# {load_book(PROJECT).title}")
    assert manual.cell_type == "markdown"
    assert f"`COMPLET = False`{NBSP}: moins de cinq minutes" in manual.source
    assert f"`COMPLET = True`{NBSP}: " in manual.source
    assert f"«{NBSP}Refaire les résultats{NBSP}»" in manual.source
    assert any(
        re.search(r"^## B\.\d+\s+Refaire les résultats", text, re.M)
        for text in prose(notebook)
    )
    assert switch.source == "COMPLET = False"
    assert not switch.metadata
    assert preparation.metadata.jupyter.source_hidden


def test_nothing_but_the_switch_sets_it(notebook: NotebookNode) -> None:
    _, read = (
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and "COMPLET" in cell.source
    )
    assert 'COMPLET = globals().get("COMPLET", False)' in read


def test_cells_are_numbered_as_if_executed_in_one_go(notebook: NotebookNode) -> None:
    counts = [c.execution_count for c in notebook.cells if c.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))


def test_it_has_no_mark_of_the_books_sources_and_no_empty_cell(
    notebook: NotebookNode,
) -> None:
    assert all(cell.source.strip() for cell in notebook.cells)
    for text in prose(notebook):
        words = re.sub(r"^``` .*?^```|`[^`]*`", "", text, flags=re.M | re.DOTALL)
        assert not re.search(
            r"@(fig|tbl|eq|sec)-|:::|\{[#.]|\{\{<|\]\(#|\.qmd|\?\?|<(?!https?:|/?sup>)[a-z/!]",
            words,
        ), words


def test_every_figure_has_its_text_and_every_table_its_caption(
    notebook: NotebookNode,
) -> None:
    figures = 0
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        for output in outputs:
            if "image/svg+xml" in output.get("data", {}):
                figures += 1
                alt = output.metadata["image/svg+xml"]["alt"]
                assert alt == output.data["text/plain"]
                assert len(alt) > 30
        if re.search(r"-(fig|tbl)-[\w-]+$", cell.id):
            kind = "Figure" if "-fig-" in cell.id else "Tableau"
            caption = outputs[-1].data["text/markdown"]
            assert re.match(rf"\*\*{kind}{NBSP}[\dA-Z]+\.\d+{NBSP}:\*\* \S", caption)
    assert figures > 20


def test_formulas_are_whole(notebook: NotebookNode) -> None:
    for text in prose(notebook):
        outside = re.sub(r"``` .*?```|`[^`]*`", "", text, flags=re.DOTALL)
        assert outside.count("$$") % 2 == 0
        outside = re.sub(r"\$\$.*?\$\$", "", outside, flags=re.DOTALL)
        formulas = re.findall(r"(?<!\\)\$([^$]*)(?<!\\)\$(\d?)", outside)
        assert 2 * len(formulas) == len(re.findall(r"(?<!\\)\$", outside))
        for formula, digit in formulas:
            # Otherwise the dollars would be read as dollars.
            assert formula == formula.strip() != ""
            assert not digit


SITE, PAPER, BOTH, NOT_SITE = "Du site.", "Du papier.", "De tous.", "Nulle part."
TEXT = f"""# Un

::: {{.content-visible when-format="html"}}
{SITE}

::: {{.cell execution_count=2}}
``` {{.python .cell-code}}
site()
```
:::
:::

::: {{.content-visible when-format="typst"}}
{PAPER}
:::

::: {{.content-hidden when-format="html"}}
{NOT_SITE}
:::

{BOTH}

::: {{.cell execution_count=3}}
``` {{.python .cell-code}}
tous()
```
:::
"""


def chapter(target: str) -> Chapter:
    path = Path("un.qmd")
    made = Chapter(path, None, False, TEXT, path.parent, path.parent)
    made.blocks = read_blocks(TEXT, {}, target, path)
    return made


@pytest.mark.parametrize(
    ("reader", "words"),
    [("html", [SITE, BOTH]), ("ipynb", [NOT_SITE, BOTH])],
)
def test_site_and_notebook_each_show_what_is_theirs(
    reader: str, words: list[str]
) -> None:
    text = str(chapter("html").seen_by(reader).blocks)
    for sentence in (SITE, PAPER, BOTH, NOT_SITE):
        last = sentence.split()[-1]
        assert (last in text) == (sentence in words)


def test_the_pdf_has_no_undecided_part() -> None:
    blocks = chapter("typst").blocks
    assert "only" not in str(blocks)
    assert "papier." in str(blocks)
    assert "part." in str(blocks)


def test_code_of_the_site_alone_is_not_in_the_notebook_and_hidden_code_is() -> None:
    chunks = [
        SimpleNamespace(number=n, label=None, code=f"code_{n}()", options=options)
        for n, options in ((1, {"include": False}), (2, {}), (3, {}))
    ]
    book = load_book(PROJECT)
    source = SimpleNamespace(chunks=chunks)
    cells = _chapter_cells(chapter("html"), source, book, Batch(book))
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert code == ["code_1()", "code_3()"]


def test_conditions_that_hold_for_all_leave_no_trace() -> None:
    text = '::: {.content-visible unless-format="typst"}\nIci.\n:::\n'
    (block,) = read_blocks(text, {}, "html", Path("un.qmd"))
    assert "only" not in str(block)
    assert seen_by([block], "html") == [block]
    assert read_blocks(text, {}, "typst", Path("un.qmd")) == []


def test_the_package_brings_every_result_along() -> None:
    packed = base64.b85decode(_archive(PROJECT))
    names = set(zipfile.ZipFile(io.BytesIO(packed)).namelist())
    for pattern in ("results/*/*.csv", "results/*/*.json", "benchmarks/results/*.csv"):
        files = {f.relative_to(PROJECT).as_posix() for f in PROJECT.glob(pattern)}
        assert files
        assert files <= names
    assert not [name for name in names if "/weave/" in name]
    assert _archive(PROJECT).encode() == base64.b85encode(packed)


LINK = "[Ouvrir dans Colab](https://example.org/x.ipynb)"


@pytest.mark.parametrize(("colab", "shown"), [(LINK, True), ("", False)])
def test_the_title_links_to_colab_if_there_is_an_address(
    colab: str, shown: bool
) -> None:
    book = load_book(PROJECT)
    book = replace(book, variables={**book.variables, "colab": colab})
    batch = Batch(book)
    title = opening_cells(book, batch)[0]
    text = batch.write()[int(title.source)]
    assert (LINK in text) == shown
    assert text.endswith(")")


def test_a_preparation_that_does_not_begin_with_a_cell_is_refused(
    book: Path,
) -> None:
    (book / PREPARATION).write_text("import os\n# %% a\nx = 1\n")
    loaded = load_book(book)
    with pytest.raises(WeaveError, match="must begin with a cell"):
        opening_cells(loaded, Batch(loaded))
