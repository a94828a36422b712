"""The stages of a part: searches that train what is missing, a choice, one evaluation of what is chosen."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tp1.experiments import kept, runner
from tp1.experiments.cluster import cluster
from tp1.experiments.errors import ResultsError
from tp1.experiments.final import choices_of, evaluate_choices, written
from tp1.experiments.measures import History, best_epoch
from tp1.experiments.plans import Config, Run, runs_of
from tp1.experiments.progress import Progress
from tp1.experiments.provenance import fingerprint, provenance
from tp1.experiments.results import (
    Results,
    read_results,
    read_times,
    write_results,
    write_times,
)
from tp1.experiments.tables import NOTE, read_table

UNFINISHED = ".unfinished"
EVALUATION = "tp1.experiments.final"


@dataclass(frozen=True)
class Session:
    """How and where experiments are run.

    Attributes
    ----------
    output : Path
        The folder of the part's results, named after the part.
    device : {"cpu", "cuda"}, or "auto" with a scheduler
    workers : int
        Processes; 1 is this one.
    quiet : bool
        Show no progress.
    scheduler : str
        The address of a Dask cluster whose workers are used instead; empty for none.
    """

    output: Path
    device: str
    workers: int
    quiet: bool = False
    scheduler: str = ""


def search(name: str, plan: list[Run], session: Session) -> Results:
    """Carry out a plan, or what is missing of it, and write its ``name.csv`` and ``name.json``.

    Runs that the results have already, made by the same code, are kept and not done again. What each run took
    goes into ``name-times``: its share of the seconds that its stack was trained for.
    """
    path, unfinished = session.output / name, session.output / UNFINISHED
    recover(path, unfinished / name)
    refuse_replacing(path, len(plan))
    old, times = finished(path)
    missing = [run for run in plan if run not in old.history]
    if not missing:
        kept.forget(unfinished, plan)
        return old
    new, receipt = train(name, missing, session)
    history = {
        run: stack.history[:, i] for stack in new for i, run in enumerate(stack.runs)
    }
    for stack in new:
        times.update(dict.fromkeys(stack.runs, stack.seconds / len(stack.runs)))
    if old.history:
        later = [*old.provenance.get("added", []), {"runs": len(missing), **receipt}]
        receipt = {**old.provenance, "added": later}
    results = Results({**old.history, **history}, {"plan": name, **receipt})
    # Whole aside before any of the old files is touched: whenever it is killed, one of the two is there.
    write(unfinished / name, results, times)
    recover(path, unfinished / name)
    kept.forget(unfinished, plan)
    return results


def write(path: Path, results: Results, times: Mapping[Run, float]) -> None:
    """Write the results of a search and what its runs took."""
    write_times(times_of(path), times, results.provenance)
    write_results(path, results)


def recover(path: Path, aside: Path) -> None:
    """Put results that were written aside in their place, if they are whole; leave nothing aside."""
    results, times = finished(aside)
    if results.history:
        write(path, results, times)
    for table in (aside, times_of(aside)):
        for suffix in (".csv", ".json"):
            table.with_suffix(suffix).unlink(missing_ok=True)


def refuse_replacing(path: Path, runs: int) -> None:
    """Raise `ResultsError` if results of other code have more runs than would replace them.

    What this code made is added to, never replaced; a plan that has really become smaller wants another
    folder, or the old results removed.
    """
    try:
        there = read_results(path)
    except ResultsError:
        return
    if there.provenance.get("code") != fingerprint() and len(there.history) > runs:
        raise ResultsError(
            f"{path}.csv has {len(there.history)} runs of other code, and {runs} would replace them: "
            "ask for as many, or name another folder with --output"
        )


def times_of(path: Path) -> Path:
    """Name the table of what a search's runs took."""
    return path.with_name(f"{path.name}-times")


def finished(path: Path) -> tuple[Results, dict[Run, float]]:
    """Read results of this code, and what its runs took; what is missing, damaged or older counts as none."""
    none: tuple[Results, dict[Run, float]] = Results({}, {}), {}
    try:
        results, times = read_results(path), read_times(times_of(path))
    except ResultsError:
        return none
    return (results, times) if results.provenance.get("code") == fingerprint() else none


def train(
    name: str, runs: list[Run], session: Session
) -> tuple[list[runner.Stack], dict[str, object]]:
    """Train runs with a session's workers; give the finished stacks, and where they come from."""
    began = time.perf_counter()
    progress = Progress(f"{session.output.name} {name}", session.quiet)
    with workers_of(session, runs) as workers:
        kept_in = session.output / UNFINISHED
        trained = list(runner.train(runs, workers, kept_in, progress))
    receipt = provenance(workers.machine, workers.number)
    seconds = round(time.perf_counter() - began, 2)
    if progress.resumed:
        # What an interrupted session had done is not in the seconds.
        receipt["resumed"] = True
    return trained, {**receipt, "seconds": seconds}


def workers_of(
    session: Session, runs: Iterable[Run]
) -> AbstractContextManager[runner.Workers]:
    """Give a session's workers for some runs: a cluster's, or this machine's."""
    if session.scheduler:
        return cluster(session.scheduler, session.device)
    pixels = {run.config.pixels for run in runs}
    return runner.local(session.workers, pixels, session.device)


def searched(name: str, session: Session) -> Results:
    """Read the results of a search that a choice is made from.

    Raises
    ------
    ResultsError
        If they are missing, or were made by other code.
    """
    results = read_results(session.output / name)
    if results.provenance.get("code") != fingerprint():
        raise ResultsError(
            f"{session.output / name}.csv was made by other code: {NOTE}"
        )
    return results


def best_accuracy(history: History) -> float:
    """Give the validation accuracy of a run at its best epoch."""
    return float(history[best_epoch(history), 3])


def choose(
    results: Results,
    optimiser: str,
    score: Callable[[History], float] = best_accuracy,
    group: Callable[[Config], Config] = lambda config: config,
) -> Config:
    """Give an optimiser's best configuration: the mean of a score over the seeds, and over a group.

    Parameters
    ----------
    score : callable
        Of a run's history, (epochs + 1, 4).
    group : callable
        Gives what stands for a configuration; those that it maps to one another are averaged.
    """
    scores: dict[Config, list[float]] = {}
    for run, history in results.history.items():
        if run.config.optimiser == optimiser:
            scores.setdefault(group(run.config), []).append(score(history))
    return max(scores, key=lambda config: (float(np.mean(scores[config])), config))


def conclude(choices: Mapping[str, Config], seeds: int, session: Session) -> None:
    """Train the chosen configurations again and evaluate them on the test set, once.

    Raises
    ------
    ResultsError
        If an evaluation with more seeds is there.
    """
    wanted: dict[str, Any] = {
        "plan": "final",
        "code": fingerprint(),
        "evaluation": fingerprint(EVALUATION),
        "seeds": seeds,
        "choices": {name: asdict(config) for name, config in choices.items()},
    }
    runs = runs_of(dict.fromkeys(choices.values()), seeds)
    if evaluated(session.output, wanted):
        kept.forget(session.output / UNFINISHED, runs)
        return
    refuse_fewer(session.output, seeds)
    trained, receipt = train("final", runs, session)
    evaluate_choices(choices, trained, {**receipt, **wanted}, session.output)
    kept.forget(session.output / UNFINISHED, runs)


def refuse_fewer(folder: Path, seeds: int) -> None:
    """Raise `ResultsError` if an evaluation with more seeds is there, whatever code made it."""
    try:
        there = read_table(folder / "final")[1].get("seeds", 0)
    except ResultsError:
        return
    if there > seeds:
        raise ResultsError(
            f"{folder / 'final'}.csv has {there} seeds, and {seeds} would replace them: "
            "ask for as many, or name another folder with --output"
        )


def evaluated(folder: Path, wanted: dict[str, Any]) -> bool:
    """Say whether all the tables of the evaluation that is wanted are there."""
    try:
        choices, best = choices_of(read_table(folder / "final")[1])
        receipts = [read_table(folder / name)[1] for name in written(choices[best])]
    except ResultsError:
        return False
    return all(
        receipt.get(key) == value
        for receipt in receipts
        for key, value in wanted.items()
    )
