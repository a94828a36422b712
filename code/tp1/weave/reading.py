"""A finished page read again: the text of its sections, and what other pages may show of it."""

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from tp1.weave.markup import Token, tokens

_PREVIEWED = re.compile(r"(fig|tbl|eq|sec|ref)-|fn\d")
_HEADING = re.compile(r"h[1-6]$")
# Text is cut into words at these, and only at these: x<sub>i</sub> is one.
_BLOCKS = {
    *(
        "blockquote",
        "dd",
        "div",
        "dt",
        "figcaption",
        "figure",
        "li",
        "ol",
        "p",
        "section",
    ),
    *("summary", "table", "td", "th", "tr", "ul", "br"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}
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
    """
    return _Reader(body, page, depth).reading


@dataclass
class _Open:
    token: Token
    is_silent: bool


class _Reader:
    def __init__(self, body: str, page: PurePosixPath, depth: int) -> None:
        self.body, self.page = body, page
        self.boundaries = {f"h{level}" for level in range(1, depth + 1)}
        self.reading = Reading()
        self.words: list[str] = []
        self.open: list[_Open] = []
        self.introduced = ""  # the section whose first paragraph is still to come
        for token in tokens(body):
            if not token.name:
                self._text(token.text)
            elif token.closes:
                self._close(token)
            else:
                self._start(token)
        self._end_section()

    @property
    def is_silent(self) -> bool:
        return bool(self.open) and self.open[-1].is_silent

    def _text(self, text: str) -> None:
        if not self.is_silent:
            self.words.append(text)

    def _start(self, token: Token) -> None:
        if token.name in _BLOCKS or _is_displayed(token):
            self._text(" ")
        if token.name in self.boundaries:
            self._end_section()
            identifier = token.value("id") if token.name != "h1" else ""
            self.reading.sections.append(Section(identifier))
        if token.name == "a":
            self._refer(token.value("href"))
        if not token.is_void:
            is_silent = self.is_silent or _says_nothing(token)
            self.open.append(_Open(token, is_silent))

    def _refer(self, url: str) -> None:
        file, _, identifier = url.partition("#")
        if ":" not in file and file.endswith(".html") and _PREVIEWED.match(identifier):
            place = posixpath.normpath(self.page.parent / file)
            self.reading.references.add((place, identifier))

    def _close(self, token: Token) -> None:
        if token.name not in (opened.token.name for opened in self.open):
            return
        while (first := self.open.pop().token).name != token.name:
            pass
        if token.name in _BLOCKS:
            self._text(" ")
        if token.name in self.boundaries:
            self.reading.sections[-1].title = " ".join(self._said().split())
        if _HEADING.match(token.name):
            self.introduced = ""
        self._keep(first, token)

    def _keep(self, first: Token, last: Token) -> None:
        """Keep an element that has just ended, if it is one to show elsewhere."""
        markup = self.body[first.start : last.end]
        identifier = first.value("id")
        if _PREVIEWED.match(identifier):
            self.reading.fragments[identifier] = markup
            if _HEADING.match(first.name):
                self.introduced = identifier
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


def _says_nothing(token: Token) -> bool:
    return (
        token.name in _SILENT
        or _is_displayed(token)
        or "code-fold" in token.value("class").split()
    )


def _is_displayed(token: Token) -> bool:
    return token.name == "math" and token.value("display") == "block"
