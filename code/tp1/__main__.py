"""The command line: ``python -m tp1 --help``."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from tp1 import __version__
from tp1.errors import Tp1Error

# name -> (module with add_arguments and run, what it does); a module is imported only when it is asked for,
# so that rendering never loads PyTorch.
COMMANDS = {
    "query": ("tp1.bayes.cli", "answer a query such as 'P(R | do(G=g2))' exactly"),
    "data": ("tp1.learning.cli", "fetch or check Fashion-MNIST"),
    "run": ("tp1.experiments.cli", "train, and freeze the results"),
    "status": (
        "tp1.status",
        "say which results and chapters are fresh, stale or missing",
    ),
    "verify": (
        "tp1.experiments.verify_cli",
        "train frozen runs again, and say which numbers differ",
    ),
    "weave": ("tp1.weave.cli", "render the book without Quarto"),
}
INTERRUPTED = "interrupted"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 2 for wrong input, 1 for a book that cannot be rendered."""
    parser = argparse.ArgumentParser(
        prog="tp1", description="INF8225 TP1: the report that computes itself."
    )
    parser.add_argument("--version", action="version", version=f"tp1 {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        if name in arguments[:1]:
            importlib.import_module(module).add_arguments(command)
    args = parser.parse_args(arguments)
    try:
        status: int = importlib.import_module(COMMANDS[args.command][0]).run(args)
        sys.stdout.flush()
    except Tp1Error as error:
        print(f"tp1: error: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        # The reader of our output has left (`tp1 query --all | head -1`), and what the interpreter
        # writes when it ends must not reach it either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def process() -> int:
    """Be the process of a command: whenever it is interrupted, it says so in one line, and ends with 130."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell's background job
        return main()
    # Not as an exception, which is lost where Python clears up after an import; nothing has to be saved yet.
    signal.signal(signal.SIGINT, leave)
    if sys.argv[1:2] and sys.argv[1] in COMMANDS:
        importlib.import_module(COMMANDS[sys.argv[1]][0])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            return main()
        finally:
            # What is interrupted is ending already, and what is done is done.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        return 130


def leave(*_: object) -> None:
    """End the process at once."""
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(130)


if __name__ == "__main__":
    sys.exit(process())
