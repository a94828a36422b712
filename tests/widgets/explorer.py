"""The results explorer as the tests see it: opened by itself, and read all at once."""

import json
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from offline import Offline
from playwright.sync_api import Locator, Page

from tp1.experiments.results import Results, read_results
from tp1.reporting.results import results_folder

CHAPTERS = {"part2": "02-softmax", "part3": "03-mlp"}
PARTS = {
    "assigned": "part2",
    "wider": "part2",
    "shapes": "part3",
    "rates": "part3",
    "own": "part3",
}
Explorer = Callable[..., tuple[Page, list[str]]]
GIBBERISH = re.compile(r"\bnan\b|infinity|undefined|\bnull\b", re.IGNORECASE)
BOX = re.compile(
    r'<section class="widget" data-widget="runs".*?'
    r'<script type="application/json">(.*?)</script>\s*</section>\s*<noscript>.*?</noscript>'
    r'(?:\s*<script src="widgets/[\w-]+\.js" defer></script>)+',
    re.DOTALL,
)

READ_MAP = """() => [...document.querySelectorAll(".runs-map tbody tr")].map((row) =>
    [...row.cells].slice(1).map((cell) => {
        const button = cell.querySelector("button");
        return button && {text: button.textContent, name: button.getAttribute("aria-label"),
            value: Number(button.dataset.value), slot: button.dataset.slot ?? null};
    }))"""
READ_LINES = """() => [...document.querySelectorAll(".runs-panels .runs-line")].map((line) => ({
    ...line.dataset, d: line.getAttribute("d"), dash: getComputedStyle(line).strokeDasharray,
    values: line.dataset.values.split(",").map((v) => v === "" ? null : Number(v))}))"""
READ_VALUES = """() => Object.fromEntries([...document.querySelectorAll(".runs-values tbody")].map(
    (group) => [group.dataset.moment, Object.fromEntries([...group.rows].slice(1).map((row) =>
        [row.dataset.measure, [...row.cells].slice(1).map((cell) => ({text: cell.textContent,
            value: Number(cell.dataset.value), error: Number(cell.dataset.error)}))]))]))"""
READ_ROWS = """() => [...document.querySelectorAll(".runs-table tbody tr")].map((row) =>
    Object.fromEntries([...row.querySelectorAll("[data-column]")].map((cell) =>
        [cell.dataset.column, {text: cell.textContent, value: cell.dataset.value}])))"""

READ_ALL_ROWS = f"""() => {{
    const buttons = [...document.querySelectorAll(".runs-pager button")];
    const next = buttons.find((button) => button.textContent === "suivants");
    const found = ({READ_ROWS})();
    while (!next.disabled) {{
        next.click();
        found.push(...({READ_ROWS})());
    }}
    return found;
}}"""


@cache
def results_of(search: str) -> Results:
    """The frozen results that the page should show."""
    return read_results(results_folder(PARTS[search]) / search)


def open_explorer(
    offline: Offline,
    report: Path,
    folder: Path,
    part: str,
    address: str = "",
    edit: Callable[[Any], Any] | None = None,
    width: int = 1400,
    scheme: str = "light",
) -> tuple[Page, list[str]]:
    """Open the explorer of a part, all else of its chapter left out, with its data as they are or edited."""
    if not (folder / "report").exists():
        for styles in ("assets", "report/widgets", "report/style"):
            shutil.copytree(report / styles, folder / styles)
    text = (report / f"report/{CHAPTERS[part]}.html").read_text(encoding="utf-8")
    found = BOX.search(text)
    assert found, "the chapter has no results explorer"
    box = found[0]
    if edit is not None:
        edited = edit(json.loads(found[1]))
        data = edited if isinstance(edited, str) else json.dumps(edited)
        box = box.replace(found[1], data)
    before, after = text[: text.index("<main")], text[text.index("</main>") :]
    alone = folder / f"report/{part}.html"
    heading = '<main><h1>Essai</h1><h2 id="sec-essai">Section</h2>'
    alone.write_text(before + heading + box + after, encoding="utf-8")
    page, troubles = offline(width, scheme)
    page.set_default_timeout(5000)
    page.goto(alone.as_uri() + address)
    return page, troubles


def cells(page: Page) -> Locator:
    """The buttons of the heat map."""
    return page.locator(".runs-map button")


def choose(page: Page, label: str, option: str) -> None:
    """Choose what the heat map shows."""
    controls = page.locator(".runs-controls").first
    controls.get_by_label(label, exact=True).select_option(option)


def all_rows(page: Page) -> list[dict[str, dict[str, str]]]:
    """Read the table of runs, page after page."""
    return list(page.evaluate(READ_ALL_ROWS))
