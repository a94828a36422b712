"""Code shown in a chapter is read from the package, never pasted."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any

from IPython.display import Markdown

Showable = type | Callable[..., Any]


def source(*objects: Showable, docstring: bool = False) -> Markdown:
    """Show the source of functions or classes, and where the equations that it names stand in the report.

    Parameters
    ----------
    *objects : function or class
        What to show, in order, separated by blank lines.
    docstring : bool
        Keep the docstrings; by default the prose around the listing says what they say.
    """
    shown = (textwrap.dedent(inspect.getsource(obj)).rstrip() for obj in objects)
    code = "\n\n\n".join(
        text if docstring else without_docstrings(text) for text in shown
    )
    labels = dict.fromkeys(re.findall(r"@eq-[\w-]*\w", code))
    legend = " ; ".join(f"`{label}` = {label}" for label in labels)
    return Markdown(
        f"```python\n{code}\n```" + (f"\n\nRepères : {legend}." if legend else "")
    )


def without_docstrings(code: str) -> str:
    """Remove every docstring from Python source, leaving all other lines as they stand."""
    lines: list[str | None] = list(code.splitlines())
    for node in ast.walk(ast.parse(code)):
        if (
            not isinstance(node, ast.FunctionDef | ast.ClassDef)
            or ast.get_docstring(node) is None
        ):
            continue
        doc, end = node.body[0], node.body[0].end_lineno or node.body[0].lineno
        if end < len(lines) and not (lines[end] or "").strip():
            end += 1  # the blank line that follows a docstring goes with it
        lines[doc.lineno - 1 : end] = [None] * (end - doc.lineno + 1)
    return "\n".join(line for line in lines if line is not None)
