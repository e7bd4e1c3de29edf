"""What is exact in the corners: shared ports, both families, probes, ECN, descriptors, forks."""

from __future__ import annotations

import array
import os
import socket
import subprocess
import time
from typing import Any

import pytest

from helpers import Lab, wait_until
from helpers.lab.mirror import Socket
from helpers.links import markers
from tests.scenes import PORT, connected, listening

SIX = socket.AF_INET6


def at(lab: Lab, address: str, port: int, *options: tuple[int, int], family: int = SIX) -> Socket:
    listener = lab.server.socket(family)
    for level, option in options:
        listener.setsockopt(level, option, 1)
    listener.bind((address, port))
    listener.listen(50)
    return listener


@pytest.mark.live
def test_listeners_that_share_a_port_count_their_own_embryos(lab: Lab) -> None:
    share = socket.SOL_SOCKET, socket.SO_REUSEPORT
    pair = [at(lab, "0.0.0.0", PORT, share, family=socket.AF_INET) for _ in range(2)]
    lab.wire.hold(lambda packet: packet.kind == "SYN+ACK")
    for _ in range(8):
        lab.client.socket().start("connect", ("server", PORT))
    waiting = [listener.queues().syn for listener in pair]
    assert sum(waiting) == 8
    lab.wire.release()
    assert [listener.queues().accept for listener in pair] == waiting


@pytest.mark.live
def test_each_family_has_its_own_embryos_and_reads_as_ss_prints_it(lab: Lab) -> None:
    only = socket.IPPROTO_IPV6, socket.IPV6_V6ONLY
    six, four = at(lab, "::", PORT, only), at(lab, "0.0.0.0", PORT, family=socket.AF_INET)
    both = at(lab, "::", PORT + 1)
    lab.wire.hold(lambda packet: packet.kind == "SYN+ACK")
    name = "server"
    for family, port, count in ((socket.AF_INET, PORT, 1), (SIX, PORT, 2), (SIX, PORT + 1, 1)):
        for _ in range(count):
            lab.client.socket(family).start("connect", (name, port))
    lab.client.socket().start("connect", (name, PORT + 1))
    assert [listener.queues().syn for listener in (four, six, both)] == [1, 2, 2]
    shown = [(r.local, r.peer) for r in lab.server.sockets().find(state="LISTEN")]
    assert shown == _as_ss(lab.server.pid, shown)
    assert ("*:8081", "*:*") in shown and ("[::]:8080", "[::]:*") in shown
    assert "  queues  *:8081  SYN queue 2" in str(lab.trace)


def _as_ss(pid: int, otherwise: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What ``ss`` prints of the same host, where it may enter it."""
    inside = ["nsenter", "-t", str(pid), "-n"] if os.geteuid() == 0 else []
    done = subprocess.run([*inside, "ss", "-tlnH"], capture_output=True, text=True)
    if not inside or done.returncode:
        return otherwise
    return sorted(
        (local, peer) for _, _, _, local, peer in map(str.split, done.stdout.splitlines())
    )


@pytest.mark.live
def test_an_injected_syn_does_not_move_the_numbers(lab: Lab) -> None:
    from scapy.layers.inet import IP, TCP

    _, conn, client = connected(lab)
    made = IP(lab.trace.packets[0].packet.raw)
    made[TCP].seq = (made[TCP].seq + 1000) % (1 << 32)
    del made[TCP].chksum
    injected = lab.wire.inject(made)
    client.send(b"abc")
    assert injected.text.startswith("S 0:0(0)")
    assert [p.text for p in lab.trace.packets if p.packet.payload] == [". 1:4(3) ack 1"]
    conn.recv(3)


@pytest.mark.live
def test_ecn_urgent_data_and_probes_are_in_the_text(lab: Lab) -> None:
    for host in (lab.client, lab.server):
        host.sysctl["ipv4.tcp_ecn"] = 1
    listener = lab.server.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # a window that closes soon
    listener.bind(("0.0.0.0", PORT))
    listener.listen(1)
    client = lab.client.socket()
    client.connect(("server", PORT))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    wait_until("a keepalive", lambda: any(p.probe for p in lab.trace.packets))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
    client.send(b"abc", socket.MSG_OOB)
    client.start("sendall", bytes(800_000))
    wait_until("a probe", lambda: lab.trace.packets[-2].probe == "window probe")
    assert [p.packet.kind for p in lab.trace.packets[:3]] == ["SYN", "SYN+ACK", "ACK"]
    text = str(lab.trace)
    assert "SEW 0:0(0)" in text and "SE. 0:0(0)" in text
    assert ". 0:0(0) ack 1  (keepalive)" in text
    assert "[ect0] U. 1:4(3) ack 1 urg 3" in text
    assert "ack 1  (window probe)" in text


@pytest.mark.live
def test_ephemeral_ports_are_roles_wherever_they_come_from(lab: Lab) -> None:
    lab.client.sysctl["ipv4.ip_local_port_range"] = "2000 2010"
    client = connected(lab)[2]
    assert 2000 <= client.getsockname()[1] <= 2010
    assert [r.local for r in lab.client.sockets()] == ["client:ephemeral"]


@pytest.mark.live
def test_a_descriptor_goes_to_another_process_of_the_host(either: Lab) -> None:
    _, conn, client = connected(either)
    left, right = either.server.socketpair()
    child = either.server.fork()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [conn.fileno()]))
    assert left.sendmsg([b"a ", b"gift"], [rights]) == 6
    data, [(level, kind, packed)], _, _ = right.at(child).recvmsg(100, socket.CMSG_SPACE(4))
    assert (data, level, kind) == (b"a gift", socket.SOL_SOCKET, socket.SCM_RIGHTS)
    given = child.socket(fileno=array.array("i", packed)[0])
    either.server.kill()
    assert given.sendto(b"hello", client.getsockname()) == 5
    assert client.recvfrom(10)[0] == b"hello"
    text = str(either.trace)
    assert f"sendmsg({left._fd}, b'a gift', SCM_RIGHTS [{conn._fd}]) = 6" in text
    assert f"server-child1: recvmsg({right._fd}, 100, 24) = b'a gift', SCM_RIGHTS [" in text
    assert "recvfrom(3, 10, 0) = b'hello'" in text


def forking(port: int, visits: int) -> None:
    with socket.create_server(("0.0.0.0", port)) as listener:
        for _ in range(visits):
            conn, _ = listener.accept()
            if not os.fork():
                conn.sendall(conn.recv(10))
                os._exit(0)
            conn.close()
        for _ in range(visits):
            os.wait()


def _visited(lab: Lab) -> str:
    program = lab.server.run(forking, PORT, 2)
    for _ in range(2):
        client = lab.client.socket()
        client.connect(("server", PORT))
        client.send(b"x")
        assert client.recv(10) == b"x"
        client.close()
    program.result()
    return str(lab.trace)


@pytest.mark.live
def test_a_forked_child_speaks_under_its_own_name(lab: Lab) -> None:
    text = _visited(lab)
    with Lab() as again:
        # A child ends while its parent makes its next call: which is first is not settled.
        assert sorted(_visited(again).splitlines()) == sorted(text.splitlines())
    for n in (1, 2):
        assert f"forking forks forking-child{n}" in text
        assert f"server  forking-child{n}: sendall(4, b'x')" in text


@pytest.mark.live
def test_a_killed_process_with_several_connections_gives_one_text() -> None:
    texts = set()
    for _ in range(3):
        with Lab() as lab:
            listener = listening(lab)
            for _ in range(6):
                lab.client.socket().connect(("server", PORT))
                listener.accept()
            lab.server.kill()
            texts.add(str(lab.trace))
    assert len(texts) == 1


@pytest.mark.live
def test_a_listener_in_on_a_host_does_not_slow_the_wire(lab: Lab) -> None:
    """Who takes all frames, as tcpdump does, takes the markers too; the lab hears them as well."""
    everything: Any = lab.engine._keeper.tap(lab.engine._namespaces["server"], "eth0")
    _, conn, client = connected(lab)
    waits = []
    for _ in range(5):
        began = time.monotonic()
        client.send(b"x")
        waits.append(time.monotonic() - began)
        conn.recv(1)
    assert min(waits) < 0.1
    assert markers.PROTOCOL in {everything.recvfrom(100)[1][1] for _ in range(20)}
    everything.close()


@pytest.mark.live
def test_a_burst_that_the_buffer_cannot_hold_is_not_lost(lab: Lab) -> None:
    lab.engine.relay.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 212_992)
    _, conn, client = connected(lab)
    with lab.fast():
        call = client.start("sendall", bytes(2_000_000))
        got = 0
        while got < 2_000_000:
            got += len(conn.recv(1 << 20))
        call.result()
    assert lab.engine.relay.losses()[1] == 0
