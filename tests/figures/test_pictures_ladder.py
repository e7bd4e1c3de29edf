"""A ladder's numbers, colours, strips and gauges are those of its trace."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.patches import Rectangle

from helpers.figures import looks
from helpers.figures.ladder import ladder
from helpers.figures.packets import caption
from tests.pictures import drawn, fill, shade, well_told
from tests.scenes.stories import Story, conversation, handshake


def test_a_segment_is_told_by_its_first_number_and_the_one_after_its_last() -> None:
    story = Story()
    record = story.send(".", 5)
    assert caption(record) == "5 bytes  1:6"
    record.again = True
    assert caption(record) == "5 bytes  1:6 again"


def test_each_gauge_has_the_colour_of_what_waits_there() -> None:
    ax = ladder(conversation().trace)
    names = {t.get_text().replace("\n", " "): t for t in ax.texts if t.get_gid() == "gauge name"}
    colours = {
        "SYN queue": looks.SYN_QUEUE, "accept queue": looks.ACCEPT_QUEUE,
        "unread bytes": looks.BUFFER,
    }  # fmt: skip
    assert set(names) == set(colours)
    gauges = [p for p in ax.patches if str(p.get_gid()).startswith("gauge:")]
    for name, colour in colours.items():
        x = names[name].get_position()[0]
        own = [p for p in gauges if isinstance(p, Rectangle) and abs(p.get_x() - x) < 0.02]
        assert own and {fill(p) for p in own} == {colour}


def test_a_state_ends_where_the_next_one_begins() -> None:
    story = Story()
    handshake(story)
    story.pass_("F.")
    story.state("server", "CLOSE-WAIT")
    strips = [p for p in ladder(story.trace).patches if str(p.get_gid()).startswith("span:")]
    rails: dict[float, list[Rectangle]] = {}
    for strip in strips:
        assert isinstance(strip, Rectangle)
        rails.setdefault(round(strip.get_x(), 3), []).append(strip)
    assert max(len(own) for own in rails.values()) == 3
    for own in rails.values():
        for upper, lower in pairwise(sorted(own, key=lambda p: p.get_y())):
            assert abs(upper.get_y() + upper.get_height() - lower.get_y()) < 1e-6
        assert {fill(p) for p in own} == {
            looks.state_colour(str(p.get_gid()).removeprefix("span:")).upper() for p in own
        }


def test_an_error_is_told_in_its_own_colour_at_once_and_after_a_wait() -> None:
    for wait in (0.01, 5):
        story = Story()
        call = story.begin("client", "connect(server:8080)")
        for _ in range(4 if wait > 1 else 0):
            story.pass_("S")
        story.end(call, after=wait)
        call.error = "ETIMEDOUT"
        labels = [t for t in ladder(story.trace).texts if t.get_gid() == "call label"]
        assert {shade(t) for t in labels if "ETIMEDOUT" in t.get_text()} == {looks.FAILS}
        assert {shade(t) for t in labels if "ETIMEDOUT" not in t.get_text()} <= {looks.TEXT}


def test_a_ladder_is_told() -> None:
    picture = drawn(ladder, conversation().trace, title="A handshake, then data")
    well_told(picture)
