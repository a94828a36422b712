"""The notebook's first cells: the title, then those of a file of the project, which bring the package."""

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import nbformat

from tp1.weave import pandoc
from tp1.weave.errors import WeaveError
from tp1.weave.lines import read_text
from tp1.weave.project import Book
from tp1.weave.prose import Batch

# Cells in the percent format: a line "# %% name", perhaps with [markdown] (the cell's lines are comments) or
# [hidden] (its code is folded). CODE stands for an archive of the package and the results.
PREPARATION = Path("report/preparation.py")
CODE = "@CODE@"
MARK = re.compile(r"^# %% (?P<name>[\w-]+)(?: \[(?P<kind>markdown|hidden)\])?\n", re.M)
HIDDEN = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def opening_cells(book: Book, batch: Batch) -> list[Any]:
    """Give the title and the cells of `PREPARATION`, if the project has it; Markdown as numbers in the batch.

    Raises
    ------
    WeaveError
        If that file does not begin with a cell.
    """
    title = _markdown(_title(book), "titre", batch)
    file = book.root / PREPARATION
    if not file.exists():
        return [title]
    before, *pieces = MARK.split(read_text(book.root, PREPARATION))
    if before.strip() or not pieces:
        raise WeaveError("must begin with a cell, `# %% name`", PREPARATION)
    cells = [title]
    for name, kind, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        if kind == "markdown":
            cells.append(_markdown(re.sub(r"^# ?", "", text, flags=re.M), name, batch))
        else:
            metadata = HIDDEN if kind == "hidden" else {}
            code = text.replace(CODE, _archive(book.root)) if CODE in text else text
            cells.append(
                nbformat.v4.new_code_cell(code.strip(), id=name, metadata=metadata)
            )
    return cells


def _title(book: Book) -> str:
    course = book.course
    authors = ", ".join(
        author["name"] + (f" ({author['matricule']})" if "matricule" in author else "")
        for author in book.authors
    )
    lines = [
        f"# {book.title}",
        book.subtitle,
        f"**{course.get('code', '')} {course.get('title', '')}**",
        authors,
        book.variables.get("colab", ""),
    ]
    return "\n\n".join(line for line in lines if line)


def _markdown(text: str, name: str, batch: Batch) -> Any:
    blocks = list(pandoc.parse(text, PREPARATION).content)
    return nbformat.v4.new_markdown_cell(batch.add(blocks), id=name)


def _archive(root: Path) -> str:
    """Pack the package, less this renderer, and all results, as text; the same files give the same text."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        code = sorted((root / "code").rglob("*.py"))
        results = sorted((root / "results").glob("*/*.[cj]s[vo]*"))
        timings = sorted((root / "benchmarks/results").glob("*.[cj]s[vo]*"))
        for path in code + results + timings:
            name = path.relative_to(root).as_posix()
            if "/weave/" not in name:
                archive.writestr(
                    zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED
                )
    return base64.b85encode(stream.getvalue()).decode()
