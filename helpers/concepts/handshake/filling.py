"""The exercise of notebook 05 on a capture: ``fill(rows)`` fills in what is hidden in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helpers.inside.examiner import answer
from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.subject import Mistake
from helpers.record.snapshot import table

Row = dict[str, Any]
Hidden = Sequence[tuple[int, str]]
_COLUMNS = ("from", "flags", "seq", "ack", "length")

WRONG_TYPE = (
    "{name} returned a value of type {kind}. It should return the list of rows, with every None in "
    "it replaced."
)
SHORT = "{name} returned {count} rows. There are {want}, one for each packet."
NO_ROW = (
    "Row {at} of what {name} returned is no dict with the keys from, flags, seq, ack and length."
)
STILL_HIDDEN = "Row {at}, {field}: {name} left it None. It is {want!r}: {why}."
WRONG = "Row {at}, {field}: {name} says {got!r}, and it was {want!r}: {why}."
CHANGED = "Row {at}, {field}: {name} changed it to {got!r}. It was not hidden: it was {want!r}."
WHY = {
    "seq": "{who} has sent {sent} before, each byte, SYN and FIN counting one",
    "ack": "it is the number of the next one that {who} expects, and {other} has sent {heard}",
    "ack of a SYN": "the first SYN has no ACK flag, for there is nothing to acknowledge",
    "flags": "the dot is ACK, and every packet but the first has it; S and F stand for SYN and FIN",
    "length": "it is the number of bytes after the header; SYN and FIN are none of them",
    "from": "each packet has one sender",
}


def _situation(title: str, play: Callable[[Stage], object], *hidden: tuple[int, str]) -> Situation:
    """``hidden``: the number of the row, counted from 0, and the field."""
    return Situation(title, lambda stage: _play(stage, play, hidden), wire=True)


def _play(stage: Stage, play: Callable[[Stage], object], hidden: Hidden) -> None:
    """Capture a real run, hide some fields, ask the reader's function, compare."""
    stage.lab.client.restart()
    stage.lab.server.restart()
    stage.mark = stage.lab.trace.mark()
    play(stage)
    whole = _rows(stage)
    asked = [dict(row) for row in whole]
    for at, column in hidden:
        asked[at][column] = None
    shown = [tuple("None" if v is None else str(v) for v in row.values()) for row in asked]
    stage.table = table([_COLUMNS, *shown]).splitlines()
    _, kind, got = expect_return(stage.subject, stage.ask(answer, asked))
    _judge(stage.subject.name, kind, got, whole, hidden)


def _rows(stage: Stage) -> list[Row]:
    """The packets of this situation, one dict each, numbers relative to each side's SYN."""
    return [
        {
            "from": record.source,
            "flags": record.packet.flags.replace("P", ""),
            "seq": record.seq,
            "ack": record.ack,
            "length": record.packet.length,
        }
        for record in stage.lab.trace.since(stage.mark).packets
    ]


def _judge(name: str, kind: str, got: Any, whole: list[Row], hidden: Hidden) -> None:
    if kind not in ("list", "tuple"):
        raise Mistake(WRONG_TYPE.format(name=name, kind=kind))
    if len(got) != len(whole):
        raise Mistake(SHORT.format(name=name, count=len(got), want=len(whole)))
    for at, row in enumerate(got):
        filled = _dict(row)
        if set(filled) != set(_COLUMNS):
            raise Mistake(NO_ROW.format(name=name, at=at))
        for column in _COLUMNS:
            _compare(name, whole, at, column, filled[column], (at, column) in hidden)


def _dict(row: Any) -> Row:
    pairs = isinstance(row, tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in row)
    return dict(row) if pairs else {}


def _compare(name: str, whole: list[Row], at: int, column: str, got: Any, hidden: bool) -> None:
    want = whole[at][column]
    if got == want and type(got) is type(want):
        return
    facts = {"name": name, "at": at, "field": column, "got": got, "want": want}
    if not hidden:
        raise Mistake(CHANGED.format(**facts))
    sentence = STILL_HIDDEN if got is None else WRONG
    raise Mistake(sentence.format(**facts, why=_why(whole, at, column)))


def _why(whole: list[Row], at: int, column: str) -> str:
    who = whole[at]["from"]
    other = "server" if who == "client" else "client"
    first_syn = column == "ack" and whole[at]["flags"] == "S"
    return WHY["ack of a SYN" if first_syn else column].format(
        who=who, other=other, sent=_sent(whole[:at], who), heard=_sent(whole[:at], other)
    )


def _sent(rows: list[Row], who: str) -> int:
    """How much of the number space one side has used: bytes, SYN and FIN."""
    return sum(
        row["length"] + ("S" in row["flags"]) + ("F" in row["flags"])
        for row in rows
        if row["from"] == who
    )


# ---- what is captured ------------------------------------------------------------------------


def _connected(stage: Stage) -> tuple[Socket, Socket]:
    listener = stage.lab.server.socket()
    listener.bind(("0.0.0.0", stage.port))
    listener.listen(1)
    client = stage.connect()
    return client, listener.accept()[0]


def _request_and_reply(stage: Stage) -> None:
    client, conn = _connected(stage)
    client.send(b"hello")
    conn.recv(100)
    conn.send(b"good morning")


def _farewell(stage: Stage) -> None:
    client, conn = _connected(stage)
    client.send(b"bye")
    client.close()
    conn.recv(100)
    conn.close()


FILL = Exercise(
    "fill(rows) replaces every None in a capture by what was there",
    (
        _situation("a handshake", _connected, (1, "flags"), (1, "ack"), (2, "seq"), (2, "ack")),
        _situation(
            "a request and a reply",
            _request_and_reply,
            (3, "seq"), (3, "ack"), (4, "ack"), (5, "seq"), (6, "ack"),
        ),
        _situation(
            "a request, then the end",
            _farewell,
            (4, "ack"), (5, "seq"), (6, "ack"), (7, "seq"), (8, "ack"),
        ),
    ),
)  # fmt: skip
