"""Searches and renders killed at random moments, and gone on with: what is lost, torn or done twice.

    python -m benchmarks.fault_soak [--kills N] [--renders N] [--seed N] [--output DIR]

prints a Markdown report and writes it to DIR/fault_soak.md; its exit status is 1 if anything is wrong. It
needs the data, and takes about half an hour on two cores that are shared. `tests/test_fault_soak.py` is a
shorter one.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from benchmarks.faults import renders, searches

from tp1.experiments.provenance import machine
from tp1.experiments.tables import write_atomically


def rows(search: Counter[str], render: Counter[str]) -> list[tuple[str, int]]:
    """Give the lines of the table."""
    return [
        ("searches killed", search["kills"]),
        ("– before anything was kept", search["nothing kept yet"]),
        ("– with epochs kept", search["epochs kept"]),
        ("– while the results were written", search["results being written"]),
        ("– with a file half written aside", search["partial"]),
        ("searches finished", search["searches"]),
        ("whose results differ from those of an undisturbed one", search["different"]),
        ("files torn", search["torn"]),
        ("epochs begun, each of one run", search["begun"]),
        ("begun again, for the kill came before they were kept", search["again"]),
        ("begun again although they were kept", search["kept_again"]),
        ("begun again of runs that were finished", search["finished_again"]),
        ("renders killed", render["kills"]),
        ("– with a folder aside", render["asides"]),
        ("`_output` or `_freeze` not whole after the kill", render["torn"]),
        ("next render other than an undisturbed one", render["different"]),
        ("folders left over", render["left"]),
    ]


def report(search: Counter[str], render: Counter[str], seed: int) -> str:
    """Give the figures as Markdown."""
    table = "\n".join(f"| {what} | {number} |" for what, number in rows(search, render))
    runs = search["runs"] // 2
    seconds = [f"{counts['milliseconds'] / 1000:.1f} s" for counts in (search, render)]
    return "\n\n".join(
        [
            "# Kills",
            "`kill -9` of a process and all that it had started, at random moments "
            f"(seed {seed}). {machine('cpu')}, shared with other work.",
            f"| | |\n|---|---:|\n{table}",
            "*A search*: the command `python -m tp1 run part2 --only assigned` with a plan of its own, "
            f"{runs} runs of {search['epochs']} epochs on the real data, then `--seeds 2`, which adds {runs} "
            f"more; {seconds[0]} undisturbed for both, Python's start and the reading "
            "of the data included. Three kills in five come at any time within that, one while stacks are "
            "kept, one while results are written; the same command then goes on. Tables are compared byte by "
            "byte, receipts but for seconds and `resumed`, the times of runs by their runs alone.",
            "*A render*: `python -m tp1 weave` of the tests' sample book, of which a chapter has changed and "
            f"is executed again; {seconds[1]} undisturbed. Seven kills in ten come at "
            "any time, the others while a folder is written aside or swapped. Whole is what is byte by byte "
            "the old or the new; of a PDF, which holds the time, length and both ends are compared. A kill "
            "between the two renamings of a swap leaves the old folder under another name: the next command "
            "takes it back.",
            "",
        ]
    )


def main() -> None:
    """Soak both, print the report, write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=50, help="of searches")
    parser.add_argument("--renders", type=int, default=30, help="of renders")
    parser.add_argument("--seed", type=int, default=8225)
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", metavar="DIR"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tp1-soak-") as folder:
        # What is killed leaves its temporary files behind.
        os.environ["TMPDIR"] = folder
        place, random = Path(folder), Random(args.seed)  # noqa: S311 - no secret
        render = renders.soak(place / "renders", args.renders, random)
        print(dict(render), file=sys.stderr, flush=True)
        search = searches.soak(place / "searches", args.kills, random)
        print(dict(search), file=sys.stderr, flush=True)
    text = report(search, render, args.seed)
    print(text)
    write_atomically(args.output / "fault_soak.md", text)
    wrong = ("different", "torn", "kept_again", "finished_again", "left")
    sys.exit(any(counts[name] for counts in (search, render) for name in wrong))


if __name__ == "__main__":
    main()
