"""The trace is whole, in order, and the same in two runs."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import cause_table
from helpers.lab.lab import Lab
from helpers.waiting import wait_until
from tests.scenes import PORT, connected, listening

pytestmark = pytest.mark.live


def conversation(lab: Lab) -> str:
    listener, conn, client = connected(lab)
    client.sendall(b"x" * 5000)
    conn.recv(1024)
    conn.recv(65536)
    conn.sendall(b"reply")
    client.recv(10)
    conn.close()
    client.recv(10)
    client.close()
    listener.close()
    return str(lab.trace)


def test_two_runs_give_one_text_even_on_a_busy_machine(make_lab) -> None:  # type: ignore[no-untyped-def]
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        texts = [conversation(make_lab()) for _ in range(8)]
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    # A machine that stands still for 200 ms makes TCP send again: the trace says so, and is right.
    quiet = [text for text in texts if "(again)" not in text]
    assert len(quiet) >= 4 and len(set(quiet)) == 1
    text = quiet[0]
    assert "client > server  S 0:0(0) win 64240" in text
    assert "server  close(4)" in text and "ephemeral" in text


def check_dropped_packets_are_kept(lab: Lab) -> None:
    """A packet that the wire drops is in the trace with its verdict."""
    listening(lab)
    lab.wire.hold()
    lab.client.socket().start("connect", ("server", PORT))
    lab.wire.drop()
    verdicts = [p.verdict for p in lab.trace.packets]
    assert verdicts[0] == "dropped"
    assert "[dropped]" in str(lab.trace)


def test_dropped_packets_are_kept(lab: Lab) -> None:
    check_dropped_packets_are_kept(lab)


def check_options_reach_the_kernel(lab: Lab) -> None:
    """With SO_REUSEADDR on both, a port in TIME-WAIT can be bound again."""
    _, conn, client = connected(lab)
    conn.close()
    client.close()
    # On a busy machine's loopback the FINs may still be under way.
    wait_until("TIME-WAIT", lambda: lab.server.sockets().find("TIME-WAIT"))
    again = lab.server.socket()
    again.setsockopt(1, 2, 1)
    assert again.getsockopt(1, 2) == 1
    lab.server.restart()
    assert listening(lab).queues().limit == 1


def test_options_reach_the_kernel(either: Lab) -> None:
    check_options_reach_the_kernel(either)


def test_calls_have_begin_end_arguments_and_outcome(either: Lab) -> None:
    listening(either)
    refused = either.client.socket()
    with pytest.raises(ConnectionRefusedError):
        refused.connect(("server", 9))
    calls = either.trace.calls
    assert [c.text for c in calls[:2]] == ["socket()", "setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)"]
    last = calls[-1]
    assert (last.name, last.error, last.fd) == ("connect", "ECONNREFUSED", 3)
    assert last.end is not None and last.begin < last.end
    assert str(last) == "connect(server:9) = ECONNREFUSED"


def test_one_clock(lab: Lab) -> None:
    """A SYN leaves after connect began and before it ended; deliveries follow sendings."""
    connected(lab)
    connect = next(c for c in lab.trace.calls if c.name == "connect")
    syn = lab.trace.packets[0]
    assert connect.begin < syn.sent < (syn.delivered or 0) < (connect.end or 0)
    assert all(p.sent < (p.delivered or 0) for p in lab.trace.packets)


def test_since_and_marks(lab: Lab) -> None:
    connected(lab)
    mark = lab.trace.mark()
    assert len(lab.trace.since(mark)) == 0
    lab.client.socket()
    assert str(lab.trace.since(mark)) == "client  socket() = 4"


def test_causes(lab: Lab) -> None:
    _, conn, client = connected(lab)
    conn.close()
    client.close()
    rows = [" ".join(line.split()) for line in cause_table(lab.trace).splitlines()]
    for row in (
        "client connect(server:8080) SYN",
        "server SYN arrives SYN+ACK",
        "client SYN+ACK arrives ACK",
        "server accept() none",
        "server close() FIN",
    ):
        assert row in rows


def test_a_capture_is_the_trace(lab: Lab, tmp_path: Path) -> None:
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.layers.inet import IP, TCP
    from scapy.utils import rdpcap

    conversation(lab)
    path = tmp_path / "run.pcapng"
    lab.trace.save(path)
    packets = rdpcap(str(path))
    assert [bytes(p) for p in packets] == [p.packet.raw for p in lab.trace.packets]
    for packet, record in zip(packets, lab.trace.packets, strict=True):
        ours = record.packet
        ip, tcp = packet[IP], packet[TCP]
        assert (ip.src, ip.dst, tcp.sport, tcp.dport) == (
            ours.source, ours.destination, ours.sport, ours.dport,
        )  # fmt: skip
        assert (tcp.seq, tcp.ack, tcp.window) == (ours.seq, ours.ack, ours.window)
        assert {"A" if x == "." else x for x in ours.flags} == set(str(tcp.flags))
        assert bytes(tcp.payload) == ours.payload
        assert dict(tcp.options).get("MSS") == ours.option("mss")
        assert dict(tcp.options).get("WScale") == ours.option("wscale")
        assert dict(tcp.options).get("Timestamp") == ours.option("TS")
        fresh = IP(bytes(ip))
        sums = fresh.chksum, fresh[TCP].chksum
        del fresh.chksum, fresh[TCP].chksum
        again = IP(bytes(fresh))
        assert (again.chksum, again[TCP].chksum) == sums
        assert abs(float(packet.time) - float(packets[0].time)) < 10


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_tshark_finds_nothing_wrong(lab: Lab, tmp_path: Path) -> None:
    conversation(lab)
    path = tmp_path / "run.pcapng"
    lab.trace.save(path)
    options = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    fields = ["-T", "fields", *(x for f in _FIELDS for x in ("-e", f))]
    command = ["tshark", "-r", str(path), *options, *fields]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == len(lab.trace.packets)
    for row, record in zip(rows, lab.trace.packets, strict=True):
        assert row[:3] == [str(record.seq), str(record.ack), str(record.packet.length)]
        assert (row[3], row[4], row[5]) == ("1", "1", "")
        assert row[6] == "delivered"


_FIELDS = (
    "tcp.seq", "tcp.ack", "tcp.len", "ip.checksum.status", "tcp.checksum.status", "_ws.malformed",
    "frame.comment",
)  # fmt: skip


def test_in_bench_mode_what_one_host_does_is_seen_at_the_other(bench: Lab) -> None:
    listener = bench.server.socket()
    listener.bind(("0.0.0.0", 8080))
    listener.listen(1)
    start = bench.trace.mark()
    bench.client.socket().connect(("server", 8080))
    assert "accept queue 1" in str(bench.trace.since(start))
    start = bench.trace.mark()
    listener.accept()
    assert "ESTAB" not in str(bench.trace.since(start))
    assert "accept queue 0" in str(bench.trace.since(start))
