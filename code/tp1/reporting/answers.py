"""The answers on one page: what is asked, what comes out, and where the report argues it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from IPython.display import Markdown

from tp1.bayes import EXAM_QUERIES, Network, query
from tp1.experiments.plans import Config
from tp1.reporting.bayes import answer_cells, formula, question_cell
from tp1.reporting.final import Choice
from tp1.reporting.french import NBSP, THIN_NBSP, Text, number
from tp1.reporting.results import RATES_AND_BATCHES, Grid
from tp1.reporting.table import markdown_table
from tp1.reporting.words import extras, plus_minus, rate

WHERE = "Où"


class Outcome(NamedTuple):
    """A line of the results: a table that the assignment asks for, if any, and what was chosen for the test.

    Attributes
    ----------
    name : str
        Of the model and its optimiser.
    grid : Grid or None
    choice : Choice
    sections : tuple of str
        The labels of the sections that argue it.
    """

    name: str
    grid: Grid | None
    choice: Choice
    sections: tuple[str, ...]


def queries_table(
    network: Network, lessons: Mapping[str, str], sections: Mapping[str, str]
) -> Markdown:
    """Lay out the answers to the assignment's sixteen queries.

    Parameters
    ----------
    network : Network
    lessons : mapping of letter to str
        What each answer shows.
    sections : mapping of letters to str
        The label of the section that argues these answers.
    """
    place = {letter: label for letters, label in sections.items() for letter in letters}
    rows = []
    for letter, text in EXAM_QUERIES.items():
        answer = query(network, text)
        cells = answer_cells(answer, digits=4)
        rows.append(
            [
                question_cell(letter, answer),
                formula(str(answer.query)),
                *cells,
                *[""] * (3 - len(cells)),
                lessons[letter],
                where(place[letter]),
            ]
        )
    header = ["Q.", "Loi", "état 0", "état 1", "état 2", "Ce qu'elle montre", WHERE]
    return markdown_table(header, rows, "llrrrll")


def outcomes_table(outcomes: Sequence[Outcome]) -> Markdown:
    """Lay out the best cell of every table that is asked for, and what the chosen models reach."""
    header = [
        "Modèle",
        f"Meilleure cellule{NBSP}(%)",
        "Choisi en validation",
        f"Validation{NBSP}(%)",
        f"Test{NBSP}: perte",
        f"Test{NBSP}(%)",
        WHERE,
    ]
    rows = [
        [
            name,
            _best_cell(grid) if grid else "–",
            _short(choice.config),
            plus_minus(choice.val_accuracy, 2),
            plus_minus(choice.test_loss, 3, scale=1),
            plus_minus(choice.test_accuracy, 2),
            where(*sections),
        ]
        for name, grid, choice, sections in outcomes
    ]
    return markdown_table(header, rows, "lllrrrl")


def where(*labels: str) -> Text:
    """Refer to sections by their numbers; the template of the PDF writes their pages instead."""
    return Text(", ".join(f"[§ @{label}]" for label in labels))


def _best_cell(grid: Grid) -> str:
    cell = grid.best_cell()
    reached = plus_minus(grid.values()[cell], 2)
    return f"{reached} ({_varied(grid, grid.config(cell))})"


def _varied(grid: Grid, config: Config) -> str:
    return _steps(config) if grid.axes == RATES_AND_BATCHES else _shape(config)


def _short(config: Config) -> str:
    parts = [_shape(config)] if config.depth else []
    return ", ".join([*parts, _steps(config), *extras(config)])


def _shape(config: Config) -> str:
    return f"$L = {config.depth}$, $n = {_tex(number(config.width, 0))}$"


def _steps(config: Config) -> str:
    size = _tex(number(config.batch_size, 0))
    return rf"$\eta = {_tex(rate(config.lr))}$, $B = {size}$"


def _tex(shown: str) -> str:
    return shown.replace(",", "{,}").replace(THIN_NBSP, r"\,")
