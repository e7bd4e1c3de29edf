"""The notebook's view of one process of a lab: its channel, its number, its open calls."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass, field

from helpers import kernel
from helpers.call import Call
from helpers.channel import Channel, Message
from helpers.errors import HostDied
from helpers.trace import CallRecord

# A program that makes more calls than this without once going to sleep is one that spins.
STRIDES = 8
# So many EAGAIN in a row make a program one that polls.
POLLING = 20


@dataclass(eq=False)
class Process:
    """A puppet, which waits for calls, or a program, which makes its own.

    ``open`` are the calls that have begun, by number, with the thread each sleeps on;
    ``waiting`` are the notebook's own calls, by number. A program that has been let go on
    is ``computing`` until its next call begins.
    """

    host: str
    label: str
    channel: Channel
    program: Call[object] | None = None
    in_step: bool = False
    pid: int = 0
    inner: int = 0
    main: str = ""
    computing: bool = True
    alive: bool = True
    restless: bool = False
    refusals: int = 0
    strides: int = 0
    children: int = 0
    output: str = ""
    traceback: str = ""
    open: dict[int, tuple[CallRecord, str]] = field(default_factory=dict)
    waiting: dict[int, Call[object]] = field(default_factory=dict)
    _pidfd: int = -1

    def greet(self, main: str, inner: int) -> None:
        """Take its number from its first message, as our own /proc shows it, and as its own."""
        self.main, self.inner = main, inner
        self.pid = int(main.partition("/")[0])
        with suppress(ProcessLookupError):  # a short program may have ended by now
            self._pidfd = os.pidfd_open(self.pid)

    def send(self, message: Message, fds: tuple[int, ...] = ()) -> None:
        """Send one message; raises ``HostDied`` when nobody is there to read it."""
        try:
            self.channel.send(message, fds)
        except OSError:
            raise HostDied(self.obituary()) from None

    def busy(self) -> bool:
        """Whether it is about to do something: a call of ours that has neither ended nor fallen
        asleep in the kernel, or a program between two of its calls."""
        if self.restless or self.polling:
            return False
        if not self.main or any(not call.thread for call in self.waiting.values()):
            return True
        return not all(kernel.sleeping(thread) for thread in self._threads())

    @property
    def spins(self) -> bool:
        """Whether it makes call after call and never sleeps."""
        return self.polling or self.strides > STRIDES

    @property
    def polling(self) -> bool:
        """Whether it asks again and again without waiting; nobody can wait for that to end."""
        return self.refusals > POLLING

    def locked(self) -> bool:
        """Whether what keeps it busy is only a lock of its own, which another thread may hold."""
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
        if self._pidfd >= 0:
            try:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait_gone()

    def wait_gone(self, seconds: float = 5.0) -> bool:
        """Wait until it has ended, its descriptors closed; False when the time is over."""
        if self._pidfd < 0:
            return True
        return bool(select.select([self._pidfd], [], [], seconds)[0])

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
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
