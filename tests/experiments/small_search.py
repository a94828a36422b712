"""The command ``run part2`` with plans that are small."""

from tp1 import __main__ as command
from tp1.experiments.plans import Config, runs_of


def plan(pixels):
    return lambda seeds: runs_of(
        [
            Config(optimiser, lr, 20, 2, pixels)
            for optimiser in ("sgd", "adam")
            for lr in (0.1, 0.01, 1e38)
        ],
        seeds,
    )


def call(*arguments):
    return command.main(["run", "part2", *map(str, arguments)])
