"""Networks from BIF files, the interchange format of the Bayesian network repositories."""

import gzip
import re
import zlib
from pathlib import Path

import numpy as np

from tp1.bayes.errors import (
    BifError,
    DuplicateName,
    MissingDependency,
    NetworkError,
    shorten,
)
from tp1.bayes.network import Array, Network
from tp1.bayes.variable import Variable, first_repeated

# BIF files hold decimals: a row of thirds, printed with six of them, is 1e-6 off.
DECIMALS_TOLERANCE = 1e-5


def read_bif(path: str | Path) -> Network:
    """Read a network from a BIF file, plain or compressed (``.bif.gz``).

    A row that misses 1 by the rounding of its printed decimals (at most 1e-5) is rescaled; by more, refused.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Network
        Its variables in the order of the file.

    Raises
    ------
    MissingDependency
        Without pgmpy, which reads the format: it comes with the extra ``tp1[bif]``.
    BifError
        If the file cannot be read or understood.
    NetworkError
        If what it describes is no Bayesian network.
    """
    try:
        from pgmpy.readwrite import BIFReader
    except ImportError as error:
        raise MissingDependency(
            f"reading BIF files needs pgmpy ({error}); install it with: pip install 'tp1[bif]'"
        ) from None
    text = _read(path)
    _refuse_repeated_tables(text, path)
    try:
        # The reader ends a block at a newline, which the last one of a file may lack.
        reader = BIFReader(string=text + "\n")
        names = list(reader.variable_names)
        variables = [
            Variable(name, tuple(reader.variable_states[name])) for name in names
        ]
        parents = {
            name: tuple(found) for name, found in reader.variable_parents.items()
        }
        shape = {variable.name: len(variable.states) for variable in variables}
        cpts = {
            # In the reader's table a row is a state, a column a configuration of the parents.
            name: _rescaled(
                table.T.reshape(
                    *(shape[parent] for parent in parents[name]), shape[name]
                )
            )
            for name, table in reader.variable_cpds.items()
        }
    except NetworkError:
        raise
    except Exception as error:  # noqa: BLE001 (the reader raises whatever its regular expressions lead to)
        what = (
            f"it names {error} and does not declare it"
            if isinstance(error, KeyError)
            else repr(error)
        )
        raise BifError(
            f"{str(path)!r} is not a BIF file that pgmpy understands ({what})"
        ) from None
    if not names:
        raise BifError(f"{str(path)!r} declares no variable; is it a BIF file?")
    return Network(variables, parents, cpts)


def _read(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode(
            "utf-8"
        )
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise BifError(
            f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}"
        ) from None
    return text.replace("\r\n", "\n")


def _refuse_repeated_tables(text: str, path: str | Path) -> None:
    """Refuse a second table of a variable, which the reader would let replace the first."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    tables = re.findall(
        r'^\s*probability\s*\(\s*"?([^\s"|)]+)', bare, flags=re.MULTILINE
    )
    if repeated := first_repeated(tables):
        raise DuplicateName(f"{str(path)!r} gives two tables for {shorten(repeated)}")


def _rescaled(table: Array) -> Array:
    totals = table.sum(axis=-1, keepdims=True)
    rounded = np.abs(totals - 1) <= DECIMALS_TOLERANCE
    return table / np.where(rounded, totals, 1.0)
