"""Keeps one host's socket table from one look to the next, so that a look costs what differs.

Rule of this file: pure; rows in, pairs of rows out.
"""

from __future__ import annotations

from helpers.record.sockstate import Row
from helpers.record.trace import Queues

Key = tuple[object, ...]
Rows = dict[Key, Row]


class Table:
    """The sockets of one host, as they were seen last. Listeners, embryos and those that wait for a
    timer stand apart too."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.listeners: Rows = {}
        self.embryos: Rows = {}
        self.timed: Rows = {}
        self._told: dict[bytes, Row] = {}

    def differences(self, told: dict[bytes, Row]) -> tuple[Rows, Rows]:
        """What is no longer as it was, and how it is now, by key. ``told`` is ``Kernel.table``."""
        before = self._told
        if told is before:
            return {}, {}
        old = {key_of(row): row for body, row in before.items() if told.get(body) is not row}
        new = {key_of(row): row for body, row in told.items() if before.get(body) is not row}
        return old, new

    def update(self, told: dict[bytes, Row], old: Rows, new: Rows) -> None:
        """Take over what ``differences`` has found."""
        self._told = told
        for kept in (self.rows, self.listeners, self.embryos, self.timed):
            for key in old:
                kept.pop(key, None)
        for key, row in new.items():
            self.rows[key] = row
            if row.timer:
                self.timed[key] = row
            if row.state == "LISTEN":
                self.listeners[key] = row
            elif row.state == "SYN-RECV":
                self.embryos[key] = row


def key_of(row: Row) -> Key:
    """What tells a socket from every other one of its host, listeners that share a port too."""
    return (*row.key, row.inode) if row.state == "LISTEN" else row.key


def queues_of(listener: Row, rows: list[Row]) -> Queues:
    """The queues of one LISTEN row. The SYN queue has no list of its own in the kernel: it is
    counted here from the SYN-RECV rows, which the kernel tells without their listener."""
    embryos = (row for row in rows if _waits(row) and row.local[1] == listener.local[1])
    listeners = [row for row in rows if row.state == "LISTEN"]
    count = sum(listener in _answering(embryo, listeners) for embryo in embryos)
    return Queues(count, listener.recv_q, listener.send_q)


def _waits(row: Row) -> bool:
    """Whether it is a handshake of the SYN queue. One of TCP Fast Open is a whole socket before
    its last ACK, and in the accept queue at once: it is told by its data, which no entry of the
    SYN queue can have, and once it is accepted by its owner. One whose SYN had no data reads as
    an entry until then."""
    return row.state == "SYN-RECV" and not row.recv_q and not row.inode


def _answering(embryo: Row, listeners: list[Row]) -> list[Row]:
    """Whose embryo this is. A SYN of IPv4 at a listener of IPv6 reads as ``::ffff:a.b.c.d``.

    Of several listeners with SO_REUSEPORT the kernel chooses one by a hash with a secret; the
    mark that it hands on tells which (``recorded.py`` sets one). Where it could not be set, in
    bench mode and in a program that is not observed, it cannot be told: each of them counts it.
    """
    address, port = embryo.local
    there = [
        row
        for row in listeners
        if row.family == embryo.family
        and row.local[1] == port
        and row.local[0] in (address, "0.0.0.0", "::")
        and not (row.v6only and address.startswith("::ffff:"))
    ]
    closest = [row for row in there if row.local[0] == address] or there
    return [row for row in closest if embryo.mark and row.inode == embryo.mark] or closest


def essence(row: Row | None) -> object:
    """What makes a change worth recording; timers run by themselves."""
    if row is None or row.state == "LISTEN":
        return row and row.state
    return row.state, row.recv_q, row.send_q, bool(row.inode)
