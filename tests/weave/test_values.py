"""YAML and JSON that would read in two ways, grow, or become more than data are refused with their line."""

from pathlib import Path

import pytest

from tp1.weave.errors import WeaveError
from tp1.weave.freeze import thaw
from tp1.weave.source import read_source
from tp1.weave.values import read_json, read_yaml

REFUSED = [
    ("a: !!python/object/apply:os.system [touch x]", "the tag tag:yaml.org,2002:python"),
    ("a: !!int x", "the tag"),  # PyYAML's own constructor raises ValueError
    ("a: &b [*b]", "anchors and aliases"),  # holds itself
    ("a: &b [x, x]\nc: [*b, *b]", "anchors and aliases"),  # "billion laughs"
    ("x: 1\nx: 2", "the key 'x' is there twice"),  # the last would win in silence
    ("<<: {a: 1}", "'<<' does not read alike"),
    ("1: x", "a key must be text"),
    ("a: yes", "'yes' does not read alike"),  # true in YAML 1.1, text in 1.2
    ("a: 010", "'010' does not read alike"),  # 8 or 10
    ("a: 1:30", "'1:30' does not read alike"),  # 90 or text
    ("a: 1e3", "'1e3' does not read alike"),  # text or 1000
    ("a: 2025-02-30", "'2025-02-30' does not read alike"),  # ValueError in PyYAML
    ("a: .nan", "'.nan' does not read alike"),
    ("a: 1.0e+999", "does not read alike"),  # infinite
    ("a: 12345678901234567890", "does not read alike"),  # rounded by Quarto
    ('a: "\\0"', "cannot be printed"),  # no name of a file
    ('a: "\\ud800"', "cannot be printed"),  # no UTF-8
    ('a: "\\UFFFFFFFF"', "not YAML"),  # OverflowError in PyYAML
    ("a: b\u2028c: d", "the character '\\u2028'"),  # a line end in YAML 1.1 alone
    ("a: [" * 50, "nested more than"),
    ("- a\n--- \n- b", "but found another document"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_yaml_that_reads_in_two_ways_is_refused(text: str, message: str) -> None:
    with pytest.raises(WeaveError) as caught:
        read_yaml("\n" + text, "x.yml", line=10)
    assert message in str(caught.value)
    assert str(caught.value).startswith("x.yml:1")
    assert "\n" not in str(caught.value)


def test_yaml_that_reads_in_one_way_is_read() -> None:
    text = "a: 'yes'\nb: 1.10\nc: -3\nd: ~\ne: [true, \"010\", é]\nf: {g: 2025 ans}\n"
    assert read_yaml(text, "x.yml") == {
        "a": "yes", "b": 1.1, "c": -3, "d": None, "e": [True, "010", "é"], "f": {"g": "2025 ans"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a": 1, "a": 2}', "NaN", '"\\ud800"', '"\\u0000"', "1" * 5000],
)
def test_json_that_is_not_plain_data_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds
        read_json(text)


FREEZES = [
    ('{"hash": "HASH", "result": {"markdown": null}}', "markdown is no text"),
    ('{"hash": "HASH", "result": {"markdown": 5}}', "markdown is no text"),
    ('{"hash": "HASH", "result": []}', "not a freeze"),
    ("[" * 100_000, "nested too deeply"),  # RecursionError
    ('{"hash": "x", "hash": "HASH"}', "a key is there twice"),
    ('{"hash": "HASH", "result": {"markdown": "\\ud800"}}', "not a freeze"),
    # Quarto would put it on the page; here it would be dropped.
    ('{"hash": "HASH", "result": {"markdown": "", "includes": {"a": "b"}}}', "with includes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FREEZES)
def test_a_freeze_that_says_something_else_is_refused(
    frozen_book: Path, text: str, message: str
) -> None:
    source = read_source(frozen_book, Path("report/un.qmd"))
    file = frozen_book / "_freeze/report/un/execute-results/html.json"
    file.write_text(text.replace("HASH", source.digest))
    with pytest.raises(WeaveError, match=message):
        thaw(frozen_book, source, "html")
