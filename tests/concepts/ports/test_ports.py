"""Where the kernel finds ports, when they run out, and what a header's bytes say."""

from __future__ import annotations

import errno
import itertools
import socket

import pytest
from scapy.layers.inet import IP, TCP

from helpers import Lab, NotPermitted, header_table
from helpers.concepts.ports.ephemeral import (
    Ports,
    chosen_ports,
    exhaust,
    exhaust_table,
    ports_table,
)
from helpers.concepts.ports.taking import in_use
from helpers.errors import LabError
from helpers.figures.header import fields, header
from helpers.record.packet import decode

pytestmark = pytest.mark.live


def test_bind_and_connect_divide_the_range(lab: Lab) -> None:
    found = chosen_ports(100)
    assert len(set(found.bind)) == len(set(found.connect)) == 100
    assert all(found.low <= port <= found.high for port in found.bind + found.connect)
    assert found.share("bind", found.low % 2) < 0.1
    assert found.share("connect", found.low % 2) > 0.9


def test_ports_are_found_in_bench_mode_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    assert chosen_ports(20).share("bind", 1) > 0.5


@pytest.mark.parametrize("count", [0, 5001, -3])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(LabError, match=f"1 to 5000, not {count}"):
        chosen_ports(count)


def test_four_ports_run_out_in_four_ways(lab: Lab) -> None:
    found = exhaust()
    assert [(len(e.ports), e.error) for e in found] == [
        (4, "EADDRINUSE"),
        (4, "EADDRNOTAVAIL"),
        (12, "EADDRNOTAVAIL"),
        (4, "EADDRINUSE"),
    ]
    assert all(set(e.ports) == {40000, 40001, 40002, 40003} for e in found)
    assert exhaust_table(found).splitlines()[3].split()[-3:] == ["12", "4", "EADDRNOTAVAIL"]


def test_a_connection_has_a_port_at_its_near_end(
    in_bench: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", str(int(in_bench)))
    told = [line.split() for line in in_use().splitlines()]
    assert told[1:] == [["ESTAB", "0", "0", "server:port", "client:9000", "server"]]


@pytest.mark.parametrize(
    "asked", [(40003, 40000, 1), (80, 90, 1), (40000, 50000, 1), (4000, 4001, 0)]
)
def test_exhaust_says_what_it_takes(asked: tuple[int, int, int]) -> None:
    with pytest.raises(LabError, match=f"not ports {asked[0]} to {asked[1]} and {asked[2]}"):
        exhaust(*asked)


def test_bench_mode_has_no_range_to_use_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    with pytest.raises(NotPermitted, match="sysctl"):
        exhaust()


def test_an_unprivileged_process_may_not_bind_low_ports(lab: Lab) -> None:
    user = lab.server.unprivileged()
    for host, ends in ((user, errno.EACCES), (lab.server, None)):
        call = host.socket().start("bind", ("0.0.0.0", 80))
        error = call.exception()
        assert (error.errno if isinstance(error, OSError) else None) == ends
    lab.server.sysctl["ipv4.ip_unprivileged_port_start"] = 70
    user.socket().bind(("0.0.0.0", 79))
    child = user.fork()
    with pytest.raises(PermissionError):
        child.socket().bind(("0.0.0.0", 69))


def test_bench_mode_has_nothing_to_take_away(bench: Lab) -> None:
    with pytest.raises(NotPermitted, match="privileges"):
        bench.server.unprivileged()


# ---- pictures --------------------------------------------------------------------------------


def syn(**options: object) -> bytes:
    return bytes(IP(src="192.0.2.1", dst="192.0.2.2") / TCP(sport=5000, dport=8080, **options))


def test_the_header_is_read_from_the_bytes() -> None:
    packet = decode(syn(flags="SEC", seq=7, ack=9, window=1234, options=[("MSS", 1400)]))
    found = {f.name: f.value for f in fields(packet)}
    assert found == {
        "source port": "5000",
        "destination port": "8080",
        "sequence number": "7",
        "acknowledgement number": "9",
        "offset": "6",
        "reserved": "0",
        "flags": "CWR ECE SYN",
        "window": "1234",
        "checksum": found["checksum"],
        "urgent pointer": "0",
        "options": "mss",
    }
    assert sum(f.width for f in fields(packet)) == 24 * 8


def test_no_two_fields_overlap_and_none_is_missing() -> None:
    covered = sorted((f.first, f.first + f.width) for f in fields(decode(syn())))
    assert covered[0][0] == 0
    assert all(a[1] == b[0] for a, b in itertools.pairwise(covered))
    assert covered[-1][1] == 160


def test_the_header_s_ports_are_drawn_strong() -> None:
    ax = header(decode(syn()))
    drawn = {p.get_gid(): p.get_linewidth() for p in ax.patches}
    strong = {gid for gid, width in drawn.items() if width > drawn["field:window:8192"]}
    assert strong == {"field:source port:5000", "field:destination port:8080"}


def test_the_header_s_table_has_no_accidents() -> None:
    tables = {header_table(decode(syn(seq=n))) for n in (5, 6)}
    assert len(tables) == 1
    assert "differs in every run" in tables.pop()


def test_only_tcp_has_such_a_header() -> None:
    with pytest.raises(LabError, match="no TCP header"):
        header(decode(bytes(IP(dst="192.0.2.1") / b"hello")))


def test_ports_out_of_the_range_are_told() -> None:
    assert ports_table(Ports(50000, 60999, 1024, (40001,), (50000,))).count("not all") == 1


def test_a_port_that_python_refuses_reaches_no_kernel(either: Lab) -> None:
    for port, kind in ((65536, OverflowError), (-1, OverflowError), ("80", TypeError)):
        call = either.server.socket().start("bind", ("", port))
        assert isinstance(call.exception(), kind)
        assert str(call).endswith("(no system call)")
    high = either.server.socket().start("bind", ("127.0.0.1", 65535))
    assert "(no system call)" not in str(high)


def test_listen_without_bind_takes_a_port(either: Lab) -> None:
    listener = either.server.socket()
    assert listener.getsockname() == ("0.0.0.0", 0)
    listener.listen(1)
    assert listener.getsockname()[1] > 0
    assert listener.family == socket.AF_INET
