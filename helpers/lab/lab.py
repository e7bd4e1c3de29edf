"""Builds hosts and wire, and takes them down again."""

from __future__ import annotations

import errno
import os
import random
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from helpers.errors import LabError, NotPermitted
from helpers.inside.channel import Channel, Message
from helpers.lab import cells, standin
from helpers.lab.belonging import CLOSED, check_owner
from helpers.lab.call import Call
from helpers.lab.family import Family
from helpers.lab.host import Host
from helpers.lab.kernel import Kernel
from helpers.lab.naming import check_arguments
from helpers.lab.observer import Observer
from helpers.lab.process import Process
from helpers.lab.sequencer import Sequencer
from helpers.lab.wire import Wire
from helpers.links import markers, netns, settings
from helpers.links.ip import as_address
from helpers.links.netns import Keeper
from helpers.links.openings import Openings
from helpers.links.refusal import READ_ONLY, REMEDY
from helpers.links.tap import Tap
from helpers.record.snapshot import Snapshot, SocketRow
from helpers.record.sockstate import Row
from helpers.record.trace import Trace
from helpers.waiting import patience

T = TypeVar("T")
_NO_DESCRIPTORS = (
    "no descriptors are left for a lab, which takes about twelve ({}). Close the labs that you "
    "no longer need with close(), or start with a higher limit: ulimit -n 4096"
)
_RANGE = "net.ipv4.ip_local_port_range"


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
        check_arguments(hosts, deadline, bench, dir(Lab))
        self.deadline = deadline * patience()
        self._stack = ExitStack()
        self._owner = os.getpid()
        self._open, self._ended = True, False
        self._bursts = 0
        self._hosts: dict[str, Host] = {}
        self._namespaces: dict[str, int] = {}
        self._openings: dict[str, Openings] = {}
        self._processes: list[Process] = []
        self._wire: Wire | None = None
        try:
            self._begin(bench, hosts, delayed_ack)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
                raise LabError(_NO_DESCRIPTORS.format(error)) from error
            raise
        cells.watch(Lab)

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
        self._family = Family(self._keeper.pid)
        self.notes = tuple(self._keeper.notes)
        self.observer = Observer(self.trace)
        self.observer.count = not bench
        if not bench:
            packets, self._wire_openings = self._keeper.wire()
            self._stack.callback(self._wire_openings.close)
            self._stack.callback(packets.close)
            self._wire = Wire(packets, self.observer)
            self._stack.callback(self._wire.markers.close)
        self._block = f"127.{random.randint(2, 250)}.{random.randint(1, 250)}"
        addresses = {name: self._addresses(n) for n, name in enumerate(names)}
        for name in names:
            self._add_host(name, addresses[name], delayed_ack)
        self._stack.callback(self._keeper.hang_up)  # it ends while the wire is being closed
        self.sequencer = Sequencer(self.observer, self._wire, self._processes)
        if self._wire:
            self._stack.callback(self._wire.judge.stop)
        self._stack.callback(self.sequencer.stop)
        if self._wire:
            self._wire.attach(self.sequencer)
        self._names = addresses
        for name in names:
            process = self.start_process(name, name)
            self._hosts[name] = Host(self, name, process, addresses[name])
        if not self.bench:
            self._wire_openings.close()
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
        self._stack.callback(openings.close)
        kernel = Kernel(openings, self._view(name, addresses) if self.bench else None)
        self._stack.callback(kernel.close)
        try:
            if self._wire:
                self._join(name, descriptor, addresses, delayed_ack)
        finally:
            os.close(descriptor)
        openings.settle()
        self.trace.roles.add_host(name, addresses[:1] if self.bench else addresses)
        if self.bench:  # a namespace of our own begins with roles.USUAL, whatever the machine has
            self.trace.roles.widen(name, *map(int, settings.machine(_RANGE).split()))
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
        ear = self._keeper.tap(self._namespaces[name], "eth0", markers.PROTOCOL)
        self._wire.markers.add(name, ear)
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
            process.channel.close()
            raise LabError(f"a process for {process.label} did not start: it said {found}")
        process.greet(*found[0][1:])
        self._processes.append(process)
        self.sequencer.add(process)
        return process

    def fork_process(self, parent: Process, number: int) -> Process:
        """Let a puppet fork; returns the child, which serves a channel of its own."""
        ours, theirs = socket.socketpair()
        call: Call[Any] = Call("fork()", self.deadline)
        with theirs:
            self.sequencer.begin(parent, call, ("fork", number), (theirs.fileno(),))
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
        """Raise ``LabError`` if the lab is closed, its keeper dead, or a rule has failed."""
        if not self._open:
            raise LabError(CLOSED)
        check_owner(self._owner)
        self._keeper.check()
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

        def made() -> list[SocketRow]:
            rows = self.observer.kernels[host].rows()
            held = self._family.holders(host, list(self._processes))
            return [self._socket_row(host, row, held.get(row.inode, ())) for row in rows]

        return Snapshot(host, tuple(sorted(self.ask(made), key=_order)))

    def status(self, process: Process) -> int | None:
        """How a process ended, as wait(2) tells; None if that is not known."""
        return self._keeper.status(process.inner) if self._open else None

    def _socket_row(self, host: str, row: Row, processes: tuple[str, ...]) -> SocketRow:
        roles = self.trace.roles
        local, peer = (roles.endpoint(address, host) for address in row.shown)
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
            if name == _RANGE:
                self.trace.roles.widen(host, *map(int, found.split()))
        return found

    def add_address(self, host: str, address: str, device: str = "eth0") -> None:
        """Give a host one more address, IPv4 or IPv6, on ``eth0`` or ``lo``; the wire leads there
        at once, for Linux answers at any device for the addresses of all: ip-sysctl, arp_filter."""
        self.check_open()
        self.need("addresses to add", self.bench)
        handle, address = self[host], as_address(address)
        for other in self._hosts.values():
            if address in other.addresses and other is not handle:
                raise LabError(f"{address} is {other.name}'s already; each address has one host")
        with closing(self._keeper.openings(self._namespaces[host])) as openings:
            netns.add_address(openings, netns.index(openings, device), address)
        self.sequencer.do(lambda: self.wire_home(address, host))
        handle.addresses += (address,)

    def tap(self, host: str) -> Tap:
        """What looks at the host's own loopback device, from now until the lab is closed."""
        self.check_open()
        self.need("the tap", self.bench)
        made = Tap(self._keeper.tap(self._namespaces[self[host].name], "lo"))
        self._stack.callback(made.close)
        return made

    def wire_home(self, address: str, host: str) -> None:
        """Lead packets for ``address`` to ``host``."""
        assert self._wire is not None
        self._wire.add_home(address, host)

    @contextmanager
    def fast(self) -> Iterator[None]:
        """For bursts: inside the block packets pass at once, and sockets are not looked at."""
        self.check_open()
        self.sequencer.do(lambda: self._hurry(1))
        try:
            yield
        finally:
            if self._open:
                self.sequencer.do(lambda: self._hurry(-1))

    def _hurry(self, by: int) -> None:
        self._bursts += by  # two threads may be in such a block
        self.sequencer.exact = not self._bursts

    def __getitem__(self, name: str) -> Host:
        if not isinstance(name, str) or name not in self._hosts:
            raise LabError(f"no host {name!r} in this lab; it has {', '.join(self._hosts)}")
        return self._hosts[name]

    def __getattr__(self, name: str) -> Host:
        hosts = self.__dict__.get("_hosts", {})
        if name in hosts:
            found: Host = hosts[name]
            return found
        known = ", ".join(hosts) or "none"
        # With a name of its own Python does not add the lab, which the exception would keep.
        raise AttributeError(f"this lab has no {name!r}; its hosts are {known}", name=name)

    # ---- the end ----------------------------------------------------------------------

    def close(self) -> None:
        """End every process and give back everything; a second ``close`` does nothing.

        It happens by itself when the last name of the lab goes. A process that was forked from
        the lab's own cannot do it. Raises ``LabError`` if a process is left, or if a packet went
        unrecorded: both would be defects of the lab.
        """
        if os.getpid() != self._owner or self._ended:
            return
        if self._within():
            raise LabError("a rule may look at its packet only; it cannot close the lab")
        first, self._open = self._open, False
        lost = 0
        if first and self._wire and hasattr(self, "sequencer"):
            self._wire.clear()
            lost = self._wire.losses()[1]
        self._stack.close()  # what an interrupt leaves of it, the next close() takes
        left = [p.pid for p in self._processes if not p.wait_gone(2.0 * patience())]
        for process in self._processes:
            process.close()
        self._ended = True
        if left:
            raise LabError(f"processes {left} are still there after close()")
        if lost:
            raise LabError(f"the machine lost {lost} packets before the wire could record them")

    def _within(self) -> bool:
        return hasattr(self, "sequencer") and self.sequencer.inside()

    def __del__(self) -> None:
        """The last name is gone."""
        if not self.__dict__.get("_open") or os.getpid() != self._owner or sys.is_finalizing():
            return
        if self._within():  # what a job or a rule held was the last
            threading.Thread(target=self.close, daemon=True).start()
        else:
            self.close()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = "bench" if self.bench else "lab"
        notes = f", without {len(self.notes)} settings (.notes)" if self.notes else ""
        return f"<{kind} of {', '.join(self._hosts)}{notes}{'' if self._open else ', closed'}>"


def _order(row: SocketRow) -> tuple[bool, str, str, str]:
    return row.state != "LISTEN", row.local, row.peer, row.state
