"""YAML and JSON as this renderer takes them: plain data of bounded size that reads in one way only."""

import json
import math
import re
from pathlib import Path
from typing import Any

import yaml

from tp1.weave.errors import WeaveError

LONGEST = 50_000  # characters of YAML: PyYAML takes seconds for more
DEEPEST = 40

# What no page, PDF or notebook can hold.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# PyYAML reads YAML 1.1 and Quarto 1.2: these they read alike, and what else one of them takes for something
# else than text (yes, 010, 1:30, 1e3, 2025-02-12) is refused.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+][0-9]{1,3})?", re.ASCII)
_NUMBER_IN_1_2 = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
)
_LINE_ENDS_IN_1_1 = re.compile("[\x85\u2028\u2029\ufeff]")
_LARGEST_INTEGER = 2**53  # what Quarto's JavaScript counts to


class _Loader(yaml.SafeLoader):
    """Composes nodes, and refuses what would make more of a file than is written in it."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if event.anchor:
            raise _error("anchors and aliases are not supported: write it out", event)
        if event.tag:
            raise _error(f"the tag {event.tag} is not supported", event)
        self.depth += 1
        if self.depth > DEEPEST:
            raise _error(f"nested more than {DEEPEST} levels deep", event)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_yaml(text: str, file: Path | str, line: int = 1) -> Any:
    """Read YAML: dictionaries with names as keys, lists, text, numbers, truth values and None.

    Parameters
    ----------
    text : str
    file, line : path, int
        Where the text begins, for errors.

    Raises
    ------
    WeaveError
        If it is not YAML, too much of it, or would read differently in Quarto; nothing is ever constructed.
    """
    if len(text) > LONGEST:
        raise WeaveError(f"more than {LONGEST:,} characters of YAML", file, line)
    if found := _LINE_ENDS_IN_1_1.search(text):
        place = line + text[: found.start()].count("\n")
        raise WeaveError(f"not YAML: the character {found[0]!a}", file, place)
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return None if node is None else _value(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = line + mark.line if mark else line
        reason = error.problem or error.context or "it breaks off"
        raise WeaveError(f"not YAML: {reason:.300}", file, place) from error
    # A character that YAML does not allow, or does not have: "\UFFFFFFFF".
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = getattr(error, "reason", str(error))
        raise WeaveError(f"not YAML: {reason:.300}", file, line) from error
    finally:
        if loader is not None:
            loader.dispose()


def read_json(text: str) -> Any:
    """Read JSON.

    Raises
    ------
    ValueError
        If it is not JSON, is nested too deeply, has a key twice, NaN, or what is no text.
    """
    try:
        data = json.loads(
            text, object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
        if re.search(r"\\u(0000|[dD][89a-fA-F])", text):
            plain = json.dumps(data, ensure_ascii=False)
            if "\\u0000" in plain:
                raise ValueError("a NUL character")
            plain.encode()  # half a surrogate pair is no text
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return data


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key is there twice")
    return data


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _value(node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    return _plain(node) if getattr(node, "style", None) is None else _printable(node)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, item in node.value:
        key = _value(name)
        if not isinstance(key, str):
            raise _error(f"a key must be text, not {key!r:.50}", name)
        if key in values:
            raise _error(f"the key {key!r:.50} is there twice", name)
        values[key] = _value(item)
    return values


def _plain(node: yaml.Node) -> Any:
    """Read a scalar without quotes."""
    text = node.value
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text) and len(text) < 20:
        number = int(text)
        if abs(number) <= _LARGEST_INTEGER:
            return number
    elif _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    if node.tag != "tag:yaml.org,2002:str" or _NUMBER_IN_1_2.fullmatch(text):
        reason = "does not read alike in all versions of YAML: put text in quotes"
        raise _error(f"{text!r:.50} {reason}", node)
    return _printable(node)


def _printable(node: yaml.Node) -> str:
    text: str = node.value
    if found := _UNPRINTABLE.search(text):
        raise _error(f"the character {found[0]!a} cannot be printed", node)
    return text


def _error(reason: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=place.start_mark)
