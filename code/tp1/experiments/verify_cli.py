"""``python -m tp1 verify``: train frozen runs again, and say which numbers differ."""

import argparse
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tp1.experiments.cli import RESULTS, add_machine, check_least, session_of
from tp1.experiments.comparison import VERDICTS, Comparison
from tp1.experiments.stages import Session
from tp1.experiments.stamp import stamp
from tp1.experiments.verify import FINALS, Plan, draw, verify, verify_final, whole
from tp1.learning.data import raw_folder
from tp1.learning.data import verify as check_data

SAMPLE = 10
COLUMNS = ("search", "runs", "numbers", *VERDICTS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help=f"so many runs of the searches, drawn at random; default: {SAMPLE}",
    )
    which.add_argument(
        "--all",
        action="store_true",
        help="every run, and the final evaluations: hours, as the appendix says",
    )
    parser.add_argument(
        "--stamp",
        action="store_true",
        help="draw from every search, repeat the final evaluations, and if every number is as it was "
        "frozen, note in the receipts that the results are of this code too",
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="of the draw; default: another every time"
    )
    add_machine(parser)
    parser.add_argument(
        "--results",
        type=Path,
        default=RESULTS,
        metavar="DIR",
        help="the frozen results; default: results/",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="keep what is trained there, and do not train again what is there already",
    )


def run(args: argparse.Namespace) -> int:
    """Verify; return 1 if a number differs.

    Raises
    ------
    HyperparameterError
        If a count is below 1 or the seed below 0.
    DataError
        If Fashion-MNIST is missing or damaged.
    DeviceError
        If the device is not there.
    ResultsError
        If frozen results are missing or damaged, or would be overwritten.
    """
    check_least(args, sample=1, seed=0)
    plan = whole(args.results)
    if args.all:
        check_data(raw_folder())  # the checksums alone: the test images stay closed
    else:
        seed = secrets.randbelow(2**32) if args.seed is None else args.seed
        groups = [{name: plan[name]} for name in plan] if args.stamp else [plan]
        drawn = (draw(group, args.sample or SAMPLE, seed) for group in groups)
        plan = {name: runs for some in drawn for name, runs in some.items()}
        print(f"{sum(map(len, plan.values()))} runs drawn with --seed {seed}")
    with TemporaryDirectory() as folder:
        session = session_of(args, args.output or Path(folder))
        try:
            finals = args.all or args.stamp
            found = list(compare(plan, args.results, session, finals))
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            return 130
    print("\n".join(report(found)))
    if args.stamp:
        stamp(args.results, found)
    return int(any(one.verdict == "differs" for one in found))


def compare(
    plan: Plan, root: Path, session: Session, finals: bool
) -> Iterator[Comparison]:
    """Compare the runs of a plan, and the final evaluations if they are wanted."""
    yield from verify(plan, root, session)
    if finals:
        for name in FINALS:
            yield from verify_final(name, root, session)


def report(found: list[Comparison]) -> Iterator[str]:
    """Tell what was compared, how strictly, and which runs are not as they were frozen."""
    yield from table(found)
    changes = sorted({change for one in found for change in one.elsewhere})
    if changes:
        yield f"not as when it was frozen: {', '.join(changes)}; so rounding is tolerated"
    else:
        yield "code, versions and processor are those of the freeze: every digit counts"
    for verdict in reversed(VERDICTS[1:]):
        for one in found:
            if one.verdict == verdict:
                more = f" ({one.unequal} of {one.numbers} numbers)"
                yield f"{verdict}: {one.search}: {one.what}: {one.first}{more}"


def table(found: list[Comparison]) -> Iterator[str]:
    """Count the verdicts of each search, and the numbers compared."""
    searches = list(dict.fromkeys(one.search for one in found))
    rows = [
        counts(name, [one for one in found if one.search == name]) for name in searches
    ]
    rows = [COLUMNS, *rows, counts("total", found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = (cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        yield "  ".join([first.strip().ljust(widths[0]), *others])


def counts(name: str, found: Iterable[Comparison]) -> tuple[str, ...]:
    """Give a row of the table."""
    found = list(found)
    verdicts = Counter(one.verdict for one in found)
    numbers = sum(one.numbers for one in found)
    return (name, str(len(found)), str(numbers), *(str(verdicts[v]) for v in VERDICTS))
