"""The exercise on accept loops: ``serve(listener)`` greets every client, whatever happens."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import struct

from helpers.concepts.backlog.doorman import GO, doorman
from helpers.errors import LabError, StillBlocked
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, Try, Verdict, overtime, raised
from helpers.learning.subject import Mistake
from helpers.waiting import patience, wait_until

_GREETING = b"hello\n"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST. socket(7)
# How long a client waits for its greeting, and a loop at least after a refusal, in seconds.
_WAIT, _REST = 0.8, 0.0005
# A loop may keep a descriptor in reserve and turn clients away with it, this many at most.
_TURNED_AWAY = 3

ENDED = (
    "{name} came to its end after {what}. A server goes on: put accept into a loop that does not "
    "end with its first client."
)
UNGREETED = (
    "A client connected and was not greeted. It should have read b'hello\\n' and then the end of "
    "the stream; it read {got}."
)
RESET = (
    "A client reset its connection while it waited in the queue. On Linux accept returns it all "
    "the same, and the first use of it raises {kind}. {name} let that out, so one bad client "
    "ended the server for all others. Catch the error where the one connection is served."
)
FILES = (
    "accept raised EMFILE: the process had no descriptor left. {name} let it out and died, though "
    "the shortage lasted {seconds} s. The client was safe in the queue meanwhile. Catch "
    "this error, wait a little, and call accept again."
)
SPINS = (
    "While no descriptor was free, {name} called accept again and again, without a pause. It fails "
    "at once, each time, and nothing changes meanwhile: the loop burns a processor. "
    "Wait a little before the next try."
)
LOST = (
    "When descriptors were free again, the next client was not greeted. {name} gave up, or waits "
    "for too long. Try again after some hundredths of a second."
)
DEAF = (
    "The listener was shut down, as another thread does to stop a server. From then on accept "
    "fails with EINVAL, each time and at once, and {name} never ends. Catch only the errors that "
    "pass by themselves, and let all others out."
)


# ---- the situations ---------------------------------------------------------------------


def _ordinary(stage: Stage) -> None:
    tried = _begin(stage, "")
    for count in ("no client", "one client"):
        _greeted(stage, tried, count)


def _reset(stage: Stage) -> None:
    tried = stage.start(doorman, "")
    client = stage.connect()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    client.close()
    _signal(tried)
    _greeted(stage, tried, "a client that had reset")


def _files(stage: Stage) -> None:
    tried = _begin(stage, "files")
    _greeted(stage, tried, "no client")
    _signal(tried)
    _said(tried, "(low)")
    stage.note("server", "has no descriptor left")
    _greeted(stage, tried, "one client")  # accept had its descriptor before it went to sleep
    with contextlib.suppress(ConnectionError):  # the loop may have died of it already
        stage.connect()
    rested = float(_said(tried, "rested (.+)") or 1)
    stage.note("server", "has descriptors again")
    tried.late = True  # how often it asked is an accident, and told once
    if rested < _REST:
        raise Mistake(_text(SPINS, stage))
    _judge_end(stage, tried, "the shortage")
    for _ in range(_TURNED_AWAY):
        got = _greeting(stage)
        if got != (b"", True):
            break
    if got != (_GREETING, True):
        _judge_end(stage, tried, "the shortage")
        raise Mistake(_text(LOST, stage))


def _shutdown(stage: Stage) -> None:
    tried = _begin(stage, "shutdown")
    _greeted(stage, tried, "no client")
    stage.note("server", "shuts the listener down")
    _signal(tried)
    try:
        tried.program.exception(_WAIT * patience())
    except StillBlocked:
        tried.late = True
        raise Mistake(_text(DEAF, stage)) from None


ACCEPTS = Exercise(
    "serve(listener) greets every client with b'hello\\n' and closes it, until the listener ends",
    (
        Situation("two clients come, one after the other", _ordinary),
        Situation("a client resets before it is accepted", _reset),
        Situation("no descriptor is free for a while", _files),
        Situation("the listener is shut down", _shutdown),
    ),
)


# ---- their parts ------------------------------------------------------------------------


def _begin(stage: Stage, trouble: str) -> Try:
    tried = stage.start(doorman, trouble)
    _signal(tried)
    return tried


def _signal(tried: Try) -> None:
    try:
        os.kill(tried.program.pid, GO)
    except ProcessLookupError:
        pass  # it has ended already, and will be asked why


def _greeted(stage: Stage, tried: Try, after: str) -> None:
    """One client that must be greeted; ``after`` is what came before it."""
    got = _greeting(stage)
    if got != (_GREETING, True):
        _judge_end(stage, tried, after)
        raise Mistake(_text(UNGREETED, stage, got=_shown(*got)))


def _greeting(stage: Stage) -> tuple[bytes, bool]:
    """What a client reads, and whether the stream came to its end."""
    try:
        return _read(stage.connect())
    except ConnectionError:
        return b"", True


def _read(client: Socket) -> tuple[bytes, bool]:
    data = b""
    try:
        while more := client.start("recv", 64).result(_WAIT * patience()):
            data += more
    except StillBlocked:
        return data, False
    return data, True


def _said(tried: Try, pattern: str) -> str:
    """Wait for a line of the examiner's, and return what it ends with; "" if the loop died."""

    def found() -> object:
        return re.search(pattern + "\n", tried.program.output) or tried.program.done()

    match = wait_until("the examiner", found)
    return match[1] if isinstance(match, re.Match) else ""


def _judge_end(stage: Stage, tried: Try, after: str) -> None:
    """Raise ``Mistake`` if the loop has ended; why is in its verdict."""
    try:
        wait_until("the end of the loop", tried.program.done, 0.2)
    except LabError:
        return
    raise Mistake(_why(stage, tried.verdict(), after))


def _why(stage: Stage, verdict: Verdict, after: str) -> str:
    kind = verdict[0]
    if kind == "raised" and verdict[3] in (errno.EMFILE, errno.ENFILE):
        return _text(FILES, stage, seconds="0.3")
    if kind == "raised" and verdict[3] in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
        return _text(RESET, stage, kind=errno.errorcode[verdict[3]])
    if kind == "raised":
        return raised(stage.subject, *verdict[1:])
    if kind == "overtime":
        return overtime(stage.subject, verdict[1])
    if kind == "died":
        return f"{stage.subject.name} ended its whole process."
    return _text(ENDED, stage, what=after)


def _text(sentence: str, stage: Stage, **facts: object) -> str:
    return sentence.format(name=stage.subject.name, **facts)


def _shown(data: bytes, ended: bool) -> str:
    if not data and not ended:
        return "nothing, and it still waits"
    return repr(data) + ("" if ended else ", and then no end of the stream")
