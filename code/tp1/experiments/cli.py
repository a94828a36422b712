"""``python -m tp1 run``: train, and freeze the results."""

import argparse
import sys
from pathlib import Path

from tp1.experiments import part2
from tp1.experiments.runner import default_workers
from tp1.learning.data import raw_folder, verify
from tp1.learning.device import DEVICES, choose_device
from tp1.learning.errors import HyperparameterError

RESULTS = Path(__file__).parents[3] / "results"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("part", choices=["part2"], help="which part of the assignment")
    parser.add_argument(
        "--only", choices=part2.STAGES, help="one stage instead of all, in this order"
    )
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto: CUDA when there is one"
    )
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="default: 5")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes; default: one for each core"
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=RESULTS,
        metavar="DIR",
        help="where the folder part2 is written; default: results/",
    )


def run(args: argparse.Namespace) -> int:
    """Run the stages that are not finished.

    Raises
    ------
    HyperparameterError
        If a number of seeds or workers is below 1.
    DataError
        If Fashion-MNIST is missing or damaged.
    DeviceError
        If the device is not there.
    ResultsError
        If the final evaluation is asked for before the searches.
    """
    for option in ("seeds", "workers"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise HyperparameterError(f"--{option} {value}: 1 or more is wanted")
    device = choose_device(args.device).type
    workers = args.workers or default_workers(device)
    session = part2.Session(args.output / "part2", device, workers)
    if args.only in (None, "final"):
        verify(raw_folder())  # the checksums alone: the test images stay closed
    try:
        for stage in [args.only] if args.only else part2.STAGES:
            if stage == "final":
                part2.final(args.seeds, session)
            else:
                part2.search(stage, args.seeds, session)
            print(f"{stage}: {session.output / stage}.csv")
    except KeyboardInterrupt:
        print(
            "interrupted: the same command goes on from the last finished epochs",
            file=sys.stderr,
        )
        return 130
    return 0
