"""A chapter's tree in the few shapes that every output format is made from.

After `read_chapter` a tree holds, besides pandoc's own elements:

* ``Div .float #fig-…|#tbl-…``: the blocks of a figure or table, then a ``Div .caption``;
* ``Div .callout .callout-KIND``: a ``Div .callout-title``, then the body;
* ``Div .panel-tabset``: one ``Div .tab title=…`` a tab;
* ``Div .cell execution_count=N``: the code block, then ``Div .cell-output`` blocks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

import panflute as pf

from tp1.weave import pandoc
from tp1.weave.conditions import Reader, for_target, is_conditional, seen_by
from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.features import CALLOUTS
from tp1.weave.lines import inside, is_file
from tp1.weave.tree import check_element
from tp1.weave.variables import substitute_variables

_FLOAT = re.compile(r"^(fig|tbl)-")

Action = Callable[[pf.Element, pf.Doc], object]


@dataclass
class Chapter:
    """One chapter on its way to the outputs."""

    path: Path
    number: str | None  # "1", "A"; None for an unnumbered chapter
    is_appendix: bool
    text: str  # the source, to point at a line
    folder: Path  # of the source
    figures: Path  # the folder that stands for `<stem>_files`
    root: Path = Path()  # of the project
    blocks: list[pf.Block] = field(default_factory=list)

    @property
    def page(self) -> Path:
        """The chapter's page in the site."""
        return self.path.with_suffix(".html")

    @property
    def heading(self) -> pf.Header | None:
        """The chapter's own heading."""
        return next(
            (b for b in self.blocks if isinstance(b, pf.Header) and b.level == 1), None
        )

    @property
    def title(self) -> str:
        """The heading as plain text."""
        return pf.stringify(self.heading).strip() if self.heading else str(self.path)

    def line_of(self, text: str) -> int | None:
        """Where `text` first stands in the source."""
        return next(
            (i for i, line in enumerate(self.text.split("\n"), 1) if text in line),
            None,
        )

    def walk(self, action: Action) -> None:
        """Apply `action` to every element of the chapter, children first."""
        doc = pf.Doc(*self.blocks)
        doc.walk(action)
        self.blocks = list(doc.content)

    def file_of(self, url: str) -> Path:
        """Find an image's file; a frozen figure's is in the freeze.

        Raises
        ------
        WeaveError
            If there is no such file.
        """
        frozen = f"{self.path.stem}_files/"
        url = unquote(url)
        file = (
            self.figures / url.removeprefix(frozen)
            if url.startswith(frozen)
            else self.folder / url
        )
        if ".." in Path(url).parts or url.startswith("/") or not is_file(file):
            raise WeaveError(
                f"image {url} does not exist beside the chapter",
                self.path,
                self.line_of(url),
            )
        inside(self.root, file.relative_to(self.root))
        return file

    def copy(self) -> "Chapter":
        """Copy the chapter, tree included, for an output that changes it."""
        tree = pandoc.load(pandoc.dump(self.blocks))
        return replace(self, blocks=list(tree.content))

    def seen_by(self, reader: Reader) -> "Chapter":
        """Copy the chapter for the site, ``html``, or the notebook, ``ipynb``."""
        copy = self.copy()
        copy.blocks = seen_by(copy.blocks, reader)
        return copy


def read_blocks(
    markdown: str, variables: dict[str, object], target: str, path: Path
) -> list[pf.Block]:
    """Read frozen Markdown into the shapes above, for one target (``html`` or ``typst``).

    Raises
    ------
    WeaveError
        For an unknown variable or something that has no shape here.
    """
    doc = pandoc.parse(substitute_variables(markdown, variables, path), path)
    if doc.metadata.content:
        raise UnsupportedFeature(f"metadata ({', '.join(doc.metadata.content)})", path)
    captions = _read_captions(doc, path)

    def shape(element: pf.Element, _: pf.Doc) -> object:
        check_element(element, path)
        if isinstance(element, pf.Para) and (image := _bare_figure(element)):
            return image
        if isinstance(element, pf.Figure):
            return _figure(element)
        if isinstance(element, pf.Table):
            return _table(element)
        if isinstance(element, pf.Div):
            return _div(element, target, captions, path)
        return None

    doc.walk(shape)
    return list(doc.content)


def _read_captions(doc: pf.Doc, path: Path) -> dict[str, pf.Plain]:
    """Parse the Markdown of all ``tbl-cap`` attributes at once."""
    texts: list[str] = []
    doc.walk(
        lambda e, _: (
            texts.append(e.attributes["tbl-cap"])
            if "tbl-cap" in getattr(e, "attributes", {})
            else None
        )
    )
    if not texts:
        return {}
    parsed = pandoc.parse("\n\n".join(texts), path).content
    if len(parsed) != len(texts) or not all(
        isinstance(block, pf.Para) for block in parsed
    ):
        raise WeaveError("every tbl-cap must be one paragraph", path)
    return {
        text: pf.Plain(*block.content)
        for text, block in zip(texts, parsed, strict=True)
    }


def _float(identifier: str, blocks: list[pf.Block], caption: pf.Block | None) -> pf.Div:
    tail = [pf.Div(caption, classes=["caption"])] if caption is not None else []
    return pf.Div(*blocks, *tail, identifier=identifier, classes=["float"])


def is_caption(block: pf.Block) -> bool:
    """Tell whether a float's last block is its caption."""
    return isinstance(block, pf.Div) and "caption" in block.classes


def _bare_figure(paragraph: pf.Para) -> pf.Div | None:
    """Make a float of an image that has a label and no caption, alone in its paragraph."""
    if len(paragraph.content) != 1:
        return None
    image = paragraph.content[0]
    if not isinstance(image, pf.Image) or not _FLOAT.match(image.identifier):
        return None
    identifier, image.identifier = image.identifier, ""
    return _float(identifier, [pf.Plain(image)], None)


def _figure(figure: pf.Figure) -> pf.Block | None:
    if not _FLOAT.match(figure.identifier):
        return None
    caption = (
        figure.caption.content[0]
        if figure.caption and len(figure.caption.content)
        else None
    )
    return _float(figure.identifier, list(figure.content), caption)


def _table(table: pf.Table) -> pf.Block | None:
    if not _FLOAT.match(table.identifier):
        return None
    identifier, table.identifier = table.identifier, ""
    caption = (
        table.caption.content[0]
        if table.caption and len(table.caption.content)
        else None
    )
    table.caption = pf.Caption()
    return _float(identifier, [table], caption)


def _div(div: pf.Div, target: str, captions: dict[str, pf.Plain], path: Path) -> object:
    if is_conditional(div):
        return for_target(div, target)
    if any(f"callout-{kind}" in div.classes for kind in CALLOUTS):
        return _callout(div, path)
    if "panel-tabset" in div.classes:
        return _tabset(div, path)
    if not _FLOAT.match(div.identifier):
        return None
    if "cell" in div.classes:
        return _table_cell(div, captions, path)
    if "float" in div.classes:
        return None
    if not len(div.content):
        raise WeaveError(f"{div.identifier} is empty", path)
    *blocks, caption = div.content
    if not isinstance(caption, pf.Para):
        raise WeaveError(
            f"{div.identifier}: the last paragraph must be the caption", path
        )
    return _float(div.identifier, blocks, pf.Plain(*caption.content))


def _callout(div: pf.Div, path: Path) -> pf.Div:
    blocks = list(div.content)
    kinds = [kind for kind in CALLOUTS if f"callout-{kind}" in div.classes]
    if len(kinds) > 1:
        raise WeaveError(f"a callout is a {' or a '.join(kinds)}, not both", path)
    kind = kinds[0]
    title: list[pf.Inline] = [pf.Str(CALLOUTS[kind])]
    if "title" in div.attributes:
        text = div.attributes.pop("title")
        if re.search(r"[*_`$@\[\\]", text):
            raise UnsupportedFeature(
                f"markup in the title {text!r} (make it a heading)", path
            )
        title = [pf.Str(text)]
    elif blocks and isinstance(blocks[0], pf.Header):
        title = list(blocks.pop(0).content)
    head = pf.Div(pf.Plain(*title), classes=["callout-title"])
    return pf.Div(
        head, *blocks, classes=["callout", f"callout-{kind}"], attributes=div.attributes
    )


def _tabset(div: pf.Div, path: Path) -> pf.Div:
    if not len(div.content) or not isinstance(div.content[0], pf.Header):
        raise WeaveError("a tabset must begin with the heading of its first tab", path)
    level = div.content[0].level
    tabs: list[pf.Div] = []
    for block in div.content:
        if not isinstance(block, pf.Header):
            tabs[-1].content.append(block)
        elif block.level == level:
            tabs.append(
                pf.Div(
                    classes=["tab"], attributes={"title": pf.stringify(block).strip()}
                )
            )
        else:
            raise UnsupportedFeature(
                f"heading {pf.stringify(block)!r} inside a tab", path
            )
    return pf.Div(*tabs, classes=["panel-tabset"])


def _table_cell(cell: pf.Div, captions: dict[str, pf.Plain], path: Path) -> pf.Div:
    """Move the label of a ``tbl-`` chunk from the cell to the one table that it shows."""
    identifier, cell.identifier = cell.identifier, ""
    if identifier.startswith("fig-"):
        raise UnsupportedFeature(
            f"chunk {identifier}: several figures in one chunk, or none", path
        )
    outputs = [block for block in cell.content if isinstance(block, pf.Div)]
    caption = captions.get(cell.attributes.pop("tbl-cap", ""))
    if len(outputs) != 1 or caption is None:
        raise WeaveError(
            f"chunk {identifier} must show exactly one table and have a tbl-cap", path
        )
    code = [block for block in cell.content if not isinstance(block, pf.Div)]
    cell.content = [*code, _float(identifier, outputs, caption)]
    return cell
