"""Write one socket call as a line of text: as Python reads and as strace prints.

Rules of this file: pure. Arguments come as ``recorded.describe`` pictures them, decoded.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any

from helpers.inside.codec import Bytes, Descriptor

Endpoint = Callable[[tuple[str, int]], str]
_LEVELS = {socket.SOL_SOCKET: "SO_", socket.IPPROTO_TCP: "TCP_", socket.IPPROTO_IP: "IP_"}
_LEVEL_NAMES = {socket.SOL_SOCKET: "SOL_SOCKET", socket.IPPROTO_TCP: "IPPROTO_TCP"}
_HOW = {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}
_FLAGS = {int(getattr(socket, word)): word for word in dir(socket) if word.startswith("MSG_")}
# Which argument of a call holds them; of a sendto only if an address comes behind.
_FLAGS_AT = {"recv": 1, "recvfrom": 1, "recv_into": 2, "recvfrom_into": 2, "recvmsg": 2}
_FLAGS_AT |= {"send": 1, "sendall": 1, "sendto": 1, "sendmsg": 2}
_FAMILIES, _TYPES = (
    {int(each): str(each.name) for each in kind}
    for kind in (socket.AddressFamily, socket.SocketKind)
)
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
    if isinstance(value, tuple):
        return _address(value, endpoint)
    if name == "shutdown" and isinstance(value, int):
        return _HOW.get(value, str(value))
    if _FLAGS_AT.get(name) == at and type(value) is int:
        return _flags(value)
    if name == "sendmsg" and isinstance(value, str):
        return value  # what goes with the bytes, spelled already
    return repr(value)


def _address(value: tuple[object, ...], endpoint: Endpoint) -> str:
    if len(value) >= 2 and isinstance(value[0], str) and isinstance(value[1], int):
        shown = endpoint((value[0] or "0.0.0.0", value[1]))
        # A table's "*" means any port; what a call is given is the number 0.
        return f"{shown[:-1]}0" if shown.endswith(":*") else shown
    return repr(value)


def _flags(value: int) -> str:
    names = [name for bit, name in sorted(_FLAGS.items()) if value & bit]
    return "|".join(names) if value > 0 and not value & ~sum(_FLAGS) else str(value)


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


def _kind(args: Sequence[Any]) -> list[str]:
    """Only what differs from socket.socket()'s own defaults."""
    given: list[Any] = [*args, *(socket.AF_INET, socket.SOCK_STREAM, 0)[len(args) :]]
    family, kind, proto = given
    shown = [_FAMILIES.get(family, str(family)), _TYPES.get(kind, str(kind)), str(proto)]
    usual = {"SOCK_STREAM": "6", "SOCK_DGRAM": "17"}.get(shown[1])
    plain = ["AF_INET", "SOCK_STREAM", shown[2] if shown[2] == usual else "0"]
    while shown and shown[-1] == plain[len(shown) - 1]:
        shown.pop()
    return shown


def result(name: str, value: object, endpoint: Endpoint) -> tuple[str, int | None]:
    """A result as short text, with the number of bytes it moved (None when it moves none)."""
    if name == "connect_ex" and isinstance(value, int):
        return (errno.errorcode.get(value, str(value)) if value else "0"), None
    if isinstance(value, Bytes):
        return repr(value), value.size
    if name in ("recvfrom", "recvmsg") and isinstance(value, tuple):
        data, came = value
        text, size = result("recv", data, endpoint)
        return (f"{text}, {came}" if name == "recvmsg" and came else text), size
    if isinstance(value, tuple):
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
    first = value[0] if value else None
    if isinstance(first, Descriptor) and isinstance(value[1], tuple):
        return f"{first} from {_address(value[1], endpoint)}"
    return repr(first) if isinstance(first, Bytes) else _address(value, endpoint)


def failure(kind: str, text: str, code: int) -> str:
    """``ECONNREFUSED`` for an errno, otherwise the exception's own name."""
    return errno.errorcode.get(code, str(code)) if code else kind
