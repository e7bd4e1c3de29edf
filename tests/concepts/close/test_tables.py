"""The figures and tables of notebook 07, from records made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from helpers.concepts.close import references
from helpers.concepts.close.endings import Ending, ending_table
from helpers.concepts.close.figures.arrivals import arrivals
from helpers.concepts.close.holders import Reading, holder_table, labels
from helpers.errors import LabError

READINGS = [
    Reading("at first", {"server": 1}, "ESTAB", "ESTAB", ()),
    Reading("dup()", {"server": 2}, "ESTAB", "ESTAB", ()),
    Reading("close() in the child = EPIPE", {}, "FIN-WAIT-2", "gone", ("FIN", "ACK")),
]
LOST = Ending("close", 1, 100, 25, "ECONNRESET")
KEPT = Ending("drain", 1, 100, 100, "EOF")


def watched(readings: list[Reading]) -> Any:
    return SimpleNamespace(host="server", peer="client", readings=readings)


def gids(ax: Any) -> list[str]:
    return [str(a.get_gid()) for a in [*ax.patches, *ax.texts] if a.get_gid()]


def test_each_descriptor_is_a_bar_of_its_own() -> None:
    found = gids(references(watched(READINGS)))
    assert [g for g in found if g.startswith("held")] == ["held:server:0", *["held:server:1"] * 2]
    assert [g for g in found if g.startswith("count")] == ["count:1", "count:2", "count:0"]


def test_an_end_is_named_among_packets_and_a_gone_socket_has_no_state() -> None:
    found = gids(references(watched(READINGS)))
    assert "sent:FIN, ACK" in found
    assert "state:gone" not in found
    assert found.count("state:ESTAB") == 4


def test_without_a_wire_the_packets_are_said_to_be_unseen() -> None:
    blind = watched([Reading("at first", {"server": 1}, "ESTAB", "ESTAB", None)])
    assert "sent:not seen" in gids(references(blind))
    assert "not seen" in holder_table(blind)


def test_the_holders_table_has_a_column_for_each_process() -> None:
    forked = Reading("fork()", {"server": 1, "server-child1": 1}, "ESTAB", "ESTAB", ())
    lines = holder_table(watched([READINGS[0], forked])).splitlines()
    assert lines[0].split()[:4] == ["after", "server", "server-child1", "references"]
    assert lines[1].split()[:5] == ["at", "first", "1", "0", "1"]
    assert lines[2].split()[:4] == ["fork()", "1", "1", "2"]
    assert labels([forked]) == ["server", "server-child1"]


def test_how_much_arrived_is_told_in_a_word() -> None:
    nothing = Ending("close", 0, 100, 0, "ECONNRESET")
    words = [line.split()[2:-1] for line in ending_table([LOST, KEPT, nothing]).splitlines()[1:]]
    assert words == [["a", "part"], ["all"], ["nothing"]]


def test_there_must_be_an_ending_to_draw() -> None:
    with pytest.raises(LabError, match="nothing to draw"):
        arrivals([])
