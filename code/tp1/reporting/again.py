"""What came of training frozen runs again, as a table."""

from collections.abc import Sequence

from IPython.display import Markdown

from tp1.experiments.comparison import VERDICTS, Comparison
from tp1.reporting.french import number
from tp1.reporting.receipts import stage_name
from tp1.reporting.table import markdown_table

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
        rows.append([stage_name(*search.split("/")), *(number(n, 0) for n in counts)])
    header = ["Recherche", "Refaits", "Nombres", *(COLUMNS[v] for v in VERDICTS)]
    return markdown_table(header, rows)
