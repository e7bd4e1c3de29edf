"""Shows a reader what he believed first and what he has solved, and what to come back to."""

from __future__ import annotations

import base64
import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.errors import LabError
from helpers.figures import looks, showing
from helpers.figures.progress import BAD, GOOD, OPEN, Marks, marks, size, told
from helpers.learning.progress import (
    VARIABLE,
    Record,
    first_choice,
    kept_in,
    missed,
    notebook_of,
    questions,
    read,
)
from helpers.learning.texts import asked, rooms, tasks
from helpers.record.snapshot import table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BELIEVED, QUIZ, SOLVED = "believed first", "quiz", "exercises"
_NOTHING = (
    f"nothing is kept: {VARIABLE} names no file. make lab names one, in work/, and nothing "
    f"of it is sent anywhere"
)
_MANY = 4  # of each: what one can come back to in an hour


@dataclass(frozen=True)
class Standing:
    """One mark for each question and exercise, and what to come back to, in sentences.

    As the last line of a cell it shows a picture, and under it those sentences; as text the same.
    """

    rows: tuple[Marks, ...]
    again: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def draw(self, ax: Axes | None = None) -> Axes:
        """The picture. Raises ``LabError`` where nothing is kept."""
        return marks(self.rows, ax)

    def __repr__(self) -> str:
        if not self.rows:
            return "\n".join(self.notes)
        headings = dict.fromkeys(heading for row in self.rows for heading in row.groups)
        rows = [(row.title, *(_count(heading, row) for heading in headings)) for row in self.rows]
        told = table([("notebook", *headings), *rows])
        return "\n".join([told, "", *self._sentences(), *self.notes])

    def _sentences(self) -> list[str]:
        if not self.again:
            return ["nothing to come back to so far"]
        return ["come back to", *(f"  {line}" for line in self.again)]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        shown = {"text/plain": repr(self)}
        return {**shown, "text/html": self._html()} if self.rows else shown

    def _html(self) -> str:
        from matplotlib.figure import Figure

        figure = Figure(figsize=size(self.rows), dpi=100, facecolor=looks.PAPER)
        with looks.lesson():
            axes = figure.add_subplot()
        self.draw(axes)
        data = base64.b64encode(showing.png(figure)).decode()
        sentences = "\n".join([*self._sentences(), *self.notes])
        return (
            f'<img alt="{html.escape(told(self.rows))}" src="data:image/png;base64,{data}" '
            f'style="width:{figure.get_figwidth() * showing.SHOWN:.0f}px; max-width:100%">'
            f"<pre>{html.escape(sentences)}</pre>"
        )


def progress(path: str | Path | None = None) -> Standing:
    """What was believed first and what was solved in each notebook, and what to come back to.

    From ``path``, or from the file that the environment's ``TCP_LAB_PROGRESS`` names. Of the
    choices for one question the first counts, if it was made before the kernel answered: that is
    what was believed. A solved exercise stays solved. Without a file it says that nothing is kept.
    Raises ``LabError`` for a file that cannot be read.
    """
    where = Path(path) if path is not None else kept_in()
    if where is None:
        return Standing((), notes=(_NOTHING,))
    try:
        records = read(where)
    except OSError as error:
        raise LabError(f"{where} cannot be read: {error.strerror or error}") from error
    damaged = f"damaged lines of {where.name}, left out: {records.damaged}"
    rows = tuple(row for room in rooms() if (row := _marks(room, records)).groups)
    again = *_few(_to_ask_again(records), "questions"), *_few(_to_try_again(records), "exercises")
    return Standing(rows, again, (damaged,) if records.damaged else ())


def _few(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - _MANY
    return [*lines[:_MANY], *([f"and {more} more {what}"] if more > 1 else lines[_MANY:])]


def _marks(room: str, records: Sequence[Record]) -> Marks:
    own = [record for record in records if record["room"] == room]
    found = {name: _believed(_of(own, name)) for name in questions(room)}
    groups = {
        BELIEVED: {name: mark for name, mark in found.items() if not _in_quiz(name)},
        QUIZ: {name: mark for name, mark in found.items() if _in_quiz(name)},
        SOLVED: {name: _solved(_checks(own, room, name)) for name in tasks(room)},
    }
    title = f"{notebook_of(room)} {room}"
    return Marks(title, {heading: group for heading, group in groups.items() if group})


def _in_quiz(name: str) -> bool:
    return name.startswith("QUIZ.")


def _of(records: Sequence[Record], name: str) -> list[Record]:
    """What was chosen when the notebook itself asked."""
    return [r for r in records if r["kind"] == "prediction" and r["name"] == name]


def _believed(choices: Sequence[Record]) -> str:
    _, seen, right = first_choice(choices)
    return OPEN if seen is None or right is None else GOOD if right else BAD


def _checks(records: Sequence[Record], room: str, name: str) -> list[Record]:
    """The checks of the reader's own function: a notebook checks a solution of its own, too."""
    own = tasks(room)[name].partition("(")[0]
    return [
        r for r in records
        if r["kind"] == "check" and (r["room"], r["name"], r["function"]) == (room, name, own)
    ]  # fmt: skip


def _solved(checks: Sequence[Record]) -> str:
    if not checks:
        return OPEN
    return GOOD if any(record["passed"] for record in checks) else BAD


def _to_ask_again(records: Sequence[Record]) -> list[str]:
    """What was answered wrong, or looked up before anything was chosen."""
    found = []
    for room, name in missed(records, before="99"):
        choices = _of([r for r in records if r["room"] == room], name)
        chose, seen, right = first_choice(choices)
        why = "not answered" if seen is None else f"you said {chose!r}, the kernel {seen!r}"
        why += ", which is none of the choices" if right is None else ""
        if choices:
            question = asked(f"{room}.{name}")
            ask = textwrap.wrap(question.by_itself.ask, 84)
            lines = [f"{notebook_of(room)} {room}.{name}: {why}", *ask]
            found.append("\n     ".join([*lines, f"read again: {question.section}"]))
    return found


def _to_try_again(records: Sequence[Record]) -> list[str]:
    found = []
    for room in rooms():
        for name, task in tasks(room).items():
            checks = _checks(records, room, name)
            if _solved(checks) == BAD:
                what = f"{task.partition('(')[0]} failed in {checks[-1]['failed']!r}"
                found.append(f"{notebook_of(room)} {room}.{name}: {what}")
    return found


def _count(heading: str, row: Marks) -> str:
    """``3 of 6 right, 1 wrong``; empty where there is nothing to mark."""
    found = list(row.groups.get(heading, {}).values())
    if not found:
        return ""
    good, bad = (" solved", "tried") if heading == SOLVED else (" right", "wrong")
    wrong = found.count(BAD)
    return f"{found.count(GOOD)} of {len(found)}{good}" + f", {wrong} {bad}" * bool(wrong)
