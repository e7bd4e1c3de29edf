"""The exercises of notebook 06 on reading a stream: n bytes, a line, a message with its length."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from helpers.inside.examiner import reader
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.peers import Peer, half_closes, one_byte_at_a_time, resets, sends, vanishes
from helpers.learning.stage import Stage, Try, Verdict, expect_return
from helpers.learning.texts import Sayings, sayings

EXACTLY = sayings("recv", "RECV_EXACTLY", "READING")
LINE = sayings("recv", "LINES", "READING")
MESSAGE = sayings("recv", "MESSAGES", "READING")
# What must come of a call, if not bytes: an end of the stream, a reset, or that it goes on waiting.
END, RESET, WAITS = "end", "reset", "waits"
# Of what a long read does, no more than a history could show is recorded.
_TOLD = 40
Want = bytes | str


@dataclass(frozen=True)
class Reading:
    """What the situations of one exercise have in common.

    ``fault(value, want)`` is the sentence for wrong bytes, and ``at_end(value)`` for those that
    were returned at an early end. Of long ones ``longest`` are shown.
    """

    say: Sayings
    fault: Callable[[bytes, bytes], str]
    longest: int | None = 40
    at_end: Callable[[bytes], str] | None = None

    def situation(
        self,
        title: str,
        peer: Peer,
        *wants: Want,
        n: int | None = None,
        wire: bool = False,
        told: int = 0,
    ) -> Situation:
        """A peer, and what must come of each call; ``n`` is the function's second argument.

        With ``told`` no more than so many calls of the reader are recorded.
        """

        def play(stage: Stage) -> None:
            calls: list[tuple[int, ...]] = [() if n is None else (n,)] * len(wants)
            tried = stage.start(reader, calls, told)
            stage.mark = stage.lab.trace.mark()
            client = stage.connect()
            try:
                with contextlib.suppress(OSError):  # the reader may have gone already
                    peer(stage, client)
                self._judge(stage, tried, wants, n or 0)
            finally:
                if wire:
                    stage.lab.wire.mend()

        return Situation(title, play, wire)

    def _judge(self, stage: Stage, tried: Try, wants: tuple[Want, ...], n: int) -> None:
        """Raise the ``Mistake`` of the first call that made one."""
        if wants[-1] == WAITS:
            if not stage.waits(tried):
                raise stage.mistake(self.say.gave_up)
            return
        verdicts = tried.verdict()
        if verdicts == ("died",) or verdicts[0] == "overtime":
            verdicts = (verdicts,)
        for at, (verdict, want) in enumerate(zip(verdicts, wants, strict=False)):
            if words := self._words(stage, tried, verdict, want, at):
                kind, value = (verdict[1], verdict[-1]) if len(verdict) > 1 else ("", None)
                data, due = (v if isinstance(v, bytes) else b"" for v in (value, want))
                raise stage.mistake(
                    words,
                    kind=kind,
                    n=n,
                    got=len(data),
                    wanted=len(due),
                    value=data[: self.longest] if isinstance(value, bytes) else value,
                    want=due[: self.longest],
                )

    def _words(self, stage: Stage, tried: Try, verdict: Verdict, want: Want, at: int) -> str:
        """The sentence for one call's verdict, or "" if it is right."""
        if want == END:
            return self._at_end(stage, verdict)
        if want == RESET:
            if _raised(verdict, "ConnectionResetError"):
                return ""
            # On a busy machine a time-out may be over before the RST is there.
            return self.say.gave_up if stage.timed_out() else EXACTLY.swallowed
        if verdict[0] == "overtime" and at:
            return self.say.lost
        if verdict[0] == "overtime" and self._receives(stage, tried):
            return self.say.waits_for_more
        _, kind, value = expect_return(stage.subject, verdict)
        if kind not in ("bytes", "bytearray"):
            return self.say.wrong_type
        if value == want:
            return ""
        assert isinstance(want, bytes)
        early = len(value) < len(want) and stage.timed_out()
        return self.say.gave_up if early else self.fault(value, want)

    def _at_end(self, stage: Stage, verdict: Verdict) -> str:
        """The stream ends too early, and the function must say so."""
        if verdict[0] == "overtime":
            return self.say.end_loop
        if verdict[0] == "raised":
            return "" if _raised(verdict, "EOFError") else self.say.end_other
        *_, value = expect_return(stage.subject, verdict)
        return self.at_end(value) if self.at_end else self.say.cut_short

    def _receives(self, stage: Stage, tried: Try) -> bool:
        """Whether the time was over in a recv."""
        calls = (c for c in stage.calls(tried.label) if c.name.startswith("recv"))
        return any(c.end is None or c.error in ("killed", "Overtime") for c in calls)


def _raised(verdict: Verdict, kind: str) -> bool:
    """Whether it raised this exception, or one of the reader's own that is derived from it."""
    return verdict[0] == "raised" and kind in verdict[-1]


def _other_bytes(value: bytes, want: bytes) -> str:
    if len(value) == len(want):
        return EXACTLY.different
    return EXACTLY.short if len(value) < len(want) else EXACTLY.greedy


def _other_line(value: bytes, want: bytes) -> str:
    if value == want + b"\n":
        return LINE.with_newline
    if b"\n" in value:
        return LINE.more_than_line
    part = len(value) < len(want) and want.startswith(value)
    return LINE.part_of_line if part else LINE.other_line


def _other_message(value: bytes, want: bytes) -> str:
    if value.startswith(struct.pack("!I", len(want))):
        return MESSAGE.with_header
    if len(value) == len(want):
        return MESSAGE.other_message
    return MESSAGE.part_of_message if len(value) < len(want) else MESSAGE.more_than_message


def _short_message(value: bytes) -> str:
    return MESSAGE.part_of_length if value == b"hello" else MESSAGE.cut_short


def framed(data: bytes) -> bytes:
    """One message as it travels: its length in four bytes, most significant first, and itself."""
    return struct.pack("!I", len(data)) + data


_exactly = Reading(EXACTLY, _other_bytes, None).situation
_line = Reading(LINE, _other_line).situation
_message = Reading(MESSAGE, _other_message, at_end=_short_message).situation
_LONG, _HELLO = b"x" * 5000, framed(b"hello")
# More than two bytes can say; whoever looks only at them finds five.
_BEGINNING = struct.pack("!I", 0x10005) + b"hello!"

RECV_EXACTLY = Exercise(
    EXACTLY,
    (
        _exactly(EXACTLY.when_at_once, sends(b"hello"), b"hello", n=5),
        _exactly(EXACTLY.when_bytewise, one_byte_at_a_time(b"hello"), b"hello", n=5),
        _exactly(EXACTLY.when_glued, sends(b"helloworld"), b"hello", b"world", n=5),
        _exactly(EXACTLY.when_long, sends(_LONG), _LONG, n=5000, told=_TOLD),
        _exactly(EXACTLY.when_early_end, half_closes(b"hel"), END, n=5),
        _exactly(EXACTLY.when_reset, resets(b"hel"), RESET, n=5),
        _exactly(EXACTLY.when_silent, sends(b"hel"), WAITS, n=5),
        _exactly(EXACTLY.when_vanished, vanishes(b"hel"), WAITS, n=5, wire=True),
    ),
)
LINES = Exercise(
    LINE,
    (
        _line(LINE.when_whole, sends(b" hello\n"), b" hello"),
        _line(LINE.when_bytewise, one_byte_at_a_time(b"hello\n"), b"hello"),
        _line(LINE.when_glued, sends(b"hello\nworld\n"), b"hello", b"world"),
        _line(LINE.when_empty, sends(b"\nhello\n"), b"", b"hello"),
        _line(LINE.when_early_end, half_closes(b"hel"), END),
        _line(LINE.when_silent, sends(b"hel"), WAITS),
    ),
)
MESSAGES = Exercise(
    MESSAGE,
    (
        _message(MESSAGE.when_whole, sends(_HELLO), b"hello"),
        _message(MESSAGE.when_bytewise, one_byte_at_a_time(_HELLO), b"hello"),
        _message(MESSAGE.when_glued, sends(_HELLO + framed(b"you")), b"hello", b"you"),
        _message(MESSAGE.when_empty, sends(framed(b"") + framed(b"you")), b"", b"you"),
        _message(MESSAGE.when_long, sends(framed(_LONG)), _LONG, told=_TOLD),
        _message(MESSAGE.when_no_length, half_closes(b"\0\0"), END),
        _message(MESSAGE.when_early_end, half_closes(_BEGINNING), END),
        _message(MESSAGE.when_silent, sends(_HELLO[:7]), WAITS),
    ),
)
