"""Solutions to the exercises of notebook 05, as people write them in a cell."""

import copy
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum

# ---- what solutions use of the notebook around them --------------------------------------------

SIDES = ("client", "server")
OTHER = dict(zip(SIDES, reversed(SIDES), strict=True))


def consumes(row):
    """How many sequence numbers a packet uses."""
    return row["length"] + row["flags"].count("S") + row["flags"].count("F")


@dataclass
class Side:
    """What one host has sent so far."""

    next: int = 0

    def send(self, row):
        self.next += consumes(row)


class Story(StrEnum):
    """The words of the answer."""

    FULL = "accept queue full"
    SYNS = "SYN queue full"
    COOKIES = "cookies sent"
    FINE = "nothing"


# In the order in which to look.
SIGNS = {
    "ListenOverflows": "accept queue full",
    "TCPReqQFullDrop": "SYN queue full",
    "SyncookiesSent": "cookies sent",
}

ORDER = tuple(SIGNS.items())

# ---- fill: right --------------------------------------------------------------------------------


def in_place(rows):
    """Right: a count for each side, and only what is None is filled."""
    used = Counter()
    for row in rows:
        me, you = row["from"], OTHER[row["from"]]
        if row["flags"] is None:
            row["flags"] = "." if used[me] else "S."
        if row["seq"] is None:
            row["seq"] = used[me]
        if row["ack"] is None:
            row["ack"] = used[you]
        used[me] += consumes(row)
    return rows


def copied(rows):
    """Right: new rows, the old ones stay as they are."""
    filled, used = [], defaultdict(int)
    for old in copy.deepcopy(rows):
        flags = old["flags"] or (".", "S.")[used[old["from"]] == 0]
        seq = used[old["from"]] if old["seq"] is None else old["seq"]
        ack = used[OTHER[old["from"]]] if old["ack"] is None else old["ack"]
        new = old | {"flags": flags, "seq": seq, "ack": ack}
        used[new["from"]] = new["seq"] + consumes(new)
        filled.append(new)
    return filled


def with_sides(rows):
    """Right: an object for each side."""
    sides = {name: Side() for name in SIDES}
    for row in rows:
        mine, yours = sides[row["from"]], sides[OTHER[row["from"]]]
        guess = {"flags": "." if mine.next else "S.", "seq": mine.next, "ack": yours.next}
        row.update((k, v) for k, v in guess.items() if row[k] is None)
        mine.send(row)
    return rows


def from_the_last_row(rows):
    """Right: each side's last packet says it all."""
    done = []
    for row in rows:
        mine = [each for each in done if each["from"] == row["from"]][-1:]
        yours = [each for each in done if each["from"] != row["from"]][-1:]
        after = [each["seq"] + consumes(each) for each in (*mine, *yours)]
        if row["flags"] is None:
            row["flags"] = "." if mine else "S."
        if row["seq"] is None:
            row["seq"] = after[0] if mine else 0
        if row["ack"] is None:
            row["ack"] = after[-1] if yours else 0
        done.append(row)
    return tuple(done)


def by_recursion(rows, client=0, server=0):
    """Right: the first row, and then the rest."""
    if not rows:
        return []
    row, *others = rows
    mine, yours = (client, server) if row["from"] == "client" else (server, client)
    first = {"flags": "." if mine else "S.", "seq": mine, "ack": yours}
    row = {key: first.get(key) if value is None else value for key, value in row.items()}
    mine += consumes(row)
    ends = (mine, yours) if row["from"] == "client" else (yours, mine)
    return [row, *by_recursion(others, *ends)]


def by_summing(rows):
    """Right: sums over what stands above, again for each row."""
    for at, row in enumerate(rows):
        above = rows[:at]
        sent = {side: sum(consumes(r) for r in above if r["from"] == side) for side in SIDES}
        row["flags"] = row["flags"] or ("." if sent[row["from"]] else "S.")
        for name, value in (("seq", sent[row["from"]]), ("ack", sent[OTHER[row["from"]]])):
            if row[name] is None:
                row[name] = value
    return rows


# ---- fill: wrong --------------------------------------------------------------------------------


def the_other_way_round(rows):
    """Wrong: acknowledges its own bytes, and counts on from the other's."""
    used = Counter()
    for row in rows:
        row["flags"] = row["flags"] or ("." if used[row["from"]] else "S.")
        if row["seq"] is None:
            row["seq"] = used[OTHER[row["from"]]]
        if row["ack"] is None:
            row["ack"] = used[row["from"]]
        used[row["from"]] += consumes(row)
    return rows


def last_byte(rows):
    """Wrong: acknowledges the last byte that came, not the next one."""
    used = Counter()
    for row in rows:
        row["flags"] = row["flags"] or ("." if used[row["from"]] else "S.")
        if row["seq"] is None:
            row["seq"] = used[row["from"]]
        if row["ack"] is None:
            row["ack"] = used[OTHER[row["from"]]] - 1
        used[row["from"]] += consumes(row)
    return rows


def always_syn_ack(rows):
    """Wrong: what is hidden in the column of flags was S. once."""
    rows = copy.deepcopy(rows)
    filled = in_place(copy.deepcopy(rows))
    for row, full in zip(rows, filled, strict=True):
        row.update({k: v for k, v in full.items() if row[k] is None and k != "flags"})
        row["flags"] = row["flags"] or "S."
    return rows


def each_packet_counts(rows):
    """Wrong: thinks that a packet without data uses a number too."""
    used = Counter()
    for row in rows:
        row["flags"] = row["flags"] or ("." if used[row["from"]] else "S.")
        if row["seq"] is None:
            row["seq"] = used[row["from"]]
        if row["ack"] is None:
            row["ack"] = used[OTHER[row["from"]]]
        used[row["from"]] += max(1, row["length"])
    return rows


def after_the_others_last(rows):
    """Wrong: the same belief, with the last row of the other side."""
    last = {}
    for row in rows:
        me, you = row["from"], OTHER[row["from"]]
        row["flags"] = row["flags"] or ("." if me in last else "S.")
        if row["seq"] is None:
            row["seq"] = last[me]["seq"] + consumes(last[me])
        if row["ack"] is None:
            row["ack"] = last[you]["seq"] + max(1, last[you]["length"])
        last[me] = row
    return rows


def a_generator_of_rows(rows):
    """Wrong: a map, which has not done anything yet."""
    return map(dict, in_place(rows))


def forgets_return(rows):
    """Wrong: fills in place, and returns nothing."""
    in_place(rows)


# ---- what_happened: right -----------------------------------------------------------------------


def by_match(counters):
    """Right: match."""
    match counters:
        case {"ListenOverflows": n} if n:
            return "accept queue full"
        case {"TCPReqQFullDrop": n} if n > 0:
            return "SYN queue full"
        case {"TCPReqQFullDoCookies": n} if n:
            return "cookies sent"
        case _:
            return "nothing"


def by_a_table(counters):
    """Right: a table of the notebook, and the first that moved."""
    return next((word for name, word in SIGNS.items() if counters[name]), "nothing")


def by_an_enum(counters):
    """Right: words of an enum, which are text."""
    if counters.get("TCPReqQFullDrop", 0):
        return Story.SYNS
    if counters.get("SyncookiesSent", 0):
        return Story.COOKIES
    return Story.FULL if counters["ListenDrops"] else Story.FINE


def by_recursion_over_signs(counters, signs=ORDER):
    """Right: the same by recursion, with a default."""
    if not signs:
        return "nothing"
    (name, word), *others = signs
    return word if counters[name] > 0 else by_recursion_over_signs(counters, others)


def by_compress(counters):
    """Right: itertools."""
    moved = [counters[name] > 0 for name in SIGNS]
    return [*itertools.compress(SIGNS.values(), moved), "nothing"][0]


def by_conditions(counters):
    """Right: one expression."""
    return (
        "accept queue full" if counters["ListenOverflows"] else
        "SYN queue full" if counters["TCPReqQFullDrop"] else
        "cookies sent" if counters["SyncookiesSent"] else "nothing"
    )  # fmt: skip


# ---- what_happened: wrong -----------------------------------------------------------------------


def cookies_are_a_full_queue(counters):
    """Wrong: with cookies nothing is dropped."""
    if counters["ListenOverflows"]:
        return "accept queue full"
    return "SYN queue full" if counters["TCPReqQFullDoCookies"] else "nothing"


def by_drops(counters):
    """Wrong: ListenDrops counts all losses."""
    if counters["ListenDrops"]:
        return "accept queue full"
    return "cookies sent" if counters["SyncookiesSent"] else "nothing"


def by_segments(counters):
    """Wrong: many segments are no flood."""
    if counters["InSegs"] > 5:
        return "SYN queue full"
    return "nothing"


def by_handshakes(counters):
    """Wrong: without a finished handshake nothing happened, it thinks."""
    if not counters["PassiveOpens"]:
        return "nothing"
    return by_a_table(counters)


def in_capitals(counters):
    """Wrong: the right words, written otherwise."""
    return by_a_table(counters).capitalize()


def a_list_of_words(counters):
    """Wrong: all that fits, in a list."""
    return [word for name, word in SIGNS.items() if counters[name]] or ["nothing"]


RIGHT = {
    "FILL": [in_place, with_sides, copied, from_the_last_row, by_recursion, by_summing],
    "WHAT_HAPPENED": [
        by_an_enum, by_a_table, by_match, by_recursion_over_signs, by_compress, by_conditions,
    ],
}  # fmt: skip
WRONG = {
    "FILL": {
        always_syn_ack: "Row 4, flags: always_syn_ack says 'S.'",
        after_the_others_last: "Row 5, ack: it was 1",
        the_other_way_round: "Row 1, ack: it was 1",
        last_byte: "Row 1, ack: it was 1",
        each_packet_counts: "Row 3, seq: it was 1",
        a_generator_of_rows: "a value of type map",
        forgets_return: "returned None",
    },
    "WHAT_HAPPENED": {
        cookies_are_a_full_queue: "It was 'cookies sent': SyncookiesSent moved",
        by_drops: "It was 'SYN queue full': TCPReqQFullDrop moved",
        by_segments: "It was 'nothing'",
        by_handshakes: "It was 'cookies sent'",
        in_capitals: "It should return one of the words",
        a_list_of_words: "a value of type list",
    },
}
