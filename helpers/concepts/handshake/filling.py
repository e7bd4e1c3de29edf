"""The exercise of notebook 05 on a capture: ``fill(rows)`` fills in what is hidden in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helpers.lab.mirror import Socket
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings
from helpers.record.snapshot import table

SAY = sayings("handshake", "FILL")
Row = dict[str, Any]
Hidden = Sequence[tuple[int, str]]
_COLUMNS = ("from", "flags", "seq", "ack", "length")
_WHY = {
    "seq": SAY.why_seq,
    "ack": SAY.why_ack,
    "flags": SAY.why_flags,
    "length": SAY.why_length,
    "from": SAY.why_from,
}


def _situation(title: str, play: Callable[[Stage], object], *hidden: tuple[int, str]) -> Situation:
    """``hidden``: the number of the row, counted from 0, and the field."""
    return Situation(title, lambda stage: _play(stage, play, hidden), wire=True)


def _play(stage: Stage, play: Callable[[Stage], object], hidden: Hidden) -> None:
    """Capture a real run, hide some fields, ask the reader's function, compare."""
    stage.fresh()
    play(stage)
    whole = _rows(stage)
    asked = [dict(row) for row in whole]
    for at, column in hidden:
        asked[at][column] = None
    shown = [tuple("None" if v is None else str(v) for v in row.values()) for row in asked]
    stage.table = table([_COLUMNS, *shown]).splitlines()
    _judge(stage, *stage.answer(asked), whole, hidden)


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


def _judge(stage: Stage, kind: str, got: Any, whole: list[Row], hidden: Hidden) -> None:
    if kind not in ("list", "tuple"):
        raise stage.mistake(SAY.wrong_type, kind=kind)
    if len(got) != len(whole):
        raise stage.mistake(SAY.short, count=len(got), want=len(whole))
    for at, row in enumerate(got):
        filled = _dict(row)
        if set(filled) != set(_COLUMNS):
            raise stage.mistake(SAY.no_row, at=at)
        for column in _COLUMNS:
            value, want = filled[column], whole[at][column]
            if value == want and type(value) is type(want):
                continue
            words = SAY.still_hidden if value is None else SAY.wrong
            why = _why(whole, at, column)
            raise stage.mistake(
                words if (at, column) in hidden else SAY.changed,
                at=at, field=column, got=value, want=want, why=why,
            )  # fmt: skip


def _dict(row: Any) -> Row:
    pairs = isinstance(row, tuple) and all(isinstance(p, tuple) and len(p) == 2 for p in row)
    return dict(row) if pairs else {}


def _why(whole: list[Row], at: int, column: str) -> str:
    who = whole[at]["from"]
    other = "server" if who == "client" else "client"
    first_syn = column == "ack" and whole[at]["flags"] == "S"
    return (SAY.why_ack_of_syn if first_syn else _WHY[column]).format(
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
    listener = stage.listen()
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
    SAY,
    (
        _situation(
            SAY.when_handshake,
            _connected,
            (1, "flags"), (1, "ack"), (2, "seq"), (2, "ack"),
        ),
        _situation(
            SAY.when_request,
            _request_and_reply,
            (3, "seq"), (3, "ack"), (4, "flags"), (4, "ack"), (5, "seq"), (6, "ack"),
        ),
        _situation(
            SAY.when_farewell,
            _farewell,
            (4, "ack"), (5, "seq"), (5, "ack"), (6, "ack"), (7, "seq"), (8, "ack"),
        ),
    ),
)  # fmt: skip
