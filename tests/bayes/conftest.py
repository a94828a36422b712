"""ALARM, the classic monitoring network of 37 variables, read once."""

import pytest

from tp1.bayes import Network, read_bif

from .oracles import ALARM


@pytest.fixture(scope="session")
def alarm() -> Network:
    return read_bif(ALARM)
