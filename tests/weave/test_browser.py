"""The site in a real browser, from the disk and with the network cut."""

from pathlib import Path

import pytest
from offline import Offline
from playwright.sync_api import Browser

DECODE_IMAGES = """() => Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode();
}))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("site", ["rendered", "report"])
def test_every_page_shows_whole_and_asks_nothing_of_the_network(
    offline: Offline, request: pytest.FixtureRequest, site: str, width: int, scheme: str
) -> None:
    rendered: Path = request.getfixturevalue(site)
    page, troubles = offline(width, scheme)
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


def test_theme_menu_tabs_and_code_folding_work(
    offline: Offline, rendered: Path
) -> None:
    page, troubles = offline(390, "light")
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


def test_without_script_everything_can_be_read(
    browser: Browser, rendered: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((rendered / "report/deux.html").as_uri())
    for words in ("Contenu un.", "Contenu deux.", "Une note."):
        assert page.get_by_text(words, exact=True).is_visible()
    context.close()


def test_code_is_copied_as_it_was_written(offline: Offline, rendered: Path) -> None:
    page, troubles = offline(1400, "light")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto((rendered / "report/un.html").as_uri())
    button = page.get_by_role("button", name="Copier").first
    button.press("Enter")
    page.get_by_role("button", name="Copié").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "plt.plot([0, 1], [0, 1])"
    assert troubles == []
