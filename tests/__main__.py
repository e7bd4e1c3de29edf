"""Checks everything, or one concept's room: ``make test``, ``make test ONLY=04``.

python -m tests [ONLY]
python -m tests paced [OPTIONS OF tests/notebooks/pace.py]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = (sys.executable, "-m")
# Tests mostly wait for kernels, browsers and TCP's timers. On two cores four workers keep both busy
# (130 s; three 136 s, and six no less); with eight the longest notebook is what all wait for.
WORKERS = min(8, max(4, len(os.sched_getaffinity(0))))
# One session for tests and notebooks: a second one would import and collect everything again.
PYTEST = (
    *PYTHON, "pytest", "-q", "-n", str(WORKERS), "--durations=10",
    "-m", "not bench", "-p", "tests.limits", "-p", "tests.sharing", "-p", "tests.notebooks.plugin",
    "--nbval", "--nbval-current-env", "--nbval-sanitize-with=tests/notebooks/sanitize.cfg",
)  # fmt: skip
STYLE = {
    "ruff format": (*PYTHON, "ruff", "format", "--check", "."),
    "ruff check": (*PYTHON, "ruff", "check", "--output-format=concise", "."),
    "mypy": (*PYTHON, "mypy", "--strict", "helpers"),
}


def notebooks() -> dict[str, Path]:
    """The lessons by their number."""
    return {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}


def room(notebook: Path) -> str:
    """Which room of helpers/concepts the notebook imports; empty if it imports none."""
    found = re.search(r"from helpers\.concepts import (\w+)", notebook.read_text(encoding="utf-8"))
    return found[1] if found else ""


# What holds all notebooks and their texts together.
ALWAYS = ("format", "ledger", "stages", "predictions", "questions", "texts",
          "guide", "gift", "glossary", "slides")  # fmt: skip


def of_one(number: str) -> tuple[dict[str, tuple[str, ...]], str]:
    """The parts for one notebook, and what that leaves out."""
    notebook = notebooks()[number]
    every = sorted((ROOT / "tests").rglob("test_*.py"))
    name = room(notebook)
    uses = re.compile(rf"helpers\.concepts(\.{name}\b| import .*\b{name}\b)")
    always = (*(f"test_{each}" for each in ALWAYS), f"_{number}")

    def concerns(path: Path) -> bool:
        if path.parent.name == "browser":
            return False
        text = path.read_text(encoding="utf-8")
        return path.parent.name == name or bool(uses.search(text)) or path.stem.endswith(always)

    files = [path for path in every if concerns(path)]
    chosen = [str(path.relative_to(ROOT)) for path in (notebook, *files)]
    looked_at = (chosen[0], f"helpers/concepts/{name}", f"tests/concepts/{name}")
    parts = {
        **{part: (*STYLE[part][:-1], *looked_at) for part in ("ruff format", "ruff check")},
        f"notebook {number} and its tests": (*PYTEST, *chosen),
    }
    return parts, f"types, and {len(every) - len(files)} of {len(every)} files of tests"


def main(arguments: list[str]) -> int:
    """Run the parts, and say which failed; returns the exit status."""
    if arguments[:1] == ["paced"]:
        pace = ("-n", "8", "-p", "tests.notebooks.pace", *arguments[1:], "notebooks")
        return subprocess.run((*PYTEST, *pace), cwd=ROOT).returncode
    only = "".join(arguments)
    if only and only not in notebooks():
        print(f"ONLY={only}: there is no such notebook; it is one of {', '.join(notebooks())}")
        return 2
    if only:
        parts, without = of_one(only)
    else:
        parts = {**STYLE, "tests and notebooks": (*PYTEST, "notebooks", "tests")}
    failed = []
    for name, command in parts.items():
        print(f"\n== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT).returncode:
            failed.append(name)
    print(f"\nleft out: {without}" if only else "")
    print(f"make test: {'failed: ' + ', '.join(failed) if failed else 'all parts passed'}")
    return bool(failed)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
