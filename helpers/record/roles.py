"""Turn addresses, ports and sequence numbers into the roles that they play in a lab.

Two runs of one experiment differ in their ephemeral ports and in their initial
sequence numbers, and in nothing else that matters. Here those accidents become
``server:8080``, ``client:ephemeral`` and relative numbers, so that a text can be
compared with the text of another run.

Rules of this file: pure; it learns only from what it is told, in the order in
which it is told.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable

from helpers.record.packet import Packet

Address = tuple[str, int]
_ANYWHERE = ("0.0.0.0", "::", "*", "127.0.0.1", "::1")
# From where a new namespace chooses: net/ipv4/af_inet.c, inet_init_net.
USUAL = range(32768, 61000)
_DIGITS = re.compile(r"(\d+)")
_MODULUS = 1 << 32


class Roles:
    """The names of one lab: hosts by address, ports by use, sequence numbers by flow."""

    def __init__(self) -> None:
        self._ranges: dict[str, list[range]] = {}
        self._hosts: dict[str, str] = {}
        self._chosen: set[int] = set()
        self._numbers: dict[tuple[str, int], int] = {}
        self._free: dict[str, list[int]] = {}
        self._last: dict[str, int] = {}
        self._live: Counter[tuple[str, int]] = Counter()
        self._retired: set[tuple[str, int]] = set()
        self._first: dict[tuple[str, int, str, int], int] = {}

    def add_host(self, name: str, addresses: Iterable[str]) -> None:
        """From now on print ``name`` for each of ``addresses``."""
        self._hosts.update(dict.fromkeys(addresses, name))

    def widen(self, host: str, low: int, high: int) -> None:
        """From now on the kernel of ``host`` chooses ports from this range too. ip(7):
        ip_local_port_range; both ends belong to it. What was chosen before keeps its role."""
        self._ranges.setdefault(host, []).append(range(low, high + 1))

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

    def keep(
        self, came: Iterable[tuple[Address, str]], gone: Iterable[tuple[Address, str]]
    ) -> None:
        """Forget the labels of ports that were in some host's table and are in none now.

        So the next connection is ``client:ephemeral`` again, as if it were the first.
        ``came`` and ``gone`` are addresses in the tables, each with its host: those of sockets
        that are new, and of sockets that are no more.
        """
        for address, at in came:
            self._live[self._owner(address, at), address[1]] += 1
        left = {(self._owner(address, at), address[1]): None for address, at in gone}
        for address, at in gone:
            self._live[self._owner(address, at), address[1]] -= 1
        for port in left:
            if self._live[port] <= 0:
                del self._live[port]
                if port not in self._retired:
                    self._forget(port)

    def _forget(self, port: tuple[str, int]) -> None:
        if number := self._numbers.pop(port, 0):
            heapq.heappush(self._free[port[0]], number)

    def retire(self, *addresses: tuple[Address, str]) -> None:
        """Sockets that a timer ended keep their labels: how long a reader thinks is no matter."""
        self._retired |= {(self._owner(address, at), address[1]) for address, at in addresses}

    def _port(self, owner: str, port: int) -> str:
        if port == 0:
            return "*"
        ephemeral = port in USUAL or any(port in known for known in self._ranges.get(owner, ()))
        if port in self._chosen or not ephemeral:
            return str(port)
        if (owner, port) not in self._numbers:
            self._numbers[owner, port] = self._next(owner)
        number = self._numbers[owner, port]
        return f"ephemeral-{number}" if number > 1 else "ephemeral"

    def _next(self, owner: str) -> int:
        """The lowest number that no port of this host has."""
        free = self._free.setdefault(owner, [])
        if free:
            return heapq.heappop(free)
        self._last[owner] = self._last.get(owner, 0) + 1
        return self._last[owner]

    def relative(self, packet: Packet, injected: bool = False) -> tuple[int, int]:
        """Sequence and acknowledgement numbers counted from each side's first SYN.

        A SYN has number 0, the first byte of data number 1, as in packetdrill. A flow
        whose SYN was never seen counts from the first packet that was. An injected SYN begins
        no count in a flow that has one, until somebody answers it.
        """
        flow = (packet.source, packet.sport, packet.destination, packet.dport)
        back = (packet.destination, packet.dport, packet.source, packet.sport)
        first = packet.seq if packet.syn else (packet.seq - 1) % _MODULUS
        if packet.syn and not injected:
            self._first[flow] = packet.seq
            if "." in packet.flags:
                self._first[back] = (packet.ack - 1) % _MODULUS
        known = self._first.setdefault(flow, first)
        seq = 0 if packet.syn else (packet.seq - known) % _MODULUS
        if "." not in packet.flags:
            return seq, 0
        first_back = self._first.setdefault(back, (packet.ack - 1) % _MODULUS)
        return seq, (packet.ack - first_back) % _MODULUS


def rank(text: str) -> tuple[object, ...]:
    """What sorts names as a person would: ``ephemeral-10`` behind ``ephemeral-9``."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in _DIGITS.split(text))


def numbers(packet: Packet, seq: int, ack: int) -> str:
    """``. 1:6(5) ack 1``: one segment as packetdrill writes it, numbers relative.

    The window stands on SYNs only, where it is not scaled and does not vary. PSH is left out:
    where the sender's stack sets it varies from run to run, and no receiver depends on it.
    What few packets have stands where they have it: ``[ect0]`` or ``[ce]`` in front, ``urg 3``.
    """
    if not packet.is_tcp:
        return f"{packet.kind} ({len(packet.payload)} bytes)"
    flags = packet.flags.replace("P", "") or "none"
    text = f"{flags} {seq}:{seq + packet.length}({packet.length})"
    text += f" ack {ack}" if "." in packet.flags else ""
    text += f" win {packet.window}" if packet.syn else ""
    text += f" urg {packet.urgent}" if packet.urgent else ""
    return f"[{packet.ecn}] {text}" if packet.ecn else text
