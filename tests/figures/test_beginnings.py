"""A picture of a part begins with what was there; what a kernel drops, ends at its host."""

from __future__ import annotations

import json
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.figures import drawing, looks, notes
from helpers.figures.kept import kept, trace_of
from helpers.figures.ladder import ladder
from helpers.figures.steps import steps
from helpers.lab.lab import Lab
from helpers.record.trace import Trace
from tests.pictures import drawn, legible, named, text, words
from tests.scenes import PORT, connected, listening
from tests.scenes.stories import Story

FULL = "dropped: accept queue full"


def strips(ax: Axes, prefix: str = "span:") -> list[tuple[str, float, float]]:
    """State, top and foot of each strip."""
    return [
        (str(p.get_gid()).removeprefix(prefix), p.get_y(), p.get_y() + p.get_height())
        for p in ax.patches
        if isinstance(p, Rectangle) and str(p.get_gid()).startswith(prefix)
    ]


def gauges(ax: Axes) -> list[tuple[str, float, float]]:
    return strips(ax, "gauge:")


def foot(ax: Axes) -> float:
    return float(ax.get_ylim()[0]) - 0.3


def full_queue() -> tuple[Story, int]:
    """A listener in whose accept queue two wait; what comes is the part behind the mark."""
    story = Story()
    story.call("server", "listen(1)", inode=1)
    story.state("server", "LISTEN", peer="*", inode=1)
    story.depth(0, 0)
    story.state("server", "ESTAB", peer="client:other")
    story.depth(0, 2)
    return story, story.trace.mark()


def dropped(counters: tuple[str, ...] = ("Tcp.InSegs", "ListenOverflows", "ListenDrops")) -> Trace:
    story, mark = full_queue()
    for again in (False, True):
        story.pass_("S", again=again)
        story.counter("server", *counters)
    return story.trace.since(mark)


def test_a_queue_that_was_full_before_the_part_is_full_in_it_from_the_top() -> None:
    story, mark = full_queue()
    story.pass_("S")
    story.state("server", "SYN-RECV")
    story.depth(1, 2)
    ax = ladder(story.trace.since(mark))
    (accept,) = [g for g in gauges(ax) if g[0] == "2"]
    assert accept[1] == 0 and accept[2] == pytest.approx(foot(ax))
    assert strips(ax, "listener:") == [("LISTEN", 0, pytest.approx(foot(ax)))]
    assert [state for state, *_ in strips(ax)] == ["SYN-RECV"], "who waits takes no part in it"


def test_a_socket_that_never_changes_has_its_state_from_the_top_to_the_foot() -> None:
    story = Story()
    story.state("server", "ESTAB", 7, inode=5)
    story.state("server", "ESTAB", peer="client:other", inode=6)
    mark = story.trace.mark()
    story.begin("server", "recv(1024)", inode=5)
    story.pass_(".", source="server", to="client", src="server:8080", dst="client:e")
    part = story.trace.since(mark)
    picture = drawn(ladder, part, title="recv sleeps")
    assert strips(picture.ax) == [("ESTAB", 0, pytest.approx(foot(picture.ax)))]
    assert gauges(picture.ax) == [("7", 0, pytest.approx(foot(picture.ax)))]
    assert picture.alt.endswith("In the end the server is in ESTAB.")
    assert "ESTAB" not in str(part)
    later = part.since(1).since(0)
    assert [state for state, *_ in strips(ladder(later, hosts=["server"]))] == ["ESTAB"]


def test_what_ended_before_the_part_is_not_in_it() -> None:
    story = Story()
    story.state("server", "ESTAB", inode=5)
    story.gone("server")
    mark = story.trace.mark()
    story.pass_(".")
    assert strips(ladder(story.trace.since(mark))) == []


def test_a_listeners_queue_ends_with_it() -> None:
    story, mark = full_queue()
    story.call("server", "close()", inode=1)
    story.gone("server", "*")
    story.pass_("R", source="server", to="client")
    ax = ladder(story.trace.since(mark))
    ((value, top, end),) = gauges(ax)
    assert (value, top) == ("2", 0) and end < 1


def test_a_syn_that_a_full_queue_drops_ends_in_a_cross_at_the_host() -> None:
    for scale in ("steps", "time"):
        picture = drawn(ladder, dropped(), title="Nobody answers", scale=scale)
        ax = picture.ax
        legible(ax)
        rail = named(ax.texts, "host:")["server"].get_position()[0]
        crosses = named(ax.lines, "dropped:")
        assert set(crosses) == {"1", "2"}
        for number, cross in crosses.items():
            arrow = named(ax.lines, "packet:")[number]
            assert cross.get_marker() == "x" and cross.get_color() == looks.FAILS
            assert cross.get_xdata()[0] == pytest.approx(rail)
            assert cross.get_ydata()[0] == arrow.get_ydata()[-1]
            assert arrow.get_color() == looks.OPENS
        said = [t for t in ax.texts if t.get_text().replace("\n", " ") == FULL]
        assert len(said) == 2 and {t.get_color() for t in said} == {looks.FAILS}
        assert all(t.get_position()[0] < rail for t in said), "on the side of the wire"
        assert not named(ax.lines, "lost"), "nothing was lost on the wire"
        assert [value for value, *_ in gauges(ax)] == ["2"]
        assert "(the server's kernel drops it: accept queue full)" in picture.alt


def test_the_counters_say_what_became_of_an_arrival() -> None:
    said = {
        ("TCPReqQFullDrop", "ListenDrops"): "dropped: SYN queue full",
        ("ListenDrops",): "dropped",
        ("Ip.InReceives",): "dropped before TCP",
        ("Ip.InReceives", "Ip.InDelivers"): "",
        ("TCPReqQFullDoCookies",): "",
        (): "",
    }
    for counters, wanted in said.items():
        ax = ladder(dropped(counters))
        found = {t.get_text().replace("\n", " ") for t in ax.texts if t.get_gid() == "dropped"}
        assert found == ({wanted} if wanted else set())
        assert bool(named(ax.lines, "dropped:")) == bool(wanted)


def test_an_ack_for_which_there_is_no_room_is_ignored_unless_it_is_answered() -> None:
    for answered in (False, True):
        story = Story()
        story.state("server", "SYN-RECV")
        story.pass_(".")
        story.counter("server", "ListenOverflows", "ListenDrops")
        if answered:
            story.pass_("R", source="server", to="client", dst="client:e", src="server:8080")
        picture = drawn(ladder, story.trace, title="A handshake that has no end")
        found = [t.get_text().replace("\n", " ") for t in words(picture.ax)]
        assert ("ignored: accept queue full" in found) != answered
        assert ("the server's kernel ignores it" in picture.alt) != answered


def test_counters_of_another_arrival_say_nothing_of_this_one() -> None:
    story = Story("alice", "bob", "server")
    story.pass_("S", source="alice")
    story.pass_("S", source="bob")
    story.counter("server", "ListenOverflows", "ListenDrops")
    assert set(named(ladder(story.trace).lines, "dropped:")) == {"2"}


def test_what_came_before_an_rst_is_unread_until_it_is_read() -> None:
    def story(*calls: tuple[str, str]) -> Any:
        told = Story()
        told.state("client", "ESTAB", 9, peer="server:8080", inode=3)
        told.pass_("R.", source="server", to="client", dst="client:8080", src="server:8080")
        told.gone("client", "server:8080")
        for call, result in calls:
            told.call("client", call, result, inode=3)
        return gauges(ladder(told.trace)), foot(ladder(told.trace))

    peek = ("recv(100, MSG_PEEK)", "b'the reply'")
    found, end = story(peek)
    assert found == [("9", pytest.approx(0, abs=1), pytest.approx(end))]
    found, end = story(peek, ("recv(4)", "b'the '"), ("recv(100)", "5 bytes"))
    assert [value for value, *_ in found] == ["9", "5"] and found[-1][2] < end - 0.5
    found, end = story(("close()", ""), ("socket()", "3"))
    assert [value for value, *_ in found] == ["9"] and found[0][2] < end - 0.5


def test_who_closes_throws_away_what_is_unread() -> None:
    story = Story()
    story.state("server", "ESTAB", 1, inode=4)
    story.call("server", "close()", inode=4)
    story.gone("server")
    story.pass_("R.", source="server", to="client")
    ax = ladder(story.trace)
    assert gauges(ax)[0][2] < foot(ax) - 1


def test_a_socket_that_ends_long_after_all_else_has_a_row_of_its_own() -> None:
    story = Story()
    story.pass_("S")
    story.state("server", "SYN-RECV")
    story.depth(1, 0)
    story.lose(story.send("S.", source="server", to="client"))
    without = foot(ladder(story.trace, scale="time"))
    story.gone("server", after=2000)
    story.depth(0, 0)
    ax = ladder(story.trace, scale="time")
    (gap,) = [t for t in ax.texts if t.get_gid() == "gap"]
    ((_, _, end),), ((_, _, ends),) = strips(ax), gauges(ax)
    assert gap.get_text() == "2.0 s pass" and gap.get_position()[1] < end < foot(ax) - 0.5
    assert ends == pytest.approx(end) and foot(ax) > without


@pytest.mark.parametrize("hosts", [("client", "server"), ("alice", "bob", "server"), ("server",)])
def test_a_note_is_short_and_on_no_rail(hosts: tuple[str, ...]) -> None:
    story = Story(*hosts)
    story.call("server", "listen(1)")
    story.note("server sysctl net.ipv4.conf.eth0.route_localnet = 1")
    story.call("server", "accept()")
    ax = ladder(story.trace, title="One rule less")
    legible(ax)
    note = text(ax, "note")
    assert note.get_text().replace("\n", " ") == "server sysctl route_localnet = 1"
    box = note.get_window_extent()
    rails = [ax.transData.transform((line.get_xdata()[0], 0))[0] for line in ax.lines
             if line.get_gid() == "rail"]  # fmt: skip
    assert len(rails) == len(hosts) and not any(box.x0 <= x <= box.x1 for x in rails)
    assert "route_localnet = 1" in str(story.trace) and "net.ipv4" in str(story.trace)


def test_other_notes_are_as_they_were_said() -> None:
    assert notes.shown("server killed (SIGKILL)", 40) == "server killed (SIGKILL)"
    assert notes.shown("the wire is cut", 12) == "the wire is\ncut"


@pytest.mark.live
def test_a_full_queue_on_this_kernel_is_kept_and_a_replay_knows_it(lab: Lab) -> None:
    listening(lab, 0)
    assert "before" not in kept(lab.trace)
    lab.client.socket().connect(("server", PORT))
    mark = lab.trace.mark()
    lab.client.socket().start("connect", ("server", PORT))
    part = lab.trace.since(mark)
    again = trace_of(json.loads(json.dumps(kept(part))))
    assert str(again) == str(part)
    for trace in (part, again):
        ax = ladder(trace)
        assert FULL in {t.get_text().replace("\n", " ") for t in ax.texts}
        assert [value for value, *_ in gauges(ax)] == ["1"] and strips(ax, "listener:")
        before, told = steps(trace)
        assert [d[0] for d in before] == ["socket", "queue"] and before[1][3:] == [0, 1, 0]
        shown = drawing.draw(trace, told)
        births, (number,) = dict(shown.words), named(ax.lines, "dropped:")
        arrived = next(n for n, step in enumerate(told, 1) if step.kind == "delivered")
        assert births[f"dropped:{number}"] == arrived
        assert f'data-part="dropped:{number}"' in shown.svg


@pytest.mark.live
def test_what_routing_drops_on_this_kernel_is_marked_and_kept(lab: Lab) -> None:
    from scapy.layers.inet import IP, TCP

    listening(lab)
    mark = lab.trace.mark()
    lab.wire.inject(IP(src="192.0.2.1", dst="127.0.0.1") / TCP(dport=PORT, flags="S"), "server")
    lab.server.sysctl["net.ipv4.conf.eth0.route_localnet"] = 1
    lab.wire.inject(IP(src="192.0.2.1", dst="127.0.0.1") / TCP(dport=PORT, flags="S"), "server")
    part = lab.trace.since(mark)
    for trace in (part, trace_of(json.loads(json.dumps(kept(part))))):
        picture = drawn(ladder, trace, title="A visitor from outside")
        legible(picture.ax)
        found = [t.get_text().replace("\n", " ") for t in words(picture.ax)]
        assert found.count("dropped before TCP") == 2, "the SYN, and the SYN+ACK from 127.0.0.1"
        assert "(the client's kernel drops it before TCP)" in picture.alt
        assert "(a host's kernel drops it before TCP)" in picture.alt, picture.alt


def test_between_near_rails_the_words_take_three_lines() -> None:
    story, mark = full_queue()
    calls = ("client.setsockopt(SO_REUSEADDR, 1)", "listener.setsockopt(SO_REUSEADDR, 1)")
    for host, call in zip(("client", "server"), calls, strict=True):
        story.call(host, call)
    for n in range(3):
        story.state("client", "SYN-SENT", peer=f"server:{n}")
    story.pass_("S")
    story.counter("server", "ListenOverflows")
    ax = ladder(story.trace.since(mark), title="Far from the others")
    legible(ax)
    box = text(ax, "dropped").get_window_extent()
    rails = [ax.transData.transform((line.get_xdata()[0], 0))[0] for line in ax.lines
             if line.get_gid() == "rail"]  # fmt: skip
    assert not any(box.x0 <= x <= box.x1 for x in rails)


@pytest.mark.live
def test_a_reply_before_a_reset_on_this_kernel(lab: Lab) -> None:
    _, conn, client = connected(lab)
    client.send(b"GET!")
    conn.send(b"the reply")
    conn.close()
    mark = lab.trace.mark()
    assert client.recv(4) == b"the "
    ax = ladder(lab.trace, hosts=["client"])
    assert [value for value, *_ in gauges(ax)] == ["9", "5"]
    assert gauges(ax)[-1][2] == pytest.approx(foot(ax))
    assert not gauges(ladder(lab.trace.since(mark)))
