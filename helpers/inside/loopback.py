"""Keeps the sockets of bench mode inside the machine: only loopback reaches them.

Without namespaces the hosts share the machine's addresses, and what listens at "any
address" would listen on its network. So each socket is bound to the loopback device,
where a packet from outside never comes in; the kernel then treats "any address" as ever.
Where it does not let an ordinary user do that, before Linux 5.7, "any address" becomes
one of loopback. What a host starts by exec is a program of its own, and out of reach here.
Standard library only: this runs inside a host.

Sources: socket(7), SO_BINDTODEVICE; ip(7); ipv6(7).
"""

from __future__ import annotations

import _socket
import errno
import os

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from typing import Any

BINDTODEVICE = 25
FAMILIES = (_socket.AF_INET, _socket.AF_INET6)
# Said with an EADDRINUSE; IPv4 has an address for each host, and needs no such words.
SHARED = "In bench mode all labs on this machine share ::1: another one may hold this port."
_plain = _socket.socket
_MAPPED = bytes(10) + b"\xff\xff"  # what an IPv4 address begins with that stands in an IPv6 one


def keep(sock: _socket.socket) -> None:
    """Let a new socket know the loopback device only; where that is refused, ``place`` helps."""
    if sock.family in FAMILIES:
        try:
            _plain.setsockopt(sock, _socket.SOL_SOCKET, BINDTODEVICE, b"lo\0")
        except OSError:
            pass


def kept(sock: _socket.socket) -> bool:
    """Whether ``keep`` succeeded, with this socket or with the listener that it comes from."""
    return _plain.getsockopt(sock, _socket.SOL_SOCKET, BINDTODEVICE, 16).startswith(b"lo\0")


def place(sock: _socket.socket, address: Any, own: str) -> Any:
    """Where a bind to ``address`` goes; ``own`` is the host's IPv4 address, in 127/8.

    Any IPv4 address with a port is the host's own, for the same port of other addresses
    belongs to other labs. Port 0 is free at all of them, and IPv6 has one loopback address
    for all labs. Raises EADDRNOTAVAIL for what is the machine's and no host's.
    """
    packed = _packed(sock.family, address)
    if packed is None:
        return address
    four = len(packed) == 4 or packed.startswith(_MAPPED)
    if any(packed[-4:] if four else packed):
        if packed[-4] == 127 if four else packed == bytes(15) + b"\1":
            return address
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    if kept(sock) and not (four and address[1]):
        return address
    prefix = "" if len(packed) == 4 else "::ffff:"
    return (prefix + own if four else "::1", *address[1:])


def shared(sock: _socket.socket, address: Any) -> bool:
    """Whether a port of this address may be another lab's: so it is with IPv6, :: and ::1."""
    packed = _packed(sock.family, address)
    return packed is not None and len(packed) == 16 and not packed.startswith(_MAPPED)


def settle(sock: _socket.socket, own: str) -> None:
    """Before a listen without a bind: where the device cannot keep it in, an address does."""
    if sock.family in FAMILIES and not kept(sock) and not _plain.getsockname(sock)[1]:
        _plain.bind(sock, ("::1" if sock.family == _socket.AF_INET6 else own, 0))


def _packed(family: int, address: Any) -> bytes | None:
    """An address as the kernel has it; None if it is none, and the kernel shall say so."""
    if family not in FAMILIES or not isinstance(address, tuple) or len(address) < 2:
        return None
    try:
        if family == _socket.AF_INET6:
            return _socket.inet_pton(family, address[0].partition("%")[0] or "::")
        return _socket.inet_aton(address[0] or "0.0.0.0")
    except (OSError, TypeError, AttributeError):
        return None
