"""Queries as people write them, and as they should not."""

import contextlib
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tp1.bayes import (
    BayesError,
    ContradictoryQuery,
    Network,
    Query,
    QueryError,
    QuerySyntaxError,
    UnknownState,
    UnknownVariable,
    Variable,
    exam_network,
    parse,
    query,
)

# Whatever characters a name has, quotes, bars, spaces and line ends included.
NAMES = st.text(min_size=1, max_size=8) | st.sampled_from(
    ["do", "P", "v1.2-b", 'a"b', "\\", "=", "x y", "<=5"]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P(G)", Query(("G",))),
        ("P(G | R=r1)", Query(("G",), evidence={"R": "r1"})),
        ("P(R | do(G=g2))", Query(("R",), interventions={"G": "g2"})),
        (" P ( R,G|D = d1 ) ", Query(("R", "G"), evidence={"D": "d1"})),
        ("P(G=g1 | L=l1)", Query(("G",), {"G": "g1"}, {"L": "l1"})),
        ("P(G=g1, R | L=l1)", Query(("G", "R"), {"G": "g1"}, {"L": "l1"})),
        ("P(R | do(S=s1), G=g2)", Query(("R",), {}, {"G": "g2"}, {"S": "s1"})),
        (
            "P(R | G=g2, do(S=s1, D=d0))",
            Query(("R",), {}, {"G": "g2"}, {"S": "s1", "D": "d0"}),
        ),
        ("P(R | do(S=s1), do(D=d0))", Query(("R",), {}, {}, {"S": "s1", "D": "d0"})),
        ("P(R | G=g2, G=g2)", Query(("R",), evidence={"G": "g2"})),
        ("P(P | do=1)", Query(("P",), evidence={"do": "1"})),
        ("P(v1.2-b | x_3=-0.5e3)", Query(("v1.2-b",), evidence={"x_3": "-0.5e3"})),
        ('P("my, var" | "a|b"="<=5")', Query(("my, var",), evidence={"a|b": "<=5"})),
        (r'P("say \"hi\" \\")', Query(('say "hi" \\',))),
        ("P(réussite|\nÉtat=oui)", Query(("réussite",), evidence={"État": "oui"})),
    ],
)
def test_reading(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("P( G|R=r1 )", "P(G | R=r1)"),
        ("P(R,G=g1|D=d1,do(S=s0))", "P(R, G=g1 | do(S=s0), D=d1)"),
        ('P("G" | "a b"="x")', 'P(G | "a b"=x)'),
    ],
)
def test_canonical_text(text, canonical):
    assert str(parse(text)) == canonical


@settings(max_examples=50)
@given(st.lists(NAMES, min_size=3, max_size=6, unique=True), NAMES, st.booleans())
def test_the_canonical_text_reads_back(names, state, asked):
    target, seen, done, *more = names
    original = Query(
        (target, *more), {target: state} if asked else {}, {seen: state}, {done: state}
    )
    again = parse(str(original))
    assert again == original
    assert hash(again) == hash(original)
    assert pickle.loads(pickle.dumps(original)) == original  # noqa: S301


@settings(max_examples=50)
@given(st.lists(NAMES, min_size=2, max_size=4, unique=True))
def test_networks_with_odd_names_can_be_asked(names):
    variable = Variable(names[0], tuple(names))
    net = Network([variable], {}, {names[0]: [1 / len(names)] * len(names)})
    answer = query(net, str(Query((names[0],), {names[0]: names[1]})))
    assert float(answer) == pytest.approx(1 / len(names))


@settings(deadline=None)
@given(st.text(alphabet='PGRdo(|,=)"\\ g1r', max_size=30) | st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(BayesError):
        assert parse(str(parse(text, exam_network()))) == parse(text)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, r"a query begins with P\("),
        ("Q(G)", 0, "begins with"),
        ("p(G)", 0, "begins with"),
        ("P", 1, r"expected '\(' after P, found the end"),
        ("P()", 2, r"expected a variable, found '\)'"),
        ("P(G", 3, r"expected '\)' to close P\("),
        ("P(G))", 4, "expected nothing after"),
        ("P(G) P(R)", 5, "expected nothing after"),
        ("P(G R)", 4, r"expected '\)' to close P\(, found 'R'"),
        ("P(G,)", 4, "expected a variable"),
        ("P(G=)", 4, "expected a state"),
        ("P(G | )", 6, "expected a variable"),
        ("P(G | R)", 7, "expected '=' and the state of 'R'"),
        ("P(G | R=r1,)", 11, "expected a variable"),
        ("P(G | R=r1 | S=s1)", 11, r"to close P\("),
        ("P(G | do())", 9, "expected a variable"),
        ("P(G | do(R))", 10, "and the state of 'R'"),
        ("P(G | do(R=r1)", 14, r"to close P\("),
        ("P(G | do(R=r1", 13, r"to close do\("),
        ("P(G | do(do(R=r1)))", 11, "and the state of 'do'"),
        ("P(do(G=g1))", 4, r"to close P\("),
        ('P("G)', 2, "this quote is never closed"),
    ],
)
def test_syntax_errors_say_where(text, position, message):
    with pytest.raises(QuerySyntaxError, match=message) as caught:
        parse(text)
    assert caught.value.position == position
    assert str(caught.value).startswith(f"column {position + 1}: ")
    excerpt, caret = str(caught.value).splitlines()[1:]
    assert excerpt == f"  {text}"
    assert caret.index("^") == position + 2
    assert pickle.loads(pickle.dumps(caught.value)).position == position  # noqa: S301


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("P(G | G=g1)", "'G' is both asked and observed"),
        ("P(G | do(G=g1))", "'G' is both asked and intervened on"),
        ("P(G | R=r1, do(R=r1))", "'R' is both observed and intervened on"),
        ("P(G | R=r1, R=r0)", "'R' is observed twice, as 'r1' and as 'r0'"),
        (
            "P(G | do(R=r1), do(R=r0))",
            "'R' is intervened on twice, as 'r1' and as 'r0'",
        ),
        ("P(G, G)", "'G' is asked twice"),
        ("P(G=g1, G=g2)", "'G' is asked twice"),
    ],
)
def test_contradictions_are_refused(text, message):
    with pytest.raises(ContradictoryQuery, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("P(g)", UnknownVariable, "unknown variable 'g'; did you mean 'G'"),
        ('P("")', UnknownVariable, "unknown variable ''"),
        ("P(Q)", UnknownVariable, "known: 'S', 'D', 'R', 'G', 'L'"),
        ("P(G | Q=1)", UnknownVariable, "'Q'"),
        ("P(G | do(Q=1))", UnknownVariable, "'Q'"),
        (
            "P(G | R=R1)",
            UnknownState,
            "variable 'R' has no state 'R1'; did you mean 'r1'",
        ),
        ("P(G | do(R=yes))", UnknownState, "known: 'r0', 'r1'"),
        ("P(G=top)", UnknownState, "variable 'G' has no state 'top'"),
    ],
)
def test_unknown_names_are_refused_with_a_suggestion(text, error, message):
    for ask in (
        lambda: parse(text, exam_network()),
        lambda: query(exam_network(), text),
    ):
        with pytest.raises(error, match=message):
            ask()


def test_queries_made_by_hand_are_checked_too():
    with pytest.raises(QueryError, match="at least one variable"):
        Query(())
    with pytest.raises(QueryError, match="strings"):
        Query(("G",), evidence={"R": 1})
    with pytest.raises(QueryError, match="strings"):
        Query((3,))
    with pytest.raises(
        ContradictoryQuery, match="'R' is asked, which is not among the targets"
    ):
        Query(("G",), {"R": "r1"})
    with pytest.raises(QueryError, match="not NoneType"):
        parse(None)
    assert Query("G") == Query(("G",))


def test_a_query_does_not_change():
    evidence = {"R": "r1"}
    asked = Query(("G",), evidence=evidence)
    evidence["R"] = "r0"
    assert asked.evidence == {"R": "r1"}
    with pytest.raises(TypeError):
        asked.evidence["R"] = "r0"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10**6,
        "P(" * 40_000,
        "P(G | " + "do(" * 30_000,
        'P("' + "\\" * 90_000,
        "P(G" + " " * 99_000 + '"',
    ],
)
def test_hostile_texts_are_refused_at_once_and_briefly(text):
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert len(str(caught.value)) < 400


def test_control_characters_do_not_reach_the_terminal():
    with pytest.raises(QuerySyntaxError) as caught:
        parse("P(\x1b[31m, \x07")
    assert "\x1b" not in str(caught.value)
    with pytest.raises(UnknownVariable) as unknown:
        parse("P(\x1b[31m)", exam_network())
    assert "\x1b" not in str(unknown.value)
