"""Results of older code, shown to be those of the code as it is now, get its mark beside their own."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tp1.experiments.comparison import Comparison
from tp1.experiments.errors import ResultsError
from tp1.experiments.final import choices_of, written
from tp1.experiments.provenance import fingerprint, modules
from tp1.experiments.stages import EVALUATION, times_of
from tp1.experiments.tables import SCHEMA, read_table, write_atomically
from tp1.experiments.verify import FINALS, SEARCHES


def stamp(root: Path, found: Sequence[Comparison]) -> list[Path]:
    """Mark frozen results as being of this code, all or none.

    Parameters
    ----------
    root : Path
        The folder of the frozen results.
    found : sequence of Comparison
        From every search, and of both final evaluations.

    Returns
    -------
    list of Path
        The receipts that were written.

    Raises
    ------
    ResultsError
        If a number is not as it was frozen, or a search was not compared.
    """
    refuse(found)
    receipts = [
        (path.with_suffix(".json"), renewed(receipt, search, found))
        for search in (*SEARCHES, *FINALS)
        for path, receipt in tables(root / search)
    ]
    for path, receipt in receipts:
        text = json.dumps(receipt, indent=2, ensure_ascii=False)
        write_atomically(path, text + "\n")
    return [path for path, _ in receipts]


def refuse(found: Sequence[Comparison]) -> None:
    """Raise `ResultsError` unless every search was compared and is the same to the last digit.

    On another processor equal numbers are not to be expected; where they are equal they show as much.
    """
    for one in found:
        if one.verdict != "same":
            raise ResultsError(
                f"not stamped: {one.search}: {one.what} is not as it was frozen"
            )
    missing = {*SEARCHES, *FINALS} - {one.search for one in found}
    if missing:
        raise ResultsError(f"not stamped: {', '.join(sorted(missing))} not compared")


def tables(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the tables that were written with a search or an evaluation, and their receipts."""
    receipt = read_table(path)[1]
    yield path, receipt
    if "choices" in receipt:
        choices, best = choices_of(receipt)
        names = [name for name in written(choices[best]) if name != path.name]
        others = [path.with_name(name) for name in names]
    else:
        others = [times_of(path)]
    for other in others:
        yield other, read_table(other)[1]


def renewed(
    receipt: dict[str, Any], search: str, found: Sequence[Comparison]
) -> dict[str, Any]:
    """Give a receipt the fingerprint of this code, and say on what grounds."""
    if receipt["code"] == fingerprint() and receipt.get("modules") == modules():
        return receipt
    shown = [one for one in found if one.search == search]
    note: dict[str, object] = {
        "from": receipt["code"],
        "compared": len(shown),
        "numbers": sum(one.numbers for one in shown),
    }
    if others := sorted({what for one in shown for what in one.elsewhere} - {"code"}):
        note["elsewhere"] = others
    evaluation = (
        {"evaluation": fingerprint(EVALUATION)} if "evaluation" in receipt else {}
    )
    return {
        "schema": SCHEMA,
        **receipt,
        "code": fingerprint(),
        "modules": modules(),
        **evaluation,
        "stamped": [*receipt.get("stamped", []), note],
    }
