"""BIF files: read as pgmpy and pyAgrum read them, or refused with a reason and a line."""

import gzip
from pathlib import Path

import numpy as np
import pyagrum as gum
import pytest
from pgmpy.readwrite import BIFReader, BIFWriter

from tp1.bayes import (
    BifError,
    DuplicateName,
    InvalidCpt,
    Network,
    NetworkTooLarge,
    query,
    read_bif,
)

from .oracles import ALARM, random_network, to_pgmpy, to_pyagrum

SMALL = """network test {{ }}
variable "rain-1.0" {{ type discrete [ 2 ] {{ yes, no }}; }}
variable grass {{ type discrete [ 3 ] {{ wet, damp, dry }}; }}
probability ( "rain-1.0" ) {{ table 0.2, 0.8; }}
probability ( grass | "rain-1.0" ) {{
  (yes) {row};
  (no) 0.1, 0.2, 0.7;
}}"""


def write(folder: Path, text: str) -> Path:
    path = folder / "network.bif"
    path.write_text(text, encoding="utf-8")
    return path


def test_alarm(alarm):
    net = alarm
    assert (len(net.names), len(net.edges)) == (37, 46)
    assert {len(v.states) for v in net.variables} == {2, 3, 4}
    assert net.parents["HR"] == ("CATECHOL",)
    np.testing.assert_array_equal(net.cpts["HYPOVOLEMIA"], [0.2, 0.8])
    assert query(net, "P(HYPOVOLEMIA=TRUE | STROKEVOLUME=LOW)")["TRUE"] > 0.2


def test_the_tables_are_those_that_pyagrum_reads(alarm, tmp_path):
    net = alarm
    theirs = gum.loadBN(
        str(write(tmp_path, gzip.decompress(Path(ALARM).read_bytes()).decode()))
    )
    for name in net.names:
        axes = (*net.parents[name], name)
        for cell in np.ndindex(net.cpts[name].shape):
            where = {
                member: net[member].states[i]
                for member, i in zip(axes, cell, strict=True)
            }
            # pyAgrum keeps the decimals of a file in single precision.
            assert net.cpts[name][cell] == pytest.approx(
                theirs.cpt(name)[where], abs=1e-6
            )


def plain_states(net: Network) -> Network:
    """Give the states names that the other writers can write."""
    return Network(
        [
            type(v)(v.name, tuple(f"s{k}" for k in range(len(v.states))))
            for v in net.variables
        ],
        net.parents,
        net.cpts,
    )


@pytest.mark.parametrize("seed", range(5))
def test_what_pgmpy_and_pyagrum_write_is_read_back(tmp_path, seed):
    net = plain_states(random_network(seed, 12, states=(2, 4), zeros=0.1 * seed))
    by_pgmpy = write(tmp_path, str(BIFWriter(to_pgmpy(net))))
    by_pyagrum = tmp_path / "pyagrum.bif"
    gum.saveBN(to_pyagrum(net), str(by_pyagrum))
    for path in (by_pgmpy, by_pyagrum):
        again = read_bif(path)
        assert set(again.variables) == set(net.variables)
        for name in net.names:
            assert again.parents[name] == net.parents[name]
            np.testing.assert_allclose(again.cpts[name], net.cpts[name], atol=1e-15)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["child", "insurance"])
def test_public_networks_are_those_that_pgmpy_reads(model):
    path = str(Path(ALARM).with_name(f"{model}.bif.gz"))
    text = gzip.decompress(Path(path).read_bytes()).decode()
    net, theirs = read_bif(path), BIFReader(string=text)
    assert list(net.names) == theirs.variable_names
    for name in net.names:
        assert list(net[name].states) == theirs.variable_states[name]
        assert list(net.parents[name]) == theirs.variable_parents[name]
        by_column = theirs.variable_cpds[name].T
        np.testing.assert_allclose(
            net.cpts[name].reshape(by_column.shape), by_column, atol=1e-6
        )


WHOLE = """network test { }
variable a { type discrete [ 2 ] { x, y }; }
variable b { type discrete [ 3 ] { u, v, w }; }
variable c { type discrete [ 2 ] { t, f }; }
probability ( a ) { table 0.2, 0.8; }
probability ( b ) { table 0.2, 0.3, 0.5; }
probability ( c | a, b ) { table 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.99, 0.98, 0.97, 0.96, 0.95, 0.94; }
"""


def test_a_whole_table_counts_the_child_slowest_then_the_parents(tmp_path):
    path = write(tmp_path, WHOLE)
    net = read_bif(path)
    np.testing.assert_allclose(
        net.cpts["c"][..., 0], [[0.01, 0.02, 0.03], [0.04, 0.05, 0.06]]
    )
    theirs = gum.loadBN(str(path))
    assert theirs.cpt("c")[{"a": 0, "b": 1, "c": 0}] == pytest.approx(0.02)
    by_column = BIFReader(string=WHOLE).variable_cpds["c"].T
    np.testing.assert_allclose(net.cpts["c"].reshape(6, 2), by_column)


def test_what_the_format_allows_is_read(tmp_path):
    path = write(
        tmp_path,
        """\ufeff// a comment
network "of two" { property author = (some, one) "a;b" ; }
/* probability ( a ) { table 0.9, 0.1; } */
probability ( b a ) { property p; default .25 75e-2; (y) 1 0; }
variable "a" { property q 1; type discrete[2] { x "y" }; }
variable b { type discrete [2] { b//x
 b/y }; property position = (1, 2); }
probability ( "a" ) { // four numbers?
  table 2.5e-1, 0.75; }""",
    )
    net = read_bif(path)
    assert net.names == ("a", "b")
    assert net["b"].states == ("b", "b/y")
    np.testing.assert_array_equal(net.cpts["a"], [0.25, 0.75])
    np.testing.assert_array_equal(net.cpts["b"], [[0.25, 0.75], [1, 0]])


def test_odd_names_and_line_ends(tmp_path):
    text = SMALL.format(row="0.7, 0.2, 0.1")
    path = tmp_path / "odd.bif"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert query(read_bif(path), "P(rain-1.0 | grass=dry)")["yes"] == pytest.approx(
        0.02 / 0.58
    )


def test_rounded_decimals_are_rescaled_and_mistakes_refused(tmp_path):
    net = read_bif(write(tmp_path, SMALL.format(row="0.333333, 0.333333, 0.333333")))
    np.testing.assert_allclose(net.cpts["grass"][0], 1 / 3, atol=1e-15)
    with pytest.raises(InvalidCpt, match=r"row of rain-1\.0=yes sums to 1\.1"):
        read_bif(write(tmp_path, SMALL.format(row="0.4, 0.4, 0.3")))


@pytest.mark.parametrize(
    "text",
    [
        SMALL.format(row="0.5, 0.5"),
        "variable a { type discrete [ 2 ] { x, y }; }\nprobability ( a | b ) { (z) 0.5, 0.5; }\n",
    ],
)
def test_what_is_no_bif_file_is_refused(tmp_path, text):
    with pytest.raises(BifError, match=r"network\.bif"):
        read_bif(write(tmp_path, text))


def test_what_describes_no_network_is_refused(tmp_path):
    text = SMALL.format(row="0.7, 0.2, 0.1")
    with pytest.raises(DuplicateName, match="'grass' has two states named 'wet'"):
        read_bif(write(tmp_path, text.replace("wet, damp, dry", "wet, damp, wet")))
    with pytest.raises(InvalidCpt, match="'a' has no CPT"):
        read_bif(
            write(
                tmp_path,
                "network n { } variable a {\n type discrete [ 2 ] { x, y };\n}\n",
            )
        )


def test_unreadable_files_are_refused(tmp_path):
    for path, what in (
        (tmp_path / "none.bif", "No such file"),
        (tmp_path, "Is a directory"),
    ):
        with pytest.raises(BifError, match=f"cannot read .*{what}"):
            read_bif(path)
    (tmp_path / "binary.bif").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "cut.bif.gz").write_bytes(gzip.compress(b"network")[:-9])
    for name in ("binary.bif", "cut.bif.gz"):
        with pytest.raises(BifError, match="cannot read"):
            read_bif(tmp_path / name)


ROWS = """network n { }
variable a { type discrete [ 2 ] { x, y }; }
variable b { type discrete [ 2 ] { t, f }; }
probability ( a ) { table 0.2, 0.8; }
probability ( b | a ) {
  (x) 0.1, 0.9;
  (y) 0.3, 0.7;
}
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("network n { }", "", "line 2: expected 'network', .* found 'variable'"),
        ("network n { }", "network n { } network m { }", "expected 'variable' or"),
        ("(y) 0.3, 0.7;", "", r"line 5: 'b' has no row for \('y'\), and no default"),
        ("(y) 0.3", "(x) 0.3", r"line 7: a second row for \('x'\)"),
        ("(y) 0.3", "(x, y) 0.3", "line 7: 2 states for the 1 parents of 'b'"),
        ("(y) 0.3", "(z) 0.3", "line 7: 'a' has no state 'z'; known: 'x', 'y'"),
        ("(y) 0.3", "table 0.1, 0.2, 0.3", "line 6: 'b' already has a whole table"),
        ("0.3, 0.7", "0.3, 0.3, 0.4", "line 7: 3 numbers, expected 2"),
        ("table 0.2, 0.8;", "", "line 4: 'a' has no table"),
        ("table 0.2,", "table 0.2, 0.8; table 0.2,", "line 4: a second table for 'a'"),
        ("(y)", "default 1, 0; default", "line 7: a second default for 'b'"),
        ("(y) 0.3, 0.7;", "default 1;", "line 7: 1 numbers, expected 2"),
        ("( b | a )", "( b | q )", "line 5: the table names 'q', .* not declared"),
        ("( b | a )", "( q | a )", "line 5: the table names 'q', .* not declared"),
        ("( b | a )", "( b | )", r"line 5: expected a parent, found '\)'"),
        (
            "[ 2 ] { t",
            "[ 3 ] { t",
            "line 3: variable 'b' declares 3 states and names 2",
        ),
        (
            "[ 2 ] { t",
            "[ 2.0 ] { t",
            "line 3: expected a number of states, found '2.0'",
        ),
        ("type discrete [ 2 ] { t, f };", "", "line 3: variable 'b' has no type"),
        ("discrete [ 2 ] { t", "continuous [ 2 ] { t", "line 3: expected 'discrete'"),
        ("t, f };", "t, f }; type discrete [ 1 ] { t };", "'property' or '}', found"),
        ("{ t, f }", '{ t, "" }', "expected a state or '}', found ''"),
        ("{ t, f }", '{ "t, f }', "line 3: this quote is not closed on its line"),
        ("{ t, f }", "{ t\0, f }", r"the character '\\x00' has no place"),
        ("{ t, f }", "{ t,, f }", "expected a state or '}', found ','"),
        ("0.3, 0.7;\n}", "0.3, 0.7;\n", "line 9: .* found the end of the file"),
        ("0.3, 0.7;\n}", "0.3, 0.7;\n} }", "line 8: expected 'variable' or"),
        ("(y)", "/* (y)", "line 7: this comment is never closed"),
        ("(y)", "property p (y) }", "line 7: expected ';' to end the property"),
        ("(y)", "note (y)", "line 7: expected 'table', .* found 'note'"),
        *(
            ("0.2,", f"{number},", f"line 4: expected .*, found '{shown or number}'")
            for number, shown in [
                ("nan", ""),
                ("inf", ""),
                ("0x1", ""),
                ("1_0", ""),
                ("0.2.0", ""),
                ("\u0661", ""),
                ("1e999", ""),
                ("1e-400", ""),
                ('"0.2"', "0.2"),
            ]
        ),
    ],
)
def test_what_departs_from_the_format_is_refused_with_its_line(
    tmp_path, old, new, fault
):
    assert old in ROWS
    read_bif(write(tmp_path, ROWS))
    with pytest.raises(BifError, match=rf"network\.bif', .*{fault}"):
        read_bif(write(tmp_path, ROWS.replace(old, new, 1)))


def test_a_variable_declared_twice_is_refused(tmp_path):
    again = ROWS.replace(
        "probability", "variable a { type discrete [ 1 ] { z }; }\nprobability", 1
    )
    with pytest.raises(DuplicateName, match="declares two variables named 'a'"):
        read_bif(write(tmp_path, again))


def test_any_end_of_line_ends_a_comment(tmp_path):
    path = tmp_path / "mac.bif"
    path.write_bytes(ROWS.replace("\n", " // so far\r").encode())
    assert read_bif(path).names == ("a", "b")


def test_tables_that_no_memory_holds_are_refused_before_they_are_made(tmp_path):
    states = ", ".join(f"s{i}" for i in range(1000))
    text = "network n { }" + "".join(
        f"variable v{i} {{ type discrete [ 1000 ] {{ {states} }}; }}" for i in range(4)
    )
    text += "probability ( v0 | v1, v2, v3 ) { default 1; }"
    with pytest.raises(NetworkTooLarge, match=r"of 'v0' have 1e\+12 cells"):
        read_bif(write(tmp_path, text))
