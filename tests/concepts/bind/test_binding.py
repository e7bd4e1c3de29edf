"""The exercises of notebook 02: what to bind, and why a colleague cannot connect."""

import pytest

from helpers.concepts.bind.binding import BIND_TO
from helpers.concepts.bind.reaching import WHY_NOT
from helpers.learning.exercise import check
from tests.scenes.answers import each_once

pytestmark = pytest.mark.live

# ---- bind_to -------------------------------------------------------------------------------


def exactly(wanted):
    if wanted["*"]:
        return ["::"] if wanted["::1"] else ["0.0.0.0"]
    return [destination for destination, yes in wanted.items() if yes]


def with_two_wildcards(wanted):
    if wanted["*"]:
        return ("", "::1") if wanted["::1"] else [""]
    return tuple(destination for destination, yes in wanted.items() if yes)


def everything(wanted):
    return ["0.0.0.0"]


def everything_of_both(wanted):
    return ["::"]


def loopback(wanted):
    return ["127.0.0.1"]


def as_text(wanted):
    return "0.0.0.0"


def one_by_one(wanted):
    return [d for d, yes in wanted.items() if yes and d != "*"]


def with_the_star(wanted):
    return [d for d, yes in wanted.items() if yes]


def wildcard_and_more(wanted):
    named = [d for d, yes in wanted.items() if yes and d != "*"]
    return ["0.0.0.0", *named] if wanted["*"] else named


def nothing_at_all(wanted):
    return []


def four_only(wanted):
    if wanted["*"]:
        return ["0.0.0.0"]
    return [d for d, yes in wanted.items() if yes]


def two_families(wanted):
    if wanted["*"]:
        return ["::", "0.0.0.0"] if wanted["::1"] else ["0.0.0.0"]
    return [d for d, yes in wanted.items() if yes]


def names_as_they_are(wanted):
    return wanted


def no_return(wanted):
    [d for d, yes in wanted.items() if yes]


def endless(wanted):
    while True:
        pass


def misspelt(wanted):
    return [wanted["127.0.0.0"]]


def numbers(wanted):
    return [1, 2]


@pytest.mark.parametrize("function", [exactly, with_two_wildcards])
def test_right_addresses_pass(function, in_bench):
    assert str(check(function, BIND_TO, bench=in_bench)).endswith("All of them passed.")


WRONG_ADDRESSES = [
    (everything, "and it did. The wildcard 0.0.0.0 answers for every IPv4 address"),
    (everything_of_both, "The wildcard :: answers for every address of the machine, of IPv4 too."),
    (loopback, "asks for 127.0.0.1 must not get in, and it did. It was bound by its own name."),
    (as_text, "a value of type str. It should return a list"),
    (one_by_one, "asks for 127.0.0.3 must get in, and its connect failed: ECONNREFUSED"),
    (with_the_star, "* cannot be bound"),
    (wildcard_and_more, "cannot stand beside the others on the same port: EADDRINUSE"),
    (nothing_at_all, "returned no address at all"),
    (four_only, "asks for ::1 must get in, and its connect failed"),
    (two_families, "A listener on 0.0.0.0 cannot stand beside the others"),
    (names_as_they_are, "a value of type dict"),
    (no_return, "returned None"),
    (endless, "was still running in the loop `while True:`"),
    (misspelt, "KeyError in the line `return [wanted"),
    (numbers, "a value of type list. It should return a list of addresses, each a text"),
]


@each_once(WRONG_ADDRESSES, 3)
def test_each_wrong_choice_has_its_own_sentence(function, sentence, in_bench, hurry):
    said = " ".join(check(function, BIND_TO, bench=in_bench).complaint.split())
    assert sentence in said


# ---- why_not -------------------------------------------------------------------------------


def right(table, port):
    listening = [row["local"].rpartition(":") for row in table if row["state"] == "LISTEN"]
    here = [address for address, _, number in listening if number == str(port)]
    if any(address in ("0.0.0.0", "*", "server") for address in here):
        return "not the server"
    if here:
        return "another address"
    return "another port" if listening else "nobody listens"


def always_nobody(table, port):
    return "nobody listens"


def any_row(table, port):
    return "not the server" if table else "nobody listens"


def any_listener(table, port):
    found = [r for r in table if r["state"] == "LISTEN"]
    return "not the server" if found else "nobody listens"


def first_only(table, port):
    for row in table:
        if row["state"] == "LISTEN":
            address, _, number = row["local"].rpartition(":")
            if int(number) != port:
                return "another port"
            return "another address" if address == "127.0.0.1" else "not the server"
    return "nobody listens"


def without_states(table, port):
    here = [r["local"] for r in table if r["local"].endswith(f":{port}")]
    if any("127.0.0.1" not in local for local in here):
        return "not the server"
    if here:
        return "another address"
    return "another port" if table else "nobody listens"


def wildcard_only(table, port):
    here = [r["local"] for r in table if r["local"].endswith(f":{port}") and r["state"] == "LISTEN"]
    if f"0.0.0.0:{port}" in here:
        return "not the server"
    if here:
        return "another address"
    return "another port" if any(r["state"] == "LISTEN" for r in table) else "nobody listens"


def both_wildcards_of_six(table, port):
    here = [r["local"] for r in table if r["local"].endswith(f":{port}") and r["state"] == "LISTEN"]
    if any(local.startswith(("0.0.0.0", "*", "[::]:", "server")) for local in here):
        return "not the server"
    if here:
        return "another address"
    return "another port" if any(r["state"] == "LISTEN" for r in table) else "nobody listens"


def in_words(table, port):
    return "it listens on 127.0.0.1"


def a_number(table, port):
    return 0


def keys(table, port):
    return table[0]["Local"]


@pytest.mark.parametrize("function", [right])
def test_a_right_reading_passes(function, in_bench):
    assert check(function, WHY_NOT, bench=in_bench).passed


WRONG_READINGS = [
    (always_nobody, "its local address is 127.0.0.1:8080, and the colleague was refused"),
    (any_row, "that destination alone, and the colleague asks for the server's own address"),
    (any_listener, "that destination alone"),
    (first_only, "There are several listeners on port 8080. Does"),
    (without_states, "The row with port 8080 is in the state ESTAB"),
    (wildcard_only, "The listener on server:8080 answers for the server's own address"),
    (both_wildcards_of_six, "[::] is the wildcard of a listener that takes IPv6 only"),
    (in_words, "It should return one of the words 'nobody listens', 'another address'"),
    (a_number, "a value of type int"),
    (keys, "KeyError in the line"),
]


@each_once(WRONG_READINGS, 2)
def test_each_wrong_reading_has_its_own_sentence(function, sentence, in_bench, hurry):
    said = " ".join(check(function, WHY_NOT, bench=in_bench).complaint.split())
    assert sentence in said


def test_the_text_repeats_and_is_the_same_in_bench_mode(in_bench):
    for function, exercise in ((everything, BIND_TO), (always_nobody, WHY_NOT)):
        assert len({str(check(function, exercise, bench=b)) for b in (in_bench, True)}) == 1
