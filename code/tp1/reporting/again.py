"""What came of training frozen runs again, as a table."""

from collections.abc import Sequence

from IPython.display import Markdown

from tp1.experiments.comparison import VERDICTS, Comparison
from tp1.reporting.french import number
from tp1.reporting.table import markdown_table

SEARCHES = {
    "part2/assigned": "softmax, énoncé",
    "part2/wider": "softmax, grille élargie",
    "part2/final": "softmax, évaluation",
    "part3/rates": "réseaux, taux",
    "part3/shapes": "réseaux, formes",
    "part3/own": "réseaux, candidats",
    "part3/final": "réseaux, évaluation",
}
COLUMNS = {
    "same": "Identiques",
    "rounding": "Arrondis",
    "chaotic": "Chaotiques",
    "differs": "Différents",
}


def again_table(found: Sequence[Comparison]) -> Markdown:
    """Count, for each search, the runs done again, the numbers compared and the verdicts."""
    rows = []
    for search in dict.fromkeys(one.search for one in found):
        ours = [one for one in found if one.search == search]
        verdicts = [one.verdict for one in ours]
        counts = [len(ours), sum(one.numbers for one in ours)]
        counts += [verdicts.count(verdict) for verdict in VERDICTS]
        rows.append([SEARCHES[search], *(number(n, 0) for n in counts)])
    header = ["Recherche", "Refaits", "Nombres", *(COLUMNS[v] for v in VERDICTS)]
    return markdown_table(header, rows)
