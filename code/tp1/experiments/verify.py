"""Frozen runs are trained again, and every number that was recorded of them is compared.

Where the code, the versions of PyTorch and NumPy and the processor are those of the freeze, a run repeats
its operations one by one: its numbers must be **equal as written**, to the sixth digit, in chaotic runs
too. (What a network's product is worth can depend on where in memory its matrices begin, that is on the
stack in which it is trained. With the shapes of these searches no run has shown it.)

Elsewhere the same sums are added in another order. The initial models must agree within 1e-3 (those of two
seeds are at least four times as far apart); after training, losses must agree within 5e-3 of themselves and
accuracies within 5e-3. Stable softmax regressions need far less: 3e-5, seen between the AVX-512 kernels and
those for a processor without AVX. Networks need more, as a rounding can switch a ReLU. No tolerance fits a
chaotic run, in which one rounding becomes another result. A run beyond the tolerance is therefore trained
once more, here, its parameters being moved by one rounding before every epoch. If that moves a loss by more
than 1e-3, ten thousand times the rounding, the run is ``chaotic``: here it says nothing for or against the
frozen numbers. If not, it ``differs``.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from tp1.experiments import part2, part3, runner, stages
from tp1.experiments.comparison import (
    EVALUATED,
    Comparison,
    changed,
    departures,
    described,
    first_unequal,
    same_table,
    starts_elsewhere,
    within,
)
from tp1.experiments.errors import ResultsError
from tp1.experiments.final import choices_of, written
from tp1.experiments.lockstep import start
from tp1.experiments.measures import History
from tp1.experiments.plans import Run
from tp1.experiments.results import read_results, read_run, read_times, refused
from tp1.experiments.stages import Session
from tp1.experiments.tables import NOTE, read_table

FINAL = "final"
SEARCHES = tuple(
    f"{part}/{stage}"
    for part, stages_of in (("part2", part2.STAGES), ("part3", part3.STAGES))
    for stage in stages_of
    if stage != FINAL
)
FINALS = ("part2/final", "part3/final")
SENSITIVE = 1e-3
ROUNDING = torch.finfo(torch.float32).eps

Plan = dict[str, list[Run]]  # runs of searches, such as part2/assigned


def whole(root: Path) -> Plan:
    """List every run of the frozen searches.

    Raises
    ------
    ResultsError
        If a search is missing or damaged.
    """
    return {name: sorted(read_results(root / name).history) for name in SEARCHES}


def quick(root: Path, seconds: float) -> Plan:
    """List the runs that took at most some seconds when they were frozen.

    Raises
    ------
    ResultsError
        If a table of times is missing or damaged.
    """
    taken = {name: read_times(stages.times_of(root / name)) for name in SEARCHES}
    return {
        name: sorted(run for run in times if times[run] <= seconds)
        for name, times in taken.items()
    }


def draw(plan: Plan, n: int, seed: int) -> Plan:
    """Draw runs of a plan, each with the same chance; of fewer than `n`, all."""
    runs = [(name, run) for name, some in plan.items() for run in some]
    drawn: Plan = {}
    for i in sorted(np.random.default_rng(seed).permutation(len(runs))[:n]):
        name, run = runs[i]
        drawn.setdefault(name, []).append(run)
    return drawn


def verify(plan: Plan, root: Path, session: Session) -> Iterator[Comparison]:
    """Train runs again and compare them with the frozen ones, one search after another.

    Parameters
    ----------
    plan : Plan
    root : Path
        The folder of the frozen results.
    session : Session
        Its folder, another one, is where the new results go. What is found there is not done again.

    Raises
    ------
    ResultsError
        If frozen results are missing or damaged, or would be overwritten.
    """
    refuse_overwriting(root, session)
    for name, runs in plan.items():
        frozen = read_results(root / name)
        again = stages.search(Path(name).name, runs, of_part(name, session))
        elsewhere = changed(frozen.provenance, again.provenance)
        histories = {run: (frozen.history[run], again.history[run]) for run in runs}
        yield from compared(name, histories, elsewhere, session)


def verify_final(name: str, root: Path, session: Session) -> Iterator[Comparison]:
    """Repeat a final evaluation, test set included; compare its runs and, if they are the same, its tables.

    Raises
    ------
    ResultsError
        If frozen results are missing or damaged, or would be overwritten.
    """
    refuse_overwriting(root, session)
    rows, receipt = read_table(root / name)
    choices, best = choices_of(receipt)
    here = of_part(name, session)
    with refused(root / name):
        was = evaluated(rows)
    stages.conclude(choices, len({run.seed for run in was}), here)
    new_rows, new_receipt = read_table(here.output / FINAL)
    elsewhere = changed(receipt, new_receipt)
    again = evaluated(new_rows)
    if was.keys() != again.keys():
        raise ResultsError(f"{root / name}.csv has not the runs of its choices: {NOTE}")
    measured = {run: (was[run], again[run]) for run in was}
    runs = list(compared(name, measured, elsewhere, session))
    yield from runs
    if all(run.verdict == "same" for run in runs):
        for table in written(choices[best]):
            if table != FINAL:
                frozen = (root / name).with_name(table)
                yield same_table(frozen, here.output / table, name, elsewhere)


def refuse_overwriting(root: Path, session: Session) -> None:
    """Raise `ResultsError` if a session writes where the frozen results are."""
    if session.output.resolve() == root.resolve():
        raise ResultsError(
            f"{root} holds the frozen results, which are not overwritten: name another folder"
        )


def of_part(name: str, session: Session) -> Session:
    """Give the session of the part that a search belongs to."""
    return replace(session, output=session.output / Path(name).parent)


def evaluated(rows: list[dict[str, str]]) -> dict[Run, History]:
    """Read the runs of a final evaluation, (1, 6) each: the columns of `EVALUATED`."""
    return {
        read_run(row): np.array([[float(row[column]) for column in EVALUATED]])
        for row in rows
    }


def compared(
    name: str,
    runs: dict[Run, tuple[History, History]],
    elsewhere: tuple[str, ...],
    session: Session,
) -> Iterator[Comparison]:
    """Compare what was frozen of runs with what they are now; `elsewhere`, with their twins if need be."""
    apart = {run: departures(was, now) for run, (was, now) in runs.items()}
    beyond = [run for run in runs if elsewhere and not within(apart[run])]
    suspects = [run for run in beyond if not starts_elsewhere(apart[run])]
    chaotic = sensitive(suspects, session)
    for run, (was, now) in runs.items():
        if not apart[run].any():
            verdict = "same"
        elif elsewhere and run not in beyond:
            verdict = "rounding"
        else:
            verdict = "chaotic" if run in chaotic else "differs"
        yield Comparison(
            name,
            described(run),
            verdict,
            apart[run].size,
            int(np.count_nonzero(apart[run])),
            first_unequal(was, now, apart[run]),
            elsewhere,
        )


def sensitive(runs: list[Run], session: Session) -> set[Run]:
    """Find the runs of which roundings move a loss by more than `SENSITIVE`."""
    if not runs:
        return set()
    with stages.workers_of(session, runs) as workers:
        devices = [workers.device] * len(runs)
        moved = list(workers.executor.map(sensitivity, runs, devices))
    return {run for run, by in zip(runs, moved, strict=True) if by > SENSITIVE}


def sensitivity(run: Run, device: str) -> float:
    """Give the largest relative change of a loss between a run and its twin, which roundings move."""
    plain, twin = (trained(run, device, factor) for factor in (1.0, 1 + ROUNDING))
    return float(departures(plain, twin)[:, ::2].max())


def trained(run: Run, device: str, factor: float) -> History:
    """Train a run, its parameters being multiplied by a factor before every epoch."""
    stack = start([run], runner.fashion_mnist(run.config.pixels, device))
    while not stack.finished:
        # Not at the start alone: a first step that is large would absorb it.
        stack.theta = [layer * factor for layer in stack.theta]
        stack = runner.work(stack, device)
    return stack.history[:, 0]
