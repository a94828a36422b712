"""``python -m tp1 data``: put Fashion-MNIST in place, verified."""

import argparse
from pathlib import Path

from tp1.learning.data import fetch, install, raw_folder, verify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options; without any, the files are downloaded."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER",
        help="copy the four .gz files from FOLDER (or from its FashionMNIST/raw), without a network",
    )
    source.add_argument(
        "--check", action="store_true", help="only verify the files that are there"
    )


def run(args: argparse.Namespace) -> int:
    """Fetch, copy or check the files.

    Raises
    ------
    DataError
        If a file is missing or damaged, or could not be fetched.
    """
    if args.check:
        new = []
    elif args.source is not None:
        new = install(args.source)
    else:
        new = fetch()
    verify(raw_folder())
    for name in new:
        print(f"new: {name}")
    print(f"Fashion-MNIST is complete and verified in {raw_folder()}")
    return 0
