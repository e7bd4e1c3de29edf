"""Exercises in which the reader's function is given what was seen, and answers with a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpers.learning.exercise import Situation
from helpers.learning.stage import Stage
from helpers.learning.texts import sayings
from helpers.record.snapshot import SocketRow, table

Rows = list[dict[str, str]]
Ends = Callable[[SocketRow], tuple[str, str]]
# What a service's port is called in the reader's tables, whatever it is on this machine; the port
# of another service; one that ends with the same digits; and one that nobody has written down.
PORT, OTHER, LONGER, FOURTH = 8080, 9090, 18080, 5432
SAY = sayings("learning", "WORD")
_COLUMNS = ("state", "local", "peer", "process")


@dataclass(frozen=True)
class Wrong:
    """Why an answer is wrong: the sentence, and what its braces stand for."""

    words: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """What the situations of one exercise have in common.

    ``play(stage, word, *case, **more)`` makes things happen, sets ``stage.table``, checks that they
    came out as ``word`` says, and returns the arguments of the reader's function, of which there
    are ``takes``, and what else is known. ``wrong(given, got, word)`` says why the text ``got`` is
    not the answer; None if it is none of the words.
    """

    words: tuple[str, ...]
    play: Callable[..., tuple[Any, ...]]
    wrong: Callable[[Any, str, str], Wrong | None]
    wrong_type: str = SAY.wrong_type
    takes: int | None = None

    def situation(
        self, title: str, word: str, *case: object, wire: bool = False, **more: object
    ) -> Situation:
        """One situation, in which ``word`` is right."""
        return Situation(title, lambda stage: self._ask(stage, word, case, more), wire)

    def _ask(
        self, stage: Stage, word: str, case: tuple[object, ...], more: dict[str, object]
    ) -> None:
        stage.fresh()
        given = self.play(stage, word, *case, **more)
        kind, got = stage.answer(*given[: self.takes])
        if kind == "str" and got == word:
            return
        known = self.wrong(given, got, word) if kind == "str" else Wrong(self.wrong_type)
        wrong = known or Wrong(SAY.unknown)
        words = ", ".join(repr(each) for each in self.words)
        raise stage.mistake(wrong.words, kind=kind, got=got, word=word, words=words, **wrong.facts)


def as_rows(sockets: Iterable[SocketRow], ends: Ends) -> Rows:
    """Sockets as the reader gets them, a listener first; ``ends`` gives both addresses of one."""
    rows = [
        dict(zip(_COLUMNS, (r.state, *ends(r), ", ".join(r.processes) or "none"), strict=True))
        for r in sockets
    ]
    return sorted(rows, key=lambda row: (row["state"] != "LISTEN", *row.values()))


def peer_of(row: SocketRow) -> str:
    """The peer's address, without a number that is an accident."""
    return re.sub(r":ephemeral(-\d+)?$", ":ephemeral", row.peer)


def shown(rows: Rows) -> list[str]:
    """Rows as a table with heads, line by line."""
    return table([_COLUMNS, *(tuple(row.values()) for row in rows)]).splitlines()


def here(rows: Rows, port: int) -> Rows:
    """The rows whose local address ends with the service's port."""
    return [row for row in rows if row["local"].endswith(f":{port}")]
