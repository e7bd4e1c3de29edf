"""Lets a reader predict before a run, and puts the prediction beside what the kernel did."""

from __future__ import annotations

import textwrap
from typing import Any

from helpers.errors import LabError
from helpers.learning.question import Question, Rows, as_seen, letter
from helpers.learning.sheet import WIDTH, Sheet
from helpers.learning.view import widget_view

# A question is asked once in a kernel, however often its cells are run: the choice stays.
_sheets: dict[str, Sheet] = {}


def predict(question: Question | Rows) -> Sheet:
    """Ask the reader, before the run that answers; as the last line of a cell it is shown.

    ``question`` is one of a room, such as ``backlog.THROUGH``. Raises ``LabError`` for others.
    """
    asked = list(question) if isinstance(question, Rows) else [question]
    if not all(isinstance(each, Question) for each in asked):
        raise LabError(
            f"predict takes a question of a room, such as reuse.HOLDER, not {question!r}"
        )
    if asked[0].key not in _sheets:
        head = question.ask if isinstance(question, Rows) else ""
        sheet = Sheet(asked, head)
        _sheets.update({each.key: sheet for each in asked})
    return _sheets[asked[0].key]


class Answer:
    """What the kernel did, beside what the reader said."""

    def __init__(self, sheet: Sheet, question: Question, fact: object) -> None:
        self.sheet, self.question, self.seen = sheet, question, as_seen(fact)
        self.place = question.place(fact)

    def __repr__(self) -> str:
        rows = []
        for n, choice in enumerate(self.question.choices):
            rows.append(f"{'->' if n == self.place else '  '} {letter(n)}  {choice.text}")
            if n == self.place or choice.why != self.question.choices[self.place or 0].why:
                rows += _why(choice.why)
        if self.place is None:
            rows.append(f"-> this kernel did something else: {self.seen}")
        return "\n".join(rows)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self.sheet.widget)}


def reveal(question: Question, fact: object) -> Answer:
    """Put the reader's prediction beside ``fact``, which was computed from the run.

    The right choice is the one that says what was seen: a number, a word, the name of an error; a
    bool is yes or no. From then on a click on the question, here or above, is answered at once.
    """
    sheet = _sheets.get(getattr(question, "key", "")) or predict(question)
    sheet.answer(question, fact)
    return Answer(sheet, question, fact)


def _why(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)
