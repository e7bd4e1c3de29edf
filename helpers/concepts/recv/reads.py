"""Sends the same bytes many times over, and keeps in which sizes ``recv`` returned them.

Each *network* is a way for the bytes to travel. The readers and the senders are plain
programs; they run in the lab unobserved, at their own pace.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from helpers.bar import bar
from helpers.lab.judge import Answer
from helpers.lab.lab import Lab
from helpers.record.packet import Packet

SIZE = 5000
# The longest delay of a packet, in seconds; each gets a random part of it.
DELAY = 0.004
# SO_RCVBUF of the small window, in bytes; the kernel doubles it. socket(7)
SMALL = 4096
# The longest time that the reader is busy after a read, in seconds; each takes a random part.
BUSY = 0.001
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


def reader(port: int, runs: int, size: int, buffer: int, patient: bool, busy: float) -> str:
    """Serve ``runs`` clients, one after another, and read ``size`` bytes from each.

    ``buffer`` is the listener's SO_RCVBUF, 0 for the default. If ``patient``, nothing is read
    before everything has come. After each read it works for up to ``busy`` seconds. Returns the
    sizes, runs separated by semicolons.
    """
    chance = random.Random(_SEED)
    listener = socket.socket()
    if buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    work = (lambda: time.sleep(chance.random() * busy)) if busy else (lambda: None)
    return ";".join(_one_run(listener.accept()[0], size, patient, work) for _ in range(runs))


def _one_run(conn: socket.socket, size: int, patient: bool, work: Callable[[], None]) -> str:
    sizes: list[int] = []
    with conn:
        if patient:
            conn.recv(size, socket.MSG_PEEK | socket.MSG_WAITALL)
        while sum(sizes) < size:
            sizes.append(len(conn.recv(1024)) or size)  # at an early end, a sum that shows it
            work()
    return " ".join(map(str, sizes))


def sender(port: int, runs: int, size: int) -> None:
    """Connect ``runs`` times, send ``size`` bytes, and wait until the reader has closed."""
    for _ in range(runs):
        with socket.create_connection(("server", port)) as client:
            client.sendall(b"x" * size)
            client.recv(1)


def read_runs(runs: int = 100) -> list[Runs]:
    """5,000 bytes, sent and read ``runs`` times on each of four networks, in a lab of its own.

    Blocks for one to three seconds with 100 runs. Needs the wire: ``NotPermitted`` in bench mode.
    """
    with Lab() as lab, lab.fast():
        return [network(lab, runs) for network in bar((_whole, _late, _busy, _small), "networks")]


def _whole(lab: Lab, runs: int) -> Runs:
    return _on(lab, 9000, runs, "all there first", patient=True)


def _late(lab: Lab, runs: int) -> Runs:
    for port, times in ((9004, 1), (9005, 5), (9006, 25)):
        with lab.wire.rule(_uneven(times * DELAY)):
            late = _on(lab, port, runs, "packets late")
        if late.ways > 1:  # so a reader on a busy machine does not wake later than they come
            break
    return late


def _busy(lab: Lab, runs: int) -> Runs:
    with lab.wire.rule(_uneven(DELAY)):
        return _on(lab, 9002, runs, "and reader busy", busy=BUSY)


def _small(lab: Lab, runs: int) -> Runs:
    with lab.wire.rule(_uneven(DELAY)):
        return _on(lab, 9003, runs, "and small window", buffer=SMALL, busy=BUSY)


def _on(
    lab: Lab, port: int, runs: int, network: str, *, buffer: int = 0, patient: bool = False,
    busy: float = 0.0,
) -> Runs:  # fmt: skip
    reads = lab.server.run(reader, port, runs, SIZE, buffer, patient, busy, observed=False)
    sends = lab.client.run(sender, port, runs, SIZE, observed=False, wait=False)
    told = str(reads.result(30))
    sends.result(30)
    return Runs(network, tuple(tuple(map(int, run.split())) for run in told.split(";")))


def _uneven(most: float) -> Callable[[Packet], Answer]:
    """Gives every packet with data a delay of its own."""
    chance = random.Random(_SEED)

    def uneven(packet: Packet) -> Answer:
        return chance.random() * most if packet.payload else None

    return uneven
