"""Colours can be read on white, and told apart by readers with the three common colour blindnesses.

The matrices are those of Machado, Oliveira and Fernandes (2009) for a whole loss, in linear RGB.
"""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from helpers.figures import looks
from helpers.figures.ladder import ladder
from tests.pictures import boxes, fill, shade
from tests.scenes.stories import Story

BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
WHITE = np.array([0.9505, 1.0, 1.089])
# Two colours that differ by less than 10 are one to most readers; 2.3 is what can just be seen.
APART = 14


def linear(colour: str) -> np.ndarray:
    shares = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one: str, two: str = looks.PAPER) -> float:
    """As WCAG 2 counts it: 1 for the same, 21 for black on white."""
    low, high = sorted(float(linear(c) @ TO_XYZ[1]) for c in (one, two))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, blind: str) -> np.ndarray:
    """What such a reader sees, in CIE Lab."""
    xyz = np.array(TO_XYZ) @ np.clip(np.array(BLIND[blind]) @ linear(colour), 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(one: str, two: str, blind: str) -> float:
    return float(np.linalg.norm(seen(one, blind) - seen(two, blind)))


@pytest.mark.parametrize("colour", [*looks.KEY["packets"].values(), looks.TEXT, looks.TICK])
def test_what_is_read_can_be_read_on_white(colour: str) -> None:
    assert contrast(colour) >= 4.5


@pytest.mark.parametrize("colour", looks.KEY["waiting"].values())
def test_what_counts_can_be_seen_on_white_and_its_name_can_be_read(colour: str) -> None:
    assert contrast(colour) >= 3
    assert contrast(looks.letters(colour)) >= 4.5


@pytest.mark.parametrize("state", looks.STATES)
def test_words_can_be_read_on_the_colour_of_a_state(state: str) -> None:
    assert contrast(looks.TEXT, looks.STATES[state]) >= 4


@pytest.mark.parametrize("blind", BLIND)
def test_what_stands_side_by_side_differs_for_everybody(blind: str) -> None:
    groups = [
        list(looks.KEY["waiting"].values()),
        [looks.GOOD, looks.BAD],
        [looks.ENDS, looks.FAILS] if blind != "tritan" else [],
        [looks.FAILS, looks.DATA, looks.PLAIN],
        [looks.COOKIE, looks.OPENS],
    ]
    for group in groups:
        for one, two in combinations(group, 2):
            assert apart(one, two, blind) >= APART, (one, two)


@pytest.mark.parametrize("blind", BLIND)
@pytest.mark.parametrize(
    "way",
    [
        ["LISTEN", "SYN-RECV", "ESTAB", "FIN-WAIT-1"],
        ["ESTAB", "CLOSE-WAIT", "LAST-ACK"],
        ["FIN-WAIT-2", "TIME-WAIT"],
        ["CLOSING", "TIME-WAIT"],
    ],
)
def test_states_that_follow_each_other_differ_for_everybody(way: list[str], blind: str) -> None:
    for before, after in pairwise(way):
        assert apart(looks.STATES[before], looks.STATES[after], blind) >= APART, (before, after)


def test_one_colour_has_one_meaning() -> None:
    colours = [colour for group in looks.KEY.values() for colour in group.values()]
    assert len(set(colours)) == len(colours)


def test_where_colours_are_alike_to_somebody_a_word_stands_at_each() -> None:
    """OPENS and ENDS, and the two FIN-WAITs: each packet and each state of a ladder has a word."""
    story = Story()
    for flags in ("S", "S.", "F.", "R."):
        story.pass_(flags)
    for state in ("FIN-WAIT-1", "FIN-WAIT-2"):
        story.state("server", state)
        story.pass_(".")
    ax = ladder(story.trace)
    labels = {t.get_text(): shade(t) for t in ax.texts if (t.get_gid() or "").startswith("label:")}
    assert labels["SYN"] == looks.OPENS and labels["FIN"] == looks.ENDS
    names = {t.get_text() for t in ax.texts if (t.get_gid() or "").startswith("state:")}
    drawn = {fill(box) for box in boxes(ax, "span:")}
    assert drawn == {looks.STATES[name] for name in names}
