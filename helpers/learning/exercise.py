"""Checks the reader's function in situations that are hard on it, and tells what happened.

The answer is in the order of a good test's: which situations passed, the numbered
history of the first that did not, and last what should have been different.
"""

from __future__ import annotations

import contextlib
import random
import socket
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpers.errors import LabError, NotPermitted
from helpers.lab.lab import Lab
from helpers.learning.stage import LONGEST, Stage
from helpers.learning.subject import Mistake, Subject, take
from helpers.learning.texts import sayings

_WIDTH = 88
_BASE = 5000
_PRINTED = 10
SAY = sayings("learning", "CHECK")
_Failure = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], str]


@dataclass(frozen=True)
class Situation:
    """``play`` makes things happen on a stage, and raises ``Mistake`` if they came out wrong."""

    title: str
    play: Callable[[Stage], object]
    wire: bool = False


@dataclass(frozen=True)
class Exercise:
    """``task`` says in one line what is to be written."""

    task: str
    situations: tuple[Situation, ...]

    def __repr__(self) -> str:
        lines = (f"{n:>3}  {s.title}" for n, s in enumerate(self.situations, 1))
        return "\n".join([self.task, "", *lines])


@dataclass(frozen=True)
class Report:
    """What a check found. ``answers`` are (word, title) for each situation, in order.

    ``history``, ``given`` (the table that the function got), ``printed`` and ``complaint`` belong
    to the one that failed.
    """

    name: str
    answers: tuple[tuple[str, str], ...]
    history: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    complaint: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing is to be complained of."""
        return not self.complaint

    def __str__(self) -> str:
        return "\n".join([*self._summary(), *self._story(), "", *self._end()])

    __repr__ = __str__

    def _summary(self) -> list[str]:
        width = max((len(word) for word, _ in self.answers), default=0)
        lines = [f"{n:>3}  {w:<{width}}  {t}" for n, (w, t) in enumerate(self.answers, 1)]
        head = SAY.summary.format(name=self.name, count=len(lines))
        return [head, *lines] if lines else []

    def _story(self) -> list[str]:
        if self.passed or not self.answers:
            return []
        title = next(title for word, title in self.answers if word == "failed")
        lines = [f"{n:>3}  {line}" for n, line in enumerate(self.history, 1)]
        parts = (
            (SAY.history.format(title=title), lines),
            (SAY.given.format(name=self.name), _indented(self.given)),
            (SAY.printed.format(name=self.name), _indented(self.printed)),
        )
        return [line for head, part in parts if part for line in ("", head, *part)]

    def _end(self) -> list[str]:
        if self.passed:
            everything = all(word == "passed" for word, _ in self.answers)
            return [SAY.all_passed if everything else SAY.none_failed]
        return [SAY.complaint, *(_fill(line) for line in self.complaint.splitlines())]


def check(function: object, exercise: Exercise, *, bench: bool | None = None) -> Report:
    """Run the reader's function in each situation of ``exercise``, up to the first that fails.

    In a lab of its own, on real sockets, each run with a deadline of 1.2 s; usually done within
    a second. Whatever the function does, an endless loop included, the answer is a ``Report``,
    and nothing is left behind. Raises ``LabError`` only for an ``exercise`` that is none.
    """
    if not isinstance(exercise, Exercise):
        raise LabError(f"check takes a function and an exercise, not {exercise!r}")
    try:
        subject = take(function)
    except Mistake as mistake:
        return Report(str(getattr(function, "__name__", function)), (), complaint=str(mistake))
    # As long as the reader's side may block it.
    with Lab(bench=bench, deadline=LONGEST) as lab:
        return _run(lab, subject, exercise)


def _run(lab: Lab, subject: Subject, exercise: Exercise) -> Report:
    answers: list[tuple[str, str]] = []
    failed: _Failure | None = None
    for n, situation in enumerate(exercise.situations):
        if failed:
            answers.append(("not tried", situation.title))
        elif situation.wire and lab.bench:
            answers.append(("skipped", SAY.no_wire.format(title=situation.title)))
        else:
            try:
                failed = _play(Stage(lab, subject, _port(lab, n)), situation)
                answers.append(("failed" if failed else "passed", situation.title))
            except NotPermitted as error:
                why = str(error).partition(". ")[0]
                answers.append(("skipped", SAY.not_here.format(title=situation.title, why=why)))
    return Report(subject.name, tuple(answers), *(failed or ()))


def _play(stage: Stage, situation: Situation) -> _Failure | None:
    """Play one situation; None, or what belongs to its failure."""
    try:
        situation.play(stage)
    except NotPermitted:
        raise  # a machine's fault and no reader's
    except (Mistake, LabError, OSError) as error:
        mistake = error if isinstance(error, Mistake) else SAY.unplayed.format(error=error)
        printed = "".join(t.printed for t in stage.tries).splitlines()[:_PRINTED]
        told, given = tuple(stage.history()), tuple(stage.table)
        return told, given, tuple(printed), stage.named(str(mistake))
    finally:
        for each in stage.tries:
            each.program.kill()
    return None


def _port(lab: Lab, n: int) -> int:
    """A port of this situation's own; in bench mode, one that is free on this machine."""
    if not lab.bench:
        return _BASE + n
    for _ in range(100):
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("", port))
                return port
    raise LabError("found no free port between 10000 and 32000 on this machine")


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"     {line}" for line in lines]


def _fill(line: str) -> str:
    margin = "     "
    return textwrap.fill(
        line, _WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )
