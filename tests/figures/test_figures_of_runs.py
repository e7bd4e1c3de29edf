"""Figures say what the trace says: checked on what is drawn, not on pixels."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg

from helpers import LabError, buffer, buffer_table, ladder, queue_table, queues
from helpers.concepts.reuse.figures import matrix
from helpers.concepts.reuse.restarts import restart_matrix, restart_table
from helpers.figures import packets as packet_drawing
from helpers.lab.lab import Lab
from helpers.record.trace import Depth, Trace
from tests.scenes import PORT, connected, listening

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    mpl.use("agg")
    yield
    pyplot.close("all")


def gids(ax: Axes, prefix: str) -> list[str]:
    artists = [*ax.lines, *ax.patches, *ax.texts]
    return [gid for a in artists if (gid := a.get_gid() or "").startswith(prefix)]


def check_every_packet_is_drawn_once(ax: Axes, trace: Trace) -> None:
    """One line and one label for each packet of the trace, and no other."""
    wanted = sorted(f"packet:{p.number}" for p in trace.packets)
    assert sorted(gids(ax, "packet:")) == wanted
    assert len(gids(ax, "label:")) == len(wanted)


def check_no_labels_collide(ax: Axes) -> None:
    figure = ax.figure
    canvas = FigureCanvasAgg(figure)  # type: ignore[arg-type]
    canvas.draw()
    named = [t for t in ax.texts if (t.get_gid() or "").startswith(("label:", "call label"))]
    boxes = [(t.get_text(), t.get_window_extent().shrunk(0.98, 0.7)) for t in named]
    for n, (text, box) in enumerate(boxes):
        for other, another in boxes[n + 1 :]:
            assert not box.overlaps(another), f"{text!r} and {other!r} collide"


def conversation(lab: Lab) -> None:
    listener, conn, client = connected(lab)
    client.sendall(b"x" * 5000)
    conn.recv(1024)
    conn.recv(65536)
    conn.close()
    client.recv(10)
    client.close()
    listener.close()


def test_a_ladder_has_every_packet_and_no_collision(lab: Lab) -> None:
    conversation(lab)
    ax = ladder(lab.trace)
    check_every_packet_is_drawn_once(ax, lab.trace)
    check_no_labels_collide(ax)
    assert not gids(ax, "lost") and not gids(ax, "held")


def test_a_ladder_that_leaves_out_a_packet_is_noticed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation(lab)
    draw = packet_drawing._draw
    skipped = lab.trace.packets[3]
    monkeypatch.setattr(
        packet_drawing, "_draw", lambda ax, line, p: line.packet is skipped or draw(ax, line, p)
    )
    with pytest.raises(AssertionError):
        check_every_packet_is_drawn_once(ladder(lab.trace), lab.trace)


def test_time_scale_with_delay(lab: Lab) -> None:
    lab.wire.delay(0.01)
    conversation(lab)
    trace = lab.trace.since(0)
    ax = ladder(trace, scale="time")
    check_every_packet_is_drawn_once(ax, trace)
    lines = {line.get_gid(): line for line in ax.lines}
    syn = lines["packet:1"].get_ydata()
    assert syn[1] - syn[0] > 0.3


def test_idle_time_is_shortened_and_marked(lab: Lab) -> None:
    listening(lab)
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    lab.wire.drop()
    from helpers import wait_until

    wait_until("the SYN again", lambda: lab.wire.held)
    ax = ladder(lab.trace, scale="time")
    assert "1.0 s pass" in [t.get_text() for t in ax.texts if t.get_gid() == "gap"]
    assert len(gids(ax, "lost")) == 1 and len(gids(ax, "held")) == 1


def test_blocked_calls_stay_open_and_states_colour_the_rail(lab: Lab) -> None:
    listener = listening(lab)
    listener.start("accept")
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    lab.wire.step()
    ax = ladder(lab.trace)
    assert gids(ax, "call:accept") == ["call:accept:open"]
    assert gids(ax, "call:connect") == ["call:connect:open"]
    assert set(gids(ax, "span:")) == {"span:SYN-SENT", "span:SYN-RECV"}
    assert gids(ax, "gauge:") == ["gauge:1"]


def test_gauges_are_the_depths_of_the_trace(lab: Lab) -> None:
    listener = listening(lab, 3)
    for _ in range(3):
        lab.client.socket().connect(("server", PORT))
    listener.accept()
    seen = [e.record.queues.accept for e in lab.trace.events if isinstance(e.record, Depth)]
    drawn = [line for line in queues(lab.trace).lines if line.get_gid() == "accept queue"]
    heights = [int(y) for y in drawn[0].get_ydata()]
    assert [h for n, h in enumerate(heights[:-1]) if n == 0 or h != heights[n - 1]] == [
        h for n, h in enumerate(seen) if n == 0 or h != seen[n - 1]
    ]
    assert max(heights) == 3
    assert queue_table(lab.trace).splitlines()[-1].split() == ["accept()", "0", "2", "3"]
    with pytest.raises(LabError, match="no listener of client"):
        queues(lab.trace, host="client")
    with pytest.raises(LabError, match="by must be"):
        queues(lab.trace, by="hour")


def test_the_buffer_is_a_staircase(lab: Lab) -> None:
    _, conn, client = connected(lab)
    client.sendall(b"x" * 3000)
    conn.recv(1000)
    conn.recv(2000)
    last = [row.split()[-1] for row in buffer_table(lab.trace).splitlines()[1:]]
    assert last == ["0", "1448", "2896", "3000", "2000", "0"]
    assert max(buffer(lab.trace, by="time").lines[0].get_ydata()) == 3000


def test_bench_mode_draws_calls_and_says_that_packets_are_missing(bench: Lab) -> None:
    conversation(bench)
    ax = ladder(bench.trace)
    assert not gids(ax, "packet:") and gids(ax, "call:connect")
    assert any("bench mode" in t.get_text() for t in ax.texts)


def test_a_program_three_hosts_and_an_injected_packet(make_lab) -> None:  # type: ignore[no-untyped-def]
    from scapy.layers.inet import IP, TCP

    from helpers.server import eight_lines

    lab = make_lab(("alice", "bob", "server"))
    lab["server"].run(eight_lines)
    for name in ("alice", "bob"):
        lab[name].socket().connect(("server", PORT))
    lab.wire.inject(IP(src="198.51.100.7", dst="192.0.2.3") / TCP(dport=PORT, flags="S"))
    lab["server"].kill()
    trace = lab.trace.since(0)  # the SYN+ACK that nobody gets is sent again, now or later
    ax = ladder(trace)
    check_every_packet_is_drawn_once(ax, trace)
    assert any("killed" in t.get_text() for t in ax.texts)


def test_nothing_to_draw_and_wrong_words_are_named(lab: Lab) -> None:
    with pytest.raises(LabError, match="nothing to draw"):
        ladder(lab.trace)
    lab.client.socket()
    with pytest.raises(LabError, match="scale must be"):
        ladder(lab.trace, scale="years")


def test_looks_do_not_leak(lab: Lab) -> None:
    conversation(lab)
    before = mpl.rcParams.copy()
    figure, ax = pyplot.subplots()
    assert ladder(lab.trace, ax) is ax
    assert mpl.rcParams == before
    assert pyplot.get_fignums() == [figure.number]  # type: ignore[attr-defined]


def test_the_matrix_is_its_table() -> None:
    outcomes = restart_matrix(["client closes first", "killed, client connected"])
    cells = [gid.split(":")[-1] for gid in gids(matrix(outcomes), "cell:")]
    assert cells == ["EADDRINUSE"] * 3 + ["starts"] * 5
    assert restart_table(outcomes).split()[-4:] == cells[-4:]
