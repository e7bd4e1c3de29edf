"""Draws who holds a connection: time runs down, a bar for each descriptor, and both ends' states.

Units are inches, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Sequence

from helpers.concepts.close.holders import GONE, Holders, Reading, labels
from helpers.figures import looks, marks
from helpers.figures.looks import Axes
from helpers.figures.telling import listed

# Where descriptors begin and end, the middle of their count, the two states and their width.
_LANES, _LANES_END, _COUNT, _NEAR, _FAR, _STATE = 2.85, 5.2, 5.74, 6.3, 8.2, 1.12
_GROUPS, _HEADS, _FIRST, _ROW = 0.18, 0.72, 0.82, 0.52
# A bar, the room of a process, from bar to bar, and what is left free where one begins or ends.
_THICK, _WIDEST, _LANE, _AIR = 0.24, 1.2, 0.4, 0.08


def references(
    of: Holders,
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """One row a step: descriptors by process, how many references, states, what was sent.

    A bar is a descriptor, and ends where it was closed; two in one process are two bars. A packet
    is an arrow between the states. In bench mode it is said that packets are not seen. By default
    the title says how many references were left when the connection's end was sent.
    """
    title = title or _seen(of.readings)
    found = labels(of.readings)
    high = _FIRST + _ROW * len(of.readings) + 0.05
    with looks.picture(ax, looks.WIDE, high, margin=0, title=title, alt=_told(of)) as ax:
        ax.set(xlim=(0, looks.WIDE), ylim=(high, 0))
        _heads(ax, of, found)
        for n, reading in enumerate(of.readings):
            _step(ax, n, reading)
        _bars(ax, of.readings, found)
        _states(ax, [r.near for r in of.readings], _NEAR)
        _states(ax, [r.far for r in of.readings], _FAR)
    return ax


def _seen(readings: Sequence[Reading]) -> str:
    """At which count the first FIN or RST went out."""
    for each in readings:
        ends = [kind for kind in each.sent or () if kind in ("FIN", "RST")]
        if ends:
            left = str(each.references) if each.references else "no"
            words = "references are" if each.references > 1 else "reference is"
            return f"The {ends[0]} goes out when {left} {words} left"
    return "Who holds a connection, and what is sent for it"


def _told(of: Holders) -> str:
    told = []
    for each in of.readings:
        sent = "packets not seen" if each.sent is None else f"{_kinds(each) or 'nothing'} sent"
        held = listed([f"{n} in {who}" for who, n in each.held.items()]) or "none"
        told.append(f"{each.step}: descriptors {held}, {sent}, {each.near} and {each.far}")
    return f"What holds a connection of {of.host} with {of.peer}. {'; '.join(told)}."


def _kinds(reading: Reading) -> str:
    return ", ".join(dict.fromkeys(reading.sent or ()))


def _room(found: Sequence[str]) -> float:
    """How wide the room of a process is."""
    return min(_WIDEST, (_LANES_END - _LANES) / len(found))


def _heads(ax: Axes, of: Holders, found: Sequence[str]) -> None:
    wide = _room(found)
    marks.head(ax, _LANES + wide * len(found) / 2, _GROUPS, "descriptors in")
    for n, label in enumerate(found):
        words = label.replace("-", "\n")
        marks.text(ax, _LANES + wide * (n + 0.5), _HEADS, words, va="bottom", linespacing=1.1,
                   color=looks.TEXT)  # fmt: skip
    marks.head(ax, 0.05, _HEADS, "after", "left", va="bottom")
    marks.head(ax, _COUNT, _HEADS, "references", va="bottom")
    marks.head(ax, (_NEAR + _FAR + _STATE) / 2, _GROUPS, "states")
    for x, host in ((_NEAR, of.host), (_FAR, of.peer)):
        marks.text(ax, x + _STATE / 2, _HEADS, host, va="bottom", bold=True, color=looks.TEXT)


def _step(ax: Axes, n: int, reading: Reading) -> None:
    """The name of the step, the count, and what was sent."""
    top = _FIRST + n * _ROW
    y = top + _ROW / 2
    ax.plot([0, _NEAR - 0.1], [top, top], color=looks.FAINT, lw=1, zorder=0)
    colour = looks.FAILS if " = " in reading.step else looks.TEXT
    marks.text(ax, 0.05, y, reading.step, "left", color=colour, gid=f"step:{n}")
    marks.text(ax, _COUNT, y, reading.references, size=looks.TITLE, bold=True, color=looks.TEXT,
               gid=f"count:{reading.references}")  # fmt: skip
    words = "not seen" if reading.sent is None else _kinds(reading)
    if words:
        _packet(ax, y, words, reading.sent is not None)


def _packet(ax: Axes, y: float, words: str, seen: bool) -> None:
    colour = looks.PLAIN
    for kind, shade in (("data", looks.DATA), ("FIN", looks.ENDS), ("RST", looks.FAILS)):
        if kind in words:
            colour = shade
    left, right = _NEAR + _STATE, _FAR
    if seen:
        ax.annotate("", (right, y + 0.1), (left, y + 0.1), arrowprops={
            "arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 1, "shrinkB": 1,
            "mutation_scale": 13})  # fmt: skip
    marks.text(ax, (left + right) / 2, y - 0.06, words, size=looks.SMALL, color=colour,
               bold=colour != looks.PLAIN, gid=f"sent:{words}")  # fmt: skip


def _bars(ax: Axes, readings: Sequence[Reading], found: Sequence[str]) -> None:
    """In the room of each process a lane for each descriptor that it ever had at once."""
    wide = _room(found)
    for place, label in enumerate(found):
        held = [reading.held.get(label, 0) for reading in readings]
        before, after, most = [0, *held], [*held[1:], held[-1]], max(held)
        for n in range(most):
            x = _LANES + wide * (place + 0.5) + _LANE * (n - (most - 1) / 2) - _THICK / 2
            for y in range(len(readings)):
                if held[y] > n:
                    top = 0.0 if before[y] > n else _AIR
                    foot = _ROW if after[y] > n else _ROW - _AIR
                    at = x, _FIRST + y * _ROW + top
                    marks.box(ax, *at, _THICK, foot - top, looks.DATA, gid=f"held:{label}:{y}")


def _states(ax: Axes, states: Sequence[str], x: float) -> None:
    for n, state in enumerate(states):
        if state == GONE:
            continue
        y = _FIRST + n * _ROW
        marks.box(ax, x, y, _STATE, _ROW, looks.state_colour(state), gid=f"state:{state}")
        if n == 0 or states[n - 1] != state:
            marks.text(ax, x + _STATE / 2, y + _ROW / 2, state, size=looks.SMALL, color=looks.TEXT,
                       gid=f"name:{n}:{state}")  # fmt: skip
