"""The exercise on partial reads: ``recv_exactly(sock, n)`` returns n bytes of a stream."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from helpers.inside.examiner import reader
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.peers import Peer, half_closes, one_byte_at_a_time, resets, sends, vanishes
from helpers.learning.stage import Stage, Try, Verdict, expect_return
from helpers.learning.subject import Mistake

# What must come of a call: bytes, an end of the stream, a reset, or that it goes on waiting.
END, RESET, WAITS = "end", "reset", "waits"
_ENDS = ("EOFError", "ConnectionError", "IncompleteReadError", "ConnectionAbortedError")

WRONG_TYPE = "{name} returned a value of type {kind}. It should return the bytes."
SHORT = (
    "{name} returned {got} of {n} bytes. recv returns what has come so far, and that may be one "
    "byte. Call it again, for what is missing, until you have all."
)
GREEDY = (
    "{name} was asked for {n} bytes and returned {got}. The rest belongs to the next message. Ask "
    "recv for no more than what is missing."
)
LOST = (
    "The first call returned the right bytes, but it had taken the next message out of the socket "
    "with them, and the second call waits for bytes that are gone. Ask recv for no more than what "
    "is missing."
)
DIFFERENT = "{name} returned {value!r}. The peer had sent {want!r}."
CUT_SHORT = (
    "The peer said that no more will come, after 3 of {n} bytes, and {name} returned them as if "
    "that were all. Its caller cannot tell. Raise EOFError when recv returns b'' too early."
)
END_LOOP = (
    "The peer closed after 3 of {n} bytes. From then on recv returns b'' at once, each time, and "
    "{name} never leaves its loop. b'' is the end of the stream: raise EOFError."
)
END_OTHER = "At the early end of the stream {name} raised {kind}. EOFError would say what happened."
SWALLOWED = (
    "The peer reset the connection, and {name} hid it. Let ConnectionResetError out: the "
    "message is lost, and the caller must know."
)
GAVE_UP = (
    "The peer is silent, and its connection is open: more may come at any time. {name} did not "
    "wait for it. Silence is no end; only b'' is."
)


def _situation(
    title: str, peer: Peer, wants: Sequence[bytes | str], n: int = 5, wire: bool = False
) -> Situation:
    return Situation(title, lambda stage: _play(stage, peer, wants, n, wire), wire)


def _play(stage: Stage, peer: Peer, wants: Sequence[bytes | str], n: int, wire: bool) -> None:
    tried = stage.start(reader, [(n,)] * len(wants))
    stage.mark = stage.lab.trace.mark()
    client = stage.connect()
    try:
        with contextlib.suppress(ConnectionError):  # the reader may have gone already
            peer(stage, client)
        _judge(stage, tried, wants, n)
    finally:
        if wire:
            stage.lab.wire.mend()


def _judge(stage: Stage, tried: Try, wants: Sequence[bytes | str], n: int) -> None:
    if wants == [WAITS]:
        if not stage.waits(tried):
            raise Mistake(GAVE_UP.format(name=stage.subject.name))
        return
    verdicts = tried.verdict()
    if verdicts == ("died",) or verdicts[0] == "overtime":
        verdicts = (verdicts,)
    for at, (verdict, want) in enumerate(zip(verdicts, wants, strict=False)):
        complaint = _complaint(stage, verdict, want, n, at)
        if complaint:
            facts: dict[str, Any] = {"name": stage.subject.name, "n": n, "want": want}
            got = len(verdict[2]) if isinstance(verdict[-1], bytes) else 0
            kind = verdict[1] if len(verdict) > 1 else ""
            raise Mistake(complaint.format(**facts, got=got, kind=kind, value=verdict[-1]))


def _complaint(stage: Stage, verdict: Verdict, want: bytes | str, n: int, at: int) -> str:
    """The sentence for one call's verdict, or "" if it is right."""
    kind = verdict[0]
    if want == END:
        return _at_end(stage, verdict)
    if want == RESET:
        right = kind == "raised" and verdict[1] == "ConnectionResetError"
        return "" if right else SWALLOWED
    if kind == "overtime" and at:
        return LOST
    _, kind, value = expect_return(stage.subject, verdict)
    if kind not in ("bytes", "bytearray"):
        return WRONG_TYPE
    if value == want:
        return ""
    if len(value) < n:
        return GAVE_UP if stage.timed_out() else SHORT
    return GREEDY if len(value) > n else DIFFERENT


def _at_end(stage: Stage, verdict: Verdict) -> str:
    if verdict[0] == "overtime":
        return END_LOOP
    if verdict[0] == "raised":
        return "" if verdict[1] in _ENDS else END_OTHER
    expect_return(stage.subject, verdict)
    return CUT_SHORT


RECV_EXACTLY = Exercise(
    "recv_exactly(sock, n) returns the next n bytes; EOFError if the stream ends before",
    (
        _situation("the peer sends all at once", sends(b"hello"), [b"hello"]),
        _situation("the peer sends one byte at a time", one_byte_at_a_time(b"hello"), [b"hello"]),
        _situation("two messages come glued", sends(b"helloworld"), [b"hello", b"world"]),
        _situation("more comes than fits in a segment", sends(b"x" * 5000), [b"x" * 5000], 5000),
        _situation("the peer half-closes early", half_closes(b"hel"), [END]),
        _situation("the peer resets", resets(b"hel"), [RESET]),
        _situation("the peer falls silent", sends(b"hel"), [WAITS]),
        _situation("the peer vanishes", vanishes(b"hel"), [WAITS], wire=True),
    ),
)
