"""Quarto's post-render step: the notebook, which Quarto's own conversion would leave without its outputs."""

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN_PYTHON = ROOT / ".venv/bin/python"
LIBRARIES = (
    "jinja2",
    "jsonschema",
    "nbformat",
    "panflute",
    "pypandoc",
    "typst",
    "yaml",
)


def main() -> int:
    """Make the notebook with this Python, or with the project's own where this one lacks the libraries."""
    if all(importlib.util.find_spec(name) for name in LIBRARIES):
        sys.path.insert(0, str(ROOT / "code"))
        from tp1.__main__ import main as tp1

        return tp1(["weave", str(ROOT), "--notebook"])
    if subprocess.run(["make", "--silent", ".venv/.report"], cwd=ROOT).returncode == 0:
        return subprocess.run(
            [OWN_PYTHON, "-m", "tp1", "weave", ROOT, "--notebook"]
        ).returncode
    # The site and the PDF are whole: losing them for want of the notebook would help nobody.
    print(
        "notebook: not made; `make report` installs what it needs and makes it",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
