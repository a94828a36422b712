"""Part 1's tables say what `tp1.bayes` answers, and its drawings cut what an intervention cuts."""

import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure

from tp1.bayes import EXAM_QUERIES, Network, d_separated, do, exam_network, query
from tp1.reporting.bayes import (
    answers_table,
    cpt_table,
    distribution_table,
    formula,
    information,
    levers_table,
    odds,
    odds_table,
    separation_table,
)
from tp1.reporting.bayes_figures import (
    POSITIONS,
    bars_figure,
    cut_edges,
    network_figure,
    see_and_do_figure,
    shifts_figure,
)

EXAM = exam_network()


def cells(table):
    """Return the body of a Markdown table as rows of stripped cells."""
    header, rule, *body = table.data.split("\n")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in [header, *body]
    ]
    assert all(set(mark.strip()) <= set(":-") for mark in rule.strip("|").split("|"))
    assert len({len(row) for row in rows}) == 1
    return rows[1:]


def value(cell):
    return float(cell.strip("*").replace(",", "."))


def artists(figure: Figure, prefix: str) -> set[str]:
    return {
        a.get_gid()
        for ax in figure.axes
        for a in ax.get_children()
        if (a.get_gid() or "").startswith(prefix)
    }


@pytest.mark.parametrize(
    ("text", "math"),
    [
        ("P(G)", "$P(G)$"),
        ("P(G | do(L=l1))", r"$P(G \mid \mathrm{do}(L=l_1))$"),
        ("P(R | do(G=g2), D=d1)", r"$P(R \mid \mathrm{do}(G=g_2), D=d_1)$"),
        ("P(G=g1 | L=l1)", r"$P(G=g_1 \mid L=l_1)$"),
    ],
)
def test_a_query_is_written_as_mathematics(text, math):
    assert formula(text) == math


def test_the_answers_table_holds_the_sixteen_answers_and_their_twins():
    rows = cells(answers_table(EXAM, EXAM_QUERIES))
    assert [row[0].strip("*") for row in rows] == list("abcdefghijklmnop")
    for letter, row in zip(EXAM_QUERIES, rows, strict=True):
        shown = [value(cell) for cell in row[3:6] if cell]
        assert shown == pytest.approx(
            query(EXAM, EXAM_QUERIES[letter]).probabilities.tolist(), abs=5e-5
        )
        assert row[1] == formula(EXAM_QUERIES[letter])
        assert row[2] == ("faire" if letter in "lo" else "voir")
    twins = {row[0].strip("*"): row[6] for row in rows if row[6]}
    assert twins == {
        "a": "o", "o": "a", "d": "e", "e": "d",
        "f": "g, l, n", "g": "f, l, n", "l": "f, g, n", "n": "f, g, l",
    }  # fmt: skip


def test_p_stands_in_the_column_of_the_state_it_asks():
    (row,) = cells(distribution_table(EXAM, {"p": query(EXAM, "P(G=g1 | L=l1)")}))
    assert row[2] == row[4] == ""
    assert value(row[3]) == pytest.approx(0.2316 * 0.4 / 0.671796, abs=5e-4)


@pytest.mark.parametrize("letter", list("fghijklmn"))
def test_the_column_of_preparation_is_asked_in_the_same_circumstances(letter):
    answer = query(EXAM, EXAM_QUERIES[letter])
    (row,) = cells(distribution_table(EXAM, {letter: answer}, through="S=s1"))
    assert [value(cell) for cell in row[2:4]] == pytest.approx(
        answer.probabilities.tolist(), abs=5e-4
    )
    # R has no parent but S: its answers lie on the line that the chapter draws.
    assert answer["r1"] == pytest.approx(0.1 + 0.7 * value(row[4]), abs=5e-4)


def test_an_answer_under_the_wrong_letter_is_refused():
    with pytest.raises(
        ValueError, match=r"question l is P\(R \| do\(G=g2\)\), not P\(R \| G=g2\)"
    ):
        distribution_table(EXAM, {"l": query(EXAM, "P(R | G=g2)")})


def test_the_cpt_table_shows_every_row_of_every_cpt():
    rows = cells(cpt_table(EXAM))
    shown = [[value(cell) for cell in row[2:5] if cell] for row in rows]
    expected = [
        row
        for name in EXAM.names
        for row in EXAM.cpts[name].reshape(-1, EXAM.cpts[name].shape[-1])
    ]
    assert len(shown) == len(expected) == 11
    assert all(np.allclose(a, b) for a, b in zip(shown, expected, strict=True))
    assert [row[5] for row in rows if row[5]] == [
        "(2, 1, 1, 1, 1)", "(1, 2, 1, 1, 1)", "(2, 1, 2, 1, 1)", "(2, 2, 1, 3, 1)", "(1, 1, 1, 3, 2)",
    ]  # fmt: skip


def test_information_is_that_of_the_definition():
    # I(R; D | L), cell by cell, from conditional distributions asked of the network.
    total = 0.0
    for states in itertools.product(("r0", "r1"), ("d0", "d1"), ("l0", "l1")):
        r, d, given = states
        both = query(EXAM, f"P(R, D | L={given})")[r, d]
        apart = (
            query(EXAM, f"P(R | L={given})")[r] * query(EXAM, f"P(D | L={given})")[d]
        )
        total += query(EXAM, "P(L)")[given] * both * math.log2(both / apart)
    assert information(EXAM, "R", "D", "L") == pytest.approx(total, rel=1e-9)


def test_information_is_zero_exactly_where_the_graph_separates():
    for x, y in itertools.combinations(EXAM.names, 2):
        others = [name for name in EXAM.names if name not in (x, y)]
        for given in itertools.chain.from_iterable(
            itertools.combinations(others, n) for n in range(4)
        ):
            assert (abs(information(EXAM, x, y, given)) < 1e-12) == d_separated(
                EXAM, x, y, given
            )


def test_information_ignores_cells_that_are_impossible():
    sure = do(EXAM, {"G": "g2"})
    assert information(sure, "R", "S") == pytest.approx(information(EXAM, "R", "S"))


def test_the_separation_table_agrees_with_d_separation():
    statements = [
        ("", "R", "D", given) for given in ("", "G", "L", "S", "SG", "SL", "GL")
    ]
    statements += [("p", "L", "G", ""), ("", "L", "S", "G")]
    rows = cells(separation_table(EXAM, statements))
    for (_, x, y, given), row in zip(statements, rows, strict=True):
        separated = d_separated(EXAM, x, y, tuple(given))
        assert row[3] == ("**bloqué**" if separated else "ouvert")
        assert (row[5] == "0,00") == separated
    assert rows[0][4] == "collisionneur $G$ non observé, ni $L$"
    assert rows[1][4] == "fourche $S$ libre, collisionneur $G$ observé"
    assert rows[2][4] == "fourche $S$ libre, collisionneur $G$ ouvert par $L$"
    assert rows[4][4] == "fourche $S$ observée"
    assert rows[7][4] == "arête directe"
    assert rows[8][4] == "chaîne $G$ observée"
    assert rows[1][2] == r"$R \leftarrow S \rightarrow G \leftarrow D$"


def test_odds_are_bayes_rule():
    assert odds(EXAM, "G=g2", "D=d1") == pytest.approx((0.02, 0.3))
    for row in cells(odds_table(EXAM, ["G=g2", "L=l1"], ["D=d1", "D=d0"])):
        unprepared, prepared, ratio, after, s1, r1 = map(value, row[2:])
        assert ratio == pytest.approx(prepared / unprepared, rel=0.02)
        assert after == pytest.approx(4 * ratio, abs=0.06)
        assert s1 == pytest.approx(after / (1 + after), abs=2e-3)
        assert r1 == pytest.approx(0.1 + 0.7 * s1, abs=1e-3)


def test_bold_levers_are_the_descendants_of_the_cause():
    targets = ["S=s1", "D=d0", "R=r1", "G=g2", "L=l1"]
    rows = cells(levers_table(EXAM, targets, outcomes=targets))
    moved = {
        targets[i]: {
            targets[j][0] for j, cell in enumerate(row[1:]) if cell.startswith("**")
        }
        for i, row in enumerate(rows[1:])
    }
    assert moved == {
        "S=s1": set("RGL"),
        "D=d0": set("GL"),
        "R=r1": set(),
        "G=g2": {"L"},
        "L=l1": set(),
    }
    assert [rows[i + 1][i + 1] for i in range(5)] == ["imposé"] * 5


@pytest.mark.parametrize(
    ("target", "cut"),
    [
        ("G", {("S", "G"), ("D", "G")}),
        ("L", {("G", "L")}),
        ("R", {("S", "R")}),
        ("S", set()),
    ],
)
def test_an_intervention_cuts_the_edges_into_its_target(target, cut):
    assert set(cut_edges(EXAM, target)) == cut


@pytest.mark.parametrize(
    ("name", "state", "path"), [("G", "g2", "GSR"), ("L", "l1", "LG")]
)
def test_the_mutilated_drawing_marks_exactly_the_cut_edges(name, state, path):
    figure = see_and_do_figure(EXAM, name, state, path)
    seen, done = figure.axes
    kept, cut = (
        {a.get_gid() for a in ax.get_children() if str(a.get_gid()).endswith(end)}
        for ax, end in ((seen, ":kept"), (done, ":cut"))
    )
    assert kept == {f"edge:{a}{b}:kept" for a, b in EXAM.edges}
    assert cut == {f"edge:{a}{b}:cut" for a, b in EXAM.edges if b == name}
    assert len([line for line in done.lines if line.get_marker() == "x"]) == len(cut)
    assert not seen.lines
    assert artists(figure, "do:") == {f"do:{name}"}


def test_the_network_drawing_has_every_node_edge_and_caption():
    figure = network_figure(EXAM, {name: f"le nœud {name}" for name in EXAM.names})
    assert set(POSITIONS) == set(EXAM.names)
    assert artists(figure, "node:") == {f"node:{name}" for name in EXAM.names}
    assert artists(figure, "edge:") == {f"edge:{a}{b}:kept" for a, b in EXAM.edges}
    assert {f"le nœud {name}" for name in EXAM.names} <= {
        text.get_text() for text in figure.axes[0].texts
    }


def test_bars_are_as_high_as_the_probabilities_and_say_so():
    prior, seen = query(EXAM, "P(G)"), query(EXAM, "P(G | L=l1)")
    figure = bars_figure({"a": prior, "p": seen}, reference=prior)
    for ax, expected in zip(figure.axes, (prior, seen), strict=True):
        assert [bar.get_height() for bar in ax.patches] == pytest.approx(
            expected.probabilities.tolist()
        )
        shown = [value(text.get_text()) for text in ax.texts]
        assert shown == pytest.approx(expected.probabilities.tolist(), abs=5e-4)
        marks = [line.get_ydata()[0] for line in ax.lines]
        assert marks == pytest.approx(prior.probabilities.tolist())


def test_shifts_start_at_the_reference_and_tell_doing_from_seeing():
    queries = {
        "n": "P(R)",
        "l": "P(R | do(G=g2))",
        "h": "P(R | D=d1, G=g2)",
        "échec": "P(R | G=g0)",
    }
    (ax,) = shifts_figure(EXAM, queries, state="r1", reference="P(R)").axes
    ends = [line for line in ax.lines if line.get_marker() in "os"]
    assert [line.get_marker() for line in ends] == ["o", "s", "o", "o"]
    assert [line.get_xdata()[0] for line in ends] == pytest.approx(
        [query(EXAM, text)["r1"] for text in queries.values()]
    )
    assert [text.get_ha() for text in ax.texts] == ["left", "left", "left", "right"]


def test_figures_leave_nothing_open():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    network_figure(EXAM, dict.fromkeys(EXAM.names, ""))
    see_and_do_figure(EXAM, "G", "g2", "GSR")
    assert plt.get_fignums() == before


def test_reversing_an_edge_keeps_the_joint_and_changes_what_doing_does():
    # The chapter's last argument, on a network small enough to do by hand.
    sr = Network(
        EXAM.variables[:1] + EXAM.variables[2:3],
        {"R": ("S",)},
        {k: EXAM.cpts[k] for k in "SR"},
    )
    rs = Network(
        sr.variables,
        {"S": ("R",)},
        {
            "R": [0.34, 0.66],
            "S": [[0.18 / 0.34, 0.16 / 0.34], [0.02 / 0.66, 0.64 / 0.66]],
        },
    )
    assert query(sr, "P(S, R)").probabilities == pytest.approx(
        query(rs, "P(S, R)").probabilities
    )
    assert query(sr, "P(S | do(R=r1))")["s1"] == pytest.approx(0.8)
    assert query(rs, "P(S | do(R=r1))")["s1"] == pytest.approx(0.64 / 0.66)
