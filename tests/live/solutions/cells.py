"""Reads a file of solutions as a notebook's kernel would: its names are ``__main__``'s.

So what a solution uses travels as it does from a notebook, and not because a host can import it.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from helpers import concepts
from helpers.learning.exercise import Exercise, Report, check

Function = Callable[..., Any]


@dataclass(frozen=True)
class Cells:
    """The solutions of one room: ``RIGHT`` and ``WRONG`` of its file, by the exercise's name."""

    module: ModuleType
    room: ModuleType

    def right(self) -> list[Any]:
        """(exercise, function) of those that must pass."""
        return [
            pytest.param(exercise, function, id=f"{exercise}-{function.__name__}")
            for exercise, functions in self.module.RIGHT.items()
            for function in functions
        ]

    def wrong(self) -> list[Any]:
        """(exercise, function, part of the complaint) of those that must not."""
        return [
            pytest.param(exercise, function, said, id=f"{exercise}-{function.__name__}")
            for exercise, functions in self.module.WRONG.items()
            for function, said in functions.items()
        ]

    def check(self, exercise: str, function: Function, *, bench: bool) -> Report:
        """What ``check`` answers when the solution stands in the notebook."""
        asked: Exercise = getattr(self.room, exercise)
        own, sys.modules["__main__"] = sys.modules["__main__"], self.module
        try:
            return check(function, asked, bench=bench)
        finally:
            sys.modules["__main__"] = own


def cells(room: str) -> Cells:
    """The solutions for ``helpers.concepts.<room>``."""
    text = Path(__file__).with_name(f"{room}.py").read_text()
    file = f"/tmp/ipykernel_1/{room}.py"  # what a cell's code is called; no such file is needed
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = ModuleType("__main__")
    own, sys.modules["__main__"] = sys.modules["__main__"], module  # a dataclass looks there
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    finally:
        sys.modules["__main__"] = own
    __import__(f"{concepts.__name__}.{room}")
    return Cells(module, sys.modules[f"{concepts.__name__}.{room}"])
