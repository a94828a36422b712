"""What the source may not contain: automatic differentiation, the test set, unknown equations."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "code" / "tp1"
LEARNING = sorted((PACKAGE / "learning").glob("*.py"))
MODULES = [
    *LEARNING,
    *sorted((PACKAGE / "experiments").glob("*.py")),
    PACKAGE / "assignment.py",
]
# What the hand-written path is compared with; only chapters, tests and benchmarks import it.
PEER = PACKAGE / "learning" / "autograd.py"
BY_HAND = [path for path in MODULES if path != PEER]
EVERY = sorted((ROOT / "code").rglob("*.py"))
# The only module of learning that reads the test set: the assignment wants a loader of it.
READS_THE_TEST_SET = "loaders.py"
FORBIDDEN = {
    "nn", "autograd", "backward", "grad", "requires_grad", "requires_grad_", "func", "optim",
    "log_softmax", "softmax", "logsumexp",
}  # fmt: skip


def name(path):
    return f"{path.parent.name}/{path.name}"


def uses_of_automatic_differentiation(code):
    """Name what the code takes from PyTorch that the hand-written path may not use."""
    found = []
    tree = ast.parse(code)
    # The assignment gives its networks a method of this name, with two arguments; a loss's takes none.
    by_hand = {
        node.func
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(".backward")
        and [ast.unparse(argument) for argument in node.args] == ["y", "y_pred"]
        and not node.keywords
    }
    for node in ast.walk(tree):
        named = isinstance(node, ast.Attribute) and node not in by_hand
        if named and node.attr in FORBIDDEN:
            found.append(ast.unparse(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("attr"):
            # getattr and setattr; hasattr only asks.
            asked = [part.value for part in node.args if isinstance(part, ast.Constant)]
            if FORBIDDEN & set(asked) and ast.unparse(node.func) != "hasattr":
                found.append(ast.unparse(node))
    return found + imported_differentiation(code)


def imported_differentiation(code):
    """Name what the code imports of that."""
    return [
        what
        for what in imports(code)
        if what.startswith("torch.") and FORBIDDEN & set(what.split("."))
    ]


def imports(code):
    """Name what the code imports, with its module: those of ``from . import name`` begin with a dot."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [f"{module}.{alias.name}" for alias in node.names]
    return found


def imports_the_peer(code):
    """Say whether the code imports the network under automatic differentiation, whatever it writes."""
    return any(
        "autograd" in what.split(".") and not what.startswith("torch.")
        for what in imports(code)
    )


@pytest.mark.parametrize("path", BY_HAND, ids=name)
def test_no_automatic_differentiation(path):
    assert uses_of_automatic_differentiation(path.read_text(encoding="utf-8")) == []


def test_one_module_uses_automatic_differentiation_and_none_imports_it():
    codes = {path: path.read_text(encoding="utf-8") for path in EVERY}
    assert set(MODULES) < set(codes)
    assert [path for path, code in codes.items() if imported_differentiation(code)] == [
        PEER
    ]
    assert [path for path, code in codes.items() if imports_the_peer(code)] == []
    assert {"loss.backward", "torch.nn"} <= set(
        uses_of_automatic_differentiation(codes[PEER])
    )


@pytest.mark.parametrize(
    "code",
    [
        "import tp1.learning.autograd",
        "import tp1.learning.autograd as peer",
        "from tp1.learning import autograd",
        "from tp1.learning.autograd import AutogradMLP",
        "from .autograd import AutogradMLP",
        "from . import autograd",
        "from ..learning import autograd",
        "def late():\n    from tp1.learning.autograd import AutogradMLP",
    ],
)
def test_the_walk_sees_an_import_of_the_peer(code):
    assert imports_the_peer(code)
    assert not imports_the_peer("from tp1.learning.mlp import MLPModel\nimport torch")


@pytest.mark.parametrize(
    "code",
    [
        "loss.backward()",
        "loss.backward(gradient)",
        "loss.backward(y, retain_graph)",
        "loss.backward(y, y_pred, True)",
        "loss.backward(y, y_pred, create_graph=True)",
        "loss.backward(*arguments)",
        "go_back = loss.backward",
        "getattr(loss, 'backward')()",
        "setattr(theta, 'requires_grad', True)",
        "import torch.nn as layers",
        "from torch import nn",
        "from torch.nn import functional",
        "import torch.autograd",
        "torch.autograd.grad(loss, theta)",
        "theta.requires_grad = True",
        "theta.requires_grad_()",
        "theta.grad",
        "import torch.optim",
        "from torch import optim",
        "torch.optim.Adam([theta])",
        "torch.func.grad(loss)",
        "torch.softmax(x, -1)",
        "torch.log_softmax(x, -1)",
        "x.logsumexp(dim=-1)",
        "from torch import logsumexp",
        "from torch.special import softmax",
    ],
)
def test_the_walk_sees_automatic_differentiation(code):
    assert uses_of_automatic_differentiation(code)


def test_ordinary_code_passes_the_walk():
    code = (
        "from torch.utils.data import DataLoader\nfrom tp1.learning.functions import softmax\n"
        "softmax(x)\nmodel.backward(y, y_pred)\nhasattr(model, 'backward')\nself.model.backward(y, y_pred)"
    )
    assert uses_of_automatic_differentiation(code) == []


@pytest.mark.parametrize("path", LEARNING, ids=name)
def test_the_test_set_is_read_by_the_loaders_alone(path):
    names = {
        getattr(n, "id", getattr(n, "attr", ""))
        for n in ast.walk(ast.parse(path.read_text("utf-8")))
    }
    assert ("load_test" in names) == (path.name == READS_THE_TEST_SET)


@pytest.mark.parametrize("path", LEARNING, ids=name)
def test_learning_knows_no_other_room(path):
    imported = set(re.findall(r"(?:from|import) tp1\.(\w+)", path.read_text("utf-8")))
    assert imported <= {"learning", "errors"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_every_equation_that_the_code_names_is_in_a_chapter(path):
    chapters = "".join(
        p.read_text(encoding="utf-8") for p in sorted((ROOT / "report").glob("*.qmd"))
    )
    defined = set(re.findall(r"\{#(eq-[\w-]+)\}", chapters))
    named = set(re.findall(r"@(eq-[\w-]+)", path.read_text(encoding="utf-8")))
    assert named <= defined
