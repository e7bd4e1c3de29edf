"""A trace's parts: what comes after a mark, what happened meanwhile, and how a call reads."""

from __future__ import annotations

import pytest

from helpers.record.trace import CallRecord, Note, Trace


def notes(*texts: str) -> Trace:
    trace = Trace(("client", "server"))
    for n, text in enumerate(texts):
        trace.add("note", n, Note(text))
    return trace


def told(trace: Trace) -> list[str]:
    return [str(getattr(event.record, "text", "")) for event in trace.events]


@pytest.mark.parametrize("mark", [0, 1, 2, 3])
def test_a_part_begins_right_behind_its_mark(mark: int) -> None:
    assert told(notes("one", "two", "three").since(mark)) == ["one", "two", "three"][mark:]


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_what_happened_meanwhile_stands_behind_what_was_there_by_then(place: int) -> None:
    texts = ["one", "two", "three"]
    trace = notes(*texts[:place])
    trace.add_meanwhile("note", 9, Note("meanwhile"))
    for text in texts[place:]:
        trace.add("note", 9, Note(text))
    assert told(trace) == texts
    assert told(trace.with_copies()) == [*texts[:place], "meanwhile", *texts[place:]]
    later = told(trace.since(1).with_copies())
    assert later == [text for text in told(trace.with_copies()) if text != "one"][(place == 0) :]


def test_a_call_reads_by_what_has_become_of_it() -> None:
    call = CallRecord("client", "client", "recv", "recv(9)", "recv(3, 9)", 0)
    assert str(call) == "recv(9) ..."
    call.end, call.result = 1, "b'x'"
    assert str(call) == "recv(9) = b'x'"
    call.error = "ECONNRESET"
    assert str(call) == "recv(9) = ECONNRESET"
    call.kernel = False
    assert str(call) == "recv(9) raises ECONNRESET (no system call)"
