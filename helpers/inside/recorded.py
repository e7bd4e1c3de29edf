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

from helpers.inside import loopback, rights
from helpers.inside.codec import Bytes, Descriptor, encode, raised
from helpers.inside.messages import Begin, End

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Report = Callable[[Begin | End], None]
CALLS = (
    "bind connect connect_ex listen accept send sendall recv recv_into recvfrom recvmsg sendto "
    "sendmsg shutdown close detach dup setsockopt getsockopt getsockname getpeername"
).split()
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; Python has no name for it
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
    _answer_names()


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
        else:
            make = super().__init__
            args = [n for n in (family, type, proto) if n != -1]
            _recorded(self, "socket", args, lambda: make(family, type, proto) or self)
        if _source and fileno is None:
            loopback.keep(self)

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


def stop_after(count: int) -> None:
    """Report no more than the first ``count`` calls of this process."""
    global _report
    report = _report

    def first(message: Begin | End) -> None:
        if report and message.number <= count:
            report(message)

    _report = first


def describe(value: object) -> object:
    """A picture of an argument or a result, encoded; long bytes become their length."""
    return encode(value, _picture)


def _picture(value: object) -> object:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Bytes(len(value), bytes(value[:64]))
    return Descriptor(value.fileno(), _inode(value)) if isinstance(value, _plain) else value


def _inode(sock: _plain) -> int:
    try:
        return os.fstat(sock.fileno()).st_ino
    except OSError:  # it is closed, or its descriptor was, behind its back
        return 0


def _recorded(sock: Socket, name: str, args: Any, make: Callable[[], Any]) -> Any:
    report = _report or (lambda _: None)  # the program may have ended meanwhile
    number, on_behalf = next(_counter), getattr(_local, "number", None)
    fd, inode = (-1, 0) if name == "socket" else (sock.fileno(), _inode(sock))
    told = [describe(a) for a in args]
    began = time.monotonic_ns()
    report(Begin(number, on_behalf, thread_id(), began, name, fd, inode, told))
    try:
        value = make()
    except BaseException as error:
        report(End(number, on_behalf, time.monotonic_ns(), False, describe(raised(error))))
        raise
    shown = rights.heard(value) if name == "recvmsg" else value
    report(End(number, on_behalf, time.monotonic_ns(), True, describe(shown)))
    return value


def _method(name: str) -> Any:
    real = getattr(_plain, name)
    act = _INSIDE.get(name, real)

    def method(self: Socket, *args: Any, **kw: Any) -> Any:
        if name in ("connect", "connect_ex", "bind", "sendto", "sendmsg") and args:
            args = (*args[:-1], resolve(args[-1], self.family))
        told = rights.sent(*args, **kw) if name == "sendmsg" else (*args, *kw.values())
        if name.startswith("connect"):
            _use_source(self)
        elif name == "listen":
            _mark(self)
        if _report is None or getattr(_local, "silent", False):
            return act(self, *args, **kw)
        return _recorded(self, name, told, lambda: act(self, *args, **kw))

    method.__name__ = name
    method.__doc__ = real.__doc__
    return method


def _bind(sock: Socket, *args: Any) -> None:
    """In bench mode the record says what was asked, and the kernel gets what is the host's."""
    if not _source or not args:
        return _plain.bind(sock, *args)
    place = loopback.place(sock, args[0], _source[0])
    try:
        return _plain.bind(sock, place, *args[1:])
    except OSError as error:
        if error.errno == errno.EADDRINUSE and loopback.shared(sock, place):
            error.add_note(loopback.SHARED)
        raise


def _listen(sock: Socket, *args: Any) -> None:
    if _source:
        loopback.settle(sock, _source[0])
    _plain.listen(sock, *args)


_INSIDE: dict[str, Callable[..., None]] = {"bind": _bind, "listen": _listen}


def resolve(address: Any, family: int) -> Any:
    """Replace a lab host's name by its address of that family; anything else is left alone."""
    if isinstance(address, tuple) and address and isinstance(address[0], str):
        return (_numeric(address[0], family == socket.AF_INET6), *address[1:])
    return address


def _numeric(name: str, six: bool) -> str:
    """Only the lab's hosts have names here: a name server would be asked over the wire."""
    if found := _known(name):
        return found[six]
    if name in ("", "<broadcast>") or ":" in name or name.replace(".", "").isdigit():
        return name
    known = ", ".join(_names)
    raise socket.gaierror(socket.EAI_NONAME, f"no host {name!r} in this lab; it has {known}")


def _known(name: str) -> tuple[str, str] | None:
    """The IPv4 and the IPv6 address of a name that the lab answers for."""
    return ("127.0.0.1", "::1") if name.lower() == "localhost" else _names.get(name)


def _use_source(sock: Socket) -> None:
    """In bench mode, let the connection come from this host's own address, port still unchosen.

    On loopback the kernel would take 127.0.0.1 for every host; ip(7), IP_BIND_ADDRESS_NO_PORT.
    """
    if not _source or sock.family != socket.AF_INET or _plain.getsockname(sock)[1]:
        return
    try:
        _plain.setsockopt(sock, socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
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


def _answer_names() -> None:
    """Let what asks for names be answered from here: a resolver would ask over the wire.

    ``localhost`` has an address of each family, IPv6 first, as RFC 6724 orders them; a host of
    the lab answers with IPv6 only where that is asked for.
    """
    if getattr(socket.getaddrinfo, "__module__", "") == __name__:
        return  # installed already
    plain = socket.getaddrinfo

    def getaddrinfo(
        host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if not isinstance(name, str):
            return plain(host, port, family, type, proto, flags)
        six = [family == socket.AF_INET6]
        if name.lower() == "localhost" and family == socket.AF_UNSPEC:
            six = [True, False]
        found = (plain(_numeric(name, s), port, family, type, proto, flags) for s in six)
        return [answer for answers in found for answer in answers]

    def gethostbyname(name: str) -> str:
        return _numeric(name, False) or "0.0.0.0"

    def gethostbyname_ex(name: str) -> tuple[str, list[str], list[str]]:
        return name, [], [gethostbyname(name)]

    def gethostbyaddr(address: str) -> tuple[str, list[str], list[str]]:
        known = {**_names, "localhost": ("127.0.0.1", "::1")}
        for name, addresses in known.items():
            if address == name or address in addresses:
                return name, [], [address if address in addresses else addresses[0]]
        raise socket.herror(1, "Unknown host")

    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = gethostbyname
    socket.gethostbyname_ex = gethostbyname_ex
    socket.gethostbyaddr = gethostbyaddr


for _name in CALLS:
    setattr(Socket, _name, _method(_name))
