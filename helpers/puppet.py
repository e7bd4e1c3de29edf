"""Runs inside a host: receives a call, makes it, replies.

Each call is made on a thread of its own, so that a blocked ``accept`` does not
keep the next call waiting, and so that ``/proc`` can tell where each one sleeps.
Standard library only; nothing here decides, judges or waits on purpose.
"""

from __future__ import annotations

import _socket
import _thread
import io
import os
import socket
import sys
from _queue import SimpleQueue

from helpers import codec, recorded
from helpers.channel import Channel, Message
from helpers.unpack import show_lines, unpack

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Inbox = SimpleQueue[tuple[Callable[..., None], Message]]

# The control channel lives above the descriptors that a program would get by itself,
# so that a host's first socket is 3, as in any fresh process.
CONTROL_FD = 1000
_lock = _thread.allocate_lock()
_channel: Channel


def serve(channel: Channel) -> None:
    """Answer the notebook until it goes away. Does not return before that."""
    recorded.install(report, *_first_words(channel))
    _send(("hello", recorded.thread_id(), os.getpid()))
    hands = Hands()
    while (found := _channel.receive()) is not None:
        message, fds = found
        if message[0] == "call":
            hands.give(_call, message)
        elif message[0] == "fork":
            hands = _fork(message, fds, hands)
        elif message[0] == "exit":
            os._exit(0)


def play(channel: Channel, message: Message) -> None:
    """Run one whole program, then end this process: its result or its exception is sent.

    The program is loaded first, and the notebook greeted then: imports may take a while.
    """
    _, target, parcel, args, observed = message
    parcel = codec.decode(parcel)
    names, origin = _first_words(channel)
    started = os.getpid()
    recorded.install(None, names, origin)  # for what a module says while it is loaded
    sys.stdout = sys.stderr = _Output()
    try:
        try:
            program = unpack(parcel) if parcel else _found(str(target))
        finally:
            recorded.install(report_in_step if observed else None, names, origin)
            _send(("hello", recorded.thread_id(), os.getpid()))
        if observed:
            _follow_forks()
        value = _whole(program, codec.decode(args, codec.made_again))
        recorded.stop()
        if os.getpid() == started:  # what a forked child returns is not the program's result
            _send(("reply", 0, True, codec.encode(value)))
    except BaseException as error:
        import traceback  # only here: it costs a host two milliseconds

        recorded.stop()
        if parcel:
            show_lines(parcel)
        text = "".join(traceback.format_exception(_own(error)))
        if os.getpid() == started:
            _send(("reply", 0, False, codec.encode((error, text))))
        elif not isinstance(error, SystemExit):
            _send(("output", text))
    finally:
        os._exit(0)


def _own(error: BaseException) -> BaseException:
    """The exception without the frames of this file, which are not the program's."""
    step = error.__traceback__
    while step and step.tb_next and step.tb_frame.f_code.co_filename == __file__:
        step = step.tb_next
    return error.with_traceback(step)


def _whole(program: Callable[..., Any], args: Any) -> Any:
    try:
        return program(*args)
    except SystemExit as leave:
        if leave.code in (None, 0):
            return None  # as from a shell: it has ended well
        raise


def _first_words(channel: Channel) -> tuple[Any, Any]:
    """What every process is told first: the lab's names, its own address, where modules are."""
    global _channel
    _channel = channel
    found = channel.receive()
    if found is None:
        os._exit(0)
    _, names, origin, path = found[0]
    sys.path[:] = path
    return names, origin


def _send(message: Message, fds: tuple[int, ...] = ()) -> None:
    with _lock:
        try:
            _channel.send(message, fds)
        except OSError:
            os._exit(0)


def report(message: Message) -> None:
    """Tell the notebook of a call's beginning or end."""
    _send(message)


def report_in_step(message: Message) -> None:
    """The same, and wait at each end until the notebook has looked: a program runs in step."""
    with _lock:
        _channel.send(message)
        if message[0] == "end" and _channel.receive() is None:
            os._exit(0)


def _follow_forks() -> None:
    """Let each process that a program forks speak for itself, on a channel of its own."""
    ends: list[_socket.socket] = []

    def before() -> None:
        _lock.acquire()
        try:
            ends[:] = _socket.socketpair()
        except OSError:  # no descriptor is left: the child is not recorded
            ends.clear()

    def in_parent() -> None:
        if not ends:
            _lock.release()
            return
        _channel.send(("forked",), (ends[0].fileno(),))
        go_on()

    def in_child() -> None:
        global _channel
        _channel.close()
        if not ends:
            recorded.stop()
            _lock.release()
            return
        os.dup2(ends[1].fileno(), CONTROL_FD, inheritable=False)
        _channel = Channel(_socket.socket(fileno=CONTROL_FD))
        recorded.forget_thread()
        _channel.send(("hello", recorded.thread_id(), os.getpid()))
        go_on()

    def go_on() -> None:
        while ends:
            ends.pop().close()
        if _channel.receive() is None:
            os._exit(0)
        _lock.release()

    os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)


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
        _send(("reply", number, True, codec.encode(() if method == "share" else value, _keep)), fds)
    except BaseException as error:
        _send(("reply", number, False, codec.encode((error, ""))))


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
    with _lock:
        child = os.fork()
    if child:
        os.close(fds[0])
        _send(("reply", message[1], True, None))
        return hands
    global _channel
    _channel.close()
    os.dup2(fds[0], CONTROL_FD, inheritable=False)
    os.close(fds[0])
    _channel = Channel(_socket.socket(fileno=CONTROL_FD))
    recorded.forget_thread()
    _send(("hello", recorded.thread_id(), os.getpid()))
    return Hands()


def _found(target: str) -> Callable[..., Any]:
    module, _, name = target.rpartition(":")
    __import__(module)
    found: Callable[..., Any] = getattr(sys.modules[module], name)
    return found


class _Output(io.TextIOBase):
    """Where a program's print() goes: to the notebook."""

    def write(self, text: str) -> int:
        _send(("output", text))
        return len(text)
