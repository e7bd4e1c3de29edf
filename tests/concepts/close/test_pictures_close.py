"""The pictures of notebook 07 say what their tables say: read from what is drawn."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib.axes import Axes

from helpers.concepts.close.endings import WAYS, Ending
from helpers.concepts.close.figures.arrivals import arrivals
from helpers.concepts.close.figures.references import references
from helpers.concepts.close.holders import Reading, holder_table
from helpers.figures import looks
from tests import pictures
from tests.pictures import arrows, beside, boxes, drawn, fill, inside, legible, named, shade, text

ENDINGS = [
    Ending("close", 0, 100, 100, "EOF"),
    Ending("close", 1, 100, 25, "ECONNRESET"),
    Ending("abort", 0, 100, 40, "ECONNRESET"),
    Ending("abort", 1000, 100, 0, "ECONNRESET"),
]
UNREAD = {0: "all read", 1: "1 byte unread", 1000: "1,000 bytes unread"}
HELD = [
    Reading("at first", {"server": 1}, "ESTAB", "ESTAB", ()),
    Reading("dup()", {"server": 2}, "ESTAB", "ESTAB", ()),
    Reading("fork()", {"server": 2, "server-child1": 2}, "ESTAB", "ESTAB", ("data", "ACK")),
    Reading("exit of the child", {"server": 2}, "ESTAB", "CLOSE-WAIT", ("ACK",)),
    Reading("close() = EPIPE", {"server": 1}, "FIN-WAIT-2", "CLOSE-WAIT", ("FIN",)),
]


def watched(readings: list[Reading]) -> Any:
    return SimpleNamespace(host="server", peer="client", readings=readings)


# ---- how much of a reply arrived


def test_bars_are_what_arrived_and_what_was_lost() -> None:
    ax = arrivals(ENDINGS)
    got, lost = boxes(ax, "arrived:"), named(ax.patches, "lost:")
    scale = got[0].get_width() / 100
    assert [box.get_width() / scale for box in got] == pytest.approx([100, 25, 40, 0])
    for box, each in zip(got, ENDINGS, strict=True):
        y = box.get_y() + box.get_height() / 2
        words = beside(ax, y)
        assert words[0] == UNREAD[each.unread]
        assert words[-1] == each.end
        colour = shade(text_of(ax, words[-1], y))
        assert colour == (looks.TEXT if each.end == "EOF" else looks.FAILS)
        assert fill(box) == looks.DATA
        if each.received < each.sent:
            rest = lost[str(each.sent - each.received)]
            assert rest.get_y() == box.get_y() and rest.get_hatch()
            assert rest.get_x() == pytest.approx(box.get_x() + box.get_width())
            assert rest.get_width() / scale == pytest.approx(100 - each.received)
            assert words[1:-1] == [f"{100 - each.received}% lost"] == inside(ax, rest)
    assert len(lost) == 3


def text_of(ax: Axes, words: str, y: float) -> Any:
    (found,) = [t for t in ax.texts if t.get_text() == words and t.get_position()[1] == y]
    return found


def test_the_rows_of_a_way_stand_together_at_its_name() -> None:
    ax = arrivals(ENDINGS)
    tops = [box.get_y() for box in boxes(ax, "arrived:")]
    assert tops[2] - tops[1] > tops[1] - tops[0] == pytest.approx(tops[3] - tops[2])
    names = {t.get_text(): t.get_position()[1] for t in ax.texts if t.get_gid() == "way"}
    assert tops[0] < names["close"] < tops[1] + 0.3 < tops[2] < names["abort"] < tops[3] + 0.3


def test_what_arrived_is_told() -> None:
    picture = drawn(arrivals, ENDINGS)
    pictures.well_told(picture)
    assert picture.title == "Each way loses a part"
    assert "close with 1 byte unread: a part arrived, then ECONNRESET" in picture.alt
    assert drawn(arrivals, ENDINGS[:1]).title == "No way loses anything"
    safe = [*ENDINGS, Ending("drain", 1, 100, 100, "EOF")]
    assert drawn(arrivals, safe).title == "Only drain loses nothing"
    legible(arrivals([Ending(way, n, 100, 4 * n, "ECONNRESET") for way in WAYS for n in (0, 1)]))


# ---- who holds a connection


def test_each_step_is_a_line_of_the_table() -> None:
    ax = references(watched(HELD))
    lines = [re.split(r"  +", line) for line in holder_table(watched(HELD)).splitlines()]
    heads, rows = lines[0], lines[1:]
    at = {t.get_text().replace("\n", "-"): t.get_position()[0] for t in ax.texts if "=" not in
          t.get_text() and t.get_position()[1] < 0.8 and t.get_weight() != "bold"}  # fmt: skip
    ends = {t.get_text(): t.get_position()[0] for t in ax.texts if t.get_weight() == "bold"
            and t.get_position()[1] < 0.8}  # fmt: skip
    steps = [text(ax, f"step:{n}") for n in range(len(HELD))]
    for step, row in zip(steps, rows, strict=True):
        y = step.get_position()[1]
        assert [step.get_text(), held(ax, at["server"], y), held(ax, at["server-child1"], y)] == [
            row[0], int(row[1]), int(row[2]),
        ]  # fmt: skip
        (count,) = [t for t in ax.texts if t.get_position() == (at["references"], y)]
        assert count.get_text() == row[3]
        assert [state(ax, ends[host], y) for host in heads[5:]] == row[5:]
    assert [shade(step) for step in steps] == [looks.TEXT] * 4 + [looks.FAILS]
    assert [step.get_position()[1] for step in steps] == sorted(s.get_position()[1] for s in steps)


def held(ax: Axes, x: float, y: float) -> int:
    """How many bars there are in the room of a process at that height."""
    found = [box for box in boxes(ax, "held:") if fill(box) == looks.DATA]
    return sum(
        box.get_y() <= y <= box.get_y() + box.get_height()
        and abs(box.get_x() + box.get_width() / 2 - x) < 0.6
        for box in found
    )


def state(ax: Axes, x: float, y: float) -> str:
    """The state whose box is there, if the box has its colour."""
    (box,) = [b for b in boxes(ax, "state:") if b.get_x() <= x <= b.get_x() + b.get_width()
              and b.get_y() <= y <= b.get_y() + b.get_height()]  # fmt: skip
    name = str(box.get_gid()).removeprefix("state:")
    assert fill(box) == looks.state_colour(name)
    return name


def test_a_state_is_named_where_it_begins() -> None:
    ax = references(watched(HELD))
    for gid, name in named(ax.texts, "name:").items():
        number, _, words = gid.partition(":")
        assert name.get_text() == words == state(ax, *name.get_position())
        assert name.get_position()[1] == text(ax, f"step:{number}").get_position()[1]
    assert sorted(named(ax.texts, "name:")) == [
        "0:ESTAB", "3:CLOSE-WAIT", "4:FIN-WAIT-2",
    ]  # fmt: skip


def test_a_packet_is_an_arrow_from_the_watched_end_in_its_colour() -> None:
    ax = references(watched(HELD))
    sent = named(ax.texts, "sent:")
    assert {w: shade(t) for w, t in sent.items()} == {
        "data, ACK": looks.DATA, "ACK": looks.PLAIN, "FIN": looks.ENDS,
    }  # fmt: skip
    for n, arrow in zip((2, 3, 4), arrows(ax.texts), strict=True):
        (x, y), (start, _) = arrow.xy, arrow.get_position()
        assert start < x  # the server's states stand at the left
        assert abs(y - text(ax, f"step:{n}").get_position()[1]) < 0.2
    rows = [t.get_position()[1] for t in sent.values()]
    assert rows == sorted(rows)


def test_a_descriptor_that_is_still_open_has_no_end() -> None:
    ax = references(watched(HELD))
    foot = max(box.get_y() + box.get_height() for box in boxes(ax, "state:"))
    ends = [box.get_y() + box.get_height() for box in boxes(ax, "held:server:4")]
    assert ends == [pytest.approx(foot)]
    gap = [box.get_y() + box.get_height() for box in boxes(ax, "held:server-child1:2")]
    assert max(gap) < foot - 2 * 0.5


@pytest.mark.parametrize(
    ("sent", "left", "title"),
    [
        (("FIN",), 0, "The FIN goes out when no reference is left"),
        (("ACK", "RST"), 1, "The RST goes out when 1 reference is left"),
        (("FIN",), 2, "The FIN goes out when 2 references are left"),
        (("ACK",), 2, "Who holds a connection, and what is sent for it"),
        (None, 0, "Who holds a connection, and what is sent for it"),
    ],
)
def test_the_title_says_at_which_count_the_end_was_sent(
    sent: tuple[str, ...] | None, left: int, title: str
) -> None:
    last = Reading("close()", {"server": left} if left else {}, "FIN-WAIT-2", "CLOSE-WAIT", sent)
    picture = drawn(references, watched([HELD[0], last]))
    assert picture.title == title
    pictures.well_told(picture)


def test_holders_are_told_and_legible() -> None:
    picture = drawn(references, watched(HELD))
    pictures.well_told(picture)
    assert "fork(): descriptors 2 in server and 2 in server-child1, data, ACK sent" in picture.alt
    legible(picture.ax)
    three = {"server": 1, "server-child1": 1, "server-child2": 1}
    blind = Reading("send() in the child = ECONNRESET", three, "CLOSE-WAIT", "FIN-WAIT-2", None)
    legible(references(watched([blind] * 8)))
