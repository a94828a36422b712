"""The network and the sixteen queries of the assignment, as data."""

from functools import cache

from numpy.typing import ArrayLike

from tp1.bayes.network import Network
from tp1.bayes.variable import Variable

EXAM_VARIABLES = (
    Variable("S", ("s0", "s1"), "se préparer aux examens et bien faire les devoirs"),
    Variable("D", ("d0", "d1"), "difficultés avant l'examen"),
    Variable("R", ("r0", "r1"), "réussir l'entretien technique"),
    Variable("G", ("g0", "g1", "g2"), "note dans le cours"),
    Variable("L", ("l0", "l1"), "liste d'honneur"),
)

EXAM_PARENTS = {"S": (), "D": (), "R": ("S",), "G": ("S", "D"), "L": ("G",)}

EXAM_CPTS: dict[str, ArrayLike] = {
    "S": [0.2, 0.8],
    "D": [0.9, 0.1],
    "R": [
        [0.9, 0.1],  # s0
        [0.2, 0.8],  # s1
    ],
    "G": [
        [[0.5, 0.3, 0.2], [0.9, 0.08, 0.02]],  # s0: d0, d1
        [[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]],  # s1: d0, d1
    ],
    "L": [
        [0.9, 0.1],  # g0
        [0.6, 0.4],  # g1
        [0.01, 0.99],  # g2
    ],
}

EXAM_QUERIES = {
    "a": "P(G)",
    "b": "P(G | R=r1)",
    "c": "P(G | R=r0)",
    "d": "P(G | R=r1, S=s0)",
    "e": "P(G | R=r0, S=s0)",
    "f": "P(R | D=d1)",
    "g": "P(R | D=d0)",
    "h": "P(R | D=d1, G=g2)",
    "i": "P(R | D=d0, G=g2)",
    "j": "P(R | D=d1, L=l1)",
    "k": "P(R | D=d0, L=l1)",
    "l": "P(R | do(G=g2))",
    "m": "P(R | G=g2)",
    "n": "P(R)",
    "o": "P(G | do(L=l1))",
    "p": "P(G=g1 | L=l1)",
}


@cache
def exam_network() -> Network:
    """Return the network of the assignment: S → R, S → G, D → G, G → L, with axes S, D, R, G, L."""
    return Network(EXAM_VARIABLES, EXAM_PARENTS, EXAM_CPTS)
