"""Turn addresses, ports and sequence numbers into the roles that they play in a lab.

Two runs of one experiment differ in their ephemeral ports and in their initial
sequence numbers, and in nothing else that matters. Here those accidents become
``server:8080``, ``client:ephemeral`` and relative numbers, so that a text can be
compared with the text of another run.

Rules of this file: pure; it learns only from what it is told, in the order in
which it is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from helpers.packet import Packet

Address = tuple[str, int]
_ANYWHERE = ("0.0.0.0", "::", "127.0.0.1", "::1")
_MODULUS = 1 << 32


class Roles:
    """The names of one lab: hosts by address, ports by use, sequence numbers by flow."""

    def __init__(self, ephemeral: range = range(32768, 61000)) -> None:
        self._ephemeral = ephemeral
        self._hosts: dict[str, str] = {}
        self._chosen: set[int] = set()
        self._labels: dict[tuple[str, int], str] = {}
        self._live: set[tuple[str, int]] = set()
        self._retired: set[tuple[str, int]] = set()
        self._first: dict[tuple[str, int, str, int], int] = {}

    def add_host(self, name: str, addresses: Iterable[str]) -> None:
        """From now on print ``name`` for each of ``addresses``."""
        self._hosts.update(dict.fromkeys(addresses, name))

    def choose_port(self, port: int) -> None:
        """Say that somebody asked for ``port`` by number, so it prints as that number."""
        self._chosen.add(port)

    def host(self, address: str) -> str:
        """The host that has ``address``, or the address itself; ``::ffff:a.b.c.d`` is a.b.c.d."""
        plain = address.removeprefix("::ffff:") if "." in address else address
        return self._hosts.get(plain, address)

    def endpoint(self, address: Address, at: str = "") -> str:
        """``server:8080`` or ``client:ephemeral``; ``at`` is the host where a wildcard stands."""
        name = self.host(address[0])
        shown = f"[{name}]" if ":" in name else name
        return f"{shown}:{self._port(self._owner(address, at), address[1])}"

    def _owner(self, address: Address, at: str) -> str:
        name = self.host(address[0])
        return at if address[0] in _ANYWHERE or name == address[0] else name

    def keep(self, live: Iterable[tuple[Address, str]]) -> None:
        """Forget the labels of ports that were in some host's table and are in none now.

        So the next connection is ``client:ephemeral`` again, as if it were the first.
        ``live`` are the addresses in all tables, each with its host.
        """
        now = {(self._owner(address, at), address[1]) for address, at in live}
        for gone in self._live - now - self._retired:
            self._labels.pop(gone, None)
        self._live = now

    def retire(self, *addresses: tuple[Address, str]) -> None:
        """Sockets that a timer ended keep their labels: how long a reader thinks is no matter."""
        self._retired |= {(self._owner(address, at), address[1]) for address, at in addresses}

    def _port(self, owner: str, port: int) -> str:
        if port == 0:
            return "*"
        if port not in self._ephemeral or port in self._chosen:
            return str(port)
        if (owner, port) not in self._labels:
            taken = {label for (other, _), label in self._labels.items() if other == owner}
            names = (f"ephemeral-{n}" if n > 1 else "ephemeral" for n in itertools.count(1))
            self._labels[owner, port] = next(name for name in names if name not in taken)
        return self._labels[owner, port]

    def relative(self, packet: Packet) -> tuple[int, int]:
        """Sequence and acknowledgement numbers counted from each side's first SYN.

        A SYN has number 0, the first byte of data number 1, as in packetdrill. A flow
        whose SYN was never seen counts from the first packet that was.
        """
        flow = (packet.source, packet.sport, packet.destination, packet.dport)
        back = (packet.destination, packet.dport, packet.source, packet.sport)
        if packet.syn:
            self._first[flow] = packet.seq
        first = self._first.setdefault(flow, (packet.seq - 1) % _MODULUS)
        if "." not in packet.flags:
            return (packet.seq - first) % _MODULUS, 0
        first_back = self._first.setdefault(back, (packet.ack - 1) % _MODULUS)
        return (packet.seq - first) % _MODULUS, (packet.ack - first_back) % _MODULUS


def numbers(packet: Packet, seq: int, ack: int) -> str:
    """``. 1:6(5) ack 1``: one segment as packetdrill writes it, numbers relative.

    The window stands on SYNs only, where it is not scaled and does not vary. PSH is left out:
    where the sender's stack sets it varies from run to run, and no receiver depends on it.
    """
    if not packet.is_tcp:
        return f"{packet.kind} ({len(packet.payload)} bytes)"
    flags = packet.flags.replace("P", "") or "none"
    text = f"{flags} {seq}:{seq + packet.length}({packet.length})"
    text += f" ack {ack}" if "." in packet.flags else ""
    return text + (f" win {packet.window}" if packet.syn else "")
