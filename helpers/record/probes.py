"""Tells a segment that only asks for an answer: a zero-window probe, or a keepalive.

Linux sends both without data, one number below what it would send next (tcp_xmit_probe_skb), so
that the peer finds it old and acknowledges. If the peer's window was closed it is the first.

Rule of this file: pure; it learns from the packets, in the order in which they were sent.
"""

from __future__ import annotations

from helpers.record.packet import Packet

_MODULUS = 1 << 32
Flow = tuple[str, int, str, int]


class Probes:
    """What each side of each connection said last: its next number, and its window."""

    def __init__(self) -> None:
        self._next: dict[Flow, int] = {}
        self._window: dict[Flow, int] = {}

    def name(self, packet: Packet) -> str:
        """``window probe``, ``keepalive``, or nothing; then the packet is remembered."""
        flow = (packet.source, packet.sport, packet.destination, packet.dport)
        back = (packet.destination, packet.dport, packet.source, packet.sport)
        known, end = self._next.get(flow), packet.seq + packet.length + packet.syn + packet.fin
        if known is not None and packet.pure_ack and (packet.seq + 1 - known) % _MODULUS == 0:
            return "keepalive" if self._window.get(back, 1) else "window probe"
        if not packet.rst:
            self._window[flow] = packet.window
            if packet.syn or known is None or 0 < (end - known) % _MODULUS < _MODULUS // 2:
                self._next[flow] = end % _MODULUS
        return ""
