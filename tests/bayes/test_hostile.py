"""Input that is not even of the right kind: always a typed error, never a number, a hang or a traceback."""

import gzip
import itertools
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from tp1.bayes import (
    BayesError,
    BifError,
    DuplicateName,
    InvalidCpt,
    Network,
    NetworkTooLarge,
    Query,
    QuerySyntaxError,
    Variable,
    ancestors,
    d_separated,
    do,
    exam_network,
    factor,
    paths,
    query,
    read_bif,
)

from .oracles import random_network

AB = (Variable("A", ("a0", "a1")), Variable("B", ("b0", "b1")))
CPTS = {"A": [0.5, 0.5], "B": [[0.5, 0.5], [0.1, 0.9]]}
BIF = """network n { }
variable a { type discrete [ 2 ] { yes, no }; }
variable b { type discrete [ 2 ] { yes, no }; }
probability ( a ) { table 0.5, 0.5; }
probability ( b | a ) { (yes) 0.1, 0.9; (no) 0.2, 0.8; }
"""


@pytest.mark.parametrize(
    "make",
    [
        lambda: Variable("A", {"x", "y"}),
        lambda: Variable("A", None),
        lambda: Variable("A", 5),
        lambda: Network(None, {}, {}),
        lambda: Network(["A", "B"], {}, CPTS),
        lambda: Network(AB, None, CPTS),
        lambda: Network(AB, {"B": ("A",)}, None),
        lambda: Network(AB, {"B": {"A"}}, CPTS),
        lambda: Network(AB, {"B": (name for name in "A")}, CPTS),
        lambda: Network(AB, {"B": None}, CPTS),
        lambda: Network(AB, {"B": ("A",)}, {**CPTS, "A": np.array([0.5 + 1j, 0.5])}),
        lambda: Network(
            AB, {"B": ("A",)}, {**CPTS, "A": np.ma.array([0.5, 0.5], mask=[0, 1])}
        ),
        lambda: Network(AB, {"B": ("A",)}, {**CPTS, "A": ["0.5", "0.5"]}),
        lambda: Network(AB, {"B": ("A",)}, {**CPTS, "A": [10**400, 0]}),
        lambda: Network(AB, {"B": (10**5000,)}, CPTS),
        lambda: Network(AB, {10**5000: ()}, CPTS),
        lambda: exam_network().variable(10**5000),
        lambda: exam_network().index("R", 10**5000),
        lambda: query(exam_network(), "P(R)", np.array(["joint", "auto"])),
        lambda: query(exam_network(), "P(R)", 10**5000),
        lambda: Query(None),
        lambda: Query(3),
        lambda: Query(("A",), evidence="B=b1"),
        lambda: query(exam_network(), "P(R)")[0],
        lambda: query(exam_network(), "P(R)")[None],
        lambda: d_separated(exam_network(), None, "D"),
        lambda: d_separated(exam_network(), [["S"]], "D"),
        lambda: paths(exam_network(), ["S"], "D"),
        lambda: ancestors(exam_network(), None),
        lambda: factor(exam_network(), None),
        lambda: read_bif(None),
        lambda: read_bif(0),
    ],
)
def test_wrong_kinds_are_typed_errors(make):
    with pytest.raises(BayesError):
        make()


def test_a_table_of_the_wrong_shape_is_refused_before_it_is_copied():
    """It may take no memory here, as this one, and terabytes when copied."""
    with pytest.raises(InvalidCpt, match=r"shape \(2, 2, .*expected \(2,\)"):
        Network(AB, {"B": ("A",)}, {**CPTS, "A": np.broadcast_to(0.5, (2,) * 40)})


def test_a_network_of_any_size_is_shown():
    """Python writes no integer of more than 4,300 digits, as the size of this joint is."""
    names = [f"X{i}" for i in range(20_000)]
    net = Network(
        [Variable(name, ("0", "1")) for name in names],
        {},
        {name: [0.5, 0.5] for name in names},
    )
    assert repr(net) == "Network(20000 variables, 0 edges, joint of 1e6021 cells)"


def test_a_quoted_bracket_is_no_bracket():
    with pytest.raises(QuerySyntaxError):
        query(exam_network(), 'P(R | do "(" G=g2))')


def test_many_variables_of_one_state_are_answered_or_refused():
    ones = [Variable(f"X{i}", ("only",)) for i in range(70)]
    net = Network(
        [*ones, AB[0]], {}, {**{v.name: [1.0] for v in ones}, "A": [0.25, 0.75]}
    )
    assert query(net, "P(A)")["a1"] == 0.75
    with pytest.raises(NetworkTooLarge, match="70 variables are asked together"):
        query(net, Query(tuple(v.name for v in ones)))


def test_paths_of_a_dense_network_are_listed_or_refused_soon():
    names = [f"X{i}" for i in range(13)]
    variables = [Variable(name, ("0", "1")) for name in names]
    parents = {name: names[:i] for i, name in enumerate(names)}
    cpts = {name: np.full((2,) * (i + 1), 0.5) for i, name in enumerate(names)}
    with pytest.raises(NetworkTooLarge, match="d_separated answers"):
        paths(Network(variables, parents, cpts), "X0", "X12")


def test_an_intervention_takes_the_room_of_one_row():
    states = tuple(map(str, range(2**17)))
    net = Network(
        [Variable("A", states)], {}, {"A": np.full(len(states), 1 / len(states))}
    )
    assert query(do(net, {"A": "7"}), "P(A=7)", "joint").probabilities.item() == 1


def test_numpy_settings_of_the_caller_change_nothing():
    net = random_network(3, 6)
    tables = {name: table.copy() for name, table in net.cpts.items()}
    first = net.names[0]
    tables[first] = np.full_like(tables[first], 0)
    tables[first][..., 0], tables[first][..., 1] = 1e-300, 1 - 1e-300
    net = Network(net.variables, net.parents, tables)
    asked = f"P({net.names[-1]})"
    calm = query(net, asked, "joint").probabilities
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(
            query(
                Network(net.variables, net.parents, tables), asked, "joint"
            ).probabilities,
            calm,
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda text: text + "probability ( b ) { table 0.5, 0.5; }\n", DuplicateName),
        (lambda text: text.replace("( b | a )", "( b | q )"), BifError),
    ],
)
def test_bif_files_that_contradict_themselves_are_refused(tmp_path, change, error):
    file = tmp_path / "n.bif"
    file.write_text(BIF)
    assert query(
        read_bif(file), "P(b=yes | a=no)"
    ).probabilities.item() == pytest.approx(0.2)
    file.write_text(change(BIF))
    with pytest.raises(error):
        read_bif(file)


def test_a_damaged_archive_is_refused(tmp_path):
    file = tmp_path / "n.bif.gz"
    whole = gzip.compress(BIF.encode())
    for place in range(10, len(whole) - 8, 7):
        damaged = bytearray(whole)
        damaged[place] ^= 255
        file.write_bytes(bytes(damaged))
        with pytest.raises((BifError, BayesError)):
            read_bif(file)


def test_an_empty_file_name_is_no_default(capsys):
    from tp1.__main__ import main

    assert main(["query", "P(R)", "--bif", ""]) == 2
    assert main(["query", "--all", "--bif", ""]) == 2
    assert capsys.readouterr().out == ""


def test_a_reader_that_leaves_is_no_error():
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "tp1", "query", "--all"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_share_a_network():
    net = random_network(11, 9)
    pairs = itertools.permutations(net.names, 2)
    asked = [Query((a,), evidence={b: net[b].states[0]}) for a, b in pairs]
    alone = [query(net, text, "contraction").probabilities for text in asked]
    fresh = Network(net.variables, net.parents, net.cpts)
    wrong = []

    def ask():
        for text, expected in zip(asked, alone, strict=True):
            if not np.allclose(
                query(fresh, text, "contraction").probabilities, expected
            ):
                wrong.append(text)

    workers = [threading.Thread(target=ask) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
