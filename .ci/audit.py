"""Audit: no pinned package has a known vulnerability, and no line that was ever committed holds a secret.

Run by ``make audit`` with the Python of .venv-audit. Ends with 1 if something is found, and with ``--strict``
also if something could not be checked.
"""

import argparse
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SERVICE = (
    "https://api.osv.dev/v1/vulns/PYSEC-2018-28"  # an entry that is there for good
)
MESSAGES = "messages of commits"
PLANTED = "tests/test_audit.py"  # its secrets are made up, to be found
# What looks like a secret and is none: the digests of receipts, under the names that they have there.
DIGESTS = (
    r'^\s*"(sha256|code|evaluation|hash|from|text|frozen|tp1(\.\w+)*|[\w./-]+\.(csv|json|gz|py|qmd|yml|svg))"'
    r': "([0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64})",?$'
)


class Outcome(NamedTuple):
    """What a check says, and whether it found something (`failed`) or could not look (`unchecked`)."""

    text: str
    failed: bool = False
    unchecked: bool = False


def main(argv: list[str] | None = None) -> int:
    """Run every check; return 1 if one has failed, or was not carried out though it must be."""
    parser = argparse.ArgumentParser(description="Audit packages and secrets.")
    parser.add_argument(
        "--strict", action="store_true", help="what cannot be checked is a failure"
    )
    strict = parser.parse_args(argv).strict
    outcomes = [vulnerabilities(), consistency(ROOT / ".venv"), secrets(ROOT)]
    for outcome in outcomes:
        print(f"{'NOT CHECKED: ' if outcome.unchecked else ''}{outcome.text}")
    return int(any(one.failed or (strict and one.unchecked) for one in outcomes))


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program without a shell; give what it printed and how it ended."""
    return subprocess.run(
        command, cwd=cwd, capture_output=True, encoding="utf-8", errors="replace", check=False
    )  # fmt: skip


def reachable(url: str = SERVICE) -> bool:
    """Say whether the service of vulnerabilities answers."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return bool(json.load(answer).get("id"))
    except (OSError, ValueError, AttributeError):
        return False


def vulnerabilities(
    pip_audit: tuple[str, ...] = (sys.executable, "-m", "pip_audit"),
    reachable: Callable[[], bool] = reachable,
) -> Outcome:
    """Look up every pinned version; that nothing was found counts only for what was looked up."""
    if not reachable():
        return Outcome("vulnerabilities: api.osv.dev does not answer", unchecked=True)
    pinned = [*sorted(ROOT.glob("requirements*.txt")), ROOT / "constraints.txt"]
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        ended = run(
            *pip_audit, *(f"--requirement={path}" for path in pinned),
            "--no-deps", "--disable-pip", "--vulnerability-service=osv", "--progress-spinner=off",
            "--format=json", f"--output={report}",
        )  # fmt: skip
        try:
            packages = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
        except (OSError, ValueError, KeyError, TypeError):
            reason = (ended.stderr.strip().splitlines() or ["no report"])[-1]
            return Outcome(f"vulnerabilities: pip-audit: {reason}", failed=True)
    return judged(packages)


def judged(packages: list[dict]) -> Outcome:
    """Judge what pip-audit says of every package: vulnerable, clean, or skipped."""
    found = [
        f"  {package['name']} {package['version']}: {hole['id']}, mended in {hole['fix_versions']}"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    if found:
        return Outcome("\n".join(["vulnerabilities:", *found]), failed=True)
    skipped = [package["name"] for package in packages if "vulns" not in package]
    if skipped or not packages:
        text = f"vulnerabilities: {len(skipped)} of {len(packages)} packages, {', '.join(skipped)[:200]}"
        return Outcome(text, unchecked=True)
    return Outcome(f"vulnerabilities: none known of {len(packages)} packages")


def consistency(environment: Path) -> Outcome:
    """Ask pip whether what is installed in an environment goes together."""
    python = environment / "bin" / "python"
    if not python.exists():
        return Outcome(f"consistency: {environment} is not there", unchecked=True)
    ended = run(python, "-m", "pip", "check")
    return Outcome(f"consistency: {ended.stdout.strip()}", failed=ended.returncode != 0)


def secrets(root: Path) -> Outcome:
    """Scan every line of the tracked files, of the history of HEAD, and of the messages of its commits."""
    with TemporaryDirectory() as folder:
        lines = every_line(root)
        lines.pop(PLANTED, None)
        # Under names of our own: a file may have had the name that a folder has now.
        copies = {f"{i}{Path(name).suffix}": name for i, name in enumerate(lines)}
        for copy, name in copies.items():
            text = "\n".join(lines[name])
            (Path(folder) / copy).write_text(text, encoding="utf-8")
        ended = run(
            sys.executable, "-m", "detect_secrets", "scan", "--all-files", "--no-verify",
            f"--exclude-lines={DIGESTS}", ".",
            cwd=Path(folder),
        )  # fmt: skip
    try:
        results = json.loads(ended.stdout)["results"]
    except (ValueError, KeyError):
        reason = (ended.stderr.strip().splitlines() or ["no report"])[-1]
        return Outcome(f"secrets: detect-secrets: {reason}", failed=True)
    found = []
    for copy, some in results.items():
        name = copies[Path(copy).name]
        for one in some:
            line = list(lines[name])[one["line_number"] - 1]
            found.append(f"  {name}, {place(root, name, line)}: {one['type']}")
    if found:
        return Outcome("\n".join(["secrets:", *found]), failed=True)
    count = sum(map(len, lines.values()))
    return Outcome(
        f"secrets: none in the {count:,} different lines of {len(lines):,} files"
    )


def every_line(root: Path) -> dict[str, dict[str, None]]:
    """Collect the lines that tracked files have now or had once, each but once, in their order."""
    lines: dict[str, dict[str, None]] = {}
    for name in run("git", "ls-files", "-z", cwd=root).stdout.split("\0"):
        if (root / name).is_file():
            text = (root / name).read_text(encoding="utf-8", errors="replace")
            lines[name] = dict.fromkeys(text.splitlines())
    for name, line in added(root):
        lines.setdefault(name, {})[line] = None
    messages = run("git", "log", "--format=%B", cwd=root).stdout
    return {**lines, MESSAGES: dict.fromkeys(messages.splitlines())}


def added(root: Path) -> Iterator[tuple[str, str]]:
    """Give the lines that the commits of HEAD have added, with the names of their files."""
    patches = run(
        "git", "-c", "core.quotePath=off", "log", "--patch", "--unified=0", "--format=", "--no-color",
        "--no-renames", "--no-ext-diff", "--diff-merges=separate",
        cwd=root,
    ).stdout  # fmt: skip
    name, heading = "", False
    for line in re.split(r"\r?\n", patches):
        if line.startswith(("diff --git ", "@@ ")):
            heading = line.startswith("diff")
        elif heading and line.startswith("+++ "):
            name = line.removeprefix("+++ b/").rstrip("\t")
        elif not heading and line.startswith("+"):
            yield name, line[1:]


def place(root: Path, name: str, line: str) -> str:
    """Say where a line is: its number in the file as it is now, or else in the history."""
    try:
        now = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        return f"line {now.index(line) + 1}"
    except (OSError, ValueError):
        return "in the history"


if __name__ == "__main__":
    sys.exit(main())
