"""Part 3: learning rates, the tables of widths and depths, our best network, and the final evaluation."""

from dataclasses import replace
from itertools import product

from tp1.experiments import stages
from tp1.experiments.measures import History
from tp1.experiments.plans import OPTIMISERS, Config, Run, runs_of
from tp1.experiments.results import Results
from tp1.experiments.stages import Session

DEPTHS, WIDTHS = (1, 3, 5), (25, 100, 300, 500, 1000)
RATES = {
    "sgd": (0.0003, 0.001, 0.003, 0.01),
    "adam": (0.0001, 0.0003, 0.001, 0.003),
}
BATCH_SIZES = (50, 200)
STATED = 300  # units a layer, in the assignment's statement
# How many seeds each stage has by itself.
STAGES = {"rates": 2, "shapes": 3, "own": 2, "final": 5}


def run(stage: str, seeds: int | None, session: Session) -> None:
    """Carry out a stage, or what is missing of it.

    Raises
    ------
    ResultsError
        If a stage is asked for before those that choose for it.
    """
    seeds = seeds or STAGES[stage]
    if stage == "rates":
        stages.search(stage, rates(seeds), session)
    elif stage == "shapes":
        chosen = {
            name: rate_of(stages.searched("rates", session), name)
            for name in OPTIMISERS
        }
        stages.search(stage, shapes(chosen, seeds), session)
    elif stage == "own":
        stages.search(stage, own(seeds), session)
    else:
        final(seeds, session)


def rates(seeds: int) -> list[Run]:
    """Give the search for a learning rate and a batch size, at the stated width and every depth."""
    return runs_of(
        (
            Config(optimiser, lr, size, depth=depth, width=STATED)
            for optimiser in OPTIMISERS
            for lr, size, depth in product(RATES[optimiser], BATCH_SIZES, DEPTHS)
        ),
        seeds,
    )


def rate_of(results: Results, optimiser: str) -> Config:
    """Give an optimiser's rate and batch size that are best after the last epoch, over the depths."""
    return stages.choose(results, optimiser, last_accuracy, flat)


def last_accuracy(history: History) -> float:
    """Give the validation accuracy of a run after its last epoch; 0 if its loss is not finite by then."""
    loss, accuracy = history[-1, 2:]
    return float(accuracy) if loss < float("inf") else 0.0


def flat(config: Config) -> Config:
    """Forget the shape of a network."""
    return replace(config, depth=0, width=0)


def shapes(chosen: dict[str, Config], seeds: int) -> list[Run]:
    """Give the assigned tables: every depth and width, with each optimiser's chosen rate and batch size."""
    return runs_of(
        (
            replace(chosen[optimiser], depth=depth, width=width)
            for optimiser in OPTIMISERS
            for depth, width in product(DEPTHS, WIDTHS)
        ),
        seeds,
    )


def own(seeds: int) -> list[Run]:
    """Give the candidates for the best network that we can train by hand, all with one budget of epochs."""
    plain = Config(
        "adam",
        0.001,
        200,
        30,
        gradient="mean",
        schedule="one-cycle",
        depth=3,
        width=1000,
        decay=0.05,
    )
    dropped = replace(plain, dropout=0.3, smoothing=0.05)
    return runs_of(
        (
            plain,
            dropped,
            replace(dropped, augment="flip"),
            replace(dropped, augment="flip+shift", dropout=0.2),
            replace(dropped, augment="flip", lr=0.002),
        ),
        seeds,
    )


def final(seeds: int, session: Session) -> None:
    """Evaluate the best shape of each optimiser, and the best candidate, on the test set."""
    tables, candidates = (stages.searched(name, session) for name in ("shapes", "own"))
    choices = {
        f"shapes-{optimiser}": stages.choose(tables, optimiser)
        for optimiser in OPTIMISERS
    }
    choices["own"] = stages.choose(candidates, "adam")
    stages.conclude(choices, seeds, session)
