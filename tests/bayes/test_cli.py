"""``python -m tp1 query``."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tp1
from tp1.bayes import EXAM_QUERIES, BayesError, cli, exam_network, query

from .oracles import ALARM

CODE = str(Path(tp1.__file__).parents[1])


def call(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(arguments))


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([CODE, os.environ.get("PYTHONPATH", "")]),
    }
    return subprocess.run(
        [sys.executable, "-m", "tp1", "query", *arguments],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


def test_a_query_prints_a_table():
    done = shell("P(G | R=r1)")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout == "P(G | R=r1)\n  g0  0.132727\n  g1  0.221758\n  g2  0.645515\n"
    )


def test_wrong_input_exits_2_without_a_traceback():
    for text, message in (
        (
            "P(G | R=",
            "tp1: error: column 9: expected a state, found the end\n  P(G | R=\n          ^\n",
        ),
        (
            "P(G | R=r7)",
            "tp1: error: variable 'R' has no state 'r7'; known: 'r0', 'r1'\n",
        ),
    ):
        done = shell(text, "--json")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == message


def test_json(capsys):
    for text in (*EXAM_QUERIES.values(), "P(R, G | do(S=s1), L=l0)"):
        assert call(text, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        answer = query(exam_network(), text)
        assert list(found) == ["query", "target", "states", "probabilities"]
        assert found["query"] == text
        assert found["target"] == list(answer.query.targets)
        assert [tuple(states) for states in found["states"]] == [
            states for states, _ in answer.items()
        ]
        # Full precision: every bit comes back.
        assert found["probabilities"] == answer.probabilities.ravel().tolist()


def test_json_of_a_state_and_of_a_variable(capsys):
    call("P(G|R=r1)", "--json")
    assert json.loads(capsys.readouterr().out)["states"] == [["g0"], ["g1"], ["g2"]]
    call("P(G=g1 | L=l1)", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["target"], found["states"], len(found["probabilities"])) == (
        ["G"],
        [["g1"]],
        1,
    )


def test_all_answers_the_sixteen_in_order(capsys):
    assert call("--all") == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads == [f"{letter}) {text}" for letter, text in EXAM_QUERIES.items()]
    assert lines[-1] == "  g1  0.137899"
    assert call("--all", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["letter"], one["query"]) for one in found] == list(
        EXAM_QUERIES.items()
    )


def test_methods_print_the_same(capsys):
    outputs = set()
    for method in ("auto", "joint", "contraction"):
        call("P(R, G | D=d1)", "--method", method)
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1
    with pytest.raises(SystemExit):
        call("P(R)", "--method", "guess")


def test_a_bif_network_is_asked(capsys):
    assert call("P(HR | do(CATECHOL=HIGH))", "--bif", ALARM) == 0
    assert capsys.readouterr().out.startswith("P(HR | do(CATECHOL=HIGH))\n  LOW     ")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("P(G)", "--all"),
        ("--all", "--bif", ALARM),
        ("P(G)", "--bif", "no-such-file.bif"),
        ("",),
        ("P(G | L=l9)",),
    ],
)
def test_wrong_requests_are_raised_for_main_to_print(arguments):
    with pytest.raises(BayesError):
        call(*arguments)
