"""From the project's files to ``_output``: execute what changed, then write everything aside and swap."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import panflute as pf

from tp1.weave.aside import recover, replacing
from tp1.weave.citations import resolve_citations
from tp1.weave.crossref import (
    Label,
    check_links,
    number_everything,
    resolve_references,
)
from tp1.weave.document import Chapter, read_blocks
from tp1.weave.errors import OutputError, UnsupportedFeature, WeaveError
from tp1.weave.freeze import (
    acknowledge,
    freeze,
    frozen_folder,
    is_fresh,
    stale_because,
    thaw,
)
from tp1.weave.frozen import Executed
from tp1.weave.html import write_site
from tp1.weave.lines import read_text
from tp1.weave.notebook import write_notebook
from tp1.weave.opening import PREPARATION
from tp1.weave.project import Book, load_book
from tp1.weave.source import Source, read_source
from tp1.weave.typeset import TEMPLATE, typeset

Progress = Callable[[str], None]
STAMP = ".woven.json"


def stale_chapters(root: Path) -> list[Path]:
    """List the chapters whose frozen results are missing or belong to another text."""
    book = load_book(root)
    sources = [read_source(root, part.path) for part in book.parts]
    return [source.path for source in sources if not is_fresh(root, source)]


def outdated_chapters(root: Path) -> dict[Path, list[str]]:
    """Give every chapter with the reasons why its frozen results are outdated: text, code, data."""
    book = load_book(root)
    sources = [read_source(root, part.path) for part in book.parts]
    return {source.path: stale_because(root, source) for source in sources}


def render(
    root: Path,
    progress: Progress,
    notebook_only: bool = False,
    refresh: bool = False,
) -> Path:
    """Render the book; return its output folder.

    Parameters
    ----------
    root : Path
        The project's folder.
    progress : callable
        Told what is being done, a line at a time.
    notebook_only : bool
        Write only the notebook, into the output folder as it is, and the receipts of what was executed:
        Quarto's post-render step.
    refresh : bool
        Execute also the chapters whose code or data have changed, which the freeze by itself does not see.

    Raises
    ------
    WeaveError
        If anything is wrong; the previous output is untouched.
    """
    book = load_book(root)
    sources = [read_source(root, part.path) for part in book.parts]
    if notebook_only:
        progress("notebook")
        for source in sources:
            acknowledge(book.root, source)
        try:
            book.output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(book.output, error) from error
        write_notebook(
            _chapters(book, sources, "html"),
            sources,
            book,
            book.output / f"{book.name}.ipynb",
        )
        return book.output
    _execute_stale(book, sources, progress, refresh)
    recover(book.output)
    state = _state(book, sources)
    if _is_current(book, state):
        progress("nothing has changed")
        return book.output
    with replacing(book.output) as folder:
        chapters = _chapters(book, sources, "html")
        progress(f"site: {len(chapters)} pages")
        write_site(chapters, book, folder)
        progress("notebook")
        write_notebook(chapters, sources, book, folder / f"{book.name}.ipynb")
        progress("PDF")
        typeset(_chapters(book, sources, "typst"), book, folder)
        (folder / f"{book.name}.typ").unlink()
        (folder / STAMP).write_text(
            json.dumps({"state": state, "files": _outputs(book, folder)})
        )
    return book.output


def _execute_stale(
    book: Book, sources: list[Source], progress: Progress, refresh: bool
) -> None:
    for i, source in enumerate(sources, 1):
        if is_fresh(book.root, source) and not (
            refresh and stale_because(book.root, source)
        ):
            continue
        execute = _executor(source)
        head = f"[{i}/{len(sources)}] {source.path}: "
        say = _prefixed(progress, head)
        try:
            cells = execute(source, book.root, book.figure_size, say)
        except OSError as error:
            raise OutputError("what a kernel needs", error) from error
        freeze(book.root, source, cells)


def _executor(source: Source) -> Callable[..., list[Executed]]:
    """Import Jupyter, which is wanted only when a chapter really has to be executed."""
    try:
        from tp1.weave.execute import execute
    except ModuleNotFoundError as error:
        message = (
            f"to be executed, which needs {error.name}: pip install -r requirements.txt"
        )
        raise WeaveError(message, source.path) from error
    return execute


def _prefixed(progress: Progress, head: str) -> Progress:
    return lambda line: progress(head + line)


def _chapters(book: Book, sources: list[Source], target: str) -> list[Chapter]:
    """Read the whole book for one target, all numbers and citations resolved."""
    chapters: list[Chapter] = []
    numbers: Iterator[str] = iter(map(str, range(1, 1000)))
    letters: Iterator[str] = iter("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for part, source in zip(book.parts, sources, strict=True):
        thawed = thaw(book.root, source, target)
        if thawed is None:
            raise WeaveError(f"its results for {target} are not frozen", source.path)
        text = read_text(book.root, source.path)
        folder = (book.root / source.path).parent
        chapter = Chapter(
            source.path,
            None,
            part.is_appendix,
            text,
            folder,
            thawed.figures,
            book.root,
        )
        chapter.blocks = read_blocks(
            thawed.markdown, book.variables, target, source.path
        )
        if chapter.heading is None:
            raise WeaveError("a chapter must begin with a heading `# …`", source.path)
        _check_only_heading(chapter)
        if "unnumbered" not in chapter.heading.classes:
            chapter.number = next(letters if part.is_appendix else numbers, None)
            if chapter.number is None:
                raise WeaveError("no number is left for this chapter", source.path)
        chapters.append(chapter)
    labels = number_everything(chapters, book.number_depth)
    _check_chunk_labels(sources, labels)
    check_links(chapters)
    resolve_references(chapters, labels, book)
    resolve_citations(chapters, book)
    return chapters


def _check_only_heading(chapter: Chapter) -> None:
    ones: list[pf.Header] = []
    chapter.walk(
        lambda e, _: (
            ones.append(e) if isinstance(e, pf.Header) and e.level == 1 else None
        )
    )
    if len(ones) > 1:
        message = f"a second heading of level 1 ({pf.stringify(ones[1])})"
        raise UnsupportedFeature(message, chapter.path)


def _check_chunk_labels(sources: list[Source], labels: dict[str, Label]) -> None:
    """Check that every chunk labelled as a figure or table has become one."""
    for source in sources:
        for chunk in source.chunks:
            shown = all(
                chunk.options.get(key, True) for key in ("eval", "include", "output")
            )
            if (
                shown
                and re.match(r"(fig|tbl)-", chunk.label or "")
                and chunk.label not in labels
            ):
                message = f"chunk {chunk.label} has become no figure or table: look at its caption's brackets"
                raise WeaveError(message, chunk.file, chunk.line)


def _state(book: Book, sources: list[Source]) -> str:
    """Fingerprint all that the output is made from, this renderer included."""
    files = {
        book.root / "_quarto.yml",
        book.root / "_variables.yml",
        book.root / TEMPLATE,
    }
    files |= {*book.filters, *book.bibliography, book.root / PREPARATION}
    files |= {book.root / source.path for source in sources}
    folders = [frozen_folder(book.root, source.path) for source in sources]
    for folder in (
        *folders,
        book.root / "code",
        book.root / "report",
        book.root / "results",
        book.root / "benchmarks/results",
        Path(__file__).parent,
    ):
        files |= {file for file in folder.rglob("*") if file.suffix != ".pyc"}
    digest = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            digest.update(f"{file}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _outputs(book: Book, folder: Path) -> dict[str, int]:
    names = ("index.html", f"{book.name}.pdf", f"{book.name}.ipynb")
    return {
        name: (folder / name).stat().st_mtime_ns
        for name in names
        if (folder / name).exists()
    }


def _is_current(book: Book, state: str) -> bool:
    try:
        stamp = json.loads((book.output / STAMP).read_text())
        return bool(stamp == {"state": state, "files": _outputs(book, book.output)})
    except (OSError, ValueError, RecursionError):
        return False
