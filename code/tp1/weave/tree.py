"""What a chapter's tree may hold: the second look, at what a line by itself does not show."""

import re
from pathlib import Path

import panflute as pf

from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.features import (
    DIV_ATTRIBUTES,
    DIV_CLASSES,
    IMAGE_ATTRIBUTES,
    SPAN_CLASSES,
)

_KNOWN = {
    *(DIV_CLASSES | SPAN_CLASSES),
    *(
        "cell",
        "cell-code",
        "cell-output",
        "cell-output-display",
        "cell-output-markdown",
    ),
    *("cell-output-stdout", "cell-output-stderr"),
    *("uri", "email"),
}
_FLOAT = re.compile(r"^(fig|tbl)-")
_ATTRIBUTES: dict[type[pf.Element], set[str]] = {
    pf.Div: DIV_ATTRIBUTES | {"execution_count", "tbl-cap"},
    pf.Image: IMAGE_ATTRIBUTES,
    pf.CodeBlock: {"code-fold"},
}


def check_element(element: pf.Element, path: Path) -> None:
    """Refuse an element that would be set as something else than was meant.

    Raises
    ------
    UnsupportedFeature
        For a class or an attribute that Quarto, or a browser, may give a meaning.
    WeaveError
        For a mark that pandoc has left as text.
    """
    for key in getattr(element, "attributes", {}):
        if key not in _ATTRIBUTES.get(type(element), ()):
            raise UnsupportedFeature(f"attribute {key}", path)
    if not re.fullmatch(r"[\w.:-]*", getattr(element, "identifier", "")):
        raise WeaveError(
            f"identifier {element.identifier!r:.100}: only letters, digits, - and _",
            path,
        )
    if "cell" in getattr(element, "classes", ()) and not re.fullmatch(
        r"\d{1,6}", element.attributes.get("execution_count", ""), re.ASCII
    ):
        raise UnsupportedFeature("class .cell without a number", path)
    if isinstance(element, pf.Div | pf.Span | pf.Header | pf.Link | pf.Image):
        for name in element.classes:
            if name not in _KNOWN:
                raise UnsupportedFeature(f"class .{name}", path)
    elif isinstance(element, pf.CodeBlock) and {
        "content-hidden",
        "content-visible",
    } & set(element.classes):
        raise UnsupportedFeature("a condition on a block of code", path)
    elif isinstance(element, pf.RawBlock | pf.RawInline) and element.format not in (
        *("html", "typst"),
    ):
        feature = f"text for {element.format} alone ({element.text.strip():.50})"
        raise UnsupportedFeature(feature, path)
    elif isinstance(element, pf.RawBlock | pf.RawInline) and re.search(
        r"<(div|span)\b", element.text
    ):
        raise UnsupportedFeature("a div or span written in HTML", path)
    elif isinstance(element, pf.Str) and (
        mark := re.search(r"^:{3,}|\[\^[^\]]*\]", element.text)
    ):
        raise WeaveError(f"{mark[0]} stands in the text: it belongs to nothing", path)
    if isinstance(element, pf.Para | pf.Plain) and len(element.content) > 1:
        for item in element.content:
            if isinstance(item, pf.Image) and _FLOAT.match(item.identifier):
                raise UnsupportedFeature(
                    f"figure {item.identifier} inside a line", path
                )
