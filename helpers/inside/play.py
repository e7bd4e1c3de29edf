"""Runs one whole program inside a host, from its loading to its end.

Standard library only.
"""

from __future__ import annotations

import io
import os
import sys

from helpers.inside import codec, gates, recorded, voice
from helpers.inside.channel import Channel
from helpers.inside.messages import Output, Play, Reply
from helpers.inside.unpack import show_lines, unpack

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def play(channel: Channel, asked: Play) -> None:
    """Run one whole program, then end this process: its result or its exception is sent.

    The program is loaded first, and the notebook greeted then: imports may take a while.
    """
    gates.alone()
    parcel = codec.decode(asked.parcel)
    names, origin = voice.first_words(channel)
    started = os.getpid()
    recorded.install(None, names, origin)  # for what a module says while it is loaded
    sys.stdout = sys.stderr = _Output()
    try:
        try:
            program = unpack(parcel) if parcel else _found(asked.target)
        finally:
            recorded.install(gates.report_in_step if asked.observed else None, names, origin)
            voice.greet()
        if asked.observed:
            gates.follow_forks()
        value = _whole(program, codec.decode(asked.args, codec.made_again))
        recorded.stop()
        if os.getpid() == started:  # what a forked child returns is not the program's result
            voice.send(Reply(0, True, codec.encode(value)))
    except BaseException as error:
        import traceback  # only here: it costs a host two milliseconds

        recorded.stop()
        if parcel:
            show_lines(parcel)
        text = "".join(traceback.format_exception(_own(error)))
        if os.getpid() == started:
            voice.send(Reply(0, False, codec.encode((error, text))))
        elif not isinstance(error, SystemExit):
            voice.send(Output(text))
    finally:
        os._exit(0)


def _own(error: BaseException) -> BaseException:
    """The exception without the frames of this file, which are not the program's."""
    step = error.__traceback__
    while step and step.tb_next and step.tb_frame.f_code.co_filename == __file__:
        step = step.tb_next
    return error.with_traceback(step)


def _whole(program: Callable[..., Any], args: Any) -> Any:
    try:
        return program(*args)
    except SystemExit as leave:
        if leave.code in (None, 0):
            return None  # as from a shell: it has ended well
        raise


def _found(target: str) -> Callable[..., Any]:
    module, _, name = target.rpartition(":")
    __import__(module)
    found: Callable[..., Any] = getattr(sys.modules[module], name)
    return found


class _Output(io.TextIOBase):
    """Where a program's print() goes: to the notebook."""

    def write(self, text: str) -> int:
        voice.send(Output(text))
        return len(text)
