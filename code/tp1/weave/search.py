"""What the site's scripts look things up in: scripts too, all that a page opened from the disk may load."""

import json
from pathlib import Path
from typing import Any

from tp1.weave.document import Chapter
from tp1.weave.reading import Reading


def write_indexes(chapters: list[Chapter], pages: list[Reading], assets: Path) -> None:
    """Write what search and previews need of the whole book.

    Parameters
    ----------
    chapters : list of Chapter
    pages : list of Reading
        Their pages.
    assets : Path
        Where to: ``search-index.js`` and ``previews-index.js``, each read at the first need of it.
    """
    names = [chapter.page.as_posix() for chapter in chapters]
    titles = [" ".join(filter(None, (c.number, c.title))) for c in chapters]
    sections = [
        [page, section.identifier, section.title, section.text]
        for page, reading in enumerate(pages)
        for section in reading.sections
    ]
    index = {"pages": list(zip(names, titles, strict=True)), "sections": sections}
    _write_script(assets / "search-index.js", "tp1SearchIndex", index)

    # A page shows what it has itself; here is what it refers to on others.
    read = dict(zip(names, pages, strict=True))
    wanted = sorted(set().union(*(reading.references for reading in pages)))
    fragments = {
        f"{page}#{identifier}": read[page].fragments[identifier]
        for page, identifier in wanted
        if page in read and identifier in read[page].fragments
    }
    _write_script(assets / "previews-index.js", "tp1Previews", fragments)


def _write_script(file: Path, name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"window.{name} = {text};\n", encoding="utf-8")
