"""The one channel by which a process inside a host speaks with the notebook.

All of its threads share it. Standard library only.
"""

from __future__ import annotations

import _socket
import _thread
import os
import sys

from helpers.inside import recorded
from helpers.inside.channel import CONTROL_FD, Channel
from helpers.inside.messages import Hello, Message, Open

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

# Whoever speaks holds it, and whoever forks.
lock = _thread.allocate_lock()
_channel: Channel


def first_words(channel: Channel) -> tuple[Any, Any]:
    """What every process is told first: the lab's names, its own address, where modules are.

    From now on ``channel`` is the one to speak by.
    """
    global _channel
    _channel = channel
    words = hear()[0]
    assert isinstance(words, Open)
    sys.path[:] = words.path
    return words.hosts, words.source


def hear() -> tuple[Message, list[int]]:
    """Wait for the next message; where no notebook is any more, this process ends."""
    found = _channel.receive()
    if found is None:
        os._exit(0)
    return found


def say(message: Message, fds: tuple[int, ...] = ()) -> None:
    """Send a message; the caller holds the lock."""
    try:
        _channel.send(message, fds)
    except OSError:
        os._exit(0)


def send(message: Message, fds: tuple[int, ...] = ()) -> None:
    """Send a message."""
    with lock:
        say(message, fds)


def greet() -> None:
    """Tell who this process is, and which of its threads is the main one."""
    send(Hello(recorded.thread_id(), os.getpid()))


def close() -> None:
    """After a fork: the parent's channel is not the child's."""
    _channel.close()


def become(fd: int) -> None:
    """The other end of this socket is the notebook's, from now on; the caller closes ``fd``."""
    global _channel
    os.dup2(fd, CONTROL_FD, inheritable=False)
    _channel = Channel(_socket.socket(fileno=CONTROL_FD))
    recorded.forget_thread()
