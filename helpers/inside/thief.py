"""Runs inside a host, beside the reader's function: takes every port that is not held.

A port that a program has bound and closed again is free, and any other program may be the
next to get it; so is one whose number is written down, or drawn. Here there always is such a
program: at once, so that the race is lost every time.
"""

from __future__ import annotations

import errno
import socket

# Never ``socket.socket``: what the thief does for itself is not recorded.
from _socket import socket as _quiet

from helpers.inside import loopback

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from typing import Any

    Ports = list[tuple[str, int]]

# So many numbers it takes before they are bound: who draws others then is let have one.
_NUMBERS = 3
_loot: dict[int, str] = {}
_held: list[_quiet] = []


def lurk() -> Ports:
    """From now on bind every port that a socket of this process gives up, and the first few that
    one is about to be bound to by number.

    The list grows with each bind that meets EADDRINUSE: ``lost``, ``written``, or ``taken`` for a
    port that is not the thief's; and the port.
    """
    cls = socket.socket
    close, bind = cls.close, cls.bind
    failed: Ports = []

    def closes(self: socket.socket) -> None:
        name = _bound(self)
        close(self)
        if name and self.fileno() < 0:
            _take("lost", *name)

    def vanishes(self: socket.socket) -> None:
        name = _bound(self)
        _quiet.close(self)
        if name:
            _take("lost", *name)

    def binds(self: socket.socket, address: Any) -> None:
        port = address[1] if isinstance(address, tuple) and len(address) > 1 else 0
        if port and port not in _loot and [*_loot.values()].count("written") < _NUMBERS:
            _take("written", address, loopback.kept(self))
        try:
            bind(self, address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                failed.append((_loot.get(port, "taken"), port))
            raise

    cls.close = closes  # type: ignore[method-assign, assignment]
    cls.__del__ = vanishes  # type: ignore[attr-defined]
    cls.bind = binds  # type: ignore[method-assign, assignment]
    return failed


def joins(listener: socket.socket) -> bool:
    """Whether another program can listen on this listener's port as well, with both options."""
    name = _quiet.getsockname(listener)
    taken = _open(name, loopback.kept(listener))
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        taken.setsockopt(socket.SOL_SOCKET, option, 1)
    return _listens(taken, name)


def _bound(sock: socket.socket) -> Any:
    """The address of a socket that is bound, with whether bench mode keeps it; None if unbound."""
    if sock.fileno() < 0 or sock.family not in loopback.FAMILIES:
        return None
    name = _quiet.getsockname(sock)
    return (name, loopback.kept(sock)) if name[1] else None


def _take(word: str, name: Any, kept: bool) -> None:
    taken = _open(name, kept)
    if _listens(taken, name):
        _held.append(taken)
        _loot[name[1]] = word


def _open(name: Any, kept: bool) -> _quiet:
    made = _quiet(socket.AF_INET6 if len(name) > 2 or ":" in str(name[0]) else socket.AF_INET)
    if kept:
        loopback.keep(made)
    return made


def _listens(sock: _quiet, name: Any) -> bool:
    """Whether it can be bound and listen there; otherwise it is closed."""
    try:
        sock.bind(name)
        sock.listen(1)
    except (OSError, TypeError, OverflowError):
        sock.close()
        return False
    return True
