"""The shape of the house: arrows point downward, import is inert, files are small."""

from __future__ import annotations

import ast
import graphlib
import importlib
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import helpers

HELPERS = Path(__file__).parents[2] / "helpers"
# From the ground up. A file may import from its own floor and from those below it.
FLOORS = [
    ["bar", "errors", "waiting", "server"],
    ["record"],
    ["inside"],
    ["links"],
    ["lab"],
    ["figures"],
    ["learning"],
    ["concepts"],
    ["symptoms"],
    ["__init__"],
    ["publish", "doctor"],
]
FLOOR = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(HELPERS.rglob("*.py"))
LARGE = {"mirror": 330, "sequencer": 490, "trace": 375}


def name_of(path: Path) -> str:
    """``helpers.lab.host``; a package by its own name."""
    parts = path.relative_to(HELPERS.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


CONCEPTS = sorted(path.parent.name for path in HELPERS.glob("concepts/*/__init__.py"))
MODULES = {name_of(path): path for path in FILES}


def room_of(module: str) -> str:
    """``lab``; ``concepts.backlog`` for what is in a concept's room."""
    parts = module.split(".")[1:3]
    return ".".join(parts if parts[:1] == ["concepts"] else parts[:1]) or "__init__"


@cache
def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, also those for the types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= inner or {node.module or ""}
    return found


def our_imports(module: str) -> set[str]:
    """Those of this house; parsed only where a test asks, for every worker collects this file."""
    return imports(MODULES[module]) & set(MODULES)


@cache
def runs_in_a_host(path: Path) -> bool:
    """All of helpers/inside, and in a concept's room what says so in its first words."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return path.parent.name == "inside" or text.startswith("Runs inside a host")


def test_every_file_is_in_a_room() -> None:
    assert {room_of(name).partition(".")[0] for name in MODULES} == set(FLOOR)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    """No room of a concept is imported by another one, nor by anything below."""
    here = room_of(module)
    for other in our_imports(module):
        there = room_of(other)
        if "." in there:
            assert there == here, f"{module} imports {other}"
        assert FLOOR[there.partition(".")[0]] <= FLOOR[here.partition(".")[0]], other


def test_there_is_no_circle() -> None:
    """Not even one of types."""
    sorter = graphlib.TopologicalSorter({module: our_imports(module) for module in MODULES})
    sorter.prepare()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_runs_in_a_host_needs_the_standard_library_only(path: Path) -> None:
    if not runs_in_a_host(path):
        return
    for module in imports(path):
        own = module in MODULES and runs_in_a_host(MODULES[module])
        assert own or module.partition(".")[0] in sys.stdlib_module_names, module


def test_a_room_opens_without_its_figures() -> None:
    """A host finds there what runs inside it, and must not load matplotlib with it."""
    code = """
import sys
import helpers.concepts.backlog.crowd, helpers.concepts.backlog.crew
print(*{name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))
print(*sorted(name for name in sys.modules if name.startswith("helpers")))
"""
    bare = "import sys; sys.modules['helpers'] = type(sys)('helpers'); "
    bare += f"sys.modules['helpers'].__path__ = [{str(HELPERS)!r}]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", bare + code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    others, own = done.stdout.splitlines()
    assert set(others.split()) <= {"helpers", "__main__"}
    backlog = [f"helpers.concepts.backlog{each}" for each in ("", ".crew", ".crowd")]
    assert own.split() == ["helpers", "helpers.concepts", *backlog]


def test_no_file_of_a_room_has_the_name_of_what_the_room_gives() -> None:
    """An import of the file would put it in the place of the function."""
    for room in CONCEPTS:
        found = importlib.import_module(f"helpers.concepts.{room}")
        files = {path.stem for path in (HELPERS / "concepts" / room).iterdir()}
        assert not files & set(dir(found)), room
        assert all(getattr(found, name) for name in dir(found))


def test_the_front_door_is_small() -> None:
    assert len(helpers.__all__) <= 25


def test_pure_modules_touch_no_system() -> None:
    forbidden = {"subprocess", "threading", "select", "signal", "multiprocessing", "fcntl"}
    for path in (HELPERS / "record").glob("*.py"):
        assert not imports(path) & forbidden, path.name


_INERT = """
import os, sys, threading
import matplotlib
def state():
    # Not "backend": to look at it is to choose one, and that imports pyplot.
    looks = {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}
    return looks, threading.active_count(), len(os.listdir("/proc/self/fd"))
before = state()
import helpers
assert before == state()
heavy = {"matplotlib.pyplot", "scapy", "pyroute2", "tqdm", "ipywidgets"} & set(sys.modules)
assert not heavy, heavy
assert not open(f"/proc/self/task/{os.getpid()}/children").read()
"""


def test_import_is_inert() -> None:
    done = subprocess.run([sys.executable, "-c", _INERT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""


def test_files_are_small_and_plainly_named() -> None:
    for path in FILES:
        assert path.stem not in ("utils", "util", "common", "misc", "tools")
        lines = len(path.read_text().splitlines())
        assert lines <= LARGE.get(path.stem, 300), f"{path.name} has {lines} lines"


def test_every_module_says_its_job() -> None:
    for path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text())), path
