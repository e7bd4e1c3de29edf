"""The notebook's view of one process of a lab: its channel, its number, its open calls."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from helpers.errors import HostDied
from helpers.inside.channel import Channel
from helpers.inside.messages import Begin, End, Hello, Message
from helpers.lab import kernel
from helpers.lab.activity import Activity, Known, activity
from helpers.lab.call import Call
from helpers.lab.threads import Threads, threads_of
from helpers.record.trace import CallRecord
from helpers.waiting import patience

# A program that makes more calls than this without once going to sleep is one that spins.
STRIDES = 8
# So many EAGAIN in a row make a program one that polls.
POLLING = 20
# How long a process may leave unread what the lab sends it.
TAKES = 5


@dataclass(eq=False)
class Process:
    """A puppet, which waits for calls, or a program, which makes its own.

    ``open`` are the calls that have begun, by number, with the thread each sleeps on;
    ``waiting`` are the notebook's own calls, by number. A program that has been let go on
    is ``computing`` until its next call begins. Of a program of several ``threads``, ``gated``
    are those that wait to be let go on, with what each has said that was not heard yet.
    """

    host: str
    label: str
    channel: Channel
    program: Call[object] | None = None
    pid: int = 0
    inner: int = 0
    main: str = ""
    computing: bool = True
    alive: bool = True
    restless: bool = False
    refusals: int = 0
    strides: dict[str, int] = field(default_factory=dict)
    children: int = 0
    printed: list[str] = field(default_factory=list)
    traceback: str = ""
    open: dict[int, tuple[CallRecord, str]] = field(default_factory=dict)
    waiting: dict[int, Call[object]] = field(default_factory=dict)
    parent: Process | None = None
    threads: Threads | None = None
    gated: dict[str, Begin | End | None] = field(default_factory=dict)
    _born: str = ""

    def __post_init__(self) -> None:
        """The lab's thread must not wait for a process that does not read: socket(7)."""
        seconds = struct.pack("@ll", max(1, int(TAKES * patience())), 0)
        self.channel.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)

    def greet(self, hello: Hello) -> None:
        """Take its number from its first message, as our own /proc shows it, and as its own."""
        self.main, self.inner = hello.thread, hello.pid
        self.pid = int(self.main.partition("/")[0])
        self._born = kernel.born(self.pid)

    def send(self, message: Message, fds: tuple[int, ...] = ()) -> None:
        """Send one message; raises ``HostDied`` when nobody is there to read it."""
        try:
            self.channel.send(message, fds)
        except BlockingIOError:  # half a message may be there: nothing more can be said to it
            self.kill()
            raise HostDied(
                f"{self.label} took nothing in for {TAKES * patience():g} s, as a stopped process "
                f"does (SIGSTOP), and was ended; {self.host}.restart() starts a new one"
            ) from None
        except OSError:
            raise HostDied(self.obituary()) from None

    @property
    def has_spoken(self) -> bool:
        """Whether it has said something that was not heard yet."""
        ready = select.poll()
        ready.register(self.channel, select.POLLIN)
        return self.alive and bool(ready.poll(0))

    @property
    def output(self) -> str:
        """What it has printed. Joined when it is asked for: ``+=`` copies all of it each time."""
        return "".join(self.printed)

    @property
    def eldest(self) -> Process:
        """The program that was run; itself, if nobody forked it."""
        return self.parent.eldest if self.parent else self

    def name_child(self) -> str:
        """What its next child is called; no two are called alike, whoever has ended."""
        self.children += 1
        return f"{self.label}-child{self.children}"

    def child(self, fd: int) -> Process:
        """What it forked, at the other end of ``fd``; recorded like itself."""
        label, channel = self.name_child(), Channel(socket.socket(fileno=fd))
        call: Call[object] = Call(f"{label}()", 0.0)
        return Process(self.host, label, channel, call, parent=self)

    def activity(self, waits: bool) -> Activity:
        """What it is doing; ``waits``: a call of it has ended, and it may not go on yet."""
        begun = all(call.thread for call in self.waiting.values())
        known = Known(self.alive, waits, self.restless, self.polling, bool(self.main), begun)
        return activity(known, self._sleeps)

    def _sleeps(self) -> bool:
        if self.threads:
            return self.threads.rest()
        return all(kernel.sleeping(thread) for thread in self._threads())

    @property
    def spins(self) -> bool:
        """Whether it makes call after call and never sleeps."""
        return self.polling or any(n > STRIDES for n in self.strides.values())

    @property
    def polling(self) -> bool:
        """Whether it asks again and again without waiting; nobody can wait for that to end."""
        return self.refusals > POLLING

    def locked(self) -> bool:
        """Whether what keeps it busy is only a lock of its own.

        Of several threads another one may hold it: ``Threads.rest`` tells.
        """
        if self.program and not self.threads:
            self.threads = threads_of(self.pid)  # one has begun, and has said nothing yet
        if self.threads:
            return False
        begun = all(call.thread for call in self.waiting.values())
        return (
            begun
            and bool(self.main)
            and all(kernel.sleeping(t, locks=True) for t in self._threads())
        )

    def _threads(self) -> list[str]:
        found = [thread for _, thread in self.open.values()]
        return [*found, self.main] if self.program and self.computing else found

    def kill(self) -> None:
        """SIGKILL, and wait until the kernel has closed everything the process had."""
        with self._open() as pidfd:
            if pidfd is not None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        self.wait_gone()

    def wait_gone(self, seconds: float = 5.0) -> bool:
        """Wait until it has ended, its descriptors closed; False when the time is over."""
        with self._open() as pidfd:
            if pidfd is None:
                return True
            ended = select.poll()  # select(2) takes no descriptor above 1,023
            ended.register(pidfd, select.POLLIN)
            return bool(ended.poll(seconds * 1000))

    @contextmanager
    def _open(self) -> Iterator[int | None]:
        """A descriptor that stands for the process, None if it has ended: pidfd_open(2). Its
        number may be another's by then, who was born at another time."""
        try:
            pidfd = os.pidfd_open(self.pid) if self.pid else -1
        except ProcessLookupError:
            pidfd = -1
        try:
            yield pidfd if pidfd >= 0 and self._born == kernel.born(self.pid) else None
        finally:
            if pidfd >= 0:
                os.close(pidfd)

    def obituary(self) -> str:
        """What to say to somebody who calls a process that is gone."""
        if self.program:
            return f"{self.label} has ended, and told neither a result nor an exception"
        return (
            f"{self.label} is dead: its process has ended, and its sockets with it; "
            f"{self.host}.restart() starts a new process in the same host"
        )

    def close(self) -> None:
        """Give back the descriptors; does not end the process."""
        self.alive = False
        self.channel.close()
