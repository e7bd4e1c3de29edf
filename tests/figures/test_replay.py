"""A replay says what the trace says, step by step; checked without a browser."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest
from matplotlib import pyplot

from helpers import LabError, replay
from helpers.figures import drawing, telling
from helpers.figures.dissection import dissections
from helpers.figures.kept import kept, trace_of
from helpers.figures.replay import KEPT, MOST_KEPT, module, page, style, view_of
from helpers.figures.steps import steps
from helpers.record.packet import decode
from helpers.record.trace import PacketRecord, Trace
from tests.scenes.stories import Story

# A SYN with all its options, a segment with four bytes, from 192.0.2.1:40000 to 192.0.2.2:8080.
SYN = bytes.fromhex(
    "4500003c12344000400600000c00020100000000".replace("0c00020100000000", "c0000201c0000202")
    + "9c401f90000003e800000000a002faf0beef0000"
    + "020405b40402080a000000010000000001030307"
)
DATA = bytes.fromhex(
    "4500003812354000400600000c00020100000000".replace("0c00020100000000", "c0000201c0000202")
    + "9c401f90000003e9000007d18018001000000000"
    + "0101080a0000000200000001"
    + b"ping".hex()
)


def run(wire: bool = True) -> Story:
    """A connection: SYN held for a while, an ACK lost, a call that blocks, a queue that fills."""
    story = Story(wire=wire)
    story.call("server", "listen(1)")
    story.state("server", "LISTEN", peer="*")
    accept = story.begin("server", "accept()")
    if wire:
        syn = story.send("S")
        story.arrive(syn)
        story.state("server", "SYN-RECV")
        story.depth(1, 0)
        story.lose(story.send("."))
    story.end(accept, "4")
    return story


def told(trace: Trace) -> list[tuple[str, str, str]]:
    return [(step.kind, step.who, step.text) for step in steps(trace)[1]]


def packet(raw: bytes, number: int = 1, **also: Any) -> PacketRecord:
    named: dict[str, Any] = {"seq": 0, "ack": 0, "sent": 1_000_000, **also}
    ends = "client", "client", "server", "client:ephemeral", "server:8080"
    return PacketRecord(number, decode(raw), *ends, **named)


def real() -> Trace:
    """A run whose packets have bytes."""
    story = run(wire=False)
    trace = story.trace
    trace.wire = True
    trace.add("sent", story.now, packet(SYN, waited=True))
    trace.add("lost", story.now, packet(SYN, 2, lost=story.now, verdict="dropped"))
    trace.add("sent", story.now, packet(DATA, 3, seq=1, ack=1, copies=2))
    trace.add("sent", story.now, packet(DATA, 4, again=True, seq=1, ack=1, verdict="held"))
    return trace


def test_each_row_of_the_ladder_is_a_step() -> None:
    assert told(run().trace) == [
        ("call", "server", "listen(1)"),
        ("call", "server", "accept() …"),
        ("sent", "client > server", "SYN  S 1:1(0) win 0"),
        ("delivered", "client > server", "SYN  S 1:1(0) win 0"),
        ("sent", "client > server", "ACK  . 1:1(0) ack 1"),
        ("lost", "client > server", "ACK  . 1:1(0) ack 1  (dropped)"),
        ("call", "server", "accept() = 4"),
    ]


def test_a_packet_that_waits_is_called_held_and_then_released() -> None:
    story = Story()
    story.arrive(story.send("S", waited=True))
    assert [text for _, _, text in told(story.trace)] == [
        "SYN  S 1:1(0) win 0  (held)", "SYN  S 1:1(0) win 0  (released)",
    ]  # fmt: skip


def test_what_changed_belongs_to_the_step_before_it() -> None:
    _, found = steps(run().trace)
    arrives = found[3]
    assert [host for host, _ in arrives.followed] == ["server", "server"]
    assert arrives.followed[0][1].startswith("SYN-RECV  ")
    assert arrives.followed[1][1].startswith("SYN queue 1, accept queue 0, limit ")
    assert [d[0] for d in arrives.differences] == ["socket", "queue"]
    assert found[1].differences[0][3:] == ["accept()", None]
    assert found[6].differences[0][3:] == ["accept()", "= 4"]
    assert found[1].differences[0][2] == found[6].differences[0][2]


def test_a_trace_from_the_middle_knows_what_was_there_before() -> None:
    trace = run().trace
    mark = trace.events.index(next(e for e in trace.events if e.kind == "sent"))
    before, found = steps(trace.since(mark))
    assert [d[3][0] for d in before] == ["LISTEN"] and found[0].kind == "sent"
    earlier = Trace(trace.hosts, trace.roles, trace.events[:mark])
    before, _ = steps(trace.since(mark), earlier)
    assert {d[0]: d[3] for d in before if d[0] == "call"} == {"call": "accept()"}
    assert [d[3][0] for d in before if d[0] == "socket"] == ["LISTEN"] and len(before) == 2


def test_words_come_with_their_step_and_the_curtain_ends_below_it() -> None:
    trace = run().trace
    _, found = steps(trace)
    drawn = drawing.draw(trace, found)
    births = dict(drawn.words)
    assert births["label:1"] == 3 and births["label:2"] == 5
    assert births["mark:2"] == 6, "a cross is not to be seen before the packet is lost"
    assert drawn.ends == sorted(drawn.ends) and drawn.ends[-1] == drawn.height
    texts = {
        name: re.sub(r"<[^>]*>|\s", "", part)
        for name, part in re.findall(r'data-part="(word:\d+)">(.*?</text>)', drawn.svg, re.DOTALL)
    }
    came = {text: births[name] for name, text in texts.items()}
    assert came["listen(1)"] == 1 and came["LISTEN"] == 1 and came["accept()"] == 2
    assert came["SYN-RECV"] == 4 and came["=4"] == 7


def test_names_in_the_picture_are_no_ids_of_the_page() -> None:
    trace = run().trace
    svg = drawing.draw(trace, steps(trace)[1]).svg
    assert all(found.startswith("@@") for found in re.findall(r' id="([^"]*)"', svg))
    assert set(re.findall(r'href="#([^"]*)"', svg)) <= set(re.findall(r' id="([^"]*)"', svg))
    assert 'data-part="packet:1"' in svg and "<?xml" not in svg and "http://purl" not in svg


def test_every_field_of_a_packet_stands_with_its_bytes() -> None:
    trace = Trace(("client", "server"))
    back = SYN[:12] + SYN[16:20] + SYN[12:16] + SYN[22:24] + SYN[20:22] + SYN[24:]
    answer = packet(back[:33] + b"\x12" + back[34:], 2)
    data = packet(DATA, 3, seq=1, ack=1, delivered=3_000_000, verdict="delivered")
    for record in (packet(SYN), answer, data):
        trace.add("sent", record.sent, record)
    found = dissections(trace)
    groups = {name: {row[0]: tuple(row[1:]) for row in rows} for name, rows in found[3]["groups"]}
    assert list(groups) == ["wire", "IP", "TCP", "options", "data"]
    assert groups["TCP"]["sequence number"] == ("1  (1001)", 24, 28)
    assert groups["TCP"]["acknowledgement number"] == ("1  (2001)", 28, 32)
    assert groups["TCP"]["flags"][0] == "ACK PSH"
    assert groups["TCP"]["window"] == ("16 × 128 = 2048 bytes", 34, 36)
    assert groups["options"]["timestamps"] == ("2, echo 1", 42, 52)
    assert groups["IP"]["source"] == ("192.0.2.1", 12, 16)
    assert groups["data"]["4 bytes"] == ("b'ping'", 52, 56)
    assert groups["wire"]["on its way"][0].startswith("2.000 ms")
    assert found[3]["hex"] == DATA.hex() and found[3]["size"] == 56
    syn = {name: {row[0]: tuple(row[1:]) for row in rows} for name, rows in found[1]["groups"]}
    assert syn["TCP"]["window"][0] == "64240 bytes", "that of a SYN is not scaled"
    assert syn["TCP"]["acknowledgement number"][0] == "0, not in use"
    assert syn["options"]["maximum segment size"] == ("1460 bytes", 40, 44)
    assert syn["options"]["window scale"] == ("7 bits, × 128", 57, 60)


def test_strange_packets_are_shown_as_far_as_they_can_be_read() -> None:
    trace = Trace(("client", "server"))
    for number, raw in enumerate((b"", b"\x60" * 10, SYN[:24], SYN[:9] + b"\x01" + SYN[10:]), 1):
        trace.add("sent", 0, packet(raw, number))
    found = dissections(trace)
    assert [[name for name, _ in each["groups"]] for each in found.values()] == [
        ["wire"], ["wire", "data"], ["wire", "IP", "data"], ["wire", "IP", "data"],
    ]  # fmt: skip


def test_a_kept_trace_is_the_same_again() -> None:
    trace = real()
    data = json.loads(json.dumps(kept(trace)))
    again = trace_of(data)
    assert str(again) == str(trace) and told(again) == told(trace)
    assert kept(again) == data
    assert dissections(again) == dissections(trace)


@pytest.mark.parametrize("data", [{}, {"format": 2}, "a trace", None])
def test_what_is_no_kept_trace_is_refused(data: Any) -> None:
    with pytest.raises(LabError, match=r"no trace kept by replay \(format 1\)"):
        page(data)


def test_as_text_it_is_the_trace_and_as_picture_a_png() -> None:
    trace = real()
    shown = replay(trace)
    data, metadata = shown._repr_mimebundle_()
    assert repr(shown) == data["text/plain"] == str(trace)
    assert set(data) == {"text/plain", "image/png"}, "no widget where there is no notebook"
    assert metadata["image/png"]["alt"] == telling.ladder(trace)
    assert str(trace_of(metadata[KEPT])) == str(trace)


def test_a_long_run_keeps_no_data_and_its_png_has_only_the_beginning() -> None:
    story = Story()
    for _ in range(250):
        story.pass_("P.", 5)
    shown = replay(story.trace)
    data, metadata = shown._repr_mimebundle_()
    assert KEPT not in metadata
    assert len(json.dumps(kept(story.trace))) > MOST_KEPT
    assert len(data["image/png"]) < 400_000
    assert len(shown.data["steps"]) == 500 and shown.data["height"] > 8_000


def test_the_picture_is_not_pyplots() -> None:
    mine = pyplot.figure()
    replay(run().trace)._repr_mimebundle_()
    assert pyplot.get_fignums() == [mine.number] and pyplot.gcf() is mine
    pyplot.close(mine)


def test_two_threads_may_draw_and_leave_the_style_alone() -> None:
    before = pyplot.rcParams.copy()
    trace, found = run().trace, list[int]()
    threads = [
        threading.Thread(target=lambda: found.append(len(view_of(trace)["svg"]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 4
    assert pyplot.rcParams == before


@pytest.mark.parametrize(
    ("trace", "words"),
    [
        (Trace(("client", "server")), "no call and no packet happened"),
        (5, "takes a trace, not 5"),
        (run(), r"a lab has one: replay\(lab.trace\)"),
    ],
)
def test_bad_input_says_why(trace: Any, words: str) -> None:
    with pytest.raises(LabError, match=words):
        replay(trace)


def test_bench_mode_has_calls_and_no_packets() -> None:
    view = replay(run(wire=False).trace).data
    assert not view["wire"] and view["packets"] == {} and len(view["steps"]) == 2
    assert "bench mode" in view["svg"]


def test_three_hosts_have_three_cards() -> None:
    story = Story("alice", "server", "bob")
    story.call("server", "listen(1)")
    story.pass_("S", source="alice")
    story.pass_("S", source="bob")
    view = replay(story.trace).data
    assert view["hosts"] == ["alice", "server", "bob"]
    assert {step["who"] for step in view["steps"]} == {
        "server", "alice > server", "bob > server"
    }  # fmt: skip


def test_a_run_in_which_nothing_has_happened_has_a_view_for_the_debugger() -> None:
    view = view_of(Trace(("client", "server")))
    assert view["svg"] == "" and view["steps"] == [] and json.dumps(view)


def test_the_listener_goes_with_its_queues() -> None:
    story = run()
    trace = story.trace
    change = next(c for c in trace.changes if c.state == "LISTEN")
    gone = type(change)("server", change.local, change.peer, change.after, None)
    trace.add("change", story.now + 1, gone)
    _, found = steps(trace)
    assert found[-1].differences[-2:] == [
        ["socket", "server", found[0].differences[-1][2], None],
        ["queue", "server", change.local, None],
    ]


def test_a_piece_needs_nothing_from_elsewhere_and_ends_where_it_ends() -> None:
    story = run()
    story.call("client", "send(b'</script><b>')", "12")
    piece = page(kept(story.trace))
    assert piece.count("</script>") == 2 and "</script><b>" not in piece
    assert not re.findall(r"""(?:src|href)=["'](?!#)|@import|url\((?!#)|import\s*\(""", piece)
    assert 'charset="utf-8"' in piece


def test_the_style_sheet_touches_nothing_else() -> None:
    rules = re.sub(r"/\*.*?\*/", "", style(), flags=re.DOTALL)
    for selectors in re.findall(r"([^{};]+)\{", rules):
        if selectors.strip().startswith("@"):
            continue
        assert all(".tcp-replay" in each for each in selectors.split(",")), selectors


def test_the_module_has_one_export_and_no_import() -> None:
    assert len(re.findall(r"^export ", module(), re.MULTILINE)) == 1
    assert not re.findall(r"^import ", module(), re.MULTILINE)


@pytest.mark.parametrize(
    ("written", "kept_of_it"),
    [
        ("font: 700 14px 'DejaVu Sans', 'Verdana', sans-serif", "font: 700 14px sans-serif"),
        ("font: 10px 'DejaVu Sans Mono'; fill: red", "font: 10px monospace; fill: red"),
        ("font-size: 9px; font-family: 'DejaVu Sans'", "font-size: 9px; font-family: sans-serif"),
    ],
)
def test_fonts_are_named_by_their_widths(written: str, kept_of_it: str) -> None:
    """As matplotlib 3.10 writes them, and as 3.11 does."""
    svg = drawing.plain(f'<svg width="5pt" height="5pt"><text style="{written}">a</text></svg>')
    assert svg == f'<svg><text style="{kept_of_it}">a</text></svg>'
