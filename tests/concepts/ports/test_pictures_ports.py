"""Pictures of notebook 03 show what their data say: from data made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from helpers.concepts.ports.ephemeral import Exhaustion, Ports, exhaust_table, ports_table
from helpers.concepts.ports.figures import exhaustion, odd_and_even
from helpers.errors import LabError
from helpers.figures import looks
from tests.pictures import legible, told

RANGE = tuple(range(40000, 40004))
WAYS = [
    Exhaustion("bind to port 0", (40002, 40000, 40003, 40001), "EADDRINUSE"),
    Exhaustion("connect, to one server", RANGE[:3], "EADDRNOTAVAIL"),
    Exhaustion("connect, to several servers", RANGE * 3, "EADDRNOTAVAIL"),
    Exhaustion("bind, then connect, to several", RANGE, "EADDRINUSE"),
]
FOUND = Ports(32768, 60999, 1024, (40001, 40003, 50001, 40004), (40000, 60998))


def many(count: int, servers: int = 1) -> list[Exhaustion]:
    ports = tuple(range(40000, 40000 + count)) * servers
    return [Exhaustion("connect, to several servers", ports, "EADDRNOTAVAIL")] * 4


PICTURES: dict[str, Callable[[], Axes]] = {
    "ports": lambda: odd_and_even(FOUND),
    "ways": lambda: exhaustion(WAYS),
    **{f"{n} ports": lambda n=n: exhaustion(many(n, 1 + n % 3)) for n in (1, 4, 6, 7, 8, 64)},
}


@pytest.mark.parametrize("name", PICTURES)
def test_it_can_be_read_from_the_back_row_and_is_told(name: str) -> None:
    legible(PICTURES[name]())
    told(PICTURES[name])


def word(ax: Axes, text: str) -> Text:
    (found,) = [t for t in ax.texts if t.get_text() == text]
    return found


def test_each_port_is_a_tick_in_its_row() -> None:
    ax = odd_and_even(FOUND)
    ticks = {c.get_gid(): c.get_segments() for c in ax.collections}
    places = {gid: [segment[0][0] for segment in found] for gid, found in ticks.items()}
    assert places == {
        "bind:1": [40001, 40003, 50001],
        "bind:0": [40004],
        "connect:1": [],
        "connect:0": [40000, 60998],
    }
    counts = {t.get_gid(): t for t in ax.texts if (t.get_gid() or "").startswith("count:")}
    table = [row.split("  ") for row in ports_table(FOUND).splitlines()[1:]]
    for call, row in zip(("bind", "connect"), table, strict=True):
        odd, even = [cell.strip() for cell in row if cell.strip()][1:3]
        for parity, number in ((1, odd), (0, even)):
            count = counts[f"count:{call}:{parity}"]
            assert count.get_text() == number
            for segment in ticks[f"{call}:{parity}"]:
                assert segment[:, 1].mean() == pytest.approx(count.get_position()[1])
    names = [t for t in ax.texts if t.get_text() in ("odd", "even")]
    assert [(t.get_text(), t.get_position()[1]) for t in names] == [
        ("odd", counts["count:bind:1"].get_position()[1]),
        ("even", counts["count:bind:0"].get_position()[1]),
        ("odd", counts["count:connect:1"].get_position()[1]),
        ("even", counts["count:connect:0"].get_position()[1]),
    ]
    assert word(ax, "bind\nto port 0").get_position()[1] < word(ax, "connect").get_position()[1]


def test_ranges_stand_where_they_are() -> None:
    ax = odd_and_even(FOUND)
    bands = {p.get_gid(): (p.get_x(), p.get_x() + p.get_width()) for p in ax.patches}
    assert bands == {
        "band:system": (0, 1023),
        "band:user": (1024, 49151),
        "band:dynamic": (49152, 65535),
    }
    lines = {line.get_gid(): list(line.get_xdata()) for line in ax.lines}
    assert lines == {
        "range:32768:60999": [32768, 32768, 60999, 60999],
        "limit:1024": [1024, 1024],
    }
    assert word(ax, "this host's ephemeral range\n32768 to 60999")
    assert word(ax, "below 1024:\na privilege")
    assert word(odd_and_even(Ports(5, 9, 0, (5,), (6,))), "no port needs\na privilege")


@pytest.mark.parametrize(
    ("bind", "connect", "title"),
    [
        ((5, 7), (6, 8), "bind takes odd ports, connect takes even ones"),
        ((6, 8), (5, 7), "bind takes even ports, connect takes odd ones"),
        ((6, 8), (6, 8), "Which ports the kernel chose, odd ones and even ones"),
        ((5, 6), (6, 8), "Which ports the kernel chose, odd ones and even ones"),
    ],
)
def test_the_title_says_what_came_of_it(
    bind: tuple[int, ...], connect: tuple[int, ...], title: str
) -> None:
    assert told(lambda: odd_and_even(Ports(5, 9, 0, bind, connect)))[0] == title


def test_a_dot_for_each_socket_on_its_port_and_the_error_beside_it() -> None:
    ax = exhaustion(WAYS)
    dots = {line.get_gid(): line for line in ax.lines if line.get_gid()}
    feet = []
    numbers = {port: word(ax, str(port)).get_position()[0] for port in RANGE}
    assert list(numbers.values()) == sorted(numbers.values())
    for way, row in zip(WAYS, exhaust_table(WAYS).splitlines()[1:], strict=True):
        *_, sockets, ports, error = row.split()
        mine = {port: dots[f"{way.name}:{port}"] for port in RANGE}
        heights = [y for line in mine.values() for y in line.get_ydata()]
        assert len(heights) == int(sockets) == len(way.ports)
        assert sum(bool(len(line.get_ydata())) for line in mine.values()) == int(ports)
        for port, line in mine.items():
            assert len(line.get_ydata()) == way.ports.count(port)
            assert set(line.get_xdata()) <= {numbers[port]}
        feet.append(max(heights))
        name = word(ax, way.name.replace(", ", ",\n", 1)).get_position()[1]
        beside = [t for t in ax.texts if abs(t.get_position()[1] - name) < 0.2
                  and t.get_position()[0] > max(numbers.values())]  # fmt: skip
        assert [t.get_text() for t in beside] == [f"{sockets} sockets, then", error]
        assert beside[1].get_color() == looks.FAILS
    assert feet == sorted(feet)
    assert told(lambda: exhaustion(WAYS))[0].startswith("A port carries 3 connections")
    assert told(lambda: exhaustion(WAYS[:2]))[0] == "Each port is used once, and then none is left"


def test_of_many_ports_only_the_ends_are_named() -> None:
    for count in (1, 4, 7, 8, 64):
        names = [t.get_text() for t in exhaustion(many(count)).texts if t.get_text().isdigit()]
        ports = [str(40000 + n) for n in range(count)]
        assert names == (ports if count <= 7 else [ports[0], ports[-1]])


def test_one_socket_is_no_sockets_and_nothing_is_no_picture() -> None:
    assert word(exhaustion([Exhaustion("bind to port 0", (1,), "EADDRINUSE")]), "1 socket, then")
    with pytest.raises(LabError, match="nothing to draw"):
        exhaustion([])
