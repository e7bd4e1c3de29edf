"""Says where the rails of a ladder stand, in inches: one for each connection of each host.

At a host's first rail packets arrive that belong to no other. The others stand outward from it,
away from the other hosts.

Rule of this file: pure, no matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.figures.strips import Span
from helpers.record.trace import PacketRecord

# From rail to rail of one host: room for the name of a state, in two lines. With more of them than
# a reader can follow they are narrow strips, and only the first has names.
_LANE, _NARROW, _MOST = 0.9, 0.15, 4
_CALLS = 0.2  # from the outermost rail to the calls
# In rows: a state begins behind the packet that brought it, and before the one that it sends.
_NEAR = 0.4


class Rails:
    """Rails of ``hosts``, ``apart`` inches between the first ones of two; the first is at 0."""

    def __init__(self, hosts: tuple[str, ...], spans: Sequence[Span], apart: float) -> None:
        self.hosts, self._apart = hosts, apart
        self._lanes = dict.fromkeys(hosts, 1)
        self._own: dict[tuple[str, str, str], list[Span]] = {}
        for span in spans:
            self._lanes[span.host] = max(self._lanes.get(span.host, 1), span.lane + 1)
            self._own.setdefault((span.host, span.local, span.peer), []).append(span)
        self._first: dict[str, float] = {}
        at = 0.0
        for host in hosts:
            self._first[host] = at
            at += apart + (self._reach(host) if self.side(host) > 0 else 0.0)

    @property
    def firsts(self) -> list[float]:
        """The first rail of each host."""
        return list(self._first.values())

    @property
    def middle(self) -> float:
        """Half way between the first and the last host."""
        return self.firsts[-1] / 2

    def named(self, host: str, lane: int) -> bool:
        """Whether the states of this rail have room for their names."""
        return lane <= 0 or self._lanes[host] <= _MOST

    def all_of(self, host: str) -> list[float]:
        """The rails of a host, the first one first."""
        return [self.x(host, lane) for lane in range(self._lanes[host])]

    def side(self, host: str) -> float:
        """Where a host's calls and other rails stand: -1 to the left of its first, +1 right."""
        return -1.0 if host == self.hosts[0] and len(self.hosts) > 1 else 1.0

    def x(self, host: str, lane: int = 0) -> float:
        """Where a rail stands; a listener, which has a lane below 0, is at the first one."""
        return self._first[host] + self.side(host) * max(0, lane) * self._gap(host)

    def calls(self, host: str) -> float:
        """Where the bars of its calls stand, beside its outermost rail."""
        return self._first[host] + self.side(host) * (self._reach(host) + _CALLS)

    def _gap(self, host: str) -> float:
        return _LANE if self._lanes[host] <= _MOST else _NARROW

    def _reach(self, host: str) -> float:
        return (self._lanes[host] - 1) * self._gap(host)

    def ends(self, packet: PacketRecord, top: float, bottom: float) -> tuple[float, float]:
        """The rails at which a packet begins and ends, as far as its hosts are known."""
        start, goal = self.facing(packet)
        if packet.origin in self._first:
            lane = self._lane(packet.origin, packet.src, packet.dst, top)
            start = self.x(packet.origin, lane)
        if packet.destination in self._first:
            lane = self._lane(packet.destination, packet.dst, packet.src, bottom)
            goal = self.x(packet.destination, lane)
        return start, goal

    def facing(self, packet: PacketRecord) -> tuple[float, float]:
        """The first rails of its two hosts. One that comes from nowhere begins on the wire; one
        that nobody is to get goes toward a neighbour."""
        start, goal = self._first.get(packet.origin), self._first.get(packet.destination)
        if goal is None:
            goal = self._beside(packet.origin, 0.0 if start is None else start)
            return (goal / 2 if start is None else start), goal
        if start is None:
            return (goal + self._beside(packet.destination, goal)) / 2, goal
        return start, goal

    def _beside(self, host: str, x: float) -> float:
        if len(self.hosts) == 1:
            return x - self._apart
        at = self.hosts.index(host) if host in self.hosts else 0
        return self.firsts[at - 1 if at else 1]

    def between(self, start: float, goal: float) -> float:
        """Half way from a first rail to the next one: on somebody else's rail a packet that waits
        would look as if it had arrived."""
        low, high = sorted((start, goal))
        passed = [x for x in self.firsts if low < x < high]
        return (start + min(passed, key=lambda x: abs(x - start), default=goal)) / 2

    def _lane(self, host: str, local: str, peer: str, y: float) -> int:
        """The rail of the connection that has these ends at that height; the first if none has."""
        own = self._own.get((host, local, peer), [])
        there = [
            s for s in own if s.top - _NEAR <= y <= _NEAR + (y if s.bottom is None else s.bottom)
        ]
        nearest = there[-1:] or [s for s in own if s.top > y][:1] or own[-1:]
        return max(0, nearest[0].lane) if nearest else 0
