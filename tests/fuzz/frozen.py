"""A folder of frozen results, small and whole: what status, verify and the stages look at."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tp1.experiments.final import TABLES, WEIGHTS, final_columns
from tp1.experiments.plans import Config, Run
from tp1.experiments.provenance import fingerprint, provenance
from tp1.experiments.results import (
    Results,
    config_cells,
    config_columns,
    write_results,
    write_times,
)
from tp1.experiments.stages import EVALUATION, times_of
from tp1.experiments.tables import write_table
from tp1.experiments.verify import FINALS, SEARCHES
from tp1.learning.data import checksums

CONFIGS = (Config("sgd", 0.1, 20, 1), Config("adam", 0.01, 20, 1))
NETWORK = Config("adam", 0.01, 20, 1, depth=1, width=5)
MACHINE = "a processor, 2 cores, AVX2"


def freeze(root: Path) -> None:
    """Write tables and receipts of every search and evaluation, as if they were of this code."""
    receipt = provenance(MACHINE, 1)
    for search in SEARCHES:
        runs = [Run(config, seed) for config in CONFIGS for seed in (0, 1)]
        history = {run: np.full((2, 4), 0.5) for run in runs}
        told = {"plan": Path(search).name, **receipt, "seconds": 1.5}
        write_results(root / search, Results(history, told))
        write_times(times_of(root / search), dict.fromkeys(runs, 0.5), told)
    for search, best in zip(FINALS, (CONFIGS[0], NETWORK), strict=True):
        freeze_final(root / search, best, receipt)


def freeze_final(path: Path, best: Config, receipt: dict[str, object]) -> None:
    """Write the tables of an evaluation of two choices, two seeds each."""
    choices = {"one": CONFIGS[1], "two": best}
    told = {
        **receipt,
        "plan": "final",
        "evaluation": fingerprint(EVALUATION),
        "seeds": 2,
        "choices": {name: asdict(config) for name, config in choices.items()},
        "best": "two",
        "test": checksums("t10k"),
    }
    for name in TABLES:
        if name not in ("final", WEIGHTS) or (name == WEIGHTS and not best.depth):
            write_table(path.with_name(name), ("a", "b"), [(1, 2), (3, 4)], told)
    columns = config_columns(choices.values())
    rows = [
        (name, *config_cells(config, columns), seed, 1, *[0.5] * 6)
        for name, config in choices.items()
        for seed in (0, 1)
    ]
    write_table(path, final_columns(choices.values()), rows, told)


def receipt_of(path: Path) -> dict[str, object]:
    """Read a receipt."""
    told: dict[str, object] = json.loads(path.with_suffix(".json").read_bytes())
    return told
