"""A search that is killed over and over, against one that is not."""

import csv
import json
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.faults.killing import Moment, after, begin, finish, kill_at, once
from benchmarks.faults.search import EPOCHS, plan

from tp1.experiments import kept
from tp1.experiments.results import read_times
from tp1.experiments.stages import UNFINISHED

SEEDS = (1, 2)  # the second search adds to the results of the first
# What must not be the same: when and how often it was interrupted.
TIMES = ("seconds", "resumed")
KINDS = ("at any time", "at any time", "at any time", "while saving", "while writing")


class Search:
    """A folder in which the small search is carried out, once for each number of seeds."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.log = folder, folder / "log"
        self.results = folder / "part2"
        self.unfinished = self.results / UNFINISHED

    def command(self, seeds: int) -> list[object]:
        """Give the arguments of the process."""
        search = ["run", "part2", "--only", "assigned", "--device", "cpu"]
        return [self.log, *search, "--seeds", seeds, "--output", self.folder]

    def whole(self, seeds: int) -> float:
        """Carry it out undisturbed; give the seconds."""
        began = time.perf_counter()
        finish(begin("benchmarks.faults.search", self.command(seeds)))
        return time.perf_counter() - began

    def killed(self, seeds: int, moment: Moment) -> bool:
        """Carry it on until a moment; False if it ends before."""
        return kill_at(begin("benchmarks.faults.search", self.command(seeds)), moment)

    def asides(self) -> list[Path]:
        """List files that are being written, or were."""
        stacks = [p for p in self.unfinished.glob("*.*") if p.suffix[1:].isdigit()]
        tables = [p for f in (self.results, self.unfinished) for p in f.glob(".*.*.*")]
        return [*stacks, *tables]

    def tables(self) -> dict[str, bytes]:
        """Read the tables and receipts that are in place."""
        return {
            path.name: path.read_bytes()
            for path in self.results.glob("assigned*")
            if path.is_file()
        }

    def torn(self) -> int:
        """Count files in their places that are not whole."""
        stacks = [kept.read(path) for path in self.unfinished.glob("*.pt")]
        return sum(state is None for state in stacks) + sum(
            not whole_table(name, content) for name, content in self.tables().items()
        )


def whole_table(name: str, content: bytes) -> bool:
    """Say whether a table or a receipt is whole: its last line is, and all its lines are as long."""
    if name.endswith(".json"):
        try:
            return "sha256" in json.loads(content)
        except ValueError:
            return False
    rows = list(csv.reader(content.decode().splitlines()))
    return content.endswith(b"\n") and len({len(row) for row in rows}) == 1


def moment(kind: str, search: Search, seconds: float, random: Random) -> Moment:
    """Draw a moment of a kind, for a search that takes some seconds undisturbed."""
    if kind == "while saving":
        which = random.randint(1, 6)
        seen: set[Path] = set()

        def saving() -> bool:
            seen.update(search.asides())
            return len(seen) >= which

        return once(saving, random.uniform(0, 0.002))
    if kind == "while writing":
        first = search.unfinished / "assigned-times.csv"
        return once(first.exists, random.uniform(0, 0.02))
    return after(random.uniform(0, seconds))


def epochs(log: Path) -> Counter[str]:
    """Count in a log what was begun, what of it again, and what of that had been kept or was finished."""
    found: Counter[str] = Counter(begun=0, again=0, kept_again=0, finished_again=0)
    begun: set[tuple[str, int]] = set()
    kept_epochs: set[tuple[str, int]] = set()
    for line in log.read_text().splitlines():
        event: dict[str, Any] = json.loads(line)
        done = {(run, event["epoch"]) for run in event["runs"]}
        if event["what"] == "kept":
            kept_epochs |= done
            continue
        found["begun"] += len(done)
        found["again"] += len(done & begun)
        found["kept_again"] += len(done & kept_epochs)
        found["finished_again"] += sum(
            (run, EPOCHS) in kept_epochs for run in event["runs"]
        )
        begun |= done
    return found


def same(search: Search, undisturbed: Search) -> bool:
    """Say whether two searches have written the same: tables byte by byte, receipts but for the times."""
    one, other = search.tables(), undisturbed.tables()
    if one.keys() != other.keys() or one["assigned.csv"] != other["assigned.csv"]:
        return False
    times = [read_times(s.results / "assigned-times") for s in (search, undisturbed)]
    receipts = [without_times(json.loads(t["assigned.json"])) for t in (one, other)]
    left = sorted(path.name for path in search.results.iterdir()) != sorted(one)
    return (
        times[0].keys() == times[1].keys() and receipts[0] == receipts[1] and not left
    )


def without_times(receipt: Any) -> Any:
    """Take from a receipt, and from those of what was added, what an interruption changes."""
    if isinstance(receipt, list):
        return [without_times(item) for item in receipt]
    if isinstance(receipt, dict):
        return {k: without_times(v) for k, v in receipt.items() if k not in TIMES}
    return receipt


def soak(folder: Path, kills: int, random: Random) -> Counter[str]:
    """Kill searches a number of times, going on after each; compare every one that is finished.

    Gives counts; ``different``, ``torn``, ``kept_again`` and ``finished_again`` should be 0.
    """
    undisturbed = Search(folder / "undisturbed")
    seconds = {seeds: undisturbed.whole(seeds) for seeds in SEEDS}
    found: Counter[str] = Counter(
        dict.fromkeys(("kills", "searches", "different", "torn", "partial"), 0)
    )
    found["milliseconds"] = round(1000 * sum(seconds.values()))
    found["runs"], found["epochs"] = len(plan(SEEDS[-1])), EPOCHS
    while found["kills"] < kills:
        search = Search(folder / str(found["searches"]))
        for seeds in SEEDS:
            carry_out(search, seeds, seconds[seeds], kills, random, found)
        found["searches"] += 1
        found["different"] += not same(search, undisturbed)
        found.update(epochs(search.log))
    return found


def carry_out(
    search: Search,
    seeds: int,
    seconds: float,
    kills: int,
    random: Random,
    found: Counter[str],
) -> None:
    """Kill a search and go on until it has ended before the moment came, or there were kills enough."""
    while found["kills"] < kills:
        kind = random.choice(KINDS)
        if not search.killed(seeds, moment(kind, search, seconds, random)):
            return
        found["kills"] += 1
        found[kind] += 1
        found["partial"] += bool(search.asides())
        found["torn"] += search.torn()
        found[state(search)] += 1
    search.whole(seeds)


def state(search: Search) -> str:
    """Say how far a search was when it was killed."""
    if (search.unfinished / "assigned-times.csv").exists():
        return "results being written"
    if search.unfinished.exists() and list(search.unfinished.glob("*.pt")):
        return "epochs kept"
    return "nothing kept yet"
