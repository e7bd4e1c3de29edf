"""Solutions to the exercises of notebook 02, as people write them in a cell."""

import ipaddress
import itertools
import re
from dataclasses import dataclass
from enum import StrEnum

# ---- what solutions use of the notebook around them --------------------------------------------

WILDCARDS = {"0.0.0.0", "*"}
REACHED = frozenset(WILDCARDS | {"server"})


class Word(StrEnum):
    NOBODY = "nobody listens"
    ADDRESS = "another address"
    PORT = "another port"
    FINE = "not the server"


@dataclass(frozen=True)
class Socket:
    """A row of the table, taken apart."""

    state: str
    address: str
    port: int

    @classmethod
    def of(cls, row):
        address, _, number = row["local"].rpartition(":")
        return cls(row["state"], address, int(number))

    @property
    def listens(self):
        return self.state == "LISTEN"


# ---- bind_to -----------------------------------------------------------------------------------


def by_filter(wanted):
    """Right: what is True, unless everything of a family is."""
    if wanted["*"] and wanted["::1"]:
        return ["::"]
    if wanted["*"]:
        return ["0.0.0.0"]
    return list(filter(wanted.get, wanted))


def two_listeners(wanted):
    """Right: each family has a listener of its own."""
    four = ["0.0.0.0"] if wanted["*"] else [a for a, yes in wanted.items() if yes and a != "::1"]
    return four + ["::1"] * wanted["::1"]


def as_a_set(wanted):
    """Right: the order does not matter, so it is a set."""
    if wanted.get("*"):
        return {"::"} if wanted["::1"] else {"0.0.0.0"}
    return {address for address, yes in wanted.items() if yes}


def in_a_loop(wanted):
    """Right: one after the other, the wildcard instead of what it covers."""
    addresses = []
    for place, yes in wanted.items():
        if not yes:
            continue
        if place == "*":
            addresses = [a for a in addresses if ":" in a] + ["0.0.0.0"]
        else:
            addresses.append(place)
    return addresses[-1:] + [a for a in addresses[:-1] if ":" in a] if wanted["*"] else addresses


def by_generator(wanted):
    """Right: a generator inside, and a tuple of it."""

    def chosen():
        if wanted["*"]:
            yield ""
        for place in itertools.compress(wanted, wanted.values()):
            if ":" in place or (not wanted["*"] and place != "*"):
                yield place

    return tuple(chosen())


def by_match(wanted):
    """Right: a pattern for each of three cases."""
    match wanted:
        case {"*": True, "::1": True}:
            return ["::"]
        case {"*": True}:
            return ["0.0.0.0"]
    return [place for place in wanted if wanted[place]]


def all_three_are_all(wanted):
    """Wrong: three addresses by name are not every address; "*" is never looked at."""
    four = [a for a, yes in wanted.items() if yes and a not in ("*", "::1")]
    chosen = ["0.0.0.0"] if len(four) == 3 else four
    return chosen + (["::1"] if wanted["::1"] else [])


def what_the_report_named(wanted):
    """Wrong: binds the address that the report named, and no other."""
    named = [a for a, yes in wanted.items() if yes and a != "*"]
    return [*named, "127.0.0.3"] if wanted["*"] else named


def six_for_any(wanted):
    """Wrong: the wildcard of IPv6 lets in those who ask for ::1."""
    return ["::"] if wanted["*"] else [a for a, yes in wanted.items() if yes]


def network_is_any(wanted):
    """Wrong: who wants the network gets every address."""
    if wanted["server"]:
        return ["0.0.0.0"]
    return [a for a, yes in wanted.items() if yes]


def joined(wanted):
    """Wrong: one text with all of them in it."""
    return [", ".join(a for a, yes in wanted.items() if yes)]


# ---- why_not -----------------------------------------------------------------------------------


def by_rows(table, port):
    """Right: a class of the notebook takes the rows apart."""
    listening = [s for s in map(Socket.of, table) if s.listens]
    mine = [s for s in listening if s.port == port]
    if not mine:
        return "another port" if listening else "nobody listens"
    return "not the server" if any(s.address in REACHED for s in mine) else "another address"


def by_enum(table, port):
    """Right: early returns, and the words of an enum."""
    listening = [r["local"] for r in table if r["state"] == "LISTEN"]
    if not listening:
        return Word.NOBODY
    mine = [local for local in listening if local.endswith(f":{port}")]
    if not mine:
        return Word.PORT
    reached = {f"{address}:{port}" for address in REACHED}
    return Word.FINE if reached.intersection(mine) else Word.ADDRESS


def by_pattern(table, port):
    """Right: a regular expression for the address and the port."""
    found = [re.fullmatch(r"(.+):(\d+)", r["local"]) for r in table if r["state"] == "LISTEN"]
    here = [m[1] for m in found if m and int(m[2]) == port]
    if any(re.fullmatch(r"0\.0\.0\.0|\*|server", a) for a in here):
        return "not the server"
    return "another address" if here else "another port" if found else "nobody listens"


def by_ipaddress(table, port):
    """Right: the library knows an address of IPv4 from one of IPv6, and from a name."""

    def reached(address):
        try:
            return ipaddress.IPv4Address(address) == ipaddress.IPv4Address(0)
        except ValueError:
            return address in ("*", "server")

    word = "nobody listens"
    for row in table:
        if row["state"] != "LISTEN":
            continue
        address, number = row["local"].rsplit(":", 1)
        if number == str(port):
            if reached(address):
                return "not the server"
            word = "another address"
        elif word == "nobody listens":
            word = "another port"
    return word


def by_best(table, port):
    """Right: each listener is given a number, and the best one counts."""
    words = ["nobody listens", "another port", "another address", "not the server"]
    best = 0
    for row in (r for r in table if r["state"] == "LISTEN"):
        address, _, number = row["local"].rpartition(":")
        best = max(best, 1 if int(number) != port else 3 if address in REACHED else 2)
    return words[best]


def only_127(table, port):
    """Wrong: whatever does not begin with 127. is thought to be reached."""
    listening = [r["local"].rpartition(":") for r in table if r["state"] == "LISTEN"]
    mine = [address for address, _, number in listening if number == str(port)]
    if any(not address.startswith("127.") for address in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


def only_one_loopback(table, port):
    """Wrong: knows 127.0.0.1 and no other address of loopback."""
    listening = [r["local"].rpartition(":") for r in table if r["state"] == "LISTEN"]
    mine = [address for address, _, number in listening if number == str(port)]
    if any(address != "127.0.0.1" for address in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


def not_loopback(table, port):
    """Wrong: an address of the machine that is not the one that is asked for."""
    listening = [r["local"].rpartition(":") for r in table if r["state"] == "LISTEN"]
    mine = [address for address, _, number in listening if number == str(port)]
    if any(not re.match(r"127\.|\[::1?\]", address) for address in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


def without_colon(table, port):
    """Wrong: 18080 ends with 8080 too."""
    listening = [r["local"] for r in table if r["state"] == "LISTEN"]
    mine = [local for local in listening if local.endswith(str(port))]
    if any(local.rpartition(":")[0] in REACHED for local in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


def written_port(table, port):
    """Wrong: the port of the example is written in it."""
    listening = [r["local"] for r in table if r["state"] == "LISTEN"]
    mine = [local for local in listening if local.endswith(":8080")]
    if any(local.rpartition(":")[0] in REACHED for local in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


def no_six(table, port):
    """Wrong: the wildcard of IPv6 is overlooked."""
    listening = [r["local"] for r in table if r["state"] == "LISTEN"]
    if f"0.0.0.0:{port}" in listening or f"server:{port}" in listening:
        return "not the server"
    mine = [local for local in listening if local.endswith(f":{port}")]
    return "another address" if mine else "another port" if listening else "nobody listens"


def any_wildcard(table, port):
    """Wrong: [::] is the wildcard of IPv6 alone; that of both families is printed as *."""
    listening = [r["local"].rpartition(":") for r in table if r["state"] == "LISTEN"]
    mine = [address for address, _, number in listening if number == str(port)]
    if any(address in REACHED | {"[::]"} for address in mine):
        return "not the server"
    return "another address" if mine else "another port" if listening else "nobody listens"


RIGHT = {
    "BIND_TO": [two_listeners, as_a_set, by_filter, in_a_loop, by_generator, by_match],
    "WHY_NOT": [by_rows, by_enum, by_pattern, by_ipaddress, by_best],
}
WRONG = {
    "BIND_TO": {
        all_three_are_all: "asks for 127.0.0.3 must not get in, and it did. The wildcard",
        what_the_report_named: "asks for 127.9.8.7 must get in, and its connect failed",
        six_for_any: "asks for ::1 must not get in, and it did. The wildcard ::",
        network_is_any: "asks for 127.0.0.1 must not get in, and it did. The wildcard",
        joined: "cannot be bound",
    },
    "WHY_NOT": {
        only_127: "the colleague asks for the server's own address: 'another address'",
        written_port: "a client on another machine did get in at port 5432",
        without_colon: "nobody listens on port 8080",
        only_one_loopback: "its local address is [::1]:8080, and the colleague was refused",
        not_loopback: "its local address is 192.0.2.102:8080, and the colleague was refused",
        any_wildcard: "its local address is [::]:8080, and the colleague was refused",
        no_six: "The listener on *:5432 answers for the server's own address",
    },
}
