"""``python -m tp1 query``: exact answers on the command line."""

import argparse
import json

from tp1.bayes.bif import read_bif
from tp1.bayes.errors import QueryError
from tp1.bayes.exam import EXAM_QUERIES, exam_network
from tp1.bayes.inference import METHODS, query


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``query``."""
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="?",
        help="a query, such as 'P(G | do(L=l1), R=r1)'",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="answer the sixteen queries of the assignment",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON, at full precision"
    )
    parser.add_argument(
        "--bif",
        metavar="FILE",
        help="ask the network of this BIF file instead of the exam's",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="auto",
        help="the route to the answer (default: auto)",
    )


def run(args: argparse.Namespace) -> int:
    """Print the answers; wrong input is raised as a `BayesError`."""
    if args.all == (args.text is not None):
        raise QueryError("give either one query, such as 'P(G | R=r1)', or --all")
    if args.all and args.bif is not None:
        raise QueryError(
            "--all asks the queries of the assignment, which the network of a BIF file cannot answer"
        )
    network = exam_network() if args.bif is None else read_bif(args.bif)
    if args.all:
        answers = {
            letter: query(network, text, args.method)
            for letter, text in EXAM_QUERIES.items()
        }
        if args.json:
            print(
                json.dumps(
                    [
                        {"letter": letter, **answer.to_dict()}
                        for letter, answer in answers.items()
                    ],
                    indent=2,
                )
            )
        else:
            print(
                "\n".join(f"{letter}) {answer}" for letter, answer in answers.items())
            )
    else:
        answer = query(network, args.text, args.method)
        print(json.dumps(answer.to_dict()) if args.json else answer)
    return 0
