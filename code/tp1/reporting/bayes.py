"""Part 1's tables: every cell is asked of `tp1.bayes`, and leaves as Markdown text."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from IPython.display import Markdown

from tp1.bayes import (
    EXAM_QUERIES,
    Distribution,
    Junction,
    Network,
    descendants,
    joint,
    marginal,
    parse,
    paths,
    query,
)
from tp1.reporting.french import NBSP, number
from tp1.reporting.table import markdown_table

ROLES = {"fork": "fourche", "chain": "chaîne", "collider": "collisionneur"}
ARROWS = {"→": r" \rightarrow ", "←": r" \leftarrow "}


class Odds(NamedTuple):
    """What an observation does to the odds of preparation, P(s1) / P(s0).

    Attributes
    ----------
    unprepared, prepared : float
        The probability of the observation given s0, and given s1.
    """

    unprepared: float
    prepared: float

    @property
    def ratio(self) -> float:
        """The likelihood ratio: what the odds are multiplied by."""
        return self.prepared / self.unprepared


def odds(network: Network, seen: str, given: str) -> Odds:
    """Weigh an observation, ``"G=g2"``, as evidence for preparation where `given`, ``"D=d1"``, is known."""
    unprepared, prepared = (
        float(query(network, f"P({seen} | S={s}, {given})")) for s in ("s0", "s1")
    )
    return Odds(unprepared, prepared)


def information(network: Network, x: str, y: str, given: Iterable[str] = ()) -> float:
    """Return the conditional mutual information I(X; Y | Z) in bits: 0 if and only if X ⊥ Y | Z.

    Notes
    -----
    Equation ``@eq-information``, summed over the joint.
    """
    P, (i, j), z = (
        joint(network),
        (network.axis(x), network.axis(y)),
        {network.axis(name) for name in given},
    )
    P_xyz, P_xz, P_yz, P_z = (
        marginal(P, axes) for axes in (z | {i, j}, z | {i}, z | {j}, z)
    )
    ratio = np.divide(
        P_xyz * P_z, P_xz * P_yz, out=np.ones_like(P_xyz), where=P_xyz > 0
    )
    return float((P_xyz * np.log2(ratio)).sum())  # @eq-information


def formula(text: str) -> str:
    r"""Write a query as mathematics: ``P(G | do(L=l1))`` gives ``$P(G \mid \mathrm{do}(L=l_1))$``."""
    text = re.sub(r"\b([a-z])(\d)\b", r"\1_\2", text)
    return "$" + text.replace("|", r"\mid").replace("do(", r"\mathrm{do}(") + "$"


def state_symbol(state: str) -> str:
    """Write a state as mathematics: ``g2`` gives ``$g_2$``."""
    return f"${state[0]}_{state[1:]}$"


def cpt_table(network: Network) -> Markdown:
    """Lay out every CPT, a row per configuration of the parents, and the shape of its factor."""
    rows = []
    for name in network.names:
        members = [network[parent] for parent in network.parents[name]]
        symbol = formula(
            f"P({name} | {', '.join(network.parents[name])})"
            if members
            else f"P({name})"
        )
        shape = [
            len(v.states) if v.name in (*network.parents[name], name) else 1
            for v in network.variables
        ]
        for cell in np.ndindex(*(len(member.states) for member in members)):
            where = ", ".join(
                state_symbol(member.states[index])
                for member, index in zip(members, cell, strict=True)
            )
            values = [number(p, 2) for p in network.cpts[name][cell]]
            is_first = not any(cell)
            shown = "(" + ", ".join(map(str, shape)) + ")" if is_first else ""
            rows.append(
                [
                    symbol if is_first else "",
                    where,
                    *values,
                    *[""] * (3 - len(values)),
                    shown,
                ]
            )
    return markdown_table(
        ["Table", "Parents", "état 0", "état 1", "état 2", "Forme du facteur"],
        rows,
        "llrrrr",
    )


def distribution_table(
    network: Network, answers: Mapping[str, Distribution], through: str = ""
) -> Markdown:
    """Lay out answers about one variable, a row each.

    Parameters
    ----------
    network : Network
        Where the answers come from.
    answers : mapping of str to Distribution
        The letter of the question, or any other name for a query that the assignment does not ask.
    through : str
        A state such as ``"S=s1"`` whose probability, in the same circumstances, fills one more column.

    Raises
    ------
    ValueError
        If an answer under a letter is not the answer to the assignment's question of that letter.
    """
    variable = next(iter(answers.values())).variables[0]
    header = ["Question", "Loi", *map(state_symbol, variable.states)]
    if through:
        header.append(rf"$P({through[2]}_{through[3:]} \mid \cdot)$")
    rows = []
    for letter, answer in answers.items():
        row = [
            question_cell(letter, answer),
            formula(str(answer.query)),
            *answer_cells(answer),
        ]
        if through:
            text = str(answer.query).replace(f"P({variable.name}", f"P({through}", 1)
            row.append(number(float(query(network, text))))
        rows.append(row)
    return markdown_table(header, rows, "ll" + "r" * (len(header) - 2))


def answers_table(network: Network, questions: Mapping[str, str]) -> Markdown:
    """Lay out the answer to every question, and which other answers it equals."""
    answers = {letter: query(network, text) for letter, text in questions.items()}
    rows = []
    for letter, answer in answers.items():
        twins = [
            other
            for other, that in answers.items()
            if other != letter
            and that.states == answer.states
            and np.allclose(
                that.probabilities, answer.probabilities, rtol=0, atol=1e-12
            )
        ]
        cells = answer_cells(answer, digits=4)
        rows.append(
            [
                question_cell(letter, answer),
                formula(str(answer.query)),
                "faire" if answer.query.interventions else "voir",
                *cells,
                *[""] * (3 - len(cells)),
                ", ".join(twins),
            ]
        )
    return markdown_table(
        ["Question", "Loi", "Mode", "état 0", "état 1", "état 2", "égale à"],
        rows,
        "lllrrrl",
    )


def separation_table(
    network: Network, statements: Sequence[tuple[str, str, str, Iterable[str]]]
) -> Markdown:
    """Lay out statements: their path, what decides on it, and the information on the joint.

    Parameters
    ----------
    network : Network
        Where a single path joins any pair that is asked.
    statements : sequence of (str, str, str, iterable of str)
        The letters of the questions that turn on it, then x, y and the observed variables.

    Raises
    ------
    ValueError
        If several paths join a pair, or none: a row has room for one.
    """
    rows = []
    for letters, x, y, given in statements:
        observed = tuple(given)
        (path,) = paths(network, x, y, observed)
        deciding = [j for j in path.junctions if j.open == path.open]
        line = path.nodes[0] + "".join(
            ARROWS[arrow] + node
            for arrow, node in zip(path.arrows, path.nodes[1:], strict=True)
        )
        rows.append(
            [
                letters.replace(" ", NBSP),
                f"${x}, {y}" + (rf" \mid {', '.join(observed)}$" if observed else "$"),
                f"${line}$",
                "ouvert" if path.open else "**bloqué**",
                ", ".join(_reason(network, junction) for junction in deciding)
                or "arête directe",
                number(1000 * abs(information(network, x, y, observed)), 2),
            ]
        )
    return markdown_table(
        ["Questions", "Énoncé", "Chemin", "État", "Raison", "mbit"], rows, "lllllr"
    )


def odds_table(network: Network, seen: Sequence[str], given: Sequence[str]) -> Markdown:
    """Lay out what each observation does to the odds of preparation, then to the interview."""
    header = [
        "Vu", "Sachant", r"$P(\text{vu} \mid s_0, d)$", r"$P(\text{vu} \mid s_1, d)$", "rapport", "cote",
        "$P(s_1)$", "$P(r_1)$",
    ]  # fmt: skip
    rows = []
    for observation in seen:
        for known in given:
            weight = odds(network, observation, known)
            s1 = query(network, f"P(S | {known}, {observation})")["s1"]
            r1 = query(network, f"P(R | {known}, {observation})")["r1"]
            weights = [
                number(weight.unprepared),
                number(weight.prepared),
                number(weight.ratio, 2),
            ]
            after = [number(s1 / (1 - s1), 1), number(s1), number(r1)]
            rows.append(
                [
                    state_symbol(observation[2:]),
                    state_symbol(known[2:]),
                    *weights,
                    *after,
                ]
            )
    return markdown_table(header, rows, "ll" + "r" * 6)


def levers_table(
    network: Network, interventions: Sequence[str], outcomes: Sequence[str]
) -> Markdown:
    """Lay out the probability of each outcome under each intervention, in bold where it moves."""
    before = [float(query(network, f"P({outcome})")) for outcome in outcomes]
    rows = [["rien", *map(number, before)]]
    for intervention in interventions:
        row = [formula(f"do({intervention})")]
        for outcome, origin in zip(outcomes, before, strict=True):
            if outcome == intervention:
                row.append("imposé")
                continue
            p = float(query(network, f"P({outcome} | do({intervention}))"))
            row.append(number(p) if np.isclose(p, origin) else f"**{number(p)}**")
        rows.append(row)
    return markdown_table(
        ["On impose", *(formula(f"P({outcome[2:]})") for outcome in outcomes)], rows
    )


def answer_cells(answer: Distribution, digits: int = 3) -> list[str]:
    """Write the probability of each state of the variable; empty for one that is not asked."""
    asked = dict(zip(answer.states[0], answer.probabilities.tolist(), strict=True))
    return [
        number(asked[state], digits) if state in asked else ""
        for state in answer.variables[0].states
    ]


def question_cell(letter: str, answer: Distribution) -> str:
    """Write the letter of a question; empty for a query that the assignment does not ask.

    Raises
    ------
    ValueError
        If the answer is not the answer to the assignment's question of that letter.
    """
    if letter not in EXAM_QUERIES:
        return ""
    if parse(EXAM_QUERIES[letter]) != answer.query:
        raise ValueError(
            f"question {letter} is {EXAM_QUERIES[letter]}, not {answer.query}"
        )
    return f"**{letter}**"


def _reason(network: Network, junction: Junction) -> str:
    node = f"{ROLES[junction.role]} ${junction.name}$"
    if junction.role != "collider":
        return f"{node} " + ("libre" if junction.open else "observée")
    if not junction.open:
        below = "".join(
            f", ni ${name}$"
            for name in network.names
            if name in descendants(network, junction.name)
        )
        return f"{node} non observé{below}"
    opener = ", ".join(junction.because)
    return (
        f"{node} observé"
        if opener == junction.name
        else f"{node} ouvert par ${opener}$"
    )
