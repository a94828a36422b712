"""The site: one page a chapter, self-contained, readable from the disk."""

import html
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import jinja2
import panflute as pf

from tp1.weave import pandoc
from tp1.weave.document import Chapter, is_caption
from tp1.weave.errors import WeaveError
from tp1.weave.images import image_size
from tp1.weave.lines import inside, is_file, read_text
from tp1.weave.markup import finished
from tp1.weave.project import Book
from tp1.weave.reading import Reading, read_page
from tp1.weave.search import write_indexes

SITE = Path(__file__).parent / "site"
NBSP = "\u00a0"


@dataclass(frozen=True)
class Heading:
    """An entry of a page's own table of contents."""

    level: int
    identifier: str
    number: str
    text: str


def write_site(chapters: list[Chapter], book: Book, folder: Path) -> None:
    """Write all pages with their figures, styles and scripts into `folder`."""
    shutil.copytree(SITE / "assets", folder / "assets")
    for css in book.styles:
        _copy_style(css, book, folder)
    for pattern in book.resources:
        _copy_resources(pattern, book, folder)
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SITE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("page.html")
    readings: list[Reading] = []
    for i, chapter in enumerate(chapters):
        seen = chapter.seen_by("html")
        headings = _headings(seen, book.toc_depth)
        blocks = _lower(seen, chapters, book, folder)
        with pandoc.blamed(chapter.path):
            body = finished(
                pandoc.write(blocks, "html5", "--mathml", *book.filter_arguments)
            )
            readings.append(
                read_page(body, PurePosixPath(chapter.page), book.toc_depth)
            )
        page = folder / chapter.page
        page.parent.mkdir(parents=True, exist_ok=True)
        context: dict[str, Any] = {
            "book": book,
            "chapter": chapter,
            "chapters": chapters,
            "headings": headings,
            "body": body,
            "folds": "code-fold" in body,
            "top": os.path.relpath(".", chapter.page.parent),
            "before": chapters[i - 1] if i else None,
            "after": chapters[i + 1] if i + 1 < len(chapters) else None,
        }
        page.write_text(template.render(context), encoding="utf-8")
    write_indexes(chapters, readings, folder / "assets")


def _copy_style(css: Path, book: Book, folder: Path) -> None:
    """Copy a style sheet with the files that it names, such as fonts."""
    text = read_text(book.root, css)
    for name in [css.name, *re.findall(r"""url\(["']?([^"')]+)["']?\)""", text)]:
        file = Path(os.path.normpath(css.parent / name))
        if ":" in name or not is_file(inside(book.root, file)):
            raise WeaveError(
                f"{name} is not a file beside it: pages need nothing from elsewhere",
                css,
            )
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(book.root / file, folder / file)


def _copy_resources(pattern: str, book: Book, folder: Path) -> None:
    """Copy the files that a pattern of `project: resources:` names."""
    try:
        inside(book.root, pattern)
        files = [file for file in book.root.glob(pattern) if file.is_file()]
    except (ValueError, NotImplementedError):
        files = []
    if not files:
        raise WeaveError(f"resources: {pattern} names no file", "_quarto.yml")
    for file in files:
        copy = folder / inside(book.root, file.relative_to(book.root)).relative_to(
            book.root
        )
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _headings(chapter: Chapter, depth: int) -> list[Heading]:
    return [
        Heading(
            b.level,
            b.identifier,
            b.attributes.get("number", ""),
            pf.stringify(b).strip(),
        )
        for b in chapter.blocks
        if isinstance(b, pf.Header) and 1 < b.level <= depth
    ]


def _lower(
    chapter: Chapter, chapters: list[Chapter], book: Book, folder: Path
) -> list[pf.Block]:
    """Turn a chapter's shapes into what pandoc's HTML writer takes; copy the images that it shows."""
    default_fold = book.formats.get("html", {}).get("code-fold", False)

    def action(element: pf.Element, _: pf.Doc) -> object:
        if isinstance(element, pf.Header):
            return _header(element)
        if isinstance(element, pf.Div):
            return _div(element, book)
        if isinstance(element, pf.CodeBlock) and "cell-code" in element.classes:
            return _cell_code(element, default_fold)
        if isinstance(element, pf.Span) and "equation" in element.classes:
            return _equation(element)
        if isinstance(element, pf.Image):
            return _image(element, chapter, folder)
        if isinstance(element, pf.Link):
            return _link(element, chapter, chapters)
        return None

    chapter.walk(action)
    return chapter.blocks


def _header(header: pf.Header) -> pf.Header:
    number = header.attributes.pop("number", "")
    if number:
        span = pf.Span(pf.Str(number), classes=["header-section-number"])
        header.content = [span, pf.Str(NBSP + " "), *header.content]
    if header.identifier and header.level > 1 and not _holds_links(header):
        url = f"#{header.identifier}"
        header.content = [pf.Link(*header.content, url=url, classes=["anchor"])]
    return header


def _holds_links(header: pf.Header) -> bool:
    found: list[pf.Element] = []
    header.walk(
        lambda e, _: found.append(e) if isinstance(e, pf.Link | pf.Note) else None
    )
    return bool(found)


def _div(div: pf.Div, book: Book) -> object:
    if "float" in div.classes:
        return _float(div, book)
    if "callout" in div.classes:
        return _callout(div)
    if "panel-tabset" in div.classes:
        return _tabset(div)
    return None


def _float(div: pf.Div, book: Book) -> list[pf.Block]:
    kind, number = div.identifier.split("-")[0], div.attributes["number"]
    blocks = [inner for block in div.content for inner in _without_figure(block)]
    caption: list[pf.Block] = []
    if is_caption(blocks[-1]):
        caption = list(blocks.pop().content)
    name = html.escape(f"{book.titles[kind]}{NBSP}{number}")
    label = f'<a href="#{div.identifier}">{name}</a>' + (
        html.escape(f"{book.delimiter} ") if caption else ""
    )
    head = [_raw(f'<figcaption><span class="caption-label">{label}</span>')]
    head += [*caption, _raw("</figcaption>")]
    body = [*head, *blocks] if kind == "tbl" else [*blocks, *head]
    return [
        _raw(f'<figure class="float float-{kind}" id="{div.identifier}">'),
        *body,
        _raw("</figure>"),
    ]


def _without_figure(block: pf.Block) -> list[pf.Block]:
    """Unwrap pandoc's figure: ours has the caption."""
    return list(block.content) if isinstance(block, pf.Figure) else [block]


def _callout(div: pf.Div) -> list[pf.Block]:
    kind = div.classes[1].removeprefix("callout-")
    title, *body = div.content
    collapse = div.attributes.get("collapse")
    if collapse is None:
        tags = (
            f'<div class="callout callout-{kind}" role="note"><p class="callout-title">',
            "</p>",
            "</div>",
        )
    else:
        state = "" if collapse == "true" else " open"
        start = f'<details class="callout callout-{kind}"{state}><summary class="callout-title">'
        tags = (start, "</summary>", "</details>")
    return [_raw(tags[0]), *title.content, _raw(tags[1]), *body, _raw(tags[2])]


def _tabset(div: pf.Div) -> pf.Div:
    """Keep the tabs stacked under their titles: the script makes tabs of them where it runs."""
    for tab in div.content:
        title = html.escape(tab.attributes["title"])
        tab.content.insert(0, _raw(f'<p class="tab-title">{title}</p>'))
        tab.attributes.clear()
    return div


def _cell_code(code: pf.CodeBlock, default_fold: object) -> object:
    fold = code.attributes.pop("code-fold", str(default_fold).lower())
    if fold == "false":
        return code
    state = " open" if fold == "show" else ""
    return [
        _raw(f'<details class="code-fold"{state}><summary>Code</summary>'),
        code,
        _raw("</details>"),
    ]


def _equation(span: pf.Span) -> pf.Span:
    number = pf.Link(
        pf.Str(f"({span.attributes.pop('number')})"),
        url=f"#{span.identifier}",
        classes=["equation-number"],
    )
    span.classes = ["numbered-equation"]
    span.content.append(number)
    return span


def _image(image: pf.Image, chapter: Chapter, folder: Path) -> pf.Image:
    source = chapter.file_of(image.url)
    copy = folder / chapter.path.parent / unquote(image.url)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
    alt = image.attributes.pop("fig-alt", None)
    if alt:
        image.content = [pf.Str(alt)]
    image.attributes["loading"] = "lazy"
    size = image_size(source)
    if size and not {"width", "height"} & image.attributes.keys():
        image.attributes["width"], image.attributes["height"] = map(str, size)
    return image


def _link(link: pf.Link, chapter: Chapter, chapters: list[Chapter]) -> pf.Link:
    page = link.attributes.pop("page", None)
    target = chapter if page is None else chapters[int(page)]
    if target.path != chapter.path:
        link.url = os.path.relpath(target.page, chapter.page.parent) + link.url
    link.url = re.sub(r"^([^:]+)\.qmd#", r"\1.html#", link.url)
    return link


def _raw(text: str) -> pf.RawBlock:
    return pf.RawBlock(text, format="html")
