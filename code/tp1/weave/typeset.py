"""The PDF: the book's tree in Typst, dressed by the same template file as Quarto's own PDF."""

import json
import re
from pathlib import Path

import panflute as pf
import typst

from tp1.weave import pandoc
from tp1.weave.document import Chapter, is_caption
from tp1.weave.errors import WeaveError
from tp1.weave.lines import read_text
from tp1.weave.project import Book

TEMPLATE = Path("_extensions/rapport/typst-template.typ")
# What pandoc's Typst presupposes.
PREAMBLE = (
    "#let horizontalrule = line(start: (25%, 0%), end: (75%, 0%), stroke: 0.5pt)\n"
)
# Quarto's colours of the callouts' bars.
CALLOUT_COLOURS = {
    "note": "#0758E5",
    "tip": "#00A047",
    "warning": "#EB9113",
    "important": "#CC1914",
    "caution": "#FC5300",
}


def typeset(chapters: list[Chapter], book: Book, folder: Path) -> None:
    """Write ``NAME.typ`` and ``NAME.pdf`` into `folder`, which lies in the project.

    Raises
    ------
    WeaveError
        If Typst refuses, with its message; the ``.typ`` file stays for a look.
    """
    body: list[pf.Block] = []
    appendices = False
    for chapter in chapters:
        if chapter.is_appendix and not appendices:
            body.append(_raw("#show: annexes"))
            appendices = True
        body += lower(chapter.copy(), book)
    text = pandoc.write(
        body,
        "typst-citations",
        "--syntax-highlighting=idiomatic",
        *book.filter_arguments,
    )
    file = folder / f"{book.name}.typ"
    file.write_text(_main(book) + text, encoding="utf-8")
    try:
        typst.compile(
            str(file),
            output=str(file.with_suffix(".pdf")),
            root=str(book.root),
            # Tagged for assistive technology: Typst refuses what the standard forbids.
            pdf_standards=["ua-1"],
        )
    except typst.TypstError as error:
        raise WeaveError(
            f"typst: {error}\n{error.diagnostic}", file.relative_to(book.root)
        ) from error


def _main(book: Book) -> str:
    """Set the template's show rule with the title data, as ``typst-show.typ`` does under Quarto."""
    course = book.course
    authors = "".join(
        f"(name: {_content(author.get('name', ''))}, matricule: {_content(author.get('matricule', ''))}),"
        for author in book.authors
    )
    fields = {
        "title": _content(book.title),
        "subtitle": _content(book.subtitle),
        "course": _content(
            " – ".join(str(course[key]) for key in ("code", "title") if key in course)
        ),
        "session": _content(course.get("session", "")),
        "institution": _content(course.get("institution", "")),
        "authors": f"({authors})",
        "partner": _content(book.variables.get("partner", "")),
        "date": _content(book.variables.get("handed-in", "")),
        "lang": _string(book.language),
        "toc-title": _content("Table des matières"),
        "toc-depth": str(
            book.formats.get("rapport-typst", {}).get("toc-depth", book.toc_depth)
        ),
    }
    call = ",\n".join(f"  {key}: {value}" for key, value in fields.items())
    template = read_text(book.root, TEMPLATE)
    return f"{PREAMBLE}\n{template}\n#show: rapport.with(\n{call},\n)\n\n"


def lower(chapter: Chapter, book: Book) -> list[pf.Block]:
    """Turn a chapter's shapes into what pandoc's Typst writer takes."""

    def action(element: pf.Element, _: pf.Doc) -> object:
        if isinstance(element, pf.Div):
            return _div(element, book)
        if isinstance(element, pf.Span) and "equation" in element.classes:
            return _equation(element)
        if isinstance(element, pf.Image):
            return _image(element, chapter, book)
        if isinstance(element, pf.Figure):
            return list(element.content)
        if isinstance(element, pf.CodeBlock):
            return pf.CodeBlock(
                element.text, classes=[c for c in element.classes if c != "cell-code"]
            )
        if isinstance(element, pf.Link):
            element.attributes.pop("page", None)
            element.url = re.sub(r"^[^:]+\.qmd#", "#", element.url)
        return None

    chapter.walk(action)
    return chapter.blocks


def _div(div: pf.Div, book: Book) -> object:
    if "float" in div.classes:
        return _float(div, book)
    if "callout" in div.classes:
        return _callout(div)
    if "tab" in div.classes:
        return [pf.Para(pf.Strong(pf.Str(div.attributes["title"]))), *div.content]
    if div.identifier.startswith("ref"):
        return None  # the bibliography's entries keep their identifiers
    if set(div.classes) & {"cell", "cell-output", "panel-tabset"}:
        return list(div.content)
    return None


def _float(div: pf.Div, book: Book) -> list[pf.Block]:
    kind, number = div.identifier.split("-")[0], div.attributes["number"]
    blocks = list(div.content)
    caption: list[pf.Block] = []
    if is_caption(blocks[-1]):
        caption = list(blocks.pop().content)
    position = "top" if kind == "tbl" else "bottom"
    return [
        _raw("#figure(["),
        *blocks,
        _raw(f"], caption: figure.caption(position: {position}, ["),
        *caption,
        _raw(
            f']), kind: "quarto-float-{kind}", supplement: {_string(book.titles[kind])}, '
            f"numbering: _ => {_string(number)})<{div.identifier}>"
        ),
    ]


def _callout(div: pf.Div) -> list[pf.Block]:
    kind = div.classes[1].removeprefix("callout-")
    title, *body = div.content
    colour = CALLOUT_COLOURS[kind]
    return [
        _raw(f'#callout(icon: none, icon_color: rgb("{colour}"), title: ['),
        *title.content,
        _raw("], body: ["),
        *body,
        _raw("])"),
    ]


def _equation(span: pf.Span) -> list[pf.Inline]:
    number = _string(f"({span.attributes['number']})")
    return [
        pf.RawInline(
            f"#math.equation(block: true, numbering: _ => {number}, [", format="typst"
        ),
        *span.content,
        pf.RawInline(f"])<{span.identifier}>", format="typst"),
    ]


def _image(image: pf.Image, chapter: Chapter, book: Book) -> pf.RawInline:
    path = chapter.file_of(image.url)
    alt = image.attributes.get("fig-alt") or pf.stringify(image)
    size = "".join(
        f", {key}: {_length(image.attributes[key], chapter)}"
        for key in ("width", "height")
        if key in image.attributes
    )
    if not alt.strip():
        raise WeaveError(
            f"image {image.url} has no words for who does not see it: give it a fig-alt",
            chapter.path,
            chapter.line_of(image.url),
        )
    place = "/" + path.relative_to(book.root).as_posix()
    return pf.RawInline(
        f"#image({_string(place)}, alt: {_string(alt)}{size})", format="typst"
    )


def _length(text: str, chapter: Chapter) -> str:
    """Write a width or height; a bare number counts pixels, 96 to the inch."""
    if pixels := re.fullmatch(r"(\d+(?:\.\d+)?)(?:px)?", text):
        return f"{float(pixels[1]) / 96:.4f}in"
    if not re.fullmatch(r"\d+(?:\.\d+)?(?:%|cm|mm|in|pt|em)", text):
        raise WeaveError(f"{text!r} is no length", chapter.path, chapter.line_of(text))
    return text


def _raw(text: str) -> pf.RawBlock:
    return pf.RawBlock(text, format="typst")


def _content(text: object) -> str:
    """Write text as Typst content, with nothing in it read as markup."""
    return f"[#{_string(text)}]" if text else "none"


def _string(text: object) -> str:
    # A Typst string escapes as JSON does, but for \u{…}; ensure_ascii off leaves only \" \\ \n \t.
    return json.dumps(str(text), ensure_ascii=False)
