"""Where tensors live: the GPU when there is one, otherwise the processor."""

import torch

from tp1.learning.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str = "auto") -> torch.device:
    """Give the device that a name stands for; ``auto`` is CUDA when PyTorch can use one, else the CPU.

    Raises
    ------
    DeviceError
        If the name is none of `DEVICES`, or asks for CUDA where there is none.
    """
    if name not in DEVICES:
        raise DeviceError(f"device {name!r}: one of {', '.join(DEVICES)} is wanted")
    cuda = torch.cuda.is_available()
    if name == "cuda" and not cuda:
        raise DeviceError("device 'cuda': PyTorch finds no GPU here; use auto or cpu")
    return torch.device("cuda" if cuda and name != "cpu" else "cpu")
