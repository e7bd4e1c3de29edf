"""The exercise of notebook 03 on free ports: ``start_listener()`` never loses the race."""

from __future__ import annotations

from helpers.inside.examiner import fixture
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake

LOST = (
    "{name} raised EADDRINUSE{line}. It had found a free port and given it up again; before it "
    "could bind that port a second time, another program did. A port is yours as long as a socket "
    "of yours is bound to it, and no longer: keep that socket."
)
TAKEN = (
    "{name} raised EADDRINUSE{line} when it was called a second time, for the first listener still "
    "has that port. A number that is written down is free until somebody else writes it down too: "
    "port 0 leaves the choice to the kernel."
)
SHARED = (
    "{name} returned the same port twice, while the first listener still had it. Two listeners on "
    "one port share its clients, so a test would meet the server of another."
)
NO_PAIR = (
    "{name} returned a value of type {kind}. It should return two things: the listening socket, "
    "and its port."
)
NO_SOCKET = "The first of the two things that {name} returned is no socket."
CLOSED = (
    "The socket that {name} returned is closed, so its port belongs to whoever comes next. Return "
    "it open."
)
NOT_LISTENING = "The socket that {name} returned does not listen. Call listen on it."
OTHER_PORT = (
    "The port that {name} returned is not the socket's. After bind and listen, getsockname() tells "
    "which one the kernel chose."
)
_SENTENCES = {
    "lost": LOST,
    "taken": TAKEN,
    "shared": SHARED,
    "no pair": NO_PAIR,
    "no socket": NO_SOCKET,
    "closed": CLOSED,
    "not listening": NOT_LISTENING,
    "other port": OTHER_PORT,
}


def _situation(title: str, times: int) -> Situation:
    return Situation(title, lambda stage: _play(stage, times))


def _play(stage: Stage, times: int) -> None:
    stage.lab.server.restart()
    stage.mark = stage.lab.trace.mark()
    verdict = stage.ask(fixture, times)
    if verdict[0] == "ready":
        return
    sentence = _SENTENCES.get(verdict[0])
    if sentence is None:
        expect_return(stage.subject, verdict)
    if verdict[0] == "lost":
        stage.note("thief", "binds the port that was given up, at once")
        stage.port = verdict[2]
    line = stage.subject.line(verdict[1]) if verdict[0] in ("lost", "taken") else ""
    kind = verdict[1] if len(verdict) > 1 else ""
    raise Mistake((sentence or "").format(name=stage.subject.name, line=line, kind=kind))


LISTENER = Exercise(
    "start_listener() returns a listening socket and its port",
    (
        _situation("one test starts a server", 1),
        _situation("two tests start theirs at the same time", 2),
        _situation("twenty tests do", 20),
    ),
)
