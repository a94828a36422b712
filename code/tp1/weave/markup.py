"""What a page needs beyond pandoc's HTML, and what it does not need of it."""

import re

_MATH = re.compile(r"<math\b([^>]*)>(.*?)</math>", re.DOTALL)


def finished(body: str) -> str:
    """Mend and lighten the body of a page."""
    # Browsers leave no space where TeX does between a function and its argument: “log p”, not “logp”.
    body = body.replace("<mo>&#8289;</mo>", '<mo rspace="0.167em">&#8289;</mo>')
    # What browsers do without is a third of a long page: the TeX of formulas, a link a line of code, and
    # colours that no style sheet has.
    body = re.sub(
        r"<annotation\b.*?</annotation>|</?semantics>", "", body, flags=re.DOTALL
    )
    body = re.sub(
        r'<math display="(inline|block)" xmlns="[^"]*">',
        lambda m: "<math>" if m[1] == "inline" else '<math display="block">',
        body,
    )
    body = re.sub(
        r'<span id="cb[\d-]+"><a [^>]*></a>(.*)</span>(?=\n|</code>)', r"\1", body
    )
    body = re.sub(r'<span class="(?:op|va)">([^<]*)</span>', r"\1", body)
    return re.sub(r"<th\b[^>]*>(.*?)</th>", _named_header, body, flags=re.DOTALL)


def _named_header(match: re.Match[str]) -> str:
    """Name the formulas of a head that has nothing else: not all that reads tables reads formulas."""
    rest = _MATH.sub("", match[1])
    return match[0] if rest.strip() else _MATH.sub(_named_formula, match[0])


def _named_formula(match: re.Match[str]) -> str:
    name = re.sub(r"<[^>]*>|\s", "", match[0])
    return f'<math aria-label="{name}"{match[1]}>{match[2]}</math>'
