"""The pictures of notebook 02 say what their tables say: read from what is drawn."""

from __future__ import annotations

import re

import pytest
from matplotlib.axes import Axes

from helpers.concepts.bind.figures import envelopes, neighbours, reach
from helpers.concepts.bind.reachability import (
    ACCEPTED,
    FOUR,
    SIX,
    TO_FOUR,
    TO_SIX,
    Door,
    Envelope,
    envelope_table,
    reach_table,
)
from helpers.concepts.bind.sharing import PLACES, Neighbours, neighbour_table
from helpers.figures import looks
from tests import pictures
from tests.pictures import beside, boxes, drawn, fill, inside, legible, named, shade, text

NO = "ECONNREFUSED"
SYNS = [
    Envelope("127.0.0.1", "own", "127.0.0.1", "SYN+ACK"),
    Envelope("own", "second", "127.0.0.1", "RST"),
    Envelope("second", "127.0.0.1", "second", "SYN+ACK"),
]


def doors(*hosts: str) -> list[Door]:
    """No two rows, columns or hosts are alike, so that none can stand for another."""
    got = {
        "0.0.0.0": [True, True, False],
        "::": [False, True, True],
        "::1": [False, False, True],
    }
    turned = {
        host: {bound: row if n == 0 else row[::-1] for bound, row in got.items()}
        for n, host in enumerate(hosts)
    }
    return [
        Door(bound, {
            (host, to): ACCEPTED if yes else NO
            for host in hosts
            for to, yes in zip(("127.0.0.1", "own", "own IPv6"), turned[host][bound], strict=True)
        })
        for bound in got
    ]  # fmt: skip


def grid(ax: Axes) -> list[list[str]]:
    """The names of columns, and of each row its name and its signs, from left to right."""
    names = sorted((t for t in ax.texts if t.get_gid() == "column"), key=lambda t: t.get_position())
    cells = boxes(ax, "cell:")
    middles = sorted({box.get_x() + box.get_width() / 2 for box in cells})
    assert middles == pytest.approx([t.get_position()[0] for t in names])
    rows: dict[float, list[str]] = {}
    for box in cells:
        (sign,) = inside(ax, box)
        assert (sign, fill(box)) in (("✓", looks.GOOD), ("✗", looks.FAINT))
        rows.setdefault(box.get_y() + box.get_height() / 2, []).append(sign)
    return [
        [" ".join(t.get_text().split()) for t in names],
        *([beside(ax, y)[0], *signs] for y, signs in rows.items()),
    ]


def table(told: str) -> list[list[str]]:
    """The cells of an aligned table, with the signs that the picture has for them."""
    signs = {"yes": "✓", "-": "✗"}
    rows = [re.split(r"  +", line.strip()) for line in told.splitlines()]
    return [rows[0][1:], *([signs.get(cell, cell) for cell in row] for row in rows[1:])]


def test_each_connection_stands_at_its_listener_and_its_destination() -> None:
    assert grid(reach(doors("server"))) == table(reach_table(doors("server")))


def test_each_host_has_its_own_columns() -> None:
    both = doors("server", "client")
    ax = reach(both)
    found = grid(ax)
    parts = [table(part.partition("\n")[2]) for part in reach_table(both).split("\n\n")]
    assert found[0] == parts[0][0] + parts[1][0]
    assert [row[1:4] for row in found[1:]] == [row[1:] for row in parts[0][1:]]
    assert [row[4:] for row in found[1:]] == [row[1:] for row in parts[1][1:]]
    heads = {t.get_text(): t.get_position()[0] for t in ax.texts if "asked from" in t.get_text()}
    xs = sorted(t.get_position()[0] for t in ax.texts if t.get_gid() == "column")
    assert xs[0] < heads["asked from the server itself for"] < xs[2]
    assert xs[3] < heads["asked from another host for"] < xs[5]


def test_families_stand_apart() -> None:
    rows = [box.get_y() for box in boxes(reach(doors("server")), "cell:")][::3]
    assert rows[1] - rows[0] > rows[2] - rows[1]


def test_who_gets_in_is_told() -> None:
    picture = drawn(reach, doors("server", "client"))
    pictures.well_told(picture)
    assert (
        "asked from another host, a listener on 0.0.0.0 answers for own and own IPv6" in picture.alt
    )
    assert "a listener on ::1 answers for 127.0.0.1." in picture.alt


def pairs() -> list[Neighbours]:
    """Those that a real kernel lets in, but for one, so that rows and columns differ."""
    beside = {("own", "::1"), ("::1", "own"), ("127.0.0.1", "own"), ("0.0.0.0", ":: IPv6 only")}
    return [
        Neighbours(a, b, "listens too" if (a, b) in beside else "EADDRINUSE")
        for a in PLACES
        for b in PLACES
    ]


def test_each_pair_stands_at_the_first_and_the_second_listener() -> None:
    picture = drawn(neighbours, pairs())
    assert grid(picture.ax) == table(neighbour_table(pairs()))
    pictures.well_told(picture)
    assert "beside 127.0.0.1 can stand own; beside 127.0.0.2 can stand nothing;" in picture.alt
    heads = {t.get_text(): t.get_position() for t in picture.ax.texts}
    assert heads["listens already"][0] < heads["a second one on the same port, at"][0]


def test_each_syn_is_drawn_with_its_addresses_in_their_places() -> None:
    ax = envelopes(SYNS)
    heads = [t.get_text() for t in sorted(ax.texts, key=lambda t: t.get_position())
             if t.get_text() in ("source", "destination", "bound to", "the answer")]  # fmt: skip
    assert heads == ["source", "destination", "bound to", "the answer"]
    for n, line in enumerate(envelope_table(SYNS).splitlines()[1:]):
        bound, source, destination, answer = line.split()
        words = beside(ax, text(ax, f"source:{n}").get_position()[1])
        same, good = bound == destination, answer == "SYN+ACK"
        let_in = ["✓", "SYN+ACK: let in"] if good else ["✗", "RST: refused"]
        assert words == [source, destination, "=" if same else "≠", bound, *let_in]
        assert shade(text(ax, f"answer:{n}:{answer}")) == (looks.TICK if good else looks.FAILS)
        fills = {
            fill(named(ax.patches, "box:")[f"{name}:{n}"]) for name in ("destination", "bound")
        }
        assert fills == {looks.GOOD if same else looks.PAPER}
    places = [text(ax, f"source:{n}").get_position()[1] for n in range(3)]
    assert places == sorted(places)


def test_the_syns_are_told() -> None:
    picture = drawn(envelopes, SYNS)
    pictures.well_told(picture)
    assert "from second to 127.0.0.1, bound to own: RST" in picture.alt


@pytest.mark.parametrize("hosts", [("server",), ("server", "client")])
@pytest.mark.parametrize("bound", [FOUR, SIX])
@pytest.mark.parametrize("to", [TO_FOUR, TO_SIX, ("127.0.0.1", "own", "::1")])
def test_every_grid_is_legible(
    hosts: tuple[str, ...], bound: tuple[str, ...], to: tuple[str, ...]
) -> None:
    got = {(host, place): NO for host in hosts for place in to}
    legible(reach([Door(place, got) for place in bound]))


def test_the_other_pictures_are_legible() -> None:
    legible(neighbours(pairs()))
    legible(envelopes(SYNS + SYNS))
