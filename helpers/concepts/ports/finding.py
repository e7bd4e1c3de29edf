"""The exercise of notebook 03 on free ports: ``start_listener()`` never loses the race."""

from __future__ import annotations

from helpers.inside.examiner import fixture
from helpers.learning.exercise import Exercise, Situation
from helpers.learning.stage import Stage, expect_return
from helpers.learning.texts import sayings

SAY = sayings("ports", "LISTENER")
_WORDS = {
    "lost": SAY.lost,
    "written": SAY.written,
    "joined": SAY.joined,
    "taken": SAY.taken,
    "shared": SAY.shared,
    "no pair": SAY.no_pair,
    "no socket": SAY.no_socket,
    "closed": SAY.closed,
    "not listening": SAY.not_listening,
    "other port": SAY.other_port,
}
# What the thief did; the history tells it behind the function's calls.
_NOTES = {"lost": SAY.note_thief, "written": SAY.note_holder, "joined": SAY.note_joiner}


def _situation(title: str, times: int) -> Situation:
    return Situation(title, lambda stage: _play(stage, times))


def _play(stage: Stage, times: int) -> None:
    stage.fresh()
    verdict = stage.ask(fixture, times)
    kind = verdict[0]
    if kind == "ready":
        return
    if kind not in _WORDS:
        expect_return(stage.subject, verdict)
    if kind in _NOTES:
        stage.note("thief", _NOTES[kind])
        stage.port = verdict[-1]
    line = stage.subject.line(verdict[1]) if kind in ("lost", "written", "taken") else ""
    raise stage.mistake(_WORDS[kind], line=line, kind=verdict[1] if len(verdict) > 1 else "")


LISTENER = Exercise(
    SAY,
    (_situation(SAY.when_one, 1), _situation(SAY.when_two, 2), _situation(SAY.when_twenty, 20)),
)
