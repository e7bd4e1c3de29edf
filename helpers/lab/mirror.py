"""Mirrors ``socket.socket``: the same names, arguments, results and errors, made on a host.

Rule of this file: no behaviour of its own. Each method makes that very call in the
host's process and returns or raises what it did. A plain call that outlives the
lab's deadline raises ``StillBlocked``; ``start`` begins a call without waiting.
"""

from __future__ import annotations

import errno
import os
import socket as _socket
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from helpers.errors import HostDied, LabError
from helpers.lab.call import Call
from helpers.record.sockstate import TcpInfo, decode_tcp_info
from helpers.record.trace import Queues

Address = tuple[Any, ...]


class Owner(Protocol):
    """In whose process something lives: ``helpers.lab.host.Host``, as far as is needed here."""

    name: str

    @property
    def label(self) -> str:
        """How its process is called."""

    @property
    def process(self) -> object:
        """What runs there now."""

    def begin(self, target: int | None, name: str, args: Any, keywords: Any) -> Call[Any]:
        """Begin a call of its process."""

    def quiet(self) -> None:
        """Return when nothing moves any more."""

    def queues_of(self, listener: Socket) -> Queues:
        """The queues of a listener."""


def _bytes(data: object) -> bytes:
    """A copy, refused as ``socket`` refuses it: ``bytes(5)`` would be five zeros."""
    try:
        return bytes(memoryview(data))  # type: ignore[arg-type]
    except TypeError:
        kind = type(data).__name__
        raise TypeError(f"a bytes-like object is required, not '{kind}'") from None


def _writable(buffer: object) -> memoryview:
    try:
        view = memoryview(buffer)  # type: ignore[arg-type]
    except TypeError:
        view = memoryview(b"")
    if view.readonly:
        kind = type(buffer).__name__
        raise TypeError(f"recv_into() argument 1 must be read-write bytes-like object, not {kind}")
    return view.cast("B")


_METHODS = frozenset(
    "accept bind close connect connect_ex detach dup fileno getblocking getpeername getsockname "
    "getsockopt gettimeout get_inheritable listen makefile recv recvfrom recvmsg send "
    "sendall sendmsg sendto set_inheritable setblocking setsockopt settimeout shutdown".split()
)


class Remote:
    """Something that lives in a host's process, known here by its number."""

    def __init__(self, host: Owner, number: int) -> None:
        self._host, self._number = host, number
        self._process = host.process

    def _call(self, name: str, *args: Any, **keywords: Any) -> Any:
        self._check()
        return self._host.begin(self._number, name, args, keywords).result()

    def _check(self) -> None:
        """Raise ``HostDied`` if the process that had it was replaced by another."""
        if self._process is not self._host.process:
            raise HostDied(
                f"{self!r} is from before {self._host.name}.restart(): its process has ended, and "
                f"it with it; make a new one with {self._host.name}.socket()"
            )


class Socket(Remote):
    """A socket of a host. Addresses may name a host of the lab: ``("server", 8080)``."""

    def __init__(
        self, host: Owner, number: int, fd: int, inode: int, kind: tuple[int, int, int]
    ) -> None:
        super().__init__(host, number)
        self._fd = fd
        self.inode = inode
        self.family = _socket.AddressFamily(kind[0])
        self.type = _socket.SocketKind(kind[1])
        self.proto = kind[2]

    def start(self, name: str, *args: Any, **keywords: Any) -> Call[Any]:
        """Begin a call by its name and return at once: ``start("accept")``, ``start("recv", 10)``.

        Returns when the call has ended or sleeps in the kernel, and the wire is quiet.
        """
        self._check()
        if not isinstance(name, str) or name not in _METHODS:
            raise LabError(f"a socket has no call {name!r}; it has {', '.join(sorted(_METHODS))}")
        call = self._host.begin(self._number, name, args, keywords)
        self._host.quiet()
        return call

    def at(self, host: Owner) -> Socket:
        """The same socket in the hands of a process that was forked from this one's."""
        kind = (self.family, self.type, self.proto)
        return Socket(host, self._number, self._fd, self.inode, kind)

    def accept(self) -> tuple[Socket, Address]:
        """Take the first connection of the accept queue; blocks while it is empty. accept(2)."""
        return self._call("accept")  # type: ignore[no-any-return]

    def bind(self, address: Address) -> None:
        """Choose the local address; EADDRINUSE, EADDRNOTAVAIL, EACCES. bind(2)."""
        self._call("bind", address)

    def close(self) -> None:
        """Give up this descriptor; the last one to go ends the connection. close(2)."""
        self._call("close")

    def connect(self, address: Address) -> None:
        """Shake hands with a listener; blocks until SYN+ACK, refusal or time-out. connect(2)."""
        self._call("connect", address)

    def connect_ex(self, address: Address) -> int:
        """Like ``connect``, but return the errno, 0 for success."""
        return int(self._call("connect_ex", address))

    def detach(self) -> int:
        """Forget the descriptor without closing it, and return it."""
        return int(self._call("detach"))

    def dup(self) -> Socket:
        """A second descriptor for the same socket. dup(2)."""
        return self._call("dup")  # type: ignore[no-any-return]

    def fileno(self) -> int:
        """The descriptor in the host's process; -1 once closed."""
        return int(self._call("fileno"))

    def getblocking(self) -> bool:
        """Whether calls may block."""
        return bool(self._call("getblocking"))

    def getpeername(self) -> Address:
        """The other end's address; ENOTCONN without one. getpeername(2)."""
        return self._call("getpeername")  # type: ignore[no-any-return]

    def getsockname(self) -> Address:
        """This end's address. getsockname(2)."""
        return self._call("getsockname")  # type: ignore[no-any-return]

    def getsockopt(self, level: int, option: int, size: int = 0) -> Any:
        """An option's value: an int, or bytes if ``size`` is given. getsockopt(2)."""
        return self._call("getsockopt", level, option, *([size] if size else []))

    def gettimeout(self) -> float | None:
        """The time-out in seconds; None blocks for ever, 0.0 never."""
        return self._call("gettimeout")  # type: ignore[no-any-return]

    def get_inheritable(self) -> bool:
        """Whether a program started by exec would get the descriptor. PEP 446."""
        return bool(self._call("get_inheritable"))

    def listen(self, backlog: int | None = None) -> None:
        """Begin to queue connections, as many as ``backlog`` says (and one more). listen(2)."""
        self._call("listen", *([] if backlog is None else [backlog]))

    def makefile(self, mode: str = "r", buffering: int | None = None, **keywords: Any) -> File:
        """A file object on the socket; the socket stays open until it is closed as well."""
        given = [mode] if buffering is None else [mode, buffering]
        return self._call("makefile", *given, **keywords)  # type: ignore[no-any-return]

    def recv(self, size: int, flags: int = 0) -> bytes:
        """At most ``size`` bytes; blocks until there is one; b"" at the end. recv(2)."""
        return self._call("recv", size, *([flags] if flags else []))  # type: ignore[no-any-return]

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Like ``recv``, into a writable buffer; returns how many bytes came."""
        view = _writable(buffer)
        if size < 0:
            raise ValueError("negative buffersize in recv_into")
        if size > len(view):
            raise ValueError("buffer too small for requested bytes")
        wanted = size or len(view)
        data = self._call("recv_into", wanted, *([0, flags] if flags else []))
        view[: len(data)] = data
        return len(data)

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        """Like ``recv``, with the sender's address; None for TCP."""
        return self._call("recvfrom", size, flags)  # type: ignore[no-any-return]

    def recvmsg(
        self, size: int, ancillary: int = 0, flags: int = 0
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        """Like ``recv``, with what else came (descriptors: SCM_RIGHTS, of this host's process),
        the flags of the message, and the sender's address. recvmsg(2), unix(7)."""
        rest = [ancillary, *([flags] if flags else [])] if ancillary or flags else []
        data, came, told, address = self._call("recvmsg", size, *rest)
        return data, list(came), told, address

    def send(self, data: bytes, flags: int = 0) -> int:
        """Copy bytes into the send buffer; returns how many it took, maybe fewer. send(2)."""
        return int(self._call("send", _bytes(data), *([flags] if flags else [])))

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """``send`` until everything is in the buffer; blocks while it is full."""
        self._call("sendall", _bytes(data), *([flags] if flags else []))

    def sendmsg(
        self,
        buffers: Iterable[Any],
        ancillary: Iterable[tuple[int, int, Any]] = (),
        flags: int = 0,
        address: Address | None = None,
    ) -> int:
        """``send`` from several buffers, with descriptors of this host's process if
        ``ancillary`` has ``(SOL_SOCKET, SCM_RIGHTS, array("i", fds))``. sendmsg(2), unix(7)."""
        given = [(int(level), int(kind), bytes(data)) for level, kind, data in ancillary]
        rest = [flags, *([address] if address else [])] if flags or address else []
        spare = [given, *rest] if given or rest else []
        return int(self._call("sendmsg", [_bytes(b) for b in buffers], *spare))

    def sendto(self, data: bytes, *where: Any) -> int:
        """``sendto(data, address)`` or ``sendto(data, flags, address)``. sendto(2)."""
        return int(self._call("sendto", _bytes(data), *where))

    def set_inheritable(self, inheritable: bool) -> None:
        """Say whether a program started by exec gets the descriptor. PEP 446."""
        self._call("set_inheritable", inheritable)

    def setblocking(self, flag: bool) -> None:
        """False: calls that would block raise BlockingIOError instead."""
        self._call("setblocking", flag)

    def setsockopt(self, level: int, option: int, value: int | bytes | None, *length: int) -> None:
        """Set an option: an int, the bytes of a struct, or None and a length. setsockopt(2)."""
        self._call("setsockopt", level, option, value, *length)

    def settimeout(self, seconds: float | None) -> None:
        """Let blocking calls raise TimeoutError after so many seconds; None: never."""
        self._call("settimeout", seconds)

    def shutdown(self, how: int) -> None:
        """End one or both directions of the connection, for every holder. shutdown(2)."""
        self._call("shutdown", how)

    # ---- what the kernel says of this socket -----------------------------------

    def queues(self) -> Queues:
        """A listener's SYN queue, accept queue and limit, read from the socket table."""
        return self._host.queues_of(self)

    def tcp_info(self) -> TcpInfo:
        """``TCP_INFO``, decoded. tcp(7)."""
        raw = self._call("getsockopt", _socket.IPPROTO_TCP, _socket.TCP_INFO, 256)
        return decode_tcp_info(raw)

    def share(self) -> _socket.socket:
        """A real socket in the notebook's own process, on the same connection. unix(7)."""
        found = self._call("share")
        if not found or not found[1]:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        _, fds = found
        return _socket.socket(fileno=fds[0])

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<socket {self._fd} of {self._host.label}>"


class File(Remote):
    """What ``makefile`` returns, in a host."""

    def read(self, size: int = -1) -> Any:
        """Read up to ``size`` characters or bytes, or until the end."""
        return self._call("read", size)

    def readline(self) -> Any:
        """One line, with its line end unless the stream ended first."""
        return self._call("readline")

    def write(self, data: Any) -> int:
        """Write into the file's own buffer; ``flush`` sends it."""
        return int(self._call("write", data))

    def flush(self) -> None:
        """Send what was written."""
        self._call("flush")

    def close(self) -> None:
        """Flush, and give up this reference to the socket."""
        self._call("close")

    def __repr__(self) -> str:
        return f"<file on a socket of {self._host.label}>"

    def __iter__(self) -> Iterator[Any]:
        while line := self.readline():
            yield line

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
