"""How calls, rows, counters and traces read."""

from __future__ import annotations

import inspect
import json
import socket
import struct
import textwrap
from pathlib import Path

import pytest

from helpers import LabError
from helpers.inside.codec import Bytes, Descriptor
from helpers.lab.calltext import failure, result, spell
from helpers.learning.ledger import Ledger
from helpers.learning.texts import statements
from helpers.record.roles import Roles
from helpers.record.snapshot import Snapshot, SocketRow, table
from helpers.record.sockstate import Row, decode_counters, decode_tcp_info, moved, split
from helpers.record.trace import CallRecord, Trace
from helpers.server import eight_lines


def endpoint(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


@pytest.mark.parametrize(
    ("name", "fd", "args", "text", "line"),
    [
        ("socket", -1, [2, 1], "socket()", "socket()"),
        ("socket", -1, [10, 1], "socket(AF_INET6)", "socket(AF_INET6)"),
        ("bind", 3, [("0.0.0.0", 80)], "bind(0.0.0.0:80)", "bind(3, 0.0.0.0:80)"),
        ("bind", 3, [("", 80)], "bind(0.0.0.0:80)", "bind(3, 0.0.0.0:80)"),
        ("listen", 3, [1], "listen(1)", "listen(3, 1)"),
        ("send", 4, [Bytes(5, b"hello")], "send(b'hello')", "send(4, b'hello')"),
        ("send", 4, [Bytes(5000, b"x" * 64)], "send(5000 bytes)", "send(4, 5000 bytes)"),
        ("recv", 4, [10, 2], "recv(10, MSG_PEEK)", "recv(4, 10, MSG_PEEK)"),
        ("recv_into", 4, [10, 0, 2], "recv_into(10, 0, MSG_PEEK)", "recv_into(4, 10, 0, MSG_PEEK)"),
        ("send", 4, [Bytes(1, b"x"), 0x4040], "send(b'x', MSG_DONTWAIT|MSG_NOSIGNAL)",
         "send(4, b'x', MSG_DONTWAIT|MSG_NOSIGNAL)"),
        ("recv", 4, [10, 1 << 27], "recv(10, 134217728)", "recv(4, 10, 134217728)"),
        ("socket", -1, [2, 2, 17], "socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM)"),
        ("socket", -1, [10, 1, 6], "socket(AF_INET6)", "socket(AF_INET6)"),
        ("socket", -1, [2, 3, 1], "socket(AF_INET, SOCK_RAW, 1)", "socket(AF_INET, SOCK_RAW, 1)"),
        ("shutdown", 4, [1], "shutdown(SHUT_WR)", "shutdown(4, SHUT_WR)"),
        ("setsockopt", 3, [1, 2, 1], "setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)",
         "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 1)"),
        ("setsockopt", 3, [6, 1, 1], "setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)",
         "setsockopt(3, IPPROTO_TCP, TCP_NODELAY, 1)"),
    ],
)  # fmt: skip
def test_calls_are_spelled(name: str, fd: int, args: list[object], text: str, line: str) -> None:
    assert spell(name, fd, args, endpoint) == (text, line)


def test_port_0_in_a_call_is_the_number_that_was_passed() -> None:
    """A socket table writes ``*`` for it; a program, and strace, write 0."""
    roles = Roles()
    roles.add_host("server", ["192.0.2.2"])
    asked = ("", 0), ("192.0.2.2", 0), ("::", 0, 0, 0)
    shown = [spell("bind", 3, [each], roles.endpoint)[0] for each in asked]
    assert shown == ["bind(0.0.0.0:0)", "bind(server:0)", "bind([::]:0)"]
    assert roles.endpoint(("192.0.2.2", 0)) == "server:*"


def test_results_are_short() -> None:
    peer = (Descriptor(4, 99), ("192.0.2.1", 5))
    assert result("accept", peer, endpoint) == ("4 from 192.0.2.1:5", None)
    assert result("recv", Bytes(3, b"abc"), endpoint) == ("b'abc'", 3)
    assert result("recv", Bytes(300, b"a"), endpoint) == ("300 bytes", 300)
    assert result("connect_ex", 111, endpoint) == ("ECONNREFUSED", None)
    assert result("send", 7, endpoint) == ("7", 7)
    assert failure("OSError", "…", 98) == "EADDRINUSE"
    assert failure("TimeoutError", "timed out", 0) == "TimeoutError"


def test_a_call_that_waits_takes_two_lines_if_anything_happened_meanwhile() -> None:
    trace = Trace(hosts=("a",))
    slow = CallRecord("a", "a", "accept", "accept()", "accept(3)", 1)
    quick = CallRecord("a", "a", "listen", "listen(1)", "listen(3, 1)", 2)
    trace.add("begin", 1, slow)
    trace.add("begin", 2, quick)
    quick.end = 3
    trace.add("end", 3, quick)
    assert str(trace).split("\n") == ["a       accept(3) ...", "a       listen(3, 1)"]
    slow.end, slow.error = 4, "EINVAL"
    trace.add("end", 4, slow)
    assert str(trace).split("\n")[-1] == "a       accept(3) = EINVAL"
    assert trace.calls == [slow, quick]


def test_counters_are_decoded_and_compared() -> None:
    before = "Tcp: A B\nTcp: 1 -1\nTcpExt: C D\nTcpExt: 5 6\n"
    after = "Tcp: A B\nTcp: 1 -1\nTcpExt: C D\nTcpExt: 5 9\n"
    assert decode_counters(after) == {"Tcp.A": 1, "Tcp.B": -1, "C": 5, "D": 9}
    assert moved(before, after) == {"D": 3}


def test_counters_that_were_not_there_before_have_moved() -> None:
    before = "Icmp: A\nIcmp: 1\nTcp: B C\nTcp: 1 2\n"
    after = "Icmp: A\nIcmp: 2\nIcmpMsg: InType3\nIcmpMsg: 1\nTcp: B C\nTcp: 1 5\n"
    assert moved(before, after) == {"Icmp.A": 1, "IcmpMsg.InType3": 1, "Tcp.C": 3}


def test_a_refused_dump_is_an_error() -> None:
    error = struct.pack("=IHHII", 36, 2, 0, 0, 0) + struct.pack("=i", -2) + bytes(16)
    with pytest.raises(OSError, match="refused the socket dump"):
        split(error)


def test_an_old_kernels_short_tcp_info_reads_as_zeros() -> None:
    info = decode_tcp_info(bytes([1]) + bytes(103))
    assert info.state == "ESTAB" and info.notsent == 0


def row(state: str, local: str, peer: str, **extra: object) -> SocketRow:
    raw = Row(socket.AF_INET, state, 0, 0, ("0.0.0.0", 1), ("0.0.0.0", 0))
    return SocketRow(state, 0, 1, local, peer, (), str(extra.get("timer", "")), 5, raw)


def test_a_snapshot_prints_and_finds() -> None:
    rows = (row("LISTEN", "0.0.0.0:80", "0.0.0.0:*"),
            row("TIME-WAIT", "s:80", "c:e", timer="timewait"))  # fmt: skip
    shot = Snapshot("s", rows)
    assert str(shot).splitlines()[2].split() == [
        "TIME-WAIT", "0", "1", "s:80", "c:e", "none", "timer", "timewait",
    ]  # fmt: skip
    assert shot.states == ["LISTEN", "TIME-WAIT"]
    assert shot.find("TIME-WAIT", local=":80")[0] is rows[1] is shot[1]
    assert str(shot.find("ESTAB")) == "s: no sockets" and not shot.find(peer="x")


def test_tables_align() -> None:
    assert table([("a", "bbb"), ("cc", "d")]) == "a   bbb\ncc  d"


def test_the_ledger_takes_only_what_is_true() -> None:
    ledger = Ledger()
    with pytest.raises(AssertionError, match=r"claim 5\.1 .*this run showed 'nothing'"):
        ledger.supports("5.1", "nothing", False)
    with pytest.raises(LabError, match=r"there is no claim '9\.9'"):
        ledger.refutes("9.9", "", True)
    ledger.refutes("F1", 7, True)
    with pytest.raises(LabError, match=r"claim 5\.1 needs what was seen, and was given ''"):
        ledger.supports("5.1", "", True)
    ledger.supports("5.1", "another run", True)
    ledger.supports("5.1", "a new descriptor", True)  # the cell was run again
    text = str(ledger)
    assert "Seen: a new descriptor." in text and "Verdict: holds." in text
    assert text.index("5.1") < text.index("F1")


def test_the_verdict_follows_from_what_was_entered() -> None:
    ledger = Ledger()
    ledger.supports("F1", "two doors", True)
    with pytest.raises(
        AssertionError, match=r"makes claim F1 one that 'holds', not 'does not hold'"
    ):
        str(ledger)
    ledger = Ledger()
    ledger.supports("2.1", "two doors", True)
    assert "Verdict so far: holds. A section that was not run shows another side." in str(ledger)
    ledger.refutes("2.1", "a third", True)
    assert "Seen: two doors. Against it: a third." in " ".join(str(ledger).split())
    assert ledger.entries["2.1"].verdict == "holds in part"
    ledger.supports("F1", "another thing", True)
    with pytest.raises(AssertionError, match="F1 one that 'holds', not 'does not hold'"):
        str(ledger)


def test_all_claims_are_there() -> None:
    counts = {n: sum(key.startswith(f"{n}.") for key in statements()) for n in range(1, 8)}
    assert counts == {1: 4, 2: 2, 3: 4, 4: 5, 5: 4, 6: 3, 7: 5}
    assert [f"F{n}" for n in range(1, 25)] == [k for k in statements() if k.startswith("F")]


PRINTED = """\
server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('0.0.0.0', 8080))
server.listen(1)
clientsocket, address = server.accept()
data = clientsocket.recv(1024)
clientsocket.close()
server.close()
"""


def test_the_eight_lines_are_as_printed() -> None:
    """In helpers/server, where the port can be chosen, and in notebook 00."""
    source = inspect.getsource(eight_lines).replace("port))", "8080))")
    body = source.partition("\n")[2]
    assert textwrap.dedent(body) == PRINTED
    notebook = Path(__file__).parents[2] / "notebooks" / "00_eight_lines.ipynb"
    cells = json.loads(notebook.read_text())["cells"]
    texts = ["".join(cell["source"]) + "\n" for cell in cells]
    indented = textwrap.indent(PRINTED, "    ")
    assert any(text == f"def eight_lines():\n{indented}" for text in texts)
    assert any(f"import socket\n{PRINTED}```" in text for text in texts)
