"""Says what a figure or a table takes, when it was given something else.

Rule of this file: pure.
"""

from __future__ import annotations

from helpers.errors import LabError
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord, Trace


def as_trace(given: object, name: str) -> Trace:
    """What was given to ``name``, if it is a trace; else ``LabError``."""
    if isinstance(given, Trace):
        return given
    hint = f"; a lab has one: {name}(lab.trace)" if isinstance(_of(given), Trace) else ""
    raise LabError(f"{name} takes a trace, not {given!r}{hint}")


def as_packet(given: object, name: str) -> Packet:
    """The packet that was given to ``name``, or that of a record; else ``LabError``."""
    found = given.packet if isinstance(given, PacketRecord) else given
    if isinstance(found, Packet):
        return found
    raise LabError(f"{name} takes a packet, such as lab.trace.packets[0], not {given!r}")


def _of(lab: object) -> object:
    try:
        return getattr(lab, "trace", None)
    except LabError:
        return None
