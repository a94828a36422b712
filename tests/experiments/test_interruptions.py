"""Interrupted searches say how to go on, and go on."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from small_search import call

from tp1.experiments import kept, runner, stages
from tp1.experiments.results import read_results


def test_an_interruption_says_how_to_go_on(world, monkeypatch, capsys):
    folder, _ = world
    whole, calls = runner.advance, []

    def advance(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*arguments)

    monkeypatch.setattr(runner, "advance", advance)
    options = ("--only", "assigned", "--output", folder, "--seeds", 1, "--workers", 1)
    assert call(*options) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert call(*options) == 0
    assert (
        len(calls) == 1 + 2 * 2
    )  # two families, two epochs; the third call came to nothing
    assert not (folder / "part2" / stages.UNFINISHED).exists()
    assert read_results(folder / "part2" / "assigned").provenance["resumed"]


def test_other_workers_and_more_seeds_go_on_and_leave_nothing_behind(
    world, monkeypatch
):
    folder, _ = world
    only = ("--only", "assigned", "--output")
    unfinished = folder / "part2" / stages.UNFINISHED
    whole, saved = kept.save, []

    def save(*arguments):
        if len(saved) == 2:
            raise KeyboardInterrupt
        saved.append(arguments)
        whole(*arguments)

    monkeypatch.setattr(kept, "save", save)
    assert call(*only, folder, "--seeds", 1, "--workers", 2) == 130
    assert list(unfinished.iterdir())
    monkeypatch.setattr(kept, "save", whole)
    calls, advance = [], runner.advance
    monkeypatch.setattr(
        runner, "advance", lambda *arguments: calls.append(1) or advance(*arguments)
    )
    assert call(*only, folder, "--seeds", 2, "--workers", 1) == 0
    # Two families, two epochs, two seeds in stacks of their own; two of these epochs were kept.
    assert len(calls) == 2 * 2 * 2 - 2
    assert not unfinished.exists()
    assert call(*only, folder / "again", "--seeds", 2, "--workers", 1) == 0
    table = Path("part2") / "assigned.csv"
    assert (folder / table).read_bytes() == (folder / "again" / table).read_bytes()


# A process whose data set is small: its checksums are those of the files that it is given.
SMALL_DATA = """
import hashlib, os, sys
from pathlib import Path
from torchvision.datasets import FashionMNIST
raw = Path(os.environ["TP1_DATA_DIR"]) / "FashionMNIST" / "raw"
FashionMNIST.resources = [
    (path.name, hashlib.md5(path.read_bytes()).hexdigest()) for path in sorted(raw.glob("*.gz"))
]
from tp1.__main__ import main
sys.exit(main())
"""


@pytest.mark.slow
def test_an_interruption_from_the_keyboard_is_quiet_and_loses_no_kept_epoch(
    tmp_path, write_small_data
):
    environment = {**os.environ, "TP1_DATA_DIR": str(write_small_data(20_000))}
    command_line = [
        sys.executable, "-c", SMALL_DATA, "run", "part2", "--only", "assigned",
        "--seeds", "1", "--workers", "2", "--output", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(
        command_line,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background jobs ignore the signal, and so would what they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    unfinished = tmp_path / "part2" / stages.UNFINISHED
    deadline = time.monotonic() + 60
    while not list(unfinished.glob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    errors = None
    while errors is None:
        os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does: to the workers too
        # One that arrives in a destructor is lost, as Python's documentation says: then once more.
        with suppress(subprocess.TimeoutExpired):
            errors = process.communicate(timeout=4)[1]
    assert process.returncode == 130
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    assert list(unfinished.glob("*.pt"))
    again = subprocess.run(
        command_line, env=environment, capture_output=True, text=True, check=True
    )
    assert "Traceback" not in again.stderr
    results = read_results(tmp_path / "part2" / "assigned")
    assert len(results.history) == 24
    assert results.provenance["resumed"]
    assert not unfinished.exists()
