"""Says in a word what the ancillary data of a message carries: descriptors, as a rule.

Runs inside a host too, so: the standard library only. cmsg(3), unix(7).
"""

from __future__ import annotations

import _socket
import struct

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


def spelled(ancillary: Iterable[Any]) -> str:
    """``SCM_RIGHTS [7, 8]``, or ``level 0 type 8 (4 bytes)``; nothing for nothing."""
    return ", ".join(_one(*item) for item in ancillary)


def _one(level: int, kind: int, data: Any) -> str:
    packed = bytes(data)
    if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
        return f"SCM_RIGHTS {list(struct.unpack_from(f'={len(packed) // 4}i', packed))}"
    return f"level {level} type {kind} ({len(packed)} bytes)"


def sent(
    buffers: Iterable[Any], ancdata: Iterable[Any] = (), flags: int = 0, address: Any = None
) -> Sequence[Any]:
    """What ``sendmsg`` was given, for the record: the bytes as one, the rest where there is any."""
    rest = [spelled(ancdata), flags, address]
    return [b"".join(bytes(b) for b in buffers), *(part for part in rest if part)]


def heard(value: Any) -> Any:
    """What ``recvmsg`` returned, for the record: the bytes, and what came with them."""
    data, ancdata, *_ = value
    return data, spelled(ancdata)
