"""Part 1: exact inference on discrete Bayesian networks, from the joint or by contraction.

>>> from tp1.bayes import exam_network, query
>>> round(query(exam_network(), "P(R | do(G=g2))")["r1"], 2)
0.66
"""

from tp1.bayes.bif import read_bif
from tp1.bayes.errors import (
    BayesError,
    BifError,
    ContradictoryQuery,
    CyclicNetwork,
    DuplicateName,
    ImpossibleEvidence,
    InvalidCpt,
    NetworkError,
    NetworkTooLarge,
    QueryError,
    QuerySyntaxError,
    UnknownParent,
    UnknownState,
    UnknownVariable,
)
from tp1.bayes.exam import EXAM_QUERIES, exam_network
from tp1.bayes.graph import (
    Junction,
    Path,
    active_paths,
    ancestors,
    d_separated,
    descendants,
    paths,
)
from tp1.bayes.inference import Distribution, query
from tp1.bayes.joint import condition, do, factor, joint, marginal
from tp1.bayes.network import Network
from tp1.bayes.parsing import Query, parse
from tp1.bayes.variable import Variable

__all__ = [
    "EXAM_QUERIES",
    "BayesError",
    "BifError",
    "ContradictoryQuery",
    "CyclicNetwork",
    "Distribution",
    "DuplicateName",
    "ImpossibleEvidence",
    "InvalidCpt",
    "Junction",
    "Network",
    "NetworkError",
    "NetworkTooLarge",
    "Path",
    "Query",
    "QueryError",
    "QuerySyntaxError",
    "UnknownParent",
    "UnknownState",
    "UnknownVariable",
    "Variable",
    "active_paths",
    "ancestors",
    "condition",
    "d_separated",
    "descendants",
    "do",
    "exam_network",
    "factor",
    "joint",
    "marginal",
    "parse",
    "paths",
    "query",
    "read_bif",
]
