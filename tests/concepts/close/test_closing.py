"""The exercises of notebook 07: right answers pass, each wrong one gets its own sentence."""

import socket
import struct
import time

import pytest

from helpers.concepts.close.closing import FINISH
from helpers.concepts.close.leaking import LEAK
from helpers.learning.exercise import check
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live


# ---- finish ---------------------------------------------------------------------------------


def right(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.close()
    return said


def right_with_a_file(sock, reply):
    with sock, sock.makefile("rb") as file:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        return file.read()


def naive(sock, reply):
    sock.sendall(reply)
    sock.close()
    return b""


def stops_early(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    sock.close()
    return b""


def one_recv(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    said = sock.recv(4096)
    while sock.recv(4096):
        pass
    sock.close()
    return said


def forgets_what_it_read(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(4096):
        pass
    sock.close()
    return b""


def reads_first(sock, reply):
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.sendall(reply)
    sock.close()
    return said


def reads_before_shutdown(sock, reply):
    sock.sendall(reply)
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.close()
    return said


def both_ways(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_RDWR)
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.close()
    return said


def aborts(sock, reply):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.sendall(reply)
    sock.close()
    return b""


def leaves_it_open(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    said = b""
    while data := sock.recv(4096):
        said += data
    return said


def closes_then_reads(sock, reply):
    sock.sendall(reply)
    sock.close()
    return sock.recv(4096)


def sends_nothing(sock, reply):
    sock.shutdown(socket.SHUT_WR)
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.close()
    return said


def sends_a_part(sock, reply):
    sock.send(reply[:1000])
    sock.shutdown(socket.SHUT_WR)
    said = b""
    while data := sock.recv(4096):
        said += data
    sock.close()
    return said


def loops_for_ever(sock, reply):
    sock.sendall(reply)
    sock.shutdown(socket.SHUT_WR)
    while True:
        sock.recv(4096)


def spins(sock, reply):
    while True:
        pass


def sleeps(sock, reply):
    time.sleep(60)


def hides_the_reset(sock, reply):
    said = b""
    try:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_WR)
        while data := sock.recv(4096):
            said += data
    except OSError:
        pass
    sock.close()
    return said


def no_return(sock, reply):
    right(sock, reply)


right.__module__ = "__main__"  # as if it stood in the notebook


def text(sock, reply):
    return right(sock, reply).decode()


def misspelt(sock, reply):
    sock.sendal(reply)


def takes_one(sock):
    sock.close()


ENDINGS = [
    (naive, "and then close sends RST instead of FIN"),
    (stops_early, "closed before it had read the peer's end"),
    (one_recv, "One recv returns what has come so far"),
    (forgets_what_it_read, "Keep what each recv returns"),
    (reads_before_shutdown, "each for the other, for ever"),
    (both_ways, "shut down the reading direction as well"),
    (aborts, "SO_LINGER with zero seconds"),
    (leaves_it_open, "its socket is still open"),
    (closes_then_reads, "on a socket that it had closed already"),
    (sends_nothing, "received nothing of the reply, then the end"),
    (sends_a_part, "sendall goes on"),
    (loops_for_ever, "never leaves its loop"),
    (spins, "in the loop `while True:` after"),
    (sleeps, "in the line `time.sleep(60)` after"),
    (hides_the_reset, "Let ConnectionResetError out"),
    (no_return, "returned None"),
    (text, "returned a value of type str"),
    (misspelt, "AttributeError in the line `sock.sendal(reply)`"),
    (takes_one, "raised TypeError"),
    (None, "It was given None"),
]


@pytest.mark.parametrize("function", [right, right_with_a_file])
def test_a_right_end_passes_every_peer(function, in_bench):
    report = check(function, FINISH, bench=in_bench)
    assert report.passed, report
    assert len(report.answers) == 6


@each_once(ENDINGS, 8)
def test_each_wrong_end_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, FINISH, bench=in_bench)
    assert not report.passed
    assert sentence in " ".join(report.complaint.split())
    assert [s for _, s in ENDINGS if s in report.complaint] == [sentence]


@pytest.mark.parametrize("function", [naive, stops_early, reads_first])
def test_with_the_wire_and_without_it_the_text_of_finish_is_the_same(function, in_bench, hurry):
    said = {str(check(function, FINISH, bench=mode)) for mode in (True, in_bench)}
    assert len(said) == 1


# ---- who_forgot -----------------------------------------------------------------------------


def who_forgot(tables):
    for row in tables["client"] + tables["server"]:
        if row["state"] == "CLOSE-WAIT":
            return row["process"]
    return "nobody"


def first_of_the_server(tables):
    return tables["server"][0]["process"]


def the_servers_only(tables):
    found = [r["process"] for r in tables["server"] if r["state"] == "CLOSE-WAIT"]
    return found[0] if found else "nobody"


def the_one_who_waits(tables):
    for row in tables["client"] + tables["server"]:
        if row["state"] == "FIN-WAIT-2":
            return row["process"]
    return "nobody"


def whoever_is_connected(tables):
    for wanted in ("CLOSE-WAIT", "ESTAB"):
        for row in tables["client"] + tables["server"]:
            if row["state"] == wanted:
                return row["process"]
    return "nobody"


def whoever_listens(tables):
    return who_forgot(tables).replace("nobody", "server")


def the_one_with_a_process(tables):
    for wanted in ("FIN-WAIT-2", "CLOSE-WAIT"):
        for row in tables["client"] + tables["server"]:
            if row["state"] == wanted and row["process"] != "none":
                return row["process"]
    return "nobody"


def names_time_wait(tables):
    for wanted in ("CLOSE-WAIT", "TIME-WAIT"):
        for row in tables["client"] + tables["server"]:
            if row["state"] == wanted:
                return row["process"]
    return "nobody"


who_forgot.__module__ = "__main__"


def a_state(tables):
    return "CLOSE-WAIT"


def a_row(tables):
    return tables["server"][0]


def a_stranger(tables):
    return "nginx"


def never_ends(tables):
    while True:
        pass


def by_attribute(tables):
    return tables.client[0]


LEAKS = [
    (first_of_the_server, "A listener is no connection"),
    (the_servers_only, "the client's table has a row in CLOSE-WAIT"),
    (the_one_who_waits, "That row belongs to no process"),
    (whoever_is_connected, "neither side has closed it"),
    (the_one_with_a_process, "waits for the other's"),
    (names_time_wait, "both tables have no CLOSE-WAIT"),
    (a_state, "which is a state"),
    (a_row, "returned a value of type dict"),
    (a_stranger, "The row in CLOSE-WAIT belongs to 'server'"),
    (never_ends, "in the loop `while True:`"),
    (by_attribute, "AttributeError in the line `return tables.client[0]`"),
]


def test_a_right_reader_of_tables_passes(in_bench):
    report = check(who_forgot, LEAK, bench=in_bench)
    assert report.passed, report


@each_once(LEAKS, 5)
def test_each_wrong_reader_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, LEAK, bench=in_bench)
    assert sentence in " ".join(report.complaint.split())
    assert [s for _, s in LEAKS if s in report.complaint] == [sentence]


@pytest.mark.parametrize("function", [first_of_the_server, the_servers_only, whoever_listens])
def test_the_tables_that_were_given_repeat(function, in_bench):
    said = {str(check(function, LEAK, bench=mode)) for mode in (True, in_bench)}
    assert len(said) == 1
