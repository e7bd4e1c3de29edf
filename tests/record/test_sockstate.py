"""What the kernel says of sockets is decoded field by field, from bytes made by hand."""

from __future__ import annotations

import socket
import struct

from helpers.record.packet import Packet
from helpers.record.probes import Probes
from helpers.record.snapshot import Snapshot, SocketRow
from helpers.record.sockstate import Row, TcpInfo, decode_row, decode_tcp_info


def message(state: int, timer: int, expires: int) -> bytes:
    """``struct inet_diag_msg`` of a socket whose every field is another number."""
    ends = struct.pack(
        "!HH16s16s", 1001, 1002, socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")
    )
    head = struct.pack("=BBBB", socket.AF_INET, state, timer, 7)
    return head + ends + bytes(12) + struct.pack("=IIIII", expires, 11, 12, 13, 14)


def test_each_field_of_a_row_is_its_own() -> None:
    row = decode_row(message(1, 1, 250))
    assert row == Row(
        socket.AF_INET, "ESTAB", 11, 12, ("192.0.2.1", 1001), ("192.0.2.2", 1002), "on", 250, 13, 14
    )


def test_without_a_timer_nothing_is_left_of_one() -> None:
    assert (decode_row(message(1, 0, 99)).timer, decode_row(message(1, 0, 99)).timer_ms) == ("", 0)


def test_each_field_of_tcp_info_is_its_own() -> None:
    data = bytearray(256)
    data[0:3] = 8, 0, 3
    struct.pack_into("=7I", data, 8, 100, 101, 102, 103, 104, 105, 106)
    struct.pack_into("=4I", data, 68, 200, 201, 202, 203)
    struct.pack_into("=I", data, 100, 300)
    struct.pack_into("=QQIII", data, 120, 400, 401, 402, 403, 404)
    wanted = TcpInfo(
        "CLOSE-WAIT", 3, 100, 102, 103, 104, 105, 106, 200, 203, 300, 400, 401, 402, 403, 404
    )
    assert decode_tcp_info(bytes(data)) == wanted


def row(local: str) -> SocketRow:
    told = Row(2, "ESTAB", 0, 0, ("a", 1), ("b", 2))
    return SocketRow("ESTAB", 1, 2, local, "client:ephemeral", ("server",), "on", 5, told)


def test_an_address_is_found_by_its_beginning_or_its_end() -> None:
    shot = Snapshot("server", (row("server:8080"), row("server:80")))
    assert [r.local for r in shot.find(local=":80")] == ["server:80"]
    assert len(shot.find(local="server")) == 2
    assert not shot.find(local="808")


def test_a_row_tells_its_queues_in_order_and_names_its_timer() -> None:
    assert row("server:80").cells == (
        "ESTAB", "1", "2", "server:80", "client:ephemeral", "server  timer retransmit",
    )  # fmt: skip


def segment(
    seq: int, flags: str = ".", size: int = 0, window: int = 9, back: bool = False
) -> Packet:
    ends = ("b", "a", 2, 1) if back else ("a", "b", 1, 2)
    source, destination, sport, dport = ends
    return Packet(source, destination, 6, sport, dport, seq, 0, flags, window, payload=b"x" * size)


def test_a_probe_is_one_number_below_and_the_peers_window_says_which() -> None:
    for window, name in ((0, "window probe"), (9, "keepalive")):
        probes = Probes()
        assert probes.name(segment(100, "S")) == ""
        assert probes.name(segment(101, size=10)) == ""
        assert probes.name(segment(500, window=window, back=True)) == ""
        assert probes.name(segment(110)) == name
        assert probes.name(segment(111)) == probes.name(segment(112)) == ""
