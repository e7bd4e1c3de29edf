"""A picture's calls say which socket they are of, from traces made by hand."""

from __future__ import annotations

import pytest

from helpers.errors import LabError
from helpers.figures.kept import kept, trace_of
from helpers.figures.ladder import ladder
from helpers.figures.spelling import Spelling
from helpers.figures.steps import steps
from helpers.record.sockets import checked
from helpers.record.trace import CallRecord, Trace


def call(trace: Trace, host: str, text: str, result: str = "", **also: object) -> CallRecord:
    """A call that has returned; ``inode`` is its socket, ``made`` the one that it returned."""
    at = 1_000_000 * (len(trace) + 1)
    record = CallRecord(host, host, text.partition("(")[0], text, text, at, **also)  # type: ignore[arg-type]
    trace.sockets.learn(record)
    trace.add("begin", at, record)
    record.end, record.result = at + 1000, result
    trace.sockets.learn(record)
    trace.add("end", at + 1000, record)
    return record


def run() -> Trace:
    trace = Trace(("client", "server"))
    call(trace, "server", "socket()", "3", made=30)
    call(trace, "server", "setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)", fd=3, inode=30)
    call(trace, "server", "listen(1)", fd=3, inode=30)
    call(trace, "client", "connect(server:8080)", fd=3, inode=10)
    call(trace, "server", "accept()", "4 from client:ephemeral", fd=3, inode=30, made=40)
    call(trace, "server", "accept()", "5 from client:ephemeral", fd=3, inode=30, made=50)
    call(trace, "server", "recv(1024)", "b'hello'", fd=5, inode=50)
    call(trace, "server", "dup()", "6", fd=6, inode=60)
    return trace


def written(trace: Trace) -> list[str]:
    spelling = Spelling(trace)
    return [spelling.whole(record) for record in trace.calls]


def test_names_follow_from_what_a_socket_does_also_before_it_has_done_it() -> None:
    assert written(run()) == [
        "listener = socket()",
        "listener.setsockopt(SO_REUSEADDR, 1)",
        "listener.listen(1)",
        "connect(server:8080)",  # a host's only socket needs no name
        "conn = listener.accept()",
        "conn-2 = listener.accept()",
        "conn-2.recv(1024) = b'hello'",
        "fd6.dup() = 6",
    ]


def test_a_slice_knows_what_the_whole_knew_and_counts_for_itself() -> None:
    trace = run()
    marks = [n for n, event in enumerate(trace.events) if event.kind == "begin"]
    assert written(trace.since(marks[5])) == [
        "conn = listener.accept()", "conn.recv(1024) = b'hello'", "fd6.dup() = 6",
    ]  # fmt: skip
    assert written(trace.since(marks[6]))[:1] == ["conn.recv(1024) = b'hello'"]
    assert written(trace.with_copies()) == written(trace)


def test_a_name_that_was_given_counts_more_than_a_role() -> None:
    trace = run()
    trace.sockets.give(30, "front")
    assert "conn = front.accept()" in written(trace)


def test_an_error_makes_no_socket_and_stands_behind_the_name() -> None:
    trace = run()
    failed = call(trace, "server", "recv(1024)", fd=3, inode=30)
    failed.error = "ENOTCONN"
    assert written(trace)[-1] == "listener.recv(1024) = ENOTCONN"


def test_ladder_and_replay_have_the_names_and_so_has_a_kept_trace() -> None:
    trace = run()
    texts = [text.get_text() for text in ladder(trace).texts]
    for line in written(trace):
        assert line in texts
    assert [step.text for step in steps(trace)[1]] == written(trace)
    assert written(trace_of(kept(trace))) == written(trace)


@pytest.mark.parametrize("name", ["", "two words", 3, "x" * 21, "a.b"])
def test_a_name_is_a_short_word(name: object) -> None:
    with pytest.raises(LabError, match="must be a Python name of at most 20 letters"):
        checked(name)
