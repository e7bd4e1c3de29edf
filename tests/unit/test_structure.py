"""The shape of the house: arrows point downward, import is inert, files are small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).parents[2] / "helpers"
# From the ground up. A module may import from its own floor and from those below it.
FLOORS = [
    ["codec"],
    ["errors", "belonging", "naming", "sysctls", "ip", "openings", "packet", "capture"],
    ["rights", "rtnetlink", "inside", "stored", "sockstate", "channel", "roles", "snapshot"],
    ["calltext"],
    ["trace", "copies", "probes", "attempts", "causes", "paths", "segments", "recorded"],
    ["crew", "crowd", "unpack", "refusal", "voice"],
    ["gates"],
    ["play", "puppet", "thief", "doorman", "examiner", "parcel"],
    ["keeper", "netns", "line", "kernel", "call"],
    ["table", "doing"],
    ["threads"],
    ["process", "turns", "observer", "tap", "markers", "jobs", "mishaps", "judge", "cells"],
    ["family"],
    ["wire"],
    ["sequencer"],
    ["mirror", "program"],
    ["host"],
    ["settings", "standin"],
    ["lab", "server"],
    ["experiments"],
    ["figures", "learning"],
    ["__init__"],
]
FLOOR = {name: n for n, names in enumerate(FLOORS) for name in names}
# These run inside a host, where nothing but the standard library may be needed.
INSIDE = "channel rights codec inside unpack recorded voice gates play puppet keeper".split()
INSIDE += "thief examiner crowd crew doorman".split()
# Below this line: no sockets, no processes.
PURE = "errors packet rtnetlink table probes sockstate roles snapshot calltext trace copies".split()
PURE += "causes paths attempts".split()
MODULES = sorted(p for p in HELPERS.rglob("*.py"))
LARGE = {
    "claims": 310,
    "host": 350,
    "keeper": 360,
    "lab": 460,
    "mirror": 310,
    "netns": 310,
    "sequencer": 455,
    "trace": 375,
    "wire": 390,
}


def name_of(path: Path) -> str:
    return path.relative_to(HELPERS).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module imported at run time, wherever in the file; not those for the types only."""
    tree = ast.parse(path.read_text())
    typing_only = [n for n in ast.walk(tree) if isinstance(n, ast.If) and _is_typing(n)]
    skipped = {id(inner) for block in typing_only for inner in ast.walk(block)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "helpers":
            found |= {f"helpers.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def _is_typing(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_every_module_has_a_floor() -> None:
    assert {name_of(path) for path in MODULES} == set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(HELPERS)))
def test_imports_point_downward(path: Path) -> None:
    here = FLOOR[name_of(path)]
    for module in imports(path):
        if module.startswith("helpers."):
            assert FLOOR[module.split(".")[1]] <= here, f"{path.name} imports {module}"


@pytest.mark.parametrize("name", INSIDE)
def test_what_runs_in_a_host_needs_the_standard_library_only(name: str) -> None:
    for module in imports(HELPERS / f"{name}.py"):
        top, _, rest = module.partition(".")
        assert top in sys.stdlib_module_names or (top == "helpers" and rest in INSIDE), module


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_system(name: str) -> None:
    forbidden = {"subprocess", "threading", "select", "signal", "multiprocessing", "fcntl"}
    assert not imports(HELPERS / f"{name}.py") & forbidden


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
    for path in MODULES:
        assert path.stem not in ("utils", "util", "common", "misc", "tools")
        lines = len(path.read_text().splitlines())
        assert lines <= LARGE.get(path.stem, 300), f"{path.name} has {lines} lines"


def test_every_module_says_its_job() -> None:
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text())), path
