"""The backpropagation stepper in the page: wrong entries, damage, no script, every width, the keyboard."""

import re
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from damage import doctored, expect_refusal, with_data, with_parts
from offline import Offline
from playwright.sync_api import Browser, expect
from stepper import (
    PAGE,
    PLAY,
    READ,
    STEPS,
    THETAS,
    button,
    check,
    model_of,
    one_pass,
    open_page,
)

# At each position: does the page fit its width, the pseudocode its box, each number of a unit the unit?
FITS = """(width) => Array.from({ length: 11 }, () => {
    const box = document.querySelector("[data-widget=backprop]");
    box.querySelector(".backprop-buttons button:nth-child(2)").click();
    const lines = box.querySelector(".backprop-lines");
    const size = (one) => one.getBBox().width;
    return [document.documentElement.scrollWidth <= width, lines.scrollWidth <= lines.clientWidth,
        [...box.querySelectorAll(".unit")].every((unit) =>
            [...unit.querySelectorAll("text")].every((text) => size(text) <= size(unit.firstElementChild)))];
})"""


def test_a_wrong_entry_is_explained_and_the_last_good_one_stays(
    offline: Offline, report: Path
) -> None:
    page, troubles = open_page(offline, report.as_uri())
    for field, text, says in (
        ("x1", "abc", "un nombre fini est attendu"),
        ("x2", "", "un nombre fini est attendu"),
        ("x1", "1e400", "un nombre fini est attendu"),
        ("x2", "NaN", "un nombre fini est attendu"),
        ("x1", "1,2,3", "un nombre fini est attendu"),
        ("x1", "1e308", "dépasseraient ce que la double précision sait écrire"),
        ("lr", "Infinity", "un nombre fini est attendu"),
        ("lr", "-0,1", "remonterait la pente"),
        ("lr", "<img src=x>", "un nombre fini est attendu"),
    ):
        button(page, "Recommencer").click()
        button(page, "Avancer").click()
        before = page.evaluate(READ)["quantities"]
        entry = page.locator(f"#backprop-{field}")
        refusal = page.locator(f"#backprop-{field}-refusal")
        good = entry.input_value()
        entry.fill(text)
        entry.press("Enter")
        said = re.sub(r"\s+", " ", refusal.inner_text())
        assert says in said
        assert f"le calcul garde {good}" in said
        assert entry.get_attribute("aria-invalid") == "true"
        assert entry.get_attribute("aria-describedby") == f"backprop-{field}-refusal"
        assert page.evaluate(READ)["quantities"] == before
        button(page, "Finir la passe").click()  # the rest goes on
        wanted, _ = one_pass(model_of(), [1, 2], 1)
        check(page.evaluate(READ), wanted, 11, wanted["loss"])
        entry.fill(good.replace(",", "."))
        entry.press("Enter")
        assert entry.get_attribute("aria-invalid") == "false"
        assert refusal.inner_text() == ""
    assert troubles == []


def test_a_rate_too_large_is_refused_in_words(offline: Offline, report: Path) -> None:
    page, troubles = open_page(offline, report.as_uri())
    rate = page.locator("#backprop-lr")
    rate.fill("1e308")
    button(page, "Mettre à jour").click()
    notice = page.locator(".backprop-bar [role=alert]")
    expect(notice).to_contain_text("Mise à jour refusée")
    expect(notice).to_contain_text("plus petit")
    wanted, _ = one_pass(model_of(), [1, 2], 1)
    check(page.evaluate(READ), wanted, 0, wanted["loss"])
    rate.fill("0.5")
    button(page, "Mettre à jour").click()
    expect(notice).to_be_empty()
    assert len(page.evaluate(READ)["curve"]) == 2
    # A large rate that overflows only after a while, and on an example that is never learned.
    for size in ("1e3", "1e154"):
        for target in ("0", "1"):
            for one in chain(*page.evaluate(PLAY, ["1", "2", target, size, 4])):
                assert not re.search("NaN|Infinity", one["text"])
                assert np.isfinite(one["curve"]).all()
    assert troubles == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (with_data(lambda data: data[:-10]), "JSON"),
        (with_data(lambda data: "null"), "forme attendue"),
        (with_parts(thetas=THETAS[::-1]), "ne sont pas ceux d’un réseau 2-3-2"),
        (with_parts(x=[1, "2"]), "pas faite de deux nombres"),
        (with_parts(target=2), "ni la première ni la seconde"),
        (with_parts(lr=-1), "taux d’apprentissage"),
        (with_parts(x=[1e308, 0]), "dépassent"),
        (
            lambda text, data: text.replace('id="tbl-mlp-pseudocode"', 'id="tbl-x"'),
            "le tableau du pseudocode manque",
        ),
    ],
)
def test_damage_gives_a_message(
    offline: Offline, report: Path, tmp_path: Path, change, says: str
) -> None:
    address = doctored(report, tmp_path, PAGE, "backprop", change)
    expect_refusal(offline, address, "backprop", says)


def test_an_equation_that_the_page_lacks_gives_way_to_the_line(
    offline: Offline, report: Path, tmp_path: Path
) -> None:
    page, troubles = offline(1400, "light")
    without = lambda text, _: text.replace('id="eq-relu"', "")  # noqa: E731
    page.goto(doctored(report, tmp_path, PAGE, "backprop", without))
    for _ in range(3):
        button(page, "Avancer").click()
    line = page.locator(".backprop-lines li[data-line='4'] math").last.text_content()
    shown = page.locator(".backprop-equation math").last.text_content()
    assert shown == line
    assert troubles == []


def test_without_script_there_is_no_empty_box(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((report / PAGE).as_uri())
    assert not page.locator("[data-widget=backprop]").is_visible()
    for figure in ("#tbl-mlp-exemple", "#fig-mlp-graphe", "#tbl-mlp-pseudocode"):
        assert page.locator(figure).is_visible()
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_it_fits_at_every_step_even_with_long_numbers(
    offline: Offline, report: Path, width: int, scheme: str
) -> None:
    page, troubles = open_page(offline, report.as_uri(), width, scheme)
    for x1 in ("1", "−1,234567e-8", "−9876,54321"):
        page.locator("#backprop-x1").fill(x1)
        button(page, "Mettre à jour").click()
        assert page.evaluate(FITS, width) == [[True] * 3] * len(STEPS)
    page.locator("#backprop-x2").fill("9" * 24)
    for control in page.locator(
        "[data-widget=backprop] :is(button, input, select)"
    ).all():
        assert (control.bounding_box() or {"height": 0})["height"] >= 24
    assert troubles == []


def test_the_keyboard_is_enough(offline: Offline, report: Path) -> None:
    page, troubles = open_page(offline, report.as_uri(), 390)
    press = page.keyboard.press
    page.locator("#backprop-x1").focus()
    press("Control+A")
    page.keyboard.type("-1.5")
    press("Tab")
    press("Tab")
    press("ArrowUp")  # the class: the first
    press("Tab")
    press("Control+A")
    page.keyboard.type("0,25")
    press("Tab")
    wanted, _ = one_pass(model_of(), [-1.5, 2], 0)
    check(page.evaluate(READ), wanted, 0, wanted["loss"])
    for _ in range(4):
        press("ArrowRight")
    check(page.evaluate(READ), wanted, 4, wanted["loss"])
    press("ArrowLeft")
    check(page.evaluate(READ), wanted, 3, wanted["loss"])
    press("Tab")
    press("Tab")
    press("Enter")  # to the end of the pass
    check(page.evaluate(READ), wanted, 11, wanted["loss"])
    press("ArrowRight")  # nothing follows
    check(page.evaluate(READ), wanted, 11, wanted["loss"])
    press("Tab")
    press("Space")  # the update
    model = model_of()
    _, grads = one_pass(model, [-1.5, 2], 0)
    model.sgd_update(0.25, grads)
    after, _ = one_pass(model, [-1.5, 2], 0)
    check(page.evaluate(READ), after, 0, [*wanted["loss"], *after["loss"]])
    press("Tab")
    press("Enter")  # all over again
    check(page.evaluate(READ), wanted, 0, wanted["loss"])
    assert troubles == []
