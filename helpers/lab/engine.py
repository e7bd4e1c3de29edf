"""What the hosts of a lab share: namespaces, processes, the trace, and the thread that watches.

It builds all of it, starts processes in hosts, and asks their kernels; what a reader holds, a lab
with its hosts and its wire, is made from it.
"""

from __future__ import annotations

import errno
import os
import random
import re
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any, TypeVar

from helpers.errors import LabError, NotPermitted
from helpers.inside.channel import Channel
from helpers.inside.messages import Fork, Hello, Open, Play
from helpers.lab.belonging import CLOSED, check_owner
from helpers.lab.call import Call
from helpers.lab.family import Family
from helpers.lab.kernel import Kernel
from helpers.lab.observer import Observer
from helpers.lab.process import Process
from helpers.lab.relay import Relay
from helpers.lab.sequencer import Sequencer
from helpers.links import markers, netns, settings
from helpers.links.netns import Keeper
from helpers.links.openings import Openings
from helpers.links.refusal import READ_ONLY, REMEDY
from helpers.record.snapshot import Snapshot, SocketRow
from helpers.record.sockstate import Row
from helpers.record.trace import Trace

T = TypeVar("T")
_RANGE = "net.ipv4.ip_local_port_range"


class Engine:
    """One lab's. ``build`` it once; the stack that it was given takes it down."""

    sequencer: Sequencer

    def __init__(
        self, names: Sequence[str], bench: bool, deadline: float, stack: ExitStack
    ) -> None:
        self.bench, self.deadline = bench, deadline
        self.hosts = tuple(names)
        self.open, self.owner = True, os.getpid()
        self.processes: list[Process] = []
        self.relay: Relay | None = None
        # What this machine did not let the lab set, a line each; it goes without.
        self.notes: tuple[str, ...] = ()
        self._stack = stack
        self._namespaces: dict[str, int] = {}
        self._openings: dict[str, Openings] = {}

    def build(self, delayed_ack: bool) -> None:
        """Make the namespaces, the links between them, and whoever watches."""
        self.trace = Trace(hosts=self.hosts)
        self.trace.wire = not self.bench
        self._keeper = Keeper(self.bench)
        self._stack.callback(self._keeper.close)
        self._family = Family(self._keeper.pid)
        self.notes = tuple(self._keeper.notes)
        self.observer = Observer(self.trace)
        self.observer.count = not self.bench
        if not self.bench:
            packets, self._wire_openings = self._keeper.wire()
            self._stack.callback(self._wire_openings.close)
            self._stack.callback(packets.close)
            self.relay = Relay(packets, self.observer)
            self._stack.callback(self.relay.markers.close)
        self._block = f"127.{random.randint(2, 250)}.{random.randint(1, 250)}"
        self.addresses = {name: self._addresses(n) for n, name in enumerate(self.hosts)}
        for name in self.hosts:
            self._add_host(name, self.addresses[name], delayed_ack)
        self._stack.callback(self._keeper.hang_up)  # it ends while the wire is being closed
        self.sequencer = Sequencer(self.observer, self.relay, self.processes)
        if self.relay:
            self._stack.callback(self.relay.clear)  # once its thread has ended
            self._stack.callback(self.relay.judge.stop)
        self._stack.callback(self.sequencer.stop)
        if not self.bench:
            self._wire_openings.close()

    def _addresses(self, n: int) -> tuple[str, ...]:
        if self.bench:
            return f"{self._block}.{n + 1}", "::1"
        return f"192.0.2.{n + 1}", f"2001:db8::{n + 1:x}"

    def _add_host(self, name: str, addresses: tuple[str, ...], delayed_ack: bool) -> None:
        number, descriptor, openings = self._keeper.namespace()
        self._namespaces[name], self._openings[name] = number, openings
        self._stack.callback(openings.close)
        kernel = Kernel(openings, self._view(name, addresses) if self.bench else None)
        self._stack.callback(kernel.close)
        try:
            if self.relay:
                self._join(self.relay, name, descriptor, addresses, delayed_ack)
        finally:
            os.close(descriptor)
        openings.settle()
        self.trace.roles.add_host(name, addresses[:1] if self.bench else addresses)
        if self.bench:  # a namespace of our own begins with roles.USUAL, whatever the machine has
            self.trace.roles.widen(name, *map(int, settings.machine(_RANGE).split()))
        self.observer.add_host(name, kernel)

    def _join(
        self, relay: Relay, name: str, descriptor: int, addresses: tuple[str, ...], late: bool
    ) -> None:
        """Connect a host to the wire; with ``late`` its acknowledgements may be delayed."""
        openings = self._openings[name]
        netns.join(self._wire_openings, openings, name, descriptor, addresses)
        if late:
            near = netns.index(openings, "eth0")
            for family in netns.internet_families():
                netns.set_route(openings, near, family, quickack=False)
        ear = self._keeper.tap(self._namespaces[name], "eth0", markers.PROTOCOL)
        relay.markers.add(name, ear)
        for address in addresses:
            relay.add_home(address, name)
        left = settings.settle(self._keeper, self._namespaces[name])
        self.notes = tuple(dict.fromkeys((*self.notes, *left)))

    def _view(self, name: str, addresses: tuple[str, ...]) -> Callable[[Row], Row | None]:
        """Bench mode: which rows of the shared table are this host's, and how they read.

        Those at its own address; those that a process of the host holds; and, at other
        addresses, those that its listener there let in. A listener that asked for any address
        has this host's only one, and reads as it was asked for.
        """
        known: set[tuple[str, int]] = set()
        observer = self.observer  # and not the lab: what it has must not keep it

        def view(row: Row) -> Row | None:
            if row.inode and row.inode in observer.inodes[name]:
                known.add(row.local)
            if row.local[0] != addresses[0] and row.local not in known:
                return None
            anywhere = row.inode in observer.everywhere
            if row.state == "LISTEN" and anywhere and row.local[0] == addresses[0]:
                return replace(row, local=("0.0.0.0", row.local[1]))
            return row

        return view

    # ---- processes ----------------------------------------------------------------

    def start_process(
        self,
        host: str,
        label: str,
        call: Call[Any] | None = None,
        program: Play | None = None,
        privileged: bool = True,
    ) -> Process:
        """Start a process in a host: a puppet, or with ``program`` a whole program."""
        channel = self._keeper.start(self._namespaces[host], program, privileged)
        source = [self.addresses[host][0]] if self.bench else []
        names = {n: (a[0], a[1]) for n, a in self.addresses.items()}
        channel.send(Open(names, source, [p or os.getcwd() for p in sys.path]))
        return self._meet(Process(host, label, channel, call))

    def _meet(self, process: Process) -> Process:
        found = process.channel.receive()
        if found is None or not isinstance(hello := found[0], Hello):
            process.channel.close()
            raise LabError(f"a process for {process.label} did not start: it said {found}")
        process.greet(hello)
        self.processes.append(process)
        self.sequencer.add(process)
        return process

    def fork_process(self, parent: Process, number: int) -> Process:
        """Let a puppet fork; returns the child, which serves a channel of its own."""
        ours, theirs = socket.socketpair()
        call: Call[Any] = Call("fork()", self.deadline)
        with theirs:
            self.sequencer.begin(parent, call, Fork(number), (theirs.fileno(),))
        child = self._meet(Process(parent.host, parent.name_child(), Channel(ours)))
        call.result()
        self.observer.note(f"{parent.label} forks {child.label}")
        return child

    # ---- use ----------------------------------------------------------------------

    def need(self, what: str, missing: bool) -> None:
        """Raise ``NotPermitted``, with the remedy, if something is missing in bench mode."""
        if missing:
            raise self.lacks(what)

    def lacks(self, what: str) -> NotPermitted:
        """What to say where bench mode does not have something."""
        plain = re.sub(r"\A(a|any|the) ", "", what)
        return NotPermitted(f"bench mode has no {plain}. {REMEDY}")

    def check_open(self) -> None:
        """Raise ``LabError`` if the lab is closed, its keeper dead, or a rule has failed."""
        if not self.open:
            raise LabError(CLOSED)
        check_owner(self.owner)
        self._keeper.check()
        if self.relay:
            self.relay.check()

    def check_name(self, address: object) -> None:
        """Raise ``LabError`` for an address that names a host which this lab does not have."""
        if isinstance(address, tuple) and address and isinstance(address[0], str):
            name = address[0]
            if name in self.addresses or name in ("", "localhost", "<broadcast>"):
                return
            if not re.fullmatch(r"[0-9.]+|.*:.*", name):
                known = ", ".join(self.addresses)
                raise LabError(f"no host {name!r} in this lab; it has {known}")

    def ask(self, question: Callable[[], T]) -> T:
        """Ask a kernel something when the lab is quiet."""
        self.check_open()
        return self.sequencer.ask(question)

    def rows(self, host: str) -> list[Row]:
        """A host's socket table as the kernel gives it."""
        return self.ask(self.observer.kernels[host].rows)

    def snapshot(self, host: str) -> Snapshot:
        """A host's socket table with the lab's names, and the processes that own each socket."""

        def made() -> list[SocketRow]:
            rows = self.observer.kernels[host].rows()
            held = self._family.holders(host, list(self.processes))
            return [self._socket_row(host, row, held.get(row.inode, ())) for row in rows]

        return Snapshot(host, tuple(sorted(self.ask(made), key=_order)))

    def status(self, process: Process) -> int | None:
        """How a process ended, as wait(2) tells; None if that is not known."""
        return self._keeper.status(process.inner) if self.open else None

    def _socket_row(self, host: str, row: Row, processes: tuple[str, ...]) -> SocketRow:
        roles = self.trace.roles
        local, peer = (roles.endpoint(address, host) for address in row.shown)
        owned = processes if row.inode else ()
        return SocketRow(
            row.state, row.recv_q, row.send_q, local, peer, owned, row.timer, row.timer_ms, row
        )

    def add_address(self, host: str, address: str, device: str) -> None:
        """Give a host one more address, and lead packets for it there."""
        with closing(self._keeper.openings(self._namespaces[host])) as openings:
            netns.add_address(openings, netns.index(openings, device), address)
        self.sequencer.do(lambda: self.relay.add_home(address, host) if self.relay else None)

    def tap(self, host: str) -> socket.socket:
        """A packet socket on a host's own loopback device."""
        return self._keeper.tap(self._namespaces[host], "lo")

    def inside(self) -> bool:
        """Whether the thread that asks is the lab's own."""
        return hasattr(self, "sequencer") and self.sequencer.inside()

    def sysctl(self, host: str, name: str, value: str | None) -> str:
        """Read or write one sysctl of a host."""
        self.check_open()
        if self.bench:
            return settings.machine(name)
        try:
            found = self._keeper.sysctl(self._namespaces[host], name, value)
        except OSError as error:
            if error.errno != errno.EROFS:
                raise
            if (found := self._keeper.sysctl(self._namespaces[host], name)) == value:
                return found
            words = f"{name} cannot be set, for /proc/sys is read-only here"
            raise NotPermitted(f"{words}. {READ_ONLY}") from None
        if value is not None:
            self.observer.note(f"{host} sysctl {name} = {value}")
            if name == _RANGE:
                self.trace.roles.widen(host, *map(int, found.split()))
        return found


def _order(row: SocketRow) -> tuple[bool, str, str, str]:
    return row.state != "LISTEN", row.local, row.peer, row.state
