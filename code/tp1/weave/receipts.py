"""What a chapter's frozen results were made from: its receipt, beside them in the freeze.

Quarto's freeze knows the chapter's text alone. The receipt also has the modules of the project's package that
the chapter's chunks import, directly or not, and the data files that they may read.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from tp1.imports import changes, closure
from tp1.weave.aside import write_aside
from tp1.weave.errors import WeaveError
from tp1.weave.lines import is_file, read_text
from tp1.weave.source import Source
from tp1.weave.values import read_json

NAME = "receipt.json"
CODE = Path("code/tp1")
# A chapter that imports this module may read any of these files.
READER = "tp1.experiments.tables"
DATA = (
    "results/*/*.csv", "results/*/*.json",
    "benchmarks/results/*_steps.*", "benchmarks/results/search_scaling.json",
)  # fmt: skip
AGAIN = "`make freeze` executes it again"


def inputs(root: Path, source: Source) -> dict[str, str]:
    """Digest all that a chapter's results depend on, its own text apart."""
    code = "\n".join(chunk.code for chunk in source.chunks)
    found = closure(code, root / CODE)
    if READER in found:
        for file in sorted(file for pattern in DATA for file in root.glob(pattern)):
            if file.suffix in (".csv", ".json") and ".raw" not in file.suffixes:
                name = file.relative_to(root)
                text = read_text(root, name).encode()
                found[name.as_posix()] = hashlib.sha256(text).hexdigest()[:16]
    return found


def frozen_digest(folder: Path) -> str:
    """Digest a chapter's frozen results, in whatever order its formats were written."""
    digest = hashlib.sha256()
    for file in sorted((folder / "execute-results").glob("*.json")):
        if is_file(file):
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def write_receipt(root: Path, source: Source, folder: Path) -> None:
    """Write the receipt of results that were frozen in `folder` just now."""
    record = {
        "text": source.digest,
        "frozen": frozen_digest(folder),
        "inputs": inputs(root, source),
    }
    write_aside(folder / NAME, json.dumps(record, indent=2) + "\n")


def read_receipt(folder: Path) -> dict[str, Any] | None:
    """Read a receipt; None if there is none, or it cannot be understood."""
    try:
        record = read_json(read_text(folder, NAME))
        return record if isinstance(record["inputs"], dict) else None
    except (WeaveError, ValueError, KeyError, TypeError):
        return None


def belongs(source: Source, folder: Path) -> bool:
    """Tell whether a receipt is that of the frozen results beside it."""
    record = read_receipt(folder)
    return record is not None and (record.get("text"), record.get("frozen")) == (
        source.digest,
        frozen_digest(folder),
    )


def what_changed(root: Path, source: Source, folder: Path) -> list[str]:
    """Say what has changed since a chapter's results were frozen, its own text apart."""
    if not belongs(source, folder):
        return ["its frozen results have no receipt, or another's: edited by hand?"]
    record = read_receipt(folder) or {}
    return changes(record["inputs"], inputs(root, source))
