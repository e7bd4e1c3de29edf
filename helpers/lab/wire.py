"""Moves packets between hosts, records each one, and obeys rules.

The wire is a relay between packet sockets, so it is the only path between two
hosts: what it holds has not arrived, and what it drops never will. A rule sees
one packet and gives one verdict; the first that is not None decides.
"""

from __future__ import annotations

import heapq
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.errors import LabError
from helpers.lab.judge import (
    DROP,
    HOLD,
    LONGEST,
    Judge,
    Rule,
    Verdict,
    as_hold,
    as_verdict,
    is_delay,
)
from helpers.lab.observer import NEVER, Observer
from helpers.links.ip import as_ip
from helpers.links.markers import Markers
from helpers.links.netns import NEAR_MAC
from helpers.record.copies import Copies
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord

if TYPE_CHECKING:
    from helpers.lab.sequencer import Sequencer

T = TypeVar("T")
_SOL_PACKET, _IGNORE_OUTGOING, _SO_TIMESTAMPNS = 263, 23, 35
_ROOM = socket.CMSG_SPACE(16)
_ETHERTYPE = {4: 0x0800, 6: 0x86DD}
_A_RULE = f"A rule takes a packet and returns None, 'drop', 'hold' or 0 to {LONGEST} seconds"
_A_CHOICE = "What hold is given takes a packet and returns something true or false"
_EVERY = Rule(lambda packet: True, as_hold, "")


class Wire:
    """The link between the hosts of a lab.

    Every method acts when the wire is quiet: all that could move has moved.
    """

    def __init__(self, packets: socket.socket, observer: Observer) -> None:
        packets.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        packets.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        packets.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        packets.setblocking(False)
        self.socket = packets
        self._observer = observer
        self._sequencer: Sequencer | None = None
        self._homes: dict[str, str] = {}
        self.taken: dict[str, int] = {}
        self.markers = Markers(packets)
        self._ready: deque[tuple[PacketRecord, str]] = deque()
        self._held: list[tuple[PacketRecord, str]] = []
        self._late: list[tuple[int, int, PacketRecord, str]] = []
        self._last_due: dict[tuple[str, str], int] = {}
        self._delays: dict[tuple[str, str], float] = {}
        self._holding: Rule | None = None
        self._copies = Copies()
        self._inbox: deque[tuple[bytes, str, int]] = deque()
        self._folds = True
        self._cut = False
        self._rules: list[Rule] = []
        self._faulty: list[Rule] = []
        self.judge = Judge()

    # ---- what a notebook does -------------------------------------------------

    @property
    def held(self) -> tuple[PacketRecord, ...]:
        """The packets that wait on the wire, oldest first."""
        return self._do(lambda: tuple(record for record, _ in self._held))

    def hold(self, only: Callable[[Packet], object] | None = None, *, copies: bool = False) -> None:
        """From now on packets wait; with ``only``, those for which it is true.

        A packet that is not held may overtake one that is.

        TCP does not know that somebody is thinking, and sends again. A segment that repeats what
        is held, or what has arrived, is folded into the packet that it repeats: it is counted
        there, it never reaches a host, and ``step`` always lets something new through. With
        ``copies`` such segments are held like any other, from now on until the next ``hold``.
        """
        if only is not None and not callable(only):
            raise LabError(f"hold cannot take {only!r}. {_A_CHOICE}")
        chosen = Rule(only, as_hold, _A_CHOICE) if only else _EVERY

        def act() -> None:
            self._holding, self._folds = chosen, not copies

        self._do(act)

    def step(self, packet: PacketRecord | None = None) -> PacketRecord:
        """Let one held packet through, the oldest or the one given, and wait for its effect.

        Raises ``LabError`` when no packet is held.
        """
        return self._do(lambda: self._let_through(packet))

    def release(self) -> None:
        """Let every held packet through in its order, and stop holding."""

        def act() -> None:
            self._holding = None
            self._ready.extend(self._held)
            self._held.clear()

        self._do(act)

    def drop(self, packet: PacketRecord | None = None) -> PacketRecord:
        """Lose one held packet, the oldest or the one given; ``LabError`` if none is held."""

        def act() -> PacketRecord:
            record, _ = self._take("drop", packet)
            self._observer.lost(record, "dropped")
            return record

        return self._do(act)

    def delay(self, seconds: float, source: str = "", destination: str = "") -> None:
        """From now on each packet takes ``seconds``; of one source or to one destination only,
        if named. 0 ends it. Order is kept: a packet never overtakes an earlier one."""
        if not is_delay(seconds):
            raise LabError(f"a delay must be between 0 and {LONGEST} seconds, not {seconds!r}")
        self._check_names(source, destination)
        self._do(lambda: self._delays.__setitem__((source, destination), seconds))

    def cut(self) -> None:
        """From now on every packet is lost, in both directions, as when a cable is pulled."""
        self._do(lambda: self._set_cut(True, "the wire is cut"))

    def mend(self) -> None:
        """End a ``cut``. What was lost stays lost; TCP will send it again."""
        self._do(lambda: self._set_cut(False, "the wire is mended"))

    def rule(self, judge: Callable[[Packet], Verdict]) -> AbstractContextManager[None]:
        """Obey ``judge`` inside the ``with`` block.

        ``judge(packet)`` returns None (no opinion), ``"drop"``, ``"hold"``, or a delay in
        seconds, 0 to 60. If it raises, returns anything else, or has no answer after 2 s, it is
        set aside and that packet passes; the trace says so, and the next call of the lab and the
        end of the block raise a ``LabError`` that names the cause.
        """
        if not callable(judge):
            raise LabError(f"rule cannot take {judge!r}. {_A_RULE}")
        return self._obeying(Rule(judge, as_verdict, _A_RULE))

    @contextmanager
    def _obeying(self, rule: Rule) -> Iterator[None]:
        self._do(lambda: self._rules.append(rule))
        try:
            yield
        finally:
            with suppress(LabError):  # a lab that was closed meanwhile obeys no rule
                self._do(lambda: self._rules.remove(rule) if rule in self._rules else None)
        if rule.wrong:
            self._faulty = [r for r in self._faulty if r is not rule]
            raise rule.error()

    def inject(self, packet: Any, to: str = "") -> PacketRecord:
        """Put a packet onto the wire that no host has sent; waits for its effect.

        ``packet`` is bytes or a scapy packet from its IP header on. It goes to the host that
        has its destination address, or to host ``to``. Rules, hold and cut apply to it too.
        """
        raw = as_ip(packet)
        self._check_names(to)
        return self._do(lambda: self._judge(raw, "", time.monotonic_ns(), to))

    def __repr__(self) -> str:
        state = "cut" if self._cut else "holding" if self._holding else "open"
        return f"<wire between {self._names()}, {state}, {len(self._held)} held>"

    # ---- what the lab does ----------------------------------------------------

    def attach(self, sequencer: Sequencer) -> None:
        """Name the thread on which everything here happens."""
        self._sequencer = sequencer

    def add_home(self, address: str, host: str) -> None:
        """Packets to ``address`` go to ``host`` from now on."""
        self._homes[address] = host

    def check(self) -> None:
        """Raise the ``LabError`` of a rule that failed, once."""
        if self._faulty:
            raise self._faulty.pop(0).error()

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

    def next_due(self) -> int:
        """When the next delayed packet is due, in monotonic nanoseconds, or NEVER."""
        return self._late[0][0] if self._late else NEVER

    def clear(self) -> None:
        """The lab closes: whatever is still on the wire will never arrive."""
        waiting = [*self._ready, *self._held, *((r, h) for _, _, r, h in self._late)]
        for record, _ in waiting:
            self._observer.lost(record, "cleared")
        self._ready.clear()
        self._held.clear()
        self._late.clear()

    # ---- within ---------------------------------------------------------------

    def _do(self, act: Callable[[], T]) -> T:
        assert self._sequencer is not None
        return self._sequencer.do(act)

    def _set_cut(self, cut: bool, note: str) -> None:
        self._cut = cut
        self._observer.note(note)

    def _check_names(self, *hosts: str) -> None:
        for name in hosts:
            if name != "" and name not in self._homes.values():
                raise LabError(f"no host {name!r} on this wire; it joins {self._names()}")

    def _names(self) -> str:
        return ", ".join(dict.fromkeys(self._homes.values()))

    def _judge(self, raw: bytes, origin: str, t: int, to: str = "") -> PacketRecord:
        record = self._observer.decoded(raw, origin, t, injected=not origin)
        if (original := self._repeated(record)) is not None:
            self._observer.folded(record, original)
            return record
        self._copies.keep(record)
        self._observer.sent(record)
        home = to or self._homes.get(record.packet.destination, "")
        verdict = self._verdict(record.packet)
        if self._cut or verdict == DROP or not home:
            reason = "cut" if self._cut else "dropped" if home else "nobody"
            self._observer.lost(record, reason)
        elif verdict == HOLD:
            record.verdict, record.waited = "held", True
            self._held.append((record, home))
        else:
            self._send_on(record, origin, home, float(verdict or 0.0))
        return record

    def _repeated(self, record: PacketRecord) -> PacketRecord | None:
        """The packet that this one is a mere copy of, if copies are to be folded.

        On a held wire because somebody is thinking; on an open one because the machine was too
        busy to bring the original over in time. Where packets are late by order, what TCP sends
        again is the experiment.
        """
        waiting = bool(self._holding or self._held)
        late = bool(self._late) or any(self._delays.values())
        if not self._folds or (late and not waiting):
            return None
        original = self._copies.original(record, probes=waiting)
        if original and original.verdict == "nobody" and record.packet.destination in self._homes:
            return None  # that address is somebody's now
        return original

    def _verdict(self, packet: Packet) -> Verdict:
        for rule in (*self._rules, *([self._holding] if self._holding else [])):
            verdict = HOLD if rule is _EVERY else self.judge.verdict(rule, packet)
            if rule.wrong:
                self._faulty.append(rule)
                self._observer.note(rule.fault)
                self._rules = [r for r in self._rules if r is not rule]
                self._holding = None if self._holding is rule else self._holding
            elif verdict is not None:
                return verdict
        return None

    def _send_on(self, record: PacketRecord, origin: str, home: str, extra: float) -> None:
        wanted = ((origin, home), (origin, ""), ("", home), ("", ""))
        seconds = extra or next((self._delays[k] for k in wanted if k in self._delays), 0.0)
        due = max(record.sent + int(seconds * 1e9), self._last_due.get((origin, home), 0))
        if seconds or due > time.monotonic_ns():
            self._last_due[origin, home] = due
            heapq.heappush(self._late, (due, record.number, record, home))
        else:
            self._ready.append((record, home))

    def _let_through(self, packet: PacketRecord | None) -> PacketRecord:
        record, home = self._take("step", packet)
        self._ready.append((record, home))
        return record

    def _take(self, what: str, packet: PacketRecord | None) -> tuple[PacketRecord, str]:
        for at, (record, _) in enumerate(self._held):
            if packet is None or record is packet:
                return self._held.pop(at)
        if packet is not None:
            state = getattr(packet, "verdict", "no packet of wire.held")
            raise LabError(f"cannot {what} {packet}: it is not held, it is {state}")
        state = "packets are being held" if self._holding else "hold() has not been called"
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
