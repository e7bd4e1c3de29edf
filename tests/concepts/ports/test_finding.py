"""The exercises of notebook 03: a listener for a test, and counting connections."""

import os
import socket
import threading

import pytest

from helpers.concepts.ports.counting import HOW_MANY
from helpers.concepts.ports.finding import LISTENER
from helpers.learning.exercise import check
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live


def by_library():
    server = socket.create_server(("127.0.0.1", 0))
    return server, server.getsockname()[1]


def by_hand():
    server = socket.socket()
    server.listen()
    return [server, server.getsockname()[1]]


def naive():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = socket.create_server(("127.0.0.1", port))
    return server, port


def collected():
    def free():
        return bound(socket.socket())

    def bound(probe):
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

    port = free()
    return socket.create_server(("127.0.0.1", port)), port


def with_reuse():
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server, port


def fixed():
    port = 20000 + os.getpid() % 10000
    return socket.create_server(("127.0.0.1", port)), port


def shared():
    port = 20000 + os.getpid() % 10000
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server, port


def asked_too_early():
    server = socket.socket()
    port = server.getsockname()[1]
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server, port


def no_listen():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    return server, server.getsockname()[1]


def closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server, server.getsockname()[1]


def only_the_socket():
    return socket.create_server(("127.0.0.1", 0))


def the_wrong_way_round():
    server = socket.create_server(("127.0.0.1", 0))
    return server.getsockname()[1], server


def nothing():
    socket.create_server(("127.0.0.1", 0))


def waits():
    server = socket.create_server(("127.0.0.1", 0))
    server.accept()
    return server, server.getsockname()[1]


def tries_for_ever():
    while True:
        try:
            return naive()
        except OSError:
            pass


def locked():
    threading.Lock().acquire()
    gate = threading.Lock()
    gate.acquire()
    gate.acquire()


@pytest.mark.parametrize("function", [by_library, by_hand])
def test_a_right_listener_passes(function, in_bench):
    assert check(function, LISTENER, bench=in_bench).passed


WRONG = [
    (naive, "before it could bind that port a second time, another program did"),
    (collected, "A port is yours as long as a socket of yours is bound to it"),
    (with_reuse, "raised EADDRINUSE in the line `server.bind("),
    (fixed, "another program had bound that port before it"),
    (shared, "another program had bound that port before it"),
    (asked_too_early, "The port that asked_too_early returned is not the socket's"),
    (no_listen, "does not listen"),
    (closed, "is closed, so its port belongs to whoever comes next"),
    (only_the_socket, "It should return two things"),
    (the_wrong_way_round, "The first of the two things that the_wrong_way_round returned"),
    (nothing, "a value of type NoneType. It should return two things"),
    (waits, "was still running in the line `server.accept()`"),
    (tries_for_ever, "tries_for_ever was still running"),
    (locked, "was still running"),
]


@each_once(WRONG, 4)
def test_each_wrong_listener_has_its_own_sentence(function, sentence, in_bench, hurry):
    said = " ".join(check(function, LISTENER, bench=in_bench).complaint.split())
    assert sentence in said


def test_the_text_repeats_and_is_the_same_in_bench_mode(in_bench):
    assert len({str(check(naive, LISTENER, bench=b)) for b in (in_bench, True)}) == 1


# ---- how_many --------------------------------------------------------------------------------


def right(low, high, servers):
    return (high - low + 1) * servers


def all_of_them(low, high, servers):
    return 65535


def off_by_one(low, high, servers):
    return (high - low) * servers


def ports_only(low, high, servers):
    return high - low + 1


def servers_only(low, high, servers):
    return servers


def halves(low, high, servers):
    return (high - low + 1) / 2 * servers


def as_a_list(low, high, servers):
    return list(range(low, high))


def test_the_right_number_passes(lab):
    report = check(right, HOW_MANY, bench=False)
    assert str(report).endswith("All of them passed.")


def test_in_bench_mode_there_is_no_range_to_set():
    report = check(right, HOW_MANY, bench=True)
    assert [word for word, _ in report.answers] == ["skipped"] * 3


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (all_of_them, "gets one of the ports 40000 to 40003, and no other"),
        (off_by_one, "Both ends of the range belong to it, so the ports 40000 to 40003 are 4"),
        (ports_only, "each port was used once for each of the 3 servers"),
        (servers_only, "returned 1. In the lab it was 4, with ports 40000 to 40003 and 1 servers"),
        (halves, "a value of type float"),
        (as_a_list, "a value of type list"),
    ],
)
def test_each_wrong_number_has_its_own_sentence(lab, function, sentence, hurry):
    said = " ".join(check(function, HOW_MANY, bench=False).complaint.split())
    assert sentence in said
