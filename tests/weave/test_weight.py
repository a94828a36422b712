"""What a page weighs with all that it loads, what it is without script, and what it is on paper."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from offline import Offline
from PIL import Image
from playwright.sync_api import Browser, Page
from test_browser import DECODE_IMAGES

from tp1.weave.images import image_size

MEGABYTE = 1_000_000
EMPTY_BOXES = """() => {
    const boxes = document.querySelectorAll("main :is(section, div, figure, button, p, details, table, ul)");
    return [...boxes]
        .filter((box) => box.checkVisibility() && box.offsetHeight > 0)
        .filter((box) => !box.innerText.trim() && !box.querySelector("img, math"))
        .map((box) => box.outerHTML);
}"""


def weight(path: Path) -> int:
    """Count the bytes that travel: servers compress text, and so does the one that publishes the site."""
    content = path.read_bytes()
    return len(content if path.suffix == ".woff2" else gzip.compress(content))


def test_a_page_with_all_its_figures_stays_under_a_megabyte(
    offline: Offline, report: Path
) -> None:
    page, _ = offline(1400, "light")
    loaded: set[Path] = set()
    page.on(
        "request", lambda request: loaded.add(Path(unquote(urlsplit(request.url).path)))
    )
    for file in sorted(report.rglob("*.html")):
        loaded.clear()
        page.goto(file.as_uri())
        page.evaluate(DECODE_IMAGES)
        weights = {path.name: weight(path) for path in loaded if path.is_file()}
        assert {file.name, "site.css", "site.js"} <= weights.keys()
        assert sum(weights.values()) < MEGABYTE, weights
        # Read when they are needed only.
        assert not weights.keys() & {"search-index.js", "previews-index.js"}


def test_an_image_says_its_size_and_nothing_moves_when_it_comes(
    report: Path, tmp_path: Path
) -> None:
    for file in report.rglob("*.html"):
        for image in re.findall(r"<img [^>]*>", file.read_text(encoding="utf-8")):
            assert re.search(r' width="\d+" height="\d+"', image), image
    png = tmp_path / "a.png"
    Image.new("L", (28, 14)).save(png)
    assert image_size(png) == (28, 14)
    svg = tmp_path / "a.svg"
    svg.write_text('<svg width="72pt" height="2.54cm" viewBox="0 0 1 1">')
    assert image_size(svg) == (96, 96)
    svg.write_text('<svg viewBox="0 0 1 1">')
    assert image_size(svg) is None


@pytest.mark.slow
def test_without_script_text_and_figures_show_and_no_box_is_empty(
    browser: Browser, report: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    for file in sorted(report.rglob("*.html")):
        page.goto(file.as_uri())
        assert page.locator("main h1").is_visible()
        assert len(page.locator("main").inner_text()) > 200
        for image in page.locator("main img").all():
            image.scroll_into_view_if_needed()
            assert image.is_visible()
            assert image.evaluate("(i) => i.naturalWidth") > 0
        assert page.evaluate(EMPTY_BOXES) == []
        assert page.locator("button:visible, dialog:visible").count() == 0
    context.close()


def printed(page: Page, file: Path, folder: Path) -> str:
    """The text of a page on paper, everything on it having been folded before."""
    page.goto(file.as_uri())
    page.evaluate(
        "document.querySelectorAll('details').forEach((d) => { d.open = false; })"
    )
    page.pdf(path=folder / "page.pdf", format="A4")
    command = ["pdftotext", "-layout", str(folder / "page.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
def test_paper_has_all_code_all_tabs_and_no_button(
    offline: Offline, report: Path, rendered: Path, tmp_path: Path
) -> None:
    page, _ = offline(1400, "dark")
    text = printed(page, report / "report/annexe-complements.html", tmp_path)
    codes = page.locator("details.code-fold code").all_text_contents()
    assert codes
    for code in codes:
        assert code.strip().splitlines()[-1].strip() in text
    text += printed(page, rendered / "report/deux.html", tmp_path)
    assert "Contenu un." in text
    assert "Contenu deux." in text
    for words in ("Cacher tout", "Copier", "Rechercher", "Sur cette page", "Annexes"):
        assert words not in text


def test_paper_is_white_even_where_the_screen_is_dark(
    offline: Offline, report: Path
) -> None:
    page, _ = offline(1400, "dark")
    page.goto((report / "report/01-bayes.html").as_uri())
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    card = "getComputedStyle(document.querySelector('figure img')).backgroundColor"
    assert page.evaluate(card) == "rgba(0, 0, 0, 0)"
