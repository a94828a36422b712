"""Queries, mutated and odd: answered as the sum over every world says, or refused with a typed error.

What a text means is read a second time, by `query_grammar`; what the answer is, summed by `plain_networks`.
"""

import contextlib
import io
import json
import random

import numpy as np
from counting import fuzz
from hypothesis import strategies as st
from plain_networks import Plain, Worlds, make_plain, outcome, seeded
from query_grammar import Reading, read

from tp1.__main__ import main
from tp1.bayes import (
    BayesError,
    ContradictoryQuery,
    Distribution,
    ImpossibleEvidence,
    Query,
    QueryError,
    QuerySyntaxError,
    UnknownState,
    UnknownVariable,
    exam_network,
    parse,
    query,
)
from tp1.bayes.parsing import MAX_LENGTH

EXAM = exam_network()
METHODS = ("auto", "joint", "contraction")
# Names that look like the grammar, like each other, or like nothing.
NAMES = [
    "A",
    "P",
    "do",
    "rain-1.0",
    "é",
    "e\u0301",
    "a b",
    'q"',
    "b\\",
    "(,)",
    "\u0410",
]
STATES = [
    "0",
    "1",
    "=",
    "s|t",
    "do(A=0)",
    "\x00",
    "\u202e",
    " ",
    '"',
    "P",
    "\U0001f600",
]


def plain_exam() -> Plain:
    rows = {}
    for name in EXAM.names:
        keys = np.ndindex(*(len(EXAM[p].states) for p in EXAM.parents[name]))
        rows[name] = {
            tuple(
                EXAM[parent].states[i]
                for parent, i in zip(EXAM.parents[name], key, strict=True)
            ): EXAM.cpts[name][key].tolist()
            for key in keys
        }
    return Plain(
        {v.name: list(v.states) for v in EXAM.variables},
        {name: list(EXAM.parents[name]) for name in EXAM.names},
        rows,
    )


def room(seed: int) -> Worlds:
    rng = seeded(seed)
    return Worlds(make_plain(seed, rng.sample(NAMES, rng.randint(1, 5)), STATES))


WORLDS = [Worlds(plain_exam()), *(room(seed) for seed in range(40))]
NETWORKS = [EXAM, *(worlds.plain.network() for worlds in WORLDS[1:])]


def write_name(rng: random.Random, name: str) -> str:
    needs_quotes = any(c.isspace() or c in ',|()="' for c in name)
    if needs_quotes or rng.random() < 0.2:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name


def write_tokens(rng: random.Random, plain: Plain) -> list[str]:
    """Write a query that makes sense, as tokens; now and then something is given twice, alike."""
    names = rng.sample(list(plain.states), len(plain.states))
    cut = rng.randint(1, len(names))

    def pair(name: str) -> list[str]:
        state = rng.choice(plain.states[name])
        return [write_name(rng, name), "=", write_name(rng, state)]

    targets = [
        pair(name) if rng.random() < 0.3 else [write_name(rng, name)]
        for name in names[: min(cut, 3)]
    ]
    givens = [pair(name) for name in names[cut:] if rng.random() < 0.8]
    if givens and rng.random() < 0.2:
        givens.append(rng.choice(givens))
    groups: list[list[str]] = []
    while givens:
        size = rng.randint(1, 2)
        inside, givens = givens[:size], givens[size:]
        listed = [token for one in inside for token in (",", *one)][1:]
        groups.append(["do", "(", *listed, ")"] if rng.random() < 0.4 else listed)
    return [
        *("P", "(", *[token for one in targets for token in (",", *one)][1:]),
        *(["|"] if groups else []),
        *[token for one in groups for token in (",", *one)][1:],
        ")",
    ]


def join(rng: random.Random, tokens: list[str]) -> str:
    return "".join(
        token + rng.choice(["", "", " ", "\n", "\u00a0"]) for token in tokens
    )


def mutate(rng: random.Random, tokens: list[str], plain: Plain) -> list[str]:
    tokens = list(tokens)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(tokens) + 1)
        name = rng.choice(list(plain.states))
        other = rng.choice(
            [
                *(
                    "P",
                    "do",
                    "(",
                    ")",
                    ",",
                    "|",
                    "=",
                    '"',
                    '""',
                    "do(",
                    "\\",
                    "Z",
                    "\x00",
                ),
                *(
                    write_name(rng, name),
                    write_name(rng, rng.choice(plain.states[name])),
                ),
                f"do({write_name(rng, name)}={write_name(rng, plain.states[name][0])})",
                rng.choice(tokens or ["P"]),
            ]
        )
        change = rng.randrange(5)
        if change == 0:
            del tokens[at : at + 1]
        elif change == 1:
            tokens.insert(at, other)
        elif change == 2:
            tokens[at : at + 1] = [other]
        elif change == 3:
            tokens[at : at + 3] = reversed(tokens[at : at + 3])
        else:
            del tokens[at:]
    return tokens


def expected(reading: Reading, worlds: Worlds) -> np.ndarray | set[type[BayesError]]:
    """Return the answer, or the errors that say why there is none."""
    states = worlds.plain.states
    pairs = [*reading.asked, *reading.evidence, *reading.done]
    if reading.contradicts_itself():
        return {ContradictoryQuery}
    unknown: set[type[BayesError]] = set()
    if not states.keys() >= {*reading.targets, *dict(pairs)}:
        unknown.add(UnknownVariable)
    if any(state not in states.get(name, [state]) for name, state in pairs):
        unknown.add(UnknownState)
    if unknown:
        return unknown
    answer = worlds.answer(
        reading.targets, dict(reading.asked), dict(reading.evidence), dict(reading.done)
    )
    return {ImpossibleEvidence} if answer is None else answer


def check_text(text: str, number: int, method: str) -> None:
    reading = read(text)
    found = outcome(lambda: query(NETWORKS[number], text, method))
    assert len(str(found)) < 10_000
    if reading is None:
        # A contradiction is seen where it stands; the syntax may go wrong after it.
        assert type(found) in (QuerySyntaxError, ContradictoryQuery)
    elif len(text) > MAX_LENGTH:
        assert type(found) is QuerySyntaxError
    else:
        check_outcome(found, expected(reading, WORLDS[number]))


def check_outcome(
    found: Distribution | BayesError, right: np.ndarray | set[type[BayesError]]
) -> None:
    if isinstance(right, set):
        assert type(found) in right
        return
    assert isinstance(found, Distribution)
    assert found.probabilities.shape == right.shape
    np.testing.assert_allclose(found.probabilities, right, rtol=1e-12, atol=1e-13)
    assert parse(str(found.query)) == found.query


SEEDS = st.integers(0, 2**40)
ROOMS = st.integers(0, len(WORLDS) - 1)


@fuzz(10_000, seed=SEEDS, number=ROOMS, method=st.sampled_from(METHODS))
def test_queries_that_make_sense_are_answered(seed, number, method):
    rng = seeded(seed)
    text = join(rng, write_tokens(rng, WORLDS[number].plain))
    assert read(text) is not None
    check_text(text, number, method)


@fuzz(25_000, seed=SEEDS, number=ROOMS, method=st.sampled_from(METHODS))
def test_queries_with_tokens_changed(seed, number, method):
    rng = seeded(seed)
    plain = WORLDS[number].plain
    text = join(rng, mutate(rng, write_tokens(rng, plain), plain))
    check_text(text, number, method)


ODD = st.one_of(
    st.characters(),
    st.sampled_from(
        ',|()="\\Pdo \t\n\r\x00\x0b\x1c\x85\u00a0\u2028\u200b\ufeff\uff08\uff1d\ud800'
    ),
)


@fuzz(
    10_000,
    seed=SEEDS,
    number=ROOMS,
    changes=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2), ODD), max_size=4),
)
def test_queries_with_characters_changed(seed, number, changes):
    rng = seeded(seed)
    text = join(rng, write_tokens(rng, WORLDS[number].plain))
    for at, kind, character in changes:
        at %= len(text) + 1
        kept = at if kind == 0 else at + 1
        text = text[:at] + ("" if kind == 1 else character) + text[kept:]
    check_text(text, number, "auto")


@fuzz(
    3_000, text=st.one_of(st.text(ODD, max_size=60), st.text(ODD).map("P({})".format))
)
def test_noise(text):
    check_text(text, 0, "auto")


@fuzz(
    250,
    unit=st.one_of(
        st.text(ODD, min_size=1, max_size=6),
        st.sampled_from(
            [
                "(",
                "do(",
                "P(",
                "R=r1,",
                ",R",
                '"',
                '""',
                "\\",
                '"\\"',
                " ",
                "R=r1|",
                "((",
                "do(G=g1),",
            ]
        ),
    ),
    length=st.sampled_from([1_000, 20_000, 99_980, 100_000, 100_001, 300_000]),
    head=st.sampled_from(["", "P(", "P(R|", "P(R|do(", 'P("', "P(D|G=g1,"]),
    tail=st.sampled_from(["", ")", "R=r1)", '")', "G=g1))"]),
)
def test_long_queries(unit, length, head, tail):
    check_text(head + unit * (length // len(unit)) + tail, 0, "auto")


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**400), 10**400),
    st.sampled_from([10**5000, -(10**5000)]),
    st.floats(),
    st.binary(max_size=3),
    st.sampled_from(["R", "G", "g0", "r1", "", "\ud800"]),
    st.lists(st.sampled_from(["R", "G", None, 3, [], {}]), max_size=3),
    st.sampled_from(
        [{"R"}, frozenset("RG"), object(), np.array(["R", "G"]), np.nan, ...]
    ),
)
NAME = st.sampled_from([*EXAM.names, *EXAM.names, "Z"])
STATE = st.sampled_from(sorted({s for v in EXAM.variables for s in v.states}))
KEY = st.one_of(NAME, st.integers(), st.none(), st.binary(max_size=2))
PAIRS = st.one_of(
    st.dictionaries(NAME, st.one_of(STATE, STATE, STATE, WRONG), max_size=2),
    st.dictionaries(KEY, WRONG, max_size=2),
    WRONG,
)


@fuzz(
    4_000,
    targets=st.one_of(st.lists(NAME, min_size=1, max_size=3), NAME, WRONG),
    asked=st.one_of(st.just({}), PAIRS),
    evidence=PAIRS,
    done=PAIRS,
    method=st.one_of(st.sampled_from(METHODS), WRONG),
)
def test_query_objects_of_wrong_kinds(targets, asked, evidence, done, method):
    asking = outcome(lambda: Query(targets, asked, evidence, done))
    found = outcome(lambda: query(EXAM, asking, method))
    assert len(str(found)) < 10_000
    if isinstance(asking, BayesError):
        return
    if not isinstance(method, str) or method not in METHODS:
        assert type(found) is QueryError
        return
    reading = Reading(
        list(asking.targets), [*asked.items()], [*evidence.items()], [*done.items()]
    )
    check_outcome(found, expected(reading, WORLDS[0]))
    assert hash(asking) == hash(parse(str(asking)))


@fuzz(1_500, text=WRONG, method=WRONG)
def test_what_is_no_text_is_no_query(text, method):
    for asked in (text, "P(R)"):
        assert isinstance(outcome(lambda: query(EXAM, asked, method)), QueryError)  # noqa: B023


@fuzz(
    1_500,
    seed=SEEDS,
    changed=st.booleans(),
    options=st.lists(
        st.sampled_from(
            ["--json", "--method", "joint", "contraction", "--all", "--bif", "\x00"]
        ),
        max_size=2,
    ),
)
def test_the_command_line_answers_or_says_why_in_its_words(seed, changed, options):
    rng = seeded(seed)
    tokens = write_tokens(rng, WORLDS[0].plain)
    text = join(rng, mutate(rng, tokens, WORLDS[0].plain) if changed else tokens)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(["query", text, *options])
        except SystemExit as refused:
            status = refused.code
    assert status in (0, 2)
    assert (err.getvalue() == "") == (status == 0)
    assert "Traceback" not in err.getvalue()
    if status == 0:
        right = expected(read(text), WORLDS[0])
        assert isinstance(right, np.ndarray)
        if "--json" in options:
            printed = json.loads(out.getvalue())["probabilities"]
            np.testing.assert_allclose(printed, right.ravel(), rtol=1e-12, atol=1e-13)
