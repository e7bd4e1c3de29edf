"""Write one socket call as a line of text: as Python reads and as strace prints.

Rules of this file: pure. Arguments come as ``recorded.describe`` pictures them.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence

Endpoint = Callable[[tuple[str, int]], str]
_LEVELS = {socket.SOL_SOCKET: "SO_", socket.IPPROTO_TCP: "TCP_", socket.IPPROTO_IP: "IP_"}
_LEVEL_NAMES = {socket.SOL_SOCKET: "SOL_SOCKET", socket.IPPROTO_TCP: "IPPROTO_TCP"}
_HOW = {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}
_FLAGS = {0x2: "MSG_PEEK", 0x40: "MSG_DONTWAIT", 0x100: "MSG_WAITALL", 0x8000: "MSG_MORE"}
_FLAGS[0x20000000] = "MSG_FASTOPEN"
# Python itself refuses these; the kernel never hears of the call.
PYTHONS_OWN = ("OverflowError", "TypeError", "ValueError", "UnicodeError")


def spell(name: str, fd: int, args: Sequence[object], endpoint: Endpoint) -> tuple[str, str]:
    """``("recv(1024)", "recv(4, 1024)")``: the call without and with its descriptor."""
    shown = [_argument(name, n, value, endpoint) for n, value in enumerate(args)]
    if name in ("setsockopt", "getsockopt"):
        shown = _option(list(args), shown)
    if name == "socket":
        shown = _kind(args)
    text = ", ".join(shown)
    inside = ", ".join([str(fd), *shown]) if fd >= 0 else text
    return f"{name}({text})", f"{name}({inside})"


def _argument(name: str, at: int, value: object, endpoint: Endpoint) -> str:
    if isinstance(value, tuple) and value[0] == "bytes":
        return _bytes(value)
    if isinstance(value, tuple) and value[0] == "tuple":
        return _address(value, endpoint)
    if name == "shutdown" and isinstance(value, int):
        return _HOW.get(value, str(value))
    if name.startswith(("recv", "send")) and at == 1 and isinstance(value, int):
        return _flags(value)
    if name == "sendmsg" and isinstance(value, str):
        return value  # what goes with the bytes, spelled already
    return repr(value)


def _address(value: tuple[object, ...], endpoint: Endpoint) -> str:
    if len(value) >= 3 and isinstance(value[1], str) and isinstance(value[2], int):
        shown = endpoint((value[1] or "0.0.0.0", value[2]))
        # A table's "*" means any port; what a call is given is the number 0.
        return f"{shown[:-1]}0" if shown.endswith(":*") else shown
    return repr(tuple(value[1:]))


def _bytes(value: tuple[object, ...]) -> str:
    _, size, head = value
    return repr(head) if isinstance(size, int) and size <= 16 else f"{size} bytes"


def _flags(value: int) -> str:
    names = [name for bit, name in _FLAGS.items() if value & bit]
    return "|".join(names) or str(value)


def _option(args: list[object], shown: list[str]) -> list[str]:
    level, name = (args + [None, None])[:2]
    if not isinstance(level, int) or not isinstance(name, int):
        return shown
    prefix = _LEVELS.get(level, "-")
    words = [
        word
        for word in dir(socket)
        if word.startswith(prefix)
        and not word.startswith(("SO_J1939", "SO_VM_"))
        and getattr(socket, word) == name
    ]
    return [_LEVEL_NAMES.get(level, str(level)), *(words or [str(name)])[:1], *shown[2:]]


def _kind(args: Sequence[object]) -> list[str]:
    """Only what differs from socket.socket()'s own defaults."""
    return ["AF_INET6"] if args and args[0] == socket.AF_INET6 else []


def result(name: str, value: object, endpoint: Endpoint) -> tuple[str, int | None]:
    """A result as short text, with the number of bytes it moved (None when it moves none)."""
    if name == "connect_ex" and isinstance(value, int):
        return (errno.errorcode.get(value, str(value)) if value else "0"), None
    if isinstance(value, tuple) and value[0] == "bytes":
        return _bytes(value), int(str(value[1]))
    if isinstance(value, tuple) and value[0] == "socket":
        return str(value[1]), None
    if name in ("recvfrom", "recvmsg") and isinstance(value, tuple):
        _, data, came = value
        text, size = result("recv", data, endpoint)
        return (f"{text}, {came}" if name == "recvmsg" and came else text), size
    if isinstance(value, tuple) and value[0] == "tuple":
        return _pair(value, endpoint), None
    if value is None:
        return "", None
    size = (
        int(value)
        if name in ("send", "sendto", "sendmsg", "recv_into") and isinstance(value, int)
        else None
    )
    return repr(value), size


def _pair(value: tuple[object, ...], endpoint: Endpoint) -> str:
    """What accept returns, a socket and an address; or an address alone."""
    first = value[1] if len(value) > 1 else None
    if isinstance(first, tuple) and first[0] == "socket" and isinstance(value[2], tuple):
        return f"{first[1]} from {_address(value[2], endpoint)}"
    if isinstance(first, tuple) and first[0] == "bytes":
        return _bytes(first)
    return _address(value, endpoint)


def failure(kind: str, text: str, code: int) -> str:
    """``ECONNREFUSED`` for an errno, otherwise the exception's own name."""
    return errno.errorcode.get(code, str(code)) if code else kind
