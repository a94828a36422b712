"""``python -m tp1 weave``: the book without Quarto."""

import argparse
import sys
import time
from pathlib import Path

from tp1.weave.render import render, stale_chapters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``weave``."""
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path(),
        help="the book's folder (default: this one)",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--notebook", action="store_true", help="write only the notebook")
    only.add_argument(
        "--refresh",
        action="store_true",
        help="execute also the chapters whose code or data have changed",
    )
    only.add_argument(
        "--check",
        action="store_true",
        help="render nothing; exit 1 if a chapter would have to be executed",
    )


def run(args: argparse.Namespace) -> int:
    """Render, saying what is done; errors are raised as `WeaveError`."""
    root = args.folder.resolve()
    if args.check:
        stale = stale_chapters(root)
        for path in stale:
            print(f"{path}: to be executed")
        return 1 if stale else 0
    start = time.perf_counter()
    output = render(
        root,
        lambda line: print(f"weave: {line}", flush=True),
        notebook_only=args.notebook,
        refresh=args.refresh,
    )
    shown = (
        output.relative_to(Path.cwd()) if output.is_relative_to(Path.cwd()) else output
    )
    print(f"weave: {shown} in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return 0
