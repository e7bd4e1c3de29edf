"""The picture of what a reader knows says what his marks say: read from what is drawn."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes

from helpers.errors import LabError
from helpers.figures import looks
from helpers.figures.progress import BAD, GOOD, OPEN, Marks, marks
from tests import pictures
from tests.pictures import beside, boxes, drawn, fill, inside, legible, named

ROWS = [
    Marks("00 lines", {"believed first": {"a": GOOD, "b": BAD, "c": GOOD}, "quiz": {"d": BAD}}),
    Marks(
        "01 reuse", {"believed first": {"e": OPEN}, "quiz": {"f": GOOD}, "exercises": {"g": BAD}}
    ),
    Marks("02 bind", {"quiz": {"h": OPEN, "i": OPEN}}),
]
KINDS = {("✓", looks.GOOD): GOOD, ("✗", looks.BAD): BAD, ("", looks.PAPER): OPEN}


def rows(ax: Axes) -> list[Marks]:
    """Titles, headings and marks by where they stand."""
    heads = {
        t.get_position()[0]: t.get_text() for t in ax.texts if t.get_text() in
        ("believed first", "quiz", "exercises")
    }  # fmt: skip
    found: dict[float, dict[str, dict[str, str]]] = {}
    for kind in (GOOD, BAD, OPEN):
        for gid, box in named(boxes(ax), f"{kind}:").items():
            words = "".join(inside(ax, box))
            assert KINDS[words, fill(box)] == kind
            heading = heads[max(x for x in heads if x <= box.get_x() + 0.01)]
            y = round(box.get_y() + box.get_height() / 2, 3)
            found.setdefault(y, {}).setdefault(heading, {})[gid.rpartition(":")[2]] = kind
    return [Marks(beside(ax, y)[0], found[y]) for y in sorted(found)]


def test_each_mark_stands_at_its_notebook_and_its_group() -> None:
    assert rows(marks(ROWS)) == ROWS


def test_marks_of_a_group_stand_in_their_order() -> None:
    ax = marks(ROWS)
    own = [str(box.get_gid()) for box in boxes(ax) if ":00 lines:" in str(box.get_gid())]
    assert own == ["good:00 lines:a", "bad:00 lines:b", "good:00 lines:c", "bad:00 lines:d"]
    (heading,) = [t for t in ax.texts if t.get_text() == "believed first"]
    assert boxes(ax, "good:00 lines:a")[0].get_x() == pytest.approx(heading.get_position()[0])


def test_the_key_says_what_a_mark_is() -> None:
    ax = marks(ROWS)
    words = {}
    for kind, box in named(boxes(ax, "key:"), "key:").items():
        y = box.get_y() + box.get_height() / 2
        right = [t for t in ax.texts if t.get_position()[0] > box.get_x() + box.get_width()
                 and abs(t.get_position()[1] - y) < 0.01 and len(t.get_text()) > 1]  # fmt: skip
        words[kind] = min(right, key=lambda t: t.get_position()[0]).get_text()
        assert KINDS["".join(inside(ax, box)), fill(box)] == kind
    assert words == {GOOD: "right, or solved", BAD: "wrong, or tried", OPEN: "open"}


def test_marks_are_told_and_legible() -> None:
    picture = drawn(marks, ROWS)
    pictures.well_told(picture)
    assert "00 lines: believed first 2 of 3, quiz 0 of 1; 01 reuse:" in picture.alt
    assert picture.alt.endswith("02 bind: not begun.")
    legible(picture.ax)
    many = {heading: {str(n): BAD for n in range(k)} for heading, k in
            (("believed first", 12), ("quiz", 6), ("exercises", 4))}  # fmt: skip
    full = [Marks(f"0{n} handshake", many) for n in range(9)]
    legible(marks(full))
    pictures.well_told(drawn(marks, full[:8]))
    with pytest.raises(LabError, match="no notebook was given"):
        marks([])
