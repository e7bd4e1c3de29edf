"""A host's socket does what socket.socket does: same names, results, errors."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from helpers import LabError, StillBlocked
from helpers.errors import HostDied
from helpers.figures.spelling import Spelling
from helpers.lab.lab import Lab
from helpers.waiting import patience
from tests.scenes import PORT, connected, listening, whole

pytestmark = pytest.mark.live


def test_a_whole_conversation(either: Lab) -> None:
    listener, conn, client = connected(either)
    assert client.send(b"ping") == 4
    assert conn.recv(100) == b"ping"
    conn.sendall(b"pong" * 1000)
    got = b""
    while len(got) < 4000:
        got += client.recv(1 << 16)
    assert got == b"pong" * 1000
    client.shutdown(socket.SHUT_WR)
    assert conn.recv(1) == b""
    conn.close()
    assert client.recv(1) == b""
    client.close()
    listener.close()


def test_every_method_answers_as_socket_does(either: Lab) -> None:
    listener, conn, client = connected(either)
    assert listener.getsockname()[1] == conn.getsockname()[1] == PORT
    assert client.getpeername()[1] == PORT
    assert client.getsockname() == conn.getpeername()
    assert client.connect_ex(("server", PORT)) == errno.EISCONN
    assert client.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_STREAM
    linger = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert client.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == linger
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))
    assert client.getblocking() and client.gettimeout() is None
    client.settimeout(0.05)
    assert client.gettimeout() == 0.05
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    assert not client.get_inheritable()
    client.set_inheritable(True)
    assert client.get_inheritable()
    conn.send(b"abcdef")
    client.setblocking(True)
    assert client.recv(2, socket.MSG_PEEK) == b"ab"
    buffer = bytearray(4)
    assert client.recv_into(buffer) == 4 and buffer == b"abcd"
    assert client.recvfrom(10) == (b"ef", None)
    twin = client.dup()
    assert twin.fileno() != client.fileno() >= 3
    client.close()
    assert client.fileno() == -1
    assert twin.send(b"x") == 1 and conn.recv(1) == b"x"
    fd = twin.detach()
    assert twin.fileno() == -1
    either.client.close_fd(fd)
    assert conn.recv(1) == b""


def test_makefile_reads_lines_and_keeps_the_socket_open(either: Lab) -> None:
    _, conn, client = connected(either)
    with conn.makefile("r", newline="\n") as reader:
        conn.close()
        client.sendall(b"one\ntwo\nthr")
        assert reader.readline() == "one\n"
        assert reader.readline() == "two\n"
        client.shutdown(socket.SHUT_WR)
        assert list(reader) == ["thr"]
    writer = client.makefile("wb")
    assert writer.write(b"late") == 4
    assert "file" in repr(writer)


def test_accept_hands_out_connections_in_order(either: Lab) -> None:
    listener = listening(either, 5)
    clients = [either.client.socket() for _ in range(3)]
    for client in clients:
        client.connect(("server", PORT))
    ports = [listener.accept()[1][1] for _ in clients]
    assert ports == [client.getsockname()[1] for client in clients]


def test_ipv6_and_mapped_addresses(lab: Lab) -> None:
    listener = lab.server.socket(socket.AF_INET6)
    listener.bind(("::", PORT))
    listener.listen()
    for family in (socket.AF_INET6, socket.AF_INET):
        client = lab.client.socket(family)
        client.connect(("server", PORT))
        _, address = listener.accept()
        expected = "2001:db8::1" if family == socket.AF_INET6 else "::ffff:192.0.2.1"
        assert address[0] == expected
    assert "client > server" in str(lab.trace)


@pytest.mark.parametrize("port", [-1, 65536, 1 << 40])
def test_a_port_out_of_range_is_pythons_own_error(either: Lab, port: int) -> None:
    sock = either.server.socket()
    with pytest.raises(OverflowError, match=r"0-65535|int too"):
        sock.bind(("", port))
    call = either.trace.calls[-1]
    assert (call.error, call.kernel) == ("OverflowError", False)
    assert "no system call" in str(call)


def test_bad_calls_get_the_kernels_own_errors(either: Lab) -> None:
    sock = either.server.socket()
    with pytest.raises(OSError) as caught:
        sock.connect(("server", 9))
    assert caught.value.errno == errno.ECONNREFUSED
    with pytest.raises(TypeError):
        sock.bind(("", "80"))
    sock.close()
    with pytest.raises(OSError) as caught:
        sock.listen()
    assert caught.value.errno == errno.EBADF
    sock.close()


def test_an_unknown_host_is_named_at_once(either: Lab) -> None:
    sock = either.client.socket()
    with pytest.raises(LabError, match=r"no host 'nobody' in this lab; it has client, server"):
        sock.connect(("nobody", 80))
    with pytest.raises(AttributeError, match="its hosts are client, server"):
        _ = either.nobody
    with pytest.raises(LabError, match="no host 'x'"):
        either["x"]


def test_start_knows_its_calls(either: Lab) -> None:
    with pytest.raises(LabError, match="has no call 'frobnicate'; it has accept, bind"):
        either.client.socket().start("frobnicate")


def test_a_blocked_call_is_seen_in_proc_and_returns_later(either: Lab) -> None:
    listener = listening(either)
    call = listener.start("accept")
    assert call.blocked and call.running() and not call.done()
    assert repr(call) == "accept() … blocked"
    client = either.client.socket()
    client.connect(("server", PORT))
    conn, address = call.result()
    assert call.done() and call.exception() is None and not call.where
    assert address == client.getsockname()
    assert conn.send(b"x") == 1


def test_a_plain_call_that_outlives_the_deadline_holds_the_live_call(either: Lab) -> None:
    listener = listening(either)
    either.deadline = 0.2
    blocked = rf"accept\(\) has been blocked for {0.2 * patience():g} s"
    with pytest.raises(StillBlocked, match=blocked) as caught:
        listener.accept()
    either.deadline = 5.0
    client = either.client.socket()
    client.connect(("server", PORT))
    conn, _ = caught.value.call.result(5)
    assert conn.send(b"x") == 1


def test_a_call_that_fails_later_raises_at_result(lab: Lab) -> None:
    lab.wire.hold()
    call = lab.client.socket().start("connect", ("server", 9))
    assert call.blocked
    lab.wire.release()
    assert isinstance(call.exception(), ConnectionRefusedError)
    with pytest.raises(ConnectionRefusedError):
        call.result()


def test_share_gives_a_real_socket_on_the_same_connection(either: Lab) -> None:
    _, conn, client = connected(either)
    with client.share() as real:
        assert isinstance(real, socket.socket)
        real.sendall(b"from here")
    assert conn.recv(100) == b"from here"


def test_a_dead_host_says_so(either: Lab) -> None:
    listener = listening(either)
    call = listener.start("accept")
    either.server.kill()
    with pytest.raises(HostDied, match=r"server is dead.*restart\(\)"):
        call.result()
    with pytest.raises(HostDied):
        listener.accept()
    assert not either.server.alive and "dead" in repr(either.server)
    either.server.restart()
    assert either.server.alive
    assert listening(either).fileno() == 3


def test_a_large_transfer_arrives_whole(lab: Lab) -> None:
    _, conn, client = connected(lab)
    data = bytes(range(256)) * 2000
    call = client.start("sendall", data)
    got = b""
    while len(got) < len(data):
        got += conn.recv(1 << 18)
    assert got == data and call.result() is None


def test_pictures_know_each_socket_by_what_it_does(either: Lab) -> None:
    _, conn, client = connected(either)
    spare = either.client.socket(name="spare")
    mark = either.trace.mark()
    conn.send(b"hi")
    client.recv(10)
    spare.close()
    spelling = Spelling(either.trace)
    written = [spelling.whole(call) for call in either.trace.calls]
    assert "listener = socket()" in written and "conn = listener.accept()" in written
    later = [Spelling(either.trace).whole(call) for call in either.trace.since(mark).calls]
    assert later == ["conn.send(b'hi') = 2", "client.recv(10) = b'hi'", "spare.close()"]
    with pytest.raises(LabError, match="must be a Python name"):
        either.client.socket(name="two words")


def test_the_sockets_of_a_whole_program_are_known_too(either: Lab) -> None:
    program = either.server.run(whole.eight_lines, PORT)
    with either.client.socket() as client:
        client.connect(("server", PORT))
        client.send(b"hello")
    program.result()
    spelling = Spelling(either.trace)
    written = [spelling.whole(c) for c in either.trace.calls if c.host == "server"]
    assert {"listener = socket()", "conn = listener.accept()", "conn.close()"} <= set(written)
