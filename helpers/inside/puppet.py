"""Runs inside a host: receives a call, makes it, replies.

Each call is made on a thread of its own, so that a blocked ``accept`` does not
keep the next call waiting, and so that ``/proc`` can tell where each one sleeps.
Standard library only; nothing here decides, judges or waits on purpose.
"""

from __future__ import annotations

import _thread
import io
import os
import socket
from _queue import SimpleQueue

from helpers.inside import codec, recorded, voice
from helpers.inside.channel import Channel, Message

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Inbox = SimpleQueue[tuple[Callable[..., None], Message]]


def serve(channel: Channel) -> None:
    """Answer the notebook until it goes away. Does not return before that."""
    recorded.install(voice.send, *voice.first_words(channel))
    voice.greet()
    hands = Hands()
    while True:
        message, fds = voice.hear()
        if message[0] == "call":
            hands.give(_call, message)
        elif message[0] == "fork":
            hands = _fork(message, fds, hands)
        elif message[0] == "exit":
            os._exit(0)


class Hands:
    """Threads that make calls; one that has finished takes the next."""

    def __init__(self) -> None:
        self._idle: list[Inbox] = []

    def give(self, job: Callable[..., None], message: Message) -> None:
        """Let a thread run ``job(message)`` at once."""
        if self._idle:
            self._idle.pop().put((job, message))
            return
        inbox: Inbox = SimpleQueue()
        inbox.put((job, message))
        _thread.start_new_thread(self._work, (inbox,))

    def _work(self, inbox: Inbox) -> None:
        while True:
            job, message = inbox.get()
            job(message)
            self._idle.append(inbox)


_sockets: dict[int, Any] = {}


def _call(message: Message) -> None:
    _, number, target, method, args, keywords = message
    recorded.on_behalf_of(number)
    try:
        given = codec.decode(args, codec.made_again), codec.decode(keywords, codec.made_again)
        value = _perform(target, str(method), *given)
        fds = value if method == "share" else ()
        voice.send(
            ("reply", number, True, codec.encode(() if method == "share" else value, _keep)), fds
        )
    except BaseException as error:
        voice.send(("reply", number, False, codec.encode((error, ""))))


def _perform(target: Any, method: str, args: Any, keywords: Any) -> Any:
    if target is None:
        return _FUNCTIONS[method](*args, **keywords)
    thing = _sockets[target]
    if method == "recv_into":
        return _recv_into(thing, *args)
    if method == "share":
        os.fstat(thing.fileno())  # EBADF for a socket that is closed
        return (thing.fileno(),)
    return getattr(thing, method)(*args, **keywords)


def _recv_into(sock: socket.socket, size: int, *rest: int) -> bytes:
    buffer = bytearray(size)
    return bytes(buffer[: sock.recv_into(buffer, *rest)])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "socket": lambda *args, **kw: socket.socket(*args, **kw),
    "socketpair": socket.socketpair,
    "close_fd": os.close,
    "getuid": os.getuid,
}


def _keep(value: Any) -> Any:
    """Sockets and files stay here, under a number by which the notebook asks for them."""
    if not isinstance(value, (socket.socket, io.IOBase)):
        return value
    number = id(value)
    _sockets[number] = value
    if isinstance(value, io.IOBase):
        return codec.Kept(number, -1, 0, (0, 0, 0))
    kind = int(value.family), int(value.type), value.proto
    return codec.Kept(number, value.fileno(), os.fstat(value.fileno()).st_ino, kind)


def _fork(message: Message, fds: list[int], hands: Hands) -> Hands:
    """Become two processes that share every socket; the child serves the new channel.

    Only this thread lives on in the child: fork(2). A call that was blocked in the
    parent stays the parent's.
    """
    with voice.lock:
        child = os.fork()
    if child:
        os.close(fds[0])
        voice.send(("reply", message[1], True, None))
        return hands
    voice.close()
    voice.become(fds[0])
    os.close(fds[0])
    voice.greet()
    return Hands()
