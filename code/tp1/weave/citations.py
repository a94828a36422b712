"""Citations and the list of references, by pandoc's citeproc over the whole book at once."""

import json

import panflute as pf

from tp1.weave import pandoc
from tp1.weave.document import Chapter
from tp1.weave.errors import WeaveError
from tp1.weave.lines import read_text
from tp1.weave.project import Book


def resolve_citations(chapters: list[Chapter], book: Book) -> None:
    """Replace citations by author and year, linked to the entry in the chapter that holds ``#refs``.

    Raises
    ------
    WeaveError
        If a key is not in the bibliography, or something is cited and no chapter holds ``#refs``.
    """
    cited = _cited(chapters)
    if not cited:
        return
    known = _known_keys(book)
    for key, chapter in cited.items():
        if key not in known:
            files = (
                ", ".join(path.name for path in book.bibliography)
                or "(no bibliography)"
            )
            raise WeaveError(
                f"citation @{key} is not in {files}",
                chapter.path,
                chapter.line_of("@" + key),
            )
    if not any(
        isinstance(b, pf.Div) and b.identifier == "refs"
        for c in chapters
        for b in c.blocks
    ):
        raise WeaveError(
            "citations need a chapter with an empty div `{#refs}`", "_quarto.yml"
        )
    pages = [pf.Div(*chapter.blocks, classes=["page"]) for chapter in chapters]
    tree = json.loads(pandoc.dump(pages))
    tree["meta"] = {
        "bibliography": {
            "t": "MetaList",
            "c": [_string(path) for path in book.bibliography],
        },
        "lang": _string(book.language),
        "link-citations": {"t": "MetaBool", "c": True},
    }
    done = pandoc.load(
        pandoc.run(["-f", "json", "-t", "json", "--citeproc"], json.dumps(tree))
    )
    for chapter, page in zip(chapters, done.content, strict=True):
        chapter.blocks = list(page.content)
    _send_to_references(chapters)


def _cited(chapters: list[Chapter]) -> dict[str, Chapter]:
    cited: dict[str, Chapter] = {}
    for chapter in chapters:

        def collect(element: pf.Element, _: pf.Doc, chapter: Chapter = chapter) -> None:
            if isinstance(element, pf.Citation):
                cited.setdefault(element.id, chapter)

        chapter.walk(collect)
    return cited


def _known_keys(book: Book) -> set[str]:
    entries: list[dict[str, str]] = []
    for path in book.bibliography:
        bibtex = read_text(book.root, path.relative_to(book.root))
        entries += json.loads(pandoc.run(["-f", "bibtex", "-t", "csljson"], bibtex))
    return {entry["id"] for entry in entries}


def _send_to_references(chapters: list[Chapter]) -> None:
    """Mark the links to entries with the page of the list, as cross-references are marked."""
    page = next(
        i
        for i, c in enumerate(chapters)
        for b in c.blocks
        if getattr(b, "identifier", "") == "refs"
    )

    def mark(element: pf.Element, _: pf.Doc) -> None:
        if isinstance(element, pf.Link) and element.url.startswith("#ref-"):
            element.attributes["page"] = str(page)

    for chapter in chapters:
        chapter.walk(mark)


def _string(value: object) -> dict[str, str]:
    return {"t": "MetaString", "c": str(value)}
