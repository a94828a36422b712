"""An interruption from the keyboard is one line and exit status 130, whenever it comes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

IMAGES = "FashionMNIST/raw/train-images-idx3-ubyte.gz"
HUGE = 1 << 36  # sparse: it takes no room, and minutes to check


def start(*arguments: str, data: Path) -> subprocess.Popen[str]:
    """Start a command that names on its standard error every module that it has imported."""
    return subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "tp1", *arguments],
        env={**os.environ, "TP1_DATA_DIR": str(data)},
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore the signal, and so would what they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def interrupted_after(
    module: str, process: subprocess.Popen[str], more: Callable[[], None]
) -> list[str]:
    """Interrupt a process once it has imported a module; give what it says from then on, imports apart."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.split("|")[-1].strip() == module:
            break
    else:
        pytest.fail(f"it imports no {module}")
    more()
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.wait()
    return [line for line in rest.splitlines() if not line.startswith("import time:")]


def at_once() -> None:
    """Wait for nothing."""


@pytest.mark.parametrize(
    ("command", "module"),
    [
        (("query", "--all"), "opt_einsum"),
        pytest.param(("run", "part2"), "numpy", marks=pytest.mark.slow),
        pytest.param(("run", "part2"), "torch._C", marks=pytest.mark.slow),
        pytest.param(("run", "part2"), "torch", marks=pytest.mark.slow),
        pytest.param(("run", "part2"), "torchvision", marks=pytest.mark.slow),
        pytest.param(("verify",), "tp1.experiments.runner", marks=pytest.mark.slow),
        pytest.param(("weave",), "panflute", marks=pytest.mark.slow),
        pytest.param(("weave",), "nbformat", marks=pytest.mark.slow),
    ],
)
def test_while_modules_are_imported(tmp_path, command, module):
    process = start(*command, data=tmp_path)
    assert interrupted_after(module, process, at_once) == ["interrupted"]
    assert process.returncode == 130


def test_while_the_checksums_are_checked(tmp_path):
    file = tmp_path / IMAGES
    file.parent.mkdir(parents=True)
    with file.open("wb") as sparse:
        sparse.truncate(HUGE)
    output = tmp_path / "out"
    process = start("run", "part2", "--output", str(output), data=tmp_path)

    def until_it_reads() -> None:
        opened = Path(f"/proc/{process.pid}/fd")
        while process.poll() is None and file not in [
            fd.resolve() for fd in opened.iterdir()
        ]:
            time.sleep(0.01)

    said = interrupted_after("tp1.experiments.lock", process, until_it_reads)
    assert said == ["interrupted"]
    assert process.returncode == 130
    assert not output.exists()
