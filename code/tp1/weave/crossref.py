"""Number sections, figures, tables and equations, and turn every ``@fig-…`` into a link with its number."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import panflute as pf

from tp1.weave.document import Chapter
from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.project import Book

_REFERENCE = re.compile(
    r"^(fig|tbl|eq|sec|lst|thm|lem|cor|prp|cnj|def|exm|exr|nte|tip|wrn|imp|cau)-",
    re.IGNORECASE,
)
_EQUATION_LABEL = re.compile(r"^\{#(eq-[\w-]+)\}$")
NBSP = "\u00a0"


@dataclass(frozen=True)
class Label:
    """What a reference points to."""

    kind: str  # fig, tbl, eq, sec, or ch and apx for whole chapters
    number: str  # "1.2"; empty for an unnumbered section
    page: int  # index of the chapter


def number_everything(chapters: list[Chapter], depth: int) -> dict[str, Label]:
    """Write the numbers into the trees; return every label.

    Headings down to level `depth` get an attribute ``number``; floats (see `document`) and equations too.

    Raises
    ------
    WeaveError
        For a label used twice, or a numbered element in an unnumbered chapter.
    """
    labels: dict[str, Label] = {}
    for page, chapter in enumerate(chapters):
        for identifier, label in _number_chapter(chapter, page, depth):
            if identifier in labels:
                raise WeaveError(
                    f"label {identifier} is used twice",
                    chapter.path,
                    chapter.line_of(identifier),
                )
            labels[identifier] = label
    return labels


def _number_chapter(
    chapter: Chapter, page: int, depth: int
) -> Iterator[tuple[str, Label]]:
    count: Counter[str] = Counter()
    sections = [0] * 6

    def number(element: pf.Element) -> Iterator[tuple[str, Label]]:
        if isinstance(element, pf.Header):
            yield from number_heading(element)
        elif isinstance(element, pf.Div) and "float" in element.classes:
            yield numbered(element, element.identifier.split("-")[0])
        elif isinstance(element, pf.Para | pf.Plain):
            _label_equations(element)
            _check_equation_labels(element, chapter)
        if isinstance(element, pf.Span) and "equation" in element.classes:
            yield numbered(element, "eq")
        for child in _children(element):
            yield from number(child)

    def numbered(element: pf.Element, kind: str) -> tuple[str, Label]:
        if chapter.number is None:
            message = (
                f"{element.identifier} cannot be numbered: its chapter has no number"
            )
            raise WeaveError(message, chapter.path, chapter.line_of(element.identifier))
        count[kind] += 1
        element.attributes["number"] = f"{chapter.number}.{count[kind]}"
        return element.identifier, Label(kind, element.attributes["number"], page)

    def number_heading(heading: pf.Header) -> Iterator[tuple[str, Label]]:
        kind, text = "sec", ""
        if heading.level > depth and "unnumbered" not in heading.classes:
            heading.classes.append("unnumbered")
        if "unnumbered" not in heading.classes and chapter.number is not None:
            if heading.level == 1:
                kind, text = ("apx" if chapter.is_appendix else "ch"), chapter.number
            else:
                sections[heading.level - 2] += 1
                sections[heading.level - 1 :] = [0] * (7 - heading.level)
                text = ".".join(
                    [chapter.number, *map(str, sections[: heading.level - 1])]
                )
            heading.attributes["number"] = text
        if heading.identifier:
            yield heading.identifier, Label(kind, text, page)

    for block in chapter.blocks:
        yield from number(block)


def _children(element: pf.Element) -> Iterator[pf.Element]:
    for container in ("head", "content", "foot", "caption"):
        children = getattr(element, container, None)
        if isinstance(children, pf.ListContainer):
            yield from children
        elif isinstance(children, pf.Element):
            yield children


def _label_equations(paragraph: pf.Para) -> None:
    """Wrap a display formula and the label behind it into one span of class ``equation``."""
    items = list(paragraph.content)
    for i, item in enumerate(items):
        match = _EQUATION_LABEL.match(item.text) if isinstance(item, pf.Str) else None
        if match is None:
            continue
        j = (
            i - 1
            if i and not isinstance(items[i - 1], pf.Space | pf.SoftBreak)
            else i - 2
        )
        if (
            j >= 0
            and isinstance(items[j], pf.Math)
            and items[j].format == "DisplayMath"
        ):
            span = pf.Span(items[j], identifier=match[1], classes=["equation"])
            paragraph.content = [*items[:j], span, *items[i + 1 :]]
            _label_equations(paragraph)
            return


def _check_equation_labels(paragraph: pf.Para, chapter: Chapter) -> None:
    for item in paragraph.content:
        if isinstance(item, pf.Str) and re.match(r"\{#eq-", item.text, re.IGNORECASE):
            line = chapter.line_of(item.text)
            raise WeaveError(
                f"{item.text} stands behind no formula", chapter.path, line
            )


def check_links(chapters: list[Chapter]) -> None:
    """Check the links that the text makes to places of the book.

    Raises
    ------
    WeaveError
        For a place that does not exist.
    UnsupportedFeature
        For a link to a file: nothing would put it into the output.
    """
    places = {chapter.path: _identifiers(chapter) for chapter in chapters}
    for chapter in chapters:

        def check(element: pf.Element, _: pf.Doc, chapter: Chapter = chapter) -> None:
            if not isinstance(element, pf.Link):
                return
            if scheme := re.match(r"[a-z][a-z0-9+.-]*:", element.url):
                if scheme[0] not in ("http:", "https:", "mailto:"):
                    raise UnsupportedFeature(f"link of {scheme[0]}", chapter.path)
                return
            file, _hash, place = element.url.partition("#")
            line = chapter.line_of(element.url)
            if file and not file.endswith(".qmd"):
                raise UnsupportedFeature(f"link to the file {file}", chapter.path, line)
            target = (
                Path(os.path.normpath(chapter.path.parent / file))
                if file
                else chapter.path
            )
            if file and not place:
                feature = f"link to the file {file} (name a section too: {file}#sec-…)"
                raise UnsupportedFeature(feature, chapter.path, line)
            if place not in places.get(target, set()):
                raise WeaveError(
                    f"link {element.url} leads nowhere", chapter.path, line
                )

        chapter.walk(check)


def _identifiers(chapter: Chapter) -> set[str]:
    found: set[str] = set()
    chapter.walk(lambda element, _: found.add(getattr(element, "identifier", "")))
    return found


def resolve_references(
    chapters: list[Chapter], labels: dict[str, Label], book: Book
) -> None:
    """Replace references by links; the rest of the citations stay for the bibliography.

    Raises
    ------
    WeaveError
        For a reference to a label that does not exist.
    """
    for chapter in chapters:

        def resolve(
            element: pf.Element, _: pf.Doc, chapter: Chapter = chapter
        ) -> list[pf.Inline] | None:
            if not isinstance(element, pf.Cite):
                return None
            kinds = {
                bool(_REFERENCE.match(citation.id)) for citation in element.citations
            }
            if kinds == {True, False}:
                line = chapter.line_of("@" + element.citations[0].id)
                raise WeaveError(
                    "a reference and a citation in one bracket", chapter.path, line
                )
            if kinds == {False}:
                return None
            inlines: list[pf.Inline] = []
            for i, citation in enumerate(element.citations):
                inlines += [pf.Str(","), pf.Space()] if i else []
                inlines.append(_link(citation, chapter, labels, book))
            return inlines

        chapter.walk(resolve)


def _link(
    citation: pf.Citation, chapter: Chapter, labels: dict[str, Label], book: Book
) -> pf.Link:
    identifier = citation.id[0].lower() + citation.id[1:]
    line = chapter.line_of("@" + citation.id)
    if identifier not in labels:
        raise WeaveError(
            f"reference @{citation.id} points to nothing", chapter.path, line
        )
    label = labels[identifier]
    if not label.number:
        raise WeaveError(
            f"reference @{citation.id}: that section has no number", chapter.path, line
        )
    if len(citation.suffix):
        raise WeaveError(
            f"reference @{citation.id}: text behind it is not supported",
            chapter.path,
            line,
        )
    prefix = (
        pf.stringify(pf.Plain(*citation.prefix)).strip() or book.prefixes[label.kind]
    )
    if citation.id[0].isupper():
        prefix = prefix[:1].upper() + prefix[1:]
    text = (
        label.number
        if citation.mode == "SuppressAuthor"
        else prefix + NBSP + label.number
    )
    return pf.Link(
        pf.Str(text),
        url=f"#{identifier}",
        classes=["quarto-xref"],
        attributes={"page": str(label.page)},
    )
