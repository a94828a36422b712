"""Prose for the notebook: the chapters' shapes as the plain Markdown that Jupyter shows."""

import re

import panflute as pf

from tp1.weave import pandoc
from tp1.weave.errors import WeaveError
from tp1.weave.project import Book

NBSP = "\u00a0"

_CUT = "<!-- tp1: cut -->"
_MARKDOWN = "gfm-tex_math_gfm+tex_math_dollars"


class Batch:
    """Blocks to be written as Markdown, all in one run of pandoc."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._pieces: list[list[pf.Block]] = []

    def add(self, blocks: list[pf.Block]) -> str:
        """Take blocks; return the number under which their text will stand."""
        self._pieces.append(blocks)
        return str(len(self._pieces) - 1)

    def write(self) -> list[str]:
        """Write everything taken; return the texts in the order of their numbers."""
        cut = [pf.RawBlock(_CUT, format="html")]
        blocks = [block for piece in self._pieces for block in [*_lowered(piece), *cut]]
        text = pandoc.write(blocks, _MARKDOWN, *self._book.filter_arguments)
        texts = [piece.strip("\n") for piece in text.split(_CUT)]
        if len(texts) != len(self._pieces) + 1:
            raise WeaveError(
                f"{_CUT} stands in the text: it is the notebook's own mark"
            )
        return texts


def _lowered(blocks: list[pf.Block]) -> list[pf.Block]:
    """Turn the chapter's shapes into plain Markdown's; notes are set below the cell."""
    notes: list[pf.Block] = []

    def action(element: pf.Element, _: pf.Doc) -> object:
        if isinstance(element, pf.Header) and element.attributes.get("number"):
            element.content.insert(0, pf.Str(element.attributes["number"] + NBSP))
        elif isinstance(element, pf.Link) and re.match(r"#|[^:]+\.qmd#", element.url):
            return list(element.content)
        elif isinstance(element, pf.Span):
            return _span(element)
        elif isinstance(element, pf.Div):
            return _div(element)
        elif isinstance(element, pf.Note):
            mark = f"({len(notes) + 1})"
            first, *rest = element.content or [pf.Para()]
            lead = [pf.Superscript(pf.Str(mark)), pf.Space()]
            if isinstance(first, pf.Para | pf.Plain):
                notes.extend([pf.Para(*lead, *first.content), *rest])
            else:
                notes.extend([pf.Para(*lead), first, *rest])
            return pf.Superscript(pf.Str(mark))
        return None

    doc = pf.Doc(*blocks)
    doc.walk(action)
    return [*doc.content, *notes]


def _span(span: pf.Span) -> list[pf.Inline]:
    if "equation" in span.classes:
        formula = span.content[0]
        formula.text = f"{formula.text.rstrip()} \\tag{{{span.attributes['number']}}}"
    return list(span.content)


def _div(div: pf.Div) -> list[pf.Block] | None:
    if "callout-title" in div.classes:
        return None  # the callout around it takes it apart
    blocks = list(div.content)
    if "callout" in div.classes:
        title = blocks.pop(0).content[0]
        return [pf.BlockQuote(pf.Para(pf.Strong(*title.content)), *blocks)]
    if "tab" in div.classes:
        return [pf.Para(pf.Strong(pf.Str(div.attributes["title"]))), *blocks]
    return blocks
