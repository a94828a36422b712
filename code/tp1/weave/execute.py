"""Run a chapter's chunks in a fresh kernel of this Python."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from traitlets import default

from tp1.weave.errors import CellFailed, WeaveError
from tp1.weave.frozen import Executed, inline_markdown
from tp1.weave.source import INLINE, Chunk, Prose, Source

# The figure settings that Quarto's own setup cell makes, from the formats of the book.
SETUP = """
import matplotlib.pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
plt.rcParams["figure.figsize"] = ({width}, {height})
plt.rcParams["figure.dpi"] = 96
plt.rcParams["savefig.dpi"] = "figure"
set_matplotlib_formats("svg")
"""

Progress = Callable[[str], None]


class _ThisPython(KernelSpecManager):
    """Offers one kernel: the interpreter that runs us, whatever kernels the machine has."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - the signature is Jupyter's
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class _Manager(AsyncKernelManager):
    # A socket file instead of ports that the whole machine can reach; Windows has ports only.
    transport = "tcp" if os.name == "nt" else "ipc"

    @default("kernel_spec_manager")
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return _ThisPython()


def execute(
    source: Source, root: Path, figure_size: tuple[float, float], progress: Progress
) -> list[Executed]:
    """Run the chunks from top to bottom, in the project's folder.

    Raises
    ------
    CellFailed
        When a chunk or an inline expression raises: with chapter, label and traceback.
    """
    client = NotebookClient(
        nbformat.v4.new_notebook(),
        kernel_manager_class=_Manager,
        timeout=None,
        resources={"metadata": {"path": str(root)}},
        store_widget_state=False,
    )
    # Frozen modules make the debugger print a warning into every kernel's start.
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    with TemporaryDirectory(prefix="tp1-") as sockets:
        manager = client.create_kernel_manager()
        if manager.transport == "ipc":
            manager.ip = f"{sockets}/kernel"
        with client.setup_kernel(env=environment):
            _run(client, SETUP.format(width=figure_size[0], height=figure_size[1]), 0)
            return [
                _execute_cell(client, cell, source, progress) for cell in source.cells
            ]


def _execute_cell(
    client: NotebookClient, cell: Prose | Chunk, source: Source, progress: Progress
) -> Executed:
    if isinstance(cell, Prose):
        return Executed(cell, inline=_inline(client, cell, source))
    if not cell.options.get("eval", True) or not cell.code:
        return Executed(cell)
    progress(f"chunk {cell.number}/{len(source.chunks)} {cell.name}")
    try:
        outputs = _run(client, cell.code, cell.number)
    except (CellExecutionError, DeadKernelError) as error:
        text = re.sub(r"\x1b\[[0-9;]*m", "", getattr(error, "traceback", str(error)))
        raise CellFailed(
            f"chunk '{cell.name}' failed\n{text}", cell.file, cell.line
        ) from None
    return Executed(cell, outputs)


def _run(client: NotebookClient, code: str, count: int) -> list[Any]:
    cell = nbformat.v4.new_code_cell(code)
    client.nb.cells.append(cell)
    client.execute_cell(
        cell, len(client.nb.cells) - 1, execution_count=count, store_history=count > 0
    )
    return _joined(cell.outputs)


def _joined(outputs: list[Any]) -> list[Any]:
    """Join pieces of one stream that follow one another: how they were cut is chance."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and output["name"] == last.get("name"):
            last["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _inline(client: NotebookClient, prose: Prose, source: Source) -> dict[str, str]:
    """Evaluate the inline expressions of a piece of prose, where it stands among the chunks."""
    expressions = [match[2].strip() for match in INLINE.finditer(prose.text)]
    if not expressions:
        return {}
    keyed = {str(i): expression for i, expression in enumerate(expressions)}
    reply = client.kc and client.wait_for_reply(
        client.kc.execute("", user_expressions=keyed)
    )
    if not reply:
        raise WeaveError(
            "the kernel gave no answer to the inline expressions", source.path
        )
    values: dict[str, str] = {}
    for key, expression in keyed.items():
        result = reply["content"]["user_expressions"][key]
        if result["status"] != "ok":
            text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(result["traceback"]))
            raise CellFailed(
                f"inline expression `{expression}` failed\n{text}",
                prose.file,
                prose.line_of(expression),
            )
        values[expression] = inline_markdown(result["data"])
    return values
