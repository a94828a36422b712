"""Pandoc, called as a program: Markdown in, syntax tree out, and back into every format."""

import io
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import panflute as pf
import pypandoc
from panflute.elements import RAW_FORMATS

from tp1.weave.errors import WeaveError

API_VERSION = (1, 23, 1)
# A page takes seconds; twenty brackets inside one another would take it days.
LONGEST = 300  # seconds
MOST_MEMORY = "2g"
# Each element of the tree is two or three levels of JSON, and more of Python's calls.
DEEPEST = 150

# panflute checks the names of raw formats against a list that is older than pandoc's Typst writer.
RAW_FORMATS.add("typst")


def run(arguments: Sequence[str], text: str, folder: Path | None = None) -> str:
    """Run pandoc over `text`; any warning of its own is an error.

    Raises
    ------
    WeaveError
        With pandoc's message.
    """
    limit = ["+RTS", f"-M{MOST_MEMORY}", "-RTS"]
    command = [pypandoc.get_pandoc_path(), *limit, "--fail-if-warnings", *arguments]
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=folder,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        reason = f"took more than {LONGEST} s: brackets are nested too deeply?"
        raise WeaveError(f"pandoc: {reason}") from None
    if done.returncode != 0:
        raise WeaveError(f"pandoc: {done.stderr.strip()}")
    return done.stdout


def parse(markdown: str, path: Path) -> pf.Doc:
    """Read a chapter's Markdown into a tree, with the extensions that Quarto reads it with."""
    with blamed(path):
        return load(run(["-f", "markdown", "-t", "json"], markdown))


@contextmanager
def blamed(path: Path) -> Iterator[None]:
    """Say of which chapter pandoc speaks."""
    try:
        yield
    except WeaveError as error:
        raise WeaveError(str(error), path) from error


def load(tree: str) -> pf.Doc:
    """Read pandoc's JSON.

    Raises
    ------
    WeaveError
        If elements are nested too deeply.
    """
    deepest = depth = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', tree):
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise WeaveError("blocks or brackets are nested too deeply")
    return pf.load(io.StringIO(tree))


def dump(blocks: Sequence[pf.Block] | pf.Doc) -> str:
    """Write blocks as pandoc's JSON."""
    doc = (
        blocks
        if isinstance(blocks, pf.Doc)
        else pf.Doc(*blocks, api_version=API_VERSION)
    )
    stream = io.StringIO()
    pf.dump(doc, stream)
    return stream.getvalue()


def write(blocks: Sequence[pf.Block], target: str, *arguments: str) -> str:
    """Convert blocks to a format."""
    return run(["-f", "json", "-t", target, "--wrap=none", *arguments], dump(blocks))
