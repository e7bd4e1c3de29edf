"""What every play uses: labs that are closed afterwards, and the paper on which it prints.

A play prints what a tool would print: the last line of Python's traceback, rows of the socket
table, packets, counters. It never prints a message by heart: ``error`` prints what was raised, and
``seen`` prints a sentence only if what it says is true of this run.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from helpers.errors import LabError
from helpers.lab.host import Host
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen
from helpers.record.snapshot import Snapshot, table
from helpers.record.trace import Trace

PORT = 8080
_COLUMNS = ("State", "Recv-Q", "Send-Q", "Local", "Peer", "Process")


class Play:
    """One row being played. ``labs`` are all that it has made, ``text`` all that it has printed."""

    def __init__(self) -> None:
        self.labs: list[Lab] = []
        self._lines: list[str] = []
        self._stack = ExitStack()

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return "\n".join(self._lines).strip("\n")

    @property
    def trace(self) -> Trace:
        """The record of its last lab."""
        return self.labs[-1].trace

    def close(self) -> None:
        """Close its labs; nothing is left running."""
        self._stack.close()

    # ---- the scene ----------------------------------------------------------------

    def lab(self, hosts: Sequence[str] = ("client", "server"), *, wire: bool = False,
            delayed_ack: bool = False) -> Lab:  # fmt: skip
        """A lab of its own. With ``wire`` raises ``NotPermitted`` where there is none."""
        made = Lab(hosts, delayed_ack=delayed_ack)
        self._stack.callback(made.close)
        self.labs.append(made)
        if wire:
            made.engine.need("the wire", made.bench)
        return made

    def connection(self, lab: Lab, backlog: int = 5) -> tuple[Socket, Socket, Socket]:
        """A listener on port 8080 with SO_REUSEADDR, a client, and the accepted connection."""
        listener = listen(lab.server, PORT, backlog, reuse=True)
        client, served = self.client(lab, listener)
        return listener, client, served

    def client(self, lab: Lab, listener: Socket) -> tuple[Socket, Socket]:
        """One more client that was accepted, and its connection."""
        client = lab.client.socket()
        client.connect(("server", PORT))
        return client, listener.accept()[0]

    # ---- the paper -----------------------------------------------------------------

    def say(self, text: str) -> None:
        """Print a line that only says what is done."""
        self._lines.append(text)

    def seen(self, text: str, holds: object) -> None:
        """Print what was seen; raises ``LabError`` if it was not."""
        if not holds:
            raise LabError(f"this run did not show what it should: {text}")
        self._lines.append(text)

    def error(self, call: Callable[..., Any], *args: Any, before: str = "") -> OSError:
        """Make a call that fails, and print the last line of its traceback, behind ``before``."""
        try:
            call(*args)
        except (OSError, OverflowError) as error:
            self._lines.append(f"{before}{type(error).__name__}: {error}")
            return error if isinstance(error, OSError) else OSError(str(error))
        raise LabError(f"this run did not show what it should: {before}no error was raised")

    def table(self, host: Host, title: str = "", **chosen: str) -> Snapshot:
        """Print a host's socket table; ``state``, ``local`` and ``peer`` choose rows of it."""
        found = host.sockets().find(**chosen)
        self._lines += ["", title or f"the sockets of {host.name}:", *str(found).splitlines()]
        return found

    def columns(self, heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table of texts."""
        self._lines += ["", *table([heading, *rows]).splitlines()]

    def packets(self, trace: Trace, title: str = "on the wire:") -> None:
        """Print packets in their order, with what became of those that were lost or held."""
        lines = [line for line in trace.lines() if " > " in line[:60] and line.startswith(" ")]
        self._lines += ["", title, *(f"  {line.strip()}" for line in lines)]

    def counters(self, host: Host, *names: str) -> dict[str, int]:
        """Print counters of a host that have moved, by their names in nstat(8)."""
        found = host.counters()
        for name in names:
            self.seen(f"{name} +{found[name]}  (nstat -az {_group(name)}, host {host.name})",
                      found[name])  # fmt: skip
        return found


def _group(name: str) -> str:
    return name.replace(".", "") if "." in name else f"TcpExt{name}"


def attempt(call: Callable[..., Any], *args: Any) -> str:
    """How a call ended: ``returned``, or the last line of its traceback."""
    try:
        call(*args)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    return "returned"


def option(sock: Socket, name: int, value: int = 1) -> Socket:
    """Set an option of SOL_SOCKET; the socket itself."""
    sock.setsockopt(socket.SOL_SOCKET, name, value)
    return sock
