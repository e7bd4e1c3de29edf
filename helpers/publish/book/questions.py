"""Questions of a stored notebook, as a page without a kernel shows them.

What a click needs comes from the room's texts, and what was right from the text that the run has
stored: the stored run counts as having asked the kernel.
"""

from __future__ import annotations

import ast
import html
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from helpers.errors import LabError
from helpers.learning.prediction import Answer, Table
from helpers.learning.question import Question, Rows
from helpers.learning.quiz import Quiz, quiz
from helpers.learning.recall import recall
from helpers.learning.sheet import Sheet, answered, asked
from helpers.learning.texts import named, rooms

ASKING = ("predict", "reveal", "quiz", "recall")
_CHOSEN = re.compile(r"^-> ([A-Z])  ", re.MULTILINE)
_ELSE = re.compile(r"^-> this kernel did something else: (.*)\Z", re.MULTILINE | re.DOTALL)
_FOLDED = {
    "reveal": "the answer as text",
    "quiz": "the questions as text, with the answers",
    "recall": "the questions as text, with the answers",
}


def asking(source: str) -> ast.Call | None:
    """The call that ends a cell, if it is one that shows a question."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic, or a cell that is meant to fail
        return None
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    if isinstance(last, ast.Call) and isinstance(last.func, ast.Name) and last.func.id in ASKING:
        return last
    return None


def text_of(cell: Mapping[str, Any]) -> str:
    """The text that the value of a cell's last line has left."""
    for output in cell["outputs"]:
        if output["output_type"] == "execute_result":
            return "".join(output["data"]["text/plain"])
    raise LabError(f"cell {cell.get('id')} asks something and has stored nothing: make notebooks")


def answers(cells: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the stored run says of each question of a notebook, by the question's key.

    Raises ``LabError`` where the stored text is another one than today's texts give.
    """
    found = {}
    for cell in cells:
        call = asking("".join(cell["source"])) if cell["cell_type"] == "code" else None
        if call is not None and name_of(call) == "reveal":
            question = subject(call)
            assert isinstance(question, Question)
            text = text_of(cell)
            fact = _fact(question, text)
            _same(Answer(Sheet([question]), question, fact), text, cell)
            found[question.key] = answered(question, fact)
    return found


def _fact(question: Question, text: str) -> object:
    if other := _ELSE.search(text):
        return other[1]
    chosen = _CHOSEN.search(text)
    if chosen is None:
        raise LabError(f"{question.key}: this is no stored answer: {text[:60]!r}")
    return question.choices[ord(chosen[1]) - ord("A")].seen


def name_of(call: ast.Call) -> str:
    """``predict``, ``reveal``, ``quiz`` or ``recall``."""
    assert isinstance(call.func, ast.Name)
    return call.func.id


def subject(call: ast.Call) -> Any:
    """What a call is about: ``lines.SENDS``, ``lines.SENDS["bind"]``, or a notebook's number."""
    match call.args[:1]:
        case [ast.Constant(value=str(number))]:
            return number
        case [ast.Attribute(value=ast.Name(id=room), attr=name)] if room in rooms():
            return _named(room, name)
        case [ast.Subscript(value=ast.Attribute(value=ast.Name(id=room), attr=name), slice=row)]:
            if room in rooms() and isinstance(row, ast.Constant):
                return _named(room, name)[row.value]
    told = ast.unparse(call)
    raise LabError(f"a question is written room.NAME, so that a book can find it; this is {told}")


def _named(room: str, name: str) -> Any:
    if name not in named(room):
        raise LabError(f"{room} has no question {name}; it has {', '.join(named(room))}")
    return named(room)[name]


def shown(cell: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """A cell's question as HTML with buttons, or with its text where there are no scripts.

    ``known`` is what ``answers`` gives. Raises ``LabError`` for a question that no cell answers,
    and for a stored text that is not that of today's question.
    """
    call = asking("".join(cell["source"]))
    assert call is not None
    text, about = text_of(cell), subject(call)
    kind = name_of(call)
    shown: Sheet | Table
    if kind == "quiz":
        shown = quiz(about, **_given(about, text))
    elif kind == "recall":
        shown = recall(about)
    elif isinstance(about, Rows):
        shown = Table(about.ask, [Sheet([each]) for each in about])
    else:
        shown = Sheet([about])
    if kind != "reveal":
        _same(shown, text, cell)
    head = shown.head if isinstance(shown, Table) else ""
    state = {"head": head, "sheets": [_state(each, known) for each in _sheets(shown)]}
    return page(state, text, _FOLDED.get(kind, ""))


def _sheets(shown: Sheet | Table) -> Iterator[Sheet]:
    yield from shown.sheets if isinstance(shown, Table) else [shown]


def _state(sheet: Sheet, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The model of one sheet; ``sheet.js`` asks it for these three, and for what was chosen."""
    told = sheet.answers if isinstance(sheet, Quiz) else known
    missing = [q.key for q in sheet.questions if q.key not in told]
    if missing:
        raise LabError(f"{', '.join(missing)}: no cell of this notebook reveals the answer")
    keys = [question.key for question in sheet.questions]
    return {
        "head": sheet.head,
        "questions": sheet.shown(),
        "answers": {key: told[key] for key in keys},
    }


def page(state: Mapping[str, Any], text: str, folded: str) -> str:
    """The piece of a page that the script beside this file brings to life, and its text.

    The text is ``folded`` if it tells the answer; else it is shown where there are no scripts.
    """
    data = json.dumps(state, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    twin = f'<pre tabindex="0">{html.escape(text)}</pre>'
    if folded:
        twin = f'<details class="twin"><summary>{folded}</summary>{twin}</details>'
    else:
        twin = f"<noscript>{twin}</noscript>"
    script = f'<script type="application/json">{data}</script>'
    return f'<div class="lesson-page">{script}</div>\n{twin}\n'


def _given(questions: Iterable[Question], text: str) -> dict[str, str]:
    """What stands above the questions of a stored quiz, by the name that each has for it."""
    given, rest = {}, text.partition("\n")[2]
    for number, question in enumerate(questions, 1):
        lines = "\n".join(asked(question, f"{number}  "))
        above, found, rest = rest.partition(f"\n{lines}")
        if not found:
            raise LabError(f"{question.key} is not in the stored text of its quiz: make notebooks")
        if question.given:
            given[question.given] = textwrap.dedent(above).strip("\n")
    return given


def _same(shown: object, text: str, cell: Mapping[str, Any]) -> None:
    """A stored text that differs from what the room says today would contradict the buttons."""
    now = [line.rstrip() for line in repr(shown).splitlines()]
    if now != [line.rstrip() for line in text.splitlines()]:
        raise LabError(f"cell {cell.get('id')} has stored another text than its room has now")
