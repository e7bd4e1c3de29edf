"""Pictures of notebook 04 show what their data say: from data made by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from helpers.concepts.backlog.bursts import Burst
from helpers.concepts.backlog.figures.crowds import crowds
from helpers.concepts.backlog.figures.schedule import attempts
from helpers.concepts.backlog.figures.spike import spike
from helpers.concepts.backlog.figures.stairs import backlogs, stairs
from helpers.concepts.backlog.figures.workers import cost_table, costs, crews
from helpers.concepts.backlog.late import Late
from helpers.concepts.backlog.schemes import Cost, Shares, scheme_table
from helpers.concepts.backlog.steps import Step, staircase_table
from helpers.concepts.backlog.syns import Attempts, attempt_table
from helpers.errors import LabError
from helpers.figures import looks
from tests.pictures import legible, told

STEPS = [Step(0, 0, 1), Step(5, 5, 6), Step(128, 128, 129), Step(None, 128, 129), Step(-1, 0, 1)]


def burst(n: int, connected: list[float], served: list[float], dropped: int | None = 7) -> Burst:
    return Burst(n, 0.1, 1, 4.2, tuple(connected), tuple(served), dropped)


BURSTS = [
    burst(0, [0.0, -1.0, 1.0, -1.0], [0.1, -1.0, 1.1, -1.0], 1234),
    burst(1, [0.0, 1.0, 0.05, 3.0], [0.1, 1.1, 0.2, 3.1]),
    burst(9, [0.05] * 4, [0.1, 0.2, 0.3, 0.4], None),
]
SHARES = [
    Shares("blocking accept", (50, 50, 50, 50), (50, 50, 50, 50), (50, 50, 50, 50), 0),
    Shares("epoll", (80, 40, 60, 20), (20, 80, 60, 40), (200, 200, 200, 200), 0),
    Shares("epoll, exclusive", (0, 200, 0, 0), (0, 200, 0, 0), (0, 200, 0, 0), 0),
    Shares("reuseport", (60, 44, 46, 50), (51, 49, 50, 50), (60, 44, 46, 50), 44),
]
COST = Cost(8e-6, 206e-6)
ONE = Burst(128, 0.01, 1, 4.2, (0.0,) * 60, (0.614,) * 60, 0)
FOUR = Burst(128, 0.01, 4, 4.2, (0.0,) * 60, (0.168,) * 60, 0)
ZERO = Attempts("zero:ephemeral", (0.0, 1.02, 3.04), False)
FIVE = Attempts("four:ephemeral", (0.0, 1.0, 2.0, 3.0, 4.1), False)
WHOLE = [ZERO.to_the_end(0), FIVE.to_the_end(4)]
LATE = Late((0.0, 1.004), 0.006, 1.0081)
ASKED = {"create_server": 128, "http.server": 5, "asyncio": 100}

PICTURES: dict[str, Callable[[], Axes]] = {
    "spike": lambda: spike(LATE),
    "stairs": lambda: stairs(STEPS),
    "backlogs": lambda: backlogs(ASKED),
    "attempts": lambda: attempts([ZERO, FIVE]),
    "whole schedule": lambda: attempts(WHOLE),
    "crowds": lambda: crowds(BURSTS),
    "five crowds": lambda: crowds([BURSTS[0], *BURSTS, BURSTS[0]]),
    "crews": lambda: crews(SHARES),
    "costs": lambda: costs(COST, ONE, FOUR),
}


@pytest.mark.parametrize("name", PICTURES)
def test_it_can_be_read_from_the_back_row_and_is_told(name: str) -> None:
    legible(PICTURES[name]())
    told(PICTURES[name])


def named(ax: Axes, prefix: str) -> dict[str, Text]:
    return {g: t for t in ax.texts if (g := t.get_gid() or "").startswith(prefix)}


def word(ax: Axes, text: str) -> Text:
    (found,) = [t for t in ax.texts if t.get_text() == text]
    return found


def lines(ax: Axes, prefix: str) -> dict[str, list[tuple[float, float]]]:
    return {
        g: list(zip(line.get_xdata(), line.get_ydata(), strict=True))  # type: ignore[arg-type]
        for line in ax.lines
        if (g := line.get_gid() or "").startswith(prefix)
    }


# ---- the client that is late --------------------------------------------------------------------


def test_the_queue_has_room_from_accept_to_the_second_syn() -> None:
    ax = spike(LATE)
    bars = {p.get_gid(): p for p in ax.patches}
    ends = {gid: (p.get_x(), p.get_x() + p.get_width()) for gid, p in bars.items()}
    assert ends == {
        "waits": (0, pytest.approx(1.0081)),
        "full": (0, pytest.approx(0.006)),
        "room": (0.006, pytest.approx(1.004)),
        "full again": (1.004, pytest.approx(1.0081)),
    }
    assert bars["waits"].get_facecolor() == rgba(looks.OPENING)
    dark = {gid for gid, p in bars.items() if p.get_facecolor() == rgba(looks.ACCEPT_QUEUE)}
    assert dark == {"full", "full again"} and bars["room"].get_facecolor() == rgba(looks.PAPER)
    syns = [(x, line.get_marker(), line.get_color()) for line in ax.lines for x in line.get_xdata()]
    assert syns == [(0.0, "X", looks.FAILS), (1.004, "o", looks.OPENS)]
    rows = {
        "waits": ("connect", "waits for 1.01 s", "returns"),
        "room": ("accept queue", "room for one, and nobody knocks", "full"),
    }
    for gid, words in rows.items():
        middle = bars[gid].get_y() + bars[gid].get_height() / 2
        assert [word(ax, text).get_position()[1] for text in words] == pytest.approx([middle] * 3)
    assert all(y == 0.0 for line in ax.lines for y in line.get_ydata())
    places = {t.get_text(): t.get_position()[0] for t in ax.texts}
    assert (places["SYN: dropped"], places["SYN again: in"]) == (0.0, 1.004)
    assert places["accept() makes room after 6 ms"] == 0.006


# ---- the staircase, and who asks for how much ---------------------------------------------------


def test_stairs_are_the_table() -> None:
    ax = stairs(STEPS)
    squares = {p.get_gid(): p for p in ax.patches}
    crosses = {line.get_gid(): line for line in ax.lines}
    for y, (step, row) in enumerate(
        zip(STEPS, staircase_table(STEPS).splitlines()[1:], strict=True)
    ):
        call, kept, through = row.split()
        assert word(ax, call).get_position()[1] == y
        words = named(ax, f"words:{call}")[f"words:{call}"]
        assert words.get_text() == f"{through} = {kept} + 1"
        assert words.get_position()[1] == y
        mine = {int(g.split(":")[-1]): p for g, p in squares.items() if f":{call}:" in g}
        assert max(mine) == int(through) - 1
        assert {k for k, p in mine.items() if p.get_facecolor() == rgba(looks.ACCEPT_QUEUE)} == set(
            range(int(kept), int(through))
        )
        assert all(abs(p.get_y() + p.get_height() / 2 - y) < 1e-9 for p in mine.values())
        cross = crosses[f"hangs:{call}"]
        assert (cross.get_marker(), cross.get_color()) == ("x", looks.FAILS)
        right = max(p.get_x() + p.get_width() for p in mine.values())
        assert right < cross.get_xdata()[0] < words.get_position()[0]
        assert (len(mine) < int(through)) == (step.through > 18)
    assert [t.get_text() for t in ax.texts].count("· · ·") == 2
    assert word(ax, "the backlog kept is 0").get_position()[1] == 4


def rgba(colour: str) -> tuple[float, ...]:
    from matplotlib.colors import to_rgba

    return to_rgba(colour)


def test_bars_are_as_long_as_what_was_asked_for_the_smallest_first() -> None:
    ax = backlogs(ASKED)
    order = ["http.server", "asyncio", "create_server"]
    for y, name in enumerate(order):
        (bar,) = [p for p in ax.patches if p.get_gid() == f"bar:{name}"]
        assert (bar.get_x(), bar.get_width()) == (0, ASKED[name])
        for text in (name, str(ASKED[name])):
            assert word(ax, text).get_position()[1] == y == bar.get_y() + bar.get_height() / 2
    assert told(lambda: backlogs(ASKED))[0] == "Left to themselves, servers ask for 5 to 128"


# ---- the schedule of SYNs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("linear", "retries", "syns", "end"),
    [
        (0, 6, (0, 1, 3, 7, 15, 31, 63), 127),
        (1, 6, (0, 1, 2, 4, 8, 16, 32, 64), 128),
        (4, 6, (0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67), 131),
        (4, 1, (0, 1, 2), 3),
        (0, 0, (0,), 1),
        (None, 6, (0, 1, 3, 7, 15, 31, 63), 127),
    ],
)
def test_the_rule_says_what_is_to_come(
    linear: int | None, retries: int, syns: tuple[int, ...], end: int
) -> None:
    whole = Attempts("a:e", (0.0,), False).to_the_end(linear, retries)
    assert (whole.linear, whole.seconds + whole.to_come, whole.gives_up) == (linear, syns, end)


def test_the_rule_takes_no_negative_numbers() -> None:
    with pytest.raises(LabError, match="0 or more, not -1 and 6"):
        ZERO.to_the_end(-1)


def test_dots_were_seen_rings_are_to_come_and_a_cross_is_the_end() -> None:
    ax = attempts(WHOLE)
    rows = [row.split("  ") for row in attempt_table(WHOLE).splitlines()]
    for y, row in enumerate(rows[1:]):
        client, seen, coming, end = [cell.strip() for cell in row if cell]
        dots = {line.get_gid(): line for line in ax.lines}
        whole = WHOLE[y]
        for gid, wanted, hollow in (
            (f"syns:{client}", whole.times, False),
            (f"to come:{client}", whole.to_come, True),
            (f"gives up:{client}", (whole.gives_up,), False),
        ):
            xs, ys = dots[gid].get_xdata(), dots[gid].get_ydata()
            assert [2**x - 1 for x in xs] == pytest.approx(wanted)
            assert set(ys) == {y}
            assert (dots[gid].get_markerfacecolor() == looks.PAPER) == hollow
        assert dots[f"gives up:{client}"].get_color() == looks.FAILS
        assert dots[f"gives up:{client}"].get_marker() == "x"
        assert [round(t) for t in whole.times] == [int(s) for s in seen.split(", ")]
        assert list(whole.to_come) == [int(s) for s in coming.split(", ")]
        told_end = word(ax, f"  ETIMEDOUT\n  about {whole.gives_up} s")
        assert told_end.get_position()[1] == y and end == f"{whole.gives_up} s"
        assert abs(word(ax, client.partition(":")[0]).get_position()[1] - y) < 0.5
        assert abs(word(ax, f"linear = {whole.linear}").get_position()[1] - y) < 0.5
        gaps = [
            t.get_text().split()[0]
            for t in ax.texts
            if (t.get_gid() or "").startswith("gap:") and round(t.get_position()[1] + 0.2) == y
        ]
        assert gaps == (["1", "2", "4", "8", "16", "32", "64"] if y == 0 else
                        ["1", "1", "1", "1", "1", "2", "4", "8", "16", "32", "64"])  # fmt: skip
    ticks = [
        (t.get_text(), 2**x - 1) for t, x in zip(ax.get_xticklabels(), ax.get_xticks(), strict=True)
    ]
    assert ticks == [(str(n), n) for n in (0, 1, 3, 7, 15, 31, 63, 127)]


def test_a_kernel_without_the_sysctl_has_no_number_of_it() -> None:
    ax = attempts([ZERO.to_the_end(None)])
    assert word(ax, "zero").get_position()[1] == 0
    assert not [t for t in ax.texts if "linear" in t.get_text()]


def test_without_the_rule_only_what_was_seen_is_drawn() -> None:
    ax = attempts([FIVE])
    assert [2**x - 1 for x, _ in lines(ax, "syns:")[f"syns:{FIVE.client}"]] == pytest.approx(
        FIVE.times
    )
    assert not lines(ax, "gives up:") and not lines(ax, "to come:")[f"to come:{FIVE.client}"]
    assert attempt_table([FIVE]).splitlines() == [
        "client          its SYNs, in seconds after the first",
        "four:ephemeral  0, 1, 2, 3, 4",
    ]


# ---- crowds --------------------------------------------------------------------------------------


def test_a_band_holds_each_client_as_it_was_served() -> None:
    ax = crowds(BURSTS)
    served = lines(ax, "served:")
    assert [x for x, _ in served["served:0"]] == [0.1, 1.1]
    assert [x for x, _ in served["served:1"]] == [0.1, 0.2, 1.1, 3.1]
    assert [x for x, _ in served["served:9"]] == [0.1, 0.2, 0.3, 0.4]
    fills = {c.get_gid(): c for c in ax.collections}
    for k, each in enumerate(BURSTS):
        top = k * 1.16
        assert all(top < y < top + 1 for _, y in served[f"served:{each.n}"])
        for gid, colour in (("outside", looks.BAD), ("inside", looks.ACCEPT_QUEUE)):
            assert tuple(fills[f"{gid}:{each.n}"].get_facecolor()[0]) == rgba(colour)
        # Pale until the client is in, which may be at once; green from there until it is served.
        ends = fills[f"outside:{each.n}"].get_paths()[0].vertices[:, 0].max()
        assert ends == {0: 4.2, 1: 3.0, 9: 0.0}[each.n]
        ends = fills[f"inside:{each.n}"].get_paths()[0].vertices[:, 0].max()
        assert ends == {0: 4.2, 1: 3.1, 9: 0.4}[each.n]
        rows = {0: ("1 in at once", "2 still wait", "1,234 SYNs dropped"),
                1: ("2 in at once", "all within 3.1 s", "7 SYNs dropped"),
                9: ("4 in at once", "all within 0.4 s")}[each.n]  # fmt: skip
        for text in (f"n = {each.n}", *rows):
            assert top < word(ax, text).get_position()[1] < top + 1
    assert word(ax, "2 still wait").get_color() == looks.FAILS
    assert word(ax, "all within 3.1 s").get_color() == looks.TEXT
    assert ax.get_xlim() == (0, 4.2)
    outside, inside = named(ax, "word:outside"), named(ax, "word:inside")
    assert outside["word:outside"].get_position()[1] < 1
    assert 2.32 < inside["word:inside"].get_position()[1] < 3.32


def test_crowds_are_told_in_words_that_hold_in_every_run() -> None:
    _, alt = told(lambda: crowds(BURSTS))
    assert "n = 0, 1 in at once, and some still wait at the end" in alt
    assert "n = 1, 2 in at once, and the others are served in later seconds" in alt
    assert "n = 9, 4 in at once, and all are served one by one" in alt


# ---- workers -------------------------------------------------------------------------------------


def test_shares_are_parts_of_one_bar_in_the_workers_order() -> None:
    ax = crews(SHARES)
    for k, each in enumerate(SHARES):
        y, left = 0.62 * k, 0.0
        assert word(ax, each.scheme).get_position()[1] == pytest.approx(y)
        for worker, taken in enumerate(each.taken):
            (bar,) = [p for p in ax.patches if p.get_gid() == f"share:{each.scheme}:{worker}"]
            assert bar.get_x() == pytest.approx(left)
            assert bar.get_width() == pytest.approx(4.5 * taken / 200)
            assert bar.get_y() + bar.get_height() / 2 == pytest.approx(y)
            if taken > 14:
                inside = [t for t in ax.texts if t.get_position() == pytest.approx(
                    (left + bar.get_width() / 2, y))]  # fmt: skip
                assert [t.get_text() for t in inside] == [str(taken)]
            left += bar.get_width()
    numbers = [t for t in ax.texts if t.get_gid() in ("well", "bad")]
    rows = [scheme_table(SHARES).splitlines()[n].split("  ") for n in range(1, 5)]
    for k, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell.strip()]
        idle, left_out = sorted(
            (t for t in numbers if t.get_position()[1] == pytest.approx(0.62 * k)),
            key=lambda t: t.get_position()[0],
        )
        assert int(idle.get_text()) == int(cells[2].split()[0]) * 200
        assert (left_out.get_text() != "0") == (cells[3] == "some")
        assert (idle.get_gid() == "bad") == (cells[2] != "0 a client")
        assert (left_out.get_gid() == "bad") == (cells[3] == "some")
    assert [t.get_text() for t in numbers if t.get_bbox_patch()] == ["600", "44"]


def test_each_panel_has_its_own_scale_and_its_values() -> None:
    ax = costs(COST, ONE, FOUR)
    bars = {p.get_gid(): p for p in ax.patches}
    for pair, values in (
        (("accept", "serving"), (8, 206)),
        (("1 worker", "4 workers"), (614, 168)),
    ):
        widths = [bars[f"bar:{name}"].get_width() for name in pair]
        assert widths[0] / widths[1] == pytest.approx(values[0] / values[1])
        for name, value in zip(pair, values, strict=True):
            bar = bars[f"bar:{name}"]
            middle = bar.get_y() + bar.get_height() / 2
            assert word(ax, name).get_position()[1] == pytest.approx(middle)
            assert word(ax, str(value)).get_position()[1] == pytest.approx(middle)
            assert (
                word(ax, name).get_position()[0]
                < bar.get_x()
                < word(ax, str(value)).get_position()[0]
            )
    assert cost_table(COST, ONE, FOUR).splitlines()[0].startswith("accept takes less than a tenth")
    assert told(lambda: costs(COST, ONE, FOUR))[0].startswith("accept is a sliver")
    slow = Cost(1e-6, 3e-6)
    assert told(lambda: costs(slow, ONE, ONE))[0].startswith("accept is 25% of the time")
