"""Runs inside a host: makes the reader's function do its work, and says how it ended.

Each function here is a program for ``host.run``. It returns a flat tuple, a *verdict*:
a word, and what belongs to it. Nothing here judges. Standard library only.

A function that does not come back is ended by the kernel's own timer, from inside:
first by an exception that says where it was, and, if it swallows that, by its process.
Time that a busy machine or the lab took from it is given back, up to ten seconds.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import time

# Never ``socket.socket``: what the examiner asks for itself is not recorded.
from _socket import socket as _quiet

from helpers.inside import recorded
from helpers.inside.codec import raised
from helpers.inside.descriptors import links_of
from helpers.inside.unpack import unpack

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from typing import Any

    from helpers.inside.unpack import Parcel

    Code = Parcel
    Verdict = tuple[Any, ...]

# Printed when the reader's function has done its part; no reader prints that.
READY = "\x00ready\x00"
FILE = "<reader>"
# The function of this process, made once: what it keeps from call to call is its own affair.
_made: list[Any] = []
# How often a function may swallow the exception before its process is ended.
_RINGS = 3
_rung = 0
# The exit status of a process that was ended because its function did not end.
ENDED = 86
# Seconds from ring to ring, and how many of them may be forgiven. (With sixteen busy loops on two
# processors a peer that answers at once was seen to take four seconds.)
_AGAIN, _GRACE = 0.1, 100
_forgiven = 0
# A function that has made more calls than this is not slow; it goes round.
_FEW = 12
# The processor time of this process by which its function has had its turn, in seconds.
_enough = 0.0


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


def fixture(code: Code, seconds: float, times: int) -> Verdict:
    """Call the reader's function so often and keep what it made, beside a thief.

    Its last verdict: ``("ready",)``, what was wrong, ``("taken", line)`` where a socket of its own
    has the port, or a word of the thief's: ``("lost", line, port)``, ``("written", line, port)``,
    and ``("joined", port)``.
    """
    from helpers.inside import thief

    failed, kept, ports = thief.lurk(), [], set()
    for _ in range(times):
        made, verdict = _call(code, (), seconds)
        if verdict[0] == "raised" and verdict[3] == errno.EADDRINUSE:
            word, port = failed[-1] if failed else ("taken", 0)
            return (word, verdict[4], port)
        if verdict[0] != "returned":
            return verdict
        if wrong := _pair(made):
            return (*wrong, *verdict[1:2])
        kept.append(made)
        ports.add(made[1])
        if len(ports) == len(kept) and thief.joins(made[0]):
            return ("joined", made[1])
    return ("ready",) if len(ports) == times else ("shared", made[1])


def _pair(made: Any) -> Verdict:
    """What is wrong with a listener and its port, or nothing."""
    if not (isinstance(made, (tuple, list)) and len(made) == 2):
        return ("no pair",)
    wrong = _fault(*made)
    return (wrong,) if wrong else ()


def _fault(sock: Any, port: Any) -> str:
    """What keeps this from being a socket that listens on ``port``, in a word; "" for nothing."""
    if not isinstance(sock, socket.socket):
        return "no socket"
    if sock.fileno() < 0:
        return "closed"
    if not _quiet.getsockopt(sock, socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "not listening"
    return "" if port == _quiet.getsockname(sock)[1] else "other port"


def reader(
    code: Code, port: int, seconds: float, calls: list[tuple[Any, ...]], told: int = 0
) -> Verdict:
    """Accept one client and call the reader's function with its socket, once for each of ``calls``.

    Returns the verdicts of all calls, up to the first that did not return. With ``told``, what the
    process does after so many calls is not recorded, for that takes more time than the calls.
    """
    if told:
        recorded.stop_after(told)
    with socket.create_server(("", port)) as listener:
        print(READY)
        conn, _ = listener.accept()
        verdicts: list[Verdict] = []
        for args in calls:
            verdicts.append(_call(code, (conn, *args), seconds)[1])
            if verdicts[-1][0] != "returned":
                break
        return tuple(verdicts)


def closer(code: Code, port: int, seconds: float, reply: bytes, unread: int) -> Verdict:
    """Accept one client, wait for ``unread`` bytes, and let the reader's function end it.

    Returns the verdict, and whether no descriptor of the socket was open then.
    """
    listener = socket.create_server(("", port))
    print(READY)
    conn, _ = listener.accept()
    if unread:
        _quiet.recv(conn, unread, socket.MSG_PEEK | socket.MSG_WAITALL)
    inode = os.fstat(conn.fileno()).st_ino
    verdict = _call(code, (conn, reply), seconds)[1]
    return verdict, f"socket:[{inode}]" not in links_of("self")


def _listener(code: Code, port: int, seconds: float) -> tuple[Any, Verdict]:
    """The reader's listening socket, or None with the verdict."""
    made, verdict = _call(code, (port,), seconds)
    if verdict[0] != "returned":
        return None, verdict
    if wrong := _fault(made, port):
        return None, (wrong, *verdict[1:])
    made.settimeout(None)
    print(READY, _quiet.getsockname(made)[0])
    return made, ()


def _call(code: Code, args: tuple[Any, ...], seconds: float) -> tuple[Any, Verdict]:
    """What the function returned, and the verdict.

    Of an exception: ``("raised", type, text, errno, line, types)``, with all its base classes.
    """
    global _enough, _forgiven
    _enough, _forgiven = time.process_time() + seconds / 4, 0
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        if not _made:
            _made.append(unpack(code))
        value = _made[0](*args)
        signal.setitimer(signal.ITIMER_REAL, 0)
        return value, ("returned", _kind(value), _plain(value))
    except Overtime as error:
        return None, ("overtime", _lines(error)[0])
    except BaseException as error:
        types = tuple(kind.__name__ for kind in type(error).__mro__)
        return None, ("raised", *_describe(error), _lines(error)[-1], types)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(number: int, frame: Any) -> None:
    global _rung, _forgiven
    if _forgiven < _GRACE and _kept_waiting(frame):
        _forgiven += 1
        return
    _rung += 1
    if _rung >= _RINGS:
        os._exit(ENDED)
    raise Overtime


def _kept_waiting(frame: Any) -> bool:
    """Whether the time went by without the function: it waits until the lab has looked at its
    last call, one of its first; or it has had little of the processor, or sleeps in a call, and
    the machine is so busy that the lab, or whoever is to wake it, may not have had a turn."""
    inside = {}
    while frame is not None:
        inside[frame.f_code.co_name] = frame
        frame = frame.f_back
    if "_recorded" not in inside:
        return time.process_time() < _enough and _crowded()
    first = bool(inside["_recorded"].f_locals.get("number", 0) <= _FEW)
    return ("report_in_step" in inside and first) or _crowded()


def _crowded() -> bool:
    """Whether twice as many threads want a processor now as this machine has: proc(5)."""
    with open("/proc/loadavg") as file:
        running = file.read().split()[3].partition("/")[0]
    return int(running) > 2 * len(os.sched_getaffinity(0))


def _kind(value: Any) -> str:
    """The name of the value's type; of a subclass of a plain one, of that: an enum may be a str."""
    kinds = (bool, int, float, str, bytes, bytearray, dict, list, tuple)
    return next((k.__name__ for k in kinds if isinstance(value, k)), type(value).__name__)


def _plain(value: Any) -> Any:
    """The value itself where it can travel; otherwise nothing, for a repr holds addresses."""
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(map(_plain, value), key=str))
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, dict):
        return tuple((_plain(key), _plain(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(_plain(each) for each in value)
    return value if isinstance(value, (bool, int, float, str, bytes)) else None


def _describe(error: BaseException) -> tuple[str, str, int]:
    told = raised(error)
    return told.kind, str(error), told.code


def _lines(error: BaseException) -> list[int]:
    """Which lines of the reader's own were running, the outermost call first."""
    found, step = [], error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == FILE:
            found.append(step.tb_lineno)
        step = step.tb_next
    return found or [0]
