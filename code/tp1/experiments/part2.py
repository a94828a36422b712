"""Part 2: the assigned search, a wider one, and the final evaluation of what they chose."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from tp1.experiments import runner
from tp1.experiments.errors import ResultsError
from tp1.experiments.final import TABLES, evaluate_choices
from tp1.experiments.measures import best_epoch
from tp1.experiments.plans import OPTIMISERS, Config, Run, assigned, runs_of, wider
from tp1.experiments.progress import Progress
from tp1.experiments.provenance import fingerprint, provenance
from tp1.experiments.results import (
    NOTE,
    Results,
    read_results,
    read_table,
    write_results,
)

SEARCHES = {"assigned": assigned, "wider": wider}
STAGES = (*SEARCHES, "final")
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Session:
    """How and where experiments are run.

    Attributes
    ----------
    output : Path
        The folder of the results.
    device : {"cpu", "cuda"}
    workers : int
        Processes; 1 is this one.
    quiet : bool
        Show no progress.
    """

    output: Path
    device: str
    workers: int
    quiet: bool = False


def search(name: str, seeds: int, session: Session) -> Results:
    """Carry out a search, or what is missing of it, and write ``name.csv`` and ``name.json``.

    Runs that the results have already, made by the same code, are kept and not done again.
    """
    path = session.output / name
    plan = SEARCHES[name](seeds)
    old = finished(path)
    missing = [run for run in plan if run not in old.history]
    if not missing:
        return old
    new, receipt = train(name, missing, session)
    history = {
        run: stack.history[:, i] for stack in new for i, run in enumerate(stack.runs)
    }
    if old.history:
        later = [*old.provenance.get("added", []), {"runs": len(missing), **receipt}]
        receipt = {**old.provenance, "added": later}
    results = Results({**old.history, **history}, {"plan": name, **receipt})
    write_results(path, results)
    clean(session, new)
    return results


def finished(path: Path) -> Results:
    """Read results that were made by this code; what is missing, damaged or older counts as none."""
    try:
        results = read_results(path)
    except ResultsError:
        return Results({}, {})
    return results if results.provenance["code"] == fingerprint() else Results({}, {})


def train(
    name: str, runs: list[Run], session: Session
) -> tuple[list[runner.Stack], dict[str, object]]:
    """Train runs with a session's workers; give the finished stacks, and where they come from."""
    began = time.perf_counter()
    progress = Progress(f"part2 {name}", session.quiet)
    pixels = {run.config.pixels for run in runs}
    with runner.local(session.workers, pixels, session.device) as executor:
        trained = list(
            runner.train(
                runs,
                executor,
                session.workers,
                session.device,
                session.output / UNFINISHED,
                progress,
            )
        )
    receipt = provenance(torch.device(session.device), session.workers)
    seconds = round(time.perf_counter() - began, 2)
    if progress.resumed:
        # What an interrupted session had done is not in the seconds.
        receipt["resumed"] = True
    return trained, {**receipt, "seconds": seconds}


def clean(session: Session, stacks: list[runner.Stack]) -> None:
    """Remove what was kept of stacks while they were unfinished."""
    folder = session.output / UNFINISHED
    for stack in stacks:
        (folder / runner.name(stack.runs)).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def choose(results: Results, optimiser: str) -> Config:
    """Give an optimiser's best configuration: mean over the seeds of the best validation accuracy."""
    scores: dict[Config, list[float]] = {}
    for run, history in results.history.items():
        if run.config.optimiser == optimiser:
            score = float(history[best_epoch(history), 3])
            scores.setdefault(run.config, []).append(score)
    return max(scores, key=lambda config: (float(np.mean(scores[config])), config))


def final(seeds: int, session: Session) -> None:
    """Train the chosen configurations again and evaluate them on the test set, once.

    Raises
    ------
    ResultsError
        If a search is missing, or was made by other code.
    """
    choices = {}
    for name in SEARCHES:
        results = read_results(session.output / name)
        if results.provenance["code"] != fingerprint():
            raise ResultsError(
                f"{session.output / name}.csv was made by other code: {NOTE}"
            )
        for optimiser in OPTIMISERS:
            choices[f"{name}-{optimiser}"] = choose(results, optimiser)
    wanted = {
        "plan": "final",
        "code": fingerprint(),
        "evaluation": fingerprint("tp1.experiments.final"),
        "seeds": seeds,
        "choices": {name: asdict(config) for name, config in choices.items()},
    }
    if evaluated(session.output, wanted):
        return
    runs = runs_of(dict.fromkeys(choices.values()), seeds)
    trained, receipt = train("final", runs, session)
    evaluate_choices(choices, trained, {**receipt, **wanted}, session.output)
    clean(session, trained)


def evaluated(folder: Path, wanted: dict[str, object]) -> bool:
    """Say whether all the tables of the evaluation that is wanted are there."""
    try:
        receipts = [read_table(folder / name)[1] for name in TABLES]
    except ResultsError:
        return False
    return all(
        receipt.get(key) == value
        for receipt in receipts
        for key, value in wanted.items()
    )
