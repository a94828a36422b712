"""What the tests of the backpropagation stepper share: how it is read, and what `tp1.learning` computes."""

import re
from math import isclose

import pytest
import torch
from offline import Offline
from playwright.sync_api import Locator, Page
from torch import Tensor

from tp1.learning.functions import cross_entropy_from_logits
from tp1.learning.layers import input_gradient, softmax_cross_entropy_backward
from tp1.learning.mlp import MLPModel

PAGE = "report/03-mlp.html"
# Chapter 3's example by hand.
THETAS = [
    [[0.5, 0.5, -0.5], [1, -1, 0.5], [-1, 1, 1]],
    [[1, -2, 0.5, -1], [-1, 1, 1, -1]],
]
GIVEN = ["x", "y", "theta1", "theta2"]
# Line, l, what it writes, what it reads, how many units and edges it lights, biases included.
STEPS = [
    ("1", None, "h0", {"x"}, 2, 0),
    ("3", 1, "a1", {"theta1", "h0"}, 6, 9),
    ("4", 1, "h1", {"a1"}, 3, 0),
    ("5", None, "a2", {"theta2", "h1"}, 6, 8),
    ("6", None, "p", {"a2"}, 2, 0),
    ("loss", None, "loss", {"p", "y"}, 3, 0),
    ("7", None, "delta2", {"p", "y"}, 2, 0),
    ("9", 2, "G2", {"delta2", "h1"}, 6, 8),
    ("10", 2, "g1", {"theta2", "delta2"}, 5, 6),
    ("11", 2, "delta1", {"g1", "a1"}, 3, 0),
    ("9", 1, "G1", {"delta1", "h0"}, 6, 9),
]
# What a reader sees, with what each number is exactly.
READ = r"""() => {
    const box = document.querySelector("[data-widget=backprop]");
    const all = (where, what) => [...box.querySelectorAll(where)].map(what);
    const number = (text) => (text === undefined ? null : Number(text));
    const entry = ({ dataset, textContent }) => [number(dataset.value), textContent];
    return {
        quantities: Object.fromEntries(all("[data-quantity]", (one) =>
            [one.dataset.quantity, [...one.querySelectorAll("td")].map(entry)])),
        units: all("tspan[data-of]", (one) => [one.dataset.of, Number(one.dataset.index), ...entry(one)]),
        summary: all(".backprop-summary strong", entry),
        curve: all("[data-loss]", (one) => Number(one.dataset.loss)),
        newest: all("[data-quantity].newest", (one) => one.dataset.quantity),
        read: all("[data-quantity].read", (one) => one.dataset.quantity),
        active: all("li[aria-current=step]", (one) => one.dataset.line),
        loop: all("li.loop", (one) => one.textContent.match(/l = \d$/)[0]),
        lit: [all(".unit.lit", () => 1).length, all(".edge.lit", () => 1).length],
        inactive: all(".unit.inactive", () => 1).length,
        text: box.querySelector(".widget-body").textContent,
    };
}"""
# Type an example, then take so many updates; what is seen at each position of each pass.
PLAY = """([x1, x2, target, lr, updates]) => {
    const read = READ;
    const box = document.querySelector("[data-widget=backprop]");
    const set = (id, value) => {
        const input = box.querySelector(`#backprop-${id}`);
        input.value = value;
        input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const buttons = [...box.querySelectorAll("button")];
    const press = (name) => buttons.find((one) => one.textContent.includes(name)).click();
    press("Recommencer");
    set("x1", x1); set("x2", x2); set("target", target); set("lr", lr);
    const seen = [];
    for (let update = 0; update <= updates; update += 1) {
        if (update > 0) press("Mettre à jour");
        const pass = [read()];
        for (let step = 0; step < 11; step += 1) {
            press("Avancer");
            pass.push(read());
        }
        seen.push(pass);
    }
    return seen;
}""".replace("READ", READ)


def model_of(thetas=THETAS) -> MLPModel:
    return MLPModel(
        2, 3, 1, 2, params=[torch.tensor(theta).double().T for theta in thetas]
    )


def one_pass(
    model: MLPModel, x: list[float], target: int
) -> tuple[dict[str, list[float]], list[Tensor]]:
    """Compute every quantity, row by row as the chapter has it, and the gradients as the package has them."""
    inputs = torch.tensor([x], dtype=torch.float64)
    y = torch.eye(2).double()[[target]]
    p = model.forward(inputs)
    grads = model.backward(y, p)
    delta2 = softmax_cross_entropy_backward(y, p)
    quantities = {
        "x": inputs,
        "y": y,
        "theta1": model.params[0].T,
        "theta2": model.params[1].T,
        "h0": model.h[0],
        "a1": model.a[0],
        "h1": model.h[1],
        "a2": model.a[1],
        "p": p,
        "loss": cross_entropy_from_logits(y, model.a[1]),
        "delta2": delta2,
        "G2": grads[1].T,
        "g1": input_gradient(delta2, model.params[1]),
        "delta1": grads[0][-1],  # the gradient of the bias
        "G1": grads[0].T,
    }
    return {name: value.ravel().tolist() for name, value in quantities.items()}, grads


def is_rounding(text: str, value: float) -> bool:
    """Tell whether a French number, perhaps with a power of ten, is the value to its last digit."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹,", "--0123456789."))
    mantissa, _, power = plain.partition("·10")
    digits = 1 if power else 4 if re.search(r"\.\d{4}$", mantissa) else 3
    scale = 10.0 ** int(power or 0)
    half = 0.5 * 10**-digits * scale
    return abs(float(mantissa) * scale - value) <= half * (1 + 1e-9)


def check(
    seen: dict, wanted: dict[str, list[float]], step: int, losses: list[float]
) -> None:
    """Compare all that is seen after so many lines of a pass."""
    known = [*GIVEN, *(writes for _, _, writes, *_ in STEPS[:step])]
    entries = [
        (name, i, value, text)
        for name, cells in seen["quantities"].items()
        for i, (value, text) in enumerate(cells)
    ]
    assert {(name, i) for name, i, *_ in entries} == {
        (name, i) for name, values in wanted.items() for i in range(len(values))
    }
    for name, i, value, text in entries + [tuple(one) for one in seen["units"]]:
        if name not in known:
            assert (value, text) == (None, "–"), name
            continue
        assert isclose(value, wanted[name][i], rel_tol=1e-12, abs_tol=1e-12), name
        assert is_rounding(text, value), (text, value)
    assert seen["curve"] == pytest.approx(losses, rel=1e-12, abs=1e-12)
    first_and_last = losses[:1] if len(losses) == 1 else [losses[0], losses[-1]]
    values = [value for value, _ in seen["summary"]]
    assert values == pytest.approx(first_and_last, rel=1e-12, abs=1e-12)
    assert all(is_rounding(text, value) for value, text in seen["summary"])
    inactive = sum(a <= 0 for a in wanted["a1"]) if step >= 3 else 0
    assert seen["inactive"] == inactive
    assert not re.search("NaN|Infinity|undefined|null", seen["text"])


def open_page(
    offline: Offline, base: str, width: int = 1400, scheme: str = "light"
) -> tuple[Page, list[str]]:
    page, troubles = offline(width, scheme)
    page.goto(f"{base}/{PAGE}")
    return page, troubles


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)
