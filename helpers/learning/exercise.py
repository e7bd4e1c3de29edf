"""Checks the reader's function in situations that are hard on it, up to the first that fails."""

from __future__ import annotations

import contextlib
import random
import socket
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from helpers.errors import LabError, NotPermitted
from helpers.lab.lab import Lab
from helpers.learning import progress
from helpers.learning.report import HINTS, WIDTH, Answer, Failure, Report
from helpers.learning.stage import LONGEST, Stage
from helpers.learning.subject import Mistake, Subject, take
from helpers.learning.texts import Complaint, Sayings, rooms, sayings

_BASE = 5000
_PRINTED = 10
SAY = sayings("learning", "CHECK")


@dataclass(frozen=True)
class Situation:
    """``play`` makes things happen on a stage, and raises ``Mistake`` if they came out wrong."""

    title: str
    play: Callable[[Stage], object]
    wire: bool = False


@dataclass(frozen=True)
class Exercise:
    """Its ``texts`` hold the task: what goes in, what comes out, and what of ends and errors."""

    texts: Sayings
    situations: tuple[Situation, ...]

    @property
    def call(self) -> str:
        """Its name in a notebook: ``reuse.RESTARTS``."""
        return self.texts.call

    def __repr__(self) -> str:
        lines = (f"{n:>3}  {s.title}" for n, s in enumerate(self.situations, 1))
        task = textwrap.wrap(self.texts.task, WIDTH, break_on_hyphens=False)
        return "\n".join([*task, "", *lines])


def check(
    function: object, exercise: Exercise, *, hint: int = 0, bench: bool | None = None
) -> Report:
    """Run the reader's function in each situation of ``exercise``, up to the first that fails.

    In a lab of its own, on real sockets, each run with a deadline of 1.2 s; usually done within
    a second. Whatever the function does, an endless loop included, the answer is a ``Report``,
    and nothing is left behind. It says what happened; with ``hint=1`` also where to look, with
    ``hint=2`` also what helps. Raises ``LabError`` only for an ``exercise`` that is none, and for
    any other ``hint``.
    """
    if not isinstance(exercise, Exercise):
        raise LabError(f"check takes a function and an exercise, not {exercise!r}")
    if hint not in range(HINTS + 1):
        raise LabError(f"hint is 0, 1 or 2, not {hint!r}")
    try:
        subject = take(function)
    except Mistake as mistake:
        name = str(getattr(function, "__name__", function))
        return _noted(Report(name, exercise.call, (), Failure(mistake.complaint), hint))
    # As long as the reader's side may block it.
    with Lab(bench=bench, deadline=LONGEST) as lab:
        answers, failed = _run(lab, subject, exercise)
    return _noted(Report(subject.name, exercise.call, tuple(answers), failed, hint))


def _noted(report: Report) -> Report:
    """Remember what came of it, if anything is kept."""
    room, _, name = report.exercise.partition(".")
    if room in rooms():
        failed = (title for word, title in report.answers if word == "failed")
        progress.note(
            "check",
            room=room,
            name=name,
            function=report.name,
            passed=report.passed,
            failed=next(failed, None),
            hint=report.hint,
        )
    return report


def _run(lab: Lab, subject: Subject, exercise: Exercise) -> tuple[list[Answer], Failure | None]:
    answers: list[Answer] = []
    failed: Failure | None = None
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
    return answers, failed


def _play(stage: Stage, situation: Situation) -> Failure | None:
    """Play one situation; None, or what belongs to its failure."""
    try:
        situation.play(stage)
    except NotPermitted:
        raise  # a machine's fault and no reader's
    except (Mistake, LabError, OSError) as error:
        unplayed = Complaint(SAY.unplayed.format(error=error))
        complaint = error.complaint if isinstance(error, Mistake) else unplayed
        printed = "".join(t.printed for t in stage.tries).splitlines()[:_PRINTED]
        told, given = tuple(stage.history()), tuple(stage.table)
        return Failure(complaint.each(stage.named), told, given, tuple(printed))
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
