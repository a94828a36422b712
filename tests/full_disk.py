"""A disk that is full, as the system has it: no file grows beyond a size."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

REASON = "File too large"


@contextmanager
def full_disk(size: int = 1000) -> Iterator[None]:
    """Let this process, and what it starts, write no file beyond some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
