"""What a class has predicted: counted, drawn, and of bad files said what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.patches import Rectangle

from helpers.errors import LabError
from helpers.learning import progress
from helpers.learning.prediction import predict, reveal
from helpers.learning.question import Question
from helpers.learning.texts import asked
from helpers.publish import votes
from helpers.publish.votes import count, read, table
from helpers.publish.votes_picture import draw

THROUGH = asked("backlog.THROUGH")
RIGHT = THROUGH.choices[THROUGH.right].text
WRONG = next(choice.text for choice in THROUGH.choices if not choice.right)
Student = Callable[..., Path]


@pytest.fixture
def student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Student:
    """Writes the file of one student, as a notebook does, choice by choice; "run" is the run."""

    def write(name: str, *acts: str, question: Question = THROUGH) -> Path:
        monkeypatch.setattr("helpers.learning.prediction._sheets", {})
        monkeypatch.setenv(progress.VARIABLE, str(tmp_path / name))
        sheet = predict(question)
        for act in acts:
            if act == "run":
                reveal(question, question.choices[question.right].seen)
            else:
                sheet.choose(act, question.name)  # type: ignore[union-attr]
        return tmp_path / name

    return write


def numbers(vote: votes.Vote) -> dict[str, tuple[int, int]]:
    texts = [choice.text for choice in vote.question.choices]
    return {t: (f, n) for t, f, n in zip(texts, vote.first, vote.last, strict=True) if f or n}


def test_the_first_choice_is_the_one_before_the_run_and_the_last_the_latest(
    student: Student,
) -> None:
    files = [
        student("a", WRONG, "run"),
        student("b", WRONG, RIGHT, "run"),
        student("c", WRONG, "run", RIGHT),
        student("d", "run", RIGHT),  # too late to be a prediction
        student("e", RIGHT, "run"),
        student("f", "run"),
    ]
    (vote,) = count(map(read, files))
    assert vote.question == THROUGH and vote.other == 0
    assert numbers(vote) == {WRONG: (3, 1), RIGHT: (1, 4)}


def test_what_is_asked_again_counts_for_the_last_vote(student: Student) -> None:
    file = student("a", WRONG, "run")
    again = {"kind": "recall", "notebook": "06", "chose": RIGHT, "seen": RIGHT, "right": True}
    about = {"at": "2026-01-02T10:00:00+00:00", "room": "backlog", "name": "THROUGH"}
    with file.open("a") as opened:
        opened.write(json.dumps(about | again) + "\n")
    (vote,) = count([read(file)])
    assert numbers(vote) == {WRONG: (1, 0), RIGHT: (0, 1)}


def test_choices_of_another_version_are_counted_apart(student: Student) -> None:
    file = student("a", WRONG, "run")
    file.write_text(file.read_text().replace(json.dumps(WRONG), '"seventeen"'))
    (vote,) = count([read(file)])
    assert numbers(vote) == {} and vote.other == 2
    assert "2 of another version" in table(vote)


def test_rows_are_voted_on_one_by_one(student: Student) -> None:
    bind = asked("lines.SENDS.bind")
    path = student("a", bind.choices[0].text, "run", question=bind)
    (vote,) = count([read(path)])
    assert vote.question.key == "lines.SENDS.bind" and vote.first == (1, 0)


def test_the_table_marks_what_is_right(student: Student) -> None:
    (vote,) = count([read(student("a", WRONG, "run", RIGHT))])
    lines = table(vote).splitlines()
    assert lines[0] == "04  backlog.THROUGH" and lines[1] == THROUGH.ask
    starred = [line.split() for line in lines if line.startswith("  *")]
    assert starred == [["*", "ABCD"[THROUGH.right], *RIGHT.split(), "0", "1"]]


def test_the_picture_has_a_bar_for_each_number_and_a_tick_at_the_right_one() -> None:
    first = [2, 5, 0, 1][: len(THROUGH.choices)]
    last = [0, 1, 7, 3][: len(THROUGH.choices)]
    ax = draw(THROUGH, first, last)
    bars = [p for p in ax.patches if isinstance(p, Rectangle)]
    widths = {str(bar.get_gid()): bar.get_width() for bar in bars}
    unit = widths["last:7"] / 7
    assert all(width == pytest.approx(int(g.split(":")[1]) * unit) for g, width in widths.items())
    assert len(bars) == sum(n > 0 for n in [*first, *last])
    assert {str(b.get_gid())[:5] for b in bars if b.get_facecolor()[:3] == (1, 1, 1)} == {"first"}
    said = [text.get_text() for text in ax.texts]
    assert said.count("✓") == 1 and {str(n) for n in [*first, *last]} <= set(said)
    tick = next(t for t in ax.texts if t.get_text() == "✓")
    label = next(t for t in ax.texts if t.get_text().endswith(f"  {RIGHT}"))
    assert tick.get_position()[1] == label.get_position()[1]
    figure = ax.figure
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= figure.bbox.width, text.get_text()


def test_the_longest_texts_stay_in_the_picture() -> None:
    every = votes.predictions()
    longest = max(every, key=lambda q: max(len(choice.text) for choice in q.choices))
    for question in (max(every, key=lambda q: len(q.of + q.ask)), longest):
        ax = draw(question, [0] * len(question.choices), [300] * len(question.choices))
        for text in ax.texts:
            box = text.get_window_extent()
            assert box.x1 <= ax.figure.bbox.width and box.y0 >= 0, (question.key, text.get_text())


def test_numbers_that_do_not_fit_are_refused() -> None:
    with pytest.raises(LabError, match=r"backlog\.THROUGH has 4 choices, and was given 1 and 4"):
        draw(THROUGH, [1], [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is no file"),
        (b"", "it is empty"),
        (b"name,points\nada,4\n", "it begins with 'name,points'"),
        (b"\xff\xfe\x00", "it begins with"),
        (b'{"kind": "prediction"}\n', "holds no record"),
    ],
)
def test_a_bad_file_is_named(
    tmp_path: Path, content: Any, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ada.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert votes.main([str(path)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert words in line and "ada.jsonl" in line


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is no file"):
        read(tmp_path)


def test_all_of_it(
    student: Student,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [student("a", WRONG, "run"), student("b", RIGHT, "run")]
    with files[0].open("a") as opened:
        opened.write("half of a li")
    monkeypatch.setattr(votes, "ROOT", tmp_path)
    monkeypatch.setattr(votes, "BUILD", tmp_path / "build" / "votes")
    assert votes.main([str(file) for file in files]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-2:] == [
        "files: 2; pictures: 1, in build/votes",
        "lines that could not be read, and were left out: 1",
    ]
    picture = tmp_path / "build" / "votes" / "04_THROUGH.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert votes.main([]) == 2
