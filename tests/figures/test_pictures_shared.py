"""The header, the staircase of queues and the card say what their text twins say."""

from __future__ import annotations

import pytest

from helpers.concepts.lines.reading import card
from helpers.figures import looks
from helpers.figures.header import header, header_table
from helpers.figures.queues import buffer, queue_table, queues
from helpers.record.packet import decode
from tests.pictures import boxes, drawn, fill, inside, legible, shade, well_told
from tests.scenes.stories import Story, conversation, handshake

SYN = bytes.fromhex(
    "4500003c00004000400600000a0000010a000002e4f01f9012345678000000 00a002faf0abcd0000"
    "020405b40402080a00000001000000000103030a".replace(" ", "")
)


@pytest.mark.parametrize("strong", [["flags"], ["source port", "window"]])
def test_each_field_stands_in_its_box_and_heavy_ones_are_those_that_were_named(
    strong: list[str],
) -> None:
    packet = decode(SYN)
    picture = drawn(header, packet, strong=strong)
    legible(picture.ax)
    well_told(picture)
    told = {}
    for box in boxes(picture.ax, "field:"):
        name, value = inside(picture.ax, box)
        told[name] = value
        assert (box.get_linewidth() > 2) == (name in strong)
        assert box.get_width() == (32 if "number" in name or name == "options" else box.get_width())
    rows = [line.split() for line in header_table(packet).splitlines()[1:]]
    assert [*told] == [
        "source port", "destination port", "sequence number", "acknowledgement number", "offset",
        "reserved", "flags", "window", "checksum", "urgent pointer", "options",
    ]  # fmt: skip
    assert told["source port"] == "58608" and told["destination port"] == "8080"
    assert told["flags"] == "SYN" and told["window"] == "64240" and len(rows) == len(told)


def test_stairs_have_the_values_of_their_table_under_what_had_happened() -> None:
    trace = conversation().trace
    picture = drawn(queues, trace)
    legible(picture.ax)
    well_told(picture)
    ax = picture.ax
    lines = {str(line.get_gid()): line for line in ax.lines}
    rows = [line.split()[-3:] for line in queue_table(trace).splitlines()[1:]]
    for name, column in (("SYN queue", 0), ("accept queue", 1), ("backlog", 2)):
        assert [f"{y:g}" for y in lines[name].get_ydata()[:-1]] == [row[column] for row in rows]
    assert shade(lines["SYN queue"]) == looks.SYN_QUEUE
    assert shade(lines["accept queue"]) == looks.ACCEPT_QUEUE
    causes = [t.get_text() for t in ax.get_xticklabels()]
    assert causes == [
        line.rsplit(None, 3)[0].strip() for line in queue_table(trace).splitlines()[1:]
    ]
    assert "SYN queue: rises to 1" in picture.alt


def test_the_buffers_stairs_can_be_read_and_are_told() -> None:
    picture = drawn(buffer, conversation().trace)
    legible(picture.ax)
    well_told(picture)
    assert "rises to 5000" in picture.alt and "is 3976 at the end" in picture.alt


def test_the_card_tells_every_colour_once_and_its_numbers_stand_at_what_they_explain() -> None:
    story = Story()
    connect = story.begin("client", "connect(server:8080)")
    handshake(story)
    story.state("client", "ESTAB")
    story.end(connect)
    story.pass_(".", 5)
    story.pass_(".", source="server", to="client")
    picture = drawn(card, story.trace)
    legible(picture.ax)
    well_told(picture)
    (key,) = [ax for ax in picture.ax.figure.axes if ax is not picture.ax]
    swatches = {str(b.get_gid()).removeprefix("key:"): fill(b) for b in boxes(key)}
    assert swatches == {w: c for group in looks.KEY.values() for w, c in group.items()}
    for words, box in zip([t for t in key.texts if t.get_gid() == "key"], boxes(key), strict=True):
        assert words.get_text() == str(box.get_gid()).removeprefix("key:")
        assert 0 < words.get_position()[0] - box.get_x() - box.get_width() < 0.15
    numbers = [t.get_text() for t in picture.ax.texts if (t.get_gid() or "").startswith("number:")]
    assert numbers == list("1234567")
