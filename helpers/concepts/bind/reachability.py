"""Who reaches a listener: every bind address against every destination, from every host.

The columns and rows are *places*: an address as it is written, or ``own``, ``second`` and
``own IPv6``, which are the server's.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.bar import bar
from helpers.errors import LabError
from helpers.lab.belonging import OfLab
from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.links.tap import Tap
from helpers.record.snapshot import table

ONLY = ":: IPv6 only"
FOUR = ("0.0.0.0", "127.0.0.1", "127.0.0.2", "own", "second")
SIX = ("::", ONLY, "::1")
TO_FOUR = ("127.0.0.1", "127.0.0.2", "own", "second")
TO_SIX = ("::1", "own IPv6")
ACCEPTED = "accepted"
_SIGNS = {ACCEPTED: "yes", "ECONNREFUSED": "-"}


@dataclass(frozen=True)
class Door:
    """A listener bound to one place: what each attempt at it came to.

    ``got`` maps (host of the client, destination) to ``accepted`` or an errno's name.
    """

    bound: str
    got: dict[tuple[str, str], str]

    def lets_in(self, host: str, destination: str) -> bool:
        """Whether a client on ``host`` that asked for ``destination`` was accepted here."""
        return self.got[host, destination] == ACCEPTED


class Places:
    """A lab whose server has two IPv4 addresses and, where there is a wire, an IPv6 one."""

    lab = OfLab[Lab]()

    def __init__(self, lab: Lab) -> None:
        self.lab, own = lab, lab.server.address
        self._known = {"own": own, "second": own.rpartition(".")[0] + ".102"}
        if not lab.bench:
            lab.add_address("server", self._known["second"])
            self._known["own IPv6"] = lab.server.addresses[1]

    def address(self, place: str) -> str:
        """The address of a place; ``LabError`` for ``own IPv6`` in bench mode, which has none."""
        found = self._known.get(place, place).removesuffix(" IPv6 only")
        if found == "own IPv6":
            raise LabError("bench mode has no IPv6 address but ::1, which all hosts share")
        return found

    def place(self, address: str) -> str:
        """The name of an address, or the address itself."""
        return next((name for name, known in self._known.items() if known == address), address)

    def socket(self, bound: str, option: int = 0) -> Socket:
        """A socket of the server that can be bound to a place; ``option`` is set if it is not 0."""
        made = self.lab.server.socket(_family(bound))
        if bound == ONLY:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if option:
            made.setsockopt(socket.SOL_SOCKET, option, 1)
        return made

    def listener(self, bound: str) -> tuple[Socket, int]:
        """A listener on a port of its own, and the port."""
        made = self.socket(bound)
        made.bind((self.address(bound), 0))
        made.listen(8)
        return made, int(made.getsockname()[1])

    def knock(self, listener: Socket, port: int, host: Host, to: str, source: str = "") -> str:
        """Connect once from ``host``; "accepted", or the errno's name."""
        client = host.socket(_family(to))
        if source:
            client.bind((self.address(source), 0))
        code = client.connect_ex((self.address(to), port))
        got = ACCEPTED if not code else errno.errorcode[code]
        if not code:
            listener.accept()[0].close()
        client.close()
        return got


def is_six(place: str) -> bool:
    """Whether a place is an address of IPv6."""
    return ":" in place or "IPv6" in place


def _family(place: str) -> socket.AddressFamily:
    return socket.AF_INET6 if is_six(place) else socket.AF_INET


def reach_matrix(
    bound: Sequence[str] = FOUR,
    destinations: Sequence[str] = TO_FOUR,
    hosts: Sequence[str] = ("server",),
) -> list[Door]:
    """Bind a listener to each of ``bound``, and connect to each of ``destinations`` at its port,
    from each of ``hosts``; 8 by 12 attempts take about 0.5 s.

    In a lab of its own, which is closed at the end. Raises ``NotPermitted`` in bench mode if
    ``hosts`` has another than the server: all hosts are one machine there.
    """
    with Lab() as lab:
        lab.engine.need("second machine", lab.bench and set(hosts) != {"server"})
        places = Places(lab)
        return [
            _door(places, b, [(h, d) for h in hosts for d in destinations])
            for b in bar(bound, "listeners")
        ]


def _door(places: Places, bound: str, attempts: Iterable[tuple[str, str]]) -> Door:
    listener, port = places.listener(bound)
    lab = places.lab
    got = {(h, d): places.knock(listener, port, lab[h], d) for h, d in attempts}
    listener.close()
    return Door(bound, got)


def reach_table(doors: Sequence[Door]) -> str:
    """The matrix as aligned tables, one for each host that connected; ``-`` is ECONNREFUSED."""
    hosts = list(dict.fromkeys(host for host, _ in doors[0].got))
    parts = [_from(host, doors) for host in hosts]
    if len(hosts) == 1:
        return parts[0]
    return "\n\n".join(f"from {host}\n{part}" for host, part in zip(hosts, parts, strict=True))


def _from(host: str, doors: Sequence[Door]) -> str:
    destinations = [d for h, d in doors[0].got if h == host]
    rows = [[d.bound, *(_SIGNS.get(v, v) for v in _got(d, host))] for d in doors]
    return table([["bound to", *destinations], *rows])


def _got(door: Door, host: str) -> list[str]:
    return [got for (h, _), got in door.got.items() if h == host]


@dataclass(frozen=True)
class Envelope:
    """One SYN as it was on the device, its answer, and the address that the listener had.

    Addresses are given by place.
    """

    bound: str
    source: str
    destination: str
    answer: str


def read_envelopes(knocks: Sequence[tuple[str, str, str]]) -> list[Envelope]:
    """For each (bound, source, destination): bind there, connect from a socket bound to the
    source on the server's own machine, and read the SYN's bytes from its loopback device.

    ``NotPermitted`` in bench mode, where the device is the whole machine's.
    """
    with Lab() as lab:
        places, tap = Places(lab), lab.tap("server")
        return [_envelope(places, tap, *knock) for knock in knocks]


def _envelope(places: Places, tap: Tap, bound: str, source: str, destination: str) -> Envelope:
    listener, port = places.listener(bound)
    places.knock(listener, port, places.lab.server, destination, source)
    listener.close()
    syn, answer = tap.packets(port, 2)[:2]
    return Envelope(bound, places.place(syn.source), places.place(syn.destination), answer.kind)


def envelope_table(seen: Sequence[Envelope]) -> str:
    """One line for each SYN: the listener's address, the two fields, the answer."""
    rows = [(e.bound, e.source, e.destination, e.answer) for e in seen]
    return table([("bound to", "SYN's source", "SYN's destination", "answer"), *rows])
