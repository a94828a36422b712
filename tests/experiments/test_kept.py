"""Files of unfinished stacks that `save` has not written, found by fuzzing: they are removed."""

import hashlib
import io

import numpy as np
import pytest
import torch

from tp1.experiments import kept
from tp1.experiments.images import padded
from tp1.experiments.lockstep import Stack, draw_params
from tp1.experiments.plans import Config, Run

RUNS = [Run(Config("adam", lr, 20, 3), 0) for lr in (0.01, 0.1)]


@pytest.fixture
def path(tmp_path):
    theta = torch.zeros(3, 10, padded(784))
    best = draw_params(RUNS[0].config, 0)[0].expand(2, 785, 10).clone()
    history = np.full((2, 2, 4), 0.5)
    stack = Stack(RUNS, [0, 1], 6, [theta], [theta + 1], [theta + 2], history, [best])
    kept.save(tmp_path, stack, "cpu")
    return tmp_path / kept.name(RUNS)


def sealed(content):
    return hashlib.sha256(content).digest() + content


def changed(path, **entries):
    """Change a kept stack as no part of the project does, and give it its checksum."""
    content = path.read_bytes()[kept.DIGEST :]
    state = torch.load(io.BytesIO(content), weights_only=True)
    state["stack"].update(entries)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    path.write_bytes(sealed(buffer.getvalue()))


def test_what_was_saved_is_found(path):
    (stack,) = kept.find(path.parent, RUNS, "cpu")
    assert stack.runs == RUNS
    assert torch.equal(stack.v[0], torch.full((3, 10, padded(784)), 2.0))


@pytest.mark.parametrize("content", [b"", b"x" * 100, torch.zeros(2).numpy().tobytes()])
def test_no_stack_at_all(path, content):
    path.write_bytes(sealed(content))
    assert kept.find(path.parent, RUNS, "cpu") == []
    assert not path.exists()


@pytest.mark.parametrize("entries", [{"unknown": 1}, {"runs": [{"lr": 0.1}]}], ids=str)
def test_a_stack_of_other_fields(path, entries):
    changed(path, **entries)
    assert kept.find(path.parent, RUNS, "cpu") == []
    assert not path.exists()


def test_a_folder_with_the_name_of_a_file_is_left_alone(path):
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    assert kept.find(path.parent, RUNS, "cpu") == []
    path.rmdir()
    path.write_bytes(content)
    assert len(kept.find(path.parent, RUNS, "cpu")) == 1
