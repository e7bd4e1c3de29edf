"""Runs inside a host: makes the reader's function do its work, and says how it ended.

Each function here is a program for ``host.run``. It returns a flat tuple, a *verdict*:
a word, and what belongs to it. Nothing here judges. Standard library only.

A function that does not come back is ended by the kernel's own timer, from inside:
first by an exception that says where it was, and, if it swallows that, by its process.
"""

from __future__ import annotations

import os
import signal
import socket

# Never ``socket.socket``: what the examiner asks for itself is not recorded.
from _socket import socket as _quiet

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Code = tuple[str, str, list[tuple[str, ...]]]
    Verdict = tuple[Any, ...]

# Printed when the reader's function has done its part; no reader prints that.
READY = "\x00ready\x00"
FILE = "<reader>"
# How often a function may swallow the exception before its process is ended.
_RINGS = 3
_rung = 0


class Overtime(BaseException):
    """The time is over. No ``except Exception`` catches it."""


def old_server(code: Code, port: int, seconds: float, closes: bool) -> Verdict:
    """Serve one client with the reader's listener.

    With ``closes`` the server closes first; without it, it waits for the client's end.
    """
    listener, wrong = _listener(code, port, seconds)
    if listener is None:
        return wrong
    conn, _ = listener.accept()
    if not closes:
        conn.recv(1)
    conn.close()
    listener.close()
    return ("done",)


def new_server(code: Code, port: int, seconds: float) -> Verdict:
    """Accept one client with the reader's listener."""
    listener, wrong = _listener(code, port, seconds)
    if listener is None:
        return wrong
    listener.accept()
    return ("done",)


def answer(code: Code, seconds: float, *args: Any) -> Verdict:
    """Call the reader's function with plain values; ``("returned", type, value)``."""
    return _call(code, args, seconds)[1]


def reader(code: Code, port: int, seconds: float, calls: list[tuple[Any, ...]]) -> Verdict:
    """Accept one client and call the reader's function with its socket, once for each of ``calls``.

    Returns the verdicts of all calls, up to the first that did not return.
    """
    with socket.create_server(("", port)) as listener:
        print(READY)
        conn, _ = listener.accept()
        verdicts: list[Verdict] = []
        for args in calls:
            verdicts.append(_call(code, (conn, *args), seconds)[1])
            if verdicts[-1][0] != "returned":
                break
        return tuple(verdicts)


def _listener(code: Code, port: int, seconds: float) -> tuple[Any, Verdict]:
    """The reader's listening socket, or None with the verdict."""
    made, verdict = _call(code, (port,), seconds)
    if verdict[0] != "returned":
        return None, verdict
    if not isinstance(made, socket.socket):
        return None, ("wrong type", *verdict[1:])
    if made.fileno() < 0:
        return None, ("closed",)
    if not _quiet.getsockopt(made, socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return None, ("not listening",)
    address = _quiet.getsockname(made)
    if address[1] != port:
        return None, ("other port",)
    made.settimeout(None)
    print(READY, address[0])
    return made, ()


def _call(code: Code, args: tuple[Any, ...], seconds: float) -> tuple[Any, Verdict]:
    """What the function returned, and the verdict: ``("raised", type, text, errno, line)``."""
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        value = _load(code)(*args)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return value, ("returned", type(value).__name__, _plain(value))
    except Overtime as error:
        return None, ("overtime", _lines(error)[0])
    except BaseException as error:
        return None, ("raised", *_describe(error), _lines(error)[-1])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(number: int, frame: object) -> None:
    global _rung
    _rung += 1
    if _rung >= _RINGS:
        os._exit(1)
    raise Overtime


def _load(code: Code) -> Callable[..., Any]:
    """The function, with the modules and values that it had in the notebook."""
    name, source, given = code
    space: dict[str, Any] = {"__name__": "__main__", "socket": socket, "os": os}
    for kind, alias, module, value in given:
        if kind == "value":
            space[alias] = value
        else:
            found = __import__(module, fromlist=["*"])
            space[alias] = getattr(found, value) if kind == "from" else found
    exec(compile(source, FILE, "exec"), space)
    loaded: Callable[..., Any] = space[name]
    return loaded


def _plain(value: Any) -> Any:
    """The value itself where it can travel; otherwise nothing, for a repr holds addresses."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, tuple) and all(type(part) is int for part in value):
        return value
    return value if isinstance(value, (bool, int, float, str, bytes)) else None


def _describe(error: BaseException) -> tuple[str, str, int]:
    code = error.errno if isinstance(error, OSError) and error.errno else 0
    return type(error).__name__, str(error), code


def _lines(error: BaseException) -> list[int]:
    """Which lines of the reader's own were running, the outermost call first."""
    found, step = [], error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == FILE:
            found.append(step.tb_lineno)
        step = step.tb_next
    return found or [0]
