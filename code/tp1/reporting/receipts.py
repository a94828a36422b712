"""What the frozen results say of their making: the table of the reproducibility appendix."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.display import Markdown

from tp1.experiments.tables import read_table
from tp1.reporting.french import number
from tp1.reporting.results import results_folder
from tp1.reporting.table import markdown_table
from tp1.reporting.words import duration

STAGES = {
    "part2": {
        "assigned": "recherche de l'énoncé",
        "wider": "recherche élargie",
        "final": "évaluation finale",
    },
    "part3": {
        "rates": "recherche des taux",
        "shapes": "profondeurs et largeurs",
        "own": "notre meilleur réseau",
        "final": "évaluation finale",
    },
}
PARTS = {"part2": "@sec-softmax", "part3": "@sec-mlp"}


def receipts() -> Iterator[tuple[str, str, int, dict[str, Any]]]:
    """Give part, stage, number of trainings and receipt of every search and evaluation.

    Raises
    ------
    ResultsError
        If a table is missing or damaged.
    """
    for part, stages in STAGES.items():
        for stage in stages:
            yield part, stage, *of_table(results_folder(part) / stage)


def of_table(path: Path) -> tuple[int, dict[str, Any]]:
    """Give the number of trainings of a table, and its receipt."""
    rows, receipt = read_table(path)
    trainings = sum(row.get("epoch", "0") == "0" for row in rows)
    return trainings, receipt


def stage_name(part: str, stage: str) -> str:
    """Name a search or an evaluation in French, with the chapter that reads it."""
    return f"{PARTS[part]}, {STAGES[part][stage]}"


def receipts_table() -> Markdown:
    """Lay out what was trained, how long that took, with how many processes, and by which code."""
    rows = [
        (
            stage_name(part, stage),
            number(trainings, 0),
            duration(receipt["seconds"]),
            number(receipt["workers"], 0),
            f"`{receipt['code']}`",
        )
        for part, stage, trainings, receipt in receipts()
    ]
    header = ("Étape", "Entraînements", "Durée", "Processus", "Empreinte du code")
    return markdown_table(header, rows, align="lrrrl")


def machines() -> list[str]:
    """Name the machines on which the results were computed, in French."""
    found = {receipt["machine"] for _, _, _, receipt in receipts()}
    return sorted(machine.replace(" cores", " cœurs") for machine in found)


def total_seconds() -> float:
    """Add up how long all of it took."""
    return sum(float(receipt["seconds"]) for _, _, _, receipt in receipts())
