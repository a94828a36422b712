"""The data of the results explorer: whole searches, by columns, for `report/widgets/runs.js`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from IPython.display import Markdown

from tp1.experiments.errors import ResultsError
from tp1.experiments.measures import MEASURES
from tp1.experiments.plans import Config, Run
from tp1.experiments.results import Results, config_cells, config_columns
from tp1.experiments.tables import NOTE
from tp1.reporting.french import NBSP, number
from tp1.reporting.intervals import quantile
from tp1.reporting.results import load_search, results_folder
from tp1.reporting.widgets import widget
from tp1.reporting.words import (
    GRADIENTS,
    OPTIMISERS,
    PIXELS,
    SCHEDULES,
    extras,
    in_words,
    rate,
)


class Search(NamedTuple):
    """How a search is laid out: a map of two fields for every choice of the others."""

    name: str
    title: str
    choices: tuple[str, ...]
    rows: str
    columns: str


PARTS = {
    "part2": (
        Search("assigned", "Énoncé", ("optimiser",), "lr", "batch_size"),
        Search("wider", "Élargie", ("optimiser", "pixels"), "lr", "batch_size"),
    ),
    "part3": (
        Search("shapes", "Largeurs et profondeurs", ("optimiser",), "depth", "width"),
        Search("rates", "Taux", ("optimiser", "depth"), "lr", "batch_size"),
        Search("own", "Notre meilleur réseau", (), "extras", "lr"),
    ),
}
SCRIPTS = tuple(
    f"runs-{part}" for part in ("data", "hash", "map", "curves", "values", "table")
)
# One more field: what `words.extras` names.
EXTRAS = ("momentum", "decay", "dropout", "smoothing", "augment")
LABELS = {
    "optimiser": "Optimiseur",
    "lr": "Taux",
    "batch_size": "Mini-lot",
    "pixels": "Pixels",
    "depth": "Profondeur",
    "width": "Largeur",
    "extras": "Ce qui s’ajoute",
}
SCALES = {"unit": f"[0,{NBSP}1]", "standard": "centrés et réduits"}
WORDS: dict[str, Callable[[Config], str]] = {
    "optimiser": lambda config: OPTIMISERS[config.optimiser],
    "lr": lambda config: rate(config.lr),
    "batch_size": lambda config: number(config.batch_size, 0),
    "pixels": lambda config: SCALES[config.pixels],
    "depth": lambda config: str(config.depth),
    "width": lambda config: number(config.width, 0),
    "extras": lambda config: ", ".join(extras(config)) or "rien",
}


def runs_widget(part: str, folder: Path | None = None) -> Markdown:
    """Put the explorer of a part's searches into a chapter.

    Parameters
    ----------
    part : {"part2", "part3"}
    folder : Path, optional
        Where the results are, by default in the `results_folder` of the part.

    Raises
    ------
    ResultsError
        If results are missing or damaged, or are not laid out as `PARTS` says.
    """
    folder = folder or results_folder(part)
    searches = [
        search_data(search, load_search(search.name, folder)) for search in PARTS[part]
    ]
    return widget("runs", "Explorer les essais", {"searches": searches}, SCRIPTS)


def search_data(search: Search, results: Results) -> dict[str, Any]:
    """Lay out a search for the explorer.

    Measures are numbers as the table has them, a list for every run; the runs of a cell follow each other in
    the order of the seeds. What is not finite is None.

    Raises
    ------
    ResultsError
        If two configurations would share a cell, or a cell lacks a seed or epochs.
    """
    configs = list(dict.fromkeys(run.config for run in sorted(results.history)))
    seeds = sorted({run.seed for run in results.history})
    names = (*search.choices, search.rows, search.columns)
    fields = [_field(name, search, configs) for name in names]
    places = [
        [field["values"].index(_plain(field["name"], config)) for field in fields]
        for config in configs
    ]
    if len(set(map(tuple, places))) < len(configs):
        raise ResultsError(
            f"{search.name}: {', '.join(names)} do not tell the configurations apart"
        )
    columns = config_columns(configs)
    return {
        "name": search.name,
        "title": search.title,
        "setting": _setting(configs, names),
        "fields": fields,
        "rows": search.rows,
        "columns": search.columns,
        "config": columns,
        "cells": [
            {
                "at": place,
                "config": config_cells(config, columns),
                "words": _typeset(in_words(config)),
            }
            for place, config in zip(places, configs, strict=True)
        ],
        "seeds": seeds,
        "quantile": float(quantile(len(seeds) - 1)) if len(seeds) > 1 else None,
        **_measures(search.name, configs, seeds, results),
    }


def _measures(
    name: str, configs: list[Config], seeds: list[int], results: Results
) -> dict[str, list[list[float | None]]]:
    runs = [Run(config, seed) for config in configs for seed in seeds]
    missing = [run for run in runs if run not in results.history]
    if missing:
        raise ResultsError(f"{name} lacks {missing[0]}: {NOTE}")
    histories = [results.history[run] for run in runs]
    if len({len(history) for history in histories}) != 1:
        raise ResultsError(f"{name}: all runs should have as many epochs: {NOTE}")
    return {
        measure: [
            [float(x) if np.isfinite(x) else None for x in history[:, column]]
            for history in histories
        ]
        for column, measure in enumerate(MEASURES)
    }


def _field(name: str, search: Search, configs: Iterable[Config]) -> dict[str, Any]:
    """List the values of a field in the order of the chapters' tables, and how the text writes them."""

    def rank(config: Config) -> Any:
        return len(WORDS[name](config)) if name == "extras" else getattr(config, name)

    # SGD before Adam, pixels as they are before the others, the largest rate on top.
    backwards = name in ("optimiser", "pixels") or name == search.rows == "lr"
    found = {
        _plain(name, config): config
        for config in sorted(configs, key=rank, reverse=backwards)
    }
    return {
        "name": name,
        "label": LABELS[name],
        "values": list(found),
        "shown": [_typeset(WORDS[name](config)) for config in found.values()],
    }


def _plain(name: str, config: Config) -> str:
    """Write a value as the table of results does."""
    return "-".join(config_cells(config, EXTRAS if name == "extras" else (name,)))


def _setting(configs: list[Config], told: Iterable[str]) -> str:
    """Tell what all runs of a search share, apart from what the fields tell."""
    first = configs[0]
    parts = [
        f"{first.epochs}{NBSP}époques",
        GRADIENTS[first.gradient],
        SCHEDULES[first.schedule],
    ]
    if "pixels" not in told:
        parts.append(PIXELS[first.pixels])
    if first.depth and "width" not in told:
        shape = "" if "depth" in told else f"{first.depth}{NBSP}×{NBSP}"
        parts.append(f"{shape}{number(first.width, 0)}{NBSP}unités")
    return _typeset(", ".join(parts))


def _typeset(text: str) -> str:
    return text.replace("'", "’")
