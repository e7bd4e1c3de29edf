"""Whoever gives a figure or a table something else is told what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpers import (
    Lab,
    LabError,
    buffer,
    buffer_table,
    cause_table,
    header,
    header_table,
    ladder,
    queue_table,
    queues,
    replay,
)
from tests.scenes import connected

OF_A_TRACE = (ladder, replay, queues, queue_table, buffer, buffer_table, cause_table)
OF_A_PACKET = (header, header_table)


@pytest.mark.parametrize("show", OF_A_TRACE, ids=lambda each: each.__name__)
@pytest.mark.parametrize("given", [None, "lab", 7, []], ids=repr)
def test_a_trace_is_asked_for(show: Callable[[Any], object], given: object) -> None:
    with pytest.raises(LabError, match=f"{show.__name__} takes a trace, not"):
        show(given)


@pytest.mark.parametrize("show", OF_A_TRACE, ids=lambda each: each.__name__)
def test_a_lab_has_one(bench: Lab, show: Callable[[Any], object]) -> None:
    with pytest.raises(LabError, match=rf"a lab has one: {show.__name__}\(lab.trace\)"):
        show(bench)


@pytest.mark.parametrize("show", OF_A_PACKET, ids=lambda each: each.__name__)
@pytest.mark.parametrize("given", [None, "packet", b"E"], ids=repr)
def test_a_packet_is_asked_for(show: Callable[[Any], object], given: object) -> None:
    with pytest.raises(LabError, match=f"{show.__name__} takes a packet"):
        show(given)


def test_a_record_has_its_packet(lab: Lab) -> None:
    connected(lab)
    record = lab.trace.packets[0]
    assert header_table(record) == header_table(record.packet)
    header(record)


def test_hosts_may_be_named_or_given(lab: Lab) -> None:
    connected(lab)
    ladder(lab.trace, hosts=lab.server)
    with pytest.raises(LabError, match="hosts must be some of client, server"):
        ladder(lab.trace, hosts=7)
