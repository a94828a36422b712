"""Networks from BIF files: what a file says is taken whole, or refused with its line."""

import gzip
import io
import math
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tp1.bayes.bif_grammar import Entry, Source, Table, read_blocks
from tp1.bayes.errors import (
    BifError,
    DuplicateName,
    NetworkTooLarge,
    magnitude,
    nearest,
    shorten,
)
from tp1.bayes.joint import MAX_CELLS
from tp1.bayes.network import Array, Network
from tp1.bayes.variable import Variable, first_repeated

# BIF files hold decimals: a row of thirds, printed with six of them, is 1e-6 off.
DECIMALS_TOLERANCE = 1e-5
# Three times the largest network of the public repositories.
MAX_BYTES = 2**24

Indices = Mapping[str, Mapping[str, int]]


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
    BifError
        If the file cannot be read, departs from the format, or gives some parents' states no row, or two.
    NetworkTooLarge
        If the file has more than 16 MiB, or its tables together more than 2^25 cells.
    NetworkError
        If what it describes is no Bayesian network.
    """
    source = Source(str(path), _read(path))
    domains, tables = read_blocks(source)
    if not domains:
        raise BifError(f"{source.path!r} declares no variable")
    variables = [Variable(domain.name, domain.states) for domain in domains]
    if repeated := first_repeated([domain.name for domain in domains]):
        raise DuplicateName(
            f"{source.path!r} declares two variables named {shorten(repeated)}"
        )
    if repeated := first_repeated([table.child for table in tables]):
        raise DuplicateName(f"{source.path!r} gives two tables for {shorten(repeated)}")
    indices = {
        variable.name: {state: index for index, state in enumerate(variable.states)}
        for variable in variables
    }
    _refuse_large_tables(source, tables, indices)
    return Network(
        variables,
        {table.child: table.parents for table in tables},
        {table.child: _rescaled(_cpt(source, table, indices)) for table in tables},
    )


def _read(path: str | Path) -> str:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if data[:2] == b"\x1f\x8b" and len(data) <= MAX_BYTES:
            with gzip.open(io.BytesIO(data)) as archive:
                data = archive.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise NetworkTooLarge(
                f"{str(path)!r} has more than {MAX_BYTES >> 20} MiB, unpacked; no more is read"
            )
        text = data.decode("utf-8-sig")
    except NetworkTooLarge:
        raise
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as error:
        raise BifError(
            f"cannot read {str(path)!r}: {getattr(error, 'strerror', None) or error}"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _refuse_large_tables(source: Source, tables: list[Table], indices: Indices) -> None:
    """Refuse what no table can hold before any is made; every name is known afterwards."""
    cells = 0
    for table in tables:
        for name in (table.child, *table.parents):
            if name not in indices:
                raise source.error(
                    table.position,
                    f"the table names {shorten(name)}, which is not declared; {nearest(name, indices)}",
                )
        cells += math.prod(len(indices[n]) for n in (table.child, *table.parents))
        if cells > MAX_CELLS:
            raise NetworkTooLarge(
                f"{source.path!r}: the tables up to that of {shorten(table.child)} have {magnitude(cells)} "
                f"cells; at most {magnitude(MAX_CELLS)} are read"
            )


def _cpt(source: Source, table: Table, indices: Indices) -> Array:
    """Return the table of a block: one axis per parent, then one for the child."""
    for entries, what in ((table.whole, "table"), (table.default, "default")):
        if len(entries) > 1:
            raise source.error(
                entries[1].position,
                f"a second {what} for {shorten(table.child)}; keep one",
            )
    own = len(indices[table.child])
    parents = [len(indices[parent]) for parent in table.parents]
    if table.whole:
        if extra := [*table.default, *table.rows]:
            raise source.error(
                extra[0].position,
                f"{shorten(table.child)} already has a whole table; keep it, or rows",
            )
        numbers = _numbers(source, table.whole[0], own * math.prod(parents))
        # The format counts with the child first, hence slowest.
        return np.moveaxis(numbers.reshape(own, *parents), 0, -1)
    return _from_rows(source, table, indices).reshape(*parents, own)


def _from_rows(source: Source, table: Table, indices: Indices) -> Array:
    """Return a row per configuration of the parents, the last of them changing fastest."""
    own = len(indices[table.child])
    sizes = [len(indices[parent]) for parent in table.parents]
    cpt = np.zeros((math.prod(sizes), own))
    given = np.zeros(len(cpt), dtype=bool)
    for default in table.default:
        cpt[:] = _numbers(source, default, own)
    for row in table.rows:
        number = _configuration(source, table, row, indices)
        if given[number]:
            raise source.error(
                row.position, f"a second row for {_shown(row.states)}; keep one"
            )
        given[number] = True
        cpt[number] = _numbers(source, row, own)
    if not (table.default or given.all()):
        missing = np.unravel_index(int(np.argmin(given)), sizes) if sizes else ()
        states = [
            list(indices[parent])[index]
            for parent, index in zip(table.parents, missing, strict=True)
        ]
        raise source.error(
            table.position,
            f"{shorten(table.child)} has no row for {_shown(states)}, and no default"
            if states
            else f"{shorten(table.child)} has no table",
        )
    return cpt


def _configuration(source: Source, table: Table, row: Entry, indices: Indices) -> int:
    """Return the number of the configuration that a row is for."""
    if len(row.states) != len(table.parents):
        raise source.error(
            row.position,
            f"{len(row.states)} states for the {len(table.parents)} parents of {shorten(table.child)}",
        )
    number = 0
    for parent, state in zip(table.parents, row.states, strict=True):
        known = indices[parent]
        if state not in known:
            raise source.error(
                row.position,
                f"{shorten(parent)} has no state {shorten(state)}; {nearest(state, known)}",
            )
        number = number * len(known) + known[state]
    return number


def _numbers(source: Source, entry: Entry, expected: int) -> Array:
    if len(entry.numbers) != expected:
        raise source.error(
            entry.position, f"{len(entry.numbers)} numbers, expected {expected}"
        )
    return np.frombuffer(entry.numbers)


def _shown(states: list[str] | tuple[str, ...]) -> str:
    return (
        f"({', '.join(map(shorten, states[:12]))}{', …' if len(states) > 12 else ''})"
    )


def _rescaled(table: Array) -> Array:
    totals = table.sum(axis=-1, keepdims=True)
    rounded = np.abs(totals - 1) <= DECIMALS_TOLERANCE
    return table / np.where(rounded, totals, 1.0)
