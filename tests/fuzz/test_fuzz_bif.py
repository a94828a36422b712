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
        at, other = rng.randrange(len(tokens) + 1), rng.randrange(len(tokens) + 1)
        start, stop = min(at, other), max(at, other)
        odd = rng.choice(
            [
                rng.choice(tokens or [";"]),
                rng.choice(
                    [
                        *"{}[]()|,;",
                        '"',
                        '""',
                        "/*",
                        "*/",
                        "//",
                        "\x00",
                        "\u00a0",
                        "\u2028",
                    ]
                ),
                rng.choice(NUMBERS),
                rng.choice(
                    ["table", "default", "property", "type", "variable", "discrete"]
                ),
            ]
        )
        change = rng.randrange(9)
        if change == 0:
            del tokens[at : at + rng.randint(1, 3)]
        elif change == 1:
            tokens.insert(at, odd)
        elif change <= 3:
            tokens[at : at + 1] = [odd]
        elif change == 4:
            tokens[at : at + 2] = tokens[at : at + 2][::-1]
        elif change == 5:
            tokens[start:start] = tokens[start : min(stop, start + 12)]
        elif change == 6:
            tokens[start:stop] = []
        elif change == 7:
            tokens = tokens[:at]
        else:
            swap(tokens, rng)
    return tokens


def swap(tokens: list[str], rng: random.Random) -> None:
    """Exchange two tokens, of one kind if it can be: what results is often a file, of another network."""
    if tokens:
        one = rng.randrange(len(tokens))
        kind = tokens[one][:1].isdigit()
        other = rng.choice([i for i, t in enumerate(tokens) if t[:1].isdigit() == kind])
        tokens[one], tokens[other] = tokens[other], tokens[one]


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
