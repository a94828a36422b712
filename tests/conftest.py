"""Settings of every test, and what tests of several rooms share."""

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("tp1", deadline=None)
settings.load_profile("tp1")


@pytest.fixture
def one_thread():
    """Compute on one thread: on small tensors, waiting for a second one takes longer than computing."""
    # Not every room needs PyTorch.
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
