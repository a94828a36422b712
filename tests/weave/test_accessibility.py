"""The site for all readers: axe-core, alternative texts, the keyboard alone."""

import html
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from offline import Offline
from playwright.sync_api import Page

LOOKS = [(1400, "light"), (1400, "dark"), (390, "light"), (390, "dark")]
# The letters of formulas have the colour of the text around them; no rule speaks of the rest of a formula.
CONTEXT = {"exclude": [["math > *"]]}
AAA = "color-contrast-enhanced"  # 7:1 where 4.5:1 is asked

PREPARE_WALK = """() => {
    const selector = "a[href], button, input, select, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(selector)];
    window.wanted = new Set(all.filter((e) => e.tabIndex >= 0 && e.checkVisibility()));
    window.faults = [];
    document.addEventListener("focusin", ({ target }) => {
        window.wanted.delete(target);
        const { outlineStyle, outlineWidth } = getComputedStyle(target);
        const isMarked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        // The middle of the part that is on the screen; a link may be broken over two lines.
        const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2;
        const isSeen = [...target.getClientRects()].some((box) => {
            const at = document.elementFromPoint(
                middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
            return at && (target.contains(at) || at.contains(target));
        });
        if (!isMarked || !isSeen) window.faults.push(target.outerHTML);
    });
}"""


def violations(page: Page) -> list[str]:
    """What axe-core finds on a page, whatever its impact, with every rule but one."""
    page.evaluate(Axe().axe_script)
    rules = page.evaluate("axe.getRules().map((rule) => rule.ruleId)")
    options = {
        "rules": {rule: {"enabled": rule != AAA} for rule in rules},
        "resultTypes": ["violations"],
    }
    found = page.evaluate(
        "([context, options]) => axe.run(context, options)", [CONTEXT, options]
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:200]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize(
    "site", ["rendered", pytest.param("report", marks=pytest.mark.slow)]
)
def test_axe_finds_nothing_on_any_page(
    offline: Offline, request: pytest.FixtureRequest, site: str, width: int, scheme: str
) -> None:
    page, _ = offline(width, scheme)
    found = {}
    for file in sorted(request.getfixturevalue(site).rglob("*.html")):
        page.goto(file.as_uri())
        found[file.name] = violations(page)
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert len(found) >= 5


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_axe_finds_nothing_in_what_opens(
    offline: Offline, rendered: Path, width: int, scheme: str
) -> None:
    page, _ = offline(width, scheme)
    page.goto((rendered / "report/un.html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("chapitre")
    page.get_by_role("option").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    if width == 390:
        page.get_by_role("button", name="Chapitres").click()
        assert violations(page) == []
    page.locator("main a[href='#eq-carre'].quarto-xref").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.get_by_role("tooltip").wait_for()
    assert violations(page) == []


def test_every_figure_has_an_alternative_text_that_says_what_it_shows(
    report: Path,
) -> None:
    texts = []
    for file in report.rglob("*.html"):
        body = file.read_text(encoding="utf-8")
        assert body.count("<img ") == body.count('class="float float-fig"')
        for figure in re.findall(
            r'<figure class="float float-fig".*?</figure>', body, re.DOTALL
        ):
            image = re.search(r'<img [^>]*alt="([^"]*)"', figure)
            assert image, figure[:200]
            text = html.unescape(image[1])
            caption = re.sub(r"<annotation.*?</annotation>|<[^>]*>", "", figure)
            assert len(text.split()) >= 12, f"too short: {text}"
            assert re.search(r"[.!?…]$", text), f"not a sentence: {text}"
            assert text not in caption
            texts.append(text)
    assert len(texts) > 20
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("name", ["index.html", "report/annexe-complements.html"])
def test_the_keyboard_alone_reaches_everything(
    offline: Offline, report: Path, name: str, width: int
) -> None:
    page, troubles = offline(width, "light")
    page.goto((report / name).as_uri())
    if width == 390:
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.get_by_role("navigation", name="Chapitres", exact=True).is_visible()
    page.evaluate(PREPARE_WALK)
    count = page.evaluate("wanted.size")
    assert count > 10
    # Twice around at most: from wherever the focus was, to the end and from the start.
    for _ in range(2 * count + 10):
        page.keyboard.press("Tab")
        if page.evaluate("wanted.size") == 0:
            break
    assert page.evaluate("[...wanted].map((e) => e.outerHTML)") == []
    assert page.evaluate("faults") == []
    assert troubles == []


def test_the_menu_closes_with_escape_and_when_left(
    offline: Offline, rendered: Path
) -> None:
    page, _ = offline(390, "light")
    page.goto((rendered / "report/deux.html").as_uri())
    menu = page.get_by_role("button", name="Chapitres")
    chapters = page.get_by_role("navigation", name="Chapitres", exact=True)
    menu.press("Enter")
    assert chapters.is_visible()
    page.keyboard.press("Escape")
    assert not chapters.is_visible()
    assert menu.evaluate("(e) => e === document.activeElement")
    menu.press("Enter")
    page.get_by_role("tab", name="Un", exact=True).focus()
    assert not chapters.is_visible()
    assert menu.get_attribute("aria-expanded") == "false"
