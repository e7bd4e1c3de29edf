"""Descriptors, paths and endings, as the kernel has them."""

from __future__ import annotations

import socket

import pytest

from helpers import Lab, LabError
from helpers.concepts.close.endings import REPLY, WAYS, ending
from helpers.concepts.close.figures.statepath import state_path
from helpers.concepts.close.holders import Holders
from helpers.concepts.close.paths import path, path_table
from helpers.lab.mirror import Socket

pytestmark = pytest.mark.live


def connection(lab: Lab, port: int = 0) -> tuple[Socket, Socket]:
    listener = lab.server.socket()
    listener.bind(("0.0.0.0", port))
    listener.listen(1)
    client = lab.client.socket()
    client.connect(("server", listener.getsockname()[1]))
    return client, listener.accept()[0]


def test_a_fork_and_a_dup_are_references_and_a_file_is_none(either: Lab) -> None:
    _, conn = connection(either)
    held = Holders(either.server, conn)
    copy = held.do("dup()", conn.dup)
    file = held.do("makefile()", conn.makefile)
    child = held.do("fork()", either.server.fork)
    held.do("close()", conn.close)
    held.do("close() of the file", file.close)
    held.do("close() of the copy", copy.close)
    held.do("the child dies", child.kill)
    counts = [reading.references for reading in held.readings]
    assert counts == [1, 2, 2, 4, 4, 3, 2, 0]
    assert held.readings[3].held == {"server": 2, "server-child1": 2}
    assert [r.near == "ESTAB" for r in held.readings] == [True] * 7 + [False]


def test_only_the_last_close_sends_the_fin(lab: Lab) -> None:
    _, conn = connection(lab)
    held = Holders(lab.server, conn)
    child = held.do("fork()", lab.server.fork)
    held.do("close() in the parent", conn.close)
    held.do("close() in the child", conn.at(child).close)
    assert [reading.sent for reading in held.readings] == [(), (), (), ("FIN",)]
    assert held.readings[-1].far == "CLOSE-WAIT"


def test_what_others_send_is_not_counted(lab: Lab) -> None:
    _, conn = connection(lab)
    held = Holders(lab.server, conn)
    _, other = held.do("another connection", connection, lab)
    held.do("and its close", other.close)
    assert [reading.sent for reading in held.readings] == [(), (), ()]


def test_an_error_of_a_begun_call_is_entered_with_its_step(either: Lab) -> None:
    _, conn = connection(either)
    held = Holders(either.server, conn)
    conn.shutdown(socket.SHUT_WR)
    held.do("send()", conn.start, "send", b"x")
    assert held.readings[-1].step == "send() = EPIPE"


def test_a_listener_has_no_connection_to_watch(either: Lab) -> None:
    listener = either.server.socket()
    listener.bind(("0.0.0.0", 0))
    listener.listen(1)
    with pytest.raises(LabError, match="has no connection to watch"):
        Holders(either.server, listener)


def test_the_path_names_what_led_to_each_step(lab: Lab) -> None:
    client, conn = connection(lab)
    mark = lab.trace.mark()
    conn.shutdown(socket.SHUT_WR)
    client.close()
    steps = [(s.before, s.after, s.label) for s in path(lab.trace.since(mark), "server")]
    assert steps == [
        ("ESTAB", "FIN-WAIT-1", "shutdown(SHUT_WR) / FIN"),
        ("FIN-WAIT-1", "FIN-WAIT-2", "ACK arrives"),
        ("FIN-WAIT-2", "TIME-WAIT", "FIN arrives / ACK"),
    ]


def test_both_at_once_goes_through_closing(lab: Lab) -> None:
    client, conn = connection(lab)
    mark = lab.trace.mark()
    lab.wire.hold()
    conn.close()
    client.close()
    lab.wire.release()
    trace = lab.trace.since(mark)
    assert [s.after for s in path(trace, "client")] == ["FIN-WAIT-1", "CLOSING", "TIME-WAIT"]
    walked = {str(t.get_gid()) for t in state_path(trace).texts}
    assert {"node:CLOSING:True", "node:CLOSE-WAIT:False"} <= walked
    assert "LAST-ACK" not in path_table(trace)


def test_where_nothing_changed_there_is_no_path(lab: Lab) -> None:
    connection(lab)
    with pytest.raises(LabError, match="no connection of server changed"):
        path(lab.trace.since(lab.trace.mark()), "server")


@pytest.mark.parametrize(
    ("way", "unread", "whole"),
    [
        ("close", 0, True),
        ("close", 1, False),
        ("close, SO_LINGER 0", 0, False),
        ("shutdown, close", 0, True),
        ("shutdown, close", 1, False),
        ("shutdown, drain, close", 0, True),
        ("shutdown, drain, close", 5000, True),
    ],
)
def test_what_arrives_of_a_reply(either: Lab, way: str, unread: int, whole: bool) -> None:
    assert way in WAYS
    seen = ending(either, way, unread)
    assert (seen.received == REPLY) is whole
    assert seen.end == ("EOF" if whole else "ECONNRESET")
