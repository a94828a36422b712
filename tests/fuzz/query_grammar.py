"""A second reading of query texts: a loop over characters, then a pattern of kinds of tokens."""

import re
from dataclasses import dataclass

# P and d are the words P and do without quotes, n any other name; other kinds are the marks themselves.
NAME = "[nPd]"
ASSIGNMENT = f"{NAME}={NAME}"
TARGETS = f"{NAME}(?:={NAME})?(?:,{NAME}(?:={NAME})?)*"
GIVEN = rf"(?:d\({ASSIGNMENT}(?:,{ASSIGNMENT})*\)|{ASSIGNMENT})"
QUERY = re.compile(rf"P\(({TARGETS})(?:\|({GIVEN}(?:,{GIVEN})*))?\)")


@dataclass
class Reading:
    """What a text asks: pairs of a name and a state, in the order of the text, repeated or not."""

    targets: list[str]
    asked: list[tuple[str, str]]
    evidence: list[tuple[str, str]]
    done: list[tuple[str, str]]

    def contradicts_itself(self) -> bool:
        roles = [set(self.targets), set(dict(self.evidence)), set(dict(self.done))]
        return (
            len(self.targets) != len(set(self.targets))
            or any(
                len(set(pairs)) != len(dict(pairs))
                for pairs in (self.asked, self.evidence, self.done)
            )
            or sum(map(len, roles)) != len(set().union(*roles))
        )


def read(text: str) -> Reading | None:
    """Return what the text asks, None if it is no query."""
    tokens = split(text)
    match = QUERY.fullmatch("".join(kind for kind, _ in tokens or []))
    if tokens is None or match is None:
        return None
    names = [name for _, name in tokens]
    reading = Reading([], [], [], [])
    at = 2
    for part in match[1].split(","):
        reading.targets.append(names[at])
        if "=" in part:
            reading.asked.append((names[at], names[at + 2]))
        at += len(part) + 1
    depth = 0
    for kind, _ in tokens[at:]:
        depth += {"(": 1, ")": -1}.get(kind, 0)
        if kind == "=":
            pair = (names[at - 1], names[at + 1])
            (reading.done if depth else reading.evidence).append(pair)
        at += 1
    return reading


def split(text: str) -> list[tuple[str, str]] | None:
    """Return the tokens of a text as (kind, name), None if a quote stays open."""
    tokens, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif text[at] in ",|()=":
            tokens.append((text[at], text[at]))
            at += 1
        elif text[at] == '"':
            name, at = "", at + 1
            while at < len(text) and text[at] != '"':
                at += text[at] == "\\"
                name += text[at : at + 1]
                at += 1
            if at >= len(text):
                return None
            tokens.append(("n", name))
            at += 1
        else:
            start = at
            while at < len(text) and not (text[at].isspace() or text[at] in ',|()="'):
                at += 1
            word = text[start:at]
            tokens.append(({"P": "P", "do": "d"}.get(word, "n"), word))
    return tokens
