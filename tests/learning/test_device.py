"""Where tensors live: the GPU if there is one, and clear words if there is none."""

import pytest
import torch

from tp1.learning.device import choose_device
from tp1.learning.errors import DeviceError


@pytest.mark.parametrize(
    ("name", "cuda", "chosen"),
    [
        ("auto", True, "cuda"),
        ("auto", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_auto_is_the_gpu_when_there_is_one(monkeypatch, name, cuda, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    assert choose_device(name).type == chosen


def test_a_device_that_is_not_there_or_unknown_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="finds no GPU here"):
        choose_device("cuda")
    with pytest.raises(DeviceError, match="one of auto, cpu, cuda"):
        choose_device("tpu")
