"""The exercises of notebook 05: a capture with holes, and counters that tell a story."""

import pytest

from helpers.concepts.handshake.filling import FILL
from helpers.concepts.handshake.telling import WHAT_HAPPENED
from helpers.learning.exercise import check

pytestmark = pytest.mark.live


def filled(rows):
    used = {"client": 0, "server": 0}
    for row in rows:
        who, other = row["from"], "server" if row["from"] == "client" else "client"
        flags = row["flags"] or ("." if used[who] else "S.")
        row.update(flags=flags, seq=used[who], ack=used[other] if "." in flags else 0)
        used[who] += row["length"] + ("S" in flags) + ("F" in flags)
    return rows


def nothing(rows):
    return rows


def zeros(rows):
    return [{k: 0 if v is None else v for k, v in row.items()} for row in rows]


def no_syn_counted(rows):
    used = {"client": 0, "server": 0}
    for row in rows:
        who, other = row["from"], "server" if row["from"] == "client" else "client"
        row["flags"] = row["flags"] or "S."
        row["seq"] = used[who] if row["seq"] is None else row["seq"]
        row["ack"] = used[other] if row["ack"] is None else row["ack"]
        used[who] += row["length"]
    return rows


def letters(rows):
    rows[1]["flags"] = "SA"
    return rows


def own_ack(rows):
    used = {"client": 0, "server": 0}
    for row in rows:
        flags = row["flags"] or "S."
        row["flags"] = flags
        row["seq"] = used[row["from"]]
        if row["ack"] is None:
            row["ack"] = used[row["from"]] + row["length"]
        used[row["from"]] += row["length"] + ("S" in flags) + ("F" in flags)
    return rows


def no_fin_counted(rows):
    used = {"client": 0, "server": 0}
    for row in rows:
        who, other = row["from"], "server" if row["from"] == "client" else "client"
        flags = row["flags"] or ("." if used[who] else "S.")
        row["flags"] = flags
        row["seq"] = used[who] if row["seq"] is None else row["seq"]
        row["ack"] = used[other] if row["ack"] is None else row["ack"]
        used[who] += row["length"] + ("S" in flags)
    return rows


def changes(rows):
    for row in rows:
        row["length"] = 1
    return rows


def shorter(rows):
    return rows[:-1]


def strings(rows):
    return [str(row) for row in rows]


def first_only(rows):
    return rows[0]


def text_numbers(rows):
    return [{k: str(v) if k == "ack" else v for k, v in row.items()} for row in rows]


def test_a_right_filling_passes(lab):
    assert str(check(filled, FILL, bench=False)).endswith("All of them passed.")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (nothing, "Row 1, flags: nothing left it None."),
        (zeros, "Row 1, flags: it was 'S.': the dot is ACK"),
        (no_syn_counted, "Row 1, ack: it was 1: it is the number of"),
        (letters, "letters says 'SA'"),
        (own_ack, "the number of the next one that server expects, and client has sent 1"),
        (no_fin_counted, "Row 6, ack: it was 5"),
        (changes, "changed it to 1. Which fields"),
        (shorter, "returned 2 rows, and the capture has 3"),
        (strings, "is no dict with the keys"),
        (first_only, "a value of type dict"),
        (text_numbers, "changed it to '0'. Which fields"),
    ],
)
def test_each_wrong_filling_has_its_own_sentence(lab, function, sentence, hurry):
    said = " ".join(check(function, FILL, bench=False).complaint.split())
    assert sentence in said


# ---- what_happened -----------------------------------------------------------------------------


def told(counters):
    if counters["ListenOverflows"]:
        return "accept queue full"
    if counters["TCPReqQFullDrop"]:
        return "SYN queue full"
    return "cookies sent" if counters["SyncookiesSent"] else "nothing"


def drops_only(counters):
    return "SYN queue full" if counters["ListenDrops"] else "nothing"


def always_fine(counters):
    return "nothing"


def always_cookies(counters):
    return "cookies sent"


def no_cookies(counters):
    if counters["ListenOverflows"]:
        return "accept queue full"
    return "SYN queue full" if counters["TCPReqQFullDrop"] else "nothing"


def overflow(counters):
    return "accept queue full" if counters["ListenDrops"] else (
        "cookies sent" if counters["SyncookiesSent"] else "nothing"
    )  # fmt: skip


def in_words(counters):
    return "the queue was full"


def a_number(counters):
    return counters["ListenDrops"]


def test_a_right_story_passes(lab):
    assert str(check(told, WHAT_HAPPENED, bench=False)).endswith("All of them passed.")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (drops_only, "It was 'accept queue full': ListenOverflows moved"),
        (always_fine, "answered 'nothing', and that is not"),
        (always_cookies, "It was 'nothing': no counter of lost handshakes moved"),
        (no_cookies, "It was 'cookies sent': SyncookiesSent moved"),
        (overflow, "It was 'SYN queue full': TCPReqQFullDrop moved"),
        (in_words, "It should return one of the words"),
        (a_number, "a value of type int"),
    ],
)
def test_each_wrong_story_has_its_own_sentence(lab, function, sentence, hurry):
    said = " ".join(check(function, WHAT_HAPPENED, bench=False).complaint.split())
    assert sentence in said


def test_in_bench_mode_there_is_nothing_to_capture_or_count():
    for function, exercise in ((filled, FILL), (told, WHAT_HAPPENED)):
        report = check(function, exercise, bench=True)
        assert {word for word, _ in report.answers} == {"skipped"}
