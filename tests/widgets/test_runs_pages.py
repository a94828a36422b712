"""The results explorer in its page: its address, damaged data, keyboard, every screen, sizes."""

import gzip
import re
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from explorer import (
    CHAPTERS,
    GIBBERISH,
    READ_MAP,
    READ_VALUES,
    Explorer,
    cells,
    choose,
    open_explorer,
)
from offline import Offline
from playwright.sync_api import Browser

from tp1.experiments.measures import MEASURES

CONTRASTS = """() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
            .map((c) => c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return [...document.querySelectorAll(".runs-map button:not(.runs-lost)")].map((button) => {
        const style = getComputedStyle(button);
        const [a, b] = [light(style.color), light(style.backgroundColor)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("[data-widget=runs] :is(button, select, input)")]
    .filter((e) => e.offsetParent && Math.min(e.offsetHeight, e.offsetWidth) < 24).map((e) => e.outerHTML)"""


@pytest.fixture
def opened(offline: Offline, report: Path, tmp_path: Path) -> Explorer:
    return partial(open_explorer, offline, report, tmp_path)


def test_what_is_chosen_is_in_the_address(opened) -> None:
    page, troubles = opened("part2")
    assert page.evaluate("location.hash") == ""
    choose(page, "Recherche", "Élargie")
    choose(page, "Pixels", "centrés et réduits")
    cells(page).nth(4).click()
    cells(page).nth(7).click()
    address = page.evaluate("location.hash")
    assert address == (
        "#essais=wider&optimiser=sgd&pixels=standard"
        "&A=sgd,standard,0.3,100&B=sgd,standard,0.1,100"
    )
    read = page.evaluate(READ_MAP), page.evaluate(READ_VALUES)
    again, more = opened("part2", address)
    assert (again.evaluate(READ_MAP), again.evaluate(READ_VALUES)) == read
    # A section's anchor is none of our business; another address of ours is.
    again.evaluate("location.hash = '#sec-essai'")
    again.evaluate("location.hash = '#essais=assigned&optimiser=adam'")
    again.wait_for_function(
        "document.querySelectorAll('.runs-map button').length === 12"
    )
    assert again.evaluate("document.querySelector('#runs-optimiser').value") == "Adam"
    again.evaluate("location.hash = '#sec-essai'")
    again.wait_for_timeout(50)
    assert cells(again).count() == 12
    assert again.locator(".widget [role='alert']").inner_text() == ""
    assert troubles + more == []


def test_a_shared_address_shows_the_explorer_in_its_chapter(
    offline: Offline, report: Path
) -> None:
    page, _ = offline(1400, "light")
    page.goto((report / "report/02-softmax.html").as_uri() + "#essais=wider")
    page.wait_for_function(
        "Math.abs(document.querySelector('[data-widget=runs]').getBoundingClientRect().top) < 300"
    )


DAMAGED = {
    "#essais=perdue": "pas de recherche «\u00a0perdue\u00a0»",
    "#essais=": "pas de recherche",
    "#essais=%E0%A4%A": "pas de recherche",
    "#essais=wider&optimiser=lion": "«\u00a0Optimiseur\u00a0» vaut «\u00a0lion\u00a0»",
    "#essais=assigned&A=sgd,7,20": "pas de cellule «\u00a0sgd,7,20\u00a0»",
    "#essais=assigned&A=sgd,0.1,1&B=sgd,0.1,1": "la même cellule",
    "#essais=assigned&taille=3": "«\u00a0taille\u00a0», que cette recherche n’a pas",
    "#essais=assigned&optimiser=sgd&optimiser=adam": "deux fois",
    "#essais=assigned&A=<img src=x onerror=alert(1)>": "pas de cellule",
}


def test_a_damaged_address_is_explained_and_not_followed(opened) -> None:
    page, troubles = opened("part2", next(iter(DAMAGED)))
    alert = page.locator(".widget [role='alert']")
    for address, words in DAMAGED.items():
        page.evaluate("address => { location.hash = address; }", address)
        page.wait_for_function(
            "words => document.querySelector('.widget [role=alert]').textContent.includes(words)",
            arg=words,
        )
        assert "n’est pas suivie" in alert.inner_text()
        assert cells(page).count() == 12
        assert page.locator(".runs-map [data-slot]").count() == 0
    cells(page).first.click()
    assert alert.inner_text() == ""
    assert troubles == []


def without(name: str):
    def edit(data):
        del data["searches"][1][name]
        return data

    return edit


def with_value(value: object, *path: object):
    def edit(data):
        place = data["searches"][0]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return data

    return edit


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda data: '{"searches": [{"name": "assig', "pas du JSON"),
        (lambda data: "", "pas du JSON"),
        (lambda data: [], "aucune recherche"),
        (without("val_loss"), "«\u00a0wider\u00a0» a des mesures qui manquent"),
        (without("seeds"), "«\u00a0wider\u00a0» n’a pas de graines"),
        (without("fields"), "«\u00a0wider\u00a0» a des champs abîmés"),
        (with_value("0,5", "val_accuracy", 3, 2), "«\u00a0assigned\u00a0» a des mesures"),
        (with_value(1.5, "val_accuracy", 3, 2), "«\u00a0assigned\u00a0» a des mesures"),
        (with_value([0.1], "train_loss", 3), "«\u00a0assigned\u00a0» a des mesures"),
        (with_value(9, "cells", 3, "at", 0), "«\u00a0assigned\u00a0» a des cellules abîmées"),
        (with_value([0, 0, 0], "cells", 3, "at"), "deux fois la même cellule"),
        (with_value("taux", "rows"), "axes de sa carte"),
    ],
)  # fmt: skip
def test_damaged_data_give_a_message(opened, edit, words: str) -> None:
    page, troubles = opened("part2", edit=edit)
    assert words in page.locator(".widget [role='alert']").inner_text()
    assert page.locator(".runs-map").count() == 0
    assert troubles == []


def test_a_search_of_one_seed_and_two_epochs_works(opened) -> None:
    def cut(data):
        search = data["searches"][0]
        runs = slice(None, None, len(search["seeds"]))
        search.update(seeds=[0], quantile=None)
        for measure in MEASURES:
            search[measure] = [run[:2] for run in search[measure][runs]]
        return data

    page, troubles = opened("part2", edit=cut)
    cells(page).nth(0).click()
    cells(page).nth(1).click()
    text = page.locator(".widget").inner_text()
    assert "Une graine." in text
    assert "±" not in text
    assert not GIBBERISH.search(text)
    assert "NaN" not in page.locator(".runs-panels").inner_html()
    assert troubles == []


def test_the_keyboard_is_enough(opened) -> None:
    page, troubles = opened("part2")
    page.get_by_label("Recherche", exact=True).focus()

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)

    press("ArrowDown", "Tab", "ArrowDown")  # the wider search, Adam
    press("Tab", "Tab", "Enter")  # the pixels as they are; the first cell
    press("Tab", "Tab", "Tab", "Tab", "Space")  # the fifth
    assert page.evaluate("location.hash") == (
        "#essais=wider&optimiser=adam&pixels=unit&A=adam,unit,0.03,20&B=adam,unit,0.01,100"
    )
    assert page.evaluate("document.activeElement.dataset.slot") == "B"
    reached = []
    while "Télécharger le CSV" not in reached:
        assert len(reached) < 80
        press("Tab")
        reached.append(
            page.evaluate(
                "(({ textContent, id }) => id || textContent)(document.activeElement)"
            )
        )
    assert {
        "Libérer A", "Libérer B", "runs-epoch", "Exact. valid.", "Choisir", "suivants",
        "runs-filter-optimiser",
    } <= set(reached)  # fmt: skip
    with page.expect_download():
        press("Enter")
    assert troubles == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "width", "scheme"),
    [
        *product(["file"], [1400, 390], ["light", "dark"]),
        ("served", 1400, "dark"),
        ("served", 390, "light"),
    ],
)
def test_it_fits_every_screen_and_reads_in_every_light(
    offline: Offline, report: Path, served: str, place: str, width: int, scheme: str
) -> None:
    root = report.as_uri() if place == "file" else served
    for chapter, addresses in {
        "02-softmax": {
            "wider&A=sgd,unit,0.3,20&B=sgd,unit,0.003,500": "mini-lots de\u00a0500"
        },
        "03-mlp": {
            "rates&depth=5&A=sgd,5,0.003,200&B=sgd,5,0.001,50": "mini-lots de\u00a050",
            "own&A=0.0-0.05-0.3-0.05-none,0.001": "dropout\u00a00,3",
        },
    }.items():
        # A page each: what is still loading when one is left would count as trouble.
        page, troubles = offline(width, scheme)
        for address, words in addresses.items():
            page.goto(f"{root}/report/{chapter}.html#essais={address}")
            page.locator(".runs-legend", has_text=words).wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert min(page.evaluate(CONTRASTS)) >= 4.5
            assert page.evaluate(SMALL_TARGETS) == []
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))
        assert troubles == []


def test_without_script_the_figures_and_tables_stay(
    browser: Browser, report: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    for chapter, static in (
        ("02-softmax", "#fig-softmax-recherche"),
        ("03-mlp", "#tbl-mlp-formes-sgd"),
    ):
        page.goto((report / f"report/{chapter}.html").as_uri())
        assert not page.locator("[data-widget=runs]").is_visible()
        assert page.locator(static).is_visible()
    context.close()


@pytest.mark.parametrize("chapter", CHAPTERS.values())
def test_a_page_keeps_within_its_budgets(report: Path, chapter: str) -> None:
    page = report / f"report/{chapter}.html"
    text = page.read_text(encoding="utf-8")
    named = re.findall(r'(?:src|href)="([^"#:]+\.(?:svg|png|css|js))"', text)
    files = {page, *((page.parent / url).resolve() for url in named)}
    files |= set((report / "report/style").glob("*.woff2"))
    assert len(files) > 20
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 1_000_000
    data = re.findall(
        r'<script type="application/json">(.*?)</script>', text, re.DOTALL
    )
    assert sum(len(gzip.compress(found.encode())) for found in data) < 300_000
