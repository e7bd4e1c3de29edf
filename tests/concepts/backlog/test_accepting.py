"""The exercises of notebook 04: a right answer passes, each wrong one gets its own sentence.

The wrong answers are written as a reader would write them.
"""

import contextlib
import errno
import math
import os
import socket
import sys
import time

import pytest

from helpers.concepts.backlog.accepting import ACCEPTS
from helpers.concepts.backlog.planning import PLANS
from helpers.learning.exercise import check
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live


# ---- serve ----------------------------------------------------------------------------------


def right(listener):
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ECONNABORTED):
                raise
            time.sleep(0.05)
            continue
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def right_with_a_spare(listener):
    """The other known way: a descriptor in reserve, given up to turn the client away."""
    spare = os.open("/dev/null", os.O_RDONLY)
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno != errno.EMFILE:
                return
            os.close(spare)
            listener.accept()[0].close()
            spare = os.open("/dev/null", os.O_RDONLY)
            continue
        try:
            conn.sendall(b"hello\n")
        except OSError:
            pass
        conn.close()


def naive(listener):
    while True:
        conn, _ = listener.accept()
        conn.sendall(b"hello\n")
        conn.close()


def one_client(listener):
    conn, _ = listener.accept()
    conn.sendall(b"hello\n")
    conn.close()


def keeps_open(listener):
    kept = []
    while True:
        conn, _ = listener.accept()
        conn.sendall(b"hello\n")
        kept.append(conn)


def other_words(listener):
    while True:
        conn, _ = listener.accept()
        conn.sendall(b"hello")
        conn.close()


def dies_of_files(listener):
    while True:
        conn, _ = listener.accept()
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def spins(listener):
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            continue
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def sleeps_for_long(listener):
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            time.sleep(30)
            continue
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def deaf(listener):
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            time.sleep(0.05)
            continue
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def gives_up(listener):
    while True:
        try:
            conn, _ = listener.accept()
        except OSError:
            return
        with conn, contextlib.suppress(ConnectionError):
            conn.sendall(b"hello\n")


def hears_nothing(listener):
    time.sleep(60)


def exits(listener):
    listener.accept()
    os._exit(0)


def leaves_by_exception(listener):
    while True:
        conn, _ = listener.accept()
        conn.sendall("hello\n")


SERVERS = [
    (naive, "raises ECONNRESET"),
    (one_client, "came to its end after one client"),
    (keeps_open, "b'hello\\n', and then no end of the stream"),
    (other_words, "it read b'hello'"),
    (dies_of_files, "accept raised EMFILE"),
    (spins, "burns a processor"),
    (sleeps_for_long, "waits for too long"),
    (deaf, "Catch only the errors that pass"),
    (gives_up, "came to its end after the shortage"),
    (hears_nothing, "it read nothing, and it still waits"),
    (exits, "ended its whole process"),
    (leaves_by_exception, "TypeError in the line `conn.sendall("),
]


@pytest.mark.parametrize("function", [right, right_with_a_spare])
def test_a_right_loop_survives_everything(function, in_bench):
    report = check(function, ACCEPTS, bench=in_bench)
    assert report.passed, report


@each_once(SERVERS, 5)
def test_each_wrong_loop_has_its_own_sentence(function, sentence, in_bench):
    report = check(function, ACCEPTS, bench=in_bench)
    assert not report.passed
    assert sentence in report.complaint
    assert [s for _, s in SERVERS if s in report.complaint] == [sentence]


# ---- plan -----------------------------------------------------------------------------------


def plan(clients, ms):
    return clients - 1, math.ceil(clients * ms / 500)


def generous(clients, ms):
    return clients, 1 + clients * ms // 500


def the_articles(clients, ms):
    return 1, 1


def one_too_small(clients, ms):
    return clients - 2, 4


def always_128(clients, ms):
    return 128, 4


def a_lot(clients, ms):
    return 100000, 4


def one_worker(clients, ms):
    return clients, 1


def as_many_as_clients(clients, ms):
    return clients, clients


def nobody(clients, ms):
    return clients, clients * ms // 1000


def minus_one(clients, ms):
    return -1, 2


def floats(clients, ms):
    return clients - 1, clients * ms / 500


def only_n(clients, ms):
    return clients


def prints(clients, ms):
    print(clients, ms)


def endless(clients, ms):
    while clients:
        ms += 1


def misspelt(clients, ms):
    return client, ms  # noqa: F821


def recursion(clients, ms):
    return recursion(clients, ms)


def leaves(clients, ms):
    sys.exit(1)


PLANNERS = [
    (the_articles, "38 of 40 clients found the queue full"),
    (one_too_small, "1 of 40 clients found the queue full"),
    (always_128, "A backlog of 128 is more than twice"),
    (a_lot, "A backlog of 100000 is more"),
    (one_worker, "with 1 at it they take 0.8 s"),
    (as_many_as_clients, "40 workers are more than twice"),
    (nobody, "With 0 workers nobody serves"),
    (minus_one, "turns a negative backlog into 0"),
    (floats, "is of type float"),
    (only_n, "a value of type int"),
    (prints, "returned None"),
    (endless, "in the loop `while clients:`"),
    (misspelt, "name 'client' is not defined"),
    (recursion, "RecursionError"),
    (leaves, "raised SystemExit"),
]


@pytest.mark.parametrize("function", [plan, generous])
def test_a_right_plan_serves_every_burst(function, in_bench):
    report = check(function, PLANS, bench=in_bench)
    assert report.passed, report


@each_once(PLANNERS, 5)
def test_each_wrong_plan_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, PLANS, bench=in_bench)
    assert not report.passed
    assert sentence in report.complaint
    assert [s for _, s in PLANNERS if s in report.complaint] == [sentence]


def test_what_happened_is_told_without_accidents(in_bench):
    lines = str(check(the_articles, PLANS, bench=in_bench)).splitlines()
    assert "  1  server   calls listen(1), and has 1 at work" in lines
    assert "  2  clients  40 come at once; 2 get in with their first SYN" in lines


# Each of these would also be noticed by a reader who sees the cell in the notebook.
def test_with_the_wire_and_without_it_the_text_is_the_same(in_bench):
    said = {str(check(naive, ACCEPTS, bench=mode)) for mode in (True, in_bench)}
    assert len(said) == 1


@pytest.mark.parametrize("function", [spins, deaf])
def test_a_loop_that_goes_on_is_met_with_one_sentence_in_both(function, in_bench):
    """How its calls fall among those of others is chance, so its history may differ."""
    assert len({check(function, ACCEPTS, bench=mode).complaint for mode in (True, in_bench)}) == 1


def test_no_answer_leaves_a_socket_module_changed(in_bench):
    before = socket.socket
    check(right, ACCEPTS, bench=in_bench)
    assert socket.socket is before
