"""Remembers what a reader predicted and solved: one line of JSON each, in a file of the reader's.

Off unless the environment variable ``TCP_LAB_PROGRESS`` names a file. Nothing is sent anywhere.

Rule: a lesson never fails because something cannot be remembered.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from helpers.errors import LabError
from helpers.learning.texts import asked, flat, named, rooms

VARIABLE = "TCP_LAB_PROGRESS"
_QUESTION = {"notebook", "room", "name", "chose", "seen", "right"}
KINDS = {
    "prediction": _QUESTION,
    "recall": _QUESTION,
    "check": {"notebook", "room", "name", "function", "passed", "failed", "hint"},
}
_complained = False

Record = dict[str, Any]


def kept_in() -> Path | None:
    """The file that remembers, or None where nothing is kept."""
    name = os.environ.get(VARIABLE)
    return Path(name) if name else None


def notebook_of(room: str) -> str:
    """``"04"`` for ``"backlog"``. Raises ``LabError`` for a room that no notebook has."""
    if room not in rooms():
        raise LabError(f"no notebook has a room {room!r}; they are {', '.join(rooms())}")
    return rooms()[room]


def note(kind: str, **what: object) -> None:
    """Append one line: ``kind`` with what belongs to it, the time, and the kernel's release.

    =============== ================================================================
    a prediction    ``notebook="04", room="backlog", name="THROUGH"``,
                    ``chose="6"`` or None, ``seen="6"`` or None while the kernel has
                    not answered, ``right=True`` or None as long as one of both is,
                    and where what was seen is none of the choices
    a recall        the same about a question of an earlier notebook; ``notebook``
                    is where it was asked, ``room`` and ``name`` whose it is
    a check         ``notebook, room, name="PLANS", function="plan", passed=True``,
                    ``failed``: the situation's title or None, ``hint``: 0, 1 or 2
    =============== ================================================================

    Each choice is a line of its own: what was chosen first, before the kernel answered, is the
    prediction, and a change of mind is kept beside it. ``notebook`` may be left out: it follows
    from the room. Several kernels may write at once. Raises ``LabError`` for a kind or a key that
    is not in this list, also where nothing is kept, so that any test of a caller finds it. A file
    that cannot be written is complained of once, in a line on stderr.
    """
    if kind not in KINDS:
        raise LabError(f"{kind!r} is no kind of record; they are {', '.join(KINDS)}")
    if "notebook" not in what and isinstance(what.get("room"), str):
        what = {"notebook": notebook_of(str(what["room"])), **what}
    if wrong := KINDS[kind] ^ set(what):
        missing = "needs" if min(wrong) in KINDS[kind] else "has no"
        raise LabError(f"a record of the kind {kind!r} {missing} {min(wrong)!r}")
    path = kept_in()
    if path is None:
        return
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    record = {"at": now, "kind": kind, **what, "kernel": os.uname().release}
    text = json.dumps(record, ensure_ascii=False, default=str) + "\n"
    try:
        # What UTF-8 cannot hold (half of a surrogate pair) is an escape of JSON's then.
        _append(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        _complain(path, error)


def _append(path: Path, line: bytes) -> None:
    """In one write at the end, so that lines of several kernels never mix; for the reader only."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # What a full disk has cut short stands alone, and does not spoil this line too.
        end = os.lseek(file, 0, os.SEEK_END)
        if end and os.pread(file, 1, end - 1) != b"\n":
            line = b"\n" + line
        written = os.write(file, line)
        if written < len(line):
            raise OSError(f"only {written} of {len(line)} bytes could be written")
    finally:
        os.close(file)


def _complain(path: Path, error: OSError) -> None:
    global _complained
    if not _complained:
        _complained = True
        print(f"your progress is not kept: {path}: {error.strerror or error}", file=sys.stderr)


class Records(list[Record]):
    """What is remembered, oldest first; ``damaged`` lines could not be read and are left out."""

    damaged = 0


def read(path: str | os.PathLike[str] | None = None) -> Records:
    """Every record of the file (default: the one that ``TCP_LAB_PROGRESS`` names).

    Without a file there are none. Raises ``OSError`` for one that cannot be read.
    """
    records = Records()
    where = kept_in() if path is None else Path(path)
    if where is None:
        return records
    try:
        lines = where.read_bytes().splitlines()
    except FileNotFoundError:
        return records
    for line in filter(bytes.strip, lines):
        record = _decoded(line)
        if record is None:
            records.damaged += 1
        else:
            records.append(record)
    return records


def _decoded(line: bytes) -> Record | None:
    """One record; None for a line that is damaged, or is about no room of ours."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("kind") not in list(KINDS):
        return None
    whole = KINDS[record["kind"]] <= set(record)
    named = all(isinstance(record.get(key), str) for key in ("at", "notebook", "name"))
    return record if whole and named and record["room"] in rooms() else None


def missed(records: Sequence[Record], before: str) -> list[tuple[str, str]]:
    """Room and name of the questions of notebooks before this one that deserve another look.

    Those that were answered wrong, or passed by in a notebook in which something was answered;
    the longest ago first. The last sitting counts, and in it the first choice: a question that
    was later recalled right is not among them. Without records there are none.
    """
    found: dict[tuple[str, str], int] = {}
    last = {record["room"]: n for n, record in enumerate(records)}
    for room in rooms():
        if room not in last or notebook_of(room) >= before:
            continue
        for name in questions(room):
            lines = [n for n, r in enumerate(records) if (r["room"], r["name"]) == (room, name)]
            asked = [n for n in lines if records[n]["kind"] != "check"]
            if not _known([records[n] for n in asked]):
                found[room, name] = asked[-1] if asked else last[room]
    return sorted(found, key=lambda question: found[question])


def questions(room: str) -> list[str]:
    """The names of what a notebook asks, in the order in which it asks."""
    return [question.name for question in flat(named(room).values())]


def _known(asked: Sequence[Record]) -> bool:
    """Whether one question was answered right when it was last answered.

    A sitting is a day's predictions, or a day's recall in one notebook. One that only ran the cells
    again does not count: to take up one's work one runs what is above it.
    """
    sittings: dict[tuple[str, str, str], list[Record]] = {}
    for record in asked:
        sitting = (record["at"][:10], record["kind"], record["notebook"])
        sittings.setdefault(sitting, []).append(record)
    choices = [first_choice(each) for each in sittings.values()]
    judged = [right for chose, _, right in choices if chose is not None and right is not None]
    return bool(judged) and judged[-1]


def first_choice(records: Sequence[Record]) -> tuple[str | None, str | None, bool | None]:
    """What was chosen first, before the kernel answered; what it answered; whether that is one.

    ``records`` are those of one question, in order. A choice that came after the answer is
    none; but where the kernel has not answered yet, the notebook's kernel is a new one, and the
    question as well. (None, None, False) where no choice was made in time. What the kernel
    answered may be none of the choices: then nobody was right or wrong, and the last is None.
    """
    chose: str | None = None
    answered = False
    for record in records:
        answered = answered and record["seen"] is not None
        if chose is None and not answered:
            chose = record["chose"]
        answered = record["seen"] is not None
        if answered and chose is not None:
            offered = _offered(record)
            judged = not offered or record["seen"] in (*offered, chose)
            return chose, record["seen"], chose == record["seen"] if judged else None
    return chose, None, False


def _offered(record: Record) -> list[str]:
    """The choices of its question; none of a question that there is no longer."""
    try:
        question = asked(f"{record['room']}.{record['name']}")
    except LabError:
        return []
    return [choice.text for choice in question.choices]
