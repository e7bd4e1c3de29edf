"""The exercises: a right answer passes, and each wrong one gets a sentence of its own.

The wrong answers are written as a reader would write them.
"""

# ruff: noqa: E722, RET503
import gc
import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from helpers.concepts.recv.reading import RECV_EXACTLY
from helpers.concepts.reuse.diagnosing import WHY
from helpers.concepts.reuse.restarting import RESTARTS
from helpers.errors import LabError, NotPermitted
from helpers.learning import progress
from helpers.learning.exercise import Exercise, Situation, check
from helpers.learning.texts import sayings
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live


# ---- make_listener ------------------------------------------------------------------------


def naive(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return server


def right(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return server


def right_by_library(port):
    return socket.create_server(("", port))


def too_late(port):
    server = socket.socket()
    server.bind(("0.0.0.0", port))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.listen(1)
    return server


def second_try(port):
    server = socket.socket()
    try:
        server.bind(("0.0.0.0", port))
    except OSError:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", port))
    server.listen(1)
    return server


def reuse_port(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return server


def port_zero(port):
    server = socket.socket()
    server.bind(("0.0.0.0", 0))
    server.listen(1)
    return server


def written_in(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 4999))
    server.listen(1)
    return server


def retries(port):
    while True:
        try:
            server = socket.socket()
            server.bind(("0.0.0.0", port))
            server.listen(1)
            return server
        except OSError:
            pass


def retries_whatever(port):
    while True:
        try:
            server = socket.socket()
            server.bind(("0.0.0.0", port))
            server.listen(1)
            return server
        except:
            pass


def sleeps(port):
    time.sleep(60)


def spins(port):
    while True:
        port += 1


def no_return(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen(1)


def returns_port(port):
    server = socket.socket()
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return port


def no_listen(port):
    server = socket.socket()
    server.bind(("0.0.0.0", port))
    return server


def accepts_itself(port):
    server = socket.socket()
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return server.accept()


def here_only(port):
    server = socket.socket()
    server.bind(("127.0.0.1", port))
    server.listen(1)
    return server


def swallows(port):
    server = socket.socket()
    try:
        server.bind(("0.0.0.0", port))
    except OSError as error:
        print("busy:", error.strerror)
    server.listen(1)
    return server


def switched_off(port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    server.bind(("0.0.0.0", port))
    server.listen(1)
    return server


def closes(port):
    with socket.create_server(("", port)) as server:
        return server


def misspelt(port):
    return socket.socket().bnd(("", port))


def leaves(port):
    os._exit(3)


def takes_nothing():
    return socket.socket()


def forks(port):
    os.fork()
    while True:
        pass


def of_the_notebook(port):
    return lab.server.socket()  # noqa: F821


LISTENERS = [
    (naive, "neither did"),
    (too_late, "Move setsockopt in front of bind"),
    (second_try, "Only the new server asked"),
    (reuse_port, "SO_REUSEPORT passes every restart, but"),
    (port_zero, "the kernel chose a port"),
    (written_in, "on one that is written in it"),
    (retries, "needs an option, not patience"),
    (sleeps, "in the line `time.sleep(60)` after"),
    (spins, "in the loop `while True:` after"),
    (no_return, "returned None"),
    (returns_port, "returned an int. It should return the socket itself"),
    (no_listen, "does not listen"),
    (accepts_itself, "itself waits in accept"),
    (here_only, "bound to 127.0.0.1"),
    (swallows, "no bind succeeded"),
    (switched_off, "switches it off"),
    (closes, "closed already"),
    (misspelt, "AttributeError in the line `return socket.socket().bnd"),
    (leaves, "ended its whole process"),
    (takes_nothing, "raised TypeError: takes_nothing() takes 0 positional"),
    (of_the_notebook, "name 'lab' is not defined. The function runs in a process of its own"),
    (lambda port: None, "It was given a lambda"),
    (None, "It was given None"),
]


@pytest.mark.parametrize("function", [right, right_by_library])
def test_a_right_listener_passes_every_restart(function, in_bench):
    report = check(function, RESTARTS, bench=in_bench)
    assert report.passed, report
    assert {word for word, _ in report.answers} == {"passed"}
    assert str(report).endswith("All of them passed.")


@each_once(LISTENERS, 6)
def test_each_wrong_listener_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, RESTARTS, bench=in_bench)
    assert not report.passed
    assert sentence in report.complaint
    assert [s for _, s in LISTENERS if s in report.complaint] == [sentence]


def test_the_history_is_numbered_and_the_complaint_comes_last(in_bench):
    lines = str(check(naive, RESTARTS, bench=in_bench)).splitlines()
    bind = lines.index(" 13  new server  bind(3, 0.0.0.0:port) = EADDRINUSE")
    assert lines[bind - 2] == " 11  server      keeps TIME-WAIT server:port client"
    assert bind < lines.index("What was wrong:")
    assert lines[-1] == "for a pointer: check(naive, reuse.RESTARTS, hint=1)"


def test_what_the_function_printed_is_told(in_bench):
    assert check(swallows, RESTARTS, bench=in_bench).failure.printed == (
        "busy: Address already in use",
    )


@pytest.mark.parametrize("function", [naive, swallows, retries_whatever])
def test_with_the_wire_and_without_it_the_text_is_the_same(function, in_bench, hurry):
    said = {str(check(function, RESTARTS, bench=mode)) for mode in (True, in_bench)}
    assert len(said) == 1


# ---- why ------------------------------------------------------------------------------------


def always_time_wait(table, port):
    return "time-wait"


def why(table, port):
    states = [row["state"] for row in table if row["local"].endswith(f":{port}")]
    if "LISTEN" in states:
        return "another listener"
    if "TIME-WAIT" in states:
        return "time-wait"
    return "client still open" if states else "nothing"


def any_port(table, port):
    states = [row["state"] for row in table]
    return "another listener" if "LISTEN" in states else "nothing"


def wrong_order(table, port):
    states = [row["state"] for row in table if row["local"].endswith(f":{port}")]
    if "TIME-WAIT" in states:
        return "time-wait"
    return why_not(states)


def why_not(states):
    if "LISTEN" in states:
        return "another listener"
    return "client still open" if states else "nothing"


wrong_order.__globals__["why_not"].__module__ = "__main__"  # as if it stood in the notebook


def no_worker(table, port):
    states = [row["state"] for row in table if row["local"].endswith(f":{port}")]
    if "LISTEN" in states:
        return "another listener"
    if "TIME-WAIT" in states:
        return "time-wait"
    return "client still open" if "FIN-WAIT-2" in states else "nothing"


def kernels_words(table, port):
    for row in table:
        if row["local"].endswith(str(port)):
            return row["state"]


def compares_numbers(table, port):
    for row in table:
        if row["local"] == port:
            return "time-wait"
    return "nothing"


def never_nothing(table, port):
    states = [row["state"] for row in table if row["local"].endswith(f":{port}")]
    if "LISTEN" in states:
        return "another listener"
    return "client still open" if "FIN-WAIT-2" in states else "time-wait"


def attributes(table, port):
    return table[0].state


def endless(table, port):
    n = 0
    while n < len(table):
        if table[n]["state"] == "LAST-ACK":
            n += 1


def a_bool(table, port):
    return True


DIAGNOSES = [
    (always_time_wait, "the client has not, so the connection is only half closed"),
    (any_port, "Mind the port: the row LISTEN in this table does not belong"),
    (wrong_order, "Look for LISTEN before anything else"),
    (no_worker, "in the state ESTAB"),
    (kernels_words, "the kernel's name of a state"),
    (compares_numbers, "which is text and not a number"),
    (never_nothing, "port 8080 is free"),
    (attributes, "AttributeError in the line `return table[0].state`"),
    (endless, "in the loop `while n < len(table):`"),
    (a_bool, "a value of type bool"),
]


def test_a_right_diagnosis_passes_every_situation(in_bench):
    report = check(why, WHY, bench=in_bench)
    assert report.passed, report


@each_once(DIAGNOSES, 5)
def test_each_wrong_diagnosis_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, WHY, bench=in_bench)
    assert sentence in report.complaint
    assert [s for _, s in DIAGNOSES if s in report.complaint] == [sentence]


def test_the_table_that_was_given_is_shown_and_repeats(in_bench):
    said = {str(check(wrong_order, WHY, bench=mode)) for mode in (in_bench, True)}
    assert len(said) == 1
    assert "     TIME-WAIT  server:8080  client:ephemeral  none" in said.pop().splitlines()


# ---- recv_exactly ---------------------------------------------------------------------------


def one_recv(sock, n):
    return sock.recv(n)


def recv_exactly(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError(f"{len(data)} of {n} bytes")
        data += piece
    return data


def no_end(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(n - len(data))
    return data


def greedy(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(1024)
    return data


def throws_away(sock, n):
    data = b""
    while len(data) < n:
        data += sock.recv(1024)
    return data[:n]


def waits_for_all(sock, n):
    return sock.recv(n, socket.MSG_WAITALL)


def hides_reset(sock, n):
    data = b""
    while len(data) < n:
        try:
            piece = sock.recv(n - len(data))
        except OSError:
            return data
        if not piece:
            raise EOFError
        data += piece
    return data


def gives_up(sock, n):
    data = b""
    sock.settimeout(0.05)
    while len(data) < n:
        try:
            piece = sock.recv(n - len(data))
        except TimeoutError:
            return data
        if not piece:
            raise EOFError
        data += piece
    return data


def text(sock, n):
    return sock.recv(n).decode()


READERS = [
    (one_recv, "returned 1 of 5 bytes"),
    (no_end, "never leaves its loop"),
    (greedy, "The rest belongs to the next message"),
    (throws_away, "waits for bytes that are gone"),
    (waits_for_all, "Its caller cannot tell"),
    (hides_reset, "Let ConnectionResetError out"),
    (gives_up, "Silence is no end"),
    (text, "a value of type str"),
]


def test_a_right_reader_passes_and_what_needs_the_wire_is_skipped_without_it(in_bench):
    report = check(recv_exactly, RECV_EXACTLY, bench=in_bench)
    assert report.passed, report
    assert report.answers[-1][0] == ("skipped" if in_bench else "passed")
    assert in_bench == ("bench mode has no wire" in str(report))


@each_once(READERS, 5)
def test_each_wrong_reader_has_its_own_sentence(function, sentence, in_bench, hurry):
    report = check(function, RECV_EXACTLY, bench=in_bench)
    assert sentence in report.complaint
    assert [s for _, s in READERS if s in report.complaint] == [sentence]


def test_a_loop_without_end_is_told_once_and_what_follows_was_not_tried(hurry):
    report = check(no_end, RECV_EXACTLY)
    assert str(report).count("the same, again and again") == 1
    assert len(report.failure.history) < 20, report
    words = [word for word, _ in report.answers]
    failed = words.index("failed")
    assert set(words[:failed]) == {"passed"} and set(words[failed + 1 :]) == {"not tried"}


def test_a_reader_whose_time_out_is_over_early_hears_of_that_and_not_of_pieces(in_bench):
    def hurries(sock, n):
        sock.settimeout(0.0001)
        try:
            return sock.recv(n)
        except TimeoutError:
            return b""

    report = check(hurries, RECV_EXACTLY, bench=in_bench)
    assert "Silence is no end" in report.complaint, report


# ---- the check itself ---------------------------------------------------------------------


def test_it_refuses_what_is_no_exercise():
    with pytest.raises(LabError, match="a function and an exercise"):
        check(right, right)


def test_a_situation_that_cannot_be_played_is_a_report_too(in_bench):
    def play(stage):
        stage.connect()

    report = check(
        right,
        Exercise(sayings("reuse", "RESTARTS"), (Situation("nobody listens", play),)),
        bench=in_bench,
    )
    assert "could not be played to its end" in report.complaint


def test_what_this_machine_forbids_is_skipped_and_is_no_fault_of_the_reader(in_bench):
    def forbidden(stage):
        raise NotPermitted("tcp_tw_reuse cannot be set. Ask somebody who may.")

    situations = (Situation("a setting", forbidden), Situation("nothing", lambda stage: None))
    report = check(right, Exercise(sayings("reuse", "RESTARTS"), situations), bench=in_bench)
    assert report.passed and [word for word, _ in report.answers] == ["skipped", "passed"]
    assert "tcp_tw_reuse cannot be set" in report.answers[0][1]


@pytest.mark.parametrize("function", [right, forks, retries_whatever, leaves, sleeps])
def test_nothing_is_left_behind(function, in_bench, hurry):
    check(misspelt, RESTARTS, bench=in_bench)
    gc.collect()
    before = _processes(), len(os.listdir("/proc/self/fd")), threading.active_count()
    check(function, RESTARTS, bench=in_bench)
    gc.collect()
    limit = time.monotonic() + 5
    while _processes() - before[0] and time.monotonic() < limit:
        time.sleep(0.01)
    assert not _processes() - before[0]
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before[1:]


def _processes():
    """Every process below this one."""
    found, new = set(), {str(os.getpid())}
    while new:
        found |= new
        new = {kid for pid in new for kid in _children(pid)} - found
    return found


def _children(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return [k for t in tasks for k in open(f"/proc/{pid}/task/{t}/children").read().split()]
    except OSError:
        return []


CELLS = [
    "import struct as packing\n"
    "from errno import EADDRINUSE as busy\n"
    "from helpers.learning.exercise import check\n"
    "from helpers.concepts.reuse import RESTARTS\n"
    "ON = 1",
    "def prepared():\n"
    "    server = socket.socket()\n"
    "    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, ON)\n"
    "    return server",
    "def make_listener(port):\n"
    "    assert busy == 98 and packing.calcsize('i') == 4\n"
    "    server = prepared()\n"
    "    server.bind(('0.0.0.0', port))\n"
    "    server.listen(1)\n"
    "    return server",
    "check(make_listener, RESTARTS)",
    "def make_listener(port):\n    return port",
    "check(make_listener, RESTARTS)",
]


def test_functions_of_cells_take_what_they_use_with_them(in_bench, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat.v4")
    monkeypatch.setenv("TCP_LAB_BENCH", "1" if in_bench else "0")
    book = nbformat.new_notebook(cells=[nbformat.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(book, timeout=30, kernel_name="python3").execute()
    said = [cell.outputs[-1].data["text/plain"] for cell in book.cells if cell.outputs]
    assert said[0].endswith("All of them passed.")
    assert "returned an int" in said[1]


def test_a_hint_is_told_when_it_is_asked_for(in_bench):
    reports = [check(second_try, RESTARTS, hint=n, bench=in_bench) for n in (0, 1, 2)]
    said = [[line for line in str(r).splitlines() if not line.startswith(" ")] for r in reports]
    heads = ["What was wrong:", "", "Where to look:", "", "What helps:"]
    call = "check(second_try, reuse.RESTARTS, hint="
    assert said[0][-3:] == [*heads[:1], "", f"for a pointer: {call}1)"]
    assert said[1][-5:] == [*heads[:3], "", f"for the cure: {call}2)"]
    assert said[2][-5:] == heads
    cure = "Set the option always, from the first start"
    assert [cure in str(r) for r in reports] == [False, False, True]
    assert len({r.complaint for r in reports}) == 1
    with pytest.raises(AssertionError, match=cure):
        reports[0].assert_passed()
    check(right, RESTARTS, bench=in_bench).assert_passed()


@pytest.mark.parametrize("hint", [-1, 3, "1", None])
def test_there_are_two_hints(hint):
    with pytest.raises(LabError, match=f"hint is 0, 1 or 2, not {hint!r}"):
        check(right, RESTARTS, hint=hint)


def test_a_button_shows_the_next_hint_in_place_and_runs_nothing_again(in_bench, monkeypatch):
    report = check(naive, RESTARTS, bench=in_bench)
    monkeypatch.setattr("helpers.lab.lab.Lab.__init__", None)
    told, button = report._widget().children
    shown = []
    for _ in range(2):
        shown.append(told.value)
        assert button.layout.display is None
        button.click()
    assert ["Where to look:" in text for text in (*shown, told.value)] == [False, True, True]
    assert "What helps:" in told.value and button.layout.display == "none"
    assert report.hint == 0 and "Where to look" not in str(report)


def test_a_check_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "progress.jsonl"
    monkeypatch.setenv(progress.VARIABLE, str(file))
    check(naive, RESTARTS, hint=1)
    (kept,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (kept["kind"], kept["notebook"], kept["room"], kept["name"]) == (
        "check", "01", "reuse", "RESTARTS",
    )  # fmt: skip
    assert (kept["passed"], kept["hint"]) == (False, 1) and kept["failed"]
