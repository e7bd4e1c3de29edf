"""The notebook's handle on the link between hosts: holds packets, drops them, obeys rules.

A rule sees one packet and gives one verdict; the first that is not None decides.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any, TypeVar

from helpers.errors import LabError
from helpers.lab.judge import LONGEST, Answer, Rule, as_hold, as_verdict, is_delay
from helpers.lab.relay import EVERY, Relay
from helpers.lab.sequencer import Sequencer
from helpers.links.ip import as_ip
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord

T = TypeVar("T")
_A_RULE = f"A rule takes a packet and returns None, 'drop', 'hold' or 0 to {LONGEST} seconds"
_A_CHOICE = "What hold is given takes a packet and returns something true or false"


class _Obeyed(AbstractContextManager[None]):
    """A rule for the length of a ``with`` block."""

    def __init__(self, wire: Wire, rule: Rule) -> None:
        self._wire, self._rule = wire, rule

    def __enter__(self) -> None:
        try:
            self._wire._do(lambda: self._wire._relay.rules.append(self._rule))
        except BaseException:  # an interrupt, once it is obeyed: there will be no end of a block
            self._forget()
            raise

    def __exit__(self, *raised: object) -> None:
        self._forget()
        if self._rule.wrong and not any(raised):
            raise self._rule.error()

    def _forget(self) -> None:
        with suppress(LabError):  # a lab that was closed meanwhile obeys no rule
            self._wire._do(lambda: self._wire._relay.forget(self._rule))
        if self._rule.wrong:
            relay = self._wire._relay
            relay.faulty = [r for r in relay.faulty if r is not self._rule]

    def __repr__(self) -> str:
        return f"<the rule {self._rule.name}, obeyed inside a block: with lab.wire.rule(…):>"


class Wire:
    """The link between the hosts of a lab.

    Every method acts when the wire is quiet: all that could move has moved.
    """

    def __init__(self, relay: Relay, sequencer: Sequencer) -> None:
        self._relay, self._sequencer = relay, sequencer

    @property
    def held(self) -> tuple[PacketRecord, ...]:
        """The packets that wait on the wire, oldest first."""
        return self._do(lambda: tuple(record for record, _ in self._relay.held))

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
        chosen = Rule(only, as_hold, _A_CHOICE) if only else EVERY

        def act() -> None:
            self._relay.holding, self._relay.folds = chosen, not copies

        self._do(act)

    def step(self, packet: PacketRecord | None = None) -> PacketRecord:
        """Let one held packet through, the oldest or the one given, and wait for its effect.

        Raises ``LabError`` when no packet is held.
        """
        return self._do(lambda: self._relay.let_through(packet))

    def release(self) -> None:
        """Let every held packet through in its order, and stop holding."""
        self._do(self._relay.release)

    def drop(self, packet: PacketRecord | None = None) -> PacketRecord:
        """Lose one held packet, the oldest or the one given; ``LabError`` if none is held."""
        return self._do(lambda: self._relay.drop(packet))

    def delay(self, seconds: float, source: str = "", destination: str = "") -> None:
        """From now on each packet takes ``seconds``; of one source or to one destination only,
        if named. 0 ends it. Order is kept: a packet never overtakes an earlier one."""
        if not is_delay(seconds):
            raise LabError(f"a delay must be between 0 and {LONGEST} seconds, not {seconds!r}")
        self._relay.check_names(source, destination)
        self._do(lambda: self._relay.delay(seconds, source, destination))

    def cut(self) -> None:
        """From now on every packet is lost, in both directions, as when a cable is pulled."""
        self._do(lambda: self._relay.cut(True))

    def mend(self) -> None:
        """End a ``cut``. What was lost stays lost; TCP will send it again."""
        self._do(lambda: self._relay.cut(False))

    def rule(self, judge: Callable[[Packet], Answer]) -> AbstractContextManager[None]:
        """Obey ``judge`` inside the ``with`` block.

        ``judge(packet)`` returns None (no opinion), ``"drop"``, ``"hold"``, or a delay in
        seconds, 0 to 60. If it raises, returns anything else, or has no answer after 2 s, it is
        set aside and that packet passes; the trace says so, and the next call of the lab and the
        end of the block raise a ``LabError`` that names the cause.
        """
        if not callable(judge):
            raise LabError(f"rule cannot take {judge!r}. {_A_RULE}")
        return _Obeyed(self, Rule(judge, as_verdict, _A_RULE))

    def inject(self, packet: Any, to: str = "") -> PacketRecord:
        """Put a packet onto the wire that no host has sent; waits for its effect.

        ``packet`` is bytes or a scapy packet from its IP header on. It goes to the host that
        has its destination address, or to host ``to``. Rules, hold and cut apply to it too.
        """
        raw = as_ip(packet)
        self._relay.check_names(to)
        return self._do(lambda: self._relay.inject(raw, to))

    def __repr__(self) -> str:
        relay = self._relay
        state = "cut" if relay.is_cut else "holding" if relay.holding else "open"
        return f"<wire between {relay.names()}, {state}, {len(relay.held)} held>"

    def _do(self, act: Callable[[], T]) -> T:
        return self._sequencer.do(act)
