"""The render of the tests' sample book, killed over and over, against one that is not."""

import shutil
import time
from collections import Counter
from pathlib import Path
from random import Random

from benchmarks.faults.killing import ROOT, Moment, after, begin, finish, kill_at, once

CHAPTER = Path("report/un.qmd")
MADE = ("_output", "_freeze/report/un")
# A chapter is executed again when its text has changed: from one text to the other and back.
TEXTS = ("", "\nUn mot de plus.\n")

Digest = dict[str, bytes]


class Book:
    """A copy of the sample book, in one of two texts."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        shutil.copytree(ROOT / "tests/weave/book", folder)
        shutil.copytree(ROOT / "_extensions", folder / "_extensions")
        self.text = (folder / CHAPTER).read_text(encoding="utf-8")

    def write(self, text: int) -> None:
        """Give the chapter one of the texts."""
        file = self.root / CHAPTER
        file.write_text(self.text + TEXTS[text], encoding="utf-8")

    def render(self) -> float:
        """Render undisturbed; give the seconds."""
        began = time.perf_counter()
        finish(begin("tp1", ["weave", self.root]))
        return time.perf_counter() - began

    def killed(self, moment: Moment) -> bool:
        """Render until a moment; False if it ends before."""
        return kill_at(begin("tp1", ["weave", self.root]), moment)

    def made(self) -> list[Digest]:
        """Read what was made; of a swap that was killed half way, what the next render puts back."""
        found = []
        for name in MADE:
            folder = self.root / name
            old = folder.with_name(folder.name + ".old")
            found.append(content(folder if folder.exists() else old))
        return found

    def asides(self) -> list[Path]:
        """List the folders that a render writes aside, and deletes."""
        folders = [self.root / name for name in MADE]
        return [
            aside
            for folder in folders
            for aside in folder.parent.glob(f"{folder.name}.*")
            if aside.is_dir()
        ]


def content(folder: Path) -> Digest:
    """Read all files of a folder; a PDF has the time in it, and its stamp the times of files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def alike(made: list[Digest], other: list[Digest]) -> bool:
    """Say whether two renders made the same: byte by byte, but for the time in the PDF and the stamp."""
    return len(made) == len(other) and all(map(alike_folders, made, other))


def alike_folders(one: Digest, other: Digest) -> bool:
    """Say whether two folders hold the same, but for the time in a PDF and a stamp."""
    if one.keys() != other.keys():
        return False
    for name, data in one.items():
        if name.endswith(".pdf"):
            whole = data.startswith(b"%PDF") and data.rstrip().endswith(b"%%EOF")
            if not whole or len(data) != len(other[name]):
                return False
        elif name != ".woven.json" and data != other[name]:
            return False
    return True


def soak(folder: Path, kills: int, random: Random) -> Counter[str]:
    """Kill renders a number of times, each before a change from one text to the other is whole.

    Gives counts; ``torn``, ``different`` and ``left`` should be 0.
    """
    book, undisturbed = Book(folder / "book"), Book(folder / "undisturbed")
    expected, seconds = [], 0.0
    for text in range(len(TEXTS)):
        undisturbed.write(text)
        seconds = undisturbed.render()
        expected.append(undisturbed.made())
    found: Counter[str] = Counter(
        dict.fromkeys(("kills", "torn", "different", "left"), 0)
    )
    found["milliseconds"] = round(1000 * seconds)
    book.render()
    now = 0
    while found["kills"] < kills:
        before, now = book.made(), 1 - now
        book.write(now)
        if book.killed(moment(book, seconds, random)):
            found["kills"] += 1
            found["asides"] += bool(book.asides())
            found["torn"] += not whole(book.made(), before, expected[now])
        book.render()
        found["different"] += not alike(book.made(), expected[now])
        found["left"] += len(book.asides())
    return found


def whole(made: list[Digest], before: list[Digest], expected: list[Digest]) -> bool:
    """Say whether each folder is what it was, byte by byte, or what it was to become."""
    return all(
        one == old or alike_folders(one, new)
        for one, old, new in zip(made, before, expected, strict=True)
    )


def moment(book: Book, seconds: float, random: Random) -> Moment:
    """Draw a moment: at any time, or once a folder is written aside, of which one is soon swapped."""
    if random.random() < 0.7:
        return after(random.uniform(0, seconds))
    folder = book.root / random.choice(MADE)
    aside = folder.with_name(folder.name + random.choice((".new", ".old")))
    return once(aside.exists, random.uniform(0, 0.005))
