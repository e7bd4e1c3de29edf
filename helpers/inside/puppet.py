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
from helpers.inside.channel import Channel
from helpers.inside.messages import Call, Exit, Fork, Reply

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def serve(channel: Channel) -> None:
    """Answer the notebook until it goes away. Does not return before that."""
    recorded.install(voice.send, *voice.first_words(channel))
    voice.greet()
    hands = Hands()
    while True:
        message, fds = voice.hear()
        if isinstance(message, Call):
            hands.give(message)
        elif isinstance(message, Fork):
            hands = _fork(message, fds, hands)
        elif isinstance(message, Exit):
            os._exit(0)


class Hands:
    """Threads that make calls; one that has finished takes the next."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Call]] = []

    def give(self, call: Call) -> None:
        """Let a thread make a call at once."""
        if self._idle:
            self._idle.pop().put(call)
            return
        inbox: SimpleQueue[Call] = SimpleQueue()
        inbox.put(call)
        try:
            _thread.start_new_thread(self._work, (inbox,))
        except RuntimeError as error:  # no more threads are allowed; the sockets here live on
            voice.send(Reply(call.number, False, codec.encode((error, ""))))

    def _work(self, inbox: SimpleQueue[Call]) -> None:
        while True:
            _make(inbox.get())
            self._idle.append(inbox)


_sockets: dict[int, Any] = {}
_counter = iter(range(1, 1 << 31))


def _make(call: Call) -> None:
    recorded.on_behalf_of(call.number)
    try:
        given = (codec.decode(each, codec.made_again) for each in (call.args, call.keywords))
        value = _perform(call.target, call.method, *given)
        value, fds = ((), value) if call.method == "share" else (value, ())
        voice.send(Reply(call.number, True, codec.encode(value, _keep)), fds)
    except BaseException as error:
        voice.send(Reply(call.number, False, codec.encode((error, ""))))


def _perform(target: Any, method: str, args: Any, keywords: Any) -> Any:
    if target is None:
        return _FUNCTIONS[method](*args, **keywords)
    if target not in _sockets:
        raise LookupError("this process has no such socket: it was made in another one, or later")
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
}


def _keep(value: Any) -> Any:
    """Sockets and files stay here, under a number by which the notebook asks for them."""
    if not isinstance(value, (socket.socket, io.IOBase)):
        return value
    # No process of a lab gives the same number: what was made after a fork is not the other's.
    number = os.getpid() << 32 | next(_counter)
    _sockets[number] = value
    if isinstance(value, io.IOBase):
        return codec.Kept(number, -1, 0, (0, 0, 0))
    kind = int(value.family), int(value.type), value.proto
    return codec.Kept(number, value.fileno(), os.fstat(value.fileno()).st_ino, kind)


def _fork(asked: Fork, fds: list[int], hands: Hands) -> Hands:
    """Become two processes that share every socket; the child serves the new channel.

    Only this thread lives on in the child: fork(2). A call that was blocked in the
    parent stays the parent's.
    """
    with voice.lock:
        child = os.fork()
    if child:
        os.close(fds[0])
        voice.send(Reply(asked.number, True, None))
        return hands
    voice.close()
    voice.become(fds[0])
    os.close(fds[0])
    voice.greet()
    return Hands()
