"""Executed cells as Quarto writes them into its freeze, and the results of inline expressions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tp1.weave.errors import UnsupportedFeature
from tp1.weave.source import INLINE, Chunk, Prose

# One executed cell's output, in the shape of the notebook format.
Output = Mapping[str, Any]

_MATPLOTLIB_RESULT = ("[<matplotlib", "<matplotlib")
_IMAGES = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpeg"}


@dataclass(frozen=True)
class Executed:
    """A cell after the kernel has seen it."""

    cell: Prose | Chunk
    outputs: list[Output] = field(default_factory=list)
    inline: dict[str, str] = field(default_factory=dict)  # expression -> Markdown


@dataclass
class Frozen:
    """A chapter's frozen Markdown for one format, with the figures it shows."""

    markdown: str
    figures: dict[str, str] = field(
        default_factory=dict
    )  # file name -> base64 or SVG text


def freeze_markdown(cells: list[Executed], stem: str, target: str) -> Frozen:
    """Write executed cells as Quarto does for one target.

    Parameters
    ----------
    cells : list of Executed
        The chapter in order.
    stem : str
        The chapter's file name without its suffix.
    target : {"html", "typst"}
        Names the folder of the figures; HTML cells carry an identifier.
    """
    frozen = Frozen("")
    parts: list[str] = []
    for executed in cells:
        if isinstance(executed.cell, Prose):
            parts.append(
                substitute_inline(executed.cell.text, executed.inline) + "\n\n"
            )
        else:
            folder = f"{stem}_files/figure-{target}"
            parts.append(_chunk(executed.cell, executed.outputs, folder, frozen) + "\n")
    frozen.markdown = "".join(parts)
    return frozen


def substitute_inline(text: str, values: Mapping[str, str]) -> str:
    """Put the results of the inline expressions into the prose."""
    return INLINE.sub(lambda match: match[1] + values[match[2].strip()], text)


def inline_markdown(data: Mapping[str, Any]) -> str:
    """Write the result of an inline expression as Quarto does: Markdown as it is, a string escaped."""
    if "text/markdown" in data:
        return str(data["text/markdown"])
    text = str(data["text/plain"])
    if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]:
        # Quarto escapes backslashes twice; what it froze must be what we freeze.
        text = text[1:-1].replace("\\", "\\\\")
        text = re.sub(r"([\\`*_{}\[\]()>#+,\-.!])", r"\\\1", text)
    return text


def _chunk(chunk: Chunk, outputs: list[Output], folder: str, frozen: Frozen) -> str:
    option = chunk.options.get
    if not option("include", True):
        return ""
    shown = [output for output in outputs if _is_shown(chunk, output, outputs)]
    displays = [output for output in shown if output["output_type"] != "stream"]
    label = f"#{chunk.label} " if chunk.label else ""
    labels_cell = bool(label) and (
        not option("output", True)
        or len(displays) != 1
        or str(chunk.label).startswith("tbl-")
    )
    identifier = label if labels_cell else ""
    if not identifier and folder.endswith("html"):
        identifier = f"#cell-{chunk.label or chunk.position} "
    caption = (
        f"tbl-cap='{_escape(chunk.options['tbl-cap'])}' "
        if "tbl-cap" in chunk.options
        else ""
    )
    body = _code(chunk) if option("echo", True) else ""
    if option("output", True):
        for i, output in enumerate(shown):
            tag = f"#{chunk.label}-{i + 1} " if labels_cell else label
            file = f"{folder}/{_file_stem(chunk)}-output-{i + 1}"
            body += "\n" + _output(chunk, output, file, tag, frozen)
    head = f"::: {{{identifier}.cell {caption}execution_count={chunk.number}}}\n"
    return f"{head}{body}:::\n\n" if body else "\n"


def _is_shown(chunk: Chunk, output: Output, outputs: list[Output]) -> bool:
    """Leave out warnings that are not wanted, and what a plotting call returns beside its figure."""
    if output["output_type"] == "stream":
        return output["name"] != "stderr" or chunk.options.get("warning", True)
    text = output["data"].get("text/plain", "")
    if output["output_type"] != "execute_result" or list(output["data"]) != [
        "text/plain"
    ]:
        return True
    if any(_IMAGES.keys() & other.get("data", {}).keys() for other in outputs):
        return not (
            re.match(r"^[<(\[].*[>)\]]$|^Text\([-\d]", text.strip())
            or "<matplotlib." in text
        )
    return not text.startswith(_MATPLOTLIB_RESULT)


def _code(chunk: Chunk) -> str:
    ticks = "`" * max(
        [
            3,
            *(
                len(run) + 1
                for run in re.findall(r"^\s*(`+)", chunk.code, re.MULTILINE)
            ),
        ]
    )
    fold = chunk.options.get("code-fold")
    fold = "" if fold is None else f' code-fold="{str(fold).lower()}"'
    return f"{ticks} {{.python .cell-code{fold}}}\n{chunk.code}\n{ticks}\n"


def _output(chunk: Chunk, output: Output, file: str, label: str, frozen: Frozen) -> str:
    if output["output_type"] == "stream":
        text = output["text"]
        if "\x1b" in text:
            feature = f"chunk '{chunk.name}': coloured output (ANSI codes)"
            raise UnsupportedFeature(feature, chunk.file, chunk.line)
        return (
            f"::: {{.cell-output .cell-output-{output['name']}}}\n{_fenced(text)}:::\n"
        )
    data = output["data"]
    if unknown := data.keys() - {"text/markdown", "text/plain", *_IMAGES}:
        feature = f"chunk '{chunk.name}': output of type {', '.join(sorted(unknown))}"
        raise UnsupportedFeature(feature, chunk.file, chunk.line)
    # The kernel's own count, which passes over the chunks that are not evaluated.
    count = (
        f" execution_count={output['execution_count']}"
        if "execution_count" in output
        else ""
    )
    classes = ".cell-output .cell-output-display"
    caption = str(chunk.options.get("fig-cap", "")).strip().replace("\n", " ")
    if "text/markdown" in data:
        body, classes = data["text/markdown"] + "\n", classes + " .cell-output-markdown"
    elif image := next((kind for kind in _IMAGES if kind in data), None):
        name = f"{file}.{_IMAGES[image]}"
        frozen.figures[name.split("/", 1)[1]] = data[image]
        alt = chunk.options.get("fig-alt")
        attributes = (label + (f"fig-alt='{_escape(alt)}'" if alt else "")).strip()
        body = (
            f"![{caption}]({name})" + (f"{{{attributes}}}" if attributes else "") + "\n"
        )
        return f"::: {{{classes}{count}}}\n{body}:::\n"
    else:
        body = _fenced(data["text/plain"])
    tag = "" if str(chunk.label).startswith("tbl-") else label
    below = f"\n{caption}\n" if caption else ""
    return f"::: {{{tag}{classes}{count}}}\n{body}{below}:::\n"


def _fenced(text: str) -> str:
    ticks = "`" * max([2, *(len(run) for run in re.findall(r"`{3,}", text))]) + "`"
    return f"{ticks}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{ticks}\n"


def _file_stem(chunk: Chunk) -> str:
    return chunk.label.lower() if chunk.label else f"cell-{chunk.number + 1}"


def _escape(text: str) -> str:
    return text.strip().replace("\n", " ").replace("'", r"\'")
