"""Small sets of images: ten noisy prototypes, so that something can be learnt in a few steps."""

import pytest
import torch

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
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
