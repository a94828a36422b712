"""Search and previews of references: their indexes, and what the reader does with them."""

import json
import re
from pathlib import Path, PurePosixPath

import pytest
from offline import Offline
from playwright.sync_api import Page, expect

from tp1.weave.markup import finished
from tp1.weave.reading import read_page

BODY = """<h1>Titre</h1>
<p>Avant. <a href="deux.html#eq-b">équation 2.1</a>, <a href="https://exemple.org/a.html#eq-c">ailleurs</a></p>
<h2 id="sec-a"><a href="#sec-a" class="anchor"><span>1.1</span>\u00a0 La suite</a></h2>
<details class="code-fold" open><summary>Code</summary>
<div class="sourceCode"><pre><code>print("caché")</code></pre></div>
</details>
<p>De <math><msub><mi>g</mi><mn>0</mn></msub></math> &amp; <code>tp1</code>.<br />Fin.</p>
<p><span id="eq-a" class="numbered-equation"><math display="block"><mi>caché</mi></math>
<a href="#eq-a">(1.1)</a></span></p>
<figure id="fig-a"><img src="a.svg" alt="caché" /><figcaption>Légende</figcaption></figure>
"""


def read_index(file: Path) -> dict:
    text = file.read_text(encoding="utf-8")
    return json.loads(re.fullmatch(r"window\.\w+ = (.*);\n", text)[1])


def test_a_page_is_read_section_by_section_without_code_and_displays() -> None:
    reading = read_page(BODY, PurePosixPath("report/un.html"), 3)
    assert [(s.identifier, s.title, s.text) for s in reading.sections] == [
        ("", "Titre", "Avant. équation 2.1, ailleurs"),
        ("sec-a", "1.1 La suite", "De g0 & tp1. Fin. (1.1) Légende"),
    ]
    assert reading.references == {("report/deux.html", "eq-b")}
    assert reading.fragments["eq-a"].startswith('<span id="eq-a"')
    assert reading.fragments["eq-a"].endswith("(1.1)</a></span>")
    assert reading.fragments["fig-a"] in BODY
    assert reading.fragments["sec-a"].endswith("Fin.</p>")


def test_the_finished_page_names_formulas_that_head_columns() -> None:
    formula = "<math><mi>g</mi><mn>0</mn></math>"
    named = '<math aria-label="g0"><mi>g</mi><mn>0</mn></math>'
    row = f"<th>{formula}</th><th>Note {formula}</th><th>Note</th>"
    assert finished(row) == f"<th>{named}</th><th>Note {formula}</th><th>Note</th>"


def test_the_finished_page_leaves_out_what_browsers_do_without() -> None:
    space = 'xmlns="http://www.w3.org/1998/Math/MathML"'
    tex = '<annotation encoding="application/x-tex">x</annotation>'
    formula = (
        f'<math display="inline" {space}><semantics><mi>x</mi>{tex}</semantics></math>'
    )
    assert finished(formula) == "<math><mi>x</mi></math>"
    assert finished(formula.replace("inline", "block")) == (
        '<math display="block"><mi>x</mi></math>'
    )
    line = '<span id="cb1-{0}"><a href="#cb1-{0}" aria-hidden="true"></a>{1}</span>'
    first = line.format(1, 'x <span class="op">=</span> 1')
    second = line.format(2, '<span class="cf">if</span> x')
    assert finished(f"<code>{first}\n{second}</code>") == (
        '<code>x = 1\n<span class="cf">if</span> x</code>'
    )


def test_indexes_hold_the_text_of_the_book_and_stay_small(report: Path) -> None:
    search = report / "assets/search-index.js"
    previews = report / "assets/previews-index.js"
    assert search.stat().st_size < 400_000
    assert previews.stat().st_size < 200_000
    index = read_index(search)
    pages = [page for page, _ in index["pages"]]
    assert sorted(pages) == sorted(
        file.relative_to(report).as_posix() for file in report.rglob("*.html")
    )
    for page, identifier, title, text in index["sections"]:
        body = (report / pages[page]).read_text(encoding="utf-8")
        assert not identifier or f'id="{identifier}"' in body
        assert title
        assert "\n" not in text
    assert not any("import numpy" in text for *_, text in index["sections"])


def test_every_reference_to_another_page_has_a_preview(report: Path) -> None:
    previews = read_index(report / "assets/previews-index.js")
    pattern = (
        r'href="([\w.-]+\.html#(?:fig|tbl|eq|sec|ref)-[\w-]+)" class="quarto-xref"'
    )
    wanted = {
        f"report/{url}"
        for file in (report / "report").glob("*.html")
        for url in re.findall(pattern, file.read_text(encoding="utf-8"))
    }
    assert wanted
    assert wanted <= previews.keys()
    assert all(previews.values())


def search_for(page: Page, words: str) -> None:
    page.get_by_role("combobox").fill(words)


@pytest.mark.parametrize("width", [1400, 390])
def test_the_search_finds_words_without_accents_and_goes_there_by_keyboard(
    offline: Offline, rendered: Path, width: int
) -> None:
    page, troubles = offline(width, "light")
    page.goto((rendered / "report/deux.html").as_uri())
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("CARRES d’apres")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Premier chapitre")
    expect(option).to_have_attribute("aria-selected", "true")
    assert [m.lower() for m in option.locator("mark").all_inner_texts()] == [
        "carrés",
        "après",
    ]
    search_for(page, "autre section")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Deuxième chapitre › 2.2 Une autre section")
    search_for(page, "section")
    expect(options.nth(2)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute(
        "id"
    )
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    search_for(page, "encore plus bas")
    expect(page.get_by_role("status")).to_contain_text("Aucun résultat")
    search_for(page, "encore")
    expect(options.first).to_contain_text("Premier chapitre › 1.2 Encore")
    page.keyboard.press("Enter")
    page.wait_for_url("**/un.html#sec-encore")
    assert troubles == []


def test_the_search_closes_with_escape_and_says_when_it_finds_nothing(
    offline: Offline, rendered: Path
) -> None:
    page, _ = offline(1400, "light")
    page.goto((rendered / "index.html").as_uri())
    button = page.get_by_role("button", name="Rechercher")
    button.click()
    search_for(page, "zzz <b>")
    expect(page.get_by_role("status")).to_have_text(
        "Aucun résultat pour «\u00a0zzz <b>\u00a0»."
    )
    expect(page.get_by_role("combobox")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")  # leads nowhere
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()


def test_the_search_says_when_its_index_is_missing(
    offline: Offline, rendered: Path
) -> None:
    page, _ = offline(1400, "light")
    page.route("**/search-index.js", lambda route: route.abort())
    page.goto((rendered / "index.html").as_uri())
    page.keyboard.press("/")
    expect(page.get_by_role("status")).to_contain_text("incomplet")


def test_a_reference_shows_what_it_points_to_under_the_mouse(
    offline: Offline, rendered: Path
) -> None:
    page, troubles = offline(1400, "light")
    page.goto((rendered / "report/un.html").as_uri())
    preview = page.get_by_role("tooltip")
    page.locator("main a[href='#fig-droite'].quarto-xref").first.hover()
    expect(preview).to_contain_text("Une droite")
    assert preview.locator("img").evaluate(
        "(i) => i.decode().then(() => i.naturalWidth > 0)"
    )
    assert preview.locator("[id], a[href], button").count() == 0
    # The mouse may go into the preview, and Escape takes it away.
    preview.hover()
    page.wait_for_timeout(400)
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    page.locator("main a[href='#sec-suite'].quarto-xref").hover()
    expect(preview).to_contain_text("La suite")
    page.locator("main a[href='references.html#ref-pearl2009']").first.hover()
    expect(preview).to_contain_text("Pearl, Judea. 2009.")
    page.get_by_role("link", name="Aller au contenu").focus()
    page.mouse.move(5, 5)
    expect(preview).to_be_hidden()
    assert troubles == []


def test_a_reference_to_another_page_shows_it_to_the_keyboard(
    offline: Offline, rendered: Path
) -> None:
    page, troubles = offline(1400, "dark")
    page.goto((rendered / "report/deux.html").as_uri())
    reference = page.locator("main a[href='un.html#fig-droite']")
    page.get_by_role("link", name="Deuxième chapitre").focus()
    while not reference.evaluate("(a) => a === document.activeElement"):
        page.keyboard.press("Tab")
    preview = page.get_by_role("tooltip")
    expect(preview).to_contain_text("Une droite")
    expect(reference).to_have_attribute("aria-describedby", preview.get_attribute("id"))
    assert preview.locator("img").evaluate(
        "(i) => i.decode().then(() => i.naturalWidth > 0)"
    )
    box, around = preview.bounding_box(), reference.bounding_box()
    assert box["x"] >= 0
    assert (
        box["y"] >= around["y"] + around["height"]
        or box["y"] + box["height"] <= around["y"]
    )
    page.keyboard.press("Tab")
    expect(preview).not_to_contain_text("Une droite")
    assert troubles == []


def test_a_finger_gets_no_preview(browser, rendered: Path) -> None:
    context = browser.new_context(
        has_touch=True, viewport={"width": 390, "height": 800}
    )
    page = context.new_page()
    page.goto((rendered / "report/un.html").as_uri())
    page.locator("main a[href='#tbl-carres'].quarto-xref").first.tap()
    page.wait_for_timeout(400)
    assert page.evaluate("location.hash") == "#tbl-carres"
    expect(page.locator("#apercu")).to_be_hidden()
    context.close()


def test_headings_figures_and_equations_have_links_to_themselves(
    offline: Offline, rendered: Path
) -> None:
    page, _ = offline(1400, "light")
    page.goto((rendered / "report/un.html").as_uri())
    for place in ("sec-suite", "sec-encore", "fig-droite", "tbl-texte", "eq-carre"):
        page.locator(f"#{place} a[href='#{place}']").click()
        assert page.evaluate("location.hash") == f"#{place}"
    # The mark shows under the mouse.
    page.locator("#sec-suite").hover()
    look = "(a) => getComputedStyle(a, '::after')"
    assert (
        page.locator("#sec-suite a").evaluate(
            f"{look}.opacity".replace("=> get", "=> get")
        )
        == "1"
    )
