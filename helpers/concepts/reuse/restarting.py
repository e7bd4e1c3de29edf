"""The exercise of notebook 01 on restarts: ``make_listener(port)`` returns a listening socket."""

from __future__ import annotations

import errno

from helpers.inside.examiner import new_server, old_server
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, Try, Verdict, expect_return, overtime
from helpers.learning.subject import Mistake
from helpers.learning.texts import sayings

SAY = sayings("reuse", "RESTARTS")
_OPTION = "SO_REUSEADDR"


# ---- the situations ---------------------------------------------------------------------


def _killed_idle(stage: Stage) -> None:
    _old(stage, closes=False).program.kill()
    _again(stage)


def _client_first(stage: Stage) -> None:
    old = _old(stage, closes=False)
    _client(stage, old).close()
    _again(stage)


def _server_first(stage: Stage) -> None:
    _left_by_the_server(stage).close()
    _again(stage)


def _client_stays(stage: Stage) -> None:
    _left_by_the_server(stage)
    _again(stage)


def _killed(stage: Stage) -> None:
    old = _old(stage, closes=False)
    _client(stage, old)
    old.program.kill()
    _again(stage)


def _killed_then_closed(stage: Stage) -> None:
    old = _old(stage, closes=False)
    client = _client(stage, old)
    old.program.kill()
    client.close()
    _again(stage)


def _second_copy(stage: Stage) -> None:
    """Not a restart: the old server has not ended, and the new one must be told so."""
    _old(stage, closes=False)
    new = stage.start(new_server)
    if new.ready:
        shares = any("SO_REUSEPORT" in c.text for c in stage.calls(new.label))
        raise stage.mistake(SAY.shares if shares else SAY.two)
    verdict = new.verdict()
    if verdict[0] == "raised" and verdict[3] == errno.EADDRINUSE:
        return
    raise stage.mistake(SAY.must_fail, what=_mistake(stage, new, verdict))


RESTARTS = Exercise(
    SAY,
    (
        Situation(SAY.when_idle, _killed_idle),
        Situation(SAY.when_client_first, _client_first),
        Situation(SAY.when_server_first, _server_first),
        Situation(SAY.when_client_stays, _client_stays),
        Situation(SAY.when_killed, _killed),
        Situation(SAY.when_killed_then_closed, _killed_then_closed),
        Situation(SAY.when_second_copy, _second_copy),
    ),
)


# ---- their parts ------------------------------------------------------------------------


def _old(stage: Stage, closes: bool) -> Try:
    old = stage.start(old_server, closes)
    if not old.ready:
        raise _mistake(stage, old, old.verdict())
    return old


def _again(stage: Stage) -> None:
    """Start the server again on its port; it must listen, and accept a client."""
    left = stage.settle() or SAY.nothing
    new = stage.start(new_server)
    if new.ready:
        _client(stage, new)
    verdict = new.verdict()
    if verdict[0] != "done":
        raise _mistake(stage, new, verdict, left)


def _client(stage: Stage, server: Try) -> Socket:
    try:
        return stage.connect()
    except ConnectionRefusedError:
        raise stage.mistake(SAY.unreachable, address=server.address) from None


def _left_by_the_server(stage: Stage) -> Socket:
    """A client whose server has closed. It must read the end: a restart may cut nobody off."""
    old = _old(stage, closes=True)
    client = _client(stage, old)
    old.verdict()  # it has closed: else a busy machine would tell the two in another order
    try:
        client.recv(1)
    except ConnectionResetError:
        raise stage.mistake(SAY.lingers) from None
    return client


# ---- what to say ------------------------------------------------------------------------


def _mistake(stage: Stage, tried: Try, verdict: Verdict, left: str = "") -> Mistake:
    kind, left = verdict[0], left or SAY.a_listener
    if kind == "raised" and verdict[3] == errno.EADDRINUSE:
        return stage.mistake(_in_use(stage), left=left)
    if kind == "overtime":
        late = _late(stage, tried)
        return (
            stage.mistake(late, left=left) if late else Mistake(overtime(stage.subject, verdict[1]))
        )
    if kind == "no socket" and verdict[1] != "NoneType":
        return stage.mistake(SAY.wrong_type, what=_shown(verdict))
    if kind == "other port":
        return stage.mistake(_elsewhere(stage, tried))
    if kind in ("not listening", "closed"):
        return stage.mistake(SAY.closed if kind == "closed" else SAY.not_listening)
    try:
        expect_return(stage.subject, verdict)
    except Mistake as mistake:
        return mistake
    return stage.mistake(SAY.in_use, left=left)


def _shown(verdict: Verdict) -> str:
    _, kind, value = verdict
    thing = (SAY.an if kind[:1] in "aeiou" else SAY.a).format(kind=kind)
    number = isinstance(value, int) and not isinstance(value, bool)
    return thing if value is None or number else f"{value!r}, {thing}"


def _in_use(stage: Stage) -> str:
    """Why bind said EADDRINUSE, from what each server had set, and when."""
    old, new = (_setting(stage, label) for label in ("old_server", "new_server"))
    if "off" in (old, new):
        return SAY.off
    if "elsewhere" in (old, new):
        return SAY.other_socket
    if old == "late":
        return SAY.too_late
    if old == "never":
        return SAY.never if new == "never" else SAY.only_new
    return SAY.in_use


def _setting(stage: Stage, label: str) -> str:
    """When a server set the option: ``before`` its first bind, ``late``, ``never``, or ``off``.

    ``elsewhere`` is on another socket than the one that it bound.
    """
    calls = stage.calls(label)
    binds = [n for n, call in enumerate(calls) if call.name == "bind"]
    bound, found = {calls[n].inode for n in binds}, "never"
    for n, call in enumerate(calls):
        if call.name == "setsockopt" and _OPTION in call.text and not call.error:
            if call.inode not in bound:
                found = "elsewhere"
                continue
            if call.text.endswith((" 0)", " False)")):
                return "off"
            return "late" if binds[0] < n else "before"
    return found


def _late(stage: Stage, tried: Try) -> str:
    """What it did until its time was over; "" if that is nothing special."""
    calls = stage.calls(tried.label)
    if calls and calls[-1].name == "accept":
        return SAY.waits_in_accept
    busy = any(call.error == errno.errorcode[errno.EADDRINUSE] for call in calls)
    return SAY.retries if busy else ""


def _elsewhere(stage: Stage, tried: Try) -> str:
    binds = [c for c in stage.calls(tried.label) if c.name == "bind" and not c.error]
    if not binds:
        return SAY.unbound
    return SAY.port_zero if binds[-1].text.endswith(":0)") else SAY.other_port
