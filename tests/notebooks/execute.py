"""Run the notebooks from top to bottom in fresh kernels, and store what they show.

    python tests/notebooks/execute.py [NOTEBOOK ...]

Without arguments it runs all of ``notebooks/``. A notebook is written only if every
cell did what its tags promise; else it stays as it is and this program ends with 1.

=================== ==============================================================
no tag              the cell must not raise, and must not write to stderr
raises-exception    the cell must raise
with wire           the cell must not raise: the tag is for machines without a wire
with shows-error    the cell must raise, though it carries wire
nbval-ignore-output the cell may write to stderr
=================== ==============================================================
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from PIL import Image
from traitlets import default

from helpers import Lab, NotPermitted
from helpers.figures.replay import KEPT

ROOT = Path(__file__).resolve().parents[2]
CELL_TIMEOUT = 30
# The README's picture is the first notebook's run of the whole program.
WHOLE = "whole-run"
FRONT = ROOT / ".github" / "ladder.png"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_METADATA = {"tags", "jupyter", "editable", "deletable", "slideshow"}
WIDGET = "application/vnd.jupyter.widget-view+json"


class Failed(Exception):
    """A cell did not do what its tags promise."""


class OwnKernelSpecs(KernelSpecManager):
    """Whatever name a notebook asks for, it gets the kernel of this very interpreter."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return ipykernel's specification with this interpreter in it."""
        return KernelSpec(
            resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict()
        )


class OwnKernel(AsyncKernelManager):
    """Starts kernels with this interpreter."""

    @default("kernel_spec_manager")
    def _own(self) -> KernelSpecManager:
        return OwnKernelSpecs(parent=self)


def read(path: Path) -> NotebookNode:
    """Read a notebook; a cell without an id gets one that depends on its place and text only."""
    content = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(content["cells"]):
        text = "".join(cell["source"])
        digest = hashlib.sha256(f"{number} {text}".encode()).hexdigest()
        cell.setdefault("id", digest[:8])
    content["nbformat"], content["nbformat_minor"] = 4, 5
    return nbformat.reads(json.dumps(content), as_version=4)


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run every cell, whatever happens, in the folder of the notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    NotebookClient(
        notebook,
        kernel_manager_class=OwnKernel,
        kernel_name="python3",
        timeout=CELL_TIMEOUT,
        allow_errors=True,
        record_timing=False,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def check(notebook: NotebookNode) -> list[str]:
    """Compare what happened with the tags; returns a line for each cell that may and did raise."""
    expected, wrong = [], []
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        tags = set(cell.metadata.get("tags", []))
        errors = [o for o in cell.outputs if o.output_type == "error"]
        if errors:
            line = f"cell {number} raises {errors[0].ename}: {errors[0].evalue}"
            may = "shows-error" in tags if "wire" in tags else "raises-exception" in tags
            if may and errors[0].ename != "NotPermitted":
                expected.append(line)
            else:
                wrong.append("\n".join([line, *errors[0].traceback]))
        elif "shows-error" in tags or ("raises-exception" in tags and "wire" not in tags):
            wrong.append(f"cell {number} is tagged as raising, and raised nothing:\n{cell.source}")
        for output in cell.outputs:
            if output.get("name") == "stderr" and "nbval-ignore-output" not in tags:
                wrong.append(f"cell {number} wrote to stderr, which nbval rejects:\n{output.text}")
    if wrong:
        raise Failed("\n\n".join(wrong))
    return expected


def normalise(notebook: NotebookNode) -> None:
    """Keep only what the next run would give again: no times, versions, paths or random ids."""
    notebook.metadata = nbformat.from_dict({**METADATA, "recorded_on": recorded_on()})
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in KEPT_METADATA and v != []}
        cell.metadata = NotebookNode(kept)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
            if output.output_type == "error":
                output.traceback = [without_paths(line) for line in output.traceback]


def replays_of(notebook: NotebookNode) -> dict[tuple[str, str], Any]:
    """The traces that outputs have kept for a replay, by the cell's id and the output's text."""
    return {
        (cell.id, output.data["text/plain"]): output.metadata[KEPT]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if KEPT in output.get("metadata", {})
    }


def restore(notebook: NotebookNode, replays: dict[tuple[str, str], Any]) -> None:
    """Leave a replay as it was if its text is the same: only its times are others in each run."""
    for cell, text in replays_of(notebook).keys() & replays.keys():
        for output in next(c for c in notebook.cells if c.id == cell).outputs:
            if KEPT in output.get("metadata", {}) and output.data["text/plain"] == text:
                output.metadata[KEPT] = replays[cell, text]


def recorded_on() -> str:
    """``Linux 6.18``: readers without a wire are told where an output comes from."""
    system = os.uname()
    return " ".join([system.sysname, ".".join(system.release.split(".")[:2])])


def without_paths(line: str) -> str:
    """Take this machine's folders out of a traceback: they say nothing to a reader."""
    folders = [(f"{ROOT}/", "")]
    for name in ("purelib", "platlib", "stdlib", "platstdlib"):
        folders.append((sysconfig.get_path(name) + "/", "python/"))
        folders.append((os.path.realpath(sysconfig.get_path(name)) + "/", "python/"))
    home = str(Path.home())
    for folder, short in sorted(folders, key=lambda f: -len(f[0])):
        line = line.replace(folder, short)
        if folder.startswith(home + "/"):
            line = line.replace("~" + folder.removeprefix(home), short)
    return re.sub(r"/\S*/ipykernel_\d+/\d+\.py", "notebook", line)


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step, so that an interrupted run leaves the old one."""
    text = nbformat.writes(notebook, version=4) + "\n"
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(path.stat().st_mode)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def picture_of(notebook: NotebookNode, name: str) -> bytes:
    """The pictures that the cell with this id shows, one below the other, as one PNG."""
    outputs = (output for cell in notebook.cells if cell.id == name for output in cell.outputs)
    found = (o.data["image/png"] for o in outputs if "image/png" in o.get("data", {}))
    shown = [Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in found]
    size = max(each.width for each in shown), sum(each.height for each in shown)
    whole = Image.new("RGB", size, "white")
    for n, each in enumerate(shown):
        whole.paste(each, (0, sum(above.height for above in shown[:n])))
    out = io.BytesIO()
    whole.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def run(path: Path) -> bool:
    """Run one notebook and say how it went."""
    started, shown = time.monotonic(), os.path.relpath(path)
    print(f"{shown} ...", end=" ", flush=True)
    try:
        notebook = read(path)
        replays = replays_of(notebook)
        execute(notebook, path.resolve().parent)
        expected = check(notebook)
        normalise(notebook)
        restore(notebook, replays)
        nbformat.validate(notebook)
        write(notebook, path)
        if path.name.startswith("00"):
            FRONT.write_bytes(picture_of(notebook, WHOLE))
    except (Failed, DeadKernelError, TimeoutError, OSError, ValueError) as error:
        print(f"failed; the file is unchanged\n{error or type(error).__name__}", flush=True)
        return False
    cells = sum(c.cell_type == "code" for c in notebook.cells)
    print(f"{cells} cells in {time.monotonic() - started:.1f} s", flush=True)
    for line in expected:
        print(f"    {line}")
    return True


def main(arguments: list[str]) -> int:
    """Run the notebooks named in ``arguments``, or all; returns the exit status."""
    paths = [Path(a) for a in arguments] or sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    if missing := [str(p) for p in paths if not p.is_file()]:
        print(f"no such notebook: {', '.join(missing)}")
        return 1
    if not paths:
        print("there is no notebook to run")
        return 1
    try:
        Lab(bench=False).close()
    except NotPermitted as error:
        print(f"notebooks are stored only where they have a wire: {error}")
        return 1
    for setting in ("TCP_LAB_BENCH", "MPLBACKEND"):
        os.environ.pop(setting, None)
    with tempfile.TemporaryDirectory() as profile:
        os.environ["IPYTHONDIR"] = profile  # the reader's own start-up files stay out
        results: list[Any] = [run(path) for path in paths]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
