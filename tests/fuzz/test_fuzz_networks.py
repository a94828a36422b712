"""Networks, damaged: refused with a typed error, or sound, and answered as the sums over their worlds."""

import decimal
import fractions
import random
from types import SimpleNamespace

import numpy as np
from counting import fuzz
from hypothesis import strategies as st
from plain_networks import Plain, Worlds, make_plain, outcome, seeded

from tp1.bayes import (
    BayesError,
    ImpossibleEvidence,
    Network,
    Query,
    Variable,
    do,
    joint,
    query,
)

NAMES = ["A", "B", "\u0410", "e\u0301", "é", " ", "\x00", "\ud800", "X" * 300]
STATES = ["0", "1", "00", "\uff11", "", "\u202e", "True"]
HUGE = 10**5000


ENTRIES = [
    *(float("nan"), float("inf"), -float("inf"), -0.0, 1e308, 5e-324, -1e-320, -1e-9),
    *(
        0,
        1,
        2,
        -1,
        10**400,
        -(10**400),
        HUGE,
        True,
        False,
        None,
        0.5j,
        "0.5",
        b"0.5",
        "",
    ),
    *(decimal.Decimal("0.5"), decimal.Decimal("NaN"), fractions.Fraction(1, 3)),
    *(np.float16(0.3), np.float32(0.1), np.longdouble(0.1), np.datetime64("2020")),
    *(
        [],
        [0.5],
        [0.5, 0.5],
        {},
        {0.5},
        (),
        object(),
        ...,
        np.ma.masked,
        np.nan,
    ),
]
TABLES = [
    *(None, 3, HUGE, "table", b"", {}, {0.5}, [], [[]], [[[]]], ..., object()),
    *(
        np.zeros((0, 2)),
        np.broadcast_to(0.5, (2,) * 40),
        np.array(0.5),
        np.array(["0.5"]),
    ),
    *(np.ma.array([0.5, 0.5], mask=[True, False]), np.ma.array([[0.5, 0.5]] * 2)),
    *(
        np.broadcast_to(0.5, (2, 2)),
        np.full((2, 2), 0.5)[:, ::-1],
    ),
    *(np.array([0.5, 0.5], dtype=object), np.array([0.5 + 0j, 0.5]), (0.5, 0.5)),
    *(
        np.rec.array([(0.5, 0.5)]),
        np.array([1, 0], dtype="m8[s]"),
        range(2),
        iter([1, 0]),
    ),
]
OTHERS = [
    None,
    0,
    HUGE,
    1.5,
    "",
    "A",
    b"A",
    [],
    (),
    {},
    {"A"},
    iter("A"),
    range(2),
    ...,
]


def damage(rng: random.Random, parts: SimpleNamespace) -> None:
    """Change one thing of the parts of a network: variables, parents, cpts."""
    name = rng.choice(list(parts.cpts) or ["A"])
    kind = rng.randrange(12)
    if kind == 0:
        parts.parents[name] = rng.choice(
            [
                [name],
                ["A", "A"],
                ["Z"],
                "A",
                None,
                {"A"},
                iter("A"),
                [HUGE],
                [[]],
                ("A",),
            ]
        )
    elif kind == 1:
        # A cycle, or one edge more than the tables know of.
        parts.parents[name] = rng.sample(list(parts.cpts), min(2, len(parts.cpts)))
    elif kind == 2:
        parts.variables = rng.choice(
            [
                *(None, 3, [], [None], "AB", {}, iter(parts.variables)),
                *(parts.variables * 2, parts.variables[:-1], parts.variables[::-1]),
            ]
        )
    elif kind == 3:
        parts.parents = rng.choice([None, [], "A", {HUGE: ()}, {"Z": ()}, {None: ()}])
    elif kind == 4:
        parts.cpts = rng.choice([None, [], {}, {**parts.cpts, "Z": [1.0]}, {HUGE: [1]}])
    elif kind == 5:
        parts.cpts[name] = rng.choice(TABLES)
    elif kind == 6:
        parts.cpts.pop(name, None)
    elif kind == 7:
        table = parts.cpts.get(name)
        parts.cpts[name] = [table, [table], (table, table)][rng.randrange(3)]
    else:
        change_entry(rng, parts, name)


def change_entry(rng: random.Random, parts: SimpleNamespace, name: str) -> None:
    """Change an entry of a table given as lists: to something odd, by little, or by a missing neighbour."""
    row = parts.cpts.get(name)
    while isinstance(row, list) and row and isinstance(row[0], list):
        row = rng.choice(row)
    if not isinstance(row, list) or not row:
        return
    at, kind = rng.randrange(len(row)), rng.randrange(4)
    if kind == 0 and isinstance(row[at], float):
        row[at] += rng.choice([1e-3, -1e-3, 1e-9, -1e-9, 9e-10, 1e-13, -1e-16])
    elif kind == 1:
        rng.choice([row.append, lambda _: row.pop()])(0.0)
    else:
        row[at] = rng.choice(ENTRIES)


def check_sound(rng: random.Random, network: Network, given: SimpleNamespace) -> None:
    """Check a network that was accepted: its tables are those given, and its answers those of its worlds."""
    for name, table in network.cpts.items():
        assert not table.flags.writeable
        assert ((table >= 0) & (table <= 1)).all()
        np.testing.assert_allclose(table.sum(axis=-1), 1, atol=1e-14)
        meant = np.array(given.cpts[name], dtype=float)
        np.testing.assert_allclose(table, meant, rtol=0, atol=2e-9)
    assert abs(joint(network).sum() - 1) < 1e-12
    plain = Plain(
        {v.name: list(v.states) for v in network.variables},
        {name: list(network.parents[name]) for name in network.names},
        {},
    )
    for name, table in network.cpts.items():
        rows = table.reshape(-1, table.shape[-1]).tolist()
        plain.rows[name] = dict(zip(plain.configurations(name), rows, strict=True))
    check_answers(rng, network, Worlds(plain))


def check_answers(rng: random.Random, network: Network, worlds: Worlds) -> None:
    names = rng.sample(network.names, len(network.names))
    states = {name: rng.choice(network[name].states) for name in names}
    evidence = {name: states[name] for name in names[1:2]}
    done = {name: states[name] for name in names[2:3]}
    asked = Query(names[:1], evidence=evidence, interventions=done)
    right = worlds.answer(names[:1], {}, evidence, done)
    for method in ("joint", "contraction"):
        found = outcome(lambda how=method: query(network, asked, how))
        if right is None:
            assert type(found) is ImpossibleEvidence
        else:
            np.testing.assert_allclose(found.probabilities, right, atol=1e-12)
    assert abs(joint(do(network, done)).sum() - 1) < 1e-12


def parts_of(plain: Plain) -> SimpleNamespace:
    return SimpleNamespace(
        variables=[Variable(name, tuple(own)) for name, own in plain.states.items()],
        parents=dict(plain.parents),
        cpts={name: plain.table(name).tolist() for name in plain.states},
    )


@fuzz(14_000, seed=st.integers(0, 2**40), changes=st.integers(0, 3))
def test_damaged_networks(seed, changes):
    rng = seeded(seed)
    names = rng.sample(NAMES, rng.randint(1, 4))
    parts = parts_of(make_plain(seed, names, [s for s in STATES if s]))
    for _ in range(changes):
        if [type(part) for part in vars(parts).values()] == [list, dict, dict]:
            damage(rng, parts)
    found = outcome(lambda: Network(parts.variables, parts.parents, parts.cpts))
    if changes == 0:
        assert isinstance(found, Network)
    if isinstance(found, BayesError):
        assert 0 < len(str(found)) < 3000
    else:
        check_sound(rng, found, parts)


@fuzz(
    3_000,
    name=st.one_of(st.sampled_from(NAMES), st.sampled_from(OTHERS)),
    states=st.one_of(
        st.lists(
            st.one_of(st.sampled_from(STATES), st.sampled_from(OTHERS)), max_size=3
        ),
        st.sampled_from(OTHERS),
    ),
)
def test_damaged_variables(name, states):
    meant = list(states) if isinstance(states, list | tuple | range) else None
    found = outcome(lambda: Variable(name, states))
    sound = (
        meant is not None
        and all(isinstance(text, str) and text for text in [name, *meant])
        and len({*meant}) == len(meant) > 0
    )
    assert isinstance(found, Variable) == sound
    if not isinstance(found, Variable):
        return
    assert (found.name, list(found.states)) == (name, meant)


@fuzz(
    3_000,
    seed=st.integers(0, 2**40),
    scale=st.sampled_from([0, 1e-17, 1e-12, 9e-10, 2e-9, 1e-3, 1e300]),
)
def test_rows_off_by_little_or_much(seed, scale):
    """A row within the tolerance is made to sum to 1, a row beyond is refused; nothing between."""
    rng = seeded(seed)
    parts = parts_of(make_plain(seed, ["A", "B", "é"], ["0", "1", "2"]))
    name = rng.choice(list(parts.cpts))
    table = np.array(parts.cpts[name], dtype=float)
    cell = tuple(rng.randrange(size) for size in table.shape)
    table[cell] += rng.choice([-1, 1]) * scale
    parts.cpts[name] = table
    found = outcome(lambda: Network(parts.variables, parts.parents, parts.cpts))
    off = np.abs(table.sum(axis=-1) - 1).max() > 1e-9 or table.min() < 0
    assert isinstance(found, BayesError if off else Network)
    if not off:
        check_sound(rng, found, parts)
