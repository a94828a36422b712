"""Run one measurement in a process of its own: ``python -m benchmarks.softmax.child MODULE FUNCTION FILE``.

The module is one of `benchmarks`, such as ``softmax.ours``. The specification comes in as JSON on the
standard input, the numbers go out as JSON to the file.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    """Import the side's module, which is timed apart, and call its function."""
    module, function, path = sys.argv[1:]
    spec = json.load(sys.stdin)
    began = time.perf_counter()
    try:
        side = import_module(f"benchmarks.{module}")
    except ModuleNotFoundError as error:
        values: dict[str, Any] = {"missing": error.name}
    else:
        imported = time.perf_counter() - began
        values = {"import_s": imported, **getattr(side, function)(**spec)}
    Path(path).write_text(json.dumps(values), encoding="utf-8")


if __name__ == "__main__":
    main()
