"""Queries, and their text: ``P(R, G | do(S=s1), D=d0)``.

The grammar, in which spaces mean nothing outside quotes::

    query       = "P" "(" target {"," target} ["|" given {"," given}] ")"
    target      = name ["=" state]
    given       = assignment | "do" "(" assignment {"," assignment} ")"
    assignment  = name "=" state
    name, state = characters other than spaces and , | ( ) = "   or any text between double quotes

A name such as ``v1.2-b`` needs no quotes; between quotes, a backslash precedes a quote or a backslash.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from tp1.bayes.errors import ContradictoryQuery, QueryError, QuerySyntaxError, shorten
from tp1.bayes.network import Network
from tp1.bayes.variable import first_repeated

# A query on a network of thousands of variables fits; a file passed by mistake does not.
MAX_LENGTH = 100_000

TOKEN = re.compile(
    r"""\s*(?: (?P<mark>[,|()=])
             | (?P<word>[^\s,|()="]+)
             | "(?P<quoted>(?:[^"\\]|\\.)*)"
             | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL,
)
BARE = re.compile(r'[^\s,|()="]+')


@dataclass(frozen=True)
class Query:
    """A question put to a network: P(targets | do(interventions), evidence).

    Parameters
    ----------
    targets : sequence of str
        The variables asked, in the order of the axes of the answer.
    asked : mapping from str to str
        The one state that is asked of some targets, as in P(G=g1 | …); the others are asked whole.
    evidence : mapping from str to str
        The state observed of some variables.
    interventions : mapping from str to str
        The state imposed on some variables.

    Raises
    ------
    ContradictoryQuery
        If a variable plays two roles.
    QueryError
        If there is no target, or a name is not a string.
    """

    targets: tuple[str, ...]
    asked: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    interventions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        mappings = (self.asked, self.evidence, self.interventions)
        if not isinstance(self.targets, Iterable) or not all(
            isinstance(m, Mapping) for m in mappings
        ):
            raise QueryError(
                "targets are names; asked, evidence and interventions map names to states"
            )
        targets = (
            (self.targets,) if isinstance(self.targets, str) else tuple(self.targets)
        )
        object.__setattr__(self, "targets", targets)
        for role in ("asked", "evidence", "interventions"):
            object.__setattr__(self, role, MappingProxyType(dict(getattr(self, role))))
        _refuse_contradictions(self)

    def __hash__(self) -> int:
        mappings = (self.asked, self.evidence, self.interventions)
        return hash(
            (self.targets, *(frozenset(mapping.items()) for mapping in mappings))
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Query, (
            self.targets,
            dict(self.asked),
            dict(self.evidence),
            dict(self.interventions),
        )

    def __str__(self) -> str:
        """Return the canonical text, which `parse` reads back as an equal query."""
        targets = [
            _assignment(name, self.asked[name]) if name in self.asked else _quote(name)
            for name in self.targets
        ]
        givens = [_assignment(*pair) for pair in self.evidence.items()]
        if self.interventions:
            givens.insert(
                0,
                f"do({', '.join(_assignment(*pair) for pair in self.interventions.items())})",
            )
        return f"P({', '.join(targets)}{' | ' if givens else ''}{', '.join(givens)})"


def parse(text: str, network: Network | None = None) -> Query:
    """Read a query as people write it.

    Parameters
    ----------
    text : str
        For instance ``"P(G | do(L=l1), R=r1)"``, ``"P(G=g1 | L=l1)"`` or ``"P(R, G | D=d1)"``.
    network : Network, optional
        If given, every variable and state must exist in it.

    Raises
    ------
    QuerySyntaxError
        With the position of the fault.
    ContradictoryQuery
        For a variable asked twice, given two different states, or in two of the roles asked, observed and
        intervened on.
    UnknownVariable, UnknownState
        With the nearest names.
    """
    asked = _Reader(text).query()
    if network is not None:
        check(asked, network)
    return asked


def check(query: Query, network: Network) -> None:
    """Raise `UnknownVariable` or `UnknownState` unless the network has all that the query names."""
    for name in query.targets:
        network.axis(name)
    for mapping in (query.asked, query.interventions, query.evidence):
        for name, state in mapping.items():
            network.index(name, state)


class _Token(NamedTuple):
    kind: str  # "mark", "word", "quoted" or "end"
    text: str
    position: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else shorten(self.text)


class _Reader:
    """A recursive-descent parser whose grammar does not recurse: no text can nest it deeply."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise QueryError(
                f"a query is a text such as 'P(G | R=r1)', not {type(text).__name__}"
            )
        if len(text) > MAX_LENGTH:
            raise QuerySyntaxError(
                text,
                MAX_LENGTH,
                f"the query has {len(text)} characters; at most {MAX_LENGTH}",
            )
        self.text = text
        self.tokens = list(self._tokens())
        self.at = 0

    def _tokens(self) -> Iterable[_Token]:
        position, kind = 0, ""
        while kind != "end":
            match = TOKEN.match(self.text, position)
            if match is None:
                raise QuerySyntaxError(
                    self.text,
                    self.text.index('"', position),
                    "this quote is never closed",
                )
            kind = str(match.lastgroup)
            yield _Token(kind, match[kind], match.start(kind))
            position = match.end()

    def query(self) -> Query:
        targets: list[str] = []
        asked: dict[str, str] = {}
        given: dict[str, dict[str, str]] = {"observed": {}, "intervened on": {}}
        if not self.next_is("P"):
            self.fail("a query begins with P(")
        self.at += 1
        self.expect("(", "after P")
        while True:
            targets.append(self.name("a variable"))
            if self.accept("="):
                _assign(asked, targets[-1], self.name("a state"), "asked")
            if not self.accept(","):
                break
        if self.accept("|"):
            while True:
                if self.next_is("do") and self.tokens[self.at + 1][:2] == ("mark", "("):
                    self.at += 2
                    self.assignment(given["intervened on"], "intervened on")
                    while self.accept(","):
                        self.assignment(given["intervened on"], "intervened on")
                    self.expect(")", "to close do(")
                else:
                    self.assignment(given["observed"], "observed")
                if not self.accept(","):
                    break
        self.expect(")", "to close P(")
        if self.tokens[self.at].kind != "end":
            self.fail("expected nothing after the closing ')'")
        return Query(tuple(targets), asked, given["observed"], given["intervened on"])

    def assignment(self, states: dict[str, str], role: str) -> None:
        name = self.name("a variable")
        self.expect("=", f"and the state of {shorten(name)}")
        _assign(states, name, self.name("a state"), role)

    def name(self, what: str) -> str:
        token = self.tokens[self.at]
        if token.kind not in ("word", "quoted"):
            self.fail(f"expected {what}")
        self.at += 1
        return (
            re.sub(r"\\(.)", r"\1", token.text, flags=re.DOTALL)
            if token.kind == "quoted"
            else token.text
        )

    def next_is(self, word: str) -> bool:
        return self.tokens[self.at][:2] == ("word", word)

    def accept(self, mark: str) -> bool:
        found = self.tokens[self.at][:2] == ("mark", mark)
        self.at += found
        return found

    def expect(self, mark: str, why: str) -> None:
        if not self.accept(mark):
            self.fail(f"expected '{mark}' {why}")

    def fail(self, problem: str) -> None:
        token = self.tokens[self.at]
        raise QuerySyntaxError(self.text, token.position, f"{problem}, found {token}")


def _assign(states: dict[str, str], name: str, state: str, role: str) -> None:
    if states.setdefault(name, state) != state:
        raise ContradictoryQuery(
            f"{shorten(name)} is {role} twice, as {shorten(states[name])} and as {shorten(state)}; keep one"
        )


def _refuse_contradictions(query: Query) -> None:
    mappings = (query.asked, query.evidence, query.interventions)
    names = [
        *query.targets,
        *(name for mapping in mappings for pair in mapping.items() for name in pair),
    ]
    if not all(isinstance(name, str) for name in names):
        raise QueryError(
            "the variables and states of a query must be given by name, as strings"
        )
    if not query.targets:
        raise QueryError("a query asks at least one variable")
    if repeated := first_repeated(query.targets):
        raise ContradictoryQuery(f"{shorten(repeated)} is asked twice; ask it once")
    if extra := query.asked.keys() - set(query.targets):
        raise ContradictoryQuery(
            f"a state of {shorten(min(extra))} is asked, which is not among the targets"
        )
    roles = {
        "asked": query.targets,
        "observed": query.evidence,
        "intervened on": query.interventions,
    }
    for one, other in (
        ("asked", "observed"),
        ("asked", "intervened on"),
        ("observed", "intervened on"),
    ):
        for name in roles[one]:
            if name in roles[other]:
                raise ContradictoryQuery(
                    f"{shorten(name)} is both {one} and {other}; give it one role"
                )


def _assignment(name: str, state: str) -> str:
    return f"{_quote(name)}={_quote(state)}"


def _quote(name: str) -> str:
    if BARE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
