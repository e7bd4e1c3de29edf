"""Tells in sentences what a picture shows, for a reader who cannot see it.

Rule of this file: pure, no matplotlib; the facts are those of the run, without its accidents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from helpers.figures.beginnings import beginning, key_of
from helpers.figures.dropped import dropped
from helpers.figures.layout import visible
from helpers.figures.packets import caption
from helpers.figures.spelling import Spelling
from helpers.record.trace import CallRecord, Event, Note, PacketRecord, Trace

# Somebody listens to all of it; the text beside the picture has the rest.
_MOST = 700
_NO_CONNECTION = ("gone", "LISTEN")
_USUAL = ("client", "server")
_TIMES = ("", "", "two times ", "three times ", "four times ")
_FATES = {
    "nobody": "is lost, for no host has that address",
    "dropped": "is dropped",
    "cut": "is lost, for the wire is cut",
    "folded": "only repeats the first, and is folded into it",
    "cleared": "is taken from the wire",
}
_DOES = {"dropped": "drops", "ignored": "ignores"}
# Of whom it tells, and what it says. Phrases of one subject make one sentence; without a subject
# a phrase is a sentence.
_Phrase = tuple[str, str]


def ladder(trace: Trace) -> str:
    """What happened, in order: calls, packets and their ends, notes, and the states at the end.

    Of a long run the middle is left out: how it ends is what it was drawn for.
    """
    told = list(_phrases(trace))
    steps = [
        sentence
        for subject, phrases in groupby(told, lambda phrase: phrase[0])
        for sentence in _sentences(subject, [words for _, words in phrases])
    ]
    begin = f"A ladder of {listed(trace.hosts)}; time runs from top to bottom."
    bench = [] if trace.wire else ["In bench mode no packet is seen."]
    return _short([begin, *bench, *steps, *_end(trace)])


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*filter(None, [", ".join(words[:-1])]), *words[-1:]])


def _sentences(subject: str, words: list[str]) -> Iterator[str]:
    counted = list(_counted(words))
    for text in [f"{subject} {listed(counted)}"] if subject else counted:
        yield f"{text[0].upper()}{text[1:]}."


def _counted(words: Iterable[str]) -> Iterator[str]:
    """Equal ones that follow each other once, with their number."""
    for word, same in groupby(words):
        times = len(list(same))
        yield f"{_TIMES[times] if times < len(_TIMES) else f'{times} times '}{word}"


def _short(sentences: list[str]) -> str:
    """Without the middle, as far as that is needed."""
    half = len(sentences) // 2
    first, last, left = sentences[:half], sentences[half:], 0
    while True:
        gap = [f"({left} sentences later.)"] if left else []
        text = " ".join([*first, *gap, *last])
        if len(text) <= _MOST or not first or not last:
            return text
        left += 1
        if len(" ".join(first)) > len(" ".join(last)) and len(first) > 1:
            first = first[:-1]
        else:
            last = last[1:]


def _name(host: str) -> str:
    return f"the {host}" if host in _USUAL else host


def _phrases(trace: Trace) -> Iterator[_Phrase]:
    spelling = Spelling(trace)
    previous: Event | None = None
    seen = [event for event in trace.events if visible(event)]
    ends = dropped(trace)
    for event, after in zip(seen, [*seen[1:], None], strict=True):
        record = event.record
        if isinstance(record, Note):
            yield "", f"note: {record.text}"
        elif isinstance(record, PacketRecord):
            yield from _packet(record, event.kind, ends.get(record, ""), trace.hosts)
        elif isinstance(record, CallRecord):
            if event.kind == "begin":
                at_once = after is not None and after.record is record
                text = spelling.whole(record) if at_once else spelling.text(record)
                yield f"{_name(record.host)} calls", text
            elif previous is None or previous.record is not record:
                yield "", f"{_name(record.host)}'s {record.name} {_outcome(record, spelling)}"
        previous = event


def _outcome(call: CallRecord, spelling: Spelling) -> str:
    if call.error:
        return f"fails with {call.error}"
    return f"returns {spelling.outcome(call).strip().removeprefix('= ')}".strip()


def _packet(packet: PacketRecord, kind: str, end: str, hosts: Sequence[str]) -> Iterator[_Phrase]:
    way = f"{caption(packet).split('  ')[0]} to {_name(packet.destination)}"
    if packet.injected:
        way += f", injected as if from {_name(packet.source)}"
    if kind == "lost":
        yield "", f"{way} {_FATES.get(packet.verdict, packet.verdict)}"
    elif kind == "sent" and packet.lost is None:
        whose = f"{_name(packet.destination)}'s" if packet.destination in hosts else "a host's"
        fate = f" ({whose} kernel {_does(end)})" if end else ""
        yield "on the wire:", way + (", held there" if packet.delivered is None else fate)


def _does(end: str) -> str:
    """``drops it: accept queue full``, of a packet that was ``dropped: accept queue full``."""
    verb, _, _ = end.replace(":", " ").partition(" ")
    return f"{_DOES[verb]} it{end.removeprefix(verb)}"


def _end(trace: Trace) -> list[str]:
    """The states in which the connections are left."""
    last = {key: row.state for key, row in beginning(trace).rows.items()}
    last |= {key_of(change): change.state for change in trace.changes if change.moved}
    left = Counter((key[0], state) for key, state in last.items() if state not in _NO_CONNECTION)
    words = [
        f"{_name(host)} is in {state}"
        if count == 1
        else f"{count} sockets of {_name(host)} are in {state}"
        for (host, state), count in left.items()
    ]
    return [f"In the end {listed(words)}."] if words else []
