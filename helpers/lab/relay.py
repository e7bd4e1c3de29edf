"""Carries packets from host to host: reads, judges and delivers them, and records each one.

It is the only path between two hosts: what it holds has not arrived, and what it drops never
will. Everything here happens on the lab's thread; what a notebook holds is the wire.
"""

from __future__ import annotations

import heapq
import socket
import struct
import time
from collections import deque

from helpers.errors import LabError
from helpers.lab.judge import DROP, HOLD, PASS, Judge, Rule, Verdict, as_hold
from helpers.lab.observer import NEVER, Observer
from helpers.links.markers import Markers
from helpers.links.netns import NEAR_MAC
from helpers.record.copies import Copies
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord

_SOL_PACKET, _IGNORE_OUTGOING, _SO_TIMESTAMPNS = 263, 23, 35
_ROOM = socket.CMSG_SPACE(16)
_ETHERTYPE = {4: 0x0800, 6: 0x86DD}
# Holds every packet.
EVERY = Rule(lambda packet: True, as_hold, "")


class Relay:
    """What is on the way between the hosts of a lab, and what decides about it."""

    def __init__(self, packets: socket.socket, observer: Observer) -> None:
        packets.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        packets.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        packets.setblocking(False)
        self.socket = packets
        self._observer = observer
        self._homes: dict[str, str] = {}
        self.taken: dict[str, int] = {}
        self.markers = Markers(packets)
        self._ready: deque[tuple[PacketRecord, str]] = deque()
        self.held: list[tuple[PacketRecord, str]] = []
        self._late: list[tuple[int, int, PacketRecord, str]] = []
        self._last_due: dict[tuple[str, str], int] = {}
        self.delays: dict[tuple[str, str], float] = {}
        self.holding: Rule | None = None
        self._copies = Copies()
        self._inbox: deque[tuple[bytes, str, int]] = deque()
        self.folds = True
        self.is_cut = False
        self.rules: list[Rule] = []
        self.faulty: list[Rule] = []
        self.judge = Judge()

    # ---- what the wire asks for -----------------------------------------------

    def release(self) -> None:
        """Let every held packet through in its order, and stop holding."""
        self.holding = None
        self._ready.extend(self.held)
        self.held.clear()

    def let_through(self, packet: PacketRecord | None) -> PacketRecord:
        """Let one held packet through, the oldest or the one given; ``LabError`` if none is."""
        record, home = self._take("step", packet)
        self._ready.append((record, home))
        return record

    def drop(self, packet: PacketRecord | None) -> PacketRecord:
        """Lose one held packet, the oldest or the one given; ``LabError`` if none is held."""
        record, _ = self._take("drop", packet)
        self._observer.lost(record, "dropped")
        return record

    def cut(self, cut: bool) -> None:
        """From now on every packet is lost; or none is, for that reason."""
        self.is_cut = cut
        self._observer.note(f"the wire is {'cut' if cut else 'mended'}")

    def delay(self, seconds: float, source: str, destination: str) -> None:
        """How long packets take from now on, of one source or to one destination if named."""
        self.delays[source, destination] = seconds

    def forget(self, rule: Rule) -> None:
        """Obey a rule no longer."""
        self.rules = [r for r in self.rules if r is not rule]

    def inject(self, raw: bytes, to: str) -> PacketRecord:
        """Put a packet onto the wire that no host has sent."""
        return self._judge(raw, "", time.monotonic_ns(), to)

    def check_names(self, *hosts: str) -> None:
        """Raise ``LabError`` for a name that no host on this wire has; "" is any host."""
        for name in hosts:
            if name != "" and name not in self._homes.values():
                raise LabError(f"no host {name!r} on this wire; it joins {self.names()}")

    def names(self) -> str:
        """The hosts that it joins."""
        return ", ".join(dict.fromkeys(self._homes.values()))

    def add_home(self, address: str, host: str) -> None:
        """Packets to ``address`` go to ``host`` from now on."""
        self._homes[address] = host

    def check(self) -> None:
        """Raise the ``LabError`` of a rule that failed, once."""
        if self.faulty:
            raise self.faulty.pop(0).error()

    # ---- what the lab's thread does -------------------------------------------

    def read(self) -> bool:
        """Take one packet from the hosts, judge it; False when none is there.

        ``taken`` counts them by host.
        """
        if not self._receive():
            return False
        self._judge(*self._inbox.popleft())
        return True

    def read_until(self, t: int) -> bool:
        """Take and judge what was sent before ``t``; a packet sent later waits for ``read``."""
        found = False
        while (self._inbox or self._receive()) and self._inbox[0][2] < t:
            self._judge(*self._inbox.popleft())
            found = True
        return found

    def _receive(self) -> bool:
        """Take over all that has come; whether there is any.

        The socket's own buffer is small where the machine allows no other (rmem_max is 212,992 on
        a stock kernel: some 500 small packets), and what comes when it is full is lost.
        """
        for _ in range(4096):  # who sends without end must not keep everybody else waiting
            try:
                raw, extra, _, origin = self.socket.recvmsg(1 << 16, _ROOM)
            except BlockingIOError:
                break
            host = str(origin[0])
            self.taken[host] = self.taken.get(host, 0) + 1
            self._inbox.append((raw, host, _sent_at(extra)))
        return bool(self._inbox)

    def deliver(self) -> tuple[PacketRecord, str] | None:
        """Send the next packet whose time has come; returns it, or None."""
        now = time.monotonic_ns()
        while self._late and self._late[0][0] <= now:
            _, _, record, home = heapq.heappop(self._late)
            self._ready.append((record, home))
        if not self._ready:
            return None
        self._receive()
        record, home = self._ready.popleft()
        try:
            self._send(record.packet.raw, home)
        except OSError as error:
            self._observer.lost(record, f"lost: {error.strerror}")
        else:
            self._observer.delivered(record)
        return record, home

    def losses(self) -> tuple[int, int]:
        """Packets that came, and packets that the machine lost before the wire could record them.

        Since the last time it was asked: packet(7), PACKET_STATISTICS. A lab that closes with
        a loss raises ``LabError``, for its trace would not be the whole truth.
        """
        received, lost = struct.unpack("=II", self.socket.getsockopt(_SOL_PACKET, 6, 8))
        return int(received), int(lost)

    @property
    def under_way(self) -> bool:
        """Whether a packet waits for nothing but the lab's thread."""
        return bool(self._ready or self._inbox)

    def next_due(self) -> int:
        """When the next delayed packet is due, in monotonic nanoseconds, or NEVER."""
        return self._late[0][0] if self._late else NEVER

    def clear(self) -> None:
        """The lab closes: whatever is still on the wire will never arrive."""
        waiting = [*self._ready, *self.held, *((r, h) for _, _, r, h in self._late)]
        for record, _ in waiting:
            self._observer.lost(record, "cleared")
        self._ready.clear()
        self.held.clear()
        self._late.clear()

    # ---- within ---------------------------------------------------------------

    def _judge(self, raw: bytes, origin: str, t: int, to: str = "") -> PacketRecord:
        record = self._observer.decoded(raw, origin, t, injected=not origin)
        if (original := self._repeated(record)) is not None:
            self._observer.folded(record, original)
            return record
        self._copies.keep(record)
        self._observer.sent(record)
        home = to or self._homes.get(record.packet.destination, "")
        verdict = self._verdict(record.packet)
        if self.is_cut or verdict == DROP or not home:
            reason = "cut" if self.is_cut else "dropped" if home else "nobody"
            self._observer.lost(record, reason)
        elif verdict == HOLD:
            record.verdict, record.waited = "held", True
            self.held.append((record, home))
        else:
            self._send_on(record, origin, home, verdict.seconds)
        return record

    def _repeated(self, record: PacketRecord) -> PacketRecord | None:
        """The packet that this one is a mere copy of, if copies are to be folded.

        On a held wire because somebody is thinking; on an open one because the machine was too
        busy to bring the original over in time. Where packets are late by order, what TCP sends
        again is the experiment.
        """
        waiting = bool(self.holding or self.held)
        late = bool(self._late) or any(self.delays.values())
        if not self.folds or (late and not waiting):
            return None
        original = self._copies.original(record, waiting)
        if original and original.verdict == "nobody" and record.packet.destination in self._homes:
            return None  # that address is somebody's now
        return original

    def _verdict(self, packet: Packet) -> Verdict:
        for rule in (*self.rules, *([self.holding] if self.holding else [])):
            verdict = HOLD if rule is EVERY else self.judge.verdict(rule, packet)
            if rule.wrong:
                self.faulty.append(rule)
                self._observer.note(rule.fault)
                self.forget(rule)
                self.holding = None if self.holding is rule else self.holding
            elif verdict is not None:
                return verdict
        return PASS

    def _send_on(self, record: PacketRecord, origin: str, home: str, extra: float) -> None:
        wanted = ((origin, home), (origin, ""), ("", home), ("", ""))
        seconds = extra or next((self.delays[k] for k in wanted if k in self.delays), 0.0)
        due = max(record.sent + int(seconds * 1e9), self._last_due.get((origin, home), 0))
        if seconds or due > time.monotonic_ns():
            self._last_due[origin, home] = due
            heapq.heappush(self._late, (due, record.number, record, home))
        else:
            self._ready.append((record, home))

    def _take(self, what: str, packet: PacketRecord | None) -> tuple[PacketRecord, str]:
        for at, (record, _) in enumerate(self.held):
            if packet is None or record is packet:
                return self.held.pop(at)
        if packet is not None:
            state = getattr(packet, "verdict", "no packet of wire.held")
            raise LabError(f"cannot {what} {packet}: it is not held, it is {state}")
        state = "packets are being held" if self.holding else "hold() has not been called"
        raise LabError(
            f"cannot {what}: no packet is on the wire ({state}). Begin a call that sends one, "
            f"with .start(...), and look at wire.held"
        )

    def _send(self, raw: bytes, home: str) -> None:
        self.socket.sendto(raw, (home, _ETHERTYPE[raw[0] >> 4], 0, 1, NEAR_MAC))


def _sent_at(extra: list[tuple[int, int, bytes]]) -> int:
    """The kernel's time stamp, moved from the real-time clock to the monotonic one."""
    for _, kind, data in extra:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("=qq", data[:16])
            return int(seconds * 1_000_000_000 + nanoseconds - _offset())
    return time.monotonic_ns()


def _offset() -> int:
    """What the real-time clock is ahead of the monotonic one. Whoever loses the processor between
    the two looks again: on a busy machine that shifted a packet by 4 ms, out of its call."""
    for _ in range(10):
        before, real, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if after - before < 20_000:
            break
    return real - (before + after) // 2
