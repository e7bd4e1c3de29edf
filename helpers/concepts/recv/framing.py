"""The exercises on messages in a stream: ``read_line(sock)`` and ``read_message(sock)``."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Sequence

from helpers.inside.examiner import reader
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.peers import Peer, half_closes, one_byte_at_a_time, sends
from helpers.learning.stage import Stage, Verdict, expect_return
from helpers.learning.subject import Mistake

END, WAITS = "end", "waits"
_ENDS = ("EOFError", "ConnectionError", "IncompleteReadError", "ConnectionAbortedError")
Judge = Callable[[object, bytes], str]

WRONG_TYPE = "{name} returned a value of type {kind}. It should return bytes."
LOST = (
    "The first call was right, but it had taken the beginning of the next message out of the "
    "socket as well, and the second call waits for bytes that are gone. Take no more out than "
    "belongs to this message, or look first with MSG_PEEK."
)
CUT_SHORT = (
    "The stream ended in the middle, and {name} returned {value!r} as if that were whole. Its "
    "caller cannot tell. Raise EOFError when recv returns b'' too early."
)
END_LOOP = (
    "The peer sent no end of its message, and said that no more will come. From then on recv "
    "returns b'' at once, each time, and {name} never leaves its loop. Raise EOFError at b''."
)
END_OTHER = "At the early end of the stream {name} raised {kind}. EOFError would say what happened."
GAVE_UP = (
    "The peer is silent in the middle of its message, and its connection is open: the rest may "
    "come at any time. {name} did not wait for it. Silence is no end; only b'' is."
)
WITH_NEWLINE = (
    "{name} returned {value!r}, line end and all. The b'\\n' ends the line; it is not part of it."
)
PART_OF_LINE = (
    "{name} returned {value!r}, and no b'\\n' had come. recv returns what there is. Call it again "
    "until the line ends."
)
MORE_THAN_LINE = "{name} returned {value!r}: more than one line. Stop at the first b'\\n'."
OTHER_LINE = "{name} returned {value!r} for the line {want!r}. Every byte before b'\\n' counts."
WITH_HEADER = (
    "{name} returned {size} bytes that begin with the message's own length. The first four bytes "
    "are for the reader; its caller wants what follows them."
)
PART_OF_MESSAGE = (
    "{name} returned {size} of {wanted} bytes. The header says how many will come. Call recv "
    "until you have them all."
)
MORE_THAN_MESSAGE = (
    "{name} returned {size} bytes, and the header had said {wanted}. The rest belongs to the next "
    "message."
)
OTHER_MESSAGE = "{name} returned {value!r}, and the message was {want!r}."


def _line_fault(value: object, want: bytes) -> str:
    assert isinstance(value, bytes)
    if value == want + b"\n":
        return WITH_NEWLINE
    if b"\n" in value:
        return MORE_THAN_LINE
    return PART_OF_LINE if len(value) < len(want) and want.startswith(value) else OTHER_LINE


def _message_fault(value: object, want: bytes) -> str:
    assert isinstance(value, bytes)
    if value.startswith(struct.pack("!I", len(want))):
        return WITH_HEADER
    if len(value) != len(want):
        return PART_OF_MESSAGE if len(value) < len(want) else MORE_THAN_MESSAGE
    return OTHER_MESSAGE


def _play(stage: Stage, peer: Peer, wants: Sequence[bytes | str], fault: Judge) -> None:
    tried = stage.start(reader, [()] * len(wants))
    stage.mark = stage.lab.trace.mark()
    client = stage.connect()
    with contextlib.suppress(ConnectionError):  # the reader may have gone already
        peer(stage, client)
    if wants[-1] == WAITS:
        if not stage.waits(tried):
            raise Mistake(GAVE_UP.format(name=stage.subject.name))
        return
    verdicts = tried.verdict()
    if verdicts == ("died",) or verdicts[0] == "overtime":
        verdicts = (verdicts,)
    for at, (verdict, want) in enumerate(zip(verdicts, wants, strict=False)):
        _judge(stage, verdict, want, fault, at)


def _judge(stage: Stage, verdict: Verdict, want: bytes | str, fault: Judge, at: int) -> None:
    """Raise the ``Mistake`` of one call, if it made one."""
    name = stage.subject.name
    if isinstance(want, str):
        return _at_end(stage, verdict)
    if verdict[0] == "overtime" and at:
        raise Mistake(LOST)
    _, kind, value = expect_return(stage.subject, verdict)
    if kind not in ("bytes", "bytearray"):
        raise Mistake(WRONG_TYPE.format(name=name, kind=kind))
    if value != want:
        if len(value) < len(want) and stage.timed_out():
            raise Mistake(GAVE_UP.format(name=name))
        facts = {"size": len(value), "wanted": len(want), "want": want[:40]}
        raise Mistake(fault(value, want).format(name=name, value=value[:40], **facts))
    return None


def _at_end(stage: Stage, verdict: Verdict) -> None:
    """The stream ends too early, and the function must say so."""
    name = stage.subject.name
    if verdict[0] == "overtime":
        raise Mistake(END_LOOP.format(name=name))
    if verdict[0] == "raised":
        if verdict[1] not in _ENDS:
            raise Mistake(END_OTHER.format(name=name, kind=verdict[1]))
        return
    value = expect_return(stage.subject, verdict)[2]
    shown = value[:40] if isinstance(value, bytes) else value
    raise Mistake(CUT_SHORT.format(name=name, value=shown))


def _line(title: str, peer: Peer, *wants: bytes | str) -> Situation:
    return Situation(title, lambda stage: _play(stage, peer, wants, _line_fault))


def _message(title: str, peer: Peer, *wants: bytes | str) -> Situation:
    return Situation(title, lambda stage: _play(stage, peer, wants, _message_fault))


def framed(data: bytes) -> bytes:
    """One message as it travels: its length in four bytes, the largest first, and then itself."""
    return struct.pack("!I", len(data)) + data


LINES = Exercise(
    "read_line(sock) returns the next line without its b'\\n'; EOFError if the stream ends before",
    (
        _line("the line comes whole", sends(b" hello\n"), b" hello"),
        _line("the peer sends one byte at a time", one_byte_at_a_time(b"hello\n"), b"hello"),
        _line("two lines come glued", sends(b"hello\nworld\n"), b"hello", b"world"),
        _line("an empty line, then another", sends(b"\nhello\n"), b"", b"hello"),
        _line("the peer half-closes early", half_closes(b"hel"), END),
        _line("the peer falls silent", sends(b"hel"), WAITS),
    ),
)
MESSAGES = Exercise(
    "read_message(sock) reads a 4-byte length and returns that many bytes; EOFError if it cannot",
    (
        _message("the message comes whole", sends(framed(b"hello")), b"hello"),
        _message("one byte at a time", one_byte_at_a_time(framed(b"hello")), b"hello"),
        _message("two come glued", sends(framed(b"hello") + framed(b"you")), b"hello", b"you"),
        _message("an empty one, then another", sends(framed(b"") + framed(b"you")), b"", b"you"),
        _message("it is longer than a segment", sends(framed(b"x" * 5000)), b"x" * 5000),
        _message("the peer half-closes in the length", half_closes(b"\0\0"), END),
        _message("the peer half-closes in the message", half_closes(framed(b"hello")[:7]), END),
        _message("the peer falls silent", sends(framed(b"hello")[:7]), WAITS),
    ),
)
