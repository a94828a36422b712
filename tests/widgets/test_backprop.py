"""The backpropagation stepper in the page: every number it shows is that of `tp1.learning`."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from offline import Offline
from playwright.sync_api import expect
from stepper import PLAY, READ, STEPS, button, check, model_of, one_pass, open_page


@pytest.mark.parametrize("how", ["file", "served"])
def test_the_example_of_the_chapter_line_by_line(
    offline: Offline, report: Path, served: str, how: str
) -> None:
    base = report.as_uri() if how == "file" else served
    page, troubles = open_page(offline, base)
    wanted, _ = one_pass(model_of(), [1, 2], 1)
    for step in range(12):
        if step > 0:
            button(page, "Avancer").click()
        seen = page.evaluate(READ)
        check(seen, wanted, step, wanted["loss"])
        if step == 0:
            assert seen["active"] == seen["newest"] == seen["read"] == []
            continue
        line, layer, writes, reads, units, edges = STEPS[step - 1]
        assert seen["active"] == [line]
        assert seen["loop"] == ([f"l = {layer}"] if layer else [])
        assert (seen["newest"], set(seen["read"])) == ([writes], reads)
        assert seen["lit"] == [units, edges], line
        assert f"Pas {step} sur 11" in seen["text"]
    expect(button(page, "Avancer")).to_have_attribute("aria-disabled", "true")
    button(page, "Reculer").click()
    check(page.evaluate(READ), wanted, 10, wanted["loss"])
    assert troubles == []


def test_the_pseudocode_and_the_equations_are_those_of_the_page(
    offline: Offline, report: Path
) -> None:
    page, _ = open_page(offline, report.as_uri())
    table = page.evaluate("""() => Object.fromEntries(
        [...document.querySelectorAll("#tbl-mlp-pseudocode tbody tr")].map((row) => {
            const link = row.cells[2].querySelector("a");
            const formulas = row.cells[1].cloneNode(true);
            let under;
            while ((under = formulas.querySelector("munder"))) under.replaceWith(under.firstElementChild);
            return [row.cells[0].textContent.trim(), {
                text: [...formulas.querySelectorAll("math")]
                    .map((math) => math.textContent.replace(/\\s/g, "")),
                link: link && link.getAttribute("href"), number: link && link.textContent }];
        }))""")
    lines = page.evaluate("""() => [...document.querySelectorAll(".backprop-lines li")].map((one) =>
        [one.dataset.line,
         [...one.querySelectorAll("math")].map((math) => math.textContent.replace(/\\s/g, ""))])""")
    numbered = {line: text for line, text in lines if line.isdigit()}
    assert numbered == {line: row["text"] for line, row in table.items()}
    assert all(numbered.values())
    assert [line for line, _ in lines] == [
        *(str(n) for n in range(1, 7)), "loss", *(str(n) for n in range(7, 12)), "update",
    ]  # fmt: skip
    # The sizes under the braces are the table's alone.
    assert page.locator(".backprop-lines munder").count() == 0
    for line, *_ in STEPS:
        button(page, "Avancer").click()
        shown = page.locator(".backprop-equation")
        if line == "loss":
            expect(shown.get_by_role("link")).to_have_attribute(
                "href", "02-softmax.html#eq-nll"
            )
        elif table[line]["link"] is None:
            assert shown.get_by_role("link").count() == 0
        else:
            link = shown.get_by_role("link")
            expect(link).to_have_attribute("href", table[line]["link"])
            expect(link).to_have_text(f"Équation {table[line]['number']}")
            text = "one => one.querySelector('math').textContent"
            assert shown.evaluate(text) == page.locator(table[line]["link"]).evaluate(
                text
            )


def test_other_examples_and_updates_are_those_of_the_package(
    offline: Offline, report: Path
) -> None:
    page, troubles = open_page(offline, report.as_uri())
    rng = np.random.default_rng(8225)
    for _ in range(6):
        x = (rng.normal(size=2) * 10 ** rng.uniform(-3, 1)).tolist()
        lr, target = float(rng.uniform(0, 0.6)), int(rng.integers(2))
        typed = [repr(number).replace(".", ",") for number in (*x, lr)]
        passes = page.evaluate(PLAY, [*typed[:2], str(target), typed[2], 3])
        model, losses = model_of(), []
        for update, seen in enumerate(passes):
            wanted, grads = one_pass(model, x, target)
            losses += wanted["loss"]
            for step, one in enumerate(seen):
                check(one, wanted, step, losses)
            says = ["avant toute", "après 1 mise à", "après 2 mises", "après 3 mises"]
            assert says[update] in re.sub(r"\s", " ", seen[0]["text"])
            if update > 0:
                assert seen[0]["active"] == ["update"]
                assert seen[0]["newest"] == ["theta1", "theta2"]
                assert seen[0]["lit"] == [0, 17]
            model.sgd_update(lr, grads)
    assert troubles == []


def test_on_the_example_the_loss_falls_and_starting_over_puts_it_back(
    offline: Offline, report: Path
) -> None:
    page, _ = open_page(offline, report.as_uri())
    for _ in range(5):
        button(page, "Mettre à jour").click()
    losses = page.evaluate(READ)["curve"]
    assert len(losses) == 6
    assert all(after < before for before, after in pairwise(losses))
    page.locator("#backprop-lr").fill("deux")
    page.locator("#backprop-x1").fill("-1.5")
    page.locator("#backprop-x1").press("Enter")
    trained = page.evaluate(READ)
    assert len(trained["curve"]) == 1  # another example, another curve; θ stays
    assert trained["quantities"]["theta1"][0][0] != 0.5
    button(page, "Recommencer").click()
    assert page.locator("#backprop-lr").input_value() == "0,1"
    assert page.locator("#backprop-x1").input_value() == "−1,5"
    assert page.locator("[aria-invalid=true]").count() == 0
    wanted, _ = one_pass(model_of(), [-1.5, 2], 1)
    check(page.evaluate(READ), wanted, 0, wanted["loss"])


def test_the_slope_of_relu_at_0_is_0_and_a_probability_rounded_to_0_has_a_finite_loss(
    offline: Offline, report: Path
) -> None:
    page, _ = open_page(offline, report.as_uri())
    wanted, _ = one_pass(model_of(), [1, 0], 0)
    assert wanted["a1"] == [0, 1.5, 0]
    assert wanted["delta1"][0] == wanted["delta1"][2] == 0 != wanted["g1"][0]
    seen = page.evaluate(PLAY, ["1", "0", "0", "0,1", 0])[0][-1]
    check(seen, wanted, 11, wanted["loss"])
    wanted, _ = one_pass(model_of(), [3000, 1e-7], 0)
    assert wanted["p"][0] == 0
    assert 1000 < wanted["loss"][0] < 1e5
    seen = page.evaluate(PLAY, ["3000", "0,0000001", "0", "0", 0])[0][-1]
    check(seen, wanted, 11, wanted["loss"])
