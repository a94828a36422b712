"""What can be wrong in a book, each with the place to mend."""

import shutil
from pathlib import Path

from tp1.errors import Tp1Error


class WeaveError(Tp1Error):
    """The book cannot be rendered; the message names file and line where they are known."""

    exit_status = 1

    def __init__(
        self, message: str, file: Path | str | None = None, line: int | None = None
    ) -> None:
        place = (
            ""
            if file is None
            else f"{file}:{line}: "
            if line is not None
            else f"{file}: "
        )
        super().__init__(place + message)


class MissingFile(WeaveError):
    """A file that the book names is not there."""


class UnsupportedFeature(WeaveError):
    """A feature of Quarto's that the built-in renderer does not have: refused, never dropped."""

    def __init__(
        self, feature: str, file: Path | str | None = None, line: int | None = None
    ) -> None:
        super().__init__(
            f"{feature} is not supported by the built-in renderer", file, line
        )


class OutputError(WeaveError):
    """The system refuses what is written; what was there before still is."""

    exit_status = 2

    def __init__(self, place: Path | str, error: OSError) -> None:
        if isinstance(error, shutil.Error) and error.args[0]:
            # Of a folder that was copied, the first file that could not be.
            file, reason = error.args[0][0][1:3]
        else:
            file = error.filename2 or error.filename or place
            reason = error.strerror or str(error)
        super().__init__(
            f"cannot be written ({reason.partition(': ')[0]}): make room or free its place; "
            "what was there before still is",
            file,
        )


class CellFailed(WeaveError):
    """A chunk raised an exception; the message carries chapter, label and traceback."""
