"""Asks again, at the beginning of a notebook, what earlier ones have asked."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.errors import LabError
from helpers.learning import progress
from helpers.learning.question import Question
from helpers.learning.quiz import Quiz
from helpers.learning.texts import asked, named, rooms

_MANY = 3


class Recall(Quiz):
    """Questions of earlier notebooks, asked in this one."""

    kind = "recall"

    def __init__(self, notebook: str, questions: Sequence[Question]) -> None:
        self._notebook = notebook
        super().__init__(questions, "Do you remember?", {})

    def notebook(self, question: Question) -> str:
        """Where it is asked now."""
        return self._notebook


def recall(notebook: str) -> Recall:
    """Three questions of earlier notebooks: those that this reader missed, if that is known.

    ``notebook`` is a number, such as ``"04"``. Without a record of the reader, or with fewer than
    three that were missed, the notebook's own choice follows. Raises ``LabError`` for a notebook
    that has nothing before it.
    """
    room = next((room for room, number in rooms().items() if number == notebook), "")
    chosen = named(room).get("RECALL") if room else None
    if not chosen:
        raise LabError(f"there is nothing to recall before notebook {notebook!r}")
    missed = [f"{room}.{name}" for room, name in progress.missed(_records(), notebook)]
    known = dict.fromkeys([*missed, *chosen])
    # A question that needs a table of its run cannot be asked without it.
    able = [question for key in known if not (question := asked(key)).given]
    return Recall(notebook, [question.by_itself for question in able[:_MANY]])


def _records() -> list[progress.Record]:
    try:
        return progress.read()
    except OSError:
        return []  # what cannot be read is no trouble of the lesson
