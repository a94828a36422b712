"""One notebook of all chapters, with the frozen outputs: made from the freeze, whoever wrote it."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import panflute as pf

from tp1.weave.aside import write_aside
from tp1.weave.document import Chapter, is_caption
from tp1.weave.errors import WeaveError
from tp1.weave.lines import read_text
from tp1.weave.opening import opening_cells
from tp1.weave.project import Book
from tp1.weave.prose import NBSP, Batch
from tp1.weave.source import Chunk, Source


def write_notebook(
    chapters: list[Chapter], sources: list[Source], book: Book, file: Path
) -> None:
    """Write the notebook: prose with its numbers resolved, every chunk, and what each one showed."""
    batch = Batch(book)
    cells = opening_cells(book, batch)
    for chapter, source in zip(chapters, sources, strict=True):
        cells += _chapter_cells(chapter, source, book, batch)
    texts = batch.write()
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = texts[int(cell.source)]
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                output.data["text/markdown"] = texts[int(output.data["text/markdown"])]
    cells = [cell for cell in cells if cell.source]
    # As if all had been executed in one go, from top to bottom.
    for number, cell in enumerate(
        (cell for cell in cells if cell.cell_type == "code"), start=1
    ):
        cell.execution_count = number
    notebook = nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
            "title": book.title,
        },
    )
    nbformat.validate(notebook)
    write_aside(file, nbformat.writes(notebook) + "\n")


def _chapter_cells(
    chapter: Chapter, source: Source, book: Book, batch: Batch
) -> Iterator[Any]:
    """Give the chapter's cells, their Markdown still as numbers in the batch.

    Chunks that the book leaves out (``include: false``) come back where they are executed; those of what is
    for the site alone do not.
    """
    seen = chapter.seen_by("ipynb").blocks
    unseen = _cell_numbers(chapter.blocks) - _cell_numbers(seen)
    waiting = [chunk for chunk in source.chunks if chunk.number not in unseen]
    prose: list[pf.Block] = []
    stem = _plain(chapter.path.with_suffix("").as_posix())
    count = 0

    def flush() -> Iterator[Any]:
        nonlocal count
        if prose:
            count += 1
            yield nbformat.v4.new_markdown_cell(
                batch.add(prose.copy()), id=_plain(f"{stem}-{count}")
            )
            prose.clear()

    for block in _flat(seen):
        if not _is_cell(block):
            prose.append(block)
            continue
        number = int(block.attributes["execution_count"])
        yield from flush()
        while waiting and waiting[0].number < number:
            yield _code_cell(waiting.pop(0), [], stem)
        if not waiting or waiting[0].number > number:
            message = f"its frozen results have a cell {number} that it has not"
            raise WeaveError(message, chapter.path)
        yield _code_cell(
            waiting.pop(0), list(_outputs(block, chapter, book, batch)), stem
        )
    yield from flush()
    yield from (_code_cell(chunk, [], stem) for chunk in waiting)


def _cell_numbers(blocks: list[pf.Block]) -> set[int]:
    """Collect the numbers of the chunks that show something."""
    found: set[int] = set()

    def collect(element: pf.Element, _: pf.Doc) -> None:
        if _is_cell(element):
            found.add(int(element.attributes["execution_count"]))

    pf.Doc(*blocks).walk(collect)
    return found


def _is_cell(block: pf.Block) -> bool:
    return isinstance(block, pf.Div) and "cell" in block.classes


def _flat(blocks: list[pf.Block]) -> Iterator[pf.Block]:
    """Bring cells that stand inside tabs or callouts to the top."""
    for block in blocks:
        holds: list[pf.Div] = []
        if isinstance(block, pf.Div) and not _is_cell(block):
            block.walk(
                lambda e, _, holds=holds: holds.append(e) if _is_cell(e) else None
            )
        if not holds:
            yield block
            continue
        if "title" in block.attributes:
            yield pf.Para(pf.Strong(pf.Str(block.attributes["title"])))
        yield from _flat(list(block.content))


def _plain(name: str) -> str:
    """Reduce a name to what a cell's identifier may hold, its end kept: that is what tells cells apart."""
    return re.sub(r"[^a-zA-Z0-9-]", "-", name)[-64:]


def _code_cell(chunk: Chunk, outputs: list[Any], stem: str) -> Any:
    name = chunk.label or f"code-{chunk.number}"
    identifier = _plain(f"{stem}-{name}")
    if not chunk.options.get("eval", True):
        return nbformat.v4.new_raw_cell(chunk.code, id=identifier)
    shown = chunk.options.get("echo", True) and chunk.options.get("include", True)
    return nbformat.v4.new_code_cell(
        chunk.code,
        id=identifier,
        outputs=outputs,
        metadata={} if shown else {"jupyter": {"source_hidden": True}},
    )


def _outputs(cell: pf.Div, chapter: Chapter, book: Book, batch: Batch) -> Iterator[Any]:
    for block in cell.content:
        if not isinstance(block, pf.Div):
            continue
        if "float" in block.classes:
            yield from _float_outputs(block, chapter, book, batch)
        elif "cell-output-display" in block.classes:
            yield from _displays(block, chapter, book, batch)
        else:
            name = "stderr" if "cell-output-stderr" in block.classes else "stdout"
            text = "".join(
                code.text + "\n"
                for code in block.content
                if isinstance(code, pf.CodeBlock)
            )
            yield nbformat.v4.new_output("stream", name=name, text=text)


def _displays(
    block: pf.Div, chapter: Chapter, book: Book, batch: Batch
) -> Iterator[Any]:
    for inner in block.content:
        if isinstance(inner, pf.Div) and "float" in inner.classes:
            yield from _float_outputs(inner, chapter, book, batch)
        elif image := _only_image(inner):
            yield _picture(image, chapter)
        elif isinstance(inner, pf.CodeBlock) and not inner.classes:
            yield nbformat.v4.new_output(
                "display_data", data={"text/plain": inner.text}
            )
        else:
            yield nbformat.v4.new_output(
                "display_data", data={"text/markdown": batch.add([inner])}
            )


def _float_outputs(
    block: pf.Div, chapter: Chapter, book: Book, batch: Batch
) -> Iterator[Any]:
    """Show what floats, then its caption with the number that the text calls it by."""
    kind = block.identifier.split("-")[0]
    blocks = list(block.content)
    caption = list(blocks.pop().content) if is_caption(blocks[-1]) else []
    for part in blocks:
        yield from _displays(
            part if isinstance(part, pf.Div) else pf.Div(part), chapter, book, batch
        )
    lead = f"{book.titles[kind]}{NBSP}{block.attributes['number']}"
    text = [pf.Strong(pf.Str(lead + book.delimiter if caption else lead))]
    if caption:
        text += [pf.Space(), *caption[0].content]
    yield nbformat.v4.new_output(
        "display_data", data={"text/markdown": batch.add([pf.Para(*text)])}
    )


def _only_image(block: pf.Block) -> pf.Image | None:
    images: list[pf.Image] = []
    block.walk(lambda e, _: images.append(e) if isinstance(e, pf.Image) else None)
    return images[0] if len(images) == 1 and not isinstance(block, pf.Table) else None


def _picture(image: pf.Image, chapter: Chapter) -> Any:
    file = chapter.file_of(image.url)
    alt = image.attributes.get("fig-alt") or pf.stringify(image)
    if file.suffix == ".svg":
        content = read_text(chapter.root, file.relative_to(chapter.root))
        kind = "image/svg+xml"
    else:
        kind = f"image/{file.suffix[1:]}"
        content = base64.b64encode(file.read_bytes()).decode()
    return nbformat.v4.new_output(
        "display_data",
        data={kind: content, "text/plain": alt},
        metadata={kind: {"alt": alt}},
    )
