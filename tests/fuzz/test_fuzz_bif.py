"""BIF files, mutated by token and by byte: read as a second reading says, or refused with a typed error."""

import gzip
import random
import re
import zlib
from importlib.resources import files
from pathlib import Path

import bif_reading
import numpy as np
import pyagrum as gum
import pytest
from counting import fuzz
from hypothesis import strategies as st
from plain_networks import Plain, make_plain, outcome, seeded

from tp1.bayes import BayesError, Network, read_bif

ALARM = Path(str(files("pgmpy") / "utils" / "example_models" / "alarm.bif.gz"))
NAMES = ["A", "B", "rain-1.0", "é", "table", "default", "1", "a b", "}", "//", "X;"]
IDENTIFIERS = ["A", "b", "rain", "wet_2", "C"]
STATES = ["yes", "no", "<5", "0", "0.5", "property", "s|t", "/*", "a/b"]
SEEDS = st.integers(0, 2**40)
NUMBERS = [
    *(
        "nan",
        "inf",
        "-inf",
        "NaN",
        "1e999",
        "1e-999",
        "0x1p-1",
        "1_0",
        "-0",
        "-0.1",
        "+1",
    ),
    *(
        "0",
        "1",
        "1.0",
        ".5",
        "5.",
        ".",
        "1e",
        "1e0",
        "0.500001",
        "0.5001",
        "1" * 400,
        "٠",
    ),
]


def name_token(rng: random.Random, name: str) -> str:
    plain = re.fullmatch(r'[^\s{}\[\]()|,;"/]+(?:/(?![/*])[^\s{}\[\]()|,;"/]*)*', name)
    return name if plain and rng.random() < 0.8 else f'"{name}"'


def listed(rng: random.Random, items: list[str]) -> list[str]:
    commas = rng.random() < 0.8
    return [token for item in items for token in ([",", item] if commas else [item])][
        commas:
    ]


def write(rng: random.Random, plain: Plain) -> list[str]:
    """Write a network as tokens, its blocks in any order, its tables in any of the ways of the format."""
    blocks = []
    for name, states in plain.states.items():
        tokens = ["variable", name_token(rng, name), "{", "type", "discrete", "["]
        own = listed(rng, [name_token(rng, state) for state in states])
        tokens += [str(len(states)), "]", "{", *own, "}", ";"]
        blocks.append([*tokens, *some_property(rng), "}"])
        heading = ["probability", "(", name_token(rng, name)]
        if plain.parents[name]:
            parents = [name_token(rng, parent) for parent in plain.parents[name]]
            heading += [*rng.choice([["|"], ["|"], [","], []]), *listed(rng, parents)]
        blocks.append([*heading, ")", "{", *entries(rng, plain, name), "}"])
    if rng.random() < 0.3:
        rng.shuffle(blocks)
    opening = ["network", "n", "{", *some_property(rng), "}"]
    return [*opening, *(token for block in blocks for token in block)]


def some_property(rng: random.Random) -> list[str]:
    return rng.choice(
        [[], [], ["property", "position", "=", "(", "1", ",", "2", ")", ";"]]
    )


def entries(rng: random.Random, plain: Plain, name: str) -> list[str]:
    rows = {key: [repr(p) for p in row] for key, row in plain.rows[name].items()}
    if not plain.parents[name] or rng.random() < 0.3:
        by_state = [p for column in zip(*rows.values(), strict=True) for p in column]
        return ["table", *listed(rng, by_state), ";"]
    keys = list(rows)
    rng.shuffle(keys)
    tokens = []
    if rng.random() < 0.3:
        # The default stands for every row that is like one of them.
        usual = rows[keys[0]]
        keys = [key for key in keys if rows[key] != usual or rng.random() < 0.3]
        tokens += ["default", *listed(rng, usual), ";"]
    for key in keys:
        states = [name_token(rng, state) for state in key]
        tokens += ["(", *listed(rng, states), ")", *listed(rng, rows[key]), ";"]
    return tokens


def join(rng: random.Random, tokens: list[str]) -> str:
    gaps = [" ", "\n", "\t", "\r\n", "\r", " // } ;\n", "/* table 1; */", "  "]
    return "".join(
        token + (rng.choice(gaps) if rng.random() < 0.2 else " ") for token in tokens
    )


def mutate(rng: random.Random, tokens: list[str]) -> list[str]:
    tokens = list(tokens)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if tokens:
            change = rng.choice([change_token, change_run, *CAREFUL, *CAREFUL])
            change(rng, tokens)
    return tokens


def change_token(rng: random.Random, tokens: list[str]) -> None:
    """Delete, insert or replace a token."""
    odd = rng.choice(
        [
            rng.choice(tokens),
            rng.choice([*"{}[]()|,;", '"', '""', "/*", "*/", "//", "\x00", "\u00a0"]),
            rng.choice(NUMBERS),
            rng.choice(["table", "default", "property", "type", "variable", "\u2028"]),
        ]
    )
    at = rng.randrange(len(tokens))
    tokens[at : at + rng.randint(0, 2)] = rng.choice([[odd], [odd], []])


def change_run(rng: random.Random, tokens: list[str]) -> None:
    """Repeat, drop or reverse some tokens, or cut the file."""
    start = rng.randrange(len(tokens))
    stop = start + rng.choice([2, 3, 10, len(tokens)])
    run = tokens[start:stop]
    tokens[start:stop] = rng.choice([run * 2, [], run[::-1]])


def change_statement(rng: random.Random, tokens: list[str]) -> None:
    """Drop a statement, mostly of numbers, give it twice, or move it to another place."""
    ends = [i + 1 for i, token in enumerate(tokens) if token in (";", "{", "}")]
    if len(ends) < 2:
        return
    starts = range(len(ends) - 1)
    numbers = [i for i in starts if tokens[ends[i]] in ("(", "table", "default")]
    at = rng.choice(numbers if numbers and rng.random() < 0.8 else starts)
    statement = tokens[ends[at] : ends[at + 1]]
    if rng.random() < 0.7:
        del tokens[ends[at] : ends[at + 1]]
    if rng.random() < 0.7:
        to = rng.choice([ends[at], ends[at], rng.choice(ends)])
        tokens[to:to] = statement


def change_alike(rng: random.Random, tokens: list[str]) -> None:
    """Exchange two numbers, or two names, or write a number otherwise: what results is often a file."""
    one = rng.randrange(len(tokens))
    is_number = tokens[one][:1].isdigit()
    same = [i for i, token in enumerate(tokens) if token[:1].isdigit() == is_number]
    other = rng.choice(same)
    alike = {
        "0.0": ["0", "-0", "0e9", "1e-400", "1e-9", "-1e-9"],
        "1.0": ["1", "+1", "1e0", "1.000009", "1.00002", "0.999991"],
    }
    if tokens[one] in alike:
        tokens[one] = rng.choice(alike[tokens[one]])
    elif tokens[other] not in ",;{}[]()|":
        tokens[one], tokens[other] = tokens[other], tokens[one]


CAREFUL = (change_statement, change_alike)


def check_file(path: Path, data: bytes, text: str | None) -> Network | BayesError:
    """Check what is made of a file that holds a text, or none."""
    path.write_bytes(data)
    found = outcome(lambda: read_bif(path))
    try:
        bif_reading.refuse_if(text is None)
        right = bif_reading.read(text)
    except bif_reading.Refused:
        assert isinstance(found, BayesError), "a second reading refuses it"
        assert 0 < len(str(found)) < 3000
        return found
    assert isinstance(found, Network), found
    check_equal(found, right)
    return found


def check_equal(found: Network, right: Plain) -> None:
    assert {v.name: list(v.states) for v in found.variables} == right.states
    for name in found.names:
        assert list(found.parents[name]) == right.parents[name]
        np.testing.assert_allclose(found.cpts[name], right.table(name), atol=1e-12)


def some_plain(
    seed: int, names: list[str] = NAMES, states: list[str] = STATES
) -> Plain:
    rng = seeded(seed)
    return make_plain(seed, rng.sample(names, rng.randint(1, 4)), states)


@fuzz(2_000, seed=SEEDS)
def test_files_that_make_sense_are_read(tmp_path, seed):
    rng, plain = seeded(seed), some_plain(seed)
    text = join(rng, write(rng, plain))
    found = check_file(tmp_path / "n.bif", text.encode(), text)
    check_equal(found, plain)


@fuzz(9_000, seed=SEEDS)
def test_files_with_tokens_changed(tmp_path, seed):
    rng = seeded(seed)
    text = join(rng, mutate(rng, write(rng, some_plain(seed))))
    check_file(tmp_path / "n.bif", text.encode(), text)


@fuzz(
    4_000,
    seed=SEEDS,
    changes=st.lists(
        st.tuples(SEEDS, st.integers(0, 2), st.binary(max_size=3)),
        min_size=1,
        max_size=4,
    ),
)
def test_files_with_bytes_changed(tmp_path, seed, changes):
    rng = seeded(seed)
    data = join(rng, write(rng, some_plain(seed))).encode()
    data = change_bytes(data, changes)
    check_file(tmp_path / "n.bif", data, decoded(data))


@fuzz(
    2_000,
    seed=SEEDS,
    changes=st.lists(
        st.tuples(SEEDS, st.integers(0, 3), st.binary(max_size=3)), max_size=2
    ),
)
def test_archives_with_bytes_changed(tmp_path, seed, changes):
    rng = seeded(seed)
    text = join(rng, write(rng, some_plain(seed)))
    data = change_bytes(gzip.compress(text.encode(), mtime=0), changes)
    unpacked: bytes | None = data
    if data[:2] == b"\x1f\x8b":
        try:
            unpacked = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            unpacked = None
    check_file(
        tmp_path / "n.bif.gz", data, None if unpacked is None else decoded(unpacked)
    )


def change_bytes(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for place, kind, new in changes:
        at = place % (len(data) + 1)
        data = data[:at] + (b"" if kind == 3 else new + data[at + kind :])
    return data


def decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None


@fuzz(
    1_000, text=st.one_of(st.text(), st.text(st.sampled_from('{}[]()|,;"/*\n 0.1ap')))
)
def test_noise(tmp_path, text):
    for whole in (text, f"network n {{ }} {text}"):
        data = whole.encode("utf-8", "surrogatepass")
        check_file(tmp_path / "n.bif", data, decoded(data))


@pytest.fixture(scope="module")
def alarm_tokens() -> list[str]:
    text = gzip.decompress(ALARM.read_bytes()).decode()
    return [word for _, word in bif_reading.split(text)]


@fuzz(300, seed=SEEDS)
def test_alarm_with_tokens_changed(tmp_path, alarm_tokens, seed):
    rng = seeded(seed)
    text = join(rng, mutate(rng, alarm_tokens))
    check_file(tmp_path / "n.bif", text.encode(), text)


@fuzz(500, seed=SEEDS, changed=st.booleans())
def test_what_pyagrum_reads_too_it_reads_alike(tmp_path, seed, changed):
    rng = seeded(seed)
    tokens = write(rng, some_plain(seed, IDENTIFIERS, ["x", "y", "z_1", "n"]))
    path = tmp_path / "n.bif"
    path.write_text(" ".join(mutate(rng, tokens) if changed else tokens))
    found = outcome(lambda: read_bif(path))
    if isinstance(found, BayesError):
        return
    try:
        theirs = gum.loadBN(str(path))
    except gum.GumException:
        return
    for name in found.names:
        family = (*found.parents[name], name)
        for cell in np.ndindex(found.cpts[name].shape):
            where = {m: found[m].states[i] for m, i in zip(family, cell, strict=True)}
            assert abs(theirs.cpt(name)[where] - found.cpts[name][cell]) < 1e-6
