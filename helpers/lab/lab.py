"""Gives a reader hosts and the wire between them, and takes them down again."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from helpers.errors import LabError, NotPermitted
from helpers.lab import cells, reader, standin
from helpers.lab.engine import Engine
from helpers.lab.host import Host
from helpers.lab.mishaps import is_shortage
from helpers.lab.naming import check_arguments, check_deadline
from helpers.lab.wire import Wire
from helpers.links.ip import as_address
from helpers.links.tap import Tap
from helpers.record.trace import Trace
from helpers.waiting import patience

T = TypeVar("T")
_NO_DESCRIPTORS = (
    "no descriptors are left for a lab, which takes about twelve ({}). Close the labs that you "
    "no longer need with close(), or start with a higher limit: ulimit -n 4096"
)

_NO_PROCESSES = (
    "no more processes or threads may be started for a lab, which takes about ten ({}). End what "
    "you no longer need, or ask for a higher limit: ulimit -u, or --pids-limit of a container"
)


def _lack(error: BaseException) -> str:
    """What a lab could not be built for lack of, in words; empty if it was something else."""
    if is_shortage(error):
        return _NO_DESCRIPTORS.format(error)
    processes = isinstance(error, OSError) and error.errno == errno.EAGAIN
    threads = isinstance(error, RuntimeError) and "new thread" in str(error)
    return _NO_PROCESSES.format(error) if processes or threads else ""


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
        self._stack = ExitStack()
        self._ended = False
        self._closing = threading.RLock()
        self._bursts: set[object] = set()  # two threads may be in such a block
        self._hosts: dict[str, Host] = {}
        self._wire: Wire | None = None
        try:
            self._begin(bench, hosts, deadline * patience(), delayed_ack)
        except BaseException as error:
            self.close()
            if words := _lack(error):
                raise LabError(words) from error
            raise
        cells.watch(Lab)
        reader.attach()

    # ---- building -----------------------------------------------------------------

    def _begin(
        self, bench: bool | None, names: Sequence[str], deadline: float, delayed_ack: bool
    ) -> None:
        """With a wire if it is to be had, on loopback else."""
        asked = os.environ.get("TCP_LAB_BENCH", "")
        why = "TCP_LAB_BENCH is set" if bench is None and asked not in ("", "0") else ""
        if not bench and not why:
            try:
                self._build(False, names, deadline, delayed_ack)
            except NotPermitted as error:
                self._stack.close()
                if bench is False:
                    raise
                why = str(error).partition(". ")[0]
            else:
                standin.wire(self.notes)
                return
        self._build(True, names, deadline, delayed_ack)
        standin.bench(why, quiet=asked == "quiet")

    def _build(self, bench: bool, names: Sequence[str], deadline: float, delayed_ack: bool) -> None:
        engine = self._engine = Engine(names, bench, deadline, self._stack)
        engine.build(delayed_ack)
        self._wire = Wire(engine.relay, engine.sequencer) if engine.relay else None
        for name in names:
            process = engine.start_process(name, name)
            self._hosts[name] = Host(engine, name, process, engine.addresses[name])
        for host in self._hosts.values():
            if not bench:
                host.mark()

    # ---- use ------------------------------------------------------------------------

    @property
    def trace(self) -> Trace:
        """Everything that has happened in this lab, in its order."""
        return self._engine.trace

    @property
    def bench(self) -> bool:
        """Whether the hosts are on loopback, without a wire."""
        return self._engine.bench

    @property
    def deadline(self) -> float:
        """How long a plain call may block, in seconds; ``TCP_LAB_PATIENCE`` multiplies it."""
        return self._engine.deadline / patience()

    @deadline.setter
    def deadline(self, seconds: float) -> None:
        check_deadline(seconds)
        self._engine.deadline = seconds * patience()

    @property
    def notes(self) -> tuple[str, ...]:
        """What this machine did not let the lab set, a line each; it goes without."""
        return self._engine.notes

    @property
    def engine(self) -> Engine:
        """What the hosts share; for what is built upon a lab. ``LabError`` if it is closed."""
        self._engine.check_open()
        return self._engine

    @property
    def wire(self) -> Wire:
        """The link between the hosts; ``NotPermitted`` in bench mode, which has none."""
        self._engine.check_open()
        if self._wire is None:
            raise self._engine.lacks("the wire")
        return self._wire

    def add_address(self, host: str, address: str, device: str = "eth0") -> None:
        """Give a host one more address, IPv4 or IPv6, on ``eth0`` or ``lo``; the wire leads there
        at once, for Linux answers at any device for the addresses of all: ip-sysctl, arp_filter."""
        engine = self.engine
        engine.need("addresses to add", self.bench)
        handle, address = self[host], as_address(address)
        for other in self._hosts.values():
            if address in other.addresses and other is not handle:
                raise LabError(f"{address} is {other.name}'s already; each address has one host")
        engine.add_address(host, address, device)
        handle.addresses += (address,)

    def tap(self, host: str) -> Tap:
        """What looks at the host's own loopback device, from now until the lab is closed."""
        engine = self.engine
        engine.need("the tap", self.bench)
        made = Tap(engine.tap(self[host].name))
        self._stack.callback(made.close)
        return made

    @contextmanager
    def fast(self) -> Iterator[None]:
        """For bursts: inside the block packets pass at once, and sockets are not looked at."""
        burst = object()
        try:
            self.engine.sequencer.do(lambda: self._hurry(self._bursts.add, burst))
            yield
        finally:
            if self._engine.open:
                self._engine.sequencer.do(lambda: self._hurry(self._bursts.discard, burst))

    def _hurry(self, change: Callable[[object], None], burst: object) -> None:
        change(burst)
        self._engine.sequencer.exact = not self._bursts

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
        engine = self._engine
        if os.getpid() != engine.owner or self._ended:
            return
        if engine.inside():
            raise LabError("a rule may look at its packet only; it cannot close the lab")
        with self._closing:  # two at once would take away what the other one still uses
            if not self._ended:
                self._close(engine)

    def _close(self, engine: Engine) -> None:
        first, engine.open = engine.open, False
        lost = 0
        if first and self._wire and engine.relay:
            lost = engine.relay.losses()[1]
        self._stack.close()  # what an interrupt leaves of it, the next close() takes
        left = [p.pid for p in engine.processes if not p.wait_gone(2.0 * patience())]
        for process in engine.processes:
            process.close()
        self._ended = True
        if left:
            raise LabError(f"processes {left} are still there after close()")
        if lost:
            raise LabError(f"the machine lost {lost} packets before the wire could record them")

    def __del__(self) -> None:
        """The last name is gone."""
        engine = self.__dict__.get("_engine")
        if not engine or not engine.open or os.getpid() != engine.owner or sys.is_finalizing():
            return
        if engine.inside():  # what a job or a rule held was the last
            threading.Thread(target=self.close, daemon=True).start()
        else:
            self.close()

    def __enter__(self) -> Lab:
        self._engine.check_open()
        return self

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def __contains__(self, name: object) -> bool:
        return name in self._hosts

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind = "bench" if self.bench else "lab"
        notes = f", without {len(self.notes)} settings (.notes)" if self.notes else ""
        return (
            f"<{kind} of {', '.join(self._hosts)}{notes}{'' if self._engine.open else ', closed'}>"
        )
