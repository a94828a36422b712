"""The raw numbers: a JSON file, written anew as soon as something is measured."""

import json
import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tp1.experiments.provenance import fingerprint, machine
from tp1.experiments.tables import write_atomically

Numbers = dict[str, Any]
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "jax", "jaxlib")


class Store:
    """Measurements by name, each a list with one entry a round.

    Parameters
    ----------
    path : Path
    extent : Extent
        A dataclass: how much is measured.
    resume : bool
        Keep what the file has, which must be of the same extent and code; otherwise begin empty.
    about : dict
        What the file says of the machine.
    """

    def __init__(self, path: Path, extent: Any, resume: bool, about: Numbers) -> None:
        self.path = path
        same = origin(extent)
        self.content: Numbers = {**about, **same, "measurements": {}}
        if resume and path.is_file():
            found = read(path)
            if not fits(found, extent):
                raise SystemExit(
                    f"{path} was measured to another extent or with other code: not resumed"
                )
            self.content = found

    def rounds(self, name: str) -> list[Numbers]:
        """Give the rounds of a measurement; none if it was not carried out, or its library is missing."""
        return [r for r in self._all(name) if "missing" not in r]

    def missing(self, name: str) -> str | None:
        """Name the library without which the measurement could not be made, if so."""
        found: list[str] = [r["missing"] for r in self._all(name) if "missing" in r]
        return found[0] if found else None

    def has(self, name: str, number: int) -> bool:
        """Say whether a round is there already; one whose library was missing is worth another try."""
        return len(self.rounds(name)) > number

    def add(self, name: str, numbers: Numbers) -> None:
        """Keep one more round of a measurement."""
        self.content["measurements"].setdefault(name, []).append(numbers)
        self.write()

    def summarise(self, summary: Numbers) -> None:
        """Keep what the rounds come to."""
        self.content["summary"] = summary
        self.write()

    def write(self) -> None:
        """Write the file aside, then rename it; floats have six significant digits."""
        text = json.dumps(rounded(self.content), indent=1, ensure_ascii=False)
        write_atomically(self.path, text + "\n")

    def _all(self, name: str) -> list[Numbers]:
        found: list[Numbers] = self.content["measurements"].get(name, [])
        return found


def origin(extent: Any) -> Numbers:
    """Say to which extent, a dataclass, and by which code numbers are measured now, as JSON gives it back."""
    same = {"extent": asdict(extent), "code": fingerprint()}
    found: Numbers = json.loads(json.dumps(same))
    return found


def read(path: Path) -> Numbers:
    """Read a file of raw numbers."""
    found: Numbers = json.loads(path.read_text(encoding="utf-8"))
    return found


def fits(content: Numbers, extent: Any) -> bool:
    """Say whether a file's numbers were measured to this extent, by this code."""
    return all(content.get(key) == value for key, value in origin(extent).items())


def rounded(value: Any) -> Any:
    """Round all the floats in nested dictionaries and lists."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def load_average() -> list[float]:
    """Give the load of the last 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


def about() -> Numbers:
    """Say what the numbers are measured on."""
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return {
        "machine": machine("cpu"),
        "versions": ", ".join(versions),
        "load": load_average(),
    }
