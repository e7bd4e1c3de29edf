"""A ladder shows what its trace says: words, places and colours, from traces made by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from helpers.figures import calls, looks
from helpers.figures.ladder import ladder
from helpers.record.sockstate import Row
from helpers.record.trace import CallRecord, Change, PacketRecord
from tests.pictures import boxes, drawn, fill, legible, named, shade, well_told
from tests.unit.test_figures import MS, SERVER, Story, collisions, conversation

TITLE = "Two clients, and the second one is reset"


class Connections(Story):
    """A story in which each connection is known by the client's port, and each socket by number."""

    def move(self, host: str, port: str, state: str, inode: int = 0) -> None:
        """A socket's state changes; the server's port is 8080."""
        local, peer = ("server:8080", f"client:{port}")[:: 1 if host == "server" else -1]
        if state == "LISTEN":
            peer = "*:*"
        before = self._rows.get((host, local + peer))
        row = Row(2, state, 0, 0, SERVER, ("192.0.2.1", 40000), inode=inode)
        self._rows[host, local + peer] = row
        self._add("change", Change(host, local, peer, before, row), 0.001)

    def flies(self, flags: str, port: str, source: str = "client", **also: object) -> PacketRecord:
        """A packet of that connection is sent and arrives."""
        ends = (f"client:{port}", "server:8080")[:: 1 if source == "client" else -1]
        to = "server" if source == "client" else "client"
        record = self.send(flags, source=source, to=to, src=ends[0], dst=ends[1], **also)
        self.arrive(record)
        return record

    def opens(self, port: str, inode: int = 0) -> None:
        connect = self.begin("client", "connect(server:8080)")
        connect.inode = inode
        self.trace.sockets.learn(connect)
        self.move("client", port, "SYN-SENT", inode)
        self.flies("S", port)
        self.move("server", port, "SYN-RECV")
        self.flies("S.", port, "server")
        self.move("client", port, "ESTAB", inode)
        self.end(connect)
        self.flies(".", port)
        self.move("server", port, "ESTAB")


def clients(count: int) -> Connections:
    """The server listens; so many connections open, one after the other; the last one is reset."""
    story = Connections()
    story.move("server", "", "LISTEN", 9)
    for n in range(count):
        story.opens(f"e{n}", inode=100 + n)
    story.flies("R.", f"e{count - 1}", "server")
    return story


def ends(ax: Axes) -> list[tuple[float, float]]:
    """Where each packet's line begins and ends, in the order of the packets."""
    lines = named(ax.lines, "packet:")
    return [(lines[n].get_xdata()[0], lines[n].get_xdata()[-1]) for n in sorted(lines, key=int)]


def ends_of(text: Text) -> tuple[float, float]:
    """Where words begin and end, in pixels."""
    box = text.get_window_extent()
    return box.x0, box.x1


def strips(ax: Axes) -> list[float]:
    """The middles of the rails that have states, from the left."""
    found = {round(b.get_x() + b.get_width() / 2, 3) for b in boxes(ax, "span:")}
    return sorted(found)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_packets_begin_and_end_on_the_rail_of_their_own_connection(count: int) -> None:
    ax = ladder(clients(count).trace)
    rails = strips(ax)
    assert len(rails) == 2 * count and len(named(ax.lines, "rail")) == 1
    client, server = rails[:count][::-1], rails[count:]
    for at, (x0, x1) in enumerate(ends(ax)[:-1]):
        n, answers = divmod(at, 3)
        pair = (client[n], server[n])[:: -1 if answers == 1 else 1]
        assert (x0, x1) == pytest.approx(pair, abs=0.08), f"packet {at + 1}"
    assert ends(ax)[-1] == pytest.approx((server[-1], client[-1]), abs=0.08), "the RST"


def test_every_state_of_every_connection_has_its_name_beside_it() -> None:
    story = clients(3)
    ax = ladder(story.trace, title=TITLE)
    wanted = sorted(c.state for c in story.trace.changes if c.moved)
    names = [t for t in ax.texts if (t.get_gid() or "").startswith("state:")]
    assert sorted(t.get_text().replace("\n", "") for t in names) == wanted
    for text in names:
        x, y = text.get_position()
        kind = "listener:" if "LISTEN" in text.get_text() else "span:"
        near = [b for b in boxes(ax, kind) if abs(b.get_x() + b.get_width() / 2 - x) < 0.2]
        state = text.get_text().replace("\n", "")
        own = [b for b in near if b.get_gid() == kind + state]
        assert min(abs(b.get_y() - y) for b in own) < 2, state
        assert all(fill(b) == looks.STATES[state] for b in own)
        left, right = (ax.transData.inverted().transform((e, 0))[0] for e in ends_of(text))
        assert not any(left < rail < right for rail in strips(ax)), f"{state} stands on a rail"
    legible_but_for_height(ax)


def legible_but_for_height(ax: Axes) -> None:
    """A long run may be higher than a screen: a notebook then cuts it or replays it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looks, "HIGH", 99.0)
        legible(ax)


def test_a_host_of_many_connections_has_narrow_strips_that_are_all_there() -> None:
    story = clients(12)
    ax = ladder(story.trace)
    rails = strips(ax)
    assert len(rails) == 24
    assert all(b - a == pytest.approx(0.15, abs=0.01) for a, b in pairwise(rails[:12]))
    names = [t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("state:")]
    assert sorted(names) == ["ESTAB", "ESTAB", "LISTEN", "SYN-RECV", "SYN-SENT"]
    assert {round(x, 2) for x, _ in ends(ax)[:-1:3]} == {round(x + 0.07, 2) for x in rails[:12]}
    assert ax.figure.get_size_inches()[0] <= looks.WIDE + 1e-6  # type: ignore[union-attr]


def test_rails_have_the_names_of_their_sockets_and_calls_have_them_too() -> None:
    ax = ladder(clients(2).trace)
    names = {t.get_text(): t.get_position()[0] for t in ax.texts if t.get_gid() == "rail name"}
    client_2, client, *_ = strips(ax)
    assert names == {"client": pytest.approx(client), "client-2": pytest.approx(client_2)}
    written = [t.get_text() for t in ax.texts if t.get_gid() == "call label"]
    assert written == ["client.connect(server:8080)", "returns", "client-2.connect(server:8080)",
                       "returns"]  # fmt: skip


def test_a_listener_is_seen_behind_its_connection_and_behind_it_another_one() -> None:
    story = clients(1)
    other = Row(2, "LISTEN", 0, 0, SERVER, ("0.0.0.0", 0), inode=10)
    story._add("change", Change("server", "server:9090", "*:*", None, other), 0.001)
    story.call("server", "close()")
    ax = ladder(story.trace)
    first, second = boxes(ax, "listener:")
    (connection, *_) = [b for b in boxes(ax, "span:") if b.get_x() > first.get_x()]
    assert connection.get_width() < first.get_width() / 2 < second.get_width() / 2.5
    assert second.get_zorder() < first.get_zorder() < connection.get_zorder()


def test_colours_tell_what_a_packet_does() -> None:
    story = Story()
    sent = {"S": looks.OPENS, "S.": looks.OPENS, ".": looks.PLAIN, "F.": looks.ENDS,
            "R.": looks.FAILS}  # fmt: skip
    for flags in sent:
        story.pass_(flags)
    story.pass_(".", 5)
    story.lose(story.send(".", 7))
    story.lose(story.send("S", again=True), "folded")
    wanted = [*sent.values(), looks.DATA, looks.FAILS, looks.OPENS]
    ax = ladder(story.trace)
    lines, labels = named(ax.lines, "packet:"), named(ax.texts, "label:")
    for number, colour in enumerate(wanted, 1):
        assert shade(lines[str(number)]) == shade(labels[str(number)]) == colour
    words = [labels[str(n)].get_text().replace("\n", "  ") for n in range(1, 9)]
    assert words == ["SYN", "SYN+ACK", "ACK 1", "FIN", "RST", "5 bytes  1:6",
                     "7 bytes  1:8  dropped", "SYN again  folded"]  # fmt: skip


def test_a_call_that_failed_is_told_apart_by_colour_and_by_its_error() -> None:
    story = Story()
    story.call("client", "socket()", "3")
    failed = story.call("client", "connect(server:8080)")
    failed.error = "ECONNREFUSED"
    late = story.begin("client", "recv(1024)")
    story.pass_("R.", source="server", to="client")
    late.error = "ECONNRESET"
    story.end(late)
    ax = ladder(story.trace)
    told = {t.get_text(): shade(t) for t in ax.texts if t.get_gid() == "call label"}
    assert told == {
        "socket() = 3": looks.TEXT, "connect(server:8080) = ECONNREFUSED": looks.FAILS,
        "recv(1024)": looks.TEXT, "= ECONNRESET": looks.FAILS,
    }  # fmt: skip


@pytest.mark.parametrize("scale", ["steps", "time"])
def test_a_conversation_can_be_read(scale: str) -> None:
    picture = drawn(ladder, conversation().trace, title=TITLE, scale=scale)
    assert picture.title == TITLE
    legible_but_for_height(picture.ax)


def test_long_calls_are_folded_to_the_width_of_a_picture() -> None:
    story = Story()
    long = "sendto(b'early data', MSG_FASTOPEN, server:8080)"
    story.call("client", long, "10")
    story.call("server", "setsockopt(IPPROTO_TCP, TCP_DEFER_ACCEPT, 5)")
    story.pass_("S")
    story.pass_("S.", source="server", to="client")
    ax = ladder(story.trace)
    label = next(t for t in ax.texts if "sendto" in t.get_text())
    assert label.get_text().count("\n") == 1
    assert "".join(line.strip() + " " for line in label.get_text().split("\n")).strip() == (
        "sendto(b'early data', MSG_FASTOPEN, server:8080) = 10"
    )
    legible(ax)


@pytest.mark.parametrize(
    "text, most, wanted",
    [
        ("conn = listener.accept()", 20, ["conn =", "  listener.accept()"]),
        ("listener.recv(1024) = ENOTCONN", 22, ["listener.recv(1024)", "  = ENOTCONN"]),
        ("connect(server:8080)", 18, ["connect(", "  server:8080)"]),
        ("accept() … blocked", 9, ["accept()", "  … blocked"]),
        ("returns", 3, ["returns"]),
        ("send(b'a') = 1", 30, ["send(b'a') = 1"]),
    ],
)
def test_a_label_is_broken_where_it_has_a_joint(text: str, most: int, wanted: list[str]) -> None:
    assert calls.fold(text, most) == wanted


def test_the_name_of_a_state_keeps_off_the_lines_of_packets() -> None:
    """A SYN+ACK that leaves where SYN-RECV begins, on an axis of time: both at one height."""
    story = Story()
    story.arrive(story.send("S"), 3)
    story.state("server", "SYN-RECV")
    story.now -= MS  # what is sent next leaves at the very height at which the state begins
    story.arrive(story.send("S.", source="server", to="client"), 3)
    story.lose(story.send("S.", source="server", to="client"), "nobody")
    story.now += 1000 * MS
    story.lose(story.send("S.", source="server", to="client", again=True), "folded")
    ax = ladder(story.trace, scale="time")
    assert collisions(ax) == []
    (name,) = [t for t in ax.texts if t.get_gid() == "state:SYN-RECV"]
    box = name.get_window_extent().shrunk(1, 0.7)
    for line in named(ax.lines, "packet:").values():
        xs, ys = line.get_xdata(), line.get_ydata()
        points = [
            ax.transData.transform(
                (xs[0] + s / 50 * (xs[1] - xs[0]), ys[0] + s / 50 * (ys[1] - ys[0]))
            )
            for s in range(51)
        ]
        assert not any(box.contains(*point) for point in points)


def test_a_gauge_is_as_wide_as_its_number_says() -> None:
    ax = ladder(conversation().trace)
    bars = boxes(ax, "gauge:")
    numbers = [t for t in ax.texts if t.get_gid() == "gauge label"]
    for column in (looks.SYN_QUEUE, looks.ACCEPT_QUEUE, looks.BUFFER):
        own = [b for b in bars if fill(b) == column]
        widest = max(own, key=lambda b: b.get_width())
        for bar in own:
            right, top = bar.get_x() + bar.get_width(), bar.get_y()
            places = [(n, n.get_position()) for n in numbers]
            (number,) = [n for n, (x, y) in places if 0 < x - right < 0.1 and y == top]
            most = float(str(widest.get_gid()).removeprefix("gauge:"))
            share = bar.get_width() / widest.get_width()
            assert float(number.get_text()) == pytest.approx(share * most)


def test_gauges_stand_apart_whatever_their_numbers_and_hosts() -> None:
    story = Story("client", "balancer", "server")
    story.depth(1, 1)
    for host in ("balancer", "server"):
        story.state(host, "ESTAB", 1_234_567)
    story.pass_("S")
    legible(ladder(story.trace))


def test_the_words_for_who_cannot_see_it_tell_the_whole_and_end_with_its_end() -> None:
    for story in (conversation(), clients(3)):
        picture = drawn(ladder, story.trace, title=TITLE)
        well_told(picture)
    *_, reset, end = picture.alt.split(". ")
    assert reset.endswith("RST to the client")
    assert end == (
        "In the end 3 sockets of the client are in ESTAB and 3 sockets of the server are in ESTAB."
    )


def test_a_call_of_a_socket_that_nobody_knows_has_no_name() -> None:
    story = Story()
    story._add("begin", CallRecord("client", "client", "close", "close()", "close(3)", 1))
    assert [t.get_text() for t in ladder(story.trace).texts if t.get_gid() == "call label"] == [
        "close() … blocked"
    ]
