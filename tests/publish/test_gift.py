"""Moodle's question bank, read by somebody else's parser and held against the texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from helpers.learning.question import Choice, Question
from helpers.learning.texts import asked, flat, named, rooms
from helpers.publish import gift

ALONE = [q for room in rooms() for q in flat(named(room).values()) if not q.given and not q.kernel]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def parsed(path: Path) -> list[Any]:
    parser = pytest.importorskip("pygiftparser.parser", reason="pygiftparser is not installed")
    with path.open(encoding="utf-8") as file:
        found: list[Any] = parser.parseFile(file)
    return found


def test_the_bank_is_what_the_texts_say() -> None:
    assert gift.BANK.read_text(encoding="utf-8") == gift.bank(gift.questions()), "run: make guide"


def test_each_question_that_needs_no_run_is_in_it_and_reads_as_in_the_texts() -> None:
    found = parsed(gift.BANK)
    assert [each.title for each in found] == [question.key for question in ALONE]
    for each in found:
        question = asked(each.title)
        assert unescaped(each.text) == question.by_itself.ask
        read = {
            unescaped(a.answer): (a.fraction == 100, unescaped(a.feedback))
            for a in each.answers.answers
        }
        assert read == {c.text: (c.right, c.why) for c in question.choices}
        assert sum(right for right, _ in read.values()) == 1
        assert all(feedback for _, feedback in read.values())


def test_a_question_in_whose_answer_kernels_differ_is_left_out() -> None:
    """The notebook asks the reader's own kernel; Moodle has none."""
    assert asked("handshake.COOKIE_COUNT").kernel
    assert "COOKIE_COUNT" not in gift.bank(gift.questions())


def test_a_sign_of_the_format_is_only_text(tmp_path: Path) -> None:
    # This parser knows no brace that is only text; Moodle does.
    assert gift.escaped("f{a: b}") == r"f\{a\: b\}"
    choices = (
        Choice(r"b'\x00' = 0", "Set a: b, ~c.", "yes", True),
        Choice("#1", "no: 1 = 1", "no"),
    )
    question = Question("recv", "ODD", "Is this ~ 5 = #5: a\\b?", choices)
    path = tmp_path / "odd.gift"
    path.write_text(gift.bank([question]))
    assert r"::recv.ODD::[plain]Is this \~ 5 \= \#5\: a\\b? {" in path.read_text()
    (found,) = parsed(path)
    assert unescaped(found.text) == question.ask
    read = [(unescaped(a.answer), unescaped(a.feedback)) for a in found.answers.answers]
    assert read == [(choice.text, choice.why) for choice in choices]


def test_a_notebook_is_a_category() -> None:
    text = gift.BANK.read_text(encoding="utf-8")
    assert re.findall(r"^\$CATEGORY: (.*)$", text, re.M) == [
        f"tcp-server/{number}-{room}" for room, number in rooms().items()
    ]
