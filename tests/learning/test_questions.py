"""Predictions, what is asked again, and the quiz: as text, and as what a page is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import LabError, predict, quiz, recall, reveal, take_away
from helpers.learning import prediction, progress
from helpers.learning.prediction import Table
from helpers.learning.question import Question, Rows, Unseen, as_seen, letter, question
from helpers.learning.sheet import Sheet, answered
from helpers.learning.texts import asked, flat, named, rooms

TWO = {"text": "two", "why": "Two were sent.", "right": True}
TOLD = {
    "ask": "How many?",
    "choices": [
        {"text": "one", "why": "Who says one believes in one."},
        TWO,
        {"text": "all", "seen": "9", "why": "Not all of them came."},
    ],
}
HOLDER = asked("reuse.HOLDER")
EVERY = [each for room in rooms() for each in flat(named(room).values())]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No question has been asked, and nothing is kept."""
    monkeypatch.setattr(prediction, "_sheets", {})
    monkeypatch.delenv(progress.VARIABLE, raising=False)


def made(**changes: object) -> Question:
    found = question("backlog", "HOW_MANY", {**TOLD, **changes})
    assert isinstance(found, Question)
    return found


# ---- one question ---------------------------------------------------------------------------


def test_a_question_reads_the_same_before_and_after_a_click() -> None:
    how_many = made()
    sheet = predict(how_many)
    before, answer = repr(sheet), repr(reveal(how_many, "two"))
    sheet.choose("all")
    assert repr(sheet) == before
    assert sorted(line[5:] for line in before.splitlines()[1:]) == ["all", "one", "two"]
    assert repr(reveal(how_many, "two")) == answer


def test_the_answer_is_the_choice_that_says_what_was_seen() -> None:
    how_many = made()
    for fact, text in (("two", "two"), (9, "all"), ("one", "one")):
        lines = repr(reveal(how_many, fact)).splitlines()
        assert [line[6:] for line in lines if line.startswith("->")] == [text]
    assert "Who says one believes in one." in repr(reveal(how_many, "two"))


def test_a_kernel_that_does_what_no_choice_says_ends_no_notebook() -> None:
    how_many = made()
    sheet = predict(how_many)
    sheet.choose("one")
    told = repr(reveal(how_many, 7))
    assert told.splitlines()[-1] == "-> this kernel did something else: 7"
    assert sheet.answers[how_many.key]["right"] is None


def test_what_no_choice_says_is_kept_as_neither_right_nor_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    predict(HOLDER).choose("nobody")
    reveal(HOLDER, "something else")
    kept = progress.read(file)[-1]
    assert (kept["chose"], kept["seen"], kept["right"]) == ("nobody", "something else", None)


def test_what_a_run_cannot_show_is_answered_from_what_was_recorded() -> None:
    how_many = made()
    told = repr(reveal(how_many, Unseen.RECORDED)).splitlines()
    assert told[-1] == "this answer was recorded with a wire; here there is none"
    assert [line[6:] for line in told if line.startswith("->")] == ["two"]
    answer = answered(how_many, Unseen.RECORDED)
    assert (answer["right"], answer["recorded"]) == (how_many.right, True)
    assert "recorded" not in answered(how_many, "two")


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "nothing"),
        (6, "6"),
        (b"one", "b'one'"),
        (ConnectionRefusedError(111, "refused"), "ECONNREFUSED"),
        (TimeoutError(), "TimeoutError"),
        (OverflowError("port"), "OverflowError"),
        (["SYN"], "['SYN']"),
    ],
)
def test_what_was_seen_is_said_in_the_words_of_the_choices(fact: object, words: str) -> None:
    assert as_seen(fact) == words


def test_a_question_keeps_its_choice_when_its_cells_are_run_again() -> None:
    how_many = made()
    predict(how_many).choose("all")
    assert predict(how_many).chosen == {how_many.key: how_many.place_of("all")}
    assert reveal(how_many, 9).sheet is predict(how_many)


def test_reveal_needs_no_predict_before_it() -> None:
    how_many = made()
    assert reveal(how_many, 9).sheet.chosen == {}


def test_a_page_is_not_told_what_is_right_before_the_run() -> None:
    sheet = predict(how_many := made())
    assert sheet.answers == {} and "right" not in json.dumps(sheet.shown())
    assert "Two were sent" not in json.dumps(sheet.shown())
    reveal(how_many, "two")
    assert sheet.answers[how_many.key]["right"] == how_many.right


def test_rows_are_answered_one_by_one_and_stand_together() -> None:
    offered = [{"text": "a packet", "seen": "yes"}, {"text": "nothing", "seen": "no"}]
    rows = [{"name": n, "ask": f"{n}()", "seen": "no", "why": f"{n} is local."} for n in "ab"]
    sends = question("backlog", "SENDS", {"ask": "Which?", "choices": offered, "rows": rows})
    assert isinstance(sends, Rows)
    told = repr(reveal(sends["b"], False))
    assert told == "   A  a packet\n-> B  nothing\n      b is local."
    table = predict(sends)
    assert isinstance(table, Table)
    assert [bool(sheet.answers) for sheet in table.sheets] == [False, True]
    lines = ["Which?", "  a()    A  a packet    B  nothing", "  b()    A  a packet    B  nothing"]
    assert repr(table).splitlines() == lines
    with pytest.raises(LabError, match="no row 'c'; there are a, b"):
        sends["c"]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: made(choices=[TWO]), "two or more"),
        (lambda: made(choices=[TWO, TWO]), "two or more"),
        (lambda: made(choices=[TWO, {"text": "2", "seen": "two", "why": ""}]), "two or more"),
        (lambda: made(choices=[TWO, {**TWO, "text": "three"}]), "one right"),
        (lambda: predict("How many?"), "such as reuse.HOLDER, not 'How many"),  # type: ignore[arg-type]
        (lambda: reveal("How many?", 2), "such as reuse.HOLDER, not 'How many"),  # type: ignore[arg-type]
        (lambda: Sheet([made()]).choose("three"), "'three' is not one of the choices"),
        (lambda: Sheet([made(), HOLDER]).choose("two", "TWO"), "there are HOW_MANY, HOLDER"),
        (lambda: asked("backlog.NONE"), "no question 'backlog.NONE'"),
        (lambda: asked("THROUGH"), "no question 'THROUGH'"),
        (lambda: recall("00"), "nothing to recall before notebook '00'"),
        (lambda: recall("4"), "nothing to recall before notebook '4'"),
        (lambda: quiz([made(given="table")]), "need table, and were given nothing"),
        (lambda: quiz([made()], rows=""), "need nothing, and were given rows"),
    ],
)
def test_what_is_wrong_is_said(act: Callable[[], object], words: str) -> None:
    with pytest.raises(LabError, match=words):
        act()


def test_a_row_that_is_asked_alone_needs_nothing_above_it() -> None:
    offered = [{"text": "a packet", "seen": "yes"}, {"text": "nothing", "seen": "no"}]
    rows = [{"name": n, "ask": f"{n}()", "seen": "no", "why": "It is local."} for n in "abc"]
    rows[1]["alone"] = "And {ask}?"
    table = {"ask": "Which of these?", "choices": offered, "rows": rows}
    plain = question("backlog", "SENDS", {**table, "rows": rows[:1]})
    told = question("backlog", "SENDS", {**table, "alone": "Does {ask} send?"})
    assert isinstance(plain, Rows) and isinstance(told, Rows)
    asked_alone = [each.by_itself.ask for each in (*plain, *told)]
    assert asked_alone == ["Which of these? a()", "Does a() send?", "And b()?", "Does c() send?"]
    assert not told["a"].by_itself.of and made().by_itself == made()


def test_what_is_asked_again_of_a_table_speaks_of_one_line() -> None:
    rows = [each for each in recall("01").questions if "SENDS" in each.name]
    assert len(rows) == 3
    assert not [each.ask for each in rows if "these lines" in each.ask]


# ---- all of them ----------------------------------------------------------------------------


def test_no_letter_is_right_too_often() -> None:
    letters = Counter(letter(each.right) for each in EVERY if "SENDS" not in each.name)
    assert max(letters.values()) <= 0.4 * letters.total(), letters


@pytest.mark.parametrize("each", EVERY, ids=lambda each: each.key)
def test_each_choice_has_its_reason(each: Question) -> None:
    assert each.ask.endswith("?") or each.name.startswith("SENDS.")
    assert all(choice.why.endswith((".", "?")) for choice in each.choices)


# ---- a quiz, and what is asked again --------------------------------------------------------


def test_a_quiz_answers_at_once_and_its_text_ends_with_the_letters() -> None:
    sheet = quiz([made(given="table"), made()], table="State  Recv-Q")
    right = letter(made().right)
    assert repr(sheet).splitlines()[-1] == f"right: 1 {right}, 2 {right}"
    assert "       State  Recv-Q" in repr(sheet)
    assert sheet.answers[made().key]["right"] == made().right


def test_who_is_wrong_is_told_where_to_read_again() -> None:
    first = named("ports")["QUIZ"][0]
    told = quiz([replace(first, given="")]).answers[first.key]["again"]
    assert told == f"Read again: “{first.section}”."
    assert "again" not in answered(first, "")  # a prediction stands where it is answered
    for each in recall("04").questions:
        told = recall("04").answers[each.key]["again"]
        assert told == f"Read again: notebook {rooms()[each.room]}, “{each.section}”."


def test_what_was_missed_is_asked_again_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [each for each in flat(named("reuse").values()) if not each.given][1]
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    wrong = next(n for n, _ in enumerate(first.choices) if n != first.right)
    sheet = predict(first)
    sheet.choose(first.choices[wrong].text)
    reveal(first, first.choices[first.right].seen)
    kept = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(each["chose"], each["seen"], each["right"]) for each in kept] == [
        (first.choices[wrong].text, None, None),
        (first.choices[wrong].text, first.choices[first.right].text, False),
    ]
    asked_again = recall("04").questions
    assert first in asked_again and len(asked_again) == len(set(asked_again)) == 3
    assert kept[0]["notebook"] == "01" and kept[0]["room"] == "reuse"


def test_what_needs_a_table_of_its_run_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given = next(
        each for room, number in rooms().items() if number < "07"
        for value in named(room).values() if isinstance(value, tuple | list)
        for each in value if isinstance(each, Question) and each.given
    )  # fmt: skip
    monkeypatch.setattr(progress, "missed", lambda *_: [(given.room, given.name)])
    assert len(recall("07").questions) == 3
    assert not any(each.given for each in recall("07").questions)


def test_of_several_questions_only_the_one_that_was_clicked_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    sheet = recall("04")
    for each in sheet.questions[:2]:
        sheet.choose(each.choices[0].text, each.key)
    names = [json.loads(line)["name"] for line in file.read_text().splitlines()]
    assert names == [each.name for each in sheet.questions[:2]]


@pytest.mark.parametrize("number", list(rooms().values())[1:])
def test_without_a_record_three_questions_of_earlier_notebooks_are_asked(number: str) -> None:
    sheet = recall(number)
    assert len(sheet.questions) == 3
    assert all(rooms()[each.room] < number for each in sheet.questions)
    assert repr(sheet).splitlines()[-1].startswith("right: 1 ")


def test_a_click_on_what_is_asked_again_is_remembered_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    sheet = quiz([made()])
    assert not file.exists()  # nobody has said anything yet
    sheet.choose("two")
    (kept,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (kept["kind"], kept["chose"], kept["right"]) == ("prediction", "two", True)


def test_what_is_kept_of_a_notebook_is_a_list() -> None:
    kept = take_away(["One.", "Two."])
    assert repr(kept) == kept._repr_markdown_() == "1. One.\n2. Two."


def test_outside_a_notebook_there_is_no_widget() -> None:
    assert list(Sheet([made()])._repr_mimebundle_()) == ["text/plain"]
