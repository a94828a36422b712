"""Part 2: the assigned search, a wider one, and the final evaluation of what they chose."""

from tp1.experiments import stages
from tp1.experiments.plans import OPTIMISERS, assigned, wider
from tp1.experiments.results import Results
from tp1.experiments.stages import Session

SEARCHES = {"assigned": assigned, "wider": wider}
STAGES = (*SEARCHES, "final")
SEEDS = 5


def run(stage: str, seeds: int | None, session: Session) -> None:
    """Carry out a stage, or what is missing of it.

    Raises
    ------
    ResultsError
        If the final evaluation is asked for before the searches.
    """
    if stage == "final":
        final(seeds or SEEDS, session)
    else:
        search(stage, seeds or SEEDS, session)


def search(name: str, seeds: int, session: Session) -> Results:
    """Carry out a search, and write ``name.csv`` and ``name.json``."""
    return stages.search(name, SEARCHES[name](seeds), session)


def final(seeds: int, session: Session) -> None:
    """Evaluate, for every search and optimiser, the best configuration on the test set."""
    results = {name: stages.searched(name, session) for name in SEARCHES}
    choices = {
        f"{name}-{optimiser}": stages.choose(results[name], optimiser)
        for name in SEARCHES
        for optimiser in OPTIMISERS
    }
    stages.conclude(choices, seeds, session)
