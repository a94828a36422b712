"""The grammar of BIF files, the interchange format of the Bayesian network repositories, read strictly.

Commas may be left out, as the format allows, and comments stand anywhere; `//` and `/* */` delimit them::

    file        = "network" name "{" {property} "}" {variable | probability}
    variable    = "variable" name "{" {property | type} "}"        with exactly one type
    type        = "type" "discrete" "[" count "]" "{" name {[","] name} "}" ";"
    probability = "probability" "(" name [["|" | ","] name {[","] name}] ")" "{" {property | entry} "}"
    entry       = ("table" | "default" | "(" name {[","] name} ")") number {[","] number} ";"
    property    = "property" {anything but ; { }} ";"
    name        = characters other than spaces and { } [ ] ( ) | , ; "   or any between double quotes
"""

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from tp1.bayes.errors import BifError, shorten

# Possessive: nothing is tried twice, so that a token of any length takes time and memory in proportion.
TOKEN = re.compile(
    r"""[ \t\n]*+
        (?: (?P<word>(?: [^\s\x00-\x1f\x7f-\x9f{}\[\]()|,;"/]++ | /(?![/*]) )++)
          | (?P<mark>[{}\[\]()|,;])
          | "(?P<quoted>[^"\n]*+)"
          | (?P<comment>//[^\n]*+ | /\*.*?\*/)
          | (?P<end>\Z) )""",
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_ZERO = re.compile("[1-9]")
COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, and its name for messages."""

    path: str
    text: str = field(repr=False)

    def error(self, position: int, problem: str) -> BifError:
        """Make the error of a problem at a position of the text."""
        line = self.text.count("\n", 0, position) + 1
        return BifError(f"{self.path!r}, line {line}: {problem}")


class Domain(NamedTuple):
    """A variable block: a name, its states, and where the block is."""

    name: str
    states: tuple[str, ...]
    position: int


class Entry(NamedTuple):
    """A line of numbers: after `table`, after `default`, or after the states of the parents."""

    states: tuple[str, ...]
    numbers: "array[float]"
    position: int


@dataclass(frozen=True, slots=True)
class Table:
    """A probability block: P(child | parents), as the file gives it."""

    child: str
    parents: tuple[str, ...]
    position: int
    whole: list[Entry] = field(default_factory=list)
    default: list[Entry] = field(default_factory=list)
    rows: list[Entry] = field(default_factory=list)


def read_blocks(source: Source) -> tuple[list[Domain], list[Table]]:
    """Read the variable and the probability blocks of a file, in its order; raise `BifError`."""
    return _Reader(source).file()


class _Token(NamedTuple):
    kind: str  # "mark", "quoted", "word" or "end"
    text: str
    position: int

    def __str__(self) -> str:
        return "the end of the file" if self.kind == "end" else shorten(self.text)


class _Reader:
    """A recursive-descent parser whose grammar does not recurse; tokens are made as they are needed."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = self._tokens()
        self.token = next(self.tokens)

    def _tokens(self) -> Iterator[_Token]:
        text, position, kind = self.source.text, 0, ""
        while kind != "end":
            match = TOKEN.match(text, position)
            if match is None:
                raise self.no_token(position)
            kind = str(match.lastgroup)
            if kind != "comment":
                yield _Token(kind, match[kind], match.start(kind))
            position = match.end()

    def file(self) -> tuple[list[Domain], list[Table]]:
        domains: list[Domain] = []
        tables: list[Table] = []
        self.expect_word("network", "with which a BIF file begins")
        self.name("the name of the network")
        self.expect("{", "to open the network block")
        while not self.accept("}"):
            self.skip_property("'property' or '}'")
        while self.token.kind != "end":
            position = self.token.position
            if self.accept_word("variable"):
                domains.append(self.variable(position))
            elif self.accept_word("probability"):
                tables.append(self.probability(position))
            else:
                self.fail("expected 'variable' or 'probability'")
        return domains, tables

    def variable(self, position: int) -> Domain:
        name = self.name("the name of a variable")
        states: tuple[str, ...] | None = None
        self.expect("{", f"to open the block of {shorten(name)}")
        while not self.accept("}"):
            if states is None and self.accept_word("type"):
                states = self.states(name)
            else:
                self.skip_property(
                    "'type', 'property' or '}'"
                    if states is None
                    else "'property' or '}'"
                )
        if states is None:
            raise self.source.error(
                position,
                f"variable {shorten(name)} has no type; expected type discrete [ n ] {{ … }};",
            )
        return Domain(name, states, position)

    def states(self, name: str) -> tuple[str, ...]:
        self.expect_word("discrete", "the one type that can be read")
        self.expect("[", "and the number of states")
        token = self.advance()
        if token.kind != "word" or not COUNT.fullmatch(token.text):
            self.fail("expected a number of states", token)
        self.expect("]", "after the number of states")
        self.expect("{", f"to open the states of {shorten(name)}")
        states = self.names("a state", "}")
        if len(states) != int(token.text):
            self.fail(
                f"variable {shorten(name)} declares {int(token.text)} states and names {len(states)}",
                token,
            )
        self.expect(";", "after the states")
        return states

    def probability(self, position: int) -> Table:
        self.expect("(", "after probability")
        child = self.name("a variable")
        parents: tuple[str, ...] = ()
        if not self.accept(")"):
            if not self.accept("|"):
                self.accept(",")
            parents = self.names("a parent", ")")
        table = Table(child, parents, position)
        self.expect("{", f"to open the block of {shorten(child)}")
        while not self.accept("}"):
            at = self.token.position
            if self.accept_word("table"):
                table.whole.append(Entry((), self.numbers(), at))
            elif self.accept_word("default"):
                table.default.append(Entry((), self.numbers(), at))
            elif self.accept("("):
                states = self.names("a state of a parent", ")")
                table.rows.append(Entry(states, self.numbers(), at))
            else:
                self.skip_property("'table', 'default', 'property', '(' or '}'")
        return table

    def names(self, what: str, closing: str) -> tuple[str, ...]:
        found = [self.name(what)]
        while not self.accept(closing):
            self.accept(",")
            found.append(self.name(f"{what} or '{closing}'"))
        return tuple(found)

    def numbers(self) -> "array[float]":
        found = array("d", [self.number("a probability")])
        while not self.accept(";"):
            self.accept(",")
            found.append(self.number("a probability or ';'"))
        return found

    def number(self, what: str) -> float:
        token = self.advance()
        match = NUMBER.fullmatch(token.text) if token.kind == "word" else None
        if match is None:
            self.fail(f"expected {what}", token)
        number = float(token.text)
        if math.isinf(number) or (number == 0 and NOT_ZERO.search(match[1])):
            self.fail("expected a number that 64 bits can hold", token)
        return number

    def skip_property(self, expected: str) -> None:
        if not self.accept_word("property"):
            self.fail(f"expected {expected}")
        while not self.accept(";"):
            if self.token.kind == "end" or (
                self.token.kind == "mark" and self.token.text in "{}"
            ):
                self.fail("expected ';' to end the property")
            self.advance()

    def name(self, what: str) -> str:
        token = self.advance()
        if token.kind not in ("word", "quoted") or not token.text:
            self.fail(f"expected {what}", token)
        return token.text

    def advance(self) -> _Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def accept(self, mark: str, kind: str = "mark") -> bool:
        found = self.token.text == mark and self.token.kind == kind
        if found:
            self.advance()
        return found

    def accept_word(self, word: str) -> bool:
        return self.accept(word, "word")

    def expect(self, mark: str, why: str) -> None:
        if not self.accept(mark):
            self.fail(f"expected '{mark}' {why}")

    def expect_word(self, word: str, why: str) -> None:
        if not self.accept_word(word):
            self.fail(f"expected '{word}', {why}")

    def fail(self, problem: str, token: _Token | None = None) -> NoReturn:
        token = token or self.token
        raise self.source.error(token.position, f"{problem}, found {token}")

    def no_token(self, position: int) -> BifError:
        text = self.source.text
        while text[position] in " \t\n":
            position += 1
        if text.startswith("/*", position):
            problem = "this comment is never closed"
        elif text[position] == '"':
            problem = "this quote is not closed on its line"
        else:
            problem = f"the character {text[position]!r} has no place outside quotes and comments"
        return self.source.error(position, problem)
