"""The book as ``_quarto.yml`` describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tp1.weave.errors import UnsupportedFeature, WeaveError

# What this renderer obeys. A key that it does not know would change Quarto's book and not ours: refused.
_OBEYED: dict[str, set[str]] = {
    "": {
        *(
            "metadata-files",
            "lang",
            "bibliography",
            "filters",
            "toc-depth",
            "number-depth",
        ),
        *("fig-width", "fig-height"),
    },
    "project": {"output-dir"},
    "book": {"title", "subtitle", "author", "output-file", "chapters", "appendices"},
    "crossref": {
        *("fig-prefix", "tbl-prefix", "eq-prefix", "sec-prefix"),
        *("fig-title", "tbl-title", "title-delim"),
    },
    "language": {
        *("crossref-ch-prefix", "crossref-apx-prefix", "crossref-sec-prefix"),
        *("crossref-fig-prefix", "crossref-tbl-prefix", "crossref-eq-prefix"),
    },
    "format: html": {"css", "code-fold"},
    "format: rapport-typst": {"toc-depth"},
}
# What it does in one way only.
_FIXED: dict[str, dict[str, object]] = {
    "": {
        "toc": True,
        "number-sections": True,
        "link-citations": True,
        "fig-format": "svg",
    },
    "project": {"type": "book", "execute-dir": "project"},
    "execute": {"freeze": "auto"},
    "format: html": {"html-math-method": "mathml"},
    "format: rapport-typst": {"citeproc": True, "syntax-highlighting": "idiomatic"},
}
# What concerns Quarto's own pages and labels alone.
_QUARTO_ONLY = {
    "project": {"post-render", "pre-render"},
    "book": {"search", "sidebar", "page-footer", "repo-url", "favicon"},
    "crossref": {"lst-prefix", "lst-title", "appendix-title"},
    "language": {
        *(
            "section-title-references",
            "title-block-author-single",
            "title-block-author-plural",
        ),
    },
    "format: html": {
        "theme",
        "code-tools",
        "code-overflow",
        "respect-user-color-scheme",
    },
    "format: rapport-typst": {"callout-icon"},
}
_SECTIONS = {"project", "book", "crossref", "language", "execute", "format"}
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
    _check_keys(config)
    variables = (
        _read_yaml(root, "_variables.yml") if (root / "_variables.yml").exists() else {}
    )
    for extra in config.get("metadata-files", []):
        config = _merged(_read_yaml(root, extra), config)
    book = config.get("book", {})
    if config.get("project", {}).get("type") != "book":
        raise WeaveError(
            "`project: type: book` is the only kind of project that can be rendered",
            "_quarto.yml",
        )
    parts = [Part(_chapter(entry), False) for entry in book.get("chapters", [])]
    parts += [Part(_chapter(entry), True) for entry in book.get("appendices", [])]
    if not parts:
        raise WeaveError("`book: chapters:` names no file", "_quarto.yml")
    crossref, words = config.get("crossref", {}), config.get("language", {})
    name = str(book.get("output-file", "book"))
    return Book(
        root=root,
        output=root / config["project"].get("output-dir", "_book"),
        name=name,
        title=str(book.get("title", name)),
        subtitle=str(book.get("subtitle", "")),
        authors=_authors(book.get("author", [])),
        variables=variables,
        parts=parts,
        language=str(config.get("lang", "fr")),
        bibliography=[root / path for path in _as_list(config.get("bibliography"))],
        prefixes={
            kind: str(
                crossref.get(
                    f"{kind}-prefix", words.get(f"crossref-{kind}-prefix", word)
                )
            )
            for kind, word in _WORDS.items()
        },
        titles={
            kind: str(crossref.get(f"{kind}-title", _WORDS[kind].title()))
            for kind in ("fig", "tbl")
        },
        delimiter=str(crossref.get("title-delim", ":")),
        toc_depth=int(config.get("toc-depth", 3)),
        number_depth=int(config.get("number-depth", 6)),
        figure_size=(
            float(config.get("fig-width", 7)),
            float(config.get("fig-height", 5)),
        ),
        formats=dict(config.get("format", {})),
        filters=[
            root / (f["path"] if isinstance(f, dict) else f)
            for f in config.get("filters", [])
        ],
    )


def _check_keys(config: Mapping[str, Any], section: str = "") -> None:
    """Refuse keys, or values of keys, that this renderer would have to ignore."""
    obeyed = _OBEYED.get(section, set()) | _QUARTO_ONLY.get(section, set())
    fixed = _FIXED.get(section, {})
    for key, value in config.items():
        place = f"{section}: {key}" if section else key
        if (
            section in ("", "format")
            and isinstance(value, dict)
            and _has_section(place)
        ):
            _check_keys(value, place)
        elif key in fixed:
            if value != fixed[key]:
                raise UnsupportedFeature(
                    f"{place}: {value} (only {fixed[key]})", "_quarto.yml"
                )
        elif key not in obeyed:
            raise UnsupportedFeature(place, "_quarto.yml")


def _chapter(entry: Any) -> Path:
    if not isinstance(entry, str):
        raise UnsupportedFeature(
            f"book: chapters: {entry} (only file names)", "_quarto.yml"
        )
    return Path(entry)


def _has_section(place: str) -> bool:
    return place in _SECTIONS or place in _OBEYED


def _read_yaml(root: Path, name: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeaveError(f"no such file in {root}", name) from None
    except yaml.YAMLError as error:
        raise WeaveError(f"not YAML: {error}", name) from error
    if not isinstance(data, dict):
        raise WeaveError("must hold keys and values", name)
    return data


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Complete `over` with what only `base` has, dictionary by dictionary."""
    both = {
        k: _merged(base[k], over[k])
        for k in base.keys() & over.keys()
        if isinstance(over[k], dict)
    }
    return {**base, **over, **both}


def _authors(authors: Any) -> list[dict[str, str]]:
    return [
        {k: str(v) for k, v in author.items()}
        if isinstance(author, dict)
        else {"name": str(author)}
        for author in _as_list(authors)
    ]


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
