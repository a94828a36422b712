"""The site in a real browser, from the disk and with the network cut."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

DECODE_IMAGES = """() => Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode();
}))"""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"]
        )


def open_offline(
    browser: Browser, width: int, scheme: str
) -> tuple[BrowserContext, list[str]]:
    """Open a context without network; give it with the list where its troubles are collected."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        offline=True,
    )
    troubles: list[str] = []
    context.on(
        "requestfailed", lambda request: troubles.append(f"failed: {request.url}")
    )
    context.on(
        "console",
        lambda line: troubles.append(line.text) if line.type == "error" else None,
    )
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:"))
            else troubles.append(f"asked: {request.url}")
        ),
    )
    return context, troubles


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("site", ["rendered", "report"])
def test_every_page_shows_whole_and_asks_nothing_of_the_network(
    browser: Browser, request: pytest.FixtureRequest, site: str, width: int, scheme: str
) -> None:
    rendered: Path = request.getfixturevalue(site)
    context, troubles = open_offline(browser, width, scheme)
    page = context.new_page()
    for file in sorted(rendered.rglob("*.html")):
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        light = (
            page.evaluate("getComputedStyle(document.body).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        assert light == (scheme == "light")
        page.evaluate(DECODE_IMAGES)  # raises where an image is broken
    assert troubles == []
    context.close()


def test_theme_menu_tabs_and_code_folding_work(
    browser: Browser, rendered: Path
) -> None:
    context, troubles = open_offline(browser, 390, "light")
    page = context.new_page()
    page.goto((rendered / "report/deux.html").as_uri())
    page.get_by_role("button", name="Basculer le mode sombre").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    chapters = page.get_by_role("navigation", name="Chapitres", exact=True)
    assert not chapters.is_visible()
    page.get_by_role("button", name="Chapitres").click()
    assert chapters.is_visible()
    assert page.get_by_text("Contenu un.").is_visible()
    page.get_by_role("tab", name="Un", exact=True).press("ArrowRight")
    assert page.get_by_text("Contenu deux.").is_visible()
    assert not page.get_by_text("Contenu un.").is_visible()
    page.goto((rendered / "report/un.html").as_uri())
    assert (
        page.evaluate("document.documentElement.dataset.theme") == "dark"
    )  # remembered
    code = page.get_by_text("plt.plot")
    assert code.is_visible()
    page.get_by_role("button", name="Cacher tout le code").click()
    assert not code.is_visible()
    assert troubles == []
    context.close()


def test_without_script_everything_can_be_read(
    browser: Browser, rendered: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((rendered / "report/deux.html").as_uri())
    for words in ("Contenu un.", "Contenu deux.", "Une note."):
        assert page.get_by_text(words, exact=True).is_visible()
    context.close()
