"""Takes the reader's function out of the notebook, and finds its lines again for a sentence."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING

from helpers.inside.examiner import FILE
from helpers.lab.parcel import NoSource, Packed, pack

if TYPE_CHECKING:
    from helpers.inside.unpack import Parcel

_NOT_A_FUNCTION = (
    "check() takes the function itself, as in check({name}, …): its name without brackets. "
    "It was given {what}."
)


class Mistake(Exception):
    """What should have been different, in a sentence for the reader."""


@dataclass(frozen=True)
class Subject:
    """The reader's function as text; ``source`` is all of it, its helpers first."""

    packed: Packed

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.packed.name

    @property
    def source(self) -> str:
        """The text whose lines are numbered in a verdict."""
        return "\n".join(source for _, _, source in self.packed.pieces)

    @property
    def code(self) -> Parcel:
        """What a host needs to make it again, as one file."""
        pieces, line = [], 1
        for alias, _, source in self.packed.pieces:
            pieces.append((alias, FILE, line, source))
            line += source.count("\n") + 1
        return self.name, pieces, self.packed.given

    def line(self, number: int) -> str:
        """A line of the source, ready for a sentence; "" for 0, which is none."""
        text = self.source.splitlines()[number - 1].strip() if number else ""
        return f" in the line `{text}`" if text else ""

    def loop(self, number: int) -> str:
        """The outermost loop that this line is in, or the line: where in a loop is chance."""
        loops = (n for n in ast.walk(ast.parse(self.source)) if isinstance(n, (ast.For, ast.While)))
        around = [n.lineno for n in loops if n.lineno <= number <= (n.end_lineno or 0)]
        found = self.line(min(around, default=number))
        return found.replace("line", "loop", 1) if around else found


def take(function: object) -> Subject:
    """The subject made of a plain function; ``Mistake`` for anything else."""
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise Mistake(_NOT_A_FUNCTION.format(name=_name(function), what=_what(function)))
    if inspect.isgeneratorfunction(function):
        raise Mistake(f"{function.__name__} has a yield in it, so calling it runs nothing of it.")
    if inspect.iscoroutinefunction(function):
        raise Mistake(f"{function.__name__} is async, so calling it runs nothing of it.")
    if function.__closure__:
        raise Mistake(f"{function.__name__} uses variables of a function around it.")
    try:
        return Subject(pack(function))
    except NoSource as missing:
        raise Mistake(str(missing)) from None


def _name(function: object) -> str:
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else "my_function"


def _what(value: object) -> str:
    if isinstance(value, FunctionType):
        return "a lambda; write it as a def, so that it has lines to speak of"
    if value is None:
        return "None, which is what a function without return hands over"
    return f"something of type {type(value).__name__}"
