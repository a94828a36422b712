"""Finds, in the syntax tree of a module, whatever would execute or unpickle what it is given."""

import ast
from collections.abc import Iterator

BUILTINS = {"eval", "exec", "compile", "__import__"}
# By the beginning of the full name of what is used; a dot at the end stands for all that is inside.
FORBIDDEN = (
    "builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__", "code.", "codeop.", "runpy.",
    "os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "pty.", "commands.",
    "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell",
    "pickle.", "_pickle.", "marshal.", "shelve.", "dill.", "cloudpickle.", "joblib.", "jsonpickle.",
    "pandas.read_pickle", "torch.hub.", "torch.jit.load",
    "yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.Loader", "yaml.FullLoader", "yaml.UnsafeLoader",
    "xml.", "lxml.", "tempfile.mktemp",
    # They execute or unpickle what comes from elsewhere, as is their purpose.
    "nbclient.", "jupyter_client.", "distributed.", "multiprocessing.", "torch.multiprocessing.",
    "concurrent.futures.ProcessPoolExecutor",
)  # fmt: skip


def findings(source: str) -> Iterator[str]:
    """Name every use of what is forbidden, in the order of the source."""
    tree = ast.parse(source)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names):
            if forbidden(f"{node.module}."):
                yield f"{node.module}.*"
        elif isinstance(node, ast.Name | ast.Attribute):
            name = dotted(node, names)
            if name in BUILTINS or forbidden(name):
                yield name
        if isinstance(node, ast.Call):
            yield from calls(node, names)


def imported(tree: ast.Module) -> dict[str, str]:
    """Give the full name of every name that an import binds, wherever it is."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Give the full name of what an import has bound, or of a builtin that executes; empty for all else."""
    if isinstance(node, ast.Attribute):
        inside = dotted(node.value, names)
        return f"{inside}.{node.attr}" if inside else ""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id if node.id in BUILTINS else "")
    return ""


def forbidden(name: str) -> bool:
    return f"{name}.".startswith(FORBIDDEN)


def calls(node: ast.Call, names: dict[str, str]) -> Iterator[str]:
    """Name a call whose arguments decide whether it executes something."""
    name = dotted(node.func, names)
    given = {word.arg: word.value for word in node.keywords}

    def said(word: str) -> object:
        value = given.get(word)
        return value.value if isinstance(value, ast.Constant) else value

    if name == "torch.load" and said("weights_only") is not True:
        yield "torch.load"
    if name == "numpy.load" and said("allow_pickle") not in (None, False):
        yield "numpy.load"
    if name.startswith("subprocess.") and (said("shell") or None in given):
        yield f"{name} shell"
    if name in ("importlib.import_module", "importlib.__import__") and not (
        node.args and isinstance(node.args[0], ast.Constant)
    ):
        yield name
    if isinstance(node.func, ast.Attribute) and node.func.attr in (
        "extractall",
        "extract",
    ):
        yield node.func.attr
