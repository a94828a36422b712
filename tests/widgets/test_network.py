"""The network explorer in the page, against `tp1.bayes`."""

import re
from itertools import combinations, product
from pathlib import Path
from urllib.parse import quote

import pytest
from damage import doctored, expect_refusal, with_data, with_parts
from offline import Offline
from playwright.sync_api import Page, expect

from tp1.bayes import EXAM_QUERIES, Query, do, exam_network, paths, query

PAGE = "report/01-bayes.html"
ROLES = {"chaîne": "chain", "fourche": "fork", "collisionneur": "collider"}
# Ask every question as a reader does, by the form, and read what the cards then say.
ASK_ALL = """(questions) => questions.map((question) => {
    const box = document.querySelector("[data-widget=network]");
    box.querySelector("input").value = question;
    box.querySelector("form").requestSubmit();
    const states = [...box.querySelectorAll(".network-state")].map((one) => Number(one.dataset.value));
    return [states, box.querySelector("[role=alert]").textContent];
})"""
ASK = """(question) => {
    const box = document.querySelector("[data-widget=network]");
    box.querySelector("input").value = question;
    box.querySelector("form").requestSubmit();
}"""

examen = exam_network()


def assignments(names: tuple[str, ...], most: int) -> list[dict[str, str]]:
    """List every choice of states of at most so many variables."""
    return [
        dict(zip(chosen, states, strict=True))
        for number in range(most + 1)
        for chosen in combinations(names, number)
        for states in product(
            *(examen.variables[examen.axis(name)].states for name in chosen)
        )
    ]


def everything_fixed() -> list[tuple[dict[str, str], dict[str, str]]]:
    """List what can be observed, up to two variables, together with what can be imposed, up to two."""
    return [
        (observed, imposed)
        for observed in assignments(examen.names, 2)
        for imposed in assignments(
            tuple(name for name in examen.names if name not in observed), 2
        )
    ]


def open_page(
    offline: Offline, report: Path, width: int = 1400, scheme: str = "light"
) -> tuple[Page, list[str]]:
    page, troubles = offline(width, scheme)
    page.goto((report / PAGE).as_uri())
    return page, troubles


def state(page: Page, name: str, value: str):
    return page.get_by_role("button", name=re.compile(rf"^{name} = {value}\s*:"))


def probability(page: Page, name: str, value: str) -> float:
    return float(state(page, name, value).get_attribute("data-value") or "nan")


@pytest.mark.slow
def test_every_query_gets_the_answer_of_the_package(
    offline: Offline, report: Path
) -> None:
    page, troubles = open_page(offline, report)
    everything = everything_fixed()
    asked, wanted = [], []
    for observed, imposed in everything:
        free = [n for n in examen.names if n not in observed and n not in imposed]
        law = {
            name: query(examen, Query((name,), {}, observed, imposed)).probabilities
            for name in free
        }
        fixed = {**observed, **imposed}
        asked.append(str(Query((free[0],), {}, observed, imposed)))
        wanted.append(
            [
                law[v.name][i] if v.name in law else float(fixed[v.name] == value)
                for v in examen.variables
                for i, value in enumerate(v.states)
            ]
        )
    found = page.evaluate(ASK_ALL, asked)
    assert len(found) == len(everything) > 1000
    for question, (values, refusal), expected in zip(asked, found, wanted, strict=True):
        assert refusal == "", question
        assert values == pytest.approx(expected, abs=1e-12), question
    assert troubles == []


@pytest.mark.parametrize(
    "text",
    [
        *EXAM_QUERIES.values(),
        "P(R, G | D=d1)",
        "P(G=g1, L | do(S=s0, R=r1), D=d1)",
        ' P ( G|L = l1,do( D=d0 ) ,do(R=r0)) "'.rstrip(' "'),
        'P("G" | "L"="l1")',
    ],
)
def test_a_typed_question_is_answered(
    offline: Offline, report: Path, text: str
) -> None:
    page, _ = open_page(offline, report)
    page.get_by_label("Question", exact=True).fill(text)
    page.get_by_role("button", name="Répondre").click()
    answers = page.locator(".network-answer")
    wanted = query(examen, text)
    assert [one.get_attribute("data-states") for one in answers.all()] == [
        " ".join(states) for states, _ in wanted.items()
    ]
    values = [float(one.get_attribute("data-value") or "nan") for one in answers.all()]
    assert values == pytest.approx(list(wanted.probabilities.ravel()), abs=1e-12)
    shown = answers.first.locator("strong").inner_text()
    assert shown == f"{values[0]:.3f}".replace(".", ",")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "« P( »"),
        ("P(G | L=l1", "« ) »"),
        ("P(G | L)", "« = »"),
        ("P(G) R", "la fin est attendu"),
        ("P(X)", "« X » n’est pas une variable"),
        ("P(G | L=l7)", "« l7 » n’est pas un état de L ; elle a l0 et l1"),
        ("P(G | G=g1)", "demandée et observée"),
        ("P(G | do(G=g1))", "demandée et imposée"),
        ("P(G | L=l1, do(L=l1))", "observée et imposée"),
        ("P(G | L=l0, L=l1)", "deux états"),
        ("P(G, G)", "deux fois"),
        ('P("G)', "guillemet jamais fermé"),
        ("<img src=x onerror=alert(1)>", "« P( »"),
    ],
)
def test_a_wrong_question_is_explained_and_the_last_answer_stays(
    offline: Offline, report: Path, text: str, says: str
) -> None:
    page, troubles = open_page(offline, report)
    before = page.locator(".network-result").inner_text()
    field = page.get_by_label("Question", exact=True)
    field.fill(text)
    field.press("Enter")
    refusal = page.locator(".widget [role=alert]").inner_text()
    assert says in re.sub(r"\s", " ", refusal)
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".network-result").inner_text() == before
    assert troubles == []


def test_observing_and_imposing_by_clicks_writes_the_question(
    offline: Offline, report: Path
) -> None:
    page, troubles = open_page(offline, report, 390)
    field = page.get_by_label("Question", exact=True)
    page.get_by_role("button", name="Tout relâcher").click()
    page.get_by_role("button", name="Interroger G").click()
    assert field.input_value() == "P(G)"
    state(page, "R", "r1").click()
    page.get_by_role("button", name=re.compile("imposer L")).click()
    state(page, "L", "l1").click()
    assert field.input_value() == "P(G | do(L=l1), R=r1)"
    assert probability(page, "G", "g2") == pytest.approx(
        query(examen, "P(G | do(L=l1), R=r1)")["g2"], abs=1e-12
    )
    assert page.locator(".network-edge.cut").count() == 1
    page.get_by_role("button", name=re.compile("observer L")).click()
    assert field.input_value() == "P(G | R=r1, L=l1)"
    assert page.locator(".network-edge.cut").count() == 0
    state(page, "R", "r1").click()  # a second click releases it
    assert field.input_value() == "P(G | L=l1)"
    state(page, "G", "g0").click()
    expect(page.locator(".network-result")).to_contain_text("demandée et observée")
    page.get_by_role("button", name=re.compile("^Question l\\s")).click()
    assert field.input_value() == EXAM_QUERIES["l"]
    assert troubles == []


def test_every_path_is_judged_as_the_package_does(
    offline: Offline, report: Path
) -> None:
    page, troubles = open_page(offline, report)
    found = page.evaluate(
        """(cases) => {
            const { bayes } = window.tp1;
            const source = document.querySelector("[data-widget=network] script").textContent;
            const network = bayes.read(JSON.parse(source));
            return cases.map(([x, y, observed, imposed]) => bayes.paths(network, x, y, observed, imposed));
        }""",
        cases := [
            [x, y, observed, imposed]
            for observed, imposed in everything_fixed()
            for x, y in combinations(examen.names, 2)
            if not {x, y} & {*observed, *imposed}
        ],
    )
    assert len(found) == len(cases)
    for (x, y, observed, imposed), shown in zip(cases, found, strict=True):
        mutilated = do(examen, imposed) if imposed else examen
        kept = {p.nodes: p for p in paths(mutilated, x, y, [*observed, *imposed])}
        assert {tuple(path["nodes"]) for path in shown} == {
            path.nodes for path in paths(examen, x, y)
        }
        for path in shown:
            wanted = kept.get(tuple(path["nodes"]))
            assert (wanted is None) == bool(path["cut"])
            assert path["open"] == (wanted is not None and wanted.open)
            if wanted:
                assert [
                    (inner["name"], ROLES[inner["role"]], inner["open"])
                    for inner in path["junctions"]
                ] == [(j.name, j.role, j.open) for j in wanted.junctions]
    assert troubles == []


def test_paths_are_shown_with_their_reasons(offline: Offline, report: Path) -> None:
    page, _ = open_page(offline, report)
    listed = page.locator(".network-paths")

    def says(question: str) -> str:
        page.evaluate(ASK, question)
        return re.sub(r"\s", " ", listed.inner_text())

    assert "R ← S → G ← D bloqué" in says("P(S)")
    assert "ni G ni rien en aval n’est connu" in says("P(S)")
    assert "ouvert" in (text := says("P(S | L=l1)"))
    assert "L, en aval de G, est connue" in text
    assert "do(G) supprime D → G" in says("P(S | do(G=g2))")
    assert "coupé" in says("P(S | do(G=g2))")
    assert "état fixé" in says("P(S | R=r1)")
    page.evaluate(ASK, "P(S)")
    page.get_by_label("Chemins jusqu’à").select_option("R")
    assert "deux variables différentes" in listed.inner_text()
    page.get_by_label("Chemins jusqu’à").select_option("S")
    assert "une flèche les relie directement" in listed.inner_text()


def test_the_address_holds_the_state(
    offline: Offline, report: Path, served: str
) -> None:
    for base in (report.as_uri(), served):
        page, troubles = offline(1400, "light")
        page.goto(f"{base}/{PAGE}")
        page.evaluate(ASK, "P(R | do(L=l0), D=d1)")
        page.get_by_label("Chemins jusqu’à").select_option("L")
        address = page.url
        other, _ = offline(1400, "light")
        other.goto(address)
        assert (
            other.get_by_label("Question", exact=True).input_value()
            == "P(R | do(L=l0), D=d1)"
        )
        assert other.get_by_label("Chemins jusqu’à").input_value() == "L"
        other.goto(f"{base}/{PAGE}#reseau={quote('P(G | X=1)')}&chemin=A")
        other.reload()
        expect(other.locator(".widget [role=alert]")).to_contain_text("n’est pas une")
        other.goto(f"{base}/{PAGE}#reseau=%E0%A4%A")
        other.reload()
        expect(other.locator(".widget [role=alert]")).to_contain_text("illisible")
        assert troubles == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (with_data(lambda data: data[:-40]), "JSON"),
        (with_data(lambda data: "null"), "forme attendue"),
        (with_parts(cpts={}), "la table de S manque"),
        (with_parts(variables=[]), "pas de variables"),
        (
            with_data(lambda data: data.replace("0.2,0.8", "0.2,0.7", 1)),
            "la table de S n’est pas une loi",
        ),
    ],
)
def test_damaged_data_give_a_message(
    offline: Offline, report: Path, tmp_path: Path, change, says: str
) -> None:
    address = doctored(report, tmp_path, PAGE, "network", change)
    expect_refusal(offline, address, "network", says)


def test_impossible_evidence_is_said_not_answered(
    offline: Offline, report: Path, tmp_path: Path
) -> None:
    page, troubles = offline(1400, "light")
    certain = with_data(lambda data: data.replace("0.2,0.8", "0.0,1.0", 1))
    page.goto(doctored(report, tmp_path, PAGE, "network", certain))
    page.evaluate(ASK, "P(G | S=s0)")
    expect(page.locator(".network-result")).to_contain_text("impossible")
    assert "NaN" not in page.locator(".widget").inner_text()
    page.evaluate(ASK, "P(R | do(S=s0))")  # imposed, it is possible
    assert probability(page, "R", "r1") == pytest.approx(0.1)
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
def test_it_fits_and_the_keyboard_is_enough(
    offline: Offline, report: Path, width: int, scheme: str
) -> None:
    page, troubles = open_page(offline, report, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Question", exact=True).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("P(G)")
    page.keyboard.press("Enter")
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = (
            page.evaluate(
                "document.activeElement.ariaLabel || document.activeElement.textContent"
            )
            or ""
        )
        reached.append(name)
        if name.startswith("R = r1"):
            page.keyboard.press("Space")
            break
    assert any(name.startswith("Question p") for name in reached)
    assert page.get_by_label("Question", exact=True).input_value() == "P(G | R=r1)"
    assert troubles == []
