"""The exercise of notebook 01 on failed restarts: ``why(table, port)`` reads a socket table."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable

from helpers.concepts.reuse.restarts import (
    Scene,
    client_closes_first,
    client_stays,
    killed,
    killed_then_client_closes,
    server_closes_first,
)
from helpers.inside.examiner import answer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake
from helpers.record.snapshot import table

TIME_WAIT, OPEN, LISTENER, NOTHING = "time-wait", "client still open", "another listener", "nothing"
WORDS = (TIME_WAIT, OPEN, LISTENER, NOTHING)
# What the failed server's port is called in the table, whatever it is on this machine, and the
# port of a service that has nothing to do with it.
PORT, OTHER = 8080, 9090
_COLUMNS = ("state", "local", "peer", "process")

WRONG_TYPE = "{name} returned a value of type {kind}. It should return one of the words {words}."
UNKNOWN = "{name} returned {got!r}. It should return one of the words {words}."
KERNELS_WORD = "{name} returned {got!r}, the kernel's name of a state. The word for it is {word!r}."
OTHER_PORT = (
    "{name} answered {got!r}, but no row of this table has port 8080 on its local side. What the "
    "table shows belongs to port 9090, and port 8080 is free: {word!r}. Look only at rows whose "
    "local address ends with the port."
)
LISTENER_FIRST = (
    "{name} answered {got!r}. There is such a row, but there is also a row LISTEN on port 8080: a "
    "process is still listening. With SO_REUSEADDR or without it, two cannot listen there, so "
    "that is what must end: {word!r}. Look for LISTEN before anything else."
)
LISTENS = (
    "{name} answered {got!r}. Port 8080 has a row in the state LISTEN, and the process {process} "
    "holds it: {word!r}."
)
NOT_TIME_WAIT = (
    "{name} answered {got!r}, but on port 8080 this table has no TIME-WAIT. It has {state}: our "
    "side has closed, and the client has not, so the connection is only half closed: {word!r}."
)
ESTABLISHED = (
    "{name} answered {got!r}. There is no listener any more, but the connection itself lives, in "
    "the state ESTAB. While it does, its local address is in use: {word!r}."
)
OVERLOOKED = (
    "{name} answered {got!r}, although bind failed with EADDRINUSE. The row {state} has the local "
    "address server:8080, which is text and not a number: {word!r}."
)
OTHERWISE = "{name} answered {got!r}. The row on port 8080 is in the state {state}: {word!r}."
MIND_THE_PORT = " Mind the port: the row {sign} in this table belongs to port 9090."
# The state by which one knows each of these words.
_SIGNS = {TIME_WAIT: "TIME-WAIT", LISTENER: "LISTEN"}

Play = Callable[[Scene], object]


def _listening(scene: Scene) -> None:
    """The old server has not ended at all."""
    scene.client.close()
    scene.serve().close()


def _listening_and_time_wait(scene: Scene) -> None:
    """Nor has this one, and it has closed a connection first."""
    scene.serve().close()
    scene.client.close()


def _worker(scene: Scene) -> None:
    """The listener is closed, and the connection is still served."""
    scene.serve()


def _leaked(scene: Scene) -> None:
    """A child was forked while the listener was open; the parent is killed, it is not."""
    scene.client.close()
    scene.serve().close()
    scene.lab.server.fork()
    scene.lab.server.kill()


# ---- staging ------------------------------------------------------------------------------


def _situation(title: str, play: Play, word: str, ends: bool = True) -> Situation:
    return Situation(title, lambda stage: _ask(stage, play, word, ends))


def _ask(stage: Stage, play: Play, word: str, ends: bool) -> None:
    """Stage one end of a server and its failed restart, then ask the reader's function why."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    other = _other_service(stage)
    scene = _scene(stage)
    play(scene)
    if stage.lab.server.alive and ends:
        scene.listener.close()
    scene.settle()
    if not stage.lab.server.alive:
        stage.lab.server.restart()
    failed = _restart(stage)
    rows = _rows(stage, other)
    stage.table = table([_COLUMNS, *(tuple(row.values()) for row in rows)]).splitlines()
    _judge(stage, rows, word, failed)


def _other_service(stage: Stage) -> int:
    """Another service of the same host, with a listener and a TIME-WAIT; not in the history."""
    listener = _listen(stage, 0)
    port = int(listener.getsockname()[1])
    client = stage.lab.client.socket()
    client.connect(("server", port))
    listener.accept()[0].close()
    client.close()
    stage.mark = stage.lab.trace.mark()
    return port


def _scene(stage: Stage) -> Scene:
    listener = _listen(stage, stage.port)
    return Scene(stage.lab, stage.port, listener, stage.connect())


def _listen(stage: Stage, port: int) -> Socket:
    listener = stage.lab.server.socket()
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    return listener


def _restart(stage: Stage) -> bool:
    """Start the server again, without the option; whether that failed."""
    new = stage.lab.server.socket()
    try:
        new.bind(("0.0.0.0", stage.port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    finally:
        new.close()
    return False


def _rows(stage: Stage, other: int) -> list[dict[str, str]]:
    """The rows of both services as the reader gets them, with the ports' printed numbers."""
    found = [r for r in stage.lab.server.sockets() if r.row.local[1] in (stage.port, other)]
    ports = {stage.port: PORT, other: OTHER}
    rows = [
        {
            "state": r.state,
            "local": f"server:{ports[r.row.local[1]]}",
            "peer": re.sub(r":ephemeral(-\d+)?$", ":ephemeral", r.peer),
            "process": ", ".join(r.processes) or "none",
        }
        for r in found
    ]
    return sorted(rows, key=lambda row: (row["state"] != "LISTEN", *row.values()))


# ---- judging ------------------------------------------------------------------------------


def _judge(stage: Stage, rows: list[dict[str, str]], word: str, failed: bool) -> None:
    if failed != (word != NOTHING):
        raise Mistake("The restart did not come out as on other kernels, so this cannot be judged.")
    verdict = stage.ask(answer, rows, PORT)
    _, kind, got = expect_return(stage.subject, verdict)
    if got == word and kind == "str":
        return
    own = [row for row in rows if row["local"].endswith(f":{PORT}")]
    said = _sentence(got, word, [row["state"] for row in own]) if kind == "str" else WRONG_TYPE
    if _SIGNS.get(got) and word != NOTHING and all(row["state"] != _SIGNS[got] for row in own):
        said += MIND_THE_PORT
    facts = {"name": stage.subject.name, "kind": kind, "got": got, "word": word}
    row = own[0] if own else dict.fromkeys(_COLUMNS, "")
    words = ", ".join(repr(w) for w in WORDS)
    raise Mistake(said.format(**facts, **row, words=words, sign=_SIGNS.get(got)))


def _sentence(got: str, word: str, states: list[str]) -> str:
    """Which sentence fits this wrong answer."""
    if got not in WORDS:
        return KERNELS_WORD if got in ("TIME-WAIT", "LISTEN", "FIN-WAIT-2", "ESTAB") else UNKNOWN
    if word == NOTHING:
        return OTHER_PORT
    if word == LISTENER:
        return LISTENER_FIRST if "TIME-WAIT" in states and got == TIME_WAIT else LISTENS
    if got == NOTHING and word == TIME_WAIT:
        return OVERLOOKED
    if word == OPEN:
        return ESTABLISHED if "ESTAB" in states else NOT_TIME_WAIT
    return OTHERWISE


WHY = Exercise(
    "why(table, port) says in one word why a server cannot start again on port",
    (
        _situation("the server closed first", server_closes_first, TIME_WAIT),
        _situation("the server closed and the client stays", client_stays, OPEN),
        _situation("the old server still runs", _listening, LISTENER, ends=False),
        _situation("the client closed first", client_closes_first, NOTHING),
        _situation("the server was killed while a client was connected", killed, OPEN),
        _situation(
            "the server was killed and its client closed then", killed_then_client_closes, TIME_WAIT
        ),
        _situation(
            "the old server still runs and has closed first",
            _listening_and_time_wait,
            LISTENER,
            ends=False,
        ),
        _situation("the listener is closed and a client is still served", _worker, OPEN),
        _situation("a child of the dead server is left", _leaked, LISTENER),
    ),
)
