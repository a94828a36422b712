"""Read and write Quarto's own ``_freeze``: what one froze, the other renders without executing."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tp1.weave.aside import recover, replacing
from tp1.weave.errors import MissingFile, UnsupportedFeature, WeaveError
from tp1.weave.frozen import Executed, Frozen, freeze_markdown
from tp1.weave.lines import read_text
from tp1.weave.receipts import belongs, what_changed, write_receipt
from tp1.weave.source import Source
from tp1.weave.values import read_json

# The target's name in the figures' folder, and the suffix that names the JSON file.
TARGETS = {"html": "html", "typst": "typ"}
# What Quarto would bring into a page beside the Markdown.
NEEDS = ("includes", "filters", "preserve", "dependencies", "postProcess")


@dataclass(frozen=True)
class Thawed:
    """A chapter's Markdown with all results in it, and where its figures are."""

    markdown: str
    figures: Path  # the folder that stands for `<stem>_files`


def frozen_folder(root: Path, path: Path) -> Path:
    """Where a chapter's results are frozen."""
    return root / "_freeze" / path.with_suffix("")


def thaw(root: Path, source: Source, target: str) -> Thawed | None:
    """Read a chapter's frozen results; None if there are none for the text as it is now.

    Raises
    ------
    WeaveError
        If the file cannot be understood.
    """
    if not source.has_code:
        markdown = "\n\n".join(
            cell.text for cell in source.cells if not hasattr(cell, "code")
        )
        return Thawed(markdown + "\n", root / source.path.parent)
    folder = frozen_folder(root, source.path)
    recover(folder)
    file = folder / "execute-results" / f"{TARGETS[target]}.json"
    name = file.relative_to(root)
    try:
        frozen = read_json(read_text(root, name))
        if frozen["hash"] != source.digest:
            return None
        result = frozen["result"]
        if not isinstance(result["markdown"], str):
            raise TypeError("markdown is no text")
        for key in NEEDS:
            if result.get(key):
                raise UnsupportedFeature(f"a freeze with {key}", name)
        return Thawed(result["markdown"], folder)
    except MissingFile:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"not a freeze of Quarto's ({error!r}); delete it and render again"
        raise WeaveError(message, name) from error


def is_fresh(root: Path, source: Source) -> bool:
    """Whether nothing of the chapter has to be executed."""
    return all(thaw(root, source, target) is not None for target in TARGETS)


def stale_because(root: Path, source: Source) -> list[str]:
    """Say why a chapter's frozen results are not those of its text, code and data; empty if they are."""
    if not source.has_code:
        return []
    if not is_fresh(root, source):
        return ["its text has changed, or it was never executed"]
    return what_changed(root, source, frozen_folder(root, source.path))


def acknowledge(root: Path, source: Source) -> None:
    """Give fresh results of Quarto's, which writes no receipts, the receipt that they lack."""
    folder = frozen_folder(root, source.path)
    if source.has_code and is_fresh(root, source) and not belongs(source, folder):
        write_receipt(root, source, folder)


def freeze(root: Path, source: Source, cells: list[Executed]) -> None:
    """Write a chapter's results for every target, aside first, so that a kill leaves the old ones whole."""
    with replacing(frozen_folder(root, source.path)) as folder:
        (folder / "execute-results").mkdir()
        for target, suffix in TARGETS.items():
            frozen = freeze_markdown(cells, source.path.stem, target)
            _write_figures(folder, frozen)
            record = json.dumps(
                _record(source, frozen, target), indent=2, ensure_ascii=False
            )
            (folder / "execute-results" / f"{suffix}.json").write_text(
                record, encoding="utf-8"
            )
        write_receipt(root, source, folder)


def _record(source: Source, frozen: Frozen, target: str) -> dict[str, Any]:
    files = f"{source.path.stem}_files"
    result: dict[str, Any] = {
        "engine": "jupyter",
        "markdown": frozen.markdown,
        "supporting": [files if target == "html" else f"{files}/figure-{target}"],
        "filters": [],
    }
    if target == "html":
        result["includes"] = {}
    return {"hash": source.digest, "result": result}


def _write_figures(folder: Path, frozen: Frozen) -> None:
    for name, data in frozen.figures.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        if file.suffix == ".svg":
            file.write_text(data, encoding="utf-8")
        else:
            file.write_bytes(base64.b64decode(data))
