"""The pictures of notebook 01 say what their data says: read from what is drawn."""

from __future__ import annotations

import pytest
from matplotlib.axes import Axes

from helpers.concepts.reuse.figures import matrix, timer
from helpers.concepts.reuse.restarts import OPTIONS, SCENARIOS, STARTS, Outcome, restart_table
from helpers.concepts.reuse.timers import Sample
from helpers.errors import LabError
from helpers.figures import looks
from tests import pictures
from tests.pictures import beside, boxes, drawn, fill, inside, legible, named, shade

TAKEN = "EADDRINUSE"


def outcome(name: str, left: str, *said: str) -> Outcome:
    return Outcome(name, left, "-", dict(zip(OPTIONS, said, strict=True)))


# No two rows and no two columns are alike, so that none can stand for another.
OUTCOMES = [
    outcome("client closes first", "-", STARTS, STARTS, STARTS, STARTS),
    outcome("server closes first", "TIME-WAIT", TAKEN, TAKEN, TAKEN, STARTS),
    outcome("killed", "FIN-WAIT-2", TAKEN, STARTS, TAKEN, STARTS),
]
SAMPLES = [Sample(0.0, 60.0), Sample(1.0, 59.0), Sample(2.0, 58.0)]
SAID = {"macOS": 30, "the article": 120, "RFC 9293": 240}


def cells(ax: Axes) -> list[list[str]]:
    """Each row as the table writes it: its name, what is left, and for each column how it went."""
    found: dict[float, list[str]] = {}
    for box in boxes(ax, "cell:"):
        (sign,) = inside(ax, box)
        assert (sign, fill(box)) in (("✓", looks.GOOD), ("✗", looks.BAD))
        found.setdefault(box.get_y() + box.get_height() / 2, []).append(sign)
    rows = []
    for y, signs in found.items():
        name, *_, left = beside(ax, y)
        rows.append([name, left, *("starts" if sign == "✓" else TAKEN for sign in signs)])
    return rows


def test_each_restart_stands_at_its_scenario_and_its_options() -> None:
    ax = matrix(OUTCOMES)
    table = [line.split("  ") for line in restart_table(OUTCOMES).splitlines()]
    heads, *rows = [[part.strip() for part in line if part.strip()] for line in table]
    told = [[row[0], {"-": "nothing"}.get(row[1], row[1]), *row[3:]] for row in rows]
    assert cells(ax) == told
    assert [row[0] for row in rows] == ["server closes first", "killed", "client closes first"]
    columns = sorted({box.get_x() + box.get_width() / 2 for box in boxes(ax, "cell:")})
    for column, head in zip(columns, heads[3:], strict=True):
        over = [t for t in ax.texts if t.get_position()[0] == pytest.approx(column)
                and str(t.get_gid()).startswith("option:")]  # fmt: skip
        old, new = sorted(over, key=lambda t: t.get_position()[1])
        assert "/".join(t.get_text().split()[0] for t in (old, new)) == head
    lines = {t.get_text(): t.get_position()[1] for t in ax.texts}
    assert lines["SO_REUSEADDR on the old server"] < lines["on the new server"]


def test_crosses_and_ticks_have_the_colours_of_what_they_mean() -> None:
    signs = named(matrix(OUTCOMES).texts, "sign:").values()
    assert {(t.get_text(), shade(t)) for t in signs} == {("✓", looks.TICK), ("✗", looks.FAILS)}


def test_the_matrix_is_told() -> None:
    picture = drawn(matrix, OUTCOMES)
    pictures.well_told(picture)
    assert picture.alt == (
        "Whether a server starts again on its port, by who has set SO_REUSEADDR. It starts if both "
        "have after: server closes first (TIME-WAIT left). It starts if the new one has and both "
        "have after: killed (FIN-WAIT-2 left). It starts in any case after: client closes first."
    )


def test_all_scenarios_are_legible() -> None:
    all_of_them = [outcome(name, "FIN-WAIT-2", TAKEN, TAKEN, TAKEN, STARTS) for name in SCENARIOS]
    legible(matrix(all_of_them))
    legible(matrix([*all_of_them[1:], OUTCOMES[0]]))
    with pytest.raises(LabError, match="no scenario was played"):
        matrix([])


def test_bars_are_as_long_as_somebody_says_and_one_is_measured() -> None:
    ax = timer(SAMPLES, said=SAID)
    found = boxes(ax, "bar:")
    words = [beside(ax, box.get_y() + box.get_height() / 2) for box in found]
    assert [line[:2] for line in words] == [
        ["macOS", "30 s"], ["this kernel", "60 s"], ["the article", "120 s"], ["RFC 9293", "240 s"],
    ]  # fmt: skip
    assert words[1][2:] == ["measured: 60 s were left, and 58 s after 2 s"]
    second = found[0].get_width() / 30
    assert [box.get_width() / second for box in found] == pytest.approx([30, 60, 120, 240])
    assert {box.get_x() for box in found} == {found[0].get_x()}
    paper, ours = looks.PAPER, looks.STATES["TIME-WAIT"]
    assert [fill(box) for box in found] == [paper, ours, paper, paper]
    (ran,) = boxes(ax, "ran")
    assert (ran.get_x(), ran.get_y()) == (found[1].get_x(), found[1].get_y())
    assert ran.get_width() / second == pytest.approx(2)


def test_the_timer_is_told() -> None:
    picture = drawn(timer, SAMPLES, said=SAID)
    pictures.well_told(picture)
    assert picture.title == "The kernel's own timer says 60 s, whatever others say"
    assert "macOS: 30; this kernel: 60; the article: 120; RFC 9293: 240" in picture.alt
    with pytest.raises(LabError, match="two samples"):
        timer(SAMPLES[:1])


@pytest.mark.parametrize("said", [{}, {"twice": 120}, SAID, {"an hour": 3600}])
def test_every_timer_is_legible(said: dict[str, float]) -> None:
    legible(timer(SAMPLES, said=said))
