"""Finds rows by what somebody pastes: part of a message, an errno's name, or a short name."""

from __future__ import annotations

import difflib
import re

from helpers.errors import LabError
from helpers.symptoms.rows import Row, rows

_NEAREST = 5


def find(text: str) -> list[Row]:
    """The rows that ``text`` names, in the order of the page; raises ``LabError`` if none does.

    A short name names its row alone. Otherwise every row counts that has ``text`` in its message,
    in another spelling of it, in when it is seen, or as an errno's name; case and punctuation do
    not matter, and a longer text that has a whole message in it names that row as well. ``…`` in
    a message stands for what differs each time: a host, a port, a number.
    """
    if not isinstance(text, str) or not _plain(text):
        raise LabError(f"a symptom is found by a part of its message, as text; not by {text!r}")
    known = rows()
    if text in known:
        return [known[text]]
    wanted = _plain(text)
    for fits in (_says, _pasted):
        if found := [row for row in known.values() if fits(row, wanted)]:
            return found
    raise LabError(f"no row has {text!r}. The nearest: {'; '.join(_nearest(wanted))}")


def listing(found: list[Row]) -> str:
    """A line for each row: its short name, and what one sees."""
    width = max(len(row.name) for row in found)
    return "\n".join(f"{row.name:<{width}}  {row.title}" for row in found)


def _says(row: Row, wanted: str) -> bool:
    """Whether ``wanted`` is a part of what the row says, words whole."""
    return any(f" {wanted} " in f" {each} " for each in _texts(row))


def _pasted(row: Row, wanted: str) -> bool:
    """Whether a pasted traceback or log line has the row's message in it, or most of a word."""
    core = [each.rpartition("]")[2] or each for each in (row.message, *row.also)]
    return any(_within(each, wanted) for each in core) or any(
        wanted in each for each in _texts(row)
    )


def _within(message: str, wanted: str) -> bool:
    """Whether a message is in a text, with anything in the place of each ``…``."""
    pieces = [re.escape(_plain(each)) for each in message.split("…")]
    return any(pieces) and re.search(".*".join(pieces), wanted) is not None


def _texts(row: Row) -> list[str]:
    own = (row.message, *row.also, row.title, *row.words, *row.errnos, row.name)
    return [_plain(each) for each in own]


def _nearest(wanted: str) -> list[str]:
    """The rows whose words are most like these, by difflib."""
    scores = {
        row.name: max(difflib.SequenceMatcher(None, wanted, each).ratio() for each in _texts(row))
        for row in rows().values()
    }
    best = sorted(scores, key=lambda name: -scores[name])[:_NEAREST]
    return [f"{name} ({rows()[name].message})" for name in best]


def _plain(text: str) -> str:
    """Lower case, words apart by one space, no punctuation: ``CLOSE_WAIT`` is ``close wait``."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))
