"""The pictures of notebook 06 say what their data says: checked on what is drawn."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from helpers.concepts.recv.figures.barcode import barcode, barcode_table
from helpers.concepts.recv.figures.stream import cuts, stream, stream_table
from helpers.concepts.recv.figures.timeline import timeline, timeline_table
from helpers.concepts.recv.figures.window import Room, rooms, window, window_table
from helpers.concepts.recv.reads import Runs
from helpers.figures import looks
from helpers.record.packet import Packet
from helpers.record.sockstate import Row
from helpers.record.trace import CallRecord, Change, PacketRecord, Trace
from tests.pictures import legible, words_of_all

MS = 1_000_000
ENDS = {"client": "client:ephemeral", "server": "server:8080"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Title and alternative text of each picture that is drawn."""
    return words_of_all(monkeypatch)


def gid(artist: Any) -> str:
    return artist.get_gid() or ""


def texts(ax: Axes, name: str) -> list[str]:
    return [t.get_text() for t in ax.texts if gid(t) == name]


def colour(artist: Any) -> str:
    return to_hex(artist.get_facecolor()).upper()


class Told:
    """A trace told by hand, with one connection; times are in milliseconds."""

    def __init__(self) -> None:
        self.trace, self.row = Trace(("client", "server")), None

    def call(self, host: str, name: str, size: int, at: float) -> None:
        begin = int(at * MS)
        record = CallRecord(host, host, name, f"{name}()", f"{name}()", begin, size=size)
        self.trace.add("begin", begin, record)
        record.end, record.result = begin + 1, str(size)
        self.trace.add("end", begin + 1, record)

    def packet(self, source: str, at: float, *, flags: str = ".", ack: int = 1,
               payload: bytes = b"", win: int = 0, late: float = 0.1) -> None:  # fmt: skip
        to = "server" if source == "client" else "client"
        wscale = (("wscale", 1),) if "S" in flags else ()
        packet = Packet("a", "b", flags=flags, payload=payload, window=win, options=wscale)
        record = PacketRecord(len(self.trace.packets), packet, source, source, to,
                              ENDS[source], ENDS[to], 1, ack, int(at * MS))  # fmt: skip
        self.trace.add("sent", record.sent, record)
        record.delivered, record.verdict = int((at + late) * MS), "delivered"
        self.trace.add("delivered", record.delivered, record)

    def unread(self, size: int, at: float) -> None:
        row = Row(2, "ESTAB", size, 0, ("192.0.2.2", 8080), ("192.0.2.1", 1))
        change = Change("server", ENDS["server"], ENDS["client"], self.row, row)
        self.trace.add("change", int(at * MS), change)
        self.row = row  # type: ignore[assignment]


# ---- one stream, four cuts -------------------------------------------------------------------

SIZES = {
    "send": (2000, 3000),
    "on the wire": (1448, 1448, 1448, 656),
    "in the buffer": (2896, 2104),
    "recv": (1024, 1024, 848, 1024, 1024, 56),
}


def one_stream() -> Trace:
    story = Told()
    story.call("client", "send", 2000, 1)
    story.call("client", "send", 3000, 2)
    for n, size in enumerate((1448, 1448)):
        story.packet("client", 3 + n, payload=b"x" * size)
    for n, size in enumerate((1024, 1024, 848)):
        story.call("server", "recv", size, 6 + n)
    for n, size in enumerate((1448, 656)):
        story.packet("client", 10 + n, payload=b"x" * size)
    for n, size in enumerate((1024, 1024, 56)):
        story.call("server", "recv", size, 14 + n)
    return story.trace


def test_the_rows_of_a_stream_are_its_cuts_from_above_in_their_shades() -> None:
    trace = one_stream()
    ax = stream(trace)
    legible(ax)
    assert {cut.place: cut.sizes for cut in cuts(trace)} == SIZES
    assert texts(ax, "place") == list(SIZES)
    dark = (looks.DATA, "#4A4F57")
    for y, (place, sizes) in enumerate(SIZES.items()):
        pieces = [p for p in ax.patches if gid(p).startswith(f"piece:{place}:")]
        ends = list(accumulate(sizes, initial=0))
        assert [(p.get_x(), p.get_x() + p.get_width()) for p in pieces] == [*pairwise(ends)]
        assert {p.get_y() + p.get_height() / 2 for p in pieces} == {y}
        assert all((colour(p) in dark) == (place == "recv") for p in pieces)
        assert all(colour(p) != colour(q) for p, q in pairwise(pieces))
        row = stream_table(trace).splitlines()[y + 1].removeprefix(place).split()
        assert texts(ax, "pieces")[y] == f"{row[0]} pieces"
        # A piece too narrow for its number has none.
        assert [int(n) for n in row[1:] if n != "56"] == [
            int(t.get_text()) for t in ax.texts if gid(t) == "size" and t.get_position()[1] == y
        ]


def test_numbers_stand_in_their_pieces_and_no_dashed_line_crosses_them() -> None:
    ax = stream(one_stream())
    legible(ax)
    borders = [line for line in ax.lines if gid(line) == "border"]
    assert {x for line in borders for x in line.get_xdata()} == {2000}
    assert max(y for line in borders for y in line.get_ydata()) > 3
    numbers = [t for t in ax.texts if gid(t) == "size"]
    boxes = [p.get_window_extent() for p in ax.patches]
    for number in numbers:
        place = number.get_window_extent()
        assert any(b.x0 <= place.x0 and place.x1 <= b.x1 and b.y0 < place.y0 < b.y1 for b in boxes)
        line = ax.transData.transform((2000, 0))[0]
        row = number.get_position()[1]
        assert row == 0 or not place.x0 <= line <= place.x1


def test_a_stream_is_told_with_every_piece(told: list[tuple[str, str]]) -> None:
    stream(one_stream(), title="Nothing in common")
    ((title, alt),) = told
    assert title == "Nothing in common"
    for part in ("send, 2 (2000 3000)", "recv, 6 (1024 1024 848 1024 1024 56)", "No border"):
        assert part in alt
    assert 80 <= len(alt) <= 700


# ---- small writes ----------------------------------------------------------------------------


def late_and_at_once() -> dict[str, Trace]:
    late, once = Told(), Told()
    for story in (late, once):
        story.call("client", "send", 4, 10)
        story.packet("client", 10.2, payload=b"head")
        story.call("client", "send", 4, 11)
    late.packet("server", 50, ack=5)
    late.packet("client", 50.5, payload=b"body")
    once.packet("client", 11.2, payload=b"body")
    return {"default": late.trace, "TCP_NODELAY": once.trace}


def test_a_ring_is_the_call_a_dot_its_packet_and_a_bar_the_wait() -> None:
    ax = timeline(runs := late_and_at_once())
    legible(ax)
    rings = [list(a.get_xydata()[0]) for a in ax.lines if gid(a) == "called"]
    dots = [(gid(a), *a.get_xydata()[0]) for a in ax.lines if gid(a).startswith("left:")]
    assert rings == [[0, 1], [1, 2], [0, 4], [1, 5]]
    assert [(name, pytest.approx(x), y) for name, x, y in dots] == [
        ("left:at once", 0.2, 1),
        ("left:after a late ACK", 40.5, 2),
        ("left:at once", 0.2, 4),
        ("left:at once", 1.2, 5),
    ]
    (bar,) = [p for p in ax.patches if gid(p) == "wait"]
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((1, 40.5))
    assert bar.get_y() < 2 < bar.get_y() + bar.get_height()
    assert all(a.get_markerfacecolor() == looks.PAPER for a in ax.lines if gid(a) == "called")
    said = [t.get_text().rpartition("leaves ")[2] for t in ax.texts if gid(t) == "words"]
    rows = [row.split(maxsplit=2) for row in timeline_table(runs).splitlines()[1:]]
    assert said == [row[2] for row in rows]
    assert texts(ax, "piece") == [row[1] for row in rows]
    assert [(t.get_text(), t.get_position()[1]) for t in ax.texts if gid(t) == "run"] == [
        ("default", 0),
        ("TCP_NODELAY", 3),
    ]


def test_words_find_room_beside_a_short_wait() -> None:
    """Early or late on a long axis, where a bar is too short for its own words."""
    story = Told()
    for at, word, gone in ((1, b"a", 1.1), (2, b"b", 30), (500, b"c", 528)):
        story.call("client", "send", 1, at)
        story.packet("client", gone, payload=word)
    ax = timeline({"one": story.trace})
    legible(ax)
    assert len(texts(ax, "words")) == 3


def test_small_writes_are_told_in_the_words_of_the_table(told: list[tuple[str, str]]) -> None:
    timeline(late_and_at_once())
    ((title, alt),) = told
    assert title == "When each piece leaves"
    assert "default: head at once, body after a late ACK; TCP_NODELAY: head at once, body" in alt
    assert 80 <= len(alt) <= 700


# ---- many readings ---------------------------------------------------------------------------

MANY = [
    Runs("all there first", ((1024, 976),) * 4),
    Runs("packets late", ((1024, 976), (500, 1024, 476), (1024, 976), (1024, 500, 476))),
]
MARKS = {  # for each way of cutting: where, and in how many runs
    "all there first": [([1024], 4)],
    "packets late": [([1024], 2), ([500, 1524], 1), ([1024, 1524], 1)],
}


def test_a_mark_stands_where_a_recv_ended_and_is_as_high_as_its_runs() -> None:
    ax = barcode(MANY)
    legible(ax)
    drawn = {gid(c): c for c in ax.collections}
    blocks = {gid(p): p for p in ax.patches}
    assert list(blocks) == ["runs:all there first", "runs:packets late"]
    for y, (name, ways) in enumerate(MARKS.items()):
        block = blocks[f"runs:{name}"]
        assert (block.get_x(), block.get_width(), block.get_y()) == (0, 2000, y)
        expected, top = [], float(y)
        for ends, count in ways:
            foot = top + block.get_height() * count / 4
            expected += [(end, top, foot) for end in ends]
            top = foot
        found = [(*map(float, s[0]), float(s[1][1])) for s in drawn[f"cuts:{name}"].get_segments()]
        assert found == [tuple(map(pytest.approx, mark)) for mark in expected]
        assert to_hex(drawn[f"cuts:{name}"].get_color()[0]).upper() == looks.DATA
        assert len(drawn[f"seams:{name}"].get_segments()) == len(ways) - 1
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1024", "2000"]


def test_each_block_is_named_at_its_height_with_its_runs_and_ways() -> None:
    ax = barcode(MANY)
    assert texts(ax, "network") == ["all there first", "packets late"]
    assert texts(ax, "ways") == ["4 runs, one way", "4 runs, 3 ways"]
    for words, block in zip([t for t in ax.texts if gid(t) == "network"], ax.patches, strict=True):
        assert block.get_y() < words.get_position()[1] < block.get_y() + block.get_height()
    rows = [row.split()[-2:] for row in barcode_table(MANY).splitlines()[1:]]
    assert rows == [["one", "way"], ["several", "ways"]]


def test_many_readings_are_told_without_what_chance_decides(told: list[tuple[str, str]]) -> None:
    barcode(MANY)
    ((_, alt),) = told
    assert "all there first, cut in one way; packets late, cut in several ways." in alt
    assert 80 <= len(alt) <= 700


# ---- a window that closes --------------------------------------------------------------------

ROOMS = [Room(1000, 1000, 3000), Room(4000, 4000, 0), Room(4000, 2500, 1400), Room(6000, 3000, 900)]


def closing(readings: list[Room]) -> Trace:
    """A SYN that says that windows count double, and an acknowledgement for each reading."""
    story = Told()
    story.packet("server", 1, flags="S.")
    for n, room in enumerate(readings, 2):
        story.unread(room.unread, n)
        story.packet("server", n + 0.1, ack=room.got + 1, win=room.window // 2)
    return story.trace


def test_a_bar_is_what_is_unread_and_above_it_the_window() -> None:
    trace = closing(ROOMS)
    ax = window(trace)
    legible(ax)
    assert rooms(trace) == ROOMS
    for name, low in (("unread", lambda r: 0), ("window", lambda r: r.unread)):
        boxes = [p for p in ax.patches if gid(p).startswith(f"{name}:")]
        heights = [(p.get_x() + p.get_width() / 2, p.get_y(), p.get_height()) for p in boxes]
        assert heights == [
            (pytest.approx(n), low(r), getattr(r, name)) for n, r in enumerate(ROOMS)
        ]
        full = looks.BUFFER if name == "unread" else looks.PAPER
        assert {colour(p) for p in boxes} == {full}


def test_the_numbers_of_a_window_are_those_of_the_table() -> None:
    ax = window(trace := closing(ROOMS))
    rows = [row.split() for row in window_table(trace).splitlines()[1:]]
    said = [
        [t.get_text() for t in ax.get_xticklabels()],
        texts(ax, "unread"),
        [t.get_text() for t in ax.texts if gid(t) in ("window", "closed")],
    ]
    assert [list(column) for column in zip(*rows, strict=True)] == said
    (closed,) = [t for t in ax.texts if gid(t) == "closed"]
    assert (closed.get_text(), closed.get_weight(), closed.get_position()[0]) == ("0", "bold", 1)
    for name in ("unread", "window"):
        box = next(p for p in ax.patches if gid(p).startswith(f"{name}:"))
        words = next(t for t in ax.texts if gid(t) == f"name:{name}")
        assert words.get_text() == name
        assert box.get_y() <= words.get_position()[1] <= box.get_y() + box.get_height()


def test_below_stands_from_which_bar_on_somebody_has_read() -> None:
    ax = window(closing(ROOMS))
    phases = {gid(a): [round(x, 6) for x in a.get_xdata()] for a in ax.lines}
    assert phases == {"phase:nobody reads": [-0.4, 1.4], "phase:recv is called": [1.6, 3.4]}
    assert [(t.get_text(), t.get_position()[0]) for t in ax.texts if gid(t) == "phase"] == [
        ("nobody reads", 0.5),
        ("recv is called", 2.5),
    ]


def test_a_long_run_has_numbers_at_its_ends_and_where_the_window_closes() -> None:
    many = [Room(n * 100, n * 100, 4000 - n * 100) for n in range(1, 41)]
    ax = window(closing(many))
    legible(ax)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "4000"]
    assert len(ax.patches) == 80


def test_a_window_is_told_with_its_first_its_closed_and_its_last(
    told: list[tuple[str, str]],
) -> None:
    window(closing(ROOMS))
    ((_, alt),) = told
    for part in (
        "4 acknowledgements of server",
        "The first has 1000 unread and a window of 3000;",
        "most are unread, 4000, where the window is 0;",
        "the last has 3000 unread and a window of 900.",
    ):
        assert part in alt
    assert 80 <= len(alt) <= 700
