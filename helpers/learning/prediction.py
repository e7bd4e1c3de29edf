"""Lets a reader predict before a run, and puts the prediction beside what the kernel did."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

from helpers.errors import LabError
from helpers.learning.question import Question, Rows, Unseen, as_seen, letter
from helpers.learning.sheet import WIDTH, Sheet
from helpers.learning.view import widget_view

# A question is asked once in a kernel, however often its cells are run: the choice stays.
_sheets: dict[str, Sheet] = {}


class Table:
    """One question, asked of several things: a sheet for each, one below the other."""

    def __init__(self, head: str, sheets: Sequence[Sheet]) -> None:
        self.head, self.sheets = head, tuple(sheets)

    def __repr__(self) -> str:
        asked = [sheet.questions[0] for sheet in self.sheets]
        width = max(len(question.ask) for question in asked)
        rows = (
            "  ".join(
                [f"  {question.ask:<{width}}"]
                + [f"  {letter(n)}  {choice.text}" for n, choice in enumerate(question.choices)]
            )
            for question in asked
        )
        return "\n".join([self.head, *rows])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self._widget)}

    def _widget(self) -> Any:
        import ipywidgets

        head = ipywidgets.HTML(f"<b>{html.escape(self.head)}</b>")
        return ipywidgets.VBox([head, *(sheet.widget() for sheet in self.sheets)])


def predict(question: Question | Rows) -> Sheet | Table:
    """Ask the reader, before the run that answers; as the last line of a cell it is shown.

    ``question`` is one of a room, such as ``backlog.THROUGH``. Raises ``LabError`` for others.
    """
    if isinstance(question, Rows):
        return Table(question.ask, [_sheet(each) for each in question])
    return _sheet(question)


def _sheet(question: Question) -> Sheet:
    if not isinstance(question, Question):
        raise LabError(f"this takes a question of a room, such as reuse.HOLDER, not {question!r}")
    return _sheets.setdefault(question.key, Sheet([question]))


class Answer:
    """What the kernel did, beside what the reader said."""

    def __init__(self, sheet: Sheet, question: Question, fact: object) -> None:
        self.sheet, self.question, self.seen = sheet, question, as_seen(fact)
        self.place, self.unseen = question.place(fact), isinstance(fact, Unseen)

    def __repr__(self) -> str:
        rows = []
        for n, choice in enumerate(self.question.choices):
            rows.append(f"{'->' if n == self.place else '  '} {letter(n)}  {choice.text}")
            if n == self.place or choice.why != self.question.choices[self.place or 0].why:
                rows += _why(choice.why)
        if self.unseen:
            rows.append(f"this answer was {self.seen}; here there is none")
        if self.place is None:
            rows.append(f"-> this kernel did something else: {self.seen}")
        return "\n".join(rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self.sheet.widget)}


def reveal(question: Question, fact: object) -> Answer:
    """Put the reader's prediction beside ``fact``, which was computed from the run.

    The right choice is the one that says what was seen: a number, a word, the name of an error; a
    bool is yes or no. Of what is ``Unseen`` the recorded answer is told. From then on a click on
    the question, here or above, is answered at once.
    """
    sheet = _sheet(question)
    sheet.answer(question, fact)
    return Answer(sheet, question, fact)


def _why(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
