"""Builds hosts and wire, and takes them down again."""

from __future__ import annotations

import errno
import os
import random
import re
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from helpers import netns, settings, standin
from helpers.call import Call, patience
from helpers.channel import Channel, Message
from helpers.errors import LabError, NotPermitted
from helpers.host import Host
from helpers.kernel import Kernel, owners
from helpers.netns import Keeper, Openings
from helpers.observer import Observer
from helpers.process import Process
from helpers.refusal import READ_ONLY, REMEDY
from helpers.sequencer import Sequencer
from helpers.snapshot import Snapshot, SocketRow
from helpers.sockstate import Row
from helpers.tap import Tap
from helpers.trace import Trace
from helpers.wire import Wire

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,11}\Z")


class Lab:
    """Two or more hosts and the wire between them; closes without a trace.

    ``Lab()`` has the hosts ``client`` and ``server``, reached as ``lab.client`` and
    ``lab.server``; others are named in ``hosts``. Where the kernel forbids network
    namespaces it says so in one line and works in bench mode, on loopback, without a wire
    (``bench=True``, or ``TCP_LAB_BENCH=1`` in the environment, asks for that; ``quiet`` in place
    of 1 leaves out the line).

    ``deadline`` is how long a plain call may block, in seconds, before it raises
    ``StillBlocked``. ``delayed_ack=True`` lets TCP delay its acknowledgements as it does by
    default, at the price of traces that differ between runs.
    """

    client: Host
    server: Host
    # What this machine did not let the lab set, a line each; it goes without.
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        hosts: Sequence[str] = ("client", "server"),
        *,
        bench: bool | None = None,
        deadline: float = 5.0,
        delayed_ack: bool = False,
    ) -> None:
        """Takes about 50 ms. Raises ``LabError`` for a name that cannot be a host's."""
        _check(hosts, deadline)
        self.deadline = deadline * patience()
        self._stack = ExitStack()
        self._open = True
        self._hosts: dict[str, Host] = {}
        self._namespaces: dict[str, int] = {}
        self._openings: dict[str, Openings] = {}
        self._processes: list[Process] = []
        self._wire: Wire | None = None
        try:
            self._begin(bench, hosts, delayed_ack)
        except BaseException:
            self.close()
            raise

    # ---- building -----------------------------------------------------------------

    def _begin(self, bench: bool | None, names: Sequence[str], delayed_ack: bool) -> None:
        """With a wire if it is to be had, on loopback else."""
        asked = os.environ.get("TCP_LAB_BENCH", "")
        why = "TCP_LAB_BENCH is set" if bench is None and asked not in ("", "0") else ""
        if not bench and not why:
            try:
                self._build(False, names, delayed_ack)
            except NotPermitted as error:
                self._stack.close()
                if bench is False:
                    raise
                why = str(error).partition(". ")[0]
            else:
                standin.wire(self.notes)
                return
        self._build(True, names, delayed_ack)
        standin.bench(why, quiet=asked == "quiet")

    def _build(self, bench: bool, names: Sequence[str], delayed_ack: bool) -> None:
        self.bench, self._wire = bench, None
        self.trace = Trace(hosts=tuple(names))
        self.trace.wire = not bench
        self._keeper = Keeper(bench)
        self._stack.callback(self._keeper.close)
        self.notes = tuple(self._keeper.notes)
        self.observer = Observer(self.trace)
        self.observer.count = not bench
        if not bench:
            packets, self._wire_openings = self._keeper.wire()
            self._stack.callback(self._wire_openings.close)
            self._stack.callback(packets.close)
            self._wire = Wire(packets, self.observer)
        self._block = f"127.{random.randint(2, 250)}.{random.randint(1, 250)}"
        addresses = {name: self._addresses(n) for n, name in enumerate(names)}
        for name in names:
            self._add_host(name, addresses[name], delayed_ack)
        self._stack.callback(self._keeper.hang_up)  # it ends while the wire is being closed
        self.sequencer = Sequencer(self.observer, self._wire)
        self._stack.callback(self.sequencer.stop)
        if self._wire:
            self._wire.attach(self.sequencer)
        self._names = addresses
        for name in names:
            process = self.start_process(name, name)
            self._hosts[name] = Host(self, name, process, addresses[name])
        for host in self._hosts.values():
            if not self.bench:
                host.mark()

    def _addresses(self, n: int) -> tuple[str, ...]:
        if self.bench:
            return f"{self._block}.{n + 1}", "::1"
        return f"192.0.2.{n + 1}", f"2001:db8::{n + 1:x}"

    def _add_host(self, name: str, addresses: tuple[str, ...], delayed_ack: bool) -> None:
        number, descriptor, openings = self._keeper.namespace()
        self._namespaces[name], self._openings[name] = number, openings
        kernel = Kernel(openings, self._view(name, addresses) if self.bench else None)
        self._stack.callback(kernel.close)
        try:
            if self._wire:
                self._join(name, descriptor, addresses, delayed_ack)
        finally:
            os.close(descriptor)
        self.trace.roles.add_host(name, addresses[:1] if self.bench else addresses)
        self.observer.add_host(name, kernel)

    def _join(
        self, name: str, descriptor: int, addresses: tuple[str, ...], delayed_ack: bool
    ) -> None:
        openings = self._openings[name]
        netns.join(self._wire_openings, openings, name, descriptor, addresses)
        if delayed_ack:
            near = netns.index(openings, "eth0")
            netns.set_route(openings, near, socket.AF_INET, quickack=False)
            netns.set_route(openings, near, socket.AF_INET6, quickack=False)
        assert self._wire is not None
        for address in addresses:
            self._wire.add_home(address, name)
        left = settings.settle(self._keeper, self._namespaces[name])
        self.notes = tuple(dict.fromkeys((*self.notes, *left)))

    def _view(self, name: str, addresses: tuple[str, ...]) -> Callable[[Row], Row | None]:
        """Bench mode: which rows of the shared table are this host's, and how they read.

        Those at its own address; those that a process of the host holds; and, at other
        addresses, those that its listener there let in. A listener that asked for any address
        has this host's only one, and reads as it was asked for.
        """
        known: set[tuple[str, int]] = set()

        def view(row: Row) -> Row | None:
            if row.inode and row.inode in self.observer.inodes[name]:
                known.add(row.local)
            if row.local[0] != addresses[0] and row.local not in known:
                return None
            anywhere = row.inode in self.observer.everywhere
            if row.state == "LISTEN" and anywhere and row.local[0] == addresses[0]:
                return replace(row, local=("0.0.0.0", row.local[1]))
            return row

        return view

    def start_process(
        self,
        host: str,
        label: str,
        call: Call[Any] | None = None,
        program: Message | None = None,
        privileged: bool = True,
    ) -> Process:
        """Start a process in a host: a puppet, or with ``program`` a whole program."""
        channel = self._keeper.start(self._namespaces[host], program, privileged)
        source = [self._names[host][0]] if self.bench else []
        names = {n: (a[0], a[1]) for n, a in self._names.items()}
        channel.send(("open", names, source, [p or os.getcwd() for p in sys.path]))
        return self._meet(Process(host, label, channel, call))

    def _meet(self, process: Process) -> Process:
        found = process.channel.receive()
        if found is None or found[0][0] != "hello":
            raise LabError(f"a process for {process.label} did not start: it said {found}")
        process.greet(str(found[0][1]))
        self._processes.append(process)
        self.sequencer.add(process)
        return process

    def fork_process(self, parent: Process, number: int) -> Process:
        """Let a puppet fork; returns the child, which serves a channel of its own."""
        ours, theirs = socket.socketpair()
        call: Call[Any] = Call("fork()", self.deadline)
        with theirs:
            parent.waiting[number] = call
            parent.send(("fork", number), (theirs.fileno(),))
        count = sum(p.host == parent.host and p.alive for p in self._processes)
        child = self._meet(Process(parent.host, f"{parent.label}-child{count}", Channel(ours)))
        call.result()
        self.observer.note(f"{parent.label} forks {child.label}")
        return child

    # ---- use ------------------------------------------------------------------------

    @property
    def wire(self) -> Wire:
        """The link between the hosts; ``NotPermitted`` in bench mode, which has none."""
        self.check_open()
        self.need("the wire", self._wire is None)
        assert self._wire is not None
        return self._wire

    def need(self, what: str, missing: bool) -> None:
        """Raise ``NotPermitted``, with the remedy, if something is missing in bench mode."""
        if missing:
            plain = re.sub(r"\A(a|any|the) ", "", what)
            raise NotPermitted(f"bench mode has no {plain}. {REMEDY}")

    def check_open(self) -> None:
        """Raise ``LabError`` if the lab is closed, or if a rule of its wire has failed."""
        if not self._open:
            raise LabError("the lab is closed; make a new one with Lab()")
        if self._wire:
            self._wire.check()

    def check_name(self, address: object) -> None:
        """Raise ``LabError`` for an address that names a host which this lab does not have."""
        if isinstance(address, tuple) and address and isinstance(address[0], str):
            name = address[0]
            if name in self._names or name in ("", "localhost", "<broadcast>"):
                return
            if not re.fullmatch(r"[0-9.]+|.*:.*", name):
                known = ", ".join(self._names)
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
        rows, held = self.ask(lambda: (self.observer.kernels[host].rows(), self._owners(host)))
        made = [self._socket_row(host, row, held.get(row.inode, ())) for row in rows]
        return Snapshot(host, tuple(sorted(made, key=_order)))

    def _owners(self, host: str) -> dict[int, tuple[str, ...]]:
        labels = {p.pid: p.label for p in self._processes if p.host == host and p.alive}
        found = owners(labels)
        return {inode: tuple(labels[pid] for pid in pids) for inode, pids in found.items()}

    def _socket_row(self, host: str, row: Row, processes: tuple[str, ...]) -> SocketRow:
        roles = self.trace.roles
        local, peer = roles.endpoint(row.local, host), roles.endpoint(row.peer, host)
        owned = processes if row.inode else ()
        return SocketRow(
            row.state, row.recv_q, row.send_q, local, peer, owned, row.timer, row.timer_ms, row
        )

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
        return found

    def add_address(self, host: str, address: str) -> None:
        """Give a host one more address, IPv4 or IPv6; the wire leads there at once."""
        self.check_open()
        self.need("addresses to add", self.bench)
        openings = self._openings[host]
        netns.add_address(openings, netns.index(openings, "eth0"), address)
        self.sequencer.do(lambda: self.wire_home(address, host))
        self._hosts[host].addresses += (address,)

    def tap(self, host: str) -> Tap:
        """What looks at the host's own loopback device, from now until the lab is closed."""
        self.check_open()
        self.need("the tap", self.bench)
        made = Tap(self._keeper.tap(self._namespaces[host], "lo"))
        self._stack.callback(made.close)
        return made

    def wire_home(self, address: str, host: str) -> None:
        """Lead packets for ``address`` to ``host``."""
        assert self._wire is not None
        self._wire.add_home(address, host)

    @contextmanager
    def fast(self) -> Iterator[None]:
        """For bursts: inside the block packets pass at once, and sockets are not looked at."""
        self.sequencer.do(lambda: setattr(self.sequencer, "exact", False))
        try:
            yield
        finally:
            self.sequencer.do(lambda: setattr(self.sequencer, "exact", True))

    def __getitem__(self, name: str) -> Host:
        if name not in self._hosts:
            raise LabError(f"no host {name!r} in this lab; it has {', '.join(self._hosts)}")
        return self._hosts[name]

    def __getattr__(self, name: str) -> Host:
        hosts = self.__dict__.get("_hosts", {})
        if name in hosts:
            found: Host = hosts[name]
            return found
        known = ", ".join(hosts) or "none"
        raise AttributeError(f"this lab has no {name!r}; its hosts are {known}")

    # ---- the end ----------------------------------------------------------------------

    def close(self) -> None:
        """End every process and give back everything; a second ``close`` does nothing.

        Raises ``LabError`` if a process is left, or if a packet went unrecorded: both would be
        defects of the lab.
        """
        if not self._open:
            return
        self._open = False
        lost = 0
        if self._wire and hasattr(self, "sequencer"):
            self._wire.clear()
            lost = self._wire.losses()[1]
        self._stack.close()
        left = [p.pid for p in self._processes if not p.wait_gone(2.0 * patience())]
        for process in self._processes:
            process.close()
        if left:
            raise LabError(f"processes {left} are still there after close()")
        if lost:
            raise LabError(f"the machine lost {lost} packets before the wire could record them")

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = "bench" if self.bench else "lab"
        notes = f", without {len(self.notes)} settings (.notes)" if self.notes else ""
        return f"<{kind} of {', '.join(self._hosts)}{notes}{'' if self._open else ', closed'}>"


def _check(hosts: Sequence[str], deadline: float) -> None:
    if isinstance(hosts, str) or len(hosts) < 1 or len(hosts) > 60:
        raise LabError(f"hosts must be a list of 1 to 60 names, not {hosts!r}")
    for name in hosts:
        if not isinstance(name, str) or not _NAME.match(name) or list(hosts).count(name) > 1:
            raise LabError(
                f"{name!r} cannot be a host's name: it must be lower-case letters, digits and "
                f"dashes, at most 12, and no two alike"
            )
    if not 0 < deadline <= 3600:
        raise LabError(f"deadline must be above 0 and at most 3600 seconds, not {deadline!r}")


def _order(row: SocketRow) -> tuple[bool, str, str, str]:
    return row.state != "LISTEN", row.local, row.peer, row.state
