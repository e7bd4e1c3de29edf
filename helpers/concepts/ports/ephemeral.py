"""Where the kernel finds ports: hundreds of them, and the last of a few.

The functions that begin with ``bind_many`` and ``connect_many`` are programs: they run in a
host. Sources: ``inet_csk_find_open_port`` and ``__inet_hash_connect`` in the kernel.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpers.errors import LabError
from helpers.lab.lab import Lab
from helpers.lab.staging import listen
from helpers.record.snapshot import table

# RFC 6335, section 6.
RANGES = {"system": (0, 1023), "user": (1024, 49151), "dynamic": (49152, 65535)}


@dataclass(frozen=True)
class Ports:
    """The ports that the kernel chose for ``bind`` and for ``connect``, from ``low`` to ``high``.

    ``low`` and ``high`` are the host's ephemeral range, both included; ports below ``free``
    need a privilege.
    """

    low: int
    high: int
    free: int
    bind: tuple[int, ...]
    connect: tuple[int, ...]

    def share(self, call: str, parity: int) -> float:
        """How many of the ports of ``call`` are even (0) or odd (1), as a share of all."""
        chosen = self.bind if call == "bind" else self.connect
        return sum(port % 2 == parity for port in chosen) / len(chosen)


def chosen_ports(count: int = 300) -> Ports:
    """Let the kernel choose ``count`` ports for each call, all in use at once; takes 0.2 s.

    In a lab of its own. In bench mode the range and the competition are the machine's.
    """
    if not 1 <= count <= 5000:
        raise LabError(f"count must be 1 to 5000, not {count}")
    with Lab() as lab:
        low, high = map(int, lab.server.sysctl["ipv4.ip_local_port_range"].split())
        free = int(lab.server.sysctl["ipv4.ip_unprivileged_port_start"])
        bound = lab.server.run(bind_many, count, observed=False, wait=False).result()
        connected = lab.server.run(connect_many, count, observed=False, wait=False).result()
    return Ports(low, high, free, _numbers(bound), _numbers(connected))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


def bind_many(count: int) -> str:
    """Bind sockets to port 0, and keep them; their ports."""
    kept = [socket.socket() for _ in range(count)]
    for sock in kept:
        sock.bind(("127.0.0.1", 0))
    return " ".join(str(sock.getsockname()[1]) for sock in kept)


def connect_many(count: int) -> str:
    """Connect to one listener again and again, and keep all; the clients' ports."""
    with socket.create_server(("127.0.0.1", 0), backlog=count) as server:
        kept, taken = [], []
        for _ in range(count):
            kept.append(socket.create_connection(server.getsockname()))
            taken.append(server.accept()[0])
        return " ".join(str(sock.getsockname()[1]) for sock in kept)


def ports_table(ports: Ports) -> str:
    """How many of each call's ports are odd and even, and where they lie."""
    rows = [("chosen for", "odd", "even", "within the range")]
    for name, chosen in (("bind to port 0", ports.bind), ("connect", ports.connect)):
        odd = sum(port % 2 for port in chosen)
        inside = all(ports.low <= port <= ports.high for port in chosen)
        rows.append((name, str(odd), str(len(chosen) - odd), "all" if inside else "not all"))
    return table(rows)


# ---- running out ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Exhaustion:
    """What was tried until it failed: the local ports that were got, in order, and the errno."""

    name: str
    ports: tuple[int, ...]
    error: str


def exhaust(low: int = 40000, high: int = 40003, servers: int = 3) -> list[Exhaustion]:
    """Give a client the ports ``low`` to ``high`` and use them up in four ways; takes 0.2 s.

    In a lab of its own. ``NotPermitted`` in bench mode: the range is the machine's there.
    """
    if not 1024 <= low <= high <= 65535 or high - low > 63 or not 1 <= servers <= 8:
        raise LabError(
            f"exhaust takes 1 to 64 ports from 1024 on and 1 to 8 servers, "
            f"not ports {low} to {high} and {servers} servers"
        )
    return [_exhaust(low, high, servers, way) for way in _WAYS]


def _exhaust(low: int, high: int, servers: int, way: str) -> Exhaustion:
    with Lab() as lab:
        lab.client.sysctl["ipv4.ip_local_port_range"] = f"{low} {high}"
        for n in range(servers):
            listen(lab.server, 8080 + n, 100)
        targets = [("server", 8080 + n) for n in range(servers if "several" in way else 1)]
        return Exhaustion(way.format(servers=servers), *_until_it_fails(lab, _WAYS[way], targets))


def _until_it_fails(
    lab: Lab, begin: str, targets: Sequence[tuple[str, int]]
) -> tuple[tuple[int, ...], str]:
    """Open sockets towards each target in turn; their ports, and the last one's errno."""
    ports: list[int] = []
    for target in targets:
        while True:
            sock = lab.client.socket()
            try:
                _OPENERS[begin](sock, target)
            except OSError as error:
                sock.close()
                failed = errno.errorcode[error.errno or 0]
                break
            ports.append(int(sock.getsockname()[1]))
    return tuple(ports), failed


def _bind(sock: socket.socket, target: tuple[str, int]) -> None:
    del target
    sock.bind(("0.0.0.0", 0))


def _connect(sock: socket.socket, target: tuple[str, int]) -> None:
    sock.connect(target)


def _bind_and_connect(sock: socket.socket, target: tuple[str, int]) -> None:
    sock.bind(("0.0.0.0", 0))
    sock.connect(target)


_OPENERS: dict[str, Callable[..., None]] = {
    "bind": _bind,
    "connect": _connect,
    "both": _bind_and_connect,
}
_WAYS = {
    "bind to port 0": "bind",
    "connect, to one server": "connect",
    "connect, to several servers": "connect",
    "bind, then connect, to several": "both",
}


def exhaust_table(found: Sequence[Exhaustion]) -> str:
    """How many sockets each way gave, on how many ports, and the errno of the next."""
    heads = ("sockets opened by", "sockets", "ports", "the next one")
    rows = [(e.name, str(len(e.ports)), str(len(set(e.ports))), e.error) for e in found]
    return table([heads, *rows])
