"""Makes a function of the notebook again, inside a host, from what the notebook sent.

The other half of ``parcel``. The function's module is ``__main__``, as in the notebook.
Standard library only.
"""

from __future__ import annotations

import os
import socket
import sys

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Parcel = tuple[str, list[tuple[str, str, int, str]], list[tuple[str, str, str, Any]]]
# An annotation is only read: without this flag what it names would have to travel too.
_ANNOTATIONS = 0x1000000  # __future__.annotations.compiler_flag


def unpack(parcel: Parcel) -> Callable[..., Any]:
    """The function of a parcel; raises what its modules and its definitions raise."""
    name, pieces, given = parcel
    home = type(sys)("__main__")
    space = home.__dict__
    space.update(socket=socket, os=os)
    sys.modules["__main__"] = home  # where pickle and multiprocessing look for what they name
    for kind, alias, module, value in given:
        if kind == "value":
            space[alias] = value
        elif kind == "made":
            space[alias] = _made(module, value)
        elif kind in ("module", "from"):
            found = __import__(module, fromlist=["*"])
            if alias:
                space[alias] = _inside(found, value) if kind == "from" else found
    for alias, file, line, source in pieces:
        code = compile("\n" * (line - 1) + source, file, "exec", _ANNOTATIONS, dont_inherit=True)
        exec(code, space)
        if alias:  # "other=serve": the notebook calls it by a second name
            other, _, own = alias.partition("=")
            space[other] = space[own]
    for kind, alias, module, value in given:
        if kind == "later":
            space[alias] = _made(module, value)
        elif kind == "attribute":
            setattr(space[alias], module, value)
    made: Callable[..., Any] = space[name]
    return made


def _made(maker: str, args: tuple[Any, ...]) -> Any:
    module, _, name = maker.partition(":")
    return getattr(__import__(module), name)(*args)


def _inside(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name)
    return module


def show_lines(parcel: Parcel) -> None:
    """Let tracebacks find the reader's own lines."""
    import linecache  # only here: a traceback needs it anyway

    for _, file, line, source in parcel[1]:
        lines = ["\n"] * (line - 1) + source.splitlines(keepends=True)
        linecache.cache[file] = (len(source), None, lines, file)
