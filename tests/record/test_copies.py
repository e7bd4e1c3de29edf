"""Which segment repeats another one, and which says something new."""

from __future__ import annotations

import pytest

from helpers.record.copies import Copies, Retransmissions
from helpers.record.packet import Packet
from helpers.record.trace import PacketRecord

ISS, IRS = 4_294_967_290, 1000  # the client's numbers wrap in the middle of its data


class Flow:
    """A connection, packet by packet; ``>`` is the client's direction, ``<`` the server's."""

    def __init__(self) -> None:
        self.copies = Copies()
        self.number = 0

    def __call__(
        self,
        way: str,
        flags: str,
        seq: int,
        size: int = 0,
        ack: int = 0,
        verdict: str = "delivered",
    ) -> PacketRecord | None:
        """Send one segment, numbers relative as in a trace; what it repeats, or None."""
        record = self.record(way, flags, seq, size, ack)
        original = self.copies.original(record)
        if original is None:
            record.verdict = verdict
            self.copies.keep(record)
            self.latest = record
        return original

    def record(self, way: str, flags: str, seq: int, size: int, ack: int) -> PacketRecord:
        mine, other = (ISS, IRS) if way == ">" else (IRS, ISS)
        ends = ("c", 40000), ("s", 80)
        (source, sport), (destination, dport) = ends if way == ">" else ends[::-1]
        packet = Packet(
            source, destination, 6, sport, dport, (mine + seq) % 2**32,
            (other + ack) % 2**32 if "." in flags else 0, flags, payload=bytes(size),
        )  # fmt: skip
        self.number += 1
        return PacketRecord(self.number, packet, source, source, destination, "", "", seq, ack, 0)


@pytest.fixture
def flow() -> Flow:
    return Flow()


@pytest.fixture
def open_flow(flow: Flow) -> Flow:
    """After the handshake."""
    assert flow(">", "S", 0) is None
    assert flow("<", "S.", 0, ack=1) is None
    assert flow(">", ".", 1, ack=1) is None
    return flow


def test_a_held_syn_is_repeated(flow: Flow) -> None:
    flow(">", "S", 0, verdict="held")
    first = flow.latest
    assert flow(">", "S", 0) is first and flow(">", "S", 0) is first


def test_a_syn_that_was_answered_is_repeated(flow: Flow) -> None:
    flow(">", "S", 0)
    first = flow.latest
    flow("<", "S.", 0, ack=1, verdict="held")
    answer = flow.latest
    assert flow(">", "S", 0) is first and flow("<", "S.", 0, ack=1) is answer


def test_a_syn_that_was_ignored_is_news(flow: Flow) -> None:
    """A full queue: nothing answers, so the next one may be let in."""
    flow(">", "S", 0)
    assert flow(">", "S", 0) is None


def test_a_syn_that_was_lost_is_news(flow: Flow) -> None:
    flow(">", "S", 0, verdict="dropped")
    assert flow(">", "S", 0) is None


def test_a_syn_whose_answer_was_lost_is_news(flow: Flow) -> None:
    flow(">", "S", 0)
    flow("<", "S.", 0, ack=1, verdict="dropped")
    assert flow(">", "S", 0) is None


def test_a_syn_with_another_number_is_another_connection(open_flow: Flow) -> None:
    assert open_flow(">", "S", 77) is None


def test_data_and_joined_data_and_fin_with_data(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 3, ack=1, verdict="held")
    first = open_flow.latest
    open_flow(">", "P.", 4, 3, ack=1, verdict="held")
    open_flow(">", "F.", 7, 3, ack=1, verdict="held")
    assert open_flow(">", "P.", 1, 3, ack=1) is first
    assert open_flow(">", "F.", 1, 9, ack=1) is first, "three segments, sent again as one"
    assert open_flow(">", "F.", 7, 3, ack=1) is not None
    assert open_flow(">", "P.", 4, 9, ack=1) is None, "it ends with bytes that are new"


def test_data_that_arrived_and_was_acknowledged(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1)
    first = open_flow.latest
    open_flow("<", ".", 1, ack=6, verdict="held")
    assert open_flow(">", "P.", 1, 5, ack=1) is first


def test_data_that_arrived_and_whose_ack_was_lost_is_news(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1)
    open_flow("<", ".", 1, ack=6, verdict="dropped")
    assert open_flow(">", "P.", 1, 5, ack=1) is None


def test_data_behind_a_gap_is_not_acknowledged_and_still_a_copy(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1, verdict="held")
    open_flow(">", "P.", 6, 5, ack=1)  # stepped first
    second = open_flow.latest
    open_flow("<", ".", 1, ack=1)
    assert open_flow(">", "P.", 6, 5, ack=1) is second


def test_half_of_a_lost_segment_is_news(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1, verdict="dropped")
    open_flow(">", "P.", 6, 5, ack=1, verdict="held")
    assert open_flow(">", "P.", 1, 10, ack=1) is None


def test_a_fin_is_a_number_of_its_own(open_flow: Flow) -> None:
    open_flow(">", "F.", 1, ack=1, verdict="held")
    first = open_flow.latest
    assert open_flow(">", "F.", 1, ack=1) is first


def test_a_probe_is_a_copy_while_its_subject_is_on_the_wire(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1)
    open_flow("<", ".", 1, ack=6)  # window 0
    assert open_flow(">", ".", 5, ack=1) is not None
    record = open_flow.record(">", ".", 5, 0, 1)
    assert open_flow.copies.original(record, waiting=False) is None


def test_acknowledgements_and_resets_are_news(open_flow: Flow) -> None:
    assert open_flow(">", ".", 1, ack=1) is None
    assert open_flow(">", "R", 1) is None and open_flow(">", "R", 1) is None


def test_what_was_injected_is_news(open_flow: Flow) -> None:
    open_flow(">", "P.", 1, 5, ack=1, verdict="held")
    record = open_flow.record(">", "P.", 1, 5, 1)
    record.injected = True
    assert open_flow.copies.original(record) is None


def test_much_data_is_forgotten_but_for_its_end(open_flow: Flow) -> None:
    for n in range(2000):
        assert open_flow(">", "P.", 1 + 100 * n, 100, ack=1) is None
        assert open_flow("<", ".", 1, ack=101 + 100 * n) is None
    assert open_flow(">", "P.", 1, 100, ack=1) is not None
    assert open_flow(">", "P.", 1 + 100 * 1999, 100, ack=1) is not None
    assert all(len(f.pieces) <= 300 for f in open_flow.copies._flows.values())


def test_what_is_sent_to_nobody_again_is_a_copy_until_somebody_speaks(flow: Flow) -> None:
    flow(">", "S", 0)
    assert flow("<", "S.", 0, ack=1, verdict="nobody") is None
    first = flow.latest
    assert flow("<", "S.", 0, ack=1) is first
    flow(">", "S", 0)
    assert flow("<", "S.", 0, ack=1, verdict="nobody") is None  # it answers the second SYN


@pytest.mark.parametrize(
    ("later", "waiting", "news"), [(1.0, False, True), (0.1, False, False), (1.0, True, False)]
)
def test_a_syn_ack_whose_answer_was_heard_and_ignored_is_news_on_an_open_wire(
    flow: Flow, later: float, waiting: bool, news: bool
) -> None:
    flow(">", "S", 0)
    flow("<", "S.", 0, ack=1)
    flow(">", ".", 1, ack=1)
    flow.latest.delivered = 5_000_000_000
    record = flow.record("<", "S.", 0, 0, 1)
    record.sent = flow.latest.delivered + round(later * 1e9)
    assert (flow.copies.original(record, waiting) is None) == news


def test_a_rst_is_never_a_copy(open_flow: Flow) -> None:
    assert open_flow(">", "R", 0, verdict="held") is None
    assert open_flow(">", "R", 0) is None


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (["folded", "counted", "due"], [0]),
        (["counted", "folded", "due"], [0]),  # the host counts, and the wire has it a little later
        (["counted", "due", "due"], [1, 0]),  # no copy: it stands in the trace
        (["counted", "due", "folded", "due", "counted", "due"], [1, 0, 0]),
    ],
)
def test_what_is_folded_is_not_counted(order: list[str], told: list[int]) -> None:
    """Whether the counter or the packet comes first is an accident of a busy machine."""
    book, found = Retransmissions(), []
    for step in order:
        if step == "counted":
            book.counted("server", 1)
        elif step == "folded":
            book.folded("server")
        else:
            found.append(book.due("server"))
    assert found == told and book.due("client") == 0
