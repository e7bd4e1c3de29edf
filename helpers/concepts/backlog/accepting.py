"""The exercise on accept loops: ``serve(listener)`` greets every client, whatever happens."""

from __future__ import annotations

import contextlib
import errno
import os
import re

from helpers.concepts.backlog.doorman import GO, WITHOUT, doorman
from helpers.errors import LabError, StillBlocked
from helpers.lab.mirror import Socket
from helpers.lab.staging import reset
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, Try, Verdict, overtime, raised
from helpers.learning.subject import Mistake
from helpers.learning.texts import sayings
from helpers.waiting import patience, wait_until

SAY = sayings("backlog", "ACCEPTS")
_GREETED = (b"hello\n", True)
# How long a client waits for its greeting, and after a shortage, and a loop at least after a
# refusal, in seconds: a loop that tries again after a second is a patient one.
_WAIT, _LONGER, _REST = 0.8, 2.0, 0.0005
# A loop may keep a descriptor in reserve and turn clients away with it, this many at most.
_TURNED_AWAY = 3


# ---- the situations ---------------------------------------------------------------------


def _ordinary(stage: Stage) -> None:
    tried = _begin(stage, "")
    for count in (SAY.after_none, SAY.after_one):
        _greeted(stage, tried, count)
    with contextlib.suppress(LabError):  # after a shutdown its close may still be to come
        stage.lab.server.quiet()
        wait_until("closed descriptors", lambda: not _held(stage), 1)
    if held := _held(stage):
        raise stage.mistake(SAY.keeps, held=held)


def _reset(stage: Stage) -> None:
    tried = stage.start(doorman, "")
    reset(stage.connect())
    _signal(tried)
    _greeted(stage, tried, SAY.after_reset)


def _files(stage: Stage) -> None:
    tried = _begin(stage, "files")
    _greeted(stage, tried, SAY.after_none)
    _signal(tried)
    _said(tried, "(low)")
    stage.note("server", SAY.note_files)
    first = None
    with contextlib.suppress(ConnectionError):  # the loop may have died of it already
        # An accept that sleeps has its descriptor by now, a select has none.
        first = stage.connect()
        stage.connect()
    _signal(tried)
    rested = float(_said(tried, "rested (.+)") or 1)
    stage.note("server", SAY.note_files_again)
    tried.late = True  # how often it asked is an accident, and told once
    if rested < _REST:
        raise stage.mistake(SAY.spins)
    _judge_end(stage, tried, SAY.after_files)
    if (got := _greeting(stage, _LONGER, first)) not in (_GREETED, (b"", True)):
        raise stage.mistake(SAY.ungreeted, got=_shown(*got))
    for _ in range(_TURNED_AWAY):
        got = _greeting(stage, _LONGER)
        if got != (b"", True):
            break
    if got != _GREETED:
        _judge_end(stage, tried, SAY.after_files)
        raise stage.mistake(SAY.lost)


def _shutdown(stage: Stage) -> None:
    tried = _begin(stage, "shutdown")
    _greeted(stage, tried, SAY.after_none)
    stage.note("server", SAY.note_shutdown)
    _signal(tried)
    try:
        tried.program.exception(_WAIT * patience())
    except StillBlocked:
        tried.late = True
        raise stage.mistake(SAY.deaf) from None


ACCEPTS = Exercise(
    SAY,
    (
        Situation(SAY.when_ordinary, _ordinary),
        Situation(SAY.when_reset, _reset),
        Situation(SAY.when_files, _files),
        Situation(SAY.when_shutdown, _shutdown),
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
    if got != _GREETED:
        _judge_end(stage, tried, after)
        raise stage.mistake(SAY.ungreeted, got=_shown(*got))


def _greeting(
    stage: Stage, seconds: float = _WAIT, client: Socket | None = None
) -> tuple[bytes, bool]:
    """What a client reads, a new one or this, and whether the stream came to its end."""
    try:
        return _read(client or stage.connect(), seconds)
    except ConnectionError:
        return b"", True


def _held(stage: Stage) -> int:
    """Of how many connections the server's processes still have a descriptor."""
    rows = (r for r in stage.lab.server.sockets() if r.row.local[1] == stage.port)
    return sum(bool(r.processes) and r.state != "LISTEN" for r in rows)


def _read(client: Socket, seconds: float) -> tuple[bytes, bool]:
    data = b""
    try:
        while more := client.start("recv", 64).result(seconds * patience()):
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
    raise _why(stage, tried.verdict(), after)


def _why(stage: Stage, verdict: Verdict, after: str) -> Mistake:
    kind = verdict[0]
    code = verdict[3] if kind == "raised" else 0
    if code in (errno.EMFILE, errno.ENFILE):
        return stage.mistake(SAY.files, seconds=WITHOUT)
    if code in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN):
        return stage.mistake(SAY.reset, kind=errno.errorcode[code])
    if kind == "raised":
        return Mistake(raised(stage.subject, *verdict[1:]))
    if kind == "overtime":
        return Mistake(overtime(stage.subject, verdict[1]))
    return stage.mistake(SAY.died if kind == "died" else SAY.ended, what=after)


def _shown(data: bytes, ended: bool) -> str:
    if ended:
        return repr(data)
    return SAY.got_no_end.format(data=data) if data else SAY.got_nothing
