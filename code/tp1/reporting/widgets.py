"""The interactive parts of the site: boxes with their data, brought to life by `report/widgets`.

The PDF and the notebook have none of it: each stands beside a figure that says the same.
"""

import json
from collections.abc import Sequence
from typing import Any

from IPython.display import Markdown

WITHOUT_SCRIPT = (
    "Cette partie interactive demande JavaScript\u00a0; "
    "les figures et le texte qui l’entourent disent la même chose."
)


def widget(name: str, title: str, data: Any, parts: Sequence[str] = ()) -> Markdown:
    """Build an empty box, hidden until `report/widgets/NAME.js` fills it from the data.

    Parameters
    ----------
    name : str
    title : str
        What assistive technology calls the box.
    data : anything that JSON can hold
        Finite numbers only.
    parts : sequence of str
        Further scripts of `report/widgets`, loaded before the widget's own.

    Raises
    ------
    ValueError
        If a number is infinite or not a number.
    """
    text = json.dumps(
        data, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).replace("<", "\\u003c")
    return Markdown(
        "\n".join(
            [
                "```{=html}",
                f'<section class="widget" data-widget="{name}" aria-label="{title}" hidden>',
                f'<script type="application/json">{text}</script>',
                "</section>",
                f"<noscript><p>{WITHOUT_SCRIPT}</p></noscript>",
                *(
                    f'<script src="widgets/{script}.js" defer></script>'
                    for script in ("common", *parts, name)
                ),
                "```",
            ]
        )
    )
