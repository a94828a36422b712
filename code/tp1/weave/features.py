"""What of Quarto this renderer knows; anything else in a source is refused with file, line and name."""

import re
from typing import Any, NoReturn

from tp1.weave.errors import UnsupportedFeature, WeaveError
from tp1.weave.lines import CHUNK_START, Line, next_fence

CHUNK_OPTIONS: dict[str, tuple[type, ...]] = {
    "label": (str,),
    "fig-cap": (str,),
    "fig-alt": (str,),
    "tbl-cap": (str,),
    "echo": (bool,),
    "eval": (bool,),
    "include": (bool,),
    "output": (bool,),
    "warning": (bool,),
    "code-fold": (bool, str),
}
# The kinds of callouts, and the titles of those that have none of their own.
CALLOUTS = {
    "note": "Note",
    "tip": "Astuce",
    "warning": "Avertissement",
    "important": "Important",
    "caution": "Mise en garde",
}
DIV_CLASSES = {f"callout-{kind}" for kind in CALLOUTS} | {
    "panel-tabset",
    "content-visible",
    "content-hidden",
}
DIV_ATTRIBUTES = {"when-format", "unless-format", "collapse", "title"}
SPAN_CLASSES = {"smallcaps", "underline", "mark", "unnumbered"}
IMAGE_ATTRIBUTES = {"fig-alt", "width", "height"}
SHORTCODES = {"var", "include"}

_SHORTCODE = re.compile(r"\{\{<\s*(\S*)")
_DIV = re.compile(r"^\s*:{3,}\s*(\{.*\}|[\w.-]+)\s*+:*+\s*+$")
_ENGINE = re.compile(r"^\s*`{3,}\s*\{(?!=)([^}.#][^}]*)\}\s*$")
_INLINE_ENGINE = re.compile(r"(?:^|[^`])`\{(?!=)(\w+)\}\s")
_ATTRIBUTES = re.compile(r"(?<=[\])$])\{([^{}]*)\}|^#+ .*\{([^{}]*)\}\s*$")
_ITEM = re.compile(
    r"""(?P<key>[\w-]+)=(?:"[^"]*"|'[^']*'|\S+)|\.(?P<class>[\w-]+)|\#(?P<id>[\w-]+)|(?P<other>\S+)"""
)
_CODE_SPAN = re.compile(r"(?<!`)(`++).*?(?<!`)\1(?!`)")
_REFERENCE_DIV = re.compile(r"^(fig|tbl)-|^refs$")
_CHAPTER_LINK = re.compile(r"\]\(([^()\s]*\.qmd)\)")
_CAPTION = re.compile(r"^(?:: |Table: ).*\{([^{}]*)\}\s*$")
_CODE_ATTRIBUTES = re.compile(r"^\s*(?:`{3,}|~{3,})\s*\{([^{}]*)\}\s*$")
# What pandoc takes for the opening of a block: with anything else behind the marks it is text.
_OPENING = re.compile(
    r"^\s*(?:`++|~++)\s*(?:[^\s{}]+\s*)?(?:\{[^{}]*\})?\s*$", re.ASCII
)
_NOTE = re.compile(r" {0,3}\[\^([^\]\s]+)\]:")
_RULE = re.compile(r"\s*\|?(?:\s*:?-++:?\s*+\|)*(?:\s*:?-++:?)?\s*$")
_ANNOTATION = re.compile(r"#\s*<\d+>\s*$")


def check(lines: list[Line]) -> None:
    """Refuse what would otherwise be dropped or set differently than Quarto does.

    Raises
    ------
    UnsupportedFeature
        At the first such line.
    """
    start = _check_front_matter(lines)
    fence: str | None = None
    opening: Line | None = None
    note: str | None = None
    row, columns = None, 0
    for line in lines[start:]:
        inside, fence = fence is not None, next_fence(fence, line.text)
        opening = None if fence is None else opening if inside else line
        if inside:
            if _ANNOTATION.search(line.text):
                _refuse(line, "code annotation `# <n>`")
        elif fence is not None:
            _check_fence(line)
        else:
            _check_prose(line)
            note = _check_note(note, line)
            row, columns = line, _check_row(row, columns, line)
    if opening is not None:
        what = "chunk" if CHUNK_START.match(opening.text) else "block of code"
        message = f"this {what} is never closed"
        raise WeaveError(message, opening.file, opening.number)


def _check_note(note: str | None, line: Line) -> str | None:
    """Follow a note's first paragraph; one that only it refers to would be dropped without a warning."""
    start = _NOTE.match(line.text)
    note = start[1] if start else note if line.text.strip() else None
    if note and f"[^{note}]" in line.text[start.end() if start else 0 :]:
        message = f"the note {note} refers to itself"
        raise WeaveError(message, line.file, line.number)
    return note


def _check_row(before: Line | None, columns: int, line: Line) -> int:
    """Follow a table of bars; give its columns, 0 outside. Of a row with too many cells pandoc drops some."""
    cells = _count_cells(line)
    is_rule = cells > 0 and _RULE.match(line.text)
    wide = before if is_rule and before and _count_cells(before) > cells else line
    if wide is not line or 0 < columns < cells:
        message = "this row has more cells than its table has columns"
        raise WeaveError(message, wide.file, wide.number)
    return cells if is_rule else columns if cells else 0


def _count_cells(line: Line) -> int:
    """Count the cells between bars; 0 if there is no bar."""
    text = _CODE_SPAN.sub("", line.text)
    text = re.sub(r"\\.|\$[^$]*\$", "", text).strip()
    return text.removeprefix("|").removesuffix("|").count("|") + ("|" in text)


def _check_fence(line: Line) -> None:
    """Check the line that opens a block of code or a chunk."""
    engine = _ENGINE.match(line.text)
    if engine and engine[1] != "python":
        _refuse(
            line,
            f"code chunk {{{engine[1]}}} (only {{python}}, its options as #| comments)",
        )
    if engine and line.text[0].isspace():
        _refuse(line, "a chunk that is indented")
    if not _OPENING.match(line.text):
        _refuse(line, "what stands behind the marks of this block of code")
    if attributes := _CODE_ATTRIBUTES.match(line.text):
        for item in _ITEM.finditer(attributes[1]):
            if item["key"] or item["id"]:
                _refuse(
                    line,
                    f"attribute {item['key'] or '#' + item['id']} of a block of code",
                )


def _check_prose(line: Line) -> None:
    if (engine := _INLINE_ENGINE.search(line.text)) and engine[1] != "python":
        _refuse(line, f"inline code `{{{engine[1]}}}`")
    text = _CODE_SPAN.sub("", line.text)
    if "{{{<" in text:
        _refuse(line, "an escaped shortcode {{{< … >}}}")
    for name in _SHORTCODE.findall(text):
        if name not in SHORTCODES:
            _refuse(line, f"shortcode {{{{< {name} >}}}}")
        if name == "include":
            _refuse(
                line, "{{< include >}} inside a line (it must stand alone on its own)"
            )
    if link := _CHAPTER_LINK.search(text):
        _refuse(
            line, f"link to the file {link[1]} (name a section too: {link[1]}#sec-…)"
        )
    if div := _DIV.match(text):
        _check_div(line, div[1])
        return
    if caption := _CAPTION.match(text):
        for item in _ITEM.finditer(caption[1]):
            if item["key"]:
                _refuse(line, f"attribute {item['key']} of a table")
    for match in _ATTRIBUTES.finditer(text):
        heading = match[2] is not None
        for item in _ITEM.finditer(match[1] or match[2] or ""):
            if item["class"] and item["class"] not in SPAN_CLASSES:
                _refuse(line, f"class .{item['class']}")
            if item["key"] and (heading or item["key"] not in IMAGE_ATTRIBUTES):
                _refuse(line, f"attribute {item['key']}")


def _check_div(line: Line, attributes: str) -> None:
    if not attributes.startswith("{"):
        attributes = "." + attributes
    for item in _ITEM.finditer(attributes.strip("{}")):
        if item["class"] and item["class"] not in DIV_CLASSES:
            _refuse(line, f"div class .{item['class']}")
        if item["key"] and item["key"] not in DIV_ATTRIBUTES:
            _refuse(line, f"div attribute {item['key']}")
        if item["id"] and not _REFERENCE_DIV.match(item["id"]):
            _refuse(line, f"div with identifier #{item['id']}")


def _check_front_matter(lines: list[Line]) -> int:
    """Check the YAML block at the top, if there is one; return the index of the line after it."""
    if not lines or lines[0].text.rstrip() != "---":
        return 0
    for i, line in enumerate(lines[1:], 1):
        if line.text.rstrip() in ("---", "..."):
            return i + 1
        text = line.text.strip()
        if text and not text.startswith("#"):
            _refuse(line, f"front matter key {text.partition(':')[0]:.50}")
    raise WeaveError("the front matter is never closed", lines[0].file, lines[0].number)


def check_options(options: Any, place: Line) -> None:
    """Refuse chunk options that are unknown or of the wrong type.

    Raises
    ------
    UnsupportedFeature
        For an option that Quarto may know and this renderer does not.
    WeaveError
        For a value of the wrong type.
    """
    if not isinstance(options, dict):
        raise WeaveError(
            "the chunk's options must read `#| key: value`", place.file, place.number
        )
    for key, value in options.items():
        if key not in CHUNK_OPTIONS:
            _refuse(place, f"chunk option {key}")
        if not isinstance(value, CHUNK_OPTIONS[key]):
            raise WeaveError(
                f"chunk option {key} cannot be {value!r:.100}", place.file, place.number
            )
    for key in ("label", "fig-cap", "tbl-cap"):
        if key in options and not options[key].strip():
            raise WeaveError(f"chunk option {key} is empty", place.file, place.number)
    label = options.get("label", "")
    if not re.fullmatch(r"[\w.-]*", label):
        message = f"chunk label {label!r}: only letters, digits, - and _"
        raise WeaveError(message, place.file, place.number)
    if "tbl-cap" in options and not label.startswith("tbl-"):
        _refuse(place, "tbl-cap on a chunk without a label tbl-…")
    if options.get("code-fold", True) not in (True, False, "show"):
        raise WeaveError(
            "chunk option code-fold must be true, false or show",
            place.file,
            place.number,
        )


def _refuse(line: Line, feature: str) -> NoReturn:
    raise UnsupportedFeature(feature, line.file, line.number)
