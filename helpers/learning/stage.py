"""Runs the reader's function in a lab of its own, in front of peers that the exercise plays."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from helpers.errors import HostDied, LabError, StillBlocked
from helpers.inside.examiner import ENDED, READY, answer
from helpers.lab.host import Program
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen, settle
from helpers.learning.subject import Mistake, Subject
from helpers.learning.texts import sayings
from helpers.record.trace import QUERIES, CallRecord, Note
from helpers.waiting import patience, wait_until

Verdict = tuple[Any, ...]
Line = tuple[str, str]
# How long the reader's function may take, in seconds.
SECONDS = 1.2
# What the examiner may add to that on a busy machine, and a second more.
_GRACE = 11
# How long anybody waits for the function: it has been ended by then.
LONGEST = SECONDS + _GRACE
# How long a silent peer is silent, in seconds.
SILENCE = 0.3
# What became of a call that did not return: its process was killed, or its time was over.
_CUT_OFF = ("killed", "Overtime")
# Calls that return because of what another process did.
_WOKEN = ("accept", "recv", "recv_into", "recvfrom", "recvmsg")
# How many lines a history may have.
_LONGEST = 40
SAY = sayings("learning", "CHECK")


@dataclass
class Try:
    """One program that runs the reader's function: it is ready, or it has its verdict."""

    program: Program
    label: str
    late: bool = False

    @property
    def ready(self) -> bool:
        """Whether the function has done its part and the program goes on."""
        return READY in self.program.output

    @property
    def printed(self) -> str:
        """What the reader's own print() said."""
        return re.sub(f"{READY}.*\n?", "", self.program.output)

    @property
    def address(self) -> str:
        """The address on which the listener is ready, or ""."""
        found = re.search(f"{READY} (.*)\n", self.program.output)
        return found[1] if found else ""

    def over(self) -> bool:
        """Whether it is ready or has ended."""
        return self.program.done() or self.ready

    def verdict(self) -> Verdict:
        """Wait for its end, and say what became of it."""
        try:
            verdict: Verdict = self.program.result(LONGEST * patience())
        except (HostDied, LabError):
            # How long it took tells nothing: on a busy machine one that ends itself is late too.
            verdict = ("overtime", 0) if self.program.returncode in (ENDED, None) else ("died",)
        self.late = "overtime" in (
            verdict[0],
            *(v[0] for v in verdict if isinstance(v, tuple) and v),
        )
        return verdict


@dataclass
class Stage:
    """One situation: a lab, the reader's function, and a port that nobody used before.

    ``table`` is what the function was given, if that is worth showing, line by line.
    """

    lab: Lab
    subject: Subject
    port: int
    tries: list[Try] = field(default_factory=list)
    table: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mark = self.lab.trace.mark()

    def fresh(self) -> None:
        """Give both hosts new processes; the history begins here."""
        self.lab.client.restart()
        self.lab.server.restart()
        self.mark = self.lab.trace.mark()

    def listen(self, backlog: int = 1) -> Socket:
        """A listener of the server on this situation's port."""
        return listen(self.lab.server, self.port, backlog)

    def start(self, role: Callable[..., Any], *args: Any) -> Try:
        """Start the function in ``role``, one of the examiner's; return when it is ready or over.

        ``args`` follow the code, the port and the deadline.
        """
        return self._run(role, self.port, SECONDS * patience(), *args)

    def ask(self, role: Callable[..., Any], *args: Any) -> Verdict:
        """Call the function with plain values, in a process of the server; its verdict."""
        return self._run(role, SECONDS * patience(), *args).verdict()

    def answer(self, *args: Any) -> tuple[str, Any]:
        """The type and the value of what the function returns for plain values.

        Raises ``Mistake`` for a function that returns nothing, raises, or takes too long.
        """
        _, kind, value = expect_return(self.subject, self.ask(answer, *args))
        return kind, value

    def _run(self, role: Callable[..., Any], *args: Any) -> Try:
        program = self.lab.server.run(role, self.subject.code, *args, wait=False)
        made = Try(program, role.__name__)
        self.tries.append(made)
        try:
            wait_until("the reader's function", made.over, LONGEST)
        except LabError:
            made.program.kill()
        self.lab.server.quiet()
        return made

    def waits(self, tried: Try) -> bool:
        """Whether the function goes on waiting when its peer was silent for a while.

        In which call, or in how many, is its own affair.
        """
        with contextlib.suppress(StillBlocked):
            tried.program.exception(SILENCE)
        with contextlib.suppress(LabError):  # it may ask again and again
            self.lab.server.quiet()
        return not tried.program.done()

    def timed_out(self) -> bool:
        """Whether a call of the function ended because a time-out that it had set was over."""
        calls = self.lab.trace.since(self.mark).calls
        return any(call.host == "server" and call.error == "TimeoutError" for call in calls)

    def connect(self) -> Socket:
        """A client that connects to the server; raises what connect raises."""
        client = self.lab.client.socket()
        client.connect(("server", self.port))
        return client

    def note(self, who: str, what: str) -> None:
        """Write a line of the history."""
        engine = self.lab.engine
        engine.ask(lambda: engine.observer.note(f"{who} {what}"))

    def settle(self) -> str:
        """Wait until no FIN is under way; what the server's port is left with is noted."""
        settle(self.lab, self.port)
        rows = self.lab.server.sockets()
        left = ", ".join(
            f"{r.state} {r.local} {r.peer}" for r in rows if r.row.local[1] == self.port
        )
        self.note("server", SAY.keeps.format(left=left or SAY.keeps_nothing))
        return left

    # ---- what is said of it -----------------------------------------------------------

    def mistake(self, words: str, /, **facts: object) -> Mistake:
        """A ``Mistake`` in words of the exercise; ``{name}`` in them is the function's."""
        return Mistake(words.format(name=self.subject.name, **facts))

    def calls(self, label: str) -> list[CallRecord]:
        """The calls of one role in this situation, in order."""
        made = self.lab.trace.since(self.mark).calls
        return [c for c in made if c.process == label and c.name not in QUERIES]

    def history(self) -> list[str]:
        """One line for each call and note of this situation.

        A call stands where it returned, and so behind what it waited for; one that never returned
        where it began. Of several that returned before anything else began, those that were woken
        come last: without a wire, which of two processes was heard first is chance.
        """
        lines: list[Line] = []
        begun: dict[CallRecord, int] = {}
        returned: list[CallRecord] = []

        def tell_returned() -> None:
            returned.sort(key=lambda call: (call.name in _WOKEN, begun[call]))
            lines.extend(map(_line, returned))
            returned.clear()

        for event in self.lab.trace.since(self.mark).events:
            record = event.record
            if isinstance(record, Note) or event.kind == "begin":
                tell_returned()
            if isinstance(record, Note):
                who, _, what = record.text.removeprefix("the ").partition(" ")
                lines.append((_who(who), what))
            elif isinstance(record, CallRecord) and event.kind == "begin":
                begun[record] = len(begun)
                lines += [_line(record)] if _told(record, "begin") else []
            elif isinstance(record, CallRecord) and record in begun and _told(record, "end"):
                returned.append(record)
        tell_returned()
        shown = lines
        for late in (t for t in self.tries if t.late):
            shown = folded(shown, _who(late.label))
        shown = [*shown[:_LONGEST], ("", SAY.and_so_on)] if len(shown) > _LONGEST else shown
        width = max((len(who) for who, _ in shown), default=0)
        return [self.named(f"{who:<{width}}  {what}") for who, what in shown]

    def named(self, text: str) -> str:
        """Text without accidents: the port and the client's own port by their roles."""
        text = re.sub(r":ephemeral(-\d+)?\b", "", text)
        return re.sub(rf":{self.port}\b", ":port", text)


def _line(record: CallRecord) -> Line:
    return _who(record.process), record.line + _outcome(record)


def _told(record: CallRecord, kind: str) -> bool:
    returned = record.end is not None and record.error not in _CUT_OFF
    return kind == ("end" if returned else "begin") and record.name not in QUERIES


def _who(label: str) -> str:
    return label.replace("_", " ")


def _outcome(record: CallRecord) -> str:
    if record.error in _CUT_OFF:
        return SAY.never_returned
    return record.outcome.replace(" ...", " …")


def folded(lines: list[Line], who: str, longest: int = 4) -> list[Line]:
    """The lines, with the loop that ``who`` never left told once.

    How often it went round is an accident of speed. Descriptors are no difference.
    """
    keys = [re.sub(r"\(\d+|= \d+$", "", what) if by == who else "" for by, what in lines]
    for at in range(len(lines)):
        for size in range(1, longest + 1):
            group = keys[at : at + size]
            if all(group) and keys[at : at + 2 * size] == group * 2:
                others = [line for line in lines[at + size :] if line[0] != who]
                return [*lines[: at + size], (who, SAY.again), *others]
    return lines


def expect_return(subject: Subject, verdict: Verdict) -> Verdict:
    """Return a verdict of ``returned``; raise ``Mistake`` with a sentence for any other."""
    kind, *rest = verdict
    if kind == "overtime":
        raise Mistake(overtime(subject, rest[0]))
    if kind == "died":
        raise Mistake(SAY.died.format(name=subject.name))
    if kind == "raised":
        raise Mistake(raised(subject, *rest))
    if rest and rest[0] == "NoneType":
        raise Mistake(SAY.no_return.format(name=subject.name))
    return verdict


def overtime(subject: Subject, line: int) -> str:
    """The sentence for a function that did not come back."""
    where, seconds = subject.loop(line), SECONDS * patience()
    return SAY.overtime.format(name=subject.name, where=where, seconds=seconds)


def raised(
    subject: Subject, kind: str, text: str, code: int, line: int, types: tuple[str, ...] = ()
) -> str:
    """The sentence for a function that raised."""
    del types
    shown = f"{errno.errorcode.get(code, code)}, {os.strerror(code)}" if code else text
    words = SAY.raised if shown else SAY.raised_bare
    where, shown = subject.line(line), shown.rstrip(".")
    said = words.format(name=subject.name, kind=kind, where=where, shown=shown)
    return said + (SAY.far_away if kind == "NameError" else "")
