"""Figures say what the trace says: checked on what is drawn, from traces made by hand."""

from __future__ import annotations

import base64
import subprocess
import sys
import warnings
from itertools import combinations

import matplotlib as mpl
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from helpers.errors import LabError
from helpers.figures import looks
from helpers.figures import packets as packet_drawing
from helpers.figures.ladder import ladder
from helpers.figures.layout import in_time, moments
from helpers.figures.queues import buffer, buffer_table, queue_table, queues
from helpers.record.trace import Depth, Trace
from tests.scenes.stories import MS, Story, conversation


def gids(ax: Axes, prefix: str) -> list[str]:
    artists = [*ax.lines, *ax.patches, *ax.texts]
    return [gid for a in artists if (gid := a.get_gid() or "").startswith(prefix)]


def line(ax: Axes, gid: str):  # type: ignore[no-untyped-def]
    (found,) = [a for a in ax.lines if a.get_gid() == gid]
    return found


def rails(ax: Axes) -> list[float]:
    """Where the first rail of each host stands."""
    return [t.get_position()[0] for t in ax.texts if (t.get_gid() or "").startswith("host:")]


def check_each_packet_once(ax: Axes, trace: Trace) -> None:
    wanted = sorted(f"packet:{p.number}" for p in trace.packets)
    assert sorted(gids(ax, "packet:")) == wanted
    assert len(gids(ax, "label:")) == len(wanted)


def collisions(ax: Axes) -> list[tuple[str, str]]:
    """Pairs of words on the picture whose boxes overlap."""
    FigureCanvasAgg(ax.figure).draw()  # type: ignore[arg-type]
    boxes = [(t.get_text(), t.get_window_extent().shrunk(0.98, 0.7)) for t in ax.texts]
    return [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if one.overlaps(two)]


@pytest.mark.parametrize("scale", ["steps", "time"])
def test_every_packet_is_drawn_once_and_no_words_collide(scale: str) -> None:
    trace = conversation().trace
    ax = ladder(trace, scale=scale)
    check_each_packet_once(ax, trace)
    assert collisions(ax) == []


def test_a_packet_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    trace, draw = conversation().trace, packet_drawing._draw
    left_out = trace.packets[4]
    monkeypatch.setattr(
        packet_drawing, "_draw", lambda ax, to, p: to.packet is left_out or draw(ax, to, p)
    )
    with pytest.raises(AssertionError):
        check_each_packet_once(ladder(trace), trace)


def test_words_that_collide_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_drawing, "_place", lambda line, placed, inches: (0.5, 5.0, 0.1))
    assert collisions(ladder(conversation().trace))


def test_a_lost_packet_ends_in_a_cross_that_its_label_leaves_free() -> None:
    story = Story()
    story.lose(story.send("S"))
    story.lose(story.send("S.", source="server", to="client"), "nobody")
    story.send("S", again=True, waited=True, verdict="held")
    ax = ladder(story.trace)
    check_each_packet_once(ax, story.trace)
    assert gids(ax, "lost") == ["lost", "lost"] and gids(ax, "held") == ["held"]
    crosses = [a for a in ax.lines if a.get_gid() in ("lost", "held")]
    assert [a.get_marker() for a in crosses] == ["x", "x", "o"]
    FigureCanvasAgg(ax.figure).draw()  # type: ignore[arg-type]
    for cross in crosses:
        place = ax.transData.transform((cross.get_xdata()[0], cross.get_ydata()[0]))
        assert not any(t.get_window_extent().contains(*place) for t in ax.texts)
    assert any("again" in t.get_text() for t in ax.texts)


def test_packets_wait_apart_and_on_nobody_elses_rail() -> None:
    story = Story("alice", "bob", "server")
    held = [story.send(".", source="alice", waited=True) for _ in range(3)]
    for record in held:
        story.arrive(record)
    ax = ladder(story.trace)
    dots = [a.get_xdata()[0] for a in ax.lines if a.get_gid() == "waited"]
    assert len(set(dots)) == 3
    assert all(abs(x - rail) > 0.05 for x in dots for rail in rails(ax))


def test_an_injected_packet_begins_on_no_rail() -> None:
    story = Story()
    story.pass_("S", source="198.51.100.7", origin="", injected=True)
    ax = ladder(story.trace)
    client, server = rails(ax)
    assert client + 0.5 < line(ax, "packet:1").get_xdata()[0] < server - 0.5
    assert any("198.51.100.7" in t.get_text() for t in ax.texts)


def test_a_blocked_call_is_open_at_its_end() -> None:
    story = Story()
    story.call("server", "listen(1)")
    story.begin("server", "accept()")
    ax = ladder(story.trace)
    assert gids(ax, "call:") == ["call:listen:ended", "call:accept:open"]
    assert gids(ax, "open end") == ["open end"]
    assert max(line(ax, "call:accept:open").get_ydata()) > ax.get_ylim()[0] - 0.6


def test_gauges_are_the_depths() -> None:
    trace = conversation().trace
    seen = [(e.record.queues.syn, e.record.queues.accept) for e in trace.events
            if isinstance(e.record, Depth)]  # fmt: skip
    ax = queues(trace)
    for name, column in (("SYN queue", 0), ("accept queue", 1)):
        assert list(line(ax, name).get_ydata())[:-1] == [depths[column] for depths in seen]
    assert set(line(ax, "backlog").get_ydata()) == {1}
    drawn = sorted(gids(ladder(trace), "gauge:"))
    assert drawn == sorted(f"gauge:{n}" for n in (1, 1, 1448, 2896, 4344, 5000, 3976))


def test_bytes_that_wait_behind_a_fin_are_still_unread_and_the_fin_is_no_byte() -> None:
    story = Story()
    story.pass_(".", 300)
    story.state("server", "ESTAB", 300)
    story.pass_("F.")
    story.state("server", "CLOSE-WAIT", 301)
    story.call("server", "recv(100)", "100 bytes")
    story.state("server", "CLOSE-WAIT", 201)
    story.call("server", "recv(200)", "200 bytes")
    story.state("server", "CLOSE-WAIT", 1)
    assert list(line(buffer(story.trace), "unread bytes").get_ydata()) == [300, 200, 0, 0]
    assert [row.split()[-1] for row in buffer_table(story.trace).splitlines()[1:]] == [
        "300", "200", "0",
    ]  # fmt: skip
    assert gids(ladder(story.trace), "gauge:") == ["gauge:300", "gauge:200"]


def test_the_buffers_of_two_connections_add_up() -> None:
    story = Story()
    for peer, waiting in (("client:e", 100), ("client:e-2", 50), ("client:e", 0)):
        story.call("client", "send()")
        story.state("server", "ESTAB", waiting, peer)
    assert [row.split()[-1] for row in buffer_table(story.trace).splitlines()[1:]] == [
        "100", "150", "50",
    ]  # fmt: skip


def test_nothing_is_drawn_after_its_own_effect() -> None:
    """The lab stamps a delivery when it is done; the kernel may have answered by then."""
    story = Story()
    syn = story.send("S")
    answer = story.now + 2 * MS
    story.arrive(syn, 5)
    story.state("server", "SYN-RECV")
    reply = story.send("S.", source="server", to="client")
    reply.sent = answer
    story.trace.events[-1] = type(story.trace.events[-1])("sent", answer, reply)
    assert moments(story.trace) == [syn.sent, answer, answer, answer]
    ax = ladder(story.trace, scale="time")
    assert line(ax, "packet:1").get_ydata()[1] <= line(ax, "packet:2").get_ydata()[0]


def test_idle_time_is_cut_short_marked_and_the_clock_goes_on() -> None:
    story = Story()
    story.lose(story.send("S"))
    story.now += 1000 * MS
    for _ in range(3):
        story.pass_("S", again=True)
    ax = ladder(story.trace, scale="time")
    assert [t.get_text() for t in ax.texts if t.get_gid() == "gap"] == ["1.0 s pass"]
    assert len(gids(ax, "break")) == 3  # two rails and the axis
    ticks = [float(t.get_text().split()[0]) for t in ax.texts if t.get_gid() == "tick"]
    assert ticks == sorted(set(ticks)) and ticks[-1] > 1000
    assert not gids(ladder(story.trace), "ruler") and gids(ax, "ruler")
    (gap,) = in_time(story.trace).gaps
    assert gap.bottom - gap.top < 4


def test_a_slow_wire_is_no_idle_time() -> None:
    story = Story()
    for _ in range(4):
        story.call("client", "send()", after=0.1)
        story.arrive(story.send(".", 1), 200)
    ax = ladder(story.trace, scale="time")
    assert not gids(ax, "gap")


def test_hosts_choose_rails_and_their_order() -> None:
    story = Story("alice", "bob", "server")
    story.pass_("S", source="alice")
    story.pass_("S", source="alice", to="bob")
    story.call("bob", "socket()")
    story.note("the wire is cut")
    ax = ladder(story.trace, hosts=("server", "alice"))
    names = [t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("host:")]
    assert names == ["server", "alice"]
    assert len(gids(ax, "packet:")) == 2 and not gids(ax, "call:") and gids(ax, "note")
    with pytest.raises(LabError, match="some of alice, bob, server, not carol"):
        ladder(story.trace, hosts=["carol"])


def test_one_host_is_enough() -> None:
    story = Story("server")
    story.call("server", "listen(1)")
    assert gids(ladder(story.trace), "call:") == ["call:listen:ended"]


def test_a_part_of_a_trace_begins_in_the_state_it_was_in() -> None:
    story = conversation()
    part = story.trace.since(story.trace.mark() - 6)
    assert "span:ESTAB" in gids(ladder(part), "span:")
    assert "gauge:5000" in gids(ladder(part), "gauge:")


def test_a_part_that_begins_with_a_move_shows_what_was_before_in_the_same_lane() -> None:
    story = conversation()
    mark = story.trace.mark()
    story.state("server", "CLOSE-WAIT", 1)
    story.call("server", "close()")
    ax = ladder(story.trace.since(mark))
    assert gids(ax, "span:") == ["span:ESTAB", "span:CLOSE-WAIT"]
    left = {a.get_x() for a in ax.patches if (a.get_gid() or "").startswith("span:")}  # type: ignore[attr-defined]
    assert len(left) == 1


def test_a_listener_is_furniture() -> None:
    ax = ladder(conversation().trace)
    assert gids(ax, "listener:") == ["listener:LISTEN"]
    assert "span:LISTEN" not in gids(ax, "span:")


def test_bench_mode_says_that_packets_are_not_seen() -> None:
    ax = ladder(conversation(wire=False).trace)
    assert not gids(ax, "packet:") and gids(ax, "call:connect")
    assert any("bench mode" in t.get_text() for t in ax.texts)


def test_size_follows_what_happened_or_the_height_that_is_asked_for() -> None:
    story = conversation()
    short = ladder(story.trace).figure.get_size_inches()[1]  # type: ignore[union-attr]
    for _ in range(10):
        story.pass_(".", 1)
    assert ladder(story.trace).figure.get_size_inches()[1] > short + 3  # type: ignore[union-attr]
    assert ladder(story.trace, height=9).figure.get_size_inches()[1] == 9  # type: ignore[union-attr]


def test_slow_and_fast_runs_give_pictures_of_one_size() -> None:
    """A notebook's text says ``<Figure size ...>``, and two runs must not differ in it."""
    sizes = set()
    for pause in (0.01, 3, 900):
        story = conversation()
        story.call("server", "close()", after=pause)
        story.end(story.begin("server", "recv(1024)", pause), "1024 bytes", pause)
        sizes.add(tuple(ladder(story.trace, scale="time").figure.get_size_inches()))  # type: ignore[union-attr]
    assert len(sizes) == 1


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(LabError, match="nothing to draw"):
        ladder(Trace(("client", "server")))
    story = Story()
    with pytest.raises(LabError, match="no listener"):
        queues(story.trace)
    with pytest.raises(LabError, match="no receive buffer of client"):
        buffer(story.trace, host="client")
    for _ in range(1000):
        story.pass_(".", 1)
    with pytest.raises(LabError, match="draw a part of it"):
        ladder(story.trace)


def test_given_axes_stay_where_they_are_and_looks_do_not_leak() -> None:
    mpl.use("agg")
    trace, before = conversation().trace, mpl.rcParams.copy()
    figure, (_, right) = pyplot.subplots(1, 2, figsize=(22, 9))
    place = right.get_position().bounds
    for draw in (ladder, queues, buffer):
        assert draw(trace, right) is right
    assert right.get_position().bounds == place
    assert mpl.rcParams == before
    pyplot.close(figure)


def test_every_picture_takes_given_axes_with_and_without_an_axis_to_read() -> None:
    figure = pyplot.figure(figsize=(6, 4))
    given = figure.add_axes((0.1, 0.2, 0.3, 0.4))
    before = mpl.rcParams.copy()
    for within, read in ((None, False), ((0.1, 0.5, 0.9, 0.9), True)):
        given.set_axis_on()
        with looks.picture(given, 9, 3, title="", alt="", within=within) as ax:
            assert ax is given and ax.axison == read
            assert not mpl.rcParams["axes.spines.top"]
        assert mpl.rcParams == before
    assert given.get_position().bounds == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert tuple(figure.get_size_inches()) == (6, 4)
    pyplot.close(figure)


def test_new_axes_stand_where_the_picture_says_with_their_foot_in_inches() -> None:
    with looks.picture(None, 8, 4, title="", alt="", within=(0.1, 1, 0.9, 0.95)) as ax:
        assert tuple(ax.figure.get_size_inches()) == (8, 4)  # type: ignore[union-attr]
        assert ax.get_position().bounds == pytest.approx((0.1, 0.25, 0.8, 0.7))
    with looks.picture(None, 8, 4, title="", alt="") as ax:
        assert ax.get_position().bounds == pytest.approx((0.01, 0.01, 0.98, 0.98))


def test_nothing_to_draw_is_said_in_the_words_of_the_picture() -> None:
    looks.need(["one"], "no run was made")
    with pytest.raises(LabError, match="nothing to draw: no run was made"):
        looks.need([], "no run was made")


def test_a_hundred_ladders_leave_nothing_open() -> None:
    mpl.use("agg")
    trace = conversation().trace
    open_before = pyplot.get_fignums()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(100):
            ladder(trace)
    assert pyplot.get_fignums() == open_before


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What a notebook's cell would show: text and metadata of each picture."""
    shown: list[tuple[str, dict[str, object]]] = []

    def display(data: dict[str, str], *, metadata: dict[str, dict[str, object]], raw: bool) -> None:
        assert raw and base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        shown.append((data["text/plain"], metadata["image/png"]))

    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", display)
    return shown


def test_a_picture_shows_when_it_is_drawn_with_its_size_and_words(cell) -> None:  # type: ignore[no-untyped-def]
    before = pyplot.get_fignums()
    ax = ladder(conversation().trace, title="A handshake, then data")
    ((text, told),) = cell
    assert text == "[A handshake, then data]"
    width, height = ax.figure.get_size_inches()  # type: ignore[union-attr]
    assert (told["width"], told["height"]) == (round(96 * width), round(96 * height))
    assert "SYN to the server" in str(told["alt"])
    assert any(t.get_text() == "A handshake, then data" for t in ax.figure.texts)
    assert pyplot.get_fignums() == before


def test_what_is_drawn_on_given_axes_or_fails_is_not_shown(cell) -> None:  # type: ignore[no-untyped-def]
    ladder(conversation().trace, Figure(figsize=(9, 9)).add_subplot())
    with pytest.raises(ZeroDivisionError), looks.picture(None, 3, 2, title="never", alt=""):
        1 / 0  # noqa: B018
    with pytest.raises(ZeroDivisionError), looks.unfinished():
        ladder(conversation().trace, title="never")
        1 / 0  # noqa: B018
    assert cell == []


def test_an_unfinished_picture_shows_once_at_the_end(cell) -> None:  # type: ignore[no-untyped-def]
    with looks.unfinished():
        with looks.unfinished():
            ladder(conversation().trace, title="one")
        assert cell == []
    assert [text for text, _ in cell] == ["[one]"]


def test_a_title_takes_as_many_lines_as_it_needs_and_stays_above() -> None:
    for title in ("short", "a title that is far too long for a picture of only four inches"):
        with looks.picture(None, 4, 2, title=title, alt="") as ax:
            ax.set(xlim=(0, 1), ylim=(0, 1))
        figure = ax.figure
        FigureCanvasAgg(figure).draw()  # type: ignore[arg-type]
        boxes = [t.get_window_extent() for t in figure.texts]
        assert boxes and all(b.x1 < figure.bbox.x1 and b.y1 < figure.bbox.y1 for b in boxes)
        assert min(b.y0 for b in boxes) > ax.get_window_extent().y1


def test_the_package_does_not_import_matplotlib() -> None:
    code = "import sys, helpers.figures; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_tables_tell_no_times_and_no_raw_ports() -> None:
    for text in (queue_table(conversation().trace), buffer_table(conversation().trace)):
        assert "40000" not in text and "ms" not in text


def test_what_a_packet_carries_beside_its_flag_is_said() -> None:
    story = Story()
    said = [packet_drawing.caption(story.send(*what)) for what in (("S", 5), ("F.", 1), ("S",))]
    assert said == ["SYN, 5 bytes", "FIN, 1 byte", "SYN"]
