"""Lets each thread of a program wait for the notebook's word before it goes on.

Standard library only: this runs inside a host.
"""

from __future__ import annotations

import _socket
import _thread
import os

from helpers.inside import recorded, voice
from helpers.inside.messages import At, End, Forked, Go, Hello, Message


def report_in_step(message: Message) -> None:
    """Tell the notebook of a call, and wait at its end until it has looked.

    Of several threads each waits at a gate of its own, and before a call too: which of them
    comes first is chance, which goes first is the notebook's choice.
    """
    if _gates.open or _thread._count() > _left:
        _gates.wait(message)
        return
    with voice.lock:
        voice.say(message)
        if isinstance(message, End):
            voice.hear()


class _Gates:
    """Where the threads of a program wait, each for its own word."""

    def __init__(self) -> None:
        self.open = False
        self._locks: dict[str, _thread.LockType] = {}

    def wait(self, message: Message, fds: tuple[int, ...] = ()) -> None:
        """Say something; return when the notebook lets this thread go on."""
        thread = recorded.thread_id()
        gate = self._locks[thread] = _thread.allocate_lock()
        gate.acquire()
        with voice.lock:
            if not self.open:
                self.open = True
                _thread.start_new_thread(self._listen, ())
            voice.say(At(thread, message), fds)
        gate.acquire()

    def _listen(self) -> None:
        while True:
            word = voice.hear()[0]
            assert isinstance(word, Go)
            self._locks.pop(word.thread).release()


_gates = _Gates()
# What _thread._count() says of this process while it has one thread: it goes on counting those
# that a fork has left behind, as the keeper's anchors.
_left = 0


def alone() -> None:
    """This process has one thread now: it has just been forked."""
    global _left
    _left = _thread._count()


def follow_forks() -> None:
    """Let each process that a program forks speak for itself, on a channel of its own."""
    ends: list[_socket.socket] = []

    def before() -> None:
        voice.lock.acquire()
        try:
            ends[:] = _socket.socketpair()
        except OSError:  # no descriptor is left: the child is not recorded
            ends.clear()

    def in_parent() -> None:
        mine = ends[:]
        ends.clear()
        if mine and _gates.open:
            voice.lock.release()  # another thread may fork meanwhile
            _gates.wait(Forked(), (mine[0].fileno(),))
        elif mine:
            voice.say(Forked(), (mine[0].fileno(),))
            voice.hear()
            voice.lock.release()
        else:
            voice.lock.release()
        for end in mine:
            end.close()

    def in_child() -> None:
        global _gates
        alone()
        voice.close()
        _gates = _Gates()  # of the threads only this one lives on
        if ends:
            voice.become(ends[1].fileno())
            for end in ends:
                end.close()
            voice.say(Hello(recorded.thread_id(), os.getpid()))
            voice.hear()
        else:
            recorded.stop()
        ends.clear()
        voice.lock.release()

    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)
