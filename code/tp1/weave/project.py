"""The book as ``_quarto.yml`` describes it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tp1.weave.config import SCHEMA, VARIABLES, check
from tp1.weave.errors import OutputError, UnsupportedFeature, WeaveError
from tp1.weave.lines import inside, read_text
from tp1.weave.values import read_yaml

_WORDS = {
    "fig": "figure",
    "tbl": "tableau",
    "eq": "équation",
    "sec": "section",
    "ch": "chapitre",
    "apx": "annexe",
}


@dataclass(frozen=True)
class Part:
    """One entry of the book's table of chapters."""

    path: Path
    is_appendix: bool


@dataclass(frozen=True)
class Book:
    """All that the renderer needs to know of the book."""

    root: Path
    output: Path
    name: str  # of the PDF and the notebook, without suffix
    title: str
    subtitle: str
    authors: list[dict[str, str]]
    variables: dict[str, Any]  # _variables.yml
    parts: list[Part]
    language: str
    bibliography: list[Path]
    prefixes: dict[
        str, str
    ]  # fig, tbl, eq, sec, ch, apx: the word before a number in a sentence
    titles: dict[str, str]  # fig, tbl: the word before a number on a caption
    delimiter: str  # between a caption's number and its text
    toc_depth: int
    number_depth: int
    figure_size: tuple[float, float]
    formats: dict[str, Any]
    filters: list[Path]  # Lua filters that run under plain pandoc too
    resources: list[str]  # patterns of files that the site needs beside its pages

    @property
    def course(self) -> dict[str, Any]:
        """The course, as ``_variables.yml`` has it."""
        course = self.variables.get("course")
        return course if isinstance(course, dict) else {}

    @property
    def styles(self) -> list[Path]:
        """The site's own style sheets, relative to the project."""
        return [Path(css) for css in _as_list(self.formats.get("html", {}).get("css"))]

    @property
    def filter_arguments(self) -> list[str]:
        """The filters as pandoc takes them."""
        return [f"--lua-filter={path}" for path in self.filters]


def load_book(root: Path) -> Book:
    """Read ``_quarto.yml``, the files it names under ``metadata-files``, and ``_variables.yml``.

    Raises
    ------
    WeaveError
        If a file is missing or is not what the renderer expects.
    UnsupportedFeature
        For a key that this renderer would have to ignore.
    """
    config = _read_yaml(root, "_quarto.yml")
    check(config, "_quarto.yml")
    for extra in _as_list(config.get("metadata-files")):
        values = _read_yaml(root, extra)
        known = {
            key: value for key, value in values.items() if key in SCHEMA["properties"]
        }
        check(known, extra)
        config = _merged(values, config)
    if "type" not in config.get("project", {}):
        raise WeaveError("`project: type: book` is missing", "_quarto.yml")
    book, crossref, words = (
        config.get(key, {}) for key in ("book", "crossref", "language")
    )
    parts = [Part(_chapter(root, path), False) for path in book.get("chapters", [])]
    parts += [Part(_chapter(root, path), True) for path in book.get("appendices", [])]
    if not parts:
        raise WeaveError("`book: chapters:` names no file", "_quarto.yml")
    if len({part.path for part in parts}) < len(parts):
        raise WeaveError("a chapter is named twice", "_quarto.yml")
    name = book.get("output-file", "book")
    prefixes = {
        kind: crossref.get(f"{kind}-prefix", words.get(f"crossref-{kind}-prefix", word))
        for kind, word in _WORDS.items()
    }
    return Book(
        root=root,
        output=_output_folder(
            root, config["project"].get("output-dir", "_book"), parts
        ),
        name=name,
        title=book.get("title", name),
        subtitle=book.get("subtitle", ""),
        authors=[
            a if isinstance(a, dict) else {"name": a}
            for a in _as_list(book.get("author"))
        ],
        variables=_read_variables(root),
        parts=parts,
        language=config.get("lang", "fr"),
        bibliography=[
            _inside(root, "bibliography", path)
            for path in _as_list(config.get("bibliography"))
        ],
        prefixes=prefixes,
        titles={
            kind: crossref.get(f"{kind}-title", _WORDS[kind].title())
            for kind in ("fig", "tbl")
        },
        delimiter=crossref.get("title-delim", ":"),
        toc_depth=config.get("toc-depth", 3),
        number_depth=config.get("number-depth", 6),
        figure_size=(
            float(config.get("fig-width", 7)),
            float(config.get("fig-height", 5)),
        ),
        formats=config.get("format", {}),
        filters=[
            _inside(root, "filters", f["path"] if isinstance(f, dict) else f)
            for f in config.get("filters", [])
        ],
        resources=_as_list(config["project"].get("resources")),
    )


def _inside(root: Path, key: str, name: str) -> Path:
    try:
        return inside(root, name)
    except WeaveError as error:
        raise WeaveError(f"{key}: {error}", "_quarto.yml") from None


def _chapter(root: Path, name: str) -> Path:
    """Take a chapter's name: it also says where its page and its frozen results are written."""
    path = _inside(root, "chapters", name).relative_to(root)
    if found := re.search(r'[#?%&"<>:\\\n\t]', name):
        message = f"a chapter's name with {found[0]!r} in it ({name!r:.100})"
        raise UnsupportedFeature(message, "_quarto.yml")
    if path.suffix != ".qmd":
        raise UnsupportedFeature(f"a chapter that is no .qmd ({name})", "_quarto.yml")
    return path


def _read_variables(root: Path) -> dict[str, Any]:
    name = "_variables.yml"
    variables = _read_yaml(root, name) if (root / name).exists() else {}
    check(variables, name, VARIABLES)
    return variables


def _output_folder(root: Path, name: str, parts: list[Part]) -> Path:
    """Find the folder that each render replaces as a whole: one that holds nothing else."""
    folder = Path(os.path.realpath(_inside(root, "output-dir", name)))
    root = Path(os.path.realpath(root))
    sources = [
        root / "_quarto.yml",
        root / "_freeze" / "x",
        *(root / part.path for part in parts),
    ]
    if any(Path(os.path.realpath(s)).is_relative_to(folder) for s in sources):
        raise WeaveError(
            f"output-dir: {name} must be a folder of its own in the project",
            "_quarto.yml",
        )
    try:
        is_in_the_way = (
            folder.exists()
            and any(folder.iterdir())
            and not (folder / "index.html").exists()
        )
    except OSError as error:
        raise OutputError(folder, error) from error
    if is_in_the_way:
        raise WeaveError(
            f"output-dir: {name} holds something else than a rendered book",
            "_quarto.yml",
        )
    return folder


def _read_yaml(root: Path, name: str) -> dict[str, Any]:
    data = read_yaml(read_text(root, name), name)
    if not isinstance(data, dict):
        raise WeaveError("must hold keys and values", name)
    return data


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Complete `over` with what only `base` has, dictionary by dictionary."""
    both = {
        k: _merged(base[k], over[k])
        for k in base.keys() & over.keys()
        if isinstance(base[k], dict) and isinstance(over[k], dict)
    }
    return {**base, **over, **both}


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
