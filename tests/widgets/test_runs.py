"""What the results explorer shows is what the frozen results say: its maps, its curves, its comparisons."""

import re
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from explorer import (
    GIBBERISH,
    READ_LINES,
    READ_MAP,
    READ_VALUES,
    Explorer,
    all_rows,
    cells,
    choose,
    open_explorer,
    results_of,
)
from offline import Offline

from tp1.experiments.measures import MEASURES, best_epoch
from tp1.experiments.plans import Config, Run
from tp1.reporting.french import number
from tp1.reporting.intervals import interval
from tp1.reporting.results import DEPTHS_AND_WIDTHS, RATES_AND_BATCHES, grid

LABELS = {"optimiser": "Optimiseur", "pixels": "Pixels", "depth": "Profondeur"}
SHOWN = {
    "sgd": "SGD", "adam": "Adam", "unit": "[0,\u00a01]", "standard": "centrés et réduits",
}  # fmt: skip
OPTIMISERS = ("sgd", "adam")
MAPS = {
    ("assigned", "Énoncé"): [{"optimiser": name} for name in OPTIMISERS],
    ("wider", "Élargie"): [
        {"optimiser": name, "pixels": pixels}
        for name, pixels in product(OPTIMISERS, ("unit", "standard"))
    ],
    ("shapes", "Largeurs et profondeurs"): [{"optimiser": name} for name in OPTIMISERS],
    ("rates", "Taux"): [
        {"optimiser": name, "depth": depth}
        for name, depth in product(OPTIMISERS, (1, 3, 5))
    ],
}


@pytest.fixture
def opened(offline: Offline, report: Path, tmp_path: Path) -> Explorer:
    return partial(open_explorer, offline, report, tmp_path)


def check_map(page, search: str, fixed: dict) -> None:
    axes = DEPTHS_AND_WIDTHS if search == "shapes" else RATES_AND_BATCHES
    found = grid(results_of(search), axes=axes, **fixed)
    read = page.evaluate(READ_MAP)
    assert (len(read), len(read[0])) == found.shape
    for (i, j), mean in np.ndenumerate(found.mean()):
        cell, lost = read[i][j], found.diverged[i, j]
        assert cell["value"] == pytest.approx(mean, rel=1e-12)
        assert f"{len(found.seeds)} graines" in cell["name"]
        assert ("la meilleure" in cell["name"]) == ((i, j) == found.best_cell())
        if lost == len(found.seeds):
            assert cell["text"] == "divergée"
            assert "divergée" in cell["name"]
            continue
        words = number(100 * mean, 2)
        error = number(100 * found.standard_error()[i, j], 2)
        assert cell["text"] == words + ("†" if lost else "")
        assert f"{words} ±\u00a0{error}\u00a0%" in cell["name"]


@pytest.mark.parametrize("part", ["part2", "part3"])
def test_every_heat_map_has_the_means_of_the_frozen_results(opened, part: str) -> None:
    page, troubles = opened(part)
    titles = page.get_by_label("Recherche").locator("option").all_inner_texts()
    for (search, title), choices in MAPS.items():
        if title not in titles:
            continue
        choose(page, "Recherche", title)
        for fixed in choices:
            for name, value in fixed.items():
                choose(page, LABELS[name], SHOWN.get(value, str(value)))
            check_map(page, search, fixed)
    assert troubles == []


def test_what_was_not_tried_says_so(opened) -> None:
    page, troubles = opened("part3", "#essais=own")
    read = [cell for row in page.evaluate(READ_MAP) for cell in row]
    history = results_of("own").history
    means = [
        np.mean([history[Run(config, seed)][-1, 3] for seed in range(2)])
        for config in {run.config for run in history}
    ]
    tried = [cell["value"] for cell in read if cell]
    assert sorted(tried) == pytest.approx(sorted(means), rel=1e-12)
    absent = page.locator(".runs-map td", has_text="pas d’essai")
    assert absent.count() == len(read) - len(tried) == 3
    assert page.get_by_text("cette combinaison n’a pas été essayée").is_visible()
    assert troubles == []


def test_the_curves_are_those_of_every_seed(opened) -> None:
    page, troubles = opened(
        "part2", "#essais=wider&optimiser=adam&A=adam,unit,0.001,20"
    )
    page.get_by_role("button", name="taux 0,01, mini-lot 100").click()
    chosen = {
        slot: Config("adam", lr, size, 20, "unit", "mean", "linear")
        for slot, lr, size in (("A", 0.001, 20), ("B", 0.01, 100))
    }
    history = results_of("wider").history
    lines = page.evaluate(READ_LINES)
    drawn = {(line["slot"], line["seed"], line["measure"]) for line in lines}
    assert len(lines) == len(drawn) == 2 * 5 * 4
    heights: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        run = Run(chosen[line["slot"]], int(line["seed"]))
        values = history[run][:, MEASURES.index(line["measure"])]
        assert line["values"] == values.tolist()
        assert (line["dash"] == "none") == line["measure"].startswith("val")
        points = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", line["d"]), dtype=float)
        assert len(points) == 20  # without epoch 0
        assert np.ptp(np.diff(points[:, 0])) < 0.02
        scaled = np.log(values[1:]) if line["measure"].endswith("loss") else values[1:]
        what = line["measure"].split("_")[1]
        heights.setdefault(what, []).extend(zip(points[:, 1], scaled, strict=True))
    for pairs in heights.values():  # drawn to scale
        y, value = np.array(pairs).T
        slope, intercept = np.polyfit(value, y, 1)
        assert slope < 0
        np.testing.assert_allclose(slope * value + intercept, y, atol=0.01)
    page.get_by_label("époque 0, le modèle initial").check()
    assert all(line["d"].count("L") == 20 for line in page.evaluate(READ_LINES))
    legend = page.locator(".runs-legend").inner_text()
    assert "A\u00a0: Adam, taux\u00a00,001, mini-lots de\u00a020" in legend
    assert "B\u00a0: Adam, taux\u00a00,01, mini-lots de\u00a0100" in legend
    assert page.locator(".runs-letter").all_text_contents() == ["A", "B"] * 2
    assert troubles == []


def test_two_cells_are_compared_seed_by_seed(opened) -> None:
    page, troubles = opened("part2")
    assert not page.locator(".runs-values").is_visible()
    cells(page).nth(5).click()  # 0.01, 20
    assert page.locator(".runs-values thead th").all_inner_texts() == ["A"]
    choose(page, "Optimiseur", "Adam")
    cells(page).nth(9).click()  # 0.001, 20
    page.get_by_label("Époque", exact=True).fill("3")
    history, seeds = results_of("assigned").history, np.arange(5)
    sgd, adam = (
        np.stack([history[Run(Config(name, lr, 20), seed)] for seed in range(5)])
        for name, lr in (("sgd", 0.01), ("adam", 0.001))
    )
    read = page.evaluate(READ_VALUES)
    for moment, epochs in {
        "3": [np.full(5, 3)] * 2,
        "last": [np.full(5, 5)] * 2,
        "best": [best_epoch(np.moveaxis(h, 1, 0)) for h in (sgd, adam)],
    }.items():
        a, b = (h[seeds, e] for h, e in zip((sgd, adam), epochs, strict=True))
        for column, measure in enumerate(MEASURES):
            scale, digits = (1, 4) if measure.endswith("loss") else (100, 2)
            row = read[moment][measure]
            for cell, values in zip(row, (a, b, a - b), strict=True):
                x = interval(values[:, column])
                assert cell["value"] == pytest.approx(x.mean, rel=1e-9, abs=1e-12)
                assert cell["error"] == pytest.approx(x.error, rel=1e-9)
                assert number(scale * x.mean, digits) in cell["text"]
            low, high = (number(scale * end, digits) for end in (x.low, x.high))
            assert f"[{low}\u00a0; {high}]" in row[-1]["text"]
    assert troubles == []


def test_cells_are_chosen_replaced_and_released(opened) -> None:
    page, troubles = opened("part2")

    def slots():
        read = [cell for row in page.evaluate(READ_MAP) for cell in row]
        pressed = cells(page).evaluate_all("all => all.map((b) => b.ariaPressed)")
        assert pressed == [str(cell["slot"] is not None).lower() for cell in read]
        return {cell["slot"]: i for i, cell in enumerate(read) if cell["slot"]}

    for i, expected in (
        (0, {"A": 0}),
        (1, {"A": 0, "B": 1}),
        (2, {"A": 0, "B": 2}),  # B gives way
        (0, {"B": 2}),  # A again: released
        (4, {"A": 4, "B": 2}),
    ):
        cells(page).nth(i).click()
        assert slots() == expected
    assert "cellule A" in str(cells(page).nth(4).get_attribute("aria-label"))
    page.get_by_role("button", name="Libérer A", exact=True).click()
    assert slots() == {"B": 2}
    # The button is disabled now: the focus is where the cell is.
    assert page.evaluate("document.activeElement.dataset.cell") == str(
        cells(page).nth(4).get_attribute("data-cell")
    )
    page.get_by_role("button", name="Libérer B", exact=True).click()
    assert slots() == {}
    assert not page.locator(".runs-values").is_visible()
    assert troubles == []


def test_the_pointer_and_the_slider_read_the_curves(opened) -> None:
    page, troubles = opened("part2", "#essais=wider&A=sgd,unit,0.3,20")
    panel = page.locator(".runs-panels svg").first
    panel.scroll_into_view_if_needed()
    box = panel.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.99, box["y"] + 50)
    assert page.get_by_text("Époque 20, celle du curseur").is_visible()
    slider = page.get_by_label("Époque", exact=True)
    assert slider.input_value() == "20"
    slider.press("ArrowLeft")
    assert page.get_by_text("Époque 19, celle du curseur").is_visible()
    assert slider.get_attribute("aria-valuetext") == "époque 19"
    assert troubles == []


def test_runs_that_diverged_say_so(opened) -> None:
    page, troubles = opened(
        "part3", "#essais=rates&optimiser=sgd&depth=5&A=sgd,5,0.01,200&B=sgd,5,0.003,200"
    )  # fmt: skip
    assert cells(page).nth(1).inner_text() == "divergée"
    assert cells(page).nth(3).inner_text().endswith("†")
    last = page.evaluate(READ_VALUES)["last"]
    words = [cell["text"] for cell in last["val_loss"]]
    assert words == ["divergée", "divergée (1 sur 2)", "–"]
    drawn = [line for line in page.evaluate(READ_LINES) if line["d"]]
    assert {(line["slot"], line["seed"]) for line in drawn} == {("B", "0")}
    page.get_by_label("époque 0, le modèle initial").check()
    assert page.locator(".runs-cross").count() == 2 * 3  # last seen at epoch 0
    legend = page.locator(".runs-legend").inner_text()
    assert "dernière époque dont la perte est finie" in legend
    page.get_by_label("Fin").select_option("divergée")
    found = all_rows(page)
    history = results_of("rates").history.values()
    assert len(found) == sum(np.isnan(h).any() for h in history) == 5
    assert all(row["last-val_loss"]["text"] == "divergée" for row in found)
    assert not GIBBERISH.search(page.locator(".widget").inner_text())
    assert troubles == []
