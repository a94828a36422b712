"""A finished page read again: the text of its sections, and what other pages may show of it."""

import posixpath
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import PurePosixPath

from tp1.weave.errors import WeaveError

_PREVIEWED = re.compile(r"(fig|tbl|eq|sec|ref)-|fn\d")
_HEADING = re.compile(r"h[1-6]$")
# Text is cut into words at these, and only at these: x<sub>i</sub> is one.
_BLOCKS = {
    "blockquote", "br", "dd", "div", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6",
    "li", "ol", "p", "section", "summary", "table", "td", "th", "tr", "ul",
}  # fmt: skip
_ENDLESS = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_SILENT = {"button", "pre", "script", "style"}


@dataclass
class Section:
    """A heading and the text below it, without code and displayed formulas."""

    identifier: str  # empty for what stands before the first section
    title: str = ""
    text: str = ""


@dataclass
class Reading:
    """What was found on a page."""

    sections: list[Section] = field(default_factory=list)
    fragments: dict[str, str] = field(default_factory=dict)
    references: set[tuple[str, str]] = field(default_factory=set)  # page, identifier


def read_page(body: str, page: PurePosixPath, depth: int) -> Reading:
    """Read a page's HTML.

    Parameters
    ----------
    body : str
        As pandoc wrote it.
    page : path
        The page in the site.
    depth : int
        The level of the deepest headings that begin a section.

    Returns
    -------
    Reading
        Fragments are the HTML of figures, tables, equations, entries of the bibliography and notes; of a
        section, its heading and first paragraph.

    Raises
    ------
    WeaveError
        If the chapter's own HTML opens or closes too much: the rest of the page would fall out of its place.
    """
    return _Reader(body, page, depth).reading


@dataclass
class _Open:
    """An element that has begun: its name and identifier, where, and whether its text counts."""

    name: str
    identifier: str
    start: int
    is_silent: bool


class _Reader(HTMLParser):
    def __init__(self, body: str, page: PurePosixPath, depth: int) -> None:
        super().__init__()
        self.body, self.page = body, page
        self.lines = [0, *(match.end() for match in re.finditer("\n", body))]
        self.boundaries = {f"h{level}" for level in range(1, depth + 1)}
        self.reading = Reading()
        self.words: list[str] = []
        self.open: list[_Open] = []
        self.introduced = ""  # the section whose first paragraph is still to come
        self.feed(body)
        self.close()
        self._check_closed(self.open)
        self._end_section()

    @property
    def place(self) -> int:
        """Where in the body the tag begins that is being handled."""
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1].is_silent):
            self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_displayed = tag == "math" and values.get("display") == "block"
        if tag in _BLOCKS or is_displayed:
            self.handle_data(" ")
        identifier = values.get("id", "")
        if tag in self.boundaries:
            self._end_section()
            self.reading.sections.append(Section(identifier if tag != "h1" else ""))
        if tag == "a":
            self._refer(values.get("href", ""))
        is_silent = (
            bool(self.open and self.open[-1].is_silent)
            or is_displayed
            or tag in _SILENT
            or "code-fold" in values.get("class", "").split()
        )
        self.open.append(_Open(tag, identifier, self.place, is_silent))

    def _refer(self, url: str) -> None:
        file, _, identifier = url.partition("#")
        if ":" not in file and file.endswith(".html") and _PREVIEWED.match(identifier):
            place = posixpath.normpath(self.page.parent / file)
            self.reading.references.add((place, identifier))

    def handle_endtag(self, tag: str) -> None:
        if tag not in (opened.name for opened in self.open):
            raise WeaveError(f"HTML: </{tag}> closes nothing")
        # What has no end tag, such as an image, ends with what it stands in.
        inner: list[_Open] = []
        while (first := self.open.pop()).name != tag:
            inner.append(first)
        self._check_closed(inner)
        if tag in _BLOCKS:
            self.handle_data(" ")
        if tag in self.boundaries:
            self.reading.sections[-1].title = " ".join(self._said().split())
        if _HEADING.match(tag):
            self.introduced = ""
        self._keep(first, self.body.index(">", self.place) + 1)

    def _check_closed(self, elements: list[_Open]) -> None:
        for element in elements:
            if element.name not in _ENDLESS:
                raise WeaveError(f"HTML: <{element.name}> is never closed")

    def _keep(self, first: _Open, end: int) -> None:
        """Keep an element that has just ended, if it is one to show elsewhere."""
        markup = self.body[first.start : end]
        if _PREVIEWED.match(first.identifier):
            self.reading.fragments[first.identifier] = markup
            if _HEADING.match(first.name):
                self.introduced = first.identifier
        elif first.name == "p" and self.introduced:
            self.reading.fragments[self.introduced] += markup
            self.introduced = ""

    def _end_section(self) -> None:
        said = self._said()
        if self.reading.sections:
            self.reading.sections[-1].text = said

    def _said(self) -> str:
        said = re.sub(r"[ \n\t]+", " ", "".join(self.words)).strip()
        self.words.clear()
        return said
