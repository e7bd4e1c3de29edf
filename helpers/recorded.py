"""Make every socket call of this process known while it happens, as strace would.

``install`` replaces ``socket.socket`` by a class of the same behaviour that
reports each call before it begins and after it has ended. A program under study
runs unchanged; its calls are the kernel's own. Standard library only: this runs
inside a host.
"""

from __future__ import annotations

import _thread
import errno
import os
import socket
import time

from helpers import rights

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Report = Callable[[tuple[object, ...]], None]
CALLS = (
    "bind connect connect_ex listen accept send sendall recv recv_into recvfrom recvmsg sendto "
    "sendmsg shutdown close detach dup setsockopt getsockopt getsockname getpeername"
).split()
_plain = socket.socket
_report: Report | None = None
_names: dict[str, tuple[str, str]] = {}
_source: list[str] = []
_local = _thread._local()
_counter = iter(range(1, 1 << 62))


def install(report: Report | None, names: dict[str, tuple[str, str]], source: list[str]) -> None:
    """Report every call from now on to ``report``, if there is one; ``names`` are the lab's hosts.

    ``names`` maps a host's name to its IPv4 and IPv6 address. ``source`` holds the IPv4
    address that connections of this host come from, in bench mode, or nothing.
    """
    global _report
    _report = report
    _names.update(names)
    _source[:] = source
    socket.socket = Socket  # type: ignore[misc]
    socket.SocketType = Socket  # type: ignore[assignment]
    _wrap_getaddrinfo()


def thread_id() -> str:
    """``pid/task/tid`` of this thread as the notebook's own /proc shows it."""
    if not hasattr(_local, "id"):
        _local.id = os.readlink("/proc/thread-self")
    return str(_local.id)


def forget_thread() -> None:
    """After a fork this thread has another number."""
    _local.__dict__.pop("id", None)


def on_behalf_of(number: int | None) -> None:
    """Mark what this thread calls next as the notebook's call ``number``."""
    _local.number = number


class Socket(_plain):
    """``socket.socket``, reported."""

    def __init__(
        self, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None
    ) -> None:
        if fileno is not None or _report is None:
            super().__init__(family, type, proto, fileno)
            return
        make = super().__init__
        args = [n for n in (family, type, proto) if n != -1]
        _recorded(self, "socket", args, lambda: make(family, type, proto) or self)

    def __repr__(self) -> str:
        """As ever; the names that it asks for are not the program's calls."""
        _local.silent = True
        try:
            return super().__repr__()
        finally:
            _local.silent = False


def stop() -> None:
    """Report no more."""
    global _report
    _report = None


def describe(value: object) -> object:
    """A marshal-able picture of an argument or a result; long bytes become their length."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return ("bytes", len(value), bytes(value[:64]))
    if isinstance(value, _plain):
        return ("socket", value.fileno(), _inode(value))
    if isinstance(value, (tuple, list)):
        return ("tuple", *(describe(v) for v in value))
    if value is None or isinstance(value, (bool, float, str)):
        return value
    return int(value) if isinstance(value, int) else repr(value)


def describe_error(error: BaseException) -> tuple[str, str, int]:
    """An exception as ``(type, text, errno or 0)``."""
    code = error.errno if isinstance(error, OSError) and error.errno else 0
    return type(error).__name__, str(error.strerror if code else error), code  # type: ignore[attr-defined]


def _inode(sock: _plain) -> int:
    fd = sock.fileno()
    return os.fstat(fd).st_ino if fd >= 0 else 0


def _recorded(sock: Socket, name: str, args: Any, make: Callable[[], Any]) -> Any:
    assert _report is not None
    number, on_behalf = next(_counter), getattr(_local, "number", None)
    fd, inode = (-1, 0) if name == "socket" else (sock.fileno(), _inode(sock))
    told = [describe(a) for a in args]
    began = time.monotonic_ns()
    _report(("begin", number, on_behalf, thread_id(), began, name, fd, inode, told))
    try:
        value = make()
    except BaseException as error:
        _report(("end", number, on_behalf, time.monotonic_ns(), False, describe_error(error)))
        raise
    shown = rights.heard(value) if name == "recvmsg" else value
    _report(("end", number, on_behalf, time.monotonic_ns(), True, describe(shown)))
    return value


def _method(name: str) -> Any:
    real = getattr(_plain, name)

    def method(self: Socket, *args: Any, **kw: Any) -> Any:
        if name in ("connect", "connect_ex", "bind", "sendto", "sendmsg") and args:
            args = (*args[:-1], resolve(args[-1], self.family))
        told = rights.sent(*args, **kw) if name == "sendmsg" else (*args, *kw.values())
        if name.startswith("connect"):
            _use_source(self)
        elif name == "listen":
            _mark(self)
        elif name == "bind" and args:
            args = (_not_everywhere(self, args[0]),)
        if _report is None or getattr(_local, "silent", False):
            return real(self, *args, **kw)
        return _recorded(self, name, told, lambda: real(self, *args, **kw))

    method.__name__ = name
    method.__doc__ = real.__doc__
    return method


def resolve(address: Any, family: int) -> Any:
    """Replace a lab host's name by its address of that family; anything else is left alone."""
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        return (_numeric(address[0], family == socket.AF_INET6), *address[1:])
    return address


def _numeric(name: str, six: bool) -> str:
    """Only the lab's hosts have names here: a name server would be asked over the wire."""
    if name in _names:
        return _names[name][six]
    if name in ("", "localhost", "<broadcast>") or ":" in name or name.replace(".", "").isdigit():
        return name
    known = ", ".join(_names)
    raise socket.gaierror(socket.EAI_NONAME, f"no host {name!r} in this lab; it has {known}")


def _use_source(sock: Socket) -> None:
    """In bench mode, let the connection come from this host's own address, port still unchosen.

    On loopback the kernel would take 127.0.0.1 for every host; ip(7), IP_BIND_ADDRESS_NO_PORT.
    """
    if not _source or sock.family != socket.AF_INET or _plain.getsockname(sock)[1]:
        return
    try:
        _plain.setsockopt(sock, socket.IPPROTO_IP, 24, 1)
        _plain.bind(sock, (_source[0], 0))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def _mark(sock: Socket) -> None:
    """Let the SYN-RECV sockets of a listener that shares its port carry its inode as their mark:
    the socket table tells the mark, and nothing else of whose they are. socket(7): SO_MARK.

    No route of a lab looks at marks. Where it needs a privilege that is not there, it is left out.
    """
    try:
        if _plain.getsockopt(sock, socket.SOL_SOCKET, socket.SO_REUSEPORT):
            _plain.setsockopt(sock, socket.SOL_SOCKET, socket.SO_MARK, _inode(sock))
    except OSError:
        pass


def _not_everywhere(sock: Socket, address: Any) -> Any:
    """In bench mode, let "any address" be this host's own: it has no other, and the same port of
    the machine's other addresses belongs to other labs. The record says what was asked.

    Port 0 needs no such care: the kernel chooses one that is free at every address.
    """
    if _source and sock.family == socket.AF_INET and isinstance(address, tuple):
        if len(address) == 2 and address[0] in ("", "0.0.0.0") and address[1]:
            return (_source[0], address[1])
    return address


def _wrap_getaddrinfo() -> None:
    plain = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kw: Any) -> Any:
        name = _numeric(host, False) if isinstance(host, str) else host
        return plain(name, *args, **kw)

    socket.getaddrinfo = getaddrinfo


for _name in CALLS:
    setattr(Socket, _name, _method(_name))
