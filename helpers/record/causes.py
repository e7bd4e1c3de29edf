"""Says which call sent which packet, and which packets no call sent.

A trace is in one order, and between two packets nothing else is under way. So a
packet belongs to the last thing that happened to its sender: a call that began, or a
packet that arrived. What is sent when neither is under way, the kernel sends by
itself: a timer ran out, or a process ended and left its sockets to be closed.

Rule of this file: pure; a trace in, text out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from helpers.record.given import as_trace
from helpers.record.snapshot import table
from helpers.record.trace import QUERIES, CallRecord, PacketRecord, Trace

_HEADINGS = ("host", "what happened", "packets that it made the kernel send")
_TIMER = "a timer ran out"
_ITSELF = "no call: a process ends, or a timer ran out"
# What two clocks, of the kernel and of a process, may differ by; nanoseconds. (Of 2,000 packets on
# a busy machine none was more than 0.1 ms outside the call that had sent it.)
_SLACK = 300_000
# So many threads of a host may be in a call that sends.
_SIDE_BY_SIDE = 16
# Calls that send nothing but acknowledgements, or nothing at all.
_SILENT = frozenset("socket bind listen accept recv recv_into recvfrom recvmsg".split())


@dataclass(slots=True)
class Cause:
    """One thing that happened on ``host``, with the packets that it made the kernel send."""

    host: str
    what: str
    packets: list[PacketRecord]
    call: bool

    @property
    def sent(self) -> str:
        """``SYN``, ``4 data``, or ``none``."""
        kinds = [p.packet.kind for p in self.packets]
        counts = {kind: kinds.count(kind) for kind in kinds}
        return ", ".join(k if n == 1 else f"{n} {k}" for k, n in counts.items()) or "none"


def causes(trace: Trace) -> list[Cause]:
    """Every call but those that only ask, and every arrival that was answered, in order."""
    found: list[Cause] = []
    latest: dict[str, Cause] = {}
    calls: dict[str, CallRecord] = {}  # the call that is the latest thing on a host, if it is one
    sending: dict[str, deque[tuple[CallRecord, Cause]]] = {}  # the last ones that could send
    over: set[int] = set()
    for event in trace.events:
        record = event.record
        if isinstance(record, CallRecord) and event.kind == "end":
            over.add(id(record))
        elif isinstance(record, CallRecord) and record.name not in QUERIES:
            latest[record.host] = _add(found, record.host, record.text, True)
            calls[record.host] = record
            if record.name not in _SILENT:
                sending.setdefault(record.host, deque(maxlen=_SIDE_BY_SIDE)).append(
                    (record, latest[record.host])
                )
        elif isinstance(record, PacketRecord) and event.kind == "delivered":
            what = f"{record.packet.kind} arrives"
            latest[record.destination] = _add(found, record.destination, what, False)
            calls.pop(record.destination, None)
        elif isinstance(record, PacketRecord) and event.kind == "sent" and record.origin:
            call = calls.get(record.origin)
            if call and _by_itself(record, call, id(call) in over):
                meanwhile = _meanwhile(record, sending.get(record.origin, ()))
                latest[record.origin] = meanwhile or _add(found, record.origin, _ITSELF, False)
                del calls[record.origin]
            _cause_of(record, latest, found).packets.append(record)
    return [cause for cause in found if cause.packets or cause.call]


def _by_itself(record: PacketRecord, call: CallRecord, over: bool) -> bool:
    """Whether the kernel sent this by itself, though ``call`` was the last thing that happened.

    It was sent after the call had ended; or the call cannot have sent it; or it sleeps, and what
    a sleeping call has to say it has said: an ACK is a probe then, or was delayed.
    """
    if call.end is not None and record.sent > call.end + _SLACK:
        return True
    acknowledges = record.packet.pure_ack
    return (acknowledges and not over) or (call.name in _SILENT and not acknowledges)


def _meanwhile(record: PacketRecord, calls: Iterable[tuple[CallRecord, Cause]]) -> Cause | None:
    """The call of another thread in which this was sent, while the latest one only waited."""
    for call, cause in calls:
        ended = call.end is None or record.sent <= call.end + _SLACK
        if not record.packet.pure_ack and call.begin - _SLACK <= record.sent and ended:
            return cause
    return None


def _cause_of(record: PacketRecord, latest: dict[str, Cause], found: list[Cause]) -> Cause:
    if record.again or record.origin not in latest:
        return _add(found, record.origin, _TIMER if record.again else "earlier", False)
    return latest[record.origin]


def _add(found: list[Cause], host: str, what: str, call: bool) -> Cause:
    found.append(Cause(host, what, [], call))
    return found[-1]


def cause_table(trace: Trace) -> str:
    """``causes`` as an aligned table; in bench mode it says that packets were not seen."""
    trace = as_trace(trace, "cause_table")
    if not trace.wire:
        return "bench mode: no wire, so it was not seen who sent which packet"
    rows = [(cause.host, cause.what, cause.sent) for cause in causes(trace)]
    return table([_HEADINGS, *rows])
