"""``content-visible`` and ``content-hidden``: what is for the site, for the notebook, for the PDF.

The site and the notebook are made of one tree. What only one of them shows stays in a Div of the class `ONLY`
until it is known which is being made.
"""

from typing import Literal

import panflute as pf

Reader = Literal["html", "ipynb"]

ONLY = "only"
# What is made of each target's tree, and the names that it goes by in conditions.
READERS = {"html": ("html", "ipynb"), "typst": ("typst",)}
NAMES = {"html": {"html"}, "ipynb": {"ipynb"}, "typst": {"typst", "pdf"}}


def is_conditional(div: pf.Div) -> bool:
    """Tell whether a Div is for some formats only."""
    return "content-visible" in div.classes or "content-hidden" in div.classes


def for_target(div: pf.Div, target: str) -> list[pf.Block]:
    """Give what a conditional Div holds for ``html`` or ``typst``: all, nothing, or a Div of `ONLY`."""
    readers = READERS[target]
    seeing = [reader for reader in readers if _is_visible(div, NAMES[reader])]
    if not seeing:
        return []
    if len(seeing) == len(readers):
        return list(div.content)
    return [pf.Div(*div.content, classes=[ONLY, *seeing])]


def _is_visible(div: pf.Div, names: set[str]) -> bool:
    """Decide ``when-format`` and ``unless-format`` for what goes by some names."""
    wanted = div.attributes.get("when-format")
    unwanted = div.attributes.get("unless-format")
    holds = (wanted is None or wanted in names) and (
        unwanted is None or unwanted not in names
    )
    return holds if "content-visible" in div.classes else not holds


def seen_by(blocks: list[pf.Block], reader: Reader) -> list[pf.Block]:
    """Take what is for one reader out of its Divs, and leave out what is for the other."""

    def action(element: pf.Element, _: pf.Doc) -> list[pf.Block] | None:
        if isinstance(element, pf.Div) and ONLY in element.classes:
            return list(element.content) if reader in element.classes else []
        return None

    doc = pf.Doc(*blocks)
    doc.walk(action)
    return list(doc.content)
