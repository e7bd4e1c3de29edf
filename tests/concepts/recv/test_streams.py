"""What notebook 06 measures and draws, on real streams."""

from __future__ import annotations

import socket

import pytest

from helpers import LabError
from helpers.concepts.recv import barcode, stream, timeline, window
from helpers.concepts.recv.figures.barcode import barcode_table
from helpers.concepts.recv.figures.stream import cuts, stream_table
from helpers.concepts.recv.figures.timeline import pieces, timeline_table
from helpers.concepts.recv.figures.window import rooms, window_table
from helpers.concepts.recv.reads import Runs, read_runs
from helpers.concepts.recv.segments import shifted

pytestmark = pytest.mark.live


def connection(lab, port=8080, **options):
    listener = lab.server.socket()
    for name, value in options.items():
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    client = lab.client.socket()
    client.connect(("server", port))
    return client, listener.accept()[0]


# ---- one stream, cut four ways ------------------------------------------------------------


def test_a_stream_is_cut_by_calls_by_segments_and_by_reads(lab):
    client, conn = connection(lab)
    mark = lab.trace.mark()
    client.send(b"x" * 1500)
    conn.recv(9, socket.MSG_PEEK)
    got = [len(conn.recv(1000)), len(conn.recv(1000))]
    client.send(b"y" * 10)
    conn.recv(1000)
    rows = {row.place: row.sizes for row in cuts(lab.trace.since(mark))}
    assert rows["send"] == (1500, 10)
    assert rows["on the wire"] == (1448, 52, 10)
    assert rows["in the buffer"] == (1500, 10)
    assert rows["recv"] == (*got, 10) == (1000, 500, 10)


def test_its_figure_has_a_piece_for_each_and_its_table_says_the_same(lab):
    client, conn = connection(lab)
    client.send(b"x" * 1500)
    conn.recv(2000)
    drawn = [p.get_gid() for p in stream(lab.trace).patches]
    assert drawn.count("piece:on the wire:1448") == drawn.count("piece:recv:1500") == 1
    assert stream_table(lab.trace).splitlines()[-1].split() == ["recv", "1", "1500"]


def test_what_was_dropped_is_not_on_the_wire(lab):
    client, conn = connection(lab)
    mark = lab.trace.mark()
    lab.wire.hold(lambda packet: packet.payload)
    client.send(b"lost")
    lab.wire.drop()
    lab.wire.release()
    assert conn.recv(9) == b"lost"  # sent again
    assert [row.sizes for row in cuts(lab.trace.since(mark))] == [(4,)] * 4


def test_a_stream_that_nobody_read_is_no_figure(lab):
    client, _ = connection(lab)
    with pytest.raises(LabError, match="nothing was sent"):
        stream(lab.trace)
    client.send(b"x")
    with pytest.raises(LabError, match="was read"):
        stream(lab.trace)


# ---- segments by hand ---------------------------------------------------------------------


def test_a_shifted_copy_overlaps_what_came_and_adds_the_rest(lab):
    client, conn = connection(lab)
    client.send(b"abc")
    assert conn.recv(9) == b"abc"
    record = next(p for p in lab.trace.packets if p.packet.payload)
    made = lab.wire.inject(shifted(record, 2, b"xxDE"))
    assert (made.seq, made.packet.payload) == (2, b"xxDE")
    assert conn.recv(9) == b"DE"


# ---- a window that closes -----------------------------------------------------------------


def test_the_window_falls_to_zero_and_opens_when_somebody_reads(lab):
    client, conn = connection(lab, SO_RCVBUF=8192)
    client.send(bytes(12_000))
    closed = rooms(lab.trace)
    assert (closed[-1].window, closed[-1].got) == (0, closed[-1].unread)
    total = 0
    while total < 12_000:
        total += len(conn.recv(4096))
    assert rooms(lab.trace)[-1].window > 0
    assert "closed" in [t.get_gid() for t in window(lab.trace).texts]
    assert window_table(lab.trace).splitlines()[1].split()[0] == "1448"


def test_a_window_is_scaled_as_the_syns_agreed(lab):
    client, _ = connection(lab)
    client.send(b"x")
    assert 60_000 < rooms(lab.trace)[-1].window < 70_000


def test_only_one_connection_is_in_the_figure_and_its_syn_must_be(lab):
    connection(lab, 8081)[0].send(b"xyz")
    mark = lab.trace.mark()
    client, _ = connection(lab, 8082)
    client.send(b"x")
    assert rooms(lab.trace.since(mark))[-1].got == 1
    assert rooms(lab.trace)[-1].got == 3
    with pytest.raises(LabError, match="no SYN of server"):
        rooms(lab.trace.since(lab.trace.mark()))


# ---- small writes -------------------------------------------------------------------------


def small_writes(lab, nodelay):
    client, conn = connection(lab, 8080 + nodelay)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, nodelay)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    mark = lab.trace.mark()
    lab.wire.hold()
    client.send(b"head")
    client.send(b"body")
    lab.wire.release()
    conn.recv(8, socket.MSG_WAITALL)
    return lab.trace.since(mark)


def test_a_lab_with_delayed_acknowledgements_delays_them(make_lab):
    lab = make_lab(delayed_ack=True)
    words = [[p.waited for p in pieces(small_writes(lab, n))] for n in (0, 1)]
    assert words == [["at once", "after a late ACK"], ["at once", "at once"]]


def test_a_lab_as_it_comes_does_not(lab):
    trace = small_writes(lab, 0)
    assert pieces(trace)[1].after_ack
    assert "after a" in timeline_table({"one": trace})
    drawn = [line.get_gid() for line in timeline({"one": trace}).lines]
    assert drawn[0::2] == ["called"] * 2
    assert drawn[1::2] == [f"left:{p.waited}" for p in pieces(trace)]


def test_a_timeline_needs_a_packet_for_each_send(lab):
    client, _ = connection(lab)
    client.send(b"x" * 3000)
    with pytest.raises(LabError, match="1 sends and 3 packets"):
        pieces(lab.trace)


# ---- many readings ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_bytes_are_the_same_and_their_cuts_are_not(nothing_left, lab):
    whole, *others = read_runs(30)
    assert whole.sizes == ((1024, 1024, 1024, 1024, 904),) * 30
    assert len(others) == 3
    for runs in others:
        assert runs.ways > 1
        assert {sum(sizes) for sizes in runs.sizes} == {5000}


def test_a_barcode_tells_one_way_from_several():
    runs = [Runs("calm", ((3, 2),) * 4), Runs("rough", ((3, 2), (1, 4)))]
    rows = [line.split() for line in barcode_table(runs).splitlines()[1:]]
    assert [row[:3] + row[-2:] for row in rows] == [
        ["calm", "4", "5", "one", "way"],
        ["rough", "2", "5", "several", "ways"],
    ]
    drawn = {c.get_gid(): len(c.get_paths()) for c in barcode(runs).collections}
    assert (drawn["cuts:calm"], drawn["cuts:rough"]) == (1, 2)
    with pytest.raises(LabError, match="no run"):
        barcode([])
