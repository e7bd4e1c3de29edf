"""Runs inside a host, beside the reader's function: takes every port that is given up.

A port that a program has bound and closed again is free, and any other program may be the
next to get it. Here one always is: at once, so that the race is lost every time.
"""

from __future__ import annotations

import socket

# Never ``socket.socket``: what the thief does for itself is not recorded.
from _socket import socket as _quiet

from helpers.inside import loopback

TYPE_CHECKING = False  # typing itself would cost each program four milliseconds
if TYPE_CHECKING:
    from typing import Any

_loot: dict[int, _quiet] = {}


def lurk() -> dict[int, _quiet]:
    """From now on every port that a socket of this process gives up is bound; by whom, by port."""
    real = socket.socket.close

    def close(self: socket.socket) -> None:
        name = _bound(self)
        real(self)
        if name and self.fileno() < 0:
            _take(*name)

    def vanish(self: socket.socket) -> None:
        name = _bound(self)
        _quiet.close(self)
        if name:
            _take(*name)

    socket.socket.close = close  # type: ignore[method-assign, assignment]
    socket.socket.__del__ = vanish  # type: ignore[attr-defined]
    return _loot


def _bound(sock: socket.socket) -> Any:
    """The address of a socket that is bound, with whether bench mode keeps it; None if unbound."""
    if sock.fileno() < 0:
        return None
    name = _quiet.getsockname(sock)
    return (name, loopback.kept(sock)) if name[1] else None


def _take(name: Any, kept: bool) -> None:
    taken = _quiet(socket.AF_INET6 if len(name) > 2 else socket.AF_INET)
    if kept:
        loopback.keep(taken)
    try:
        taken.bind(name)
        taken.listen(1)
    except OSError:
        taken.close()
        return
    _loot[name[1]] = taken
