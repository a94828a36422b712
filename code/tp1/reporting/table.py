"""Tables as Markdown, which the site, the PDF and the notebook all set properly."""

from collections.abc import Sequence

from IPython.display import Markdown


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], align: str = ""
) -> Markdown:
    """Build a pipe table from cells that are already text.

    Parameters
    ----------
    header, rows : sequences of str
        One cell per column.
    align : str
        One letter per column, ``l``, ``c`` or ``r``; by default the first column is left-aligned and the
        others right-aligned, as numbers are.

    Raises
    ------
    ValueError
        If a row or `align` does not have one entry per column.
    """
    align = align or "l" + "r" * (len(header) - 1)
    for row in [align, *rows]:
        if len(row) != len(header):
            raise ValueError(
                f"{len(header)} columns in the header, {len(row)} in {row!r}"
            )
    rule = [{"l": ":---", "c": ":--:", "r": "---:"}[a] for a in align]
    return Markdown(
        "\n".join("| " + " | ".join(cells) + " |" for cells in [header, rule, *rows])
    )
