"""The exercise of notebook 02 on socket tables: ``why_not(table, port)`` reads one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from helpers.inside.examiner import answer
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake
from helpers.record.snapshot import table

NOBODY, ADDRESS, PORT_WORD, FINE = (
    "nobody listens",
    "another address",
    "another port",
    "not the server",
)
WORDS = (NOBODY, ADDRESS, PORT_WORD, FINE)
# How the two ports are called in the table, whatever they are on this machine.
PORT, OTHER = 8080, 9090
_COLUMNS = ("state", "local", "peer", "process")

WRONG_TYPE = "{name} returned a value of type {kind}. It should return one of the words {words}."
UNKNOWN = "{name} returned {got!r}. It should return one of the words {words}."
LOOPBACK = (
    "{name} answered {got!r}. A listener has port 8080, but its local address is {local}: it "
    "answers for that destination alone, and the colleague asks for the server's own address: "
    "{word!r}."
)
STATE = (
    "{name} answered {got!r}. The row with port 8080 is in the state {state}: a connection that "
    "was accepted earlier. It lets nobody in; that takes a row LISTEN, and there is none: {word!r}."
)
NONE = "{name} answered {got!r}. No row of this table is in the state LISTEN: {word!r}."
ELSEWHERE = (
    "{name} answered {got!r}. The only listener is on port 9090, and the colleague asks for port "
    "8080: {word!r}."
)
WORKS = (
    "{name} answered {got!r}. The listener on {local} answers for the server's own address at port "
    "8080, so the reason is somewhere else: {word!r}."
)
ONE_WORKS = (
    "{name} answered {got!r}. There are several listeners on port 8080. One of them is on {local}, "
    "and one that answers for the destination is enough: {word!r}."
)

Listener = tuple[str, int]


def _situation(title: str, word: str, *listeners: Listener, left: bool = False) -> Situation:
    """``left``: the listeners are closed, and a connection of theirs is still served."""
    return Situation(title, lambda stage: _play(stage, word, listeners, left))


def _play(stage: Stage, word: str, listeners: Sequence[Listener], left: bool) -> None:
    """Stage the server's sockets, try for real, then ask the reader's function."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    stage.mark = stage.lab.trace.mark()
    ports = _ports(stage, listeners, left)
    rows = _rows(stage, ports)
    stage.table = table([_COLUMNS, *(tuple(row.values()) for row in rows)]).splitlines()
    if _reached(stage) != (word == FINE):
        raise Mistake("The connection did not come out as on other kernels; this is not judged.")
    _judge(stage, rows, word)


def _ports(stage: Stage, listeners: Sequence[Listener], left: bool) -> dict[int, int]:
    """Make the listeners; the real port of each, with the number that stands for it."""
    ports: dict[int, int] = {stage.port: PORT}
    for address, shown in listeners:
        made = stage.lab.server.socket(10 if ":" in address else 2)
        made.bind((address, stage.port if shown == PORT else 0))
        made.listen(1)
        ports[int(made.getsockname()[1])] = shown
        if left:
            stage.lab.client.socket().connect(("server", stage.port))
            made.accept()
            made.close()
    return ports


def _reached(stage: Stage) -> bool:
    """Whether a client of the other host really gets in at the port."""
    client = stage.lab.client.socket()
    code = client.connect_ex(("server", stage.port))
    client.close()
    return code == 0


def _rows(stage: Stage, ports: dict[int, int]) -> list[dict[str, str]]:
    """The server's rows as the reader gets them, with the ports' printed numbers."""
    found = [r for r in stage.lab.server.sockets() if r.row.local[1] in ports]
    rows = [
        {
            "state": r.state,
            "local": f"{r.local.rpartition(':')[0]}:{ports[r.row.local[1]]}",
            "peer": re.sub(r":ephemeral(-\d+)?$", ":ephemeral", r.peer),
            "process": ", ".join(r.processes) or "none",
        }
        for r in found
    ]
    return sorted(rows, key=lambda row: (row["state"] != "LISTEN", *row.values()))


def _judge(stage: Stage, rows: list[dict[str, str]], word: str) -> None:
    _, kind, got = expect_return(stage.subject, stage.ask(answer, rows, PORT))
    if got == word and kind == "str":
        return
    said = WRONG_TYPE if kind != "str" else UNKNOWN if got not in WORDS else _sentence(rows, word)
    words = ", ".join(repr(w) for w in WORDS)
    facts = {"name": stage.subject.name, "kind": kind, "got": got, "word": word}
    raise Mistake(said.format(**facts, **(_telling(rows, word) or {}), words=words))


def _sentence(rows: list[dict[str, str]], word: str) -> str:
    """Which sentence explains the right word for this table."""
    here = [row for row in rows if row["local"].endswith(f":{PORT}")]
    if word == NOBODY:
        return STATE if here else NONE
    if word == PORT_WORD:
        return ELSEWHERE
    if word == ADDRESS:
        return LOOPBACK
    return ONE_WORKS if len(here) > 1 else WORKS


def _telling(rows: list[dict[str, str]], word: str) -> dict[str, str] | None:
    """The row that decides: for a connection that works, not the one on loopback."""
    here = [row for row in rows if row["local"].endswith(f":{PORT}")]
    good = [row for row in here if not row["local"].startswith("127.")]
    return next(iter(good if word == FINE else here), None)


WHY_NOT = Exercise(
    "why_not(table, port) says in a word why another machine cannot connect to the server there",
    (
        _situation("the server listens on loopback", ADDRESS, ("127.0.0.1", PORT)),
        _situation("the server listens on the wildcard", FINE, ("0.0.0.0", PORT)),
        _situation("the server listens on its own address", FINE, ("server", PORT)),
        _situation("the server listens on another port", PORT_WORD, ("0.0.0.0", OTHER)),
        _situation("no server runs", NOBODY),
        _situation(
            "the server serves one, and has closed its listener",
            NOBODY,
            ("0.0.0.0", PORT),
            left=True,
        ),
        _situation(
            "one listener on loopback, one on the network",
            FINE,
            ("127.0.0.1", PORT),
            ("server", PORT),
        ),
        _situation(
            "loopback there, everything elsewhere", ADDRESS, ("127.0.0.1", PORT), ("0.0.0.0", OTHER)
        ),
        _situation("the wildcard of IPv6", FINE, ("::", PORT)),
    ),
)
