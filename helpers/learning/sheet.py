"""Questions that stand together: what the reader chose, and what came out.

In a notebook they are buttons; elsewhere, and in every stored output, they are text. The text is
the same whether anybody has clicked or not.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning import progress
from helpers.learning.question import Question, Unseen, as_seen, letter
from helpers.learning.texts import rooms
from helpers.learning.view import widget_view

WIDTH = 88
_MODULE = Path(__file__).with_name("sheet.js")
_STYLE = Path(__file__).with_name("sheet.css")


class Sheet:
    """``chosen`` are the reader's choices, by a question's key: the place of each.

    ``answers`` are those of the run. What the reader does is kept by ``progress``, if at all, as
    records of this ``kind``.
    """

    kind = "prediction"

    def __init__(
        self, questions: Sequence[Question], head: str = "", given: Mapping[str, str] = {}
    ) -> None:
        self.questions, self.head, self.given = tuple(questions), head, dict(given)
        self.chosen: dict[str, int] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self._widget: Any = None

    def choose(self, text: str, name: str = "") -> None:
        """What a click does. Raises ``LabError`` for a choice that was not offered."""
        question = self._named(name)
        self._choices({**self.chosen, question.key: question.place_of(text)})
        if self._widget is not None:
            self._widget.chosen = self.chosen

    def answer(self, question: Question, fact: object) -> None:
        """Tell what a run showed; from now on a click is answered."""
        told = answered(question, fact)
        if self.answers.get(question.key) != told:
            self.answers = {**self.answers, question.key: told}
            self._note(question)
        if self._widget is not None:
            self._widget.answers = self.answers

    def _named(self, name: str) -> Question:
        for question in self.questions:
            if name in (question.name, question.key) or len(self.questions) == 1:
                return question
        known = ", ".join(question.name for question in self.questions)
        raise LabError(f"there is no question {name!r} here; there are {known}")

    def _choices(self, chosen: Mapping[str, int]) -> None:
        changed = [q for q in self.questions if chosen.get(q.key) != self.chosen.get(q.key)]
        self.chosen = dict(chosen)
        for question in changed:
            self._note(question)

    def _note(self, question: Question) -> None:
        """Each choice, and what was seen, is remembered: the first choice is the prediction."""
        chosen, answer = self.chosen.get(question.key), self.answers.get(question.key)
        texts = {n: choice.text for n, choice in enumerate(question.choices)}
        progress.note(
            self.kind,
            notebook=self.notebook(question),
            room=question.room,
            name=question.name,
            chose=texts[chosen] if chosen is not None else None,
            seen=texts.get(answer["right"], answer["seen"]) if answer else None,
            right=_right(chosen, answer),
        )

    def notebook(self, question: Question) -> str:
        """The number of the notebook in which the question is asked."""
        return rooms()[question.room]

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> list[str]:
        if len(self.questions) == 1:
            return asked(self.questions[0])
        lines = [self.head]
        for n, question in enumerate(self.questions, 1):
            given = textwrap.indent(self.given.get(question.given, ""), "       ").splitlines()
            lines += ["", *given, *([""] if given else []), *asked(question, f"{n}  ")]
        return lines

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self), **widget_view(self.widget)}

    def widget(self) -> Any:
        """Its one widget, of which every output shows a view: a click in one is seen in all."""
        if self._widget is None:
            self._widget = _make_widget(self)
        return self._widget

    def shown(self) -> list[dict[str, Any]]:
        """What a page needs to ask them: nothing of it says which choice is right."""
        return [
            {
                "key": question.key,
                "ask": question.ask,
                "choices": [choice.text for choice in question.choices],
                "row": bool(question.of),
                "given": self.given.get(question.given, ""),
            }
            for question in self.questions
        ]


def answered(question: Question, fact: object) -> dict[str, Any]:
    """What a page needs to answer a click: the place of what is right, what was seen, reasons."""
    whys = [choice.why for choice in question.choices]
    told = {"right": question.place(fact), "seen": as_seen(fact), "why": whys}
    return told | ({"recorded": True} if isinstance(fact, Unseen) else {})


def _right(chosen: int | None, answer: Mapping[str, Any] | None) -> bool | None:
    """None as long as one of both is missing, and where no choice says what was seen."""
    if chosen is None or answer is None or answer["right"] is None:
        return None
    return bool(chosen == answer["right"])


def asked(question: Question, margin: str = "") -> list[str]:
    """A question and its lettered choices, as lines."""
    space = " " * len(margin)
    lines = textwrap.wrap(
        question.ask, WIDTH, initial_indent=margin, subsequent_indent=space, break_on_hyphens=False
    )
    return [*lines, *(f"{space}  {letter(n)}  {c.text}" for n, c in enumerate(question.choices))]


def _make_widget(sheet: Sheet) -> Any:
    import anywidget
    import traitlets

    class Widget(anywidget.AnyWidget):
        _esm, _css = _MODULE, _STYLE
        head = traitlets.Unicode(sheet.head).tag(sync=True)
        questions = traitlets.List(sheet.shown()).tag(sync=True)
        chosen = traitlets.Dict(sheet.chosen).tag(sync=True)
        answers = traitlets.Dict(sheet.answers).tag(sync=True)

    widget = Widget()
    widget.observe(lambda change: sheet._choices(change["new"]), "chosen")
    return widget
