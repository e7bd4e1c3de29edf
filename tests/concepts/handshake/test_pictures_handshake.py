"""The pictures of notebook 05 say what their data says: checked on what is drawn."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from helpers.concepts.handshake.figures.fates import fates
from helpers.concepts.handshake.figures.passage import passage, passage_table, passages
from helpers.concepts.handshake.handshakes import COOKIE, DROPPED, KEPT, Fates, fates_table
from helpers.figures import looks
from helpers.record.sockstate import Row
from helpers.record.trace import Change, Trace
from tests.pictures import legible, words_of_all

MS = 1_000_000
HALF = [
    Fates("cookies 1, listen(5)", (KEPT,) * 6 + (COOKIE,) * 14),
    Fates("cookies 0, max_syn_backlog 8, listen(128)", (KEPT,) * 7 + (DROPPED,) * 13),
    Fates("cookies 2, listen(5)", (COOKIE,) * 20),
]
FLOOD = [
    Fates("cookies 1, listen(5)", (KEPT,) * 6 + (COOKIE,) * 194, {}, "connected"),
    Fates("cookies 0, listen(5)", (KEPT,) * 6 + (DROPPED,) * 194, {}, "waits"),
]
# What a fate looks like: its shape, its colour, and whether a cross is on it.
LOOK = {
    KEPT: ("Rectangle", looks.SYN_QUEUE, False),
    COOKIE: ("Circle", looks.COOKIE, False),
    DROPPED: ("Rectangle", looks.FAINT, True),
}
WORDS = {
    KEPT: "in the SYN queue",
    COOKIE: "answered with a cookie",
    DROPPED: "dropped",
}


def gid(artist: Any) -> str:
    return artist.get_gid() or ""


def texts(ax: Axes, name: str) -> list[str]:
    return [t.get_text() for t in ax.texts if gid(t) == name]


def middle(patch: Any) -> tuple[float, float]:
    box = patch.get_window_extent()
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


# ---- fates -----------------------------------------------------------------------------------


def check_fates(ax: Axes, found: list[Fates]) -> None:
    """Each SYN has one mark of its own look in its place; words and numbers are the table's."""
    crosses = {gid(line).removeprefix("cross:"): line for line in ax.lines if "cross:" in gid(line)}
    marks = {gid(patch): patch for patch in ax.patches}
    for fate in found:
        for n, each in enumerate(fate.each):
            name = f"{fate.title}:{n}:{each}"
            patch = marks.pop(name)
            shape, colour, crossed = LOOK[each]
            assert (type(patch).__name__, to_hex(patch.get_facecolor()).upper()) == (shape, colour)
            cross = crosses.pop(name, None)
            assert (cross is not None) == crossed
            if cross is not None:
                assert to_hex(cross.get_color()).upper() == looks.FAILS
                assert patch.get_window_extent().contains(*middle(cross))
    assert texts(ax, "setting") == [fate.title.replace(", ", "\n") for fate in found]
    rows = [row.split("  ") for row in fates_table(found).splitlines()[1 : len(found) + 1]]
    counts = {name: [] for name in WORDS.values()}  # type: ignore[var-annotated]
    for words in texts(ax, "count"):
        number, _, name = words.partition(" ")
        counts[name].append(int(number))
    for column, fate in enumerate((KEPT, COOKIE, DROPPED), 1):
        numbers = [[cell for cell in row if cell.strip()][column].strip() for row in rows]
        assert [str(n) for n in counts[WORDS[fate]]] == [n for n in numbers if n != "0"]
    assert set(marks) == {f"honest:{f.honest}" for f in found if f.honest}


@pytest.mark.parametrize("found", [HALF, FLOOD], ids=["twenty", "a flood"])
def test_each_syn_has_a_mark_with_the_look_of_its_fate(found: list[Fates]) -> None:
    ax = fates(found)
    legible(ax)
    check_fates(ax, found)


def test_syns_stand_in_the_order_of_arrival_and_rows_in_that_of_the_settings() -> None:
    for found, deep in ((HALF, 1), (FLOOD, 5)):
        ax = fates(found)
        tops = []
        for fate in found:
            places = [middle(p) for p in ax.patches if gid(p).startswith(f"{fate.title}:")]
            columns = [(round(x), -round(y)) for x, y in places]
            assert columns == sorted(columns) and len(set(columns)) == len(columns)
            assert (
                len({x for x, _ in columns[:deep]}) == 1 < len({x for x, _ in columns[: deep + 1]})
            )
            tops.append(max(y for _, y in places))
        assert tops == sorted(tops, reverse=True)


def test_the_honest_client_has_a_tick_or_a_cross_beside_its_row() -> None:
    ax = fates(FLOOD)
    assert texts(ax, "honest") == ["honest client", "connected", "honest client", "waits"]
    (tick,) = [line for line in ax.lines if gid(line) == "tick"]
    (cross,) = [line for line in ax.lines if gid(line) == "cross:honest:waits"]
    assert to_hex(tick.get_color()).upper() == looks.TICK
    assert to_hex(cross.get_color()).upper() == looks.FAILS
    heights = {words.get_text(): words.get_position()[1] for words in ax.texts}
    for mark, word in ((tick, "connected"), (cross, "waits")):
        ys = [y for y in mark.get_ydata() if y == y]
        assert (min(ys) + max(ys)) / 2 == pytest.approx(heights[word], abs=0.15)


def test_fates_are_told_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    told = words_of_all(monkeypatch)
    fates(HALF, title="Where twenty SYNs go")
    fates(FLOOD)
    (title, half), (_, flood) = told
    assert title == "Where twenty SYNs go"
    assert "cookies 1, listen(5), 6 in the SYN queue, 14 answered with a cookie;" in half
    assert "194 dropped, the honest client that came last: waits." in flood
    assert all(80 <= len(words) <= 700 for words in (half, flood))


# ---- passage ---------------------------------------------------------------------------------


def three_connections() -> Trace:
    """They come at 0, 10 and 20 ms; the ACKs after 100, 150 and 200. One is taken, one goes."""
    trace, rows = Trace(("client", "server")), {}
    for at, peer, state, inode in [
        (0, "a", "SYN-RECV", 0),
        (10, "b", "SYN-RECV", 0),
        (20, "c", "SYN-RECV", 0),
        (100, "a", "ESTAB", 0),
        (120, "a", "ESTAB", 7),
        (160, "b", "ESTAB", 0),
        (220, "c", "ESTAB", 0),
        (300, "b", "", 0),
        (420, "a", "CLOSE-WAIT", 7),
    ]:
        address = ("192.0.2.1", ord(peer))
        row = Row(2, state, 0, 0, ("192.0.2.2", 8080), address, inode=inode) if state else None
        trace.add("change", at * MS, Change("server", "server:8080", peer, rows.get(peer), row))
        rows[peer] = row
    return trace


BARS = [  # queue, peer, from and to in milliseconds since its SYN came
    ("SYN queue", "a", 0, 100),
    ("accept queue", "a", 100, 120),
    ("SYN queue", "b", 0, 150),
    ("accept queue", "b", 150, 290),
    ("SYN queue", "c", 0, 200),
    ("accept queue", "c", 200, 400),
]


def test_a_bar_is_as_long_as_its_stay_and_has_the_colour_of_its_queue() -> None:
    ax = passage(three_connections())
    legible(ax)
    assert [
        (*gid(p).split(":"), round(p.get_x(), 6), round(p.get_x() + p.get_width(), 6))
        for p in ax.patches
    ] == BARS
    colours = {"SYN queue": looks.SYN_QUEUE, "accept queue": looks.ACCEPT_QUEUE}
    for patch in ax.patches:
        assert to_hex(patch.get_facecolor()).upper() == colours[gid(patch).split(":")[0]]
    rows = {"a": 1, "b": 2, "c": 3}
    assert all(
        patch.get_y() + patch.get_height() / 2 == rows[gid(patch).split(":")[1]]
        for patch in ax.patches
    )
    assert ax.get_xlabel() == "milliseconds since its SYN came"


def test_a_bar_ends_in_a_stroke_or_a_cross_or_in_nothing_with_a_word() -> None:
    ax = passage(three_connections())
    ends = {gid(line): line for line in ax.lines}
    assert set(ends) == {"accept:a", "gone:b"}
    taken, gone = ends["accept:a"], ends["gone:b"]
    assert (taken.get_marker(), gone.get_marker()) == ("|", "x")
    assert to_hex(gone.get_color()).upper() == looks.FAILS
    assert [list(line.get_xydata()[0]) for line in (taken, gone)] == [[120, 1], [290, 2]]
    said = {
        t.get_text(): (round(t.xy[0], 6), t.xy[1]) for t in ax.texts if gid(t).startswith("end:")
    }  # type: ignore[attr-defined]
    assert said == {"accept": (120, 1), "gone": (290, 2), "still there": (400, 3)}
    assert passage_table(three_connections()).splitlines()[1:] == [
        f"1            SYN queue  {end}" for end in said
    ]


def test_the_queues_are_named_below_their_bars_and_connections_are_numbered() -> None:
    ax = passage(three_connections())
    names = {gid(t): t for t in ax.texts}
    for queue, until in (
        ("SYN queue", "until its last ACK comes"),
        ("accept queue", "until accept takes it"),
    ):
        name = names[f"name:{queue}"]
        assert (name.get_text(), names[f"until:{queue}"].get_text()) == (queue, until)
        last = next(p for p in ax.patches if gid(p) == f"{queue}:c").get_window_extent()
        assert last.x0 - 1 <= name.get_window_extent().x0 + name.get_window_extent().width / 2
        assert name.get_window_extent().width / 2 + name.get_window_extent().x0 <= last.x1 + 1
        assert name.get_window_extent().y1 <= last.y0
    numbers = [(t.get_text(), t.get_position()[1]) for t in ax.texts if gid(t) == "number"]
    assert numbers == [("connection 1", 1), ("2", 2), ("3", 3)]


def test_a_passage_is_told_without_times(monkeypatch: pytest.MonkeyPatch) -> None:
    told = words_of_all(monkeypatch)
    passage(three_connections())
    ((title, alt),) = told
    assert title == "Two queues, two reasons to wait"
    assert alt == (
        "3 connections, a bar each, from the moment its SYN came. In the SYN queue, until its last "
        "ACK comes, the last stays longer than the first. In the accept queue, until accept takes "
        "it, the last stays longer than the first. 1 left by accept, 1 gone before, 1 still there."
    )


def test_a_long_passage_is_in_seconds_and_not_too_high() -> None:
    trace = Trace(("client", "server"))
    for n in range(40):
        row = Row(2, "SYN-RECV", 0, 0, ("192.0.2.2", 8080), ("192.0.2.1", n))
        trace.add("change", n * 100 * MS, Change("server", "server:8080", str(n), None, row))
    ax = passage(trace)
    legible(ax)
    assert ax.get_xlabel().startswith("seconds")
    assert len(passages(trace)) == len(ax.patches) == 40
    assert texts(ax, "number")[:2] == ["connection 1", "3"]
