"""The picture of a path through TCP's states says what its table says: read from what is drawn."""

from __future__ import annotations

import re
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from helpers.concepts.close.figures.statepath import EDGES, PLACES, state_path
from helpers.concepts.close.paths import path, path_table
from helpers.errors import LabError
from helpers.figures import looks
from tests import pictures
from tests.pictures import arrows, boxes, drawn, fill, inside, legible, named, shade
from tests.scenes.stories import Story


def closes() -> Story:
    """The client closes first; the server has to be told."""
    story = Story()
    for host in ("client", "server"):
        story.state(host, "ESTAB")
    mark = story.trace.mark()
    story.call("client", "close()")
    story.state("client", "FIN-WAIT-1")
    fin = story.send("F.")
    story.arrive(fin)
    story.state("server", "CLOSE-WAIT")
    story.pass_(".", source="server", to="client")
    story.state("client", "FIN-WAIT-2")
    story.call("server", "close()")
    story.state("server", "LAST-ACK")
    story.pass_("F.", source="server", to="client")
    story.state("client", "TIME-WAIT")
    story.pass_(".")
    story.trace = story.trace.since(mark)
    return story


def test_each_step_of_the_table_is_an_arrow_with_its_reason() -> None:
    trace = closes().trace
    ax = state_path(trace)
    told = [re.split(r"  +", line) for line in path_table(trace).splitlines()[1:]]
    seen = [step for host in trace.hosts for step in steps(ax, host)]
    assert seen == told
    lines = sorted(str(t.get_gid()) for t in arrows(ax.texts))
    assert lines == sorted(f"edge:{a}:{b}" for a, b in EDGES for _ in trace.hosts)
    assert [host for host, *_ in seen] == ["client"] * 3 + ["server"] * 2


def steps(ax: Axes, host: str) -> list[list[str]]:
    """What stands in the diagram under a host's name: dark arrows with reasons, in their order."""
    left = place(text_named(ax, host))[0] - PLACES["ESTAB"][0]
    own = [t for t in ax.texts if left <= place(t)[0] < left + 4.7]
    nodes = {place(node): node.get_text() for node in named(own, "node:").values()}
    found = []
    for arrow in arrows(own):
        if to_hex(arrow.arrow_patch.get_edgecolor()).upper() != looks.TEXT:
            continue
        (x1, y1), (x2, y2) = ends = place(arrow), place(arrow, "xy")
        middle = (x1 + x2) / 2, (y1 + y2) / 2
        near = [t for t in own if t.get_gid() and all(
            abs(a - b) < 0.7 for a, b in zip(place(t), middle, strict=True))]  # fmt: skip
        ((n, reason),) = named(near, "step:").items()
        number, _, why = reason.get_text().partition("  ")
        assert number == n
        sent = [t.get_text().removeprefix("→ ") for t in named(near, "sent:").values()]
        found.append([number, host, *(nodes[end] for end in ends), why, *(sent or ["-"])])
    found.sort()
    assert [line[0] for line in found] == [str(n + 1) for n in range(len(found))]
    return [line[1:] for line in found]


def place(words: Any, of: str = "") -> tuple[float, float]:
    """Where a text is anchored, or where an arrow ends."""
    x, y = getattr(words, of) if of else words.get_position()
    return round(x, 3), round(y, 3)


def text_named(ax: Axes, words: str) -> Any:
    (found,) = [t for t in ax.texts if t.get_text() == words]
    return found


def test_states_that_were_passed_have_their_colour_and_the_others_none() -> None:
    trace = closes().trace
    ax = state_path(trace)
    for n, host in enumerate(trace.hosts):
        visited = {s for step in path(trace, host) for s in (step.before, step.after)}
        for state in PLACES:
            found = boxes(ax, f"box:{state}:{state in visited}")
            own = [box for box in found if (box.get_x() > 4.7) == bool(n)]
            assert [fill(box) for box in own] == [
                looks.state_colour(state) if state in visited else looks.PAPER
            ]
            assert inside(ax, own[0]) == [state]


def test_what_was_sent_has_the_colour_of_its_kind() -> None:
    shades = {
        t.get_text(): shade(t) for t in named(state_path(closes().trace).texts, "sent:").values()
    }
    assert shades == {"→ FIN": looks.ENDS, "→ ACK": looks.PLAIN}


def test_a_reset_is_a_bent_arrow() -> None:
    story = Story()
    for host in ("client", "server"):
        story.state(host, "ESTAB")
    mark = story.trace.mark()
    story.call("server", "close()")
    story.state("server", "CLOSED")
    story.pass_("R.", source="server", to="client")
    story.state("client", "CLOSED")
    ax = state_path(story.trace.since(mark))
    assert [t.get_text() for t in named(ax.texts, "sent:").values()] == ["→ RST"]
    assert [shade(t) for t in named(ax.texts, "sent:").values()] == [looks.FAILS]
    assert ("ESTAB", "CLOSED") not in EDGES
    bent = named(ax.texts, "edge:ESTAB:").pop("CLOSED").arrow_patch
    assert bent.get_connectionstyle().rad > 0
    legible(ax)


def test_a_path_from_before_the_connection_is_refused_by_name() -> None:
    story = Story()
    story.state("client", "SYN-SENT")
    story.state("server", "SYN-RECV")
    with pytest.raises(LabError, match=r"client went from CLOSED to SYN-SENT.*since\(mark\)"):
        state_path(story.trace)


def test_the_path_is_told_and_legible() -> None:
    picture = drawn(state_path, closes().trace)
    pictures.well_told(picture)
    assert "The client goes from ESTAB by close() and sends FIN, from FIN-WAIT-1" in picture.alt
    assert "to TIME-WAIT. The server goes from ESTAB by FIN arrives" in picture.alt
    legible(picture.ax)
