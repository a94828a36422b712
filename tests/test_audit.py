"""What the audit finds is a failure, what it cannot look at is said; a planted secret is found."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[1]
AUDITOR = PROJECT / ".venv-audit" / "bin" / "python"
CLEAN = {"name": "a", "version": "1", "vulns": []}
HOLE = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}],
}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", PROJECT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tool(tmp_path: Path, report: object, status: int) -> tuple[str, ...]:
    """A pip-audit that writes a report, if any, and ends."""
    path = tmp_path / "tool.py"
    write = "" if report is None else f"open(out, 'w').write({json.dumps(report)!r})"
    path.write_text(
        "import sys\n"
        "out = next(a for a in sys.argv if a.startswith('--output=')).split('=')[1]\n"
        f"{write}\nprint('it broke', file=sys.stderr)\nsys.exit({status})\n"
    )
    return sys.executable, str(path)


@pytest.mark.parametrize(
    ("packages", "status", "failed", "unchecked", "said"),
    [
        ([CLEAN], 0, False, False, "none known of 1"),
        ([CLEAN, HOLE], 1, True, False, "b 2: PYSEC-1"),
        ([HOLE, SKIPPED], 0, True, False, "PYSEC-1"),
        ([CLEAN, SKIPPED], 0, False, True, "1 of 2 packages, c"),
        ([], 0, False, True, "0 of 0"),
    ],
)
def test_what_pip_audit_reports_counts_whatever_its_status(
    audit, tmp_path, packages, status, failed, unchecked, said
):
    fake = tool(tmp_path, {"dependencies": packages, "fixes": []}, status)
    found = audit.vulnerabilities(fake, lambda: True)
    assert (found.failed, found.unchecked) == (failed, unchecked)
    assert said in found.text


def test_a_service_that_does_not_answer_is_not_a_clean_bill(audit, tmp_path):
    fake = tool(tmp_path, {"dependencies": [CLEAN]}, 0)
    found = audit.vulnerabilities(fake, lambda: False)
    assert found.unchecked
    assert not found.failed


@pytest.mark.parametrize("report", [None, [], "x", {"dependency": []}])
@pytest.mark.parametrize("status", [0, 1])
def test_a_tool_that_breaks_is_a_failure(audit, tmp_path, report, status):
    found = audit.vulnerabilities(tool(tmp_path, report, status), lambda: True)
    assert found.failed
    assert "it broke" in found.text


def test_an_address_without_an_answer_is_not_reachable(audit):
    assert not audit.reachable("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("unchecked", "failed", "status", "strict"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 1, 1), (1, 1, 1, 1)],
)
def test_what_is_not_checked_fails_only_if_asked(
    audit, monkeypatch, capsys, unchecked, failed, status, strict
):
    one = audit.Outcome("it", bool(failed), bool(unchecked))
    for name in ("vulnerabilities", "consistency", "secrets"):
        monkeypatch.setattr(audit, name, lambda *_: one)
    assert audit.main([]) == status
    assert audit.main(["--strict"]) == strict
    assert ("NOT CHECKED: it" in capsys.readouterr().out) == unchecked


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", *who, *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a receipt, and a file that became a folder."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / "receipt.json").write_text(
        '{\n  "sha256": "' + "0123456789abcdef" * 4 + '"\n}\n'
    )
    (root / "a").write_text("++ b/../../escaped\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "one")
    (root / "a").unlink()
    (root / "a").mkdir()
    (root / "a" / "b").write_text("x = 1\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "two")
    return root


def test_every_line_of_every_commit_is_looked_at(audit, repository):
    lines = audit.every_line(repository)
    assert list(lines["a"]) == ["++ b/../../escaped"]
    assert list(lines["a/b"]) == ["x = 1"]
    assert {"one", "two"} <= set(lines[audit.MESSAGES])


# In two pieces, for other scanners; the audit passes over this file.
SECRETS = {
    "a key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a token": "token = 'ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a'",
    "a password": "pass" + "word = 'Tr0ub4dor&3x'",
    "digits that are no receipt's": 'secret = "'
    + "9f86d081884c7d659a2feaa0c55ad015"
    + '"',
}


@pytest.mark.slow
@pytest.mark.skipif(not AUDITOR.exists(), reason="needs make audit's environment")
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_planted_secret_is_found_and_is_not_shown(
    audit, monkeypatch, repository, secret
):
    monkeypatch.setattr(audit.sys, "executable", str(AUDITOR))
    clean = audit.secrets(repository)
    assert not clean.failed, clean.text
    (repository / "a" / "b").write_text(f"x = 1\n{secret}\n")
    git(repository, "add", ".")
    planted = audit.secrets(repository)
    assert planted.failed
    assert "a/b, line 2: " in planted.text
    assert secret not in planted.text
    git(repository, "commit", "-q", "-m", "three")
    (repository / "a" / "b").write_text("x = 1\n")
    git(repository, "commit", "-q", "-a", "-m", "four")
    assert "a/b, in the history: " in audit.secrets(repository).text
