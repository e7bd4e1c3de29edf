"""Sends the same bytes many times over, and keeps in which sizes ``recv`` returned them.

Each *network* is a way for the bytes to travel. The readers and the senders are plain
programs; they run in the lab unobserved, at their own pace.
"""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass

from helpers.lab import Lab
from helpers.packet import Packet
from helpers.wire import Rule, Verdict

SIZE, ASKED = 5000, 1024
# The longest delay of a packet, in seconds; each gets a random part of it.
DELAY = 0.002
# SO_RCVBUF of the small window, in bytes; the kernel doubles it. socket(7)
SMALL = 2304
_SEED = 6


@dataclass(frozen=True)
class Runs:
    """``sizes`` holds one tuple a run: what each recv(1024) returned, in order, in bytes."""

    network: str
    sizes: tuple[tuple[int, ...], ...]

    @property
    def ways(self) -> int:
        """In how many different ways the same bytes were cut."""
        return len(set(self.sizes))


def reader(port: int, runs: int, size: int, buffer: int, patient: bool) -> str:
    """Serve ``runs`` clients, one after another, and read ``size`` bytes from each.

    ``buffer`` is the listener's SO_RCVBUF, 0 for the default. If ``patient``, nothing is read
    before everything has come. Returns the sizes, runs separated by semicolons.
    """
    listener = socket.socket()
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    return ";".join(_one_run(listener.accept()[0], size, patient) for _ in range(runs))


def _one_run(conn: socket.socket, size: int, patient: bool) -> str:
    sizes: list[int] = []
    with conn:
        if patient:
            conn.recv(size, socket.MSG_PEEK | socket.MSG_WAITALL)
        while sum(sizes) < size:
            sizes.append(len(conn.recv(1024)) or size)  # at an early end, a sum that shows it
    return " ".join(map(str, sizes))


def sender(port: int, runs: int, size: int) -> None:
    """Connect ``runs`` times, send ``size`` bytes, and wait until the reader has closed."""
    for _ in range(runs):
        with socket.create_connection(("server", port)) as client:
            client.sendall(b"x" * size)
            client.recv(1)


def read_runs(runs: int = 100) -> list[Runs]:
    """5,000 bytes, sent and read ``runs`` times on each of three networks, in a lab of its own.

    Blocks for one to three seconds with 100 runs. Needs the wire: ``NotPermitted`` in bench mode.
    """
    with Lab() as lab, lab.fast():
        whole = _on(lab, 9000, runs, "all there first", 0, True)
        with lab.wire.rule(_uneven()):
            late = _on(lab, 9001, runs, "packets late", 0, False)
            small = _on(lab, 9002, runs, "late, small window", SMALL, False)
    return [whole, late, small]


def _on(lab: Lab, port: int, runs: int, network: str, buffer: int, patient: bool) -> Runs:
    reads = lab.server.run(reader, port, runs, SIZE, buffer, patient, observed=False)
    sends = lab.client.run(sender, port, runs, SIZE, observed=False)
    told = str(reads.result(30))
    sends.result(30)
    return Runs(network, tuple(tuple(map(int, run.split())) for run in told.split(";")))


def _uneven() -> Rule:
    """Gives every packet with data a delay of its own."""
    chance = random.Random(_SEED)

    def uneven(packet: Packet) -> Verdict:
        return chance.random() * DELAY if packet.payload else None

    return uneven
