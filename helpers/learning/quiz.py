"""Questions that are answered at once: the wrap-up quiz of a notebook, and what is asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.errors import LabError
from helpers.learning.question import Question, letter
from helpers.learning.sheet import Sheet, answered
from helpers.learning.texts import rooms


class Quiz(Sheet):
    """A sheet whose answers are known from the start. As text it ends with the right letters."""

    def __init__(self, questions: Sequence[Question], head: str, given: Mapping[str, str]) -> None:
        super().__init__(questions, head, given)
        self.answers = {
            each.key: answered(each, each.choices[each.right].seen) | {"again": self._again(each)}
            for each in questions
        }

    def _again(self, question: Question) -> str:
        """Where the notebooks answer it, for whoever was wrong."""
        number = rooms()[question.room]
        notebook = "" if number == self.notebook(question) else f"notebook {number}, "
        return f"Read again: {notebook}“{question.section}”."

    def __repr__(self) -> str:
        right = (f"{n} {letter(q.right)}" for n, q in enumerate(self.questions, 1))
        return "\n".join([*self._lines(), "", f"right: {', '.join(right)}"])


def quiz(questions: Sequence[Question], **given: object) -> Quiz:
    """The wrap-up quiz of a room, such as ``backlog.QUIZ``: each answer comes with its reason.

    What a question is about is ``given`` by its name: a table or a trace of this run, as text.
    Raises ``LabError`` for what is missing, and for what no question asks for.
    """
    wanted = {question.given for question in questions if question.given}
    if wanted != set(given):
        raise LabError(
            f"these questions need {', '.join(sorted(wanted)) or 'nothing'},"
            f" and were given {', '.join(given) or 'nothing'}"
        )
    texts = {key: str(each) for key, each in given.items()}
    return Quiz(questions, "What do you know now?", texts)
