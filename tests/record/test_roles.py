"""Accidents become roles: ports, sequence numbers, hosts."""

from __future__ import annotations

from helpers.record.packet import Packet
from helpers.record.roles import Roles, numbers


def roles() -> Roles:
    made = Roles()
    made.add_host("client", ["192.0.2.1", "2001:db8::1"])
    made.add_host("server", ["192.0.2.2"])
    made.choose_port(8080)
    return made


def test_hosts_and_ports_have_names() -> None:
    names = roles()
    assert names.endpoint(("192.0.2.2", 8080)) == "server:8080"
    assert names.endpoint(("::ffff:192.0.2.2", 8080)) == "server:8080"
    assert names.endpoint(("192.0.2.1", 40000)) == "client:ephemeral"
    assert names.endpoint(("192.0.2.1", 40001)) == "client:ephemeral-2"
    assert names.endpoint(("192.0.2.1", 40000)) == "client:ephemeral"
    assert names.endpoint(("0.0.0.0", 0), "server") == "0.0.0.0:*"
    assert names.endpoint(("2001:db8::9", 80)) == "[2001:db8::9]:80"


def test_a_wildcard_shares_its_hosts_port_label() -> None:
    names = roles()
    assert names.endpoint(("0.0.0.0", 40000), "server") == "0.0.0.0:ephemeral"
    assert names.endpoint(("192.0.2.2", 40000)) == "server:ephemeral"
    assert names.endpoint(("192.0.2.1", 40000)) == "client:ephemeral"


def test_a_wildcard_counts_its_ports_at_its_own_host() -> None:
    names = roles()
    assert names.endpoint(("0.0.0.0", 40000), "server") == "0.0.0.0:ephemeral"
    assert names.endpoint(("0.0.0.0", 40001), "client") == "0.0.0.0:ephemeral"
    assert names.endpoint(("192.0.2.1", 40001)) == "client:ephemeral"


def test_a_range_that_was_widened_has_its_last_port_too() -> None:
    names = roles()
    assert names.endpoint(("192.0.2.1", 1105)) == "client:1105"
    names.widen("client", 1100, 1105)
    assert names.endpoint(("192.0.2.1", 1105)) == "client:ephemeral"
    assert names.endpoint(("192.0.2.1", 1106)) == "client:1106"


def test_a_chosen_port_prints_as_its_number() -> None:
    names = roles()
    names.choose_port(40000)
    assert names.endpoint(("192.0.2.2", 40000)) == "server:40000"


def test_a_label_is_free_again_when_no_table_knows_the_port() -> None:
    names = roles()
    address = ("192.0.2.1", 40000)
    assert names.endpoint(address) == "client:ephemeral"
    names.keep([(address, "client")], [])
    names.keep([], [(address, "client")])
    assert names.endpoint(("192.0.2.1", 40007)) == "client:ephemeral"


def test_sequence_numbers_count_from_the_syn() -> None:
    names = roles()

    def packet(flags: str, seq: int, ack: int = 0, payload: bytes = b"", back: bool = False):  # type: ignore[no-untyped-def]
        a, b = ("s", 2), ("c", 1)
        (source, sport), (destination, dport) = (a, b) if back else (b, a)
        return Packet(source, destination, 6, sport, dport, seq % 2**32, ack % 2**32, flags,
                      payload=payload)  # fmt: skip

    top = 2**32 - 1
    assert names.relative(packet("S", top)) == (0, 0)
    assert names.relative(packet("S.", 500, top + 1, back=True)) == (0, 1)
    assert names.relative(packet(".", top + 1, 501, b"abc")) == (1, 1)
    assert names.relative(packet(".", 501, top + 4, back=True)) == (1, 4)


def test_a_flow_without_a_syn_counts_from_its_first_packet() -> None:
    lone = Packet("a", "b", 6, 1, 2, 1000, 77, ".")
    assert roles().relative(lone) == (1, 1)


def test_notation() -> None:
    syn = Packet("a", "b", 6, 1, 2, flags="S", window=64240)
    data = Packet("a", "b", 6, 1, 2, flags="P.", payload=b"hello")
    assert numbers(syn, 0, 0) == "S 0:0(0) win 64240"
    assert numbers(data, 1, 1) == ". 1:6(5) ack 1"
    assert numbers(Packet("a", "b", 17, payload=b"xx"), 0, 0) == "UDP (2 bytes)"
