"""Two searches do not write the same results, and a search that dies leaves them free."""

import subprocess
import sys
from pathlib import Path

import pytest

from tp1.experiments.errors import ResultsError
from tp1.experiments.lock import alone

HOLD = """
import sys
from pathlib import Path
from tp1.experiments.lock import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_search_is_refused_until_the_first_is_gone_even_killed(tmp_path: Path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(ResultsError, match="another search is at work on"),
            alone(tmp_path),
        ):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with alone(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(ResultsError, match="cannot be written to"),
        alone(tmp_path / "file" / "part2"),
    ):
        pass
