"""Takes the reader's function out of the notebook, and finds its lines again for a sentence."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING

from helpers.inside.examiner import FILE
from helpers.lab.parcel import NoSource, Packed, pack
from helpers.learning.texts import Complaint, sayings

if TYPE_CHECKING:
    from helpers.inside.unpack import Parcel

SAY = sayings("learning", "CHECK")


class Mistake(Exception):
    """What was wrong with the outcome, in a sentence for the reader; with a pointer and a cure."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.complaint = Complaint.of(words)


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
        return self._where(SAY.in_line, number)

    def loop(self, number: int) -> str:
        """The outermost loop that this line is in, or the line: where in a loop is chance."""
        loops = (n for n in ast.walk(ast.parse(self.source)) if isinstance(n, (ast.For, ast.While)))
        around = [n.lineno for n in loops if n.lineno <= number <= (n.end_lineno or 0)]
        return self._where(SAY.in_loop, min(around)) if around else self.line(number)

    def _where(self, words: str, number: int) -> str:
        text = self.source.splitlines()[number - 1].strip() if number else ""
        return words.format(text=text) if text else ""


def take(function: object) -> Subject:
    """The subject made of a plain function, or a decorated one; ``Mistake`` for anything else."""
    plain = inspect.unwrap(function) if callable(function) else function
    if not isinstance(plain, FunctionType) or plain.__name__ == "<lambda>":
        raise Mistake(SAY.not_a_function.format(name=_name(function), what=_what(function)))
    wrongs = (
        (inspect.isgeneratorfunction(plain), SAY.a_generator),
        (inspect.iscoroutinefunction(plain), SAY.a_coroutine),
        (bool(plain.__closure__), SAY.a_closure),
    )
    for wrong, words in wrongs:
        if wrong:
            raise Mistake(words.format(name=plain.__name__))
    try:
        return Subject(pack(function))
    except NoSource as missing:
        raise Mistake(str(missing)) from None


def _name(function: object) -> str:
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else "my_function"


def _what(value: object) -> str:
    if isinstance(value, FunctionType):
        return SAY.a_lambda
    return SAY.a_none if value is None else SAY.a_thing.format(kind=type(value).__name__)
