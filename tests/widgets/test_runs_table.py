"""The table of runs of the results explorer: sorted, filtered, and downloaded as it was frozen."""

import csv
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from explorer import (
    PARTS,
    READ_ROWS,
    Explorer,
    all_rows,
    open_explorer,
    results_of,
)
from offline import Offline
from playwright.sync_api import Page

from tp1.experiments.measures import MEASURES, best_epoch
from tp1.reporting.results import results_folder

LAST_LOSS, LAST_ACCURACY = "last-val_loss", "last-val_accuracy"


@pytest.fixture
def opened(offline: Offline, report: Path, tmp_path: Path) -> Explorer:
    return partial(open_explorer, offline, report, tmp_path)


def numbers(rows, column: str) -> list[float]:
    return [float(row[column]["value"]) for row in rows]


def test_a_click_on_a_title_sorts(opened) -> None:
    page, troubles = opened("part2")
    history = results_of("assigned").history
    assert len(page.evaluate(READ_ROWS)) <= 25
    found = all_rows(page)  # by accuracy, the best first
    accuracies = sorted((h[-1, 3] for h in history.values()), reverse=True)
    assert numbers(found, LAST_ACCURACY) == accuracies
    head = page.locator(f".runs-table th[data-column='{LAST_LOSS}']")
    assert head.get_attribute("aria-sort") is None
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    losses = sorted(h[-1, 2] for h in history.values())
    assert numbers(all_rows(page), LAST_LOSS) == losses
    page.locator(".runs-table th[data-column='lr'] button").click()
    assert page.locator(".runs-table [aria-sort]").count() == 1
    rates = numbers(all_rows(page), "lr")
    assert rates == sorted(run.config.lr for run in history)
    assert troubles == []


def test_what_diverged_is_sorted_last(opened) -> None:
    page, _ = opened("part3", "#essais=rates")
    head = page.locator(f".runs-table th[data-column='{LAST_LOSS}'] button")
    for _ in range(2):
        head.click()
        last = [row[LAST_LOSS]["text"] for row in all_rows(page)][-6:]
        assert last[0] != "divergée"
        assert last[1:] == ["divergée"] * 5


def test_filters_keep_what_they_say(opened) -> None:
    page, troubles = opened("part2")
    history = results_of("assigned").history
    filters = {"Optimiseur": "Adam", "Mini-lot": "200", "Graine": "3"}
    controls = page.locator(".runs-controls").last
    for label, option in filters.items():
        controls.get_by_label(label, exact=True).select_option(option)
    kept = sorted(
        (run.config.lr, h[-1, 3])
        for run, h in history.items()
        if (run.config.optimiser, run.config.batch_size, run.seed) == ("adam", 200, 3)
    )
    found = all_rows(page)
    pairs = zip(numbers(found, "lr"), numbers(found, LAST_ACCURACY), strict=True)
    assert sorted(pairs) == kept
    assert len(kept) == 3
    assert page.get_by_text("1 à 3 sur 3 essais").is_visible()
    controls.get_by_label("Cellules").select_option("A et B")
    assert page.get_by_text("Aucun essai ne répond à ces filtres.").is_visible()
    assert page.get_by_role("button", name="Télécharger le CSV").is_disabled()
    page.get_by_role("button", name="Tout montrer").click()
    assert len(all_rows(page)) == len(history)
    assert troubles == []


def test_a_run_opens_its_cell(opened) -> None:
    page, troubles = opened("part2")
    best = page.evaluate(READ_ROWS)[0]
    page.locator(".runs-table tbody button").first.click()
    assert page.evaluate("document.activeElement.textContent") == "A"
    controls = page.locator(".runs-controls").first
    shown = controls.get_by_label("Optimiseur").input_value()
    assert shown == best["optimiser"]["text"]
    assert page.locator(".runs-map [data-slot='A']").count() == 1
    page.get_by_label("Cellules").select_option("A et B")
    found = all_rows(page)
    assert len(found) == 5
    assert {row["lr"]["text"] for row in found} == {best["lr"]["text"]}
    assert {row["batch_size"]["text"] for row in found} == {best["batch_size"]["text"]}
    assert troubles == []


def check_rows(page: Page, search: str) -> None:
    columns = (
        "seed", LAST_ACCURACY, "last-train_accuracy", LAST_LOSS, "last-train_loss",
        "best-val_accuracy", "best",
    )  # fmt: skip
    found = [
        tuple(float(row[name]["value"] or "nan") for name in columns)
        for row in all_rows(page)
    ]
    wanted = []
    for run, h in results_of(search).history.items():
        best = int(best_epoch(h))
        last = [h[-1, k] if np.isfinite(h[-1]).all() else np.nan for k in (3, 1, 2, 0)]
        wanted.append(tuple(map(float, (run.seed, *last, h[best, 3], best))))
    np.testing.assert_array_equal(
        np.array(sorted(found, key=str)), np.array(sorted(wanted, key=str))
    )


def downloaded(page: Page) -> tuple[str, list[dict[str, str]]]:
    with page.expect_download() as found:
        page.get_by_role("button", name="Télécharger le CSV").click()
    with Path(found.value.path()).open(encoding="utf-8", newline="") as file:
        return found.value.suggested_filename, list(csv.DictReader(file))


def equal(one: dict[str, str], other: dict[str, str]) -> bool:
    """Measures are equal as numbers, all else to the letter."""
    return list(one) == list(other) and all(
        np.array_equal(float(one[name]), float(other[name]), equal_nan=True)
        if name in MEASURES
        else one[name] == other[name]
        for name in one
    )


@pytest.mark.parametrize("search", PARTS)
def test_the_rows_and_the_csv_are_the_frozen_table(opened, search: str) -> None:
    page, troubles = opened(PARTS[search], f"#essais={search}")
    check_rows(page, search)
    path = results_folder(PARTS[search]) / f"{search}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        frozen = list(csv.DictReader(file))
    name, found = downloaded(page)
    assert name == f"essais-{search}.csv"
    assert len(found) == len(frozen)
    assert all(map(equal, found, frozen))
    page.get_by_label("Graine", exact=True).select_option("1")
    _, found = downloaded(page)
    kept = [row for row in frozen if row["seed"] == "1"]
    assert len(found) == len(kept) < len(frozen)
    assert all(map(equal, found, kept))
    assert troubles == []
