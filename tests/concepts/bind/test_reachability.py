"""Who reaches a listener, who can stand beside it, and what crosses loopback."""

from __future__ import annotations

import socket

import pytest

from helpers import Lab, NotPermitted
from helpers.concepts.bind.figures import envelopes, neighbours, reach
from helpers.concepts.bind.reachability import (
    FOUR,
    ONLY,
    SIX,
    TO_FOUR,
    TO_SIX,
    Door,
    Places,
    envelope_table,
    reach_matrix,
    reach_table,
    read_envelopes,
)
from helpers.concepts.bind.sharing import neighbour_matrix, neighbour_table
from helpers.errors import LabError

pytestmark = pytest.mark.live
OWN = ("127.0.0.1", "127.0.0.2", "own", "second")


def answers(door: Door, host: str = "server") -> set[str]:
    """The destinations under which this listener let the host in."""
    return {to for (who, to) in door.got if who == host and door.lets_in(who, to)}


def test_on_one_machine_the_destination_decides(lab: Lab) -> None:
    doors = {d.bound: answers(d) for d in reach_matrix()}
    assert doors.pop("0.0.0.0") == set(OWN)
    assert doors == {place: {place} for place in OWN}


def test_over_the_wire_only_the_addresses_on_it_can_be_asked_for(lab: Lab) -> None:
    doors = reach_matrix(FOUR + SIX, TO_FOUR + TO_SIX, ("client",))
    assert {d.bound: answers(d, "client") for d in doors} == {
        "0.0.0.0": {"own", "second"},
        "127.0.0.1": set(),
        "127.0.0.2": set(),
        "own": {"own"},
        "second": {"second"},
        "::": {"own", "second", "own IPv6"},
        ONLY: {"own IPv6"},
        "::1": set(),
    }


def test_in_bench_mode_the_matrix_is_the_same(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    want = reach_table(reach_matrix())
    monkeypatch.setenv("TCP_LAB_BENCH", "1")
    assert reach_table(reach_matrix()) == want
    with pytest.raises(NotPermitted, match="second machine"):
        reach_matrix(hosts=("server", "client"))
    with pytest.raises(NotPermitted, match="no address that is the host's alone"):
        neighbour_matrix()


def test_bench_has_no_ipv6_address_of_its_own(bench: Lab) -> None:
    with pytest.raises(LabError, match="::1"):
        Places(bench).address("own IPv6")


def test_a_wildcard_of_port_0_is_a_real_one_in_bench_mode(bench: Lab) -> None:
    anywhere = bench.server.socket()
    anywhere.bind(("", 0))
    anywhere.listen(1)
    name = anywhere.getsockname()
    assert name[0] == "0.0.0.0"
    bench.server.socket().connect(("127.0.0.1", name[1]))
    chosen = bench.server.socket()
    chosen.bind(("", name[1] ^ 1))
    assert chosen.getsockname()[0] == bench.server.address


def test_neighbours_share_no_packet(lab: Lab) -> None:
    pairs = {(p.first, p.second): p.side_by_side for p in neighbour_matrix()}
    assert all(pairs[a, b] == pairs[b, a] for a, b in pairs)
    assert pairs["127.0.0.1", "127.0.0.2"]
    assert pairs["0.0.0.0", "::1"]
    assert pairs["0.0.0.0", ONLY]
    assert not pairs["0.0.0.0", "127.0.0.1"]
    assert not pairs["0.0.0.0", "::"]
    assert not pairs["::", "::1"]
    assert not any(pairs[a, a] for a, _ in pairs)


def test_reuseport_lets_all_neighbours_in_and_reuseaddr_none(lab: Lab) -> None:
    assert neighbour_matrix(option=socket.SO_REUSEADDR) == neighbour_matrix()
    assert all(pair.side_by_side for pair in neighbour_matrix(option=socket.SO_REUSEPORT))


@pytest.mark.parametrize("order", [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0")])
def test_of_two_neighbours_the_more_exact_one_is_asked(lab: Lab, order: tuple[str, str]) -> None:
    listeners = {}
    for address in order:
        listeners[address] = made = lab.server.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((address, 8083))
        made.listen(8)
    for destination in ("127.0.0.1", "127.0.0.1", "127.0.0.2"):
        lab.server.socket().connect((destination, 8083))
    taken = {address: each.queues().accept for address, each in listeners.items()}
    assert taken == {"0.0.0.0": 1, "127.0.0.1": 2}


def test_envelopes_are_read_from_loopback(lab: Lab) -> None:
    seen = read_envelopes([("own", "127.0.0.2", "own"), ("127.0.0.2", "own", "second")])
    assert [(e.source, e.destination, e.answer) for e in seen] == [
        ("127.0.0.2", "own", "SYN+ACK"),
        ("own", "second", "RST"),
    ]
    assert envelope_table(seen).splitlines()[1].split() == ["own", "127.0.0.2", "own", "SYN+ACK"]


def test_a_tap_sees_each_packet_once_and_no_others(lab: Lab) -> None:
    tap = lab.tap("server")
    listener = lab.server.socket()
    listener.bind(("127.0.0.1", 8080))
    listener.listen(1)
    lab.server.socket().connect(("127.0.0.1", 8080))
    lab.client.socket().start("connect", ("server", 8080))
    kinds = [p.kind for p in tap.packets(8080, 3)]
    assert kinds == ["SYN", "SYN+ACK", "ACK"]
    assert tap.packets(9999) == ()


def test_bench_mode_has_no_tap(bench: Lab) -> None:
    with pytest.raises(NotPermitted, match="tap"):
        bench.tap("server")


def test_grids_are_drawn_from_what_was_measured(lab: Lab) -> None:
    doors = [
        Door("0.0.0.0", {("server", "own"): "accepted", ("client", "own"): "accepted"}),
        Door("own", {("server", "own"): "ECONNREFUSED", ("client", "own"): "accepted"}),
    ]
    gids = [p.get_gid() for p in reach(doors).patches]
    assert gids == [
        "cell:0.0.0.0:server:own:yes",
        "cell:0.0.0.0:client:own:yes",
        "cell:own:server:own:no",
        "cell:own:client:own:yes",
    ]
    pairs = neighbour_matrix(("own", "127.0.0.1"))
    assert [p.get_gid().rpartition(":")[2] for p in neighbours(pairs).patches] == [
        "yes" if p.side_by_side else "no" for p in pairs
    ]
    assert neighbour_table(pairs).splitlines()[1].split() == ["own", "-", "yes"]


def test_an_envelope_is_drawn_with_its_sign(lab: Lab) -> None:
    ax = envelopes(read_envelopes([("own", "own", "own"), ("own", "own", "127.0.0.1")]))
    gids = {t.get_gid() for t in ax.texts}
    assert {"sign:0:=", "sign:1:≠", "answer:0:SYN+ACK", "answer:1:RST"} <= gids


@pytest.mark.parametrize("draw", [reach, neighbours, envelopes])
def test_nothing_to_draw(draw) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(LabError, match="nothing to draw"):
        draw([])


def test_the_option_of_a_place_is_set(lab: Lab) -> None:
    places = Places(lab)
    assert places.socket(ONLY).getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    assert places.socket("::").getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0
    reusing = places.socket("own", socket.SO_REUSEADDR)
    assert reusing.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR) == 1
