"""Files of unfinished stacks, damaged: the stack that was kept, or none; what they hold is never executed."""

import hashlib
import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from counting import fuzz
from damaged_tables import byte_changes, changed_bytes
from hypothesis import strategies as st

from tp1.experiments import kept
from tp1.experiments.images import padded
from tp1.experiments.lockstep import Stack, draw_params
from tp1.experiments.plans import Config, Run

# What PyTorch thinks of what it reads.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

RUNS = [Run(Config("sgd", lr, 20, 3, momentum=0.5), 0) for lr in (0.01, 0.1)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unfinished")


@pytest.fixture(scope="module")
def content(folder: Path) -> bytes:
    """A file as it is kept after two epochs."""
    theta = torch.zeros(3, 10, padded(784))
    best = draw_params(RUNS[0].config, 0)[0].expand(2, 785, 10).clone()
    stack = Stack(
        RUNS,
        [0, 1],
        6,
        [theta],
        [theta + 1],
        [theta[:0]],
        np.full((3, 2, 4), 0.5),
        [best],
    )
    kept.save(folder, stack, "cpu")
    path = folder / kept.name(RUNS)
    content = path.read_bytes()
    path.unlink()
    return content


def found(folder: Path, content: bytes) -> list[Stack]:
    """Look for the stack in a file of its name; what is of no use is gone afterwards."""
    path = folder / kept.name(RUNS)
    folder.mkdir(exist_ok=True)
    path.write_bytes(content)
    stacks = kept.find(folder, RUNS, "cpu")
    kept.forget(folder, [])
    assert stacks or not path.exists() or kept.read(path)
    path.unlink(missing_ok=True)
    return stacks


def resealed(rest: bytes) -> bytes:
    return hashlib.sha256(rest).digest() + rest


@fuzz(2_000, changes=byte_changes)
def test_other_bytes_are_no_stack(folder, content, changes):
    changed = changed_bytes(content, changes)
    stacks = found(folder, changed)
    assert bool(stacks) == (changed == content)


@fuzz(
    2_000, changes=byte_changes, noise=st.none() | st.none() | st.binary(max_size=300)
)
def test_other_bytes_with_their_checksum_are_a_stack_of_those_runs_or_none(
    folder, content, changes, noise
):
    rest = changed_bytes(content[kept.DIGEST :], changes) if noise is None else noise
    for stack in found(folder, resealed(rest)):
        assert set(stack.runs) <= set(RUNS)


class Malice:
    """What a pickle can be made to do."""

    def __init__(self, call: tuple) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call


@fuzz(
    200,
    protocol=st.integers(0, 5),
    zipped=st.booleans(),
    deep=st.booleans(),
    how=st.sampled_from(["touch", "eval", "exec", "open"]),
)
def test_what_a_file_holds_is_not_executed(folder, protocol, zipped, deep, how):
    planted = folder.parent / "planted"
    evil = Malice(
        {
            "touch": (Path.touch, (planted,)),
            "eval": (eval, (f"open({str(planted)!r}, 'w')",)),
            "exec": (exec, (f"open({str(planted)!r}, 'w')",)),
            "open": (open, (str(planted), "w")),
        }[how]
    )
    state = {"code": "x", "device": "cpu", "stack": evil} if deep else evil
    buffer = io.BytesIO()
    if zipped:
        torch.save(state, buffer, pickle_protocol=max(protocol, 2))
    else:
        buffer.write(pickle.dumps(state, protocol=protocol))
    assert found(folder, resealed(buffer.getvalue())) == []
    assert not planted.exists()
