"""Talks to a lab's keeper: one question at a time, each with its own answer, or with a reason.

Several threads may ask, a reader may interrupt, the keeper may be dead or stopped; nobody gets
another one's answer, and nobody waits for ever.
"""

from __future__ import annotations

import errno
import itertools
import os
import select
import socket
import subprocess
import threading
import time
import weakref
from contextlib import suppress
from functools import cache

from helpers.errors import LabError
from helpers.inside import stat
from helpers.inside.channel import Channel
from helpers.inside.messages import Echo, Message
from helpers.waiting import patience

# How long the keeper may take for an answer, in seconds; it takes a few milliseconds.
ANSWER = 10.0
AGAIN = "lab.close() ends this lab; Lab() makes a new one"
Answer = tuple[Message, list[int]]
_lines: weakref.WeakSet[Line] = weakref.WeakSet()
_tokens = itertools.count(1)


class Line:
    """The notebook's end of a keeper's channel, with the process at the other end."""

    def __init__(self, sock: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self._channel = Channel(sock)
        self._process = process
        self.inner = process.pid  # the keeper itself, where the process only waits for it
        self._lock = threading.RLock()
        self._in_step = True
        _at_fork()
        _lines.add(self)

    def ask(self, message: Message, fds: list[int]) -> Answer | None:
        """Send one message; its answer, or None if the keeper has ended."""
        with self._lock:
            self.check()
            if not self._in_step:  # a question was given up: leave out what is answered still
                echo = Echo(next(_tokens))
                self._channel.send(echo)
                while (found := self.hear(echo.word)) and found[0] != echo:
                    for fd in found[1]:
                        os.close(fd)
            self._in_step = False
            try:
                self._channel.send(message, fds)
            except BrokenPipeError:
                return None
            found = self.hear(message.word)
            self._in_step = True
            return found

    def hear(self, asked: str) -> Answer | None:
        """Wait for one message, None at the end; ``LabError`` when none comes."""
        limit, ready = time.monotonic() + ANSWER * patience(), select.poll()
        ready.register(self._channel, select.POLLIN)
        while (found := self._channel.pop()) is None:
            if not ready.poll(200) and (self._stopped() or time.monotonic() > limit):
                raise LabError(f"the lab's keeper {self._state()}, at {asked!r}. {AGAIN}")
            if ready.poll(0) and not self._channel.fill():
                return None
        if self._channel.cut:
            for fd in found[1]:
                os.close(fd)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return found

    def check(self) -> None:
        """Raise ``LabError`` if the keeper has ended."""
        if self._process.poll() is not None:
            raise LabError(f"the lab's keeper has ended, and its hosts with it. {AGAIN}")

    def _state(self) -> str:
        if self._stopped():
            return f"is stopped (SIGSTOP to process {self.inner})"
        return f"has not answered for {ANSWER * patience():g} s"

    def _stopped(self) -> bool:
        return "T" in (_letter(self.inner), _letter(self._process.pid))

    def hang_up(self) -> None:
        """Tell the keeper to end, and do not wait for it."""
        with suppress(OSError):
            self._channel.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the keeper, and wait until it is gone; one that does not listen is killed."""
        self.hang_up()
        self._channel.close()
        limit, ended = time.monotonic() + ANSWER * patience(), select.poll()
        if self._process.poll() is None:
            pidfd = os.pidfd_open(self._process.pid)
            ended.register(pidfd, select.POLLIN)
            while not ended.poll(200):
                if self._stopped() or time.monotonic() > limit:
                    self._process.kill()  # its hosts die with it: PR_SET_PDEATHSIG
            os.close(pidfd)
            self._process.wait()

    def drop(self) -> None:
        """In a forked child: close its copy, which would keep the keeper alive with it."""
        self._channel.close()


def _letter(pid: int) -> str:
    try:
        return stat.fields(pid)[0]
    except OSError:
        return ""


@cache
def _at_fork() -> None:
    os.register_at_fork(after_in_child=_drop)


def _drop() -> None:
    for line in list(_lines):
        line.drop()
