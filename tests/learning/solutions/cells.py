"""Reads a file of solutions as a notebook's kernel would: its names are ``__main__``'s.

So what a solution uses travels as it does from a notebook, and not because a host can import it.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from helpers.learning.exercise import Exercise, Report, check

Function = Callable[..., Any]


@dataclass(frozen=True)
class Solution:
    """One function of a file, and the exercise that it is to solve.

    ``number`` is its place in the list; ``make test`` runs the first one of each.
    """

    function: Function
    name: str
    number: int
    exercise: Exercise
    cells: ModuleType

    def __str__(self) -> str:
        return f"{self.name}-{self.number}-{self.function.__name__}"

    def check(self, *, bench: bool) -> Report:
        """What ``check`` answers when the solution stands in the notebook."""
        with _as_main(self.cells):
            return check(self.function, self.exercise, bench=bench)


def right(room: str) -> list[Solution]:
    """The solutions of a room that must pass: ``RIGHT`` of its file."""
    return [each for each, _ in _solutions(room, "RIGHT")]


def wrong(room: str) -> list[tuple[Solution, tuple[str, ...]]]:
    """Those that must not, each with parts of what may be complained of: ``WRONG`` of its file."""
    return list(_solutions(room, "WRONG"))


def _solutions(room: str, kind: str) -> Iterator[tuple[Solution, tuple[str, ...]]]:
    module = _cells(room)
    exercises = import_module(f"helpers.concepts.{room}")
    for name, functions in getattr(module, kind).items():
        said = functions if isinstance(functions, dict) else dict.fromkeys(functions, "")
        for number, (function, words) in enumerate(said.items(), 1):
            either = (words,) if isinstance(words, str) else words
            yield Solution(function, name, number, getattr(exercises, name), module), either


@cache
def _cells(room: str) -> ModuleType:
    """The file as one cell."""
    text = Path(__file__).with_name(f"{room}.py").read_text()
    file = f"/tmp/ipykernel_1/{room}.py"  # what a cell's code is called; no such file is needed
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType("__main__")
    with _as_main(module):  # a dataclass looks for its module
        exec(compile(text, file, "exec"), module.__dict__)
    return module


@contextmanager
def _as_main(module: ModuleType) -> Iterator[None]:
    own, sys.modules["__main__"] = sys.modules["__main__"], module
    try:
        yield
    finally:
        sys.modules["__main__"] = own
