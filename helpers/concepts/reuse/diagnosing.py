"""The exercise of notebook 01 on failed restarts: ``why(table, port)`` reads a socket table."""

from __future__ import annotations

import errno
from collections.abc import Callable

from helpers.concepts.reuse.restarts import (
    Scene,
    client_closes_first,
    client_stays,
    killed,
    killed_then_client_closes,
    server_closes_first,
)
from helpers.lab.staging import listen
from helpers.learning.diagnosis import (
    FOURTH,
    LONGER,
    OTHER,
    PORT,
    Diagnosis,
    Rows,
    Wrong,
    as_rows,
    here,
    peer_of,
    shown,
)
from helpers.learning.exercise import Exercise
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings
from helpers.record.snapshot import SocketRow

SAY = sayings("reuse", "WHY")
TIME_WAIT, OPEN, LISTENER, NOTHING = "time-wait", "client still open", "another listener", "nothing"
WORDS = (TIME_WAIT, OPEN, LISTENER, NOTHING)
_STATES = ("TIME-WAIT", "LISTEN", "FIN-WAIT-2", "ESTAB")
# What stands for the port of a connection that the server itself has begun.
_CHOSEN = 41234
# The state by which one knows each of these words.
_SIGNS = {TIME_WAIT: "TIME-WAIT", LISTENER: "LISTEN"}


# ---- staging ------------------------------------------------------------------------------


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


def _play(
    stage: Stage,
    word: str,
    act: Callable[[Scene], object],
    ends: bool = True,
    port: int = PORT,
    other: int = OTHER,
    asks: bool = False,
) -> tuple[Rows, int, int]:
    """Stage one end of a server and its failed restart, and show the sockets.

    The tables call its port ``port``, and that of another service ``other``. If it ``asks``, it is
    also a client of somebody else's port of the first number.
    """
    server = stage.lab.server
    asked = _asks(stage) if asks else 0
    ports = {stage.port: port, _other_service(stage): other}
    scene = Scene(stage.lab, stage.port, stage.listen(), stage.connect())
    act(scene)
    if server.alive and ends:
        scene.listener.close()
    scene.settle()
    if not server.alive:
        server.restart()
    failed = _restart(stage)
    found = [r for r in server.sockets() if r.row.local[1] in ports or r.row.peer[1] == asked]

    def ends_of(r: SocketRow) -> tuple[str, str]:
        if r.row.local[1] in ports:
            return f"server:{ports[r.row.local[1]]}", peer_of(r)
        return f"server:{_CHOSEN}", f"client:{port}"

    rows = as_rows(found, ends_of)
    stage.table = shown(rows)
    if failed != (word != NOTHING):
        raise stage.mistake(SAY.unlike)
    return rows, port, other


def _asks(stage: Stage) -> int:
    """A connection of the server's to a listener of the other host, whose port this is."""
    listener = listen(stage.lab.client, 0)
    port = int(listener.getsockname()[1])
    stage.lab.server.socket().connect(("client", port))
    return port


def _other_service(stage: Stage) -> int:
    """Another service of the same host, with a listener and a TIME-WAIT; not in the history."""
    listener = listen(stage.lab.server, 0)
    port = int(listener.getsockname()[1])
    client = stage.lab.client.socket()
    client.connect(("server", port))
    listener.accept()[0].close()
    client.close()
    stage.mark = stage.lab.trace.mark()
    return port


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


# ---- judging ------------------------------------------------------------------------------


def _wrong(given: tuple[Rows, int, int], got: str, word: str) -> Wrong | None:
    if got not in WORDS:
        return Wrong(SAY.kernels_word) if got in _STATES else None
    table, port, other = given
    rows = here(table, port)
    states, sign = [row["state"] for row in rows], _SIGNS.get(got)
    words = _words(got, word, states)
    if sign and word != NOTHING and sign not in states:
        words += SAY.mind_the_port
    facts = {"sign": sign, "port": port, "other": other}
    return Wrong(words, {**facts, **(rows[0] if rows else {})})


def _words(got: str, word: str, states: list[str]) -> str:
    """Which sentence fits this wrong answer."""
    if word == NOTHING:
        return SAY.other_port
    if word == LISTENER:
        return SAY.listener_first if "TIME-WAIT" in states and got == TIME_WAIT else SAY.listens
    if got == NOTHING and word == TIME_WAIT:
        return SAY.overlooked
    if word == OPEN:
        return SAY.established if "ESTAB" in states else SAY.not_time_wait
    return SAY.otherwise


_of = Diagnosis(WORDS, _play, _wrong, takes=2).situation
WHY = Exercise(
    SAY,
    (
        _of(SAY.when_server_first, TIME_WAIT, server_closes_first),
        _of(SAY.when_client_stays, OPEN, client_stays),
        _of(SAY.when_listening, LISTENER, _listening, ends=False),
        _of(SAY.when_client_first, NOTHING, client_closes_first, other=LONGER, asks=True),
        _of(SAY.when_killed, OPEN, killed),
        _of(SAY.when_killed_then_closed, TIME_WAIT, killed_then_client_closes, port=FOURTH),
        _of(SAY.when_listening_too, LISTENER, _listening_and_time_wait, ends=False),
        _of(SAY.when_worker, OPEN, _worker),
        _of(SAY.when_leaked, LISTENER, _leaked),
    ),
)
