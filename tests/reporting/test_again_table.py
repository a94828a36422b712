"""The table of runs made again."""

from tp1.experiments.comparison import VERDICTS, Comparison
from tp1.experiments.verify import FINALS, SEARCHES
from tp1.reporting import again, receipts


def compared(search, verdict, numbers=24):
    return Comparison(search, "a run", verdict, numbers, 0, "", ())


def test_every_search_and_verdict_has_a_name():
    named = {
        f"{part}/{stage}" for part in receipts.STAGES for stage in receipts.STAGES[part]
    }
    assert named == {*SEARCHES, *FINALS}
    assert tuple(again.COLUMNS) == VERDICTS


def test_runs_numbers_and_verdicts_are_counted_search_by_search():
    found = [compared("part2/assigned", verdict) for verdict in ("same", "chaotic")]
    found += [compared("part3/own", "same", 1240), compared("part2/assigned", "same")]
    header, _, *rows = again.again_table(found).data.splitlines()
    assert "Identiques | Arrondis | Chaotiques | Différents" in header
    assert rows == [
        "| @sec-softmax, recherche de l'énoncé | 3 | 72 | 2 | 0 | 1 | 0 |",
        "| @sec-mlp, notre meilleur réseau | 1 | 1\u202f240 | 1 | 0 | 0 | 0 |",
    ]
