"""Which call sent which packet, from traces made by hand: a millisecond between two events."""

from __future__ import annotations

from helpers.record.causes import causes
from tests.scenes.stories import Story


def told(story: Story) -> list[tuple[str, str, str]]:
    return [(cause.host, cause.what, cause.sent) for cause in causes(story.trace)]


def test_what_is_sent_while_a_call_lasts_is_the_calls() -> None:
    story = Story()
    call = story.begin("client", "connect(server:8080)")
    story.pass_("S")
    story.pass_("S.", source="server", to="client")
    story.pass_(".")
    story.end(call)
    assert told(story) == [
        ("client", "connect(server:8080)", "SYN"),
        ("server", "SYN arrives", "SYN+ACK"),
        ("client", "SYN+ACK arrives", "ACK"),
    ]


def test_what_is_sent_after_a_call_has_ended_is_not_the_calls() -> None:
    story = Story()
    story.call("client", "send(b'x')")
    story.note("some time passes")
    story.pass_(".", 1)
    itself = "no call: a process ends, or a timer ran out"
    assert told(story) == [("client", "send(b'x')", "none"), ("client", itself, "data")]


def test_a_call_that_only_receives_sends_no_data() -> None:
    story = Story()
    call = story.begin("client", "recv(1024)")
    story.pass_(".", 1)
    story.end(call)
    assert [(what, sent) for _, what, sent in told(story)] == [
        ("recv(1024)", "none"),
        ("no call: a process ends, or a timer ran out", "data"),
    ]


def test_what_is_sent_again_is_a_timers() -> None:
    story = Story()
    call = story.begin("client", "connect(server:8080)")
    story.lose(story.send("S"))
    story.lose(story.send("S", again=True))
    story.end(call)
    assert [(what, sent) for _, what, sent in told(story)] == [
        ("connect(server:8080)", "SYN"),
        ("a timer ran out", "SYN"),
    ]


def test_what_only_asks_is_left_out_and_what_sends_nothing_is_not() -> None:
    story = Story()
    story.call("server", "listen(1)")
    story.call("server", "getsockname()")
    assert told(story) == [("server", "listen(1)", "none")]
