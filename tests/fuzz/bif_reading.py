"""A second reading of BIF texts: a loop over characters, patterns of kinds of tokens, dictionaries."""

import decimal
import itertools
import re

from plain_networks import Plain

KEYWORDS = {
    "network": "N",
    "variable": "V",
    "probability": "P",
    "type": "T",
    "discrete": "D",
    "table": "t",
    "default": "d",
    "property": "p",
}
# The other kinds: n in quotes, e empty in quotes, 0 a number, w any other word, and the marks themselves.
NAME = "[NVPTDtdpn0w]"
NAMES = f"{NAME}(?:,?{NAME})*"
PROPERTY = "p[^;{}]*;"
TYPE = rf"TD\[0\]\{{({NAMES})\}};"
ENTRY = rf"(?:[td]|\({NAMES}\))0(?:,?0)*;"
NETWORK = re.compile(rf"N{NAME}\{{(?:{PROPERTY})*\}}")
VARIABLE = re.compile(rf"V{NAME}\{{(?:{PROPERTY})*{TYPE}(?:{PROPERTY})*\}}")
PROBABILITY = re.compile(
    rf"P\({NAME}(?:[|,]?({NAMES}))?\)\{{((?:{PROPERTY}|{ENTRY})*)\}}"
)
ITEM = re.compile(f"{PROPERTY}|{ENTRY}")


class Refused(Exception):
    """The text describes no network."""


def refuse_if(fault: object) -> None:
    if fault:
        raise Refused


def split(text: str) -> list[tuple[str, str]]:
    """Return the tokens as (kind, text); raise `Refused`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    tokens, at = [], 0
    while at < len(text):
        character, pair = text[at], text[at : at + 2]
        if character in " \t\n":
            at += 1
        elif pair == "//":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif pair == "/*":
            end = text.find("*/", at + 2)
            refuse_if(end < 0)
            at = end + 2
        elif character in "{}[]()|,;":
            tokens.append((character, character))
            at += 1
        elif character == '"':
            end = text.find('"', at + 1)
            refuse_if(end < 0 or "\n" in text[at:end])
            tokens.append(("n" if end > at + 1 else "e", text[at + 1 : end]))
            at = end + 1
        else:
            start = at
            while (
                at < len(text)
                and is_word(text[at])
                and text[at : at + 2] not in ("//", "/*")
            ):
                at += 1
            refuse_if(at == start)
            word = text[start:at]
            number = "0" if to_decimal(word) is not None else "w"
            tokens.append((KEYWORDS.get(word, number), word))
    return tokens


def is_word(character: str) -> bool:
    code = ord(character)
    return not (
        character.isspace()
        or character in '{}[]()|,;"'
        or code < 32
        or 127 <= code < 160
    )


def to_decimal(word: str) -> decimal.Decimal | None:
    if not set(word) <= set("0123456789.eE+-"):
        return None
    try:
        return decimal.Decimal(word)
    except decimal.InvalidOperation:
        return None


def to_float(word: str) -> float:
    number = float(word)
    refuse_if(number == float("inf") or (number == 0) != (to_decimal(word) == 0))
    return number


def read(text: str) -> Plain:
    """Return the network of a text, every row rescaled to 1; raise `Refused`."""
    tokens = split(text)
    kinds, words = "".join(kind for kind, _ in tokens), [word for _, word in tokens]
    match = NETWORK.match(kinds)
    refuse_if(match is None)
    at = match.end()
    plain, blocks = Plain({}, {}, {}), []
    while at < len(kinds):
        if match := VARIABLE.match(kinds, at):
            names = names_in(words, kinds, *match.span(1))
            count = words[match.start(1) - 3]
            refuse_if(
                not count.isdecimal() or len(count) > 9 or int(count) != len(names)
            )
            refuse_if(words[at + 1] in plain.states or len(names) != len({*names}))
            plain.states[words[at + 1]] = names
        else:
            match = PROBABILITY.match(kinds, at)
            refuse_if(match is None)
            blocks.append((at, match))
        at = match.end()
    for at, match in blocks:
        child = words[at + 2]
        parents = names_in(words, kinds, *match.span(1)) if match[1] else []
        refuse_if(child in plain.parents or len(parents) != len({*parents}))
        refuse_if(not plain.states.keys() >= {child, *parents})
        plain.parents[child] = parents
        plain.rows[child] = rows(plain, child, words, kinds, match)
    refuse_if(not plain.states or plain.parents.keys() != plain.states.keys())
    refuse_cycles(plain.parents)
    return plain


def names_in(words: list[str], kinds: str, start: int, stop: int) -> list[str]:
    return [words[i] for i in range(start, stop) if kinds[i] != ","]


def rows(
    plain: Plain, child: str, words: list[str], kinds: str, match: re.Match[str]
) -> dict[tuple[str, ...], list[float]]:
    found: dict[tuple[str, ...], list[float]] = {}
    tables, defaults = [], []
    for item in ITEM.finditer(kinds, *match.span(2)):
        if item[0][0] == "p":
            continue
        at, key = item.start() + 1, ()
        if item[0][0] == "(":
            close = kinds.index(")", at)
            key, at = tuple(names_in(words, kinds, at, close)), close + 1
        numbers = [
            to_float(word) for word in names_in(words, kinds, at, item.end() - 1)
        ]
        if item[0][0] == "(":
            refuse_if(key in found)
            found[key] = numbers
        else:
            (tables if item[0][0] == "t" else defaults).append(numbers)
    keys, own = plain.configurations(child), plain.states[child]
    refuse_if(len(tables) + len(defaults) > 1 or (tables and found))
    refuse_if(not found.keys() <= set(keys))
    if tables:
        refuse_if(len(tables[0]) != len(keys) * len(own))
        cells = dict(zip(itertools.product(own, keys), tables[0], strict=True))
        found = {key: [cells[state, key] for state in own] for key in keys}
    for numbers in [*defaults, *found.values()]:
        refuse_if(len(numbers) != len(own))
    found = {**dict.fromkeys(keys, *defaults or [None]), **found}
    refuse_if(None in found.values())
    return {key: scaled(numbers) for key, numbers in found.items()}


def scaled(numbers: list[float]) -> list[float]:
    total = sum(numbers)
    refuse_if(min(numbers) < 0 or not abs(total - 1) <= 1e-5)
    return [number / total for number in numbers]


def refuse_cycles(parents: dict[str, list[str]]) -> None:
    left = dict(parents)
    while left:
        roots = [name for name, own in left.items() if not left.keys() & set(own)]
        refuse_if(not roots)
        for name in roots:
            del left[name]
