"""Small sets of images: ten noisy prototypes, so that something can be learnt in a few steps."""

import gzip

import pytest
import torch
from small_search import plan

from tp1.experiments import cli, final, part2, runner
from tp1.experiments.images import prepared_sets
from tp1.learning.data import Labelled


def labelled(n, seed):
    generator = torch.Generator().manual_seed(seed)
    prototypes = torch.rand(10, 784, generator=torch.Generator().manual_seed(0))
    y = torch.randint(10, (n,), generator=generator)
    noise = torch.rand(n, 784, generator=generator)
    return Labelled((0.5 * prototypes[y] + 0.5 * noise) * (noise < 0.6), y)


@pytest.fixture(scope="session")
def raw():
    return labelled(107, 1), labelled(40, 2)


@pytest.fixture(scope="session")
def raw_test():
    return labelled(30, 3)


@pytest.fixture(scope="session")
def small(raw):
    return prepared_sets(*raw)


@pytest.fixture(scope="session")
def small64(raw):
    return prepared_sets(*raw, dtype=torch.float64)


@pytest.fixture
def write_small_data(tmp_path):
    """Writes a data folder in the format of the published files, with as many training images as asked."""

    def idx(tensor):
        head = bytes([0, 0, 8, tensor.ndim])
        sizes = b"".join(n.to_bytes(4, "big") for n in tensor.shape)
        return gzip.compress(head + sizes + tensor.numpy().tobytes(), mtime=0)

    def write(n):
        raw = tmp_path / "data" / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for prefix, count in (("train", n), ("t10k", 10)):
            images = labelled(count, 1)
            x = (255 * images.x).to(torch.uint8).view(-1, 28, 28)
            (raw / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(x))
            y = images.y.to(torch.uint8)
            (raw / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(y))
        return tmp_path / "data"

    return write


@pytest.fixture
def reads(monkeypatch, small, raw_test):
    """Small images wherever experiments look for some; an entry for each time that the test set is read."""
    monkeypatch.setattr(runner, "fashion_mnist", lambda *_: small)
    monkeypatch.setattr(final, "fashion_mnist", lambda *_: small)
    reads = []

    def load_test(scale):
        reads.append(1)
        return raw_test

    monkeypatch.setattr(final, "load_test", load_test)
    monkeypatch.setattr(cli, "verify", lambda *_: None)
    return reads


@pytest.fixture
def world(monkeypatch, tmp_path, reads):
    """Small plans on small images; how often the test set was read."""
    monkeypatch.setattr(
        part2, "SEARCHES", {"assigned": plan("unit"), "wider": plan("standard")}
    )
    return tmp_path, reads
