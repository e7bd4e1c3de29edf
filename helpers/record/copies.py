"""Tells a segment that TCP sends again from one that says something new.

By sequence numbers alone. A segment is a copy if every number that it takes up is on the wire
already, held or under way, or has arrived and was answered, or was sent to an address that no
host has and that nobody has spoken for since. What was lost is not there, so what repairs a loss
is no copy, and neither is

- what repeats something whose answer was lost: its receiver must answer once more;
- what the receiver ignored though nothing below it is missing: a SYN at a full queue.

A probe, which takes up no number (one below what the peer has acknowledged; RFC 9293, 3.8.6.1
and 3.8.4), is a copy while what it asks about is on the wire.

Rule of this file: pure; packet records in, a record or None out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord

Key = tuple[str, int, str, int]
_MODULUS, _HALF = 1 << 32, 1 << 31
_THERE = ("in flight", "held", "delivered")
_NOBODY = "nobody"
_MOST = 256
# ns. An answer that arrives while the timer runs out; SYN+ACK is sent again after a second.
_CROSSING = 200_000_000


@dataclass(slots=True)
class _Flow:
    """One direction of one connection; numbers are counted from ``isn`` and do not wrap."""

    isn: int
    high: int = 0
    floor: int = 0  # everything below has arrived, and its pieces are forgotten
    pieces: list[tuple[int, int, PacketRecord]] = field(default_factory=list)
    acks: list[tuple[int, PacketRecord]] = field(default_factory=list)
    last: PacketRecord | None = None

    def place(self, seq: int) -> int:
        """A sequence number, unwrapped: the one closest to what was seen last."""
        return self.high + ((seq - self.isn - self.high + _HALF) % _MODULUS) - _HALF


class Copies:
    """What has been sent on one wire."""

    def __init__(self) -> None:
        self._flows: dict[Key, _Flow] = {}

    def original(self, record: PacketRecord, waiting: bool = True) -> PacketRecord | None:
        """The record that this one repeats; None if it says something new.

        Unless packets are ``waiting`` on the wire, two more are news: a segment that only asks,
        and a SYN+ACK whose sender has heard the answer and asks for it again, since it had no
        place for the connection. Somebody who thinks is not told so again and again.
        """
        packet = record.packet
        flow, back = self._flow(packet), self._flows.get(_key(packet, True))
        if flow is None or packet.rst or record.injected:
            return None
        if packet.syn and packet.seq != flow.isn:
            return None  # another connection
        low = flow.place(packet.seq)
        high = low + _span(packet)
        if high == low:
            return self._probe(flow, back, low) if waiting else None
        there = (*_THERE, _NOBODY)
        found = [p for p in flow.pieces if p[0] < high and p[1] > low and p[2].verdict in there]
        if not _covered(low, high, [(0, flow.floor), *((a, b) for a, b, _ in found)]):
            return None
        unheard = [r for _, _, r in found if r.verdict == _NOBODY]
        if unheard:  # in vain, as before; unless it answers a SYN that was injected since
            spoken = back.last if back else None
            return None if spoken and spoken.number > unheard[0].number else unheard[0]
        under_way = [r for _, _, r in found if r.verdict != "delivered"]
        if under_way:
            return under_way[0]
        if not found:
            found = flow.pieces[:1] or [(0, 0, flow.last or record)]
        first = found[0][2]
        if any(
            r.verdict in _THERE and r.verdict != "delivered" for a, _, r in flow.pieces if a < low
        ):
            return first  # it has arrived out of order, and cannot be acknowledged yet
        answers = [r for to, r in (back.acks if back else ()) if to >= high]
        if packet.syn and not waiting and any(_ignored(answer, record) for answer in answers):
            return None
        if any(r.verdict in _THERE for r in answers):
            return first
        return None

    def _probe(self, flow: _Flow, back: _Flow | None, low: int) -> PacketRecord | None:
        """A segment without anything, one below what is next to be acknowledged: it only asks."""
        if back is None or low >= flow.high:
            return None
        heard = max((to for to, r in back.acks if r.verdict == "delivered"), default=0)
        if low != heard - 1 or back.last is None or back.last.verdict not in _THERE:
            return None
        return flow.last

    def keep(self, record: PacketRecord) -> None:
        """Remember what says something new."""
        packet = record.packet
        if not packet.is_tcp:
            return
        key = _key(packet)
        flow = self._flow(packet)
        if flow is None or (packet.syn and packet.seq != flow.isn):
            isn = packet.seq if packet.syn else (packet.seq - 1) % _MODULUS
            flow = self._flows[key] = _Flow(isn)
        low = flow.place(packet.seq)
        high = low + _span(packet)
        if high > low:
            flow.pieces.append((low, high, record))
        back = self._flows.get(_key(packet, True))
        if "." in packet.flags and back is not None:
            flow.acks.append((back.place(packet.ack), record))
            del flow.acks[:-_MOST]
        flow.high, flow.last = max(flow.high, high), record
        if len(flow.pieces) > _MOST:
            self._forget(flow)

    def _forget(self, flow: _Flow) -> None:
        flow.pieces.sort(key=lambda p: p[:2])
        while flow.pieces and flow.pieces[0][0] <= flow.floor:
            _, high, record = flow.pieces[0]
            if record.verdict != "delivered" and record.verdict in _THERE:
                return
            if record.verdict == "delivered":
                flow.floor = max(flow.floor, high)
            flow.pieces.pop(0)

    def _flow(self, packet: Packet) -> _Flow | None:
        return self._flows.get(_key(packet)) if packet.is_tcp else None


class Retransmissions:
    """What hosts have counted as sent again, less what was folded.

    A host counts when it sends, and the wire may have the packet a little later: what is counted
    waits for it, and for no longer than the next look at the host.
    """

    NAME = "Tcp.RetransSegs"

    def __init__(self) -> None:
        self._folded: dict[str, int] = {}
        self._counted: dict[str, int] = {}

    def folded(self, host: str) -> None:
        """A segment of ``host`` was a mere copy, counted already or to be counted yet."""
        if self._counted.get(host):
            self._counted[host] -= 1
        else:
            self._folded[host] = self._folded.get(host, 0) + 1

    def counted(self, host: str, by: int) -> None:
        """The host's counter moved."""
        self._counted[host] = max(0, by - self._folded.pop(host, 0))

    def due(self, host: str) -> int:
        """How many were counted that were no copies: when one has come, and at the next look."""
        return self._counted.pop(host, 0)


def _key(packet: Packet, back: bool = False) -> Key:
    if back:
        return packet.destination, packet.dport, packet.source, packet.sport
    return packet.source, packet.sport, packet.destination, packet.dport


def _span(packet: Packet) -> int:
    return packet.length + packet.syn + packet.fin


def _ignored(answer: PacketRecord, again: PacketRecord) -> bool:
    """Whether a segment was sent again although its answer had arrived, and not at that moment."""
    return answer.delivered is not None and again.sent > answer.delivered + _CROSSING


def _covered(low: int, high: int, ranges: list[tuple[int, int]]) -> bool:
    for start, end in sorted(ranges):
        if start <= low < end:
            low = end
    return low >= high
