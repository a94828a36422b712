"""BIF files: read through pgmpy, refused with a reason."""

import gzip
import sys
from pathlib import Path

import numpy as np
import pyagrum as gum
import pytest
from pgmpy.readwrite import BIFWriter

from tp1.bayes import (
    BifError,
    DuplicateName,
    InvalidCpt,
    MissingDependency,
    Network,
    query,
    read_bif,
)

from .oracles import ALARM, random_network, to_pgmpy

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


def test_what_pgmpy_writes_is_read_back(tmp_path):
    net = random_network(0, 12, states=(2, 4))
    plain = Network(
        [
            type(v)(v.name, tuple(f"s{k}" for k in range(len(v.states))))
            for v in net.variables
        ],
        net.parents,
        net.cpts,
    )
    again = read_bif(write(tmp_path, str(BIFWriter(to_pgmpy(plain)))))
    assert set(again.variables) == set(plain.variables)
    for name in plain.names:
        assert again.parents[name] == plain.parents[name]
        np.testing.assert_allclose(again.cpts[name], plain.cpts[name], atol=1e-15)


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
        read_bif(write(tmp_path, "variable a {\n type discrete [ 2 ] { x, y };\n}\n"))


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


def test_without_pgmpy_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pgmpy.readwrite", None)
    with pytest.raises(MissingDependency, match=r"pip install 'tp1\[bif\]'"):
        read_bif(ALARM)
