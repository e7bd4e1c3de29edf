"""The exercise of notebook 07 on leaks: ``who_forgot(tables)`` reads two socket tables."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from helpers.lab.mirror import Socket
from helpers.lab.staging import listen, settle
from helpers.learning.diagnosis import PORT, Diagnosis, Rows, Wrong, as_rows, shown
from helpers.learning.exercise import Exercise
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings
from helpers.record.snapshot import SocketRow

SAY = sayings("close", "LEAK")
NOBODY = "nobody"
Tables = dict[str, Rows]


# ---- staging ------------------------------------------------------------------------------


def _pair(stage: Stage, listener: Socket) -> tuple[Socket, Socket]:
    client = stage.connect()
    return client, listener.accept()[0]


def _server_forgets(stage: Stage, listener: Socket) -> None:
    client, _ = _pair(stage, listener)
    client.close()


def _client_forgets(stage: Stage, listener: Socket) -> None:
    _, conn = _pair(stage, listener)
    conn.close()


def _all_closed(stage: Stage, listener: Socket) -> None:
    client, conn = _pair(stage, listener)
    conn.close()
    client.close()
    _pair(stage, listener)


def _child_forgets(stage: Stage, listener: Socket) -> None:
    """The parent closes its descriptor; the child that it forked has one as well."""
    client, conn = _pair(stage, listener)
    child = stage.lab.server.fork()
    listener.at(child).close()
    conn.close()
    client.close()


def _one_of_three(stage: Stage, listener: Socket) -> None:
    """A child serves one connection, the client closed another first, and one is forgotten."""
    _, served = _pair(stage, listener)
    stage.lab.server.fork()
    served.close()
    client, conn = _pair(stage, listener)
    client.close()
    conn.close()
    _, conn = _pair(stage, listener)
    conn.close()


def _half_closed(stage: Stage, listener: Socket) -> None:
    """The client keeps its descriptor to hear the reply, and it has heard it."""
    client, conn = _pair(stage, listener)
    client.shutdown(socket.SHUT_WR)
    conn.recv(1)
    conn.send(b"reply")
    client.recv(5)


def _play(stage: Stage, word: str, act: Callable[[Stage, Socket], None]) -> tuple[Tables]:
    """Stage it, and show both tables."""
    act(stage, listen(stage.lab.server, stage.port, 4, reuse=True))
    settle(stage.lab, stage.port)
    tables = _tables(stage)
    stage.table = []
    for host, rows in tables.items():
        lines = shown(rows) if rows else [SAY.no_sockets]
        stage.table += [f"{host}:", *(f"  {line}" for line in lines)]
    forgotten = [row["process"] for rows in tables.values() for row in rows if _is_forgotten(row)]
    if forgotten != ([] if word == NOBODY else [word]):
        raise stage.mistake(SAY.unlike)
    return (tables,)


def _tables(stage: Stage) -> Tables:
    """Each host's rows as the reader gets them; clients are numbered from 1 in both tables."""
    own = {
        host: [
            r for r in stage.lab[host].sockets() if stage.port in (r.row.local[1], r.row.peer[1])
        ]
        for host in ("client", "server")
    }
    numbers = sorted({r.row.local[1] for r in own["client"] if r.row.peer[1] == stage.port})
    names = {number: f"client:{n}" for n, number in enumerate(numbers, 1)}
    names |= {stage.port: f"server:{PORT}", 0: "*"}

    def ends(r: SocketRow) -> tuple[str, str]:
        local, peer = (names.get(a[1], "client:gone") for a in (r.row.local, r.row.peer))
        return local, peer

    return {host: as_rows(rows, ends) for host, rows in own.items()}


# ---- judging ------------------------------------------------------------------------------


def _wrong(given: tuple[Tables], got: str, word: str) -> Wrong:
    tables = given[0]
    host = next((h for h, rows in tables.items() if any(map(_is_forgotten, rows))), "")
    rows = [row for each in tables.values() for row in each]
    held = sorted(row["state"] for row in rows if row["process"] == got)
    state = next((s for s in held if s not in ("ESTAB", "LISTEN")), "")
    return Wrong(_words(got, word, held), {"host": host, "state": state})


def _is_forgotten(row: dict[str, str]) -> bool:
    return row["state"] == "CLOSE-WAIT"


def _words(got: str, word: str, held: list[str]) -> str:
    """Which sentence fits this wrong answer; ``held`` are the states of the accused's rows."""
    if re.fullmatch("[A-Z][A-Z0-9-]+", got):
        return SAY.state
    if got == "none" and word != NOBODY:
        return SAY.kernel
    if got == NOBODY:
        return SAY.overlooked
    if "ESTAB" in held:
        return SAY.alive
    if "LISTEN" in held:
        return SAY.listens
    if word == NOBODY:
        return SAY.no_accused
    return SAY.waiting if held else SAY.otherwise


_of = Diagnosis((), _play, _wrong, SAY.wrong_type).situation
LEAK = Exercise(
    SAY,
    (
        _of(SAY.when_server, "server", _server_forgets),
        _of(SAY.when_client, "client", _client_forgets),
        _of(SAY.when_none, NOBODY, _all_closed),
        _of(SAY.when_child, "server-child1", _child_forgets),
        _of(SAY.when_half_closed, "server", _half_closed),
        _of(SAY.when_one_of_three, "client", _one_of_three),
    ),
)
