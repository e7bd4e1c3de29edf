"""Takes a function out of the notebook, so that it can run in a host.

A host's process knows nothing of the notebook. So a function travels as text, with what
it uses: modules and what was imported from them, other functions of the notebook, and
plain values. Sockets, hosts and labs stay behind.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

_PLAIN = (bool, int, float, str, bytes, type(None))
_NOT_A_FUNCTION = (
    "check() takes the function itself, as in check({name}, …): its name without brackets. "
    "It was given {what}."
)


class Mistake(Exception):
    """What should have been different, in a sentence for the reader."""


@dataclass(frozen=True)
class Subject:
    """The reader's function as text: ``code`` is its name, its source, and what it was given."""

    name: str
    source: str
    given: list[tuple[Any, ...]]

    @property
    def code(self) -> tuple[str, str, list[tuple[Any, ...]]]:
        """What a host needs to make it again."""
        return self.name, self.source, self.given

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
    used = _used(function, {})
    sources = [_source(f) for f in used.values() if isinstance(f, FunctionType)]
    given = [_given(alias, value) for alias, value in used.items() if _travels(value)]
    return Subject(function.__name__, "\n".join([*sources, _source(function)]), given)


def _name(function: object) -> str:
    name = getattr(function, "__name__", "")
    return name if name.isidentifier() else "my_function"


def _what(value: object) -> str:
    if isinstance(value, FunctionType):
        return "a lambda; write it as a def, so that it has lines to speak of"
    if value is None:
        return "None, which is what a function without return hands over"
    return f"something of type {type(value).__name__}"


def _used(function: FunctionType, found: dict[str, Any]) -> dict[str, Any]:
    """The global names of a function that have a value here, those of its own helpers included."""
    for name in _names(function.__code__):
        if name in function.__globals__ and name not in found:
            value = function.__globals__[name]
            if value is function:
                continue
            if isinstance(value, FunctionType) and value.__module__ != "__main__":
                found[name] = _From(value.__module__, value.__name__)
            elif isinstance(value, FunctionType):
                found[name] = value
                _used(value, found)
            elif isinstance(value, type) and value.__module__ != "__main__":
                found[name] = _From(value.__module__, value.__name__)
            else:
                found[name] = value
    return found


@dataclass(frozen=True)
class _From:
    module: str
    name: str


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _travels(value: object) -> bool:
    return isinstance(value, (*_PLAIN, _From, ModuleType))


def _given(alias: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, ModuleType):
        return ("module", alias, value.__name__, "")
    if isinstance(value, _From):
        return ("from", alias, value.module, value.name)
    return ("value", alias, "", value)


def _source(function: FunctionType) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise Mistake(f"The source of {function.__name__} is not to be found here.") from None
