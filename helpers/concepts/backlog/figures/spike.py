"""Draws a client that comes a moment too early: it waits long after there is room."""

from __future__ import annotations

from helpers.concepts.backlog.late import Late
from helpers.figures import looks, marks
from helpers.figures.looks import Axes

_ROOM = "There is room, and the client waits for its own timer"
_WIDTH, _LEFT, _RIGHT, _FOOT = 9.2, 1.72, 0.98, 0.6  # inches, of the words beside and below
_CLIENT, _QUEUE, _BAR = 0.0, 1.35, 0.56  # heights of the two rows, and of a bar


def spike(found: Late, ax: Axes | None = None, *, title: str = _ROOM) -> Axes:
    """Two rows on one axis of seconds: the client's connect with its SYNs, and the accept queue.

    A cross is a SYN that was dropped, a dot the one that got in. The queue is dark while it is
    full, and hollow while it has room.
    """
    place = _LEFT / _WIDTH, _FOOT, 1 - _RIGHT / _WIDTH, 1.0
    with looks.picture(ax, _WIDTH, 2.9, within=place, title=title, alt=_told(found)) as ax:
        ax.set(xlim=(-0.015 * found.through, 1.015 * found.through), ylim=(1.85, -0.8))
        _client(ax, found)
        _queue(ax, found)
        for y, name in ((_CLIENT, "connect"), (_QUEUE, "accept queue")):
            marks.text(ax, -0.05 * found.through, y, name, "right", bold=True, color=looks.TEXT)
        marks.rows(ax, "seconds since the first SYN")
        ax.set_yticks([])
    return ax


def _client(ax: Axes, found: Late) -> None:
    low = _CLIENT - _BAR / 2
    marks.box(ax, 0, low, found.through, _BAR, looks.OPENING, gid="waits")
    words = f"waits for {found.through:.2f} s"
    marks.text(ax, found.through / 2, _CLIENT, words, color=looks.TEXT, gid="word:waits")
    marks.text(ax, 1.035 * found.through, _CLIENT, "returns", "left", color=looks.TEXT)
    *dropped, inside = found.syns
    for at in dropped:
        _syn(ax, at, "X", looks.FAILS, "SYN: dropped" if at == 0 else "dropped", "left")
    _syn(ax, inside, "o", looks.OPENS, "SYN again: in", "right")


def _syn(ax: Axes, at: float, marker: str, colour: str, words: str, side: str) -> None:
    ax.plot([at], [_CLIENT], marker, color=colour, ms=13, mec=looks.PAPER, zorder=5,
            clip_on=False, gid="syn")  # fmt: skip
    marks.text(ax, at, _CLIENT - _BAR / 2 - 0.1, words, side, va="bottom", color=colour,
               gid="word:syn")  # fmt: skip


def _queue(ax: Axes, found: Late) -> None:
    low, last = _QUEUE - _BAR / 2, found.syns[-1]
    parts = (
        ("full", 0.0, found.accepted, looks.ACCEPT_QUEUE),
        ("room", found.accepted, last, looks.PAPER),
        ("full again", last, found.through, looks.ACCEPT_QUEUE),
    )
    for gid, left, right, fill in parts:
        edge = looks.ACCEPT_QUEUE
        marks.box(ax, left, low, right - left, _BAR, fill, edge=edge, lw=2, gid=gid)
    marks.text(ax, (found.accepted + last) / 2, _QUEUE, "room for one, and nobody knocks",
               color=looks.ACCEPT_QUEUE, gid="word:room")  # fmt: skip
    words = f"accept() makes room after {found.accepted * 1e3:.0f} ms"
    marks.text(ax, found.accepted, low - 0.1, words, "left", va="bottom", color=looks.TEXT,
               gid="word:accept")  # fmt: skip
    marks.text(ax, 1.035 * found.through, _QUEUE, "full", "left", color=looks.TEXT)


def _told(found: Late) -> str:
    dropped = len(found.syns) - 1
    many = "its SYN is" if dropped == 1 else f"{dropped} of its SYNs are"
    seconds = round(found.through)
    waits = f"{seconds} second{'' if seconds == 1 else 's'}"
    return (
        f"Two bars on one axis of seconds. A client's connect waits for about {waits}: {many} "
        "dropped, and the next one gets in. The accept queue is full only at the beginning: accept "
        "makes room almost at once, and until the client's next SYN nobody comes for it."
    )
