"""Makes segments that no TCP would send at this moment, out of one that was sent."""

from __future__ import annotations

from typing import Any

from helpers.record.trace import PacketRecord


def shifted(record: PacketRecord, back: int, data: bytes) -> Any:
    """A copy of ``record`` that carries ``data`` and begins ``back`` bytes before its end.

    With ``back`` from 1 to one less than ``len(data)`` it overlaps what was sent, and adds to it.
    Returns a scapy packet, for ``wire.inject``.
    """
    from scapy.layers.inet import IP, TCP

    made = IP(record.packet.raw)
    made[TCP].seq = (record.packet.seq + record.packet.length - back) % (1 << 32)
    made[TCP].remove_payload()
    for checked in (made, made[TCP]):
        del checked.chksum
    del made.len
    return made / data
