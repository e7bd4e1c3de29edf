"""What the lab says of the kernel, held against other tools and against known values."""

from __future__ import annotations

import shutil
import socket
import subprocess

import pytest

from helpers import LabError, wait_until
from helpers.lab.lab import Lab
from tests.scenes import PORT, connected, listening

pytestmark = pytest.mark.live


def check_embryo_is_shown(lab: Lab) -> None:
    """A SYN-RECV belongs to no process, and a snapshot shows it."""
    listening(lab)
    lab.wire.hold(lambda p: p.pure_ack)
    lab.client.socket().connect(("server", PORT))
    rows = lab.server.sockets().find("SYN-RECV")
    assert len(rows) == 1 and rows[0].processes == ()
    assert rows[0].timer == "on" and 0 < rows[0].timer_ms <= 1100


def test_a_snapshot_shows_syn_recv(lab: Lab) -> None:
    check_embryo_is_shown(lab)


def test_a_snapshot_shows_time_wait_with_its_minute(either: Lab) -> None:
    _, conn, client = connected(either)
    conn.close()
    client.close()
    row = wait_until("TIME-WAIT", lambda: either.server.sockets().find("TIME-WAIT"))[0]
    assert row.processes == () and row.timer == "timewait"
    assert 59_000 < row.timer_ms <= 60_100


@pytest.mark.skipif(not shutil.which("nsenter"), reason="nsenter is not installed")
@pytest.mark.skipif(not shutil.which("ss"), reason="ss is not installed")
def test_a_snapshot_is_what_ss_shows(lab: Lab) -> None:
    _, conn, client = connected(lab)
    client.send(b"unread")
    conn.send(b"x")
    other = lab.client.socket()
    other.connect(("server", PORT))
    late, _ = connected(lab, PORT + 1)[1:]
    late.close()
    ours = {
        (r.state, str(r.recv_q), str(r.send_q), _pair(r.row.local), _pair(r.row.peer))
        for r in lab.server.sockets()
    }
    assert len(ours) == 5
    assert ours == _ss(lab.server.pid)


def _pair(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1] or '*'}"


def _ss(pid: int) -> set[tuple[str, ...]]:
    command = ["nsenter", "-U", "--preserve-credentials", "-n", "-t", str(pid), "ss", "-tanH"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {tuple(line.split()[:5]) for line in done.stdout.splitlines()}


def test_owners_are_the_processes_that_hold_a_descriptor(lab: Lab) -> None:
    _, conn, _ = connected(lab)
    child = lab.server.fork()
    row = lab.server.sockets().find("ESTAB")[0]
    assert row.processes == ("server", "server-child1")
    conn.close()
    assert lab.server.sockets().find("ESTAB")[0].processes == ("server-child1",)
    conn.at(child).close()
    assert not lab.server.sockets().find("ESTAB")


def test_tcp_info_has_the_values_that_we_made(lab: Lab) -> None:
    """Each field that notebooks show, beside a value known by construction."""
    listener, conn, client = connected(lab)
    client.sendall(b"x" * 3000)
    conn.recv(4000)
    conn.send(b"y" * 10)
    info = client.tcp_info()
    assert (info.state, info.snd_mss) == ("ESTAB", 1448)
    assert (info.bytes_acked, info.bytes_received) == (3001, 10)
    assert (info.unacked, info.lost, info.retransmits, info.notsent) == (0, 0, 0, 0)
    sent = [p for p in lab.trace.packets if p.origin == "client"]
    came = [p for p in lab.trace.packets if p.destination == "client"]
    assert (info.segs_out, info.segs_in) == (len(sent), len(came))
    assert info.snd_cwnd >= 10 and 0 < info.rtt_us < 5_000_000 and info.rto_us >= 200_000
    assert conn.tcp_info().rcv_mss == 1448
    lab.wire.hold()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.send(b"1")
    client.send(b"2")
    assert client.tcp_info().unacked == 2
    lab.wire.drop()
    wait_until("a retransmission", lambda: client.tcp_info().total_retrans)
    lab.wire.release()
    lab.client.socket().connect(("server", PORT))
    on_listener = listener.tcp_info()
    assert (on_listener.state, on_listener.unacked, on_listener.sacked) == ("LISTEN", 1, 1)


def test_queues_of_a_listener(either: Lab) -> None:
    listener = listening(either, 3)
    for _ in range(2):
        either.client.socket().connect(("server", PORT))
    queues = listener.queues()
    assert (queues.syn, queues.accept, queues.limit) == (0, 2, 3)
    with pytest.raises(LabError, match="not listening"):
        either.client.socket().queues()


def test_a_child_of_fast_open_is_in_the_accept_queue_alone(lab: Lab) -> None:
    """It is in SYN-RECV, and no half-open entry: three of those fit beside two such children."""
    for host in (lab.server, lab.client):
        host.sysctl["net.ipv4.tcp_fastopen"] = 0x207
    lab.server.sysctl["net.ipv4.tcp_syncookies"] = 0
    listener = listening(lab, 2)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5)
    lab.wire.hold(lambda p: p.source == lab.server.address)
    accepted, calls = [], []
    for _ in range(2):
        client = lab.client.socket()
        calls.append(client.start("sendto", b"early", socket.MSG_FASTOPEN, ("server", PORT)))
        before = listener.queues()
        accepted.append(listener.accept()[0])
        after = listener.queues()
        assert (before.syn, before.accept, after.syn, after.accept) == (0, 1, 0, 0)
    assert accepted[0].recv(10) == b"early"
    assert listener.queues().syn == 0, "it has an owner, and its data has been read"
    calls += [lab.client.socket().start("connect", ("server", PORT)) for _ in range(4)]
    kept = sum(not row.processes for row in lab.server.sockets().find("SYN-RECV"))
    assert listener.queues().syn == kept in (2, 3)  # n, or n + 1 since Linux 6.13


def test_counters_count_from_the_mark(lab: Lab) -> None:
    listening(lab, 0)
    lab.client.socket().connect(("server", PORT))
    lab.server.mark()
    assert str(lab.server.counters()) == "no counter moved"
    lab.client.socket().start("connect", ("server", PORT))
    counters = lab.server.counters()
    assert (counters["ListenOverflows"], counters["ListenDrops"]) == (1, 1)
    assert counters["no such counter"] == 0
    assert "counter ListenOverflows +1" in str(lab.trace)


def test_sysctls_are_a_hosts_own(lab: Lab) -> None:
    machine = open("/proc/sys/net/ipv4/tcp_syncookies").read()
    lab.server.sysctl["net.ipv4.tcp_syncookies"] = 0
    assert lab.server.sysctl["ipv4.tcp_syncookies"] == "0"
    assert lab.client.sysctl["ipv4.tcp_syncookies"] == "1"
    assert open("/proc/sys/net/ipv4/tcp_syncookies").read() == machine
    with pytest.raises(FileNotFoundError):
        lab.server.sysctl["ipv4.no_such_thing"]
    with pytest.raises(OSError, match="Invalid argument"):
        lab.server.sysctl["ipv4.tcp_syncookies"] = "many"
    with pytest.raises(LabError, match="is not a sysctl"):
        lab.server.sysctl["../../etc/passwd"]


def test_labs_side_by_side_do_not_meet(make_lab) -> None:  # type: ignore[no-untyped-def]
    first, second = make_lab(), make_lab()
    connected(first)
    connected(second)
    assert first.server.sockets().states == second.server.sockets().states == ["LISTEN", "ESTAB"]
    assert len(first.trace.packets) == len(second.trace.packets) == 3


def test_more_hosts_and_more_addresses(make_lab) -> None:  # type: ignore[no-untyped-def]
    lab = make_lab(("alice", "bob", "carol"))
    lab.add_address("carol", "192.0.2.77")
    listener = lab["carol"].socket()
    listener.bind(("192.0.2.77", PORT))
    listener.listen()
    for name in ("alice", "bob"):
        lab[name].socket().connect(("192.0.2.77", PORT))
        assert listener.accept()[1][0] == lab[name].address
    refused = lab["alice"].socket()
    with pytest.raises(ConnectionRefusedError):
        refused.connect(("carol", PORT))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"hosts": "ab"}, "list of 1 to 60 names"),
        ({"hosts": []}, "list of 1 to 60 names"),
        ({"hosts": ["Server"]}, "cannot be a host's name"),
        ({"hosts": ["a", "a"]}, "no two alike"),
        ({"deadline": 0}, "deadline must be above 0"),
    ],
)
def test_a_lab_that_cannot_be_says_why(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(LabError, match=words):
        Lab(**arguments)  # type: ignore[arg-type]
