"""Nothing that is read is executed or unpickled, by the syntax of every module; exceptions have reasons."""

from collections import Counter
from pathlib import Path

import pytest
from execution import findings

PROJECT = Path(__file__).parents[1]
SOURCES = [
    path
    for pattern in ("code/**/*.py", "benchmarks/**/*.py", ".ci/*.py", "report/*.py")
    for path in sorted(PROJECT.glob(pattern))
]

# file -> what it uses, and why that is no danger.
ALLOWED = {
    "code/tp1/__main__.py": (
        {"importlib.import_module"},
        "the modules of COMMANDS, a table in the same file; what is typed only chooses among them",
    ),
    "code/tp1/weave/execute.py": (
        {"nbclient", "jupyter_client"},
        "the renderer executes the chapters' own chunks: that is what a literate program is",
    ),
    "code/tp1/experiments/runner.py": (
        {"multiprocessing", "concurrent.futures.ProcessPoolExecutor"},
        "stacks are pickled between this process and its own children, through pipes",
    ),
    "code/tp1/experiments/provenance.py": (
        {"torch.multiprocessing", "torch.multiprocessing.cpu_count"},
        "it counts the cores",
    ),
    "code/tp1/experiments/cluster.py": (
        {"distributed"},
        "stacks are pickled between machines that trust one another, as its docstring says",
    ),
    "benchmarks/bayes_queries.py": (
        {"pickle"},
        "a copy of a network that it has just made itself, so that nothing is remembered of it",
    ),
    "benchmarks/softmax/child.py": (
        {"importlib.import_module"},
        "a module of benchmarks, named by the benchmark that starts this process",
    ),
    "benchmarks/softmax/jax_peer.py": (
        {"multiprocessing", "concurrent.futures.ProcessPoolExecutor"},
        "numbers between this process and its own children",
    ),
    "report/preparation.py": (
        {"extractall"},
        "the notebook unpacks the package that it carries itself, as a constant",
    ),
}  # fmt: skip


def used(path: Path) -> set[str]:
    """What a file uses, named as in `ALLOWED`: packages that are forbidden whole by their own name."""
    whole = ("nbclient", "jupyter_client", "distributed", "multiprocessing", "pickle")
    names = findings(path.read_text(encoding="utf-8"))
    return {next((w for w in whole if name.split(".")[0] == w), name) for name in names}


def test_every_module_is_looked_at():
    rooms = Counter(path.relative_to(PROJECT).parts[0] for path in SOURCES)
    assert rooms["code"] > 100
    assert rooms["benchmarks"] > 10
    assert rooms[".ci"] >= 1
    assert rooms["report"] >= 2


def test_only_what_is_justified_executes_anything():
    found = {
        path.relative_to(PROJECT).as_posix(): names
        for path in SOURCES
        if (names := used(path))
    }
    assert found == {name: uses for name, (uses, _) in ALLOWED.items()}


@pytest.mark.parametrize(
    "snippet",
    [
        "eval(x)",
        "f = eval",
        "map(exec, lines)",
        "import builtins; builtins.exec(x)",
        "compile(x, 'f', 'exec')",
        "__import__(name)",
        "import os; os.system(x)",
        "from os import system as s; s(x)",
        "import os as o; o.popen(x)",
        "import os; os.execvp(x, y)",
        "from os import *\nimport pickle\npickle.load(f)",
        "from pickle import *",
        "import subprocess; subprocess.run(x, shell=True)",
        "import subprocess; subprocess.run(x, shell=y)",
        "import subprocess; subprocess.run(x, **options)",
        "from subprocess import Popen; Popen(x, shell=1)",
        "import subprocess; subprocess.getoutput(x)",
        "import pickle; pickle.loads(x)",
        "from pickle import Unpickler as U; U(f).load()",
        "import marshal; marshal.loads(x)",
        "import shelve; shelve.open(x)",
        "import joblib; joblib.load(x)",
        "import dill as d; d.load(x)",
        "import pandas as pd; pd.read_pickle(x)",
        "import torch; torch.load(x)",
        "import torch; torch.load(x, weights_only=False)",
        "import torch; torch.load(x, weights_only=w)",
        "from torch import load; load(x)",
        "import numpy as np; np.load(x, allow_pickle=True)",
        "import numpy as np; np.load(x, allow_pickle=a)",
        "import yaml; yaml.load(x)",
        "import yaml; yaml.load(x, yaml.Loader)",
        "import yaml; yaml.unsafe_load(x)",
        "import yaml; yaml.full_load(x)",
        "archive.extractall()",
        "import zipfile; zipfile.ZipFile(x).extract(y)",
        "import xml.etree.ElementTree as ET; ET.parse(x)",
        "from xml.dom import minidom; minidom.parseString(x)",
        "from lxml import etree; etree.parse(x)",
        "import tempfile; tempfile.mktemp()",
        "import importlib; importlib.import_module(x)",
        "from importlib import import_module as m; m(f'a.{x}')",
        "def f():\n    import pickle as p\n    return p.load(x)",
        "import multiprocessing; multiprocessing.Pool()",
        "from distributed import Client; Client(x)",
    ],
)
def test_what_executes_is_found(snippet):
    assert list(findings(snippet))


@pytest.mark.parametrize(
    "snippet",
    [
        "import re; re.compile(x)",
        "import torch; torch.compile(x)",
        "model.eval()",
        "import torch; torch.load(x, weights_only=True)",
        "import numpy as np; np.load(x)",
        "import numpy as np; np.load(x, allow_pickle=False)",
        "import yaml; yaml.safe_load(x)",
        "import subprocess; subprocess.run([x], shell=False)",
        "from importlib import import_module; import_module('jax')",
        "import os; os.path.join(x)",
        "import tempfile; tempfile.TemporaryDirectory()",
        "import zipfile; zipfile.ZipFile(x, 'w').write(y)",
        "import json; json.load(x)",
    ],
)
def test_what_executes_nothing_is_left_alone(snippet):
    assert not list(findings(snippet))
