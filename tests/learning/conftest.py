"""A small Fashion-MNIST: torchvision's four files, a few images, checksums of their own."""

import gzip
import hashlib

import pytest
import torch
from torchvision.datasets import FashionMNIST

from tp1.learning.data import checksums, defect, raw_folder


def idx(tensor):
    """The bytes of a tensor of uint8 in the format of the published files, compressed."""
    head = bytes([0, 0, 8, tensor.ndim]) + b"".join(
        n.to_bytes(4, "big") for n in tensor.shape
    )
    return gzip.compress(head + tensor.numpy().tobytes(), mtime=0)


def build(root, monkeypatch, n_train, n_test):
    """Fill a data folder with random images, which torchvision then takes for the published ones."""
    raw = raw_folder(root)
    raw.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    resources = []
    for prefix, n in (("train", n_train), ("t10k", n_test)):
        images = torch.randint(256, (n, 28, 28), dtype=torch.uint8, generator=generator)
        labels = (torch.arange(n) % 10).to(torch.uint8)
        for kind, tensor in (("images-idx3", images), ("labels-idx1", labels)):
            content, name = idx(tensor), f"{prefix}-{kind}-ubyte.gz"
            (raw / name).write_bytes(content)
            resources.append(
                (name, hashlib.md5(content, usedforsecurity=False).hexdigest())
            )
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    monkeypatch.delenv("TP1_DATA_DIR", raising=False)
    return root


@pytest.fixture(autouse=True)
def small_tensors(one_thread):
    """Every test of this room computes on small tensors."""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A data folder with 20 training and 5 test images."""
    return build(tmp_path / "tiny", monkeypatch, 20, 5)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The current data folder, with 1200 training and 100 test images."""
    root = build(tmp_path / "small", monkeypatch, 1200, 100)
    monkeypatch.setenv("TP1_DATA_DIR", str(root))
    return root


@pytest.fixture
def needs_data():
    """Skip when the real data set is not there."""
    missing = [
        name for name, md5 in checksums().items() if defect(raw_folder() / name, md5)
    ]
    if missing:
        pytest.skip(f"no Fashion-MNIST ({', '.join(missing)}): run `make data`")
