"""The assigned search of Part 2: tp1 against a notebook, torch.nn, scikit-learn and JAX; and what bounds it.

    python -m benchmarks.softmax_search [--quick] [--only SIDE …] [--resume] [--output DIR]

prints a Markdown report and writes it to DIR/softmax_search.md, with the raw numbers in
DIR/softmax_search.json and two figures: the whole search by side, DIR/softmax_search.svg, and the cost of a
step against the number of runs and the batch size, and of a search against its epochs,
DIR/softmax_stack.svg. It takes a quarter of an hour on an idle machine.

Every measurement is a function of a module in `benchmarks/softmax`, called in a process of its own, so that
no side inherits the threads or the memory of another. First the checks: every side must arrive at tp1's
parameters. Then rounds in which the sides take turns; a number of the report is the median over the rounds.
Last what is tp1's alone: the bounds of a step, stacks of many runs, the search on a GPU where there is one.

Each measurement is in the JSON file as soon as it is made. With ``--resume`` what the file has is not made
again, so a run that was interrupted, or one of some sides only, can be completed.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.softmax.figures import draw_stacks, draw_whole
from benchmarks.softmax.plan import Measurement, first, last, rounds
from benchmarks.softmax.processes import isolated
from benchmarks.softmax.report import report
from benchmarks.softmax.store import Numbers, Store, about
from benchmarks.softmax.summary import summarise
from benchmarks.softmax.task import CHECK_TOLERANCE, QUICK, Extent

from tp1.experiments.tables import write_atomically

SIDES = (
    "tp1", "JAX", "torch.nn", "notebook", "scikit-learn", "bounds", "stacks", "GPU",
)  # fmt: skip


def carry_out(measurement: Measurement, number: int, store: Store) -> None:
    """Make one round of a measurement, unless it is there; a check that fails ends the program."""
    if store.has(measurement.name, number):
        return
    print(f"{measurement.name} …", file=sys.stderr, flush=True)
    numbers = isolated(
        f"softmax.{measurement.module}",
        measurement.function,
        measurement.spec(store),
        measurement.sample_memory,
    )
    if measurement.function == "check":
        numbers = checked(measurement.name, numbers)
    store.add(measurement.name, numbers)


def checked(name: str, numbers: Numbers) -> Numbers:
    """Stop unless every side of a check arrives at tp1's parameters; give the largest differences."""
    if "missing" in numbers:
        return numbers
    found = {what: pair for what, pair in numbers.items() if isinstance(pair, dict)}
    for what, pair in found.items():
        # Not ≤, so that NaN fails.
        if not pair["error"] < min(CHECK_TOLERANCE, pair["moved"] / 100):
            sys.exit(f"{name}: {what} does not learn what tp1 learns: {pair}")
    return {
        "took_s": numbers["took_s"],
        "compared": len(found),
        "largest_error": max(pair["error"] for pair in found.values()),
        "largest_relative": max(p["error"] / p["moved"] for p in found.values()),
    }


def main() -> None:
    """Measure everything, or what is asked for; print the report, write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "--quick", action="store_true", help="tiny slices: to see that it runs"
    )
    parser.add_argument(
        "--only", nargs="+", choices=SIDES, default=SIDES, metavar="SIDE",
        help=f"only some of {', '.join(SIDES)}",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true", help="keep the numbers that are there"
    )
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", metavar="DIR"
    )
    args = parser.parse_args()
    extent = QUICK if args.quick else Extent()
    store = Store(args.output / "softmax_search.json", extent, args.resume, about())

    parts = [(m, 0) for m in first(extent)]
    parts += [(m, number) for number in range(extent.rounds) for m in rounds(extent)]
    parts += [(m, 0) for m in last(extent)]
    for measurement, number in parts:
        if measurement.side in args.only:
            carry_out(measurement, number, store)

    summary = summarise(store, extent)
    store.summarise(summary)
    text = report(store, extent)
    print(text)
    write_atomically(args.output / "softmax_search.md", text + "\n")
    draw_whole(summary, args.output / "softmax_search.svg")
    draw_stacks(summary, args.output / "softmax_stack.svg")


if __name__ == "__main__":
    main()
