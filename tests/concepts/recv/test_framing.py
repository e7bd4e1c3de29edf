"""The exercises on lines and messages: a right answer passes, each wrong one gets its sentence.

The wrong answers are written as a reader would write them.
"""

import struct

import pytest

from helpers.concepts.recv.reading import LINES, MESSAGES
from helpers.learning.exercise import check
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live


# ---- read_line ----------------------------------------------------------------------------


def by_bytes(sock):
    line = b""
    while (byte := sock.recv(1)) != b"\n":
        if not byte:
            raise EOFError
        line += byte
    return line


def by_peeking(sock):
    line = b""
    while True:
        seen = sock.recv(1024, 2)
        if not seen:
            raise EOFError
        part, end, _ = seen.partition(b"\n")
        line += sock.recv(len(part) + len(end))[: len(part)]
        if end:
            return line


def one_recv(sock):
    return sock.recv(1024)


def one_recv_without_end(sock):
    return sock.recv(1024).rstrip(b"\n")


def stripped(sock):
    return sock.recv(1024).strip()


def reads_ahead(sock):
    data = b""
    while b"\n" not in data:
        piece = sock.recv(1024)
        if not piece:
            raise EOFError
        data += piece
    return data.partition(b"\n")[0]


def until_it_ends_so(sock):
    data = b""
    while not data.endswith(b"\n"):
        data += sock.recv(1024)
    return data[:-1]


def skips_empty_lines(sock):
    line = b""
    while not line:
        line = by_bytes(sock)
    return line


def never_ends(sock):
    line = b""
    while not line.endswith(b"\n"):
        line += sock.recv(1)
    return line[:-1]


def part_at_the_end(sock):
    line = b""
    while (byte := sock.recv(1)) not in (b"", b"\n"):
        line += byte
    return line


def other_error(sock):
    line = b""
    while (byte := sock.recv(1)) != b"\n":
        if not byte:
            raise ValueError("closed")
        line += byte
    return line


def gives_up(sock):
    sock.settimeout(0.12)
    line = b""
    while True:
        try:
            byte = sock.recv(1)
        except TimeoutError:
            return line
        if not byte:
            raise EOFError
        if byte == b"\n":
            return line
        line += byte


def as_text(sock):
    return by_bytes(sock).decode()


def nothing(sock):
    by_bytes(sock)


LINE_READERS = [
    (one_recv, "line end and all"),
    (one_recv_without_end, "no b'\\n' had come"),
    (reads_ahead, "the second call waits for bytes that are gone"),
    (never_ends, "never leaves its loop"),
    (part_at_the_end, "Its caller cannot tell"),
    (until_it_ends_so, "more than one line"),
    (stripped, "Every byte before b'\\n' counts"),
    (other_error, "raised ValueError. EOFError would say"),
    (gives_up, "Silence is no end"),
    (as_text, "a value of type str"),
    (nothing, "returned None"),
]


@pytest.mark.parametrize("function", [by_bytes, by_peeking])
def test_a_right_line_reader_passes(function, in_bench):
    report = check(function, LINES, bench=in_bench)
    assert report.passed, report


@each_once(LINE_READERS, 5)
def test_each_wrong_line_reader_has_its_own_sentence(function, sentence, in_bench):
    report = check(function, LINES, bench=in_bench)
    assert sentence in report.complaint, report
    assert [s for _, s in LINE_READERS if s in report.complaint] == [sentence]


def test_an_empty_line_is_a_line():
    report = check(skips_empty_lines, LINES)
    failed = [title for word, title in report.answers if word == "failed"]
    assert failed == ["an empty line, then another"], report


def test_in_a_history_a_recv_stands_behind_the_send_that_it_waited_for(in_bench):
    history = check(one_recv, LINES, bench=in_bench).failure.history
    calls = [line.split()[:2] for line in history]
    send, recv = (
        next(n for n, (who, call) in enumerate(calls) if who == by and call.startswith(name))
        for by, name in (("client", "send"), ("reader", "recv"))
    )
    assert send < recv, history


def test_a_call_that_never_returned_stands_where_it_began(in_bench):
    *_, waits, ends = check(reads_ahead, LINES, bench=in_bench).failure.history
    assert "recv" in waits and waits.endswith("never returned"), waits
    assert "close" in ends, ends


# ---- read_message -------------------------------------------------------------------------


def exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def right(sock):
    return exactly(sock, int.from_bytes(exactly(sock, 4), "big"))


def two_recvs(sock):
    return sock.recv(int.from_bytes(sock.recv(4), "big"))


def unpacks_too_little(sock):
    (size,) = struct.unpack("!I", sock.recv(4))
    return exactly(sock, size)


def with_its_header(sock):
    header = exactly(sock, 4)
    return header + exactly(sock, int.from_bytes(header, "big"))


def too_greedy(sock):
    exactly(sock, 4)
    return sock.recv(1024) + sock.recv(0)


def takes_the_next_along(sock):
    size = int.from_bytes(exactly(sock, 4), "big")
    data = b""
    while len(data) < size:
        data += sock.recv(1024)
    return data


def cuts_the_next_off(sock):
    return takes_the_next_along(sock)[:5]


def little_endian(sock):
    size = int.from_bytes(exactly(sock, 4), "little")
    return exactly(sock, min(size, 4))


def loops_for_ever(sock):
    size = int.from_bytes(exactly(sock, 4), "big")
    data = b""
    while len(data) < size:
        data += sock.recv(size - len(data))
    return data


def part_of_it(sock):
    size = int.from_bytes(exactly(sock, 4), "big")
    data = b""
    while len(data) < size and (piece := sock.recv(size - len(data))):
        data += piece
    return data


def backwards(sock):
    return right(sock)[::-1]


def message_as_text(sock):
    return right(sock).decode()


def impatient(sock):
    sock.settimeout(0.12)
    try:
        return right(sock)
    except TimeoutError:
        return b""


MESSAGE_READERS = [
    (two_recvs, "returned 0 of 5 bytes"),
    (unpacks_too_little, "raised error in the line"),
    (with_its_header, "begin with the message's own length"),
    (takes_the_next_along, "the header had said 5"),
    (cuts_the_next_off, "the second call waits for bytes that are gone"),
    (little_endian, "returned 4 of 5 bytes"),
    (loops_for_ever, "never leaves its loop"),
    (part_of_it, "Its caller cannot tell"),
    (backwards, "and the message was b'hello'"),
    (message_as_text, "a value of type str"),
    (impatient, "Silence is no end"),
]


def test_a_right_message_reader_passes(in_bench):
    report = check(right, MESSAGES, bench=in_bench)
    assert report.passed, report


@each_once(MESSAGE_READERS, 4)
def test_each_wrong_message_reader_has_its_own_sentence(function, sentence, in_bench):
    report = check(function, MESSAGES, bench=in_bench)
    assert sentence in report.complaint, report
    assert [s for _, s in MESSAGE_READERS if s in report.complaint] == [sentence]
