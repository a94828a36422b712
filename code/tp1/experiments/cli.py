"""``python -m tp1 run``: train, and freeze the results."""

import argparse
import sys
from pathlib import Path

from tp1.errors import shown
from tp1.experiments import part2, part3
from tp1.experiments.errors import ResultsError
from tp1.experiments.lock import alone
from tp1.experiments.runner import default_workers
from tp1.experiments.stages import Session
from tp1.learning.data import raw_folder, verify
from tp1.learning.device import DEVICES, choose_device
from tp1.learning.errors import HyperparameterError

MOST_WORKERS = 1024
RESULTS = Path(__file__).parents[3] / "results"
PARTS = {"part2": part2, "part3": part3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("part", choices=PARTS, help="which part of the assignment")
    parser.add_argument(
        "--only",
        metavar="STAGE",
        help="one stage instead of all: "
        + "; ".join(
            f"{name}: {', '.join(part.STAGES)}" for name, part in PARTS.items()
        ),
    )
    add_machine(parser)
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help=f"default: {part2.SEEDS} in part2; in part3 "
        + ", ".join(f"{n} for {stage}" for stage, n in part3.STAGES.items()),
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=RESULTS,
        metavar="DIR",
        help="where the folder of the part is written; default: results/",
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say on what to compute."""
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto: CUDA when there is one"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="processes; default: one for each core"
    )
    parser.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="of a Dask cluster whose workers are used instead, such as tcp://host:8786",
    )


def session_of(args: argparse.Namespace, output: Path) -> Session:
    """Make a session of the options that `add_machine` declares.

    Raises
    ------
    HyperparameterError
        If the number of workers is not 1 to `MOST_WORKERS`, or given beside a cluster.
    DeviceError
        If the device is not there.
    """
    check_least(args, workers=1)
    if args.workers and args.workers > MOST_WORKERS:
        raise HyperparameterError(
            f"--workers {shown(args.workers)}: {MOST_WORKERS} or less is wanted, one for each core"
        )
    if args.scheduler and args.workers:
        raise HyperparameterError(
            "--workers is for this machine; a cluster has those that it has"
        )
    # On a cluster it is the workers' devices that count.
    device = args.device if args.scheduler else choose_device(args.device).type
    workers = args.workers or default_workers(device)
    return Session(output, device, workers, scheduler=args.scheduler)


def check_least(args: argparse.Namespace, **least: int) -> None:
    """Raise `HyperparameterError` for the first option that is below its least value."""
    for option, smallest in least.items():
        value = getattr(args, option)
        if value is not None and value < smallest:
            raise HyperparameterError(
                f"--{option} {shown(value)}: {smallest} or more is wanted"
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
        If the final evaluation is asked for before the searches, another search is at work there, or the
        system refuses to write.
    """
    check_least(args, seeds=1)
    part = PARTS[args.part]
    if args.only not in (None, *part.STAGES):
        raise HyperparameterError(
            f"--only {args.only}: {args.part} has the stages {', '.join(part.STAGES)}"
        )
    session = session_of(args, args.output / args.part)
    if args.only in (None, "final"):
        verify(raw_folder())  # the checksums alone: the test images stay closed
    try:
        with alone(session.output):
            for stage in [args.only] if args.only else part.STAGES:
                part.run(stage, args.seeds, session)
                print(f"{stage}: {session.output / stage}.csv")
    except KeyboardInterrupt:
        print(
            "interrupted: the same command goes on from the last finished epochs",
            file=sys.stderr,
        )
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:  # such as a full disk where the images are unpacked
        place = error.filename or session.output
        raise ResultsError(
            f"{place} cannot be used ({error.strerror}): make room or free its place, "
            "then the same command goes on from the epochs that are kept"
        ) from error
    return 0
