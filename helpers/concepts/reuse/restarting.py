"""The exercise of notebook 01 on restarts: ``make_listener(port)`` returns a listening socket."""

from __future__ import annotations

import errno

from helpers.inside.examiner import new_server, old_server
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, Try, Verdict, expect_return, overtime
from helpers.learning.subject import Mistake

_OPTION = "SO_REUSEADDR"
NEVER = (
    "The new server's bind fails with EADDRINUSE: the kernel still keeps {left}. It lets "
    "a port be used again only if both servers set SO_REUSEADDR, and neither did. Set it to 1 "
    "in this function, which makes the old one and the new one."
)
TOO_LATE = (
    "SO_REUSEADDR is set after bind. bind is the call that asks whether the port is free, so the "
    "new server fails there and never gets as far as the option. Move setsockopt in front of bind."
)
OFF = (
    "SO_REUSEADDR is set to 0, and that switches it off: the new server's bind fails with "
    "EADDRINUSE. The last argument must be 1."
)
ONLY_NEW = (
    "Only the new server asked for SO_REUSEADDR. The old one had not set it, and Linux wants both: "
    "the connection that is left ({left}) took the old listener's flag with it. Set the option "
    "always, from the first start, and not only when bind has failed."
)
IN_USE = "The new server's bind or listen fails with EADDRINUSE while the kernel keeps {left}."
RETRIES = (
    "{name} met EADDRINUSE and went on trying until its time was over. What is in its way, "
    "{left}, may stay for a minute, or for as long as a client likes. A server that restarts at "
    "once needs an option, not patience."
)
WAITS_IN_ACCEPT = (
    "{name} itself waits in accept. It should return the listening socket before anybody "
    "connects; the check accepts the clients."
)
SHARES = (
    "The new server started although the old one still listens. SO_REUSEPORT passes every restart, "
    "but it means something else: several servers on one port, and the kernel deals the clients "
    "out between them. A copy started by mistake would take half of them without an error. "
    "SO_REUSEADDR gives the restart alone."
)
TWO = "The old server still listens, so the new one should have failed with EADDRINUSE."
MUST_FAIL = (
    "The old server still listens. The new one should have let EADDRINUSE out, so that whoever "
    "starts it learns why. Instead: {what}"
)
WRONG_TYPE = "{name} returned {what}. It should return the socket itself, the one that listens."
NOT_LISTENING = (
    "{name} returned a socket that does not listen: its state is not LISTEN, so the kernel would "
    "answer every client with RST. Call listen before return."
)
CLOSED = "{name} returned a socket that it has closed already. Return it open; the check closes it."
PORT_ZERO = (
    "The listener is bound to port 0, so the kernel chose a port for it. Such a server always "
    "starts, but on another port each time, where no client looks. Bind to the port that "
    "{name} was given."
)
UNBOUND = (
    "The listener has a port that the kernel chose, because no bind succeeded before listen. If "
    "bind raises, let the exception out: a server on the wrong port is worse than none."
)
OTHER_PORT = (
    "The listener is not on the port that {name} was given, but on one that is written in it. "
    "Use the argument."
)
UNREACHABLE = (
    "The client's connect was refused: the listener is bound to {address}, and the client knows "
    "the server by another address. Bind to 0.0.0.0, which is all of them."
)


# ---- the situations ---------------------------------------------------------------------


def _killed_idle(stage: Stage) -> None:
    _old(stage, closes=False).program.kill()
    _again(stage)


def _client_first(stage: Stage) -> None:
    old = _old(stage, closes=False)
    _client(stage, old).close()
    _again(stage)


def _server_first(stage: Stage) -> None:
    _client(stage, _old(stage, closes=True)).close()
    _again(stage)


def _client_stays(stage: Stage) -> None:
    _client(stage, _old(stage, closes=True))
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
        raise Mistake(SHARES if shares else TWO)
    verdict = new.verdict()
    if verdict[0] == "raised" and verdict[3] == errno.EADDRINUSE:
        return
    raise Mistake(MUST_FAIL.format(what=_complaint(stage, new, verdict)))


RESTARTS = Exercise(
    "make_listener(port) returns a socket that listens on port, and can be started again at once",
    (
        Situation("the server has no client and is killed", _killed_idle),
        Situation("the client closes first", _client_first),
        Situation("the server closes first", _server_first),
        Situation("the server closes and the client stays", _client_stays),
        Situation("the server is killed while a client is connected", _killed),
        Situation("the server is killed and its client closes then", _killed_then_closed),
        Situation("the server is started again while it still runs", _second_copy),
    ),
)


# ---- their parts ------------------------------------------------------------------------


def _old(stage: Stage, closes: bool) -> Try:
    old = stage.start(old_server, closes)
    if not old.ready:
        raise Mistake(_complaint(stage, old, old.verdict()))
    return old


def _again(stage: Stage) -> None:
    """Start the server again on its port; it must listen, and accept a client."""
    left = stage.settle() or "nothing"
    new = stage.start(new_server)
    if not new.ready:
        raise Mistake(_complaint(stage, new, new.verdict(), left))
    _client(stage, new)
    verdict = new.verdict()
    if verdict[0] != "done":
        raise Mistake(_complaint(stage, new, verdict, left))


def _client(stage: Stage, server: Try) -> Socket:
    try:
        return stage.connect()
    except ConnectionRefusedError:
        raise Mistake(UNREACHABLE.format(address=server.address)) from None


# ---- what to say ------------------------------------------------------------------------


def _complaint(stage: Stage, tried: Try, verdict: Verdict, left: str = "a listener") -> str:
    name, kind = stage.subject.name, verdict[0]
    if kind == "raised" and verdict[3] == errno.EADDRINUSE:
        return _in_use(stage, left)
    if kind == "overtime":
        return _late(stage, tried, verdict[1], left)
    if kind == "wrong type" and verdict[1] != "NoneType":
        return WRONG_TYPE.format(name=name, what=_shown(verdict))
    if kind == "other port":
        return _elsewhere(stage, tried).format(name=name)
    if kind in ("not listening", "closed"):
        return (CLOSED if kind == "closed" else NOT_LISTENING).format(name=name)
    try:
        expect_return(stage.subject, verdict)
    except Mistake as mistake:
        return str(mistake)
    return IN_USE.format(left=left)


def _shown(verdict: Verdict) -> str:
    _, kind, value = verdict
    article = "an" if kind[:1] in "aeiou" else "a"
    number = isinstance(value, int) and not isinstance(value, bool)
    return f"{article} {kind}" if value is None or number else f"{value!r}, {article} {kind}"


def _in_use(stage: Stage, left: str) -> str:
    """Why bind said EADDRINUSE, from what each server had set, and when."""
    old, new = (_setting(stage, label) for label in ("old_server", "new_server"))
    if "off" in (old, new):
        return OFF
    if old == "late":
        return TOO_LATE
    if old == "never" and new != "never":
        return ONLY_NEW.format(left=left)
    return (NEVER if old == new == "never" else IN_USE).format(left=left)


def _setting(stage: Stage, label: str) -> str:
    """When a server set the option: ``before`` its first bind, ``late``, ``never``, or ``off``."""
    calls = stage.calls(label)
    binds = [n for n, call in enumerate(calls) if call.name == "bind"]
    for n, call in enumerate(calls):
        if call.name == "setsockopt" and _OPTION in call.text and not call.error:
            if call.text.endswith(" 0)"):
                return "off"
            return "late" if binds and binds[0] < n else "before"
    return "never"


def _late(stage: Stage, tried: Try, line: int, left: str) -> str:
    name, calls = stage.subject.name, stage.calls(tried.label)
    if calls and calls[-1].name == "accept":
        return WAITS_IN_ACCEPT.format(name=name)
    if any(call.error == errno.errorcode[errno.EADDRINUSE] for call in calls):
        return RETRIES.format(name=name, left=left)
    return overtime(stage.subject, line)


def _elsewhere(stage: Stage, tried: Try) -> str:
    binds = [c for c in stage.calls(tried.label) if c.name == "bind" and not c.error]
    if not binds:
        return UNBOUND
    return PORT_ZERO if binds[-1].text.endswith(":0)") else OTHER_PORT
