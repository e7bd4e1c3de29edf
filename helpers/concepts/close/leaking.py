"""The exercise of notebook 07 on leaks: ``who_forgot(tables)`` reads two socket tables."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

from helpers.inside.examiner import answer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake
from helpers.record.snapshot import SocketRow, table
from helpers.waiting import wait_until

NOBODY = "nobody"
PORT = 8080  # what the service's port is called in the tables, whatever it is on this machine
_COLUMNS = ("state", "local", "peer", "process")
_PASSING = ("FIN-WAIT-1", "LAST-ACK", "CLOSING")

WRONG_TYPE = "{name} returned a value of type {kind}. It should return a process's name, as text."
STATE = "{name} returned {got!r}, which is a state. It should return the process in that row."
KERNEL = (
    "{name} returned 'none'. That row belongs to no process: its side has closed already. Who "
    "forgot is on the other host, in the row of the same connection."
)
WAITING = (
    "{name} accused {got!r}. Its row is in the state {state}, and that is the side that has sent "
    "its FIN and waits for the other's. Who forgot: {want!r}."
)
ALIVE = (
    "{name} accused {got!r}, whose connection is ESTAB: neither side has closed it, so nothing is "
    "forgotten there. The answer is {want!r}."
)
LISTENS = (
    "{name} accused {got!r}, which has a row LISTEN, and none in CLOSE-WAIT. A listener is "
    "no connection. The answer is {want!r}."
)
NO_ACCUSED = (
    "{name} returned {got!r}, but both tables have no CLOSE-WAIT: every end that heard of the "
    "other's close has closed as well. The answer is 'nobody'."
)
OVERLOOKED = (
    "{name} returned {got!r}, but the {host}'s table has a row in CLOSE-WAIT: the other side has "
    "closed, this one knows it, and {want!r} still holds the socket. Look at both tables."
)
OTHERWISE = "{name} returned {got!r}. The row in CLOSE-WAIT belongs to {want!r}."

Play = Callable[[Stage, Socket], object]


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


def _situation(title: str, play: Play, want: str) -> Situation:
    return Situation(title, lambda stage: _ask(stage, play, want))


def _pair(stage: Stage, listener: Socket) -> tuple[Socket, Socket]:
    client = stage.connect()
    return client, listener.accept()[0]


def _ask(stage: Stage, play: Play, want: str) -> None:
    """Stage it, and give the reader's function both tables."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    stage.mark = stage.lab.trace.mark()
    listener = stage.lab.server.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", stage.port))
    listener.listen(4)
    play(stage, listener)
    wait_until("acknowledged FINs", lambda: not _passing(stage))
    tables = {host: _rows(stage, host) for host in ("client", "server")}
    stage.table = _shown(tables)
    _judge(stage, tables, want)


def _own(stage: Stage, host: str) -> list[SocketRow]:
    rows = stage.lab[host].sockets()
    return [r for r in rows if stage.port in (r.row.local[1], r.row.peer[1])]


def _passing(stage: Stage) -> bool:
    return any(r.state in _PASSING for host in ("client", "server") for r in _own(stage, host))


def _rows(stage: Stage, host: str) -> list[dict[str, str]]:
    """One host's rows as the reader gets them; clients are numbered from 1 in both tables."""
    numbers = sorted({_client_port(r, stage.port) for r in _own(stage, "client")} - {0})
    names = {number: f"client:{n}" for n, number in enumerate(numbers, 1)}
    made = []
    for r in _own(stage, host):
        ends = [_end(address, stage.port, names) for address in (r.row.local, r.row.peer)]
        made.append(dict(zip(_COLUMNS, (r.state, *ends, ", ".join(r.processes) or "none"),
                             strict=True)))  # fmt: skip
    return sorted(made, key=lambda row: (row["state"] != "LISTEN", *row.values()))


def _client_port(row: SocketRow, port: int) -> int:
    return row.row.local[1] if row.row.peer[1] == port else 0


def _end(address: tuple[str, int], port: int, names: dict[int, str]) -> str:
    if address[1] == port:
        return f"server:{PORT}"
    return names.get(address[1], "*" if address[1] == 0 else "client:gone")


def _shown(tables: dict[str, list[dict[str, str]]]) -> list[str]:
    lines: list[str] = []
    for host, rows in tables.items():
        body = table([_COLUMNS, *(tuple(r.values()) for r in rows)]) if rows else "(no sockets)"
        lines += [f"{host}:", *(f"  {line}" for line in body.splitlines())]
    return lines


def _judge(stage: Stage, tables: dict[str, list[dict[str, str]]], want: str) -> None:
    forgotten = [r["process"] for rows in tables.values() for r in rows if _is_forgotten(r)]
    if forgotten != ([] if want == NOBODY else [want]):
        raise Mistake("The closes did not come out as on other kernels, so this cannot be judged.")
    _, kind, got = expect_return(stage.subject, stage.ask(answer, tables))
    if kind == "str" and got == want:
        return
    host = next((h for h, rows in tables.items() if any(map(_is_forgotten, rows))), "")
    rows = [row for each in tables.values() for row in each]
    held = sorted(row["state"] for row in rows if row["process"] == got)
    said = _sentence(got, want, held) if kind == "str" else WRONG_TYPE
    state = next((s for s in held if s not in ("ESTAB", "LISTEN")), "")
    raise Mistake(
        said.format(name=stage.subject.name, kind=kind, got=got, want=want, host=host, state=state)
    )


def _is_forgotten(row: dict[str, str]) -> bool:
    return row["state"] == "CLOSE-WAIT"


def _sentence(got: str, want: str, held: list[str]) -> str:
    """Which sentence fits this wrong answer; ``held`` are the states of the accused's rows."""
    if re.fullmatch("[A-Z][A-Z0-9-]+", got):
        return STATE
    if got == "none" and want != NOBODY:
        return KERNEL
    if want == NOBODY:
        return ALIVE if "ESTAB" in held else LISTENS if "LISTEN" in held else NO_ACCUSED
    if got == NOBODY:
        return OVERLOOKED
    if "ESTAB" in held:
        return ALIVE
    if "LISTEN" in held:
        return LISTENS
    return WAITING if held else OTHERWISE


LEAK = Exercise(
    "who_forgot(tables) names the process that forgot to close, or says 'nobody'",
    (
        _situation("the client closed, and the server did not", _server_forgets, "server"),
        _situation("the server closed, and the client did not", _client_forgets, "client"),
        _situation("both closed, and another connection is in use", _all_closed, NOBODY),
        _situation("the server closed, but had forked before", _child_forgets, "server-child1"),
        _situation("the client half-closed, and has its reply", _half_closed, "server"),
        _situation("one of three connections is forgotten", _one_of_three, "client"),
    ),
)
