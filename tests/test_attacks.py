"""Real attacks: what is typed, named, written in a file or pickled there is never executed."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tp1.__main__ import main
from tp1.experiments import kept

PLANTED = "planted"
CODE = "__import__('os').system('touch planted')"
SHELL = (
    "$(touch planted)", "`touch planted`", "; touch planted", "| touch planted", "&& touch planted #",
    "'; touch planted; '", '"; touch planted; "', "x\ntouch planted\n",
    "--output=planted", "-x", "../planted;",
)  # fmt: skip


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in which no attack plants anything; no data set is found."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TP1_DATA_DIR", str(tmp_path / "data"))
    yield tmp_path
    assert PLANTED not in [path.name for path in tmp_path.rglob("*")]
    assert not (tmp_path.parent / PLANTED).exists()


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
    """Run a command that must say what is wrong: with status 2, or 1 if it is the book."""
    try:
        status = main(arguments)
    except SystemExit as left:  # argparse
        status = left.code
    said = capsys.readouterr().err
    assert status in (1, 2)
    assert "error: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("text", [CODE, f"P(R | do({CODE}))", f"P({CODE})", *SHELL])
def test_a_query_is_not_executed(capsys, text):
    refused(capsys, "query", "--", text)


def test_nor_is_it_by_the_process_of_a_command(here):
    for text in (CODE, SHELL[0], SHELL[2]):
        command = [sys.executable, "-m", "tp1", "query", text]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 2
        assert ended.stderr.startswith("tp1: error: ")


@pytest.mark.parametrize("name", SHELL)
def test_names_reach_no_shell(capsys, name):
    refused(capsys, "query", "P(A)", f"--bif={name}")
    refused(capsys, "run", "part2", f"--only={name}")
    refused(
        capsys, "run", "part2", "--only=assigned", "--workers=1", f"--output={name}"
    )
    refused(capsys, "verify", "--seed=1", f"--results={name}", f"--output={name}")
    refused(capsys, "verify", f"--seed={name}")
    refused(capsys, "data", f"--from={name}")
    refused(capsys, "status", "--", name)
    refused(capsys, "weave", "--", name)


def test_a_network_of_code_is_no_network(capsys, here):
    Path("net.bif").write_text(
        f"network {CODE} {{}}\nvariable A {{ type discrete [ 1 ] {{ {CODE} }}; }}\n"
        f"probability ( A ) {{ table {CODE}; }}\n"
    )
    refused(capsys, "query", "P(A)", "--bif=net.bif")


@pytest.mark.parametrize(
    "text",
    [
        f"!!python/object/apply:os.system ['touch {PLANTED}']",
        f"project: !!python/object/apply:os.system ['touch {PLANTED}']",
        f'project: !!python/object/new:eval ["{CODE}"]',
    ],
)
def test_a_book_of_objects_is_no_book(capsys, here, text):
    Path("_quarto.yml").write_text(text)
    refused(capsys, "weave", "--check")
    refused(capsys, "status", ".")


class Malice:
    """What unpickling executes."""

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {PLANTED}",)


@pytest.mark.parametrize("state", [Malice(), {"code": "x", "stack": Malice()}])
def test_a_kept_stack_that_would_execute_is_removed(here, state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    path = here / "kept" / f"x{kept.SUFFIX}"
    path.parent.mkdir()
    path.write_bytes(hashlib.sha256(content).digest() + content)
    assert kept.find(path.parent, [], "cpu") == []
    assert not path.exists()
    assert not (here / PLANTED).exists()
    buffer.seek(0)
    torch.load(buffer, weights_only=False)  # it is malicious indeed
    (here / PLANTED).unlink()
