"""One search at a time on the same results."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from tp1.experiments.errors import ResultsError

NAME = ".lock"
ASIDE = (".*.csv.*", ".*.json.*")  # what a process was writing when it was killed


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder of results, cleared of what was half written.

    The system lets go of it when the process ends, however it ends.

    Raises
    ------
    ResultsError
        If another process holds it, or it cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / NAME)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ResultsError(
            f"another search is at work on {folder}: wait for it, or name another folder with --output"
        ) from error
    except OSError as error:
        raise ResultsError(
            f"{folder} cannot be written to ({error.strerror}): name another folder"
        ) from error
    try:
        for path in (path for pattern in ASIDE for path in folder.glob(pattern)):
            path.unlink()
        yield
    finally:
        # While it is held, so that nobody holds a file that is about to go.
        (folder / NAME).unlink(missing_ok=True)
        lock.release()
        if not any(folder.iterdir()):
            folder.rmdir()
