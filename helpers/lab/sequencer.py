"""Puts everything that happens in a lab into one order.

One thread reads what processes report, looks at the kernels, and moves packets,
one thing at a time:

1. take in what processes say;
2. wait until every call has ended or sleeps in the kernel;
3. look at all sockets, record what changed;
4. take the packets that were sent; deliver one; begin again;
5. when the wire is empty, let the programs go on that have ended a call; begin again.

So between two packets nothing else is under way, and two runs of one experiment
give one order of events. When nothing is left to do the lab is *quiet*, and only
then does a call return to the notebook.

So a packet stands behind the call that sent it, in a whole program as in calls made one by one;
and what a kernel answers by itself stands before the end of the call that it wakes.

With ``exact`` off (for bursts) step 2 is left out, and no program waits for the wire.
"""

from __future__ import annotations

import os
import random
import select
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from helpers.errors import HostDied, LabError
from helpers.inside import messages
from helpers.inside.channel import CONTROL_FD
from helpers.inside.codec import decode
from helpers.inside.messages import At, Begin, End, Forked, Go, Hello, Message, Output, Reply
from helpers.lab.call import Call, rebuild
from helpers.lab.jobs import Jobs
from helpers.lab.mishaps import MOST, Mishaps, is_shortage
from helpers.lab.observer import NEVER, Observer
from helpers.lab.process import Process
from helpers.lab.relay import Relay
from helpers.lab.threads import Threads
from helpers.lab.turns import Turns
from helpers.waiting import patience

T = TypeVar("T")
# What the notebook asks a process for; each has a number, and an answer.
Asked = messages.Call | messages.Fork
# Limits, in seconds; TCP_LAB_PATIENCE multiplies them. Measured with 72 connections on two cores,
# and in brackets beside sixteen busy loops on the same two.
#
# How long to wait for a running call to end or to sleep, before going on without it: the longest
# took 5 ms (85 ms). A program that computes for longer is not waited for, or it would stop the lab.
SETTLE = 1.0
# The same for a thread that waits for a lock of its own process. Python's is asked for every 5 ms,
# so one that waits ten times as long waits for something else, perhaps for good.
LOCKED = 0.05
# How long a packet may be on its way inside the kernel, from a host to the wire or from the wire
# into a host: the longest took 0.1 ms (71 ms). One that never comes was dropped by the host itself.
HANDOVER = 0.5
# How long a turn may last before those who wait for quiet are answered all the same: the longest
# took 10 ms (205 ms). Two programs that talk without end would never let it end.
BUSY = 2.0
# Between two looks while no descriptor is left: nothing tells when one has been given back.
RETRY = 0.01
# So many packets at once: who sends without end must not keep everybody else waiting.
AT_ONCE = 256


class Sequencer:
    """The lab's one thread. Everything public may be called from any other."""

    def __init__(self, observer: Observer, relay: Relay | None, everyone: list[Process]) -> None:
        """``everyone`` is the lab's list of processes; children of programs are added to it."""
        self.exact = True
        self._observer, self._relay, self._everyone = observer, relay, everyone
        self._mishaps = Mishaps(observer.note)
        self._processes: dict[int, Process] = {}
        self._jobs = Jobs()
        self._replies: list[tuple[Call[object], object, BaseException | None]] = []
        self._turns = Turns()
        self._dirty = False
        self._missed = 0.0
        self._poll = select.epoll()
        self._poll.register(self._jobs.wake, select.EPOLLIN)
        if relay:
            self._poll.register(relay.socket, select.EPOLLIN)
        self._thread = threading.Thread(target=self._run, name="tcp-lab", daemon=True)
        try:
            self._thread.start()
        except BaseException:  # an interrupt while it starts: nobody else has a name for it
            self._jobs.close()
            raise

    # ---- from other threads -----------------------------------------------------

    def do(self, act: Callable[[], T]) -> T:
        """Run ``act`` on the lab's thread once the lab is quiet; return when it is quiet again."""
        value: T = self._submit(act).result()
        self.quiet()
        return value

    def ask(self, question: Callable[[], T]) -> T:
        """Run ``question``, which changes nothing, on the lab's thread once the lab is quiet."""
        value: T = self._submit(question, changes=False).result()
        return value

    def quiet(self) -> None:
        """Return when the lab is quiet."""
        self.ask(lambda: None)

    def _submit(self, act: Callable[[], Any], changes: bool = True) -> Future[Any]:
        if self.inside():
            raise LabError("a rule may look at its packet only; it cannot ask the lab or its wire")
        return self._jobs.put(act, changes)

    def inside(self) -> bool:
        """Whether the thread that asks is the lab's own, or runs a rule for it."""
        rule = self._relay is not None and self._relay.judge.inside()
        return rule or threading.current_thread() is self._thread

    def add(self, process: Process) -> None:
        """Listen to one more process; returns when it has said its number."""
        self.do(lambda: self._listen(process))

    def _listen(self, process: Process) -> None:
        self._processes[process.channel.fileno()] = process
        self._poll.register(process.channel, select.EPOLLIN)
        self._take_in(process)  # it may have said more than its number already

    def begin(
        self, process: Process, call: Call[Any], asked: Asked, fds: tuple[int, ...] = ()
    ) -> None:
        """Ask a process to make a call, once the lab is quiet; returns when it has been asked.

        The call ends when the lab is quiet again after its reply.
        """

        def ask() -> None:
            process.send(asked, fds)
            process.waiting[asked.number] = call
            self._happened(process.host)

        self._submit(ask, changes=False).result()

    def stop(self) -> None:
        """End the thread; calls that still wait end with ``HostDied``."""
        self._jobs.close()
        self._thread.join()
        self._poll.close()
        os.close(self._jobs.wake)

    # ---- on the lab's thread ------------------------------------------------------

    def _run(self) -> None:
        try:
            # On one processor frames keep their order; the marker in _arrival relies on it.
            os.sched_setaffinity(0, {random.choice(sorted(os.sched_getaffinity(0)))})
            in_a_row = 0
            while not self._jobs.closed:
                with self._mishaps("a turn") as mishap:
                    self._wait(0 if in_a_row else self._pause())
                    if self.exact and self._observer.next_end() <= time.monotonic_ns():
                        self._happened()
                    self._turn()
                in_a_row = in_a_row + 1 if mishap.error else 0
                if is_shortage(mishap.error):  # who waits is told; it may be over in a moment
                    self._reply()
                    self._jobs.fail(mishap.error)
                    in_a_row = 0
                    time.sleep(RETRY)
                if in_a_row == MOST:
                    self._jobs.close(f" (its thread failed again and again: {mishap.error!r})")
        finally:
            self._bury_all()

    def _bury_all(self) -> None:
        self._jobs.close()
        for process in list(self._processes.values()):
            with self._mishaps("the end"):
                self._end_calls(process, "the lab was closed while this call was waiting")
        self._jobs.refuse()
        self._reply()

    def _pause(self) -> float | None:
        """Seconds until something is due: a delayed packet, or the end of a socket by a timer; none
        if a turn was over before all had their turn, for nobody else might wake this thread."""
        if self._turns or (self._relay and self._relay.under_way):
            return 0.0
        due = self._relay.next_due() if self._relay else NEVER
        end = self._observer.next_end() if self.exact else NEVER
        soonest = min(due, end)
        return None if soonest == NEVER else max(0.0, (soonest - time.monotonic_ns()) / 1e9)

    def _wait(self, seconds: float | None) -> bool:
        events = self._poll.poll(-1 if seconds is None else seconds, 64)
        for fd, _ in events:
            if fd == self._jobs.wake:
                os.eventfd_read(fd)
            elif fd in self._processes:
                self._hear(self._processes[fd])
        return any(fd in self._processes or fd == self._jobs.wake for fd, _ in events)

    def _turn(self) -> None:
        limit = time.monotonic() + BUSY * patience()
        while not self._jobs.closed:
            for _ in range(64):  # as much as is there, but a program that never stops must not
                if not self._wait(0):
                    break
            if self.exact:
                self._settle()
            self._line_up()
            self._look()
            if not self.exact:
                self._let_go()
            if self._relay and self._move(self._relay):
                if time.monotonic() < limit:
                    continue
            elif self._relay and self.exact and self._on_the_way(self._relay):
                continue
            spinning = self._turns.spinning()
            if not spinning and self._let_go() and time.monotonic() < limit:
                continue
            self._reply()
            asked, changes = self._jobs.next()
            if changes:
                self._happened()
            # A program that never sleeps would keep everybody else waiting; but before it is
            # known as one, ``run`` must not return in the middle of what it does.
            if not (spinning and self._let_go()) and not asked:
                return

    def _move(self, relay: Relay) -> bool:
        read = 0
        while read < AT_ONCE and relay.read():
            read += 1
        self._dirty |= bool(read)
        if self.exact and read:
            return True
        return bool(self._deliver(relay) or read)

    def _on_the_way(self, relay: Relay) -> bool:
        """Whether a host has sent what the wire has not got: under load the kernel hands it over
        a little later. Waits a moment for it; a packet that never comes is given up."""
        kernels = self._observer.kernels
        if all(k.transmitted() <= relay.taken.get(host, 0) for host, k in kernels.items()):
            self._missed = 0.0
            return False
        now = time.monotonic()
        self._missed = self._missed or now
        if now - self._missed > HANDOVER * patience():
            relay.taken.update({host: k.transmitted() for host, k in kernels.items()})
            return False
        soon = select.poll()  # select(2) takes no descriptor above 1,023
        soon.register(relay.socket, select.POLLIN)
        soon.poll(1)
        return True

    def _deliver(self, relay: Relay) -> bool:
        if not self.exact:
            return any([bool(relay.deliver()) for _ in range(64)])
        if (found := relay.deliver()) is None:
            return False
        record, home = found
        self._happened(home)
        if record.verdict == "delivered":
            self._arrival(relay, home)
        return True

    def _arrival(self, relay: Relay, host: str) -> None:
        """Wait until the host's kernel is done with what was delivered.

        It takes frames in their order, so a marker sent behind the packet tells.
        """
        relay.markers.wait(host, HANDOVER * patience())

    def _settle(self) -> None:
        """Wait until everybody sleeps; asleep counts only if nothing was said before."""
        started = time.monotonic()
        free, last = started, None  # when what is busy was last seen not to wait for a lock
        while True:
            busy = self._busy()
            waited = time.monotonic() - started
            if self._wait(0) and waited < SETTLE * patience():
                continue
            if busy is None:
                self._turns.rested(self._processes.values())
                return
            late = waited > SETTLE * patience()
            # One that runs, or would if a processor were free, may meet its lock at any moment.
            if waited < LOCKED * patience() or busy is not last or not busy.locked():
                free, last = time.monotonic(), busy
            if late or time.monotonic() - free > LOCKED * patience():
                busy.restless = True
                return
            self._wait(0.0002 if waited < 0.02 else 0.002)

    def _busy(self) -> Process | None:
        for process in self._processes.values():
            if process.activity(self._turns.all_wait(process)).busy:
                return process
        return None

    def _line_up(self) -> None:
        """Hear what the threads of programs have said at their gates."""
        for process in list(self._processes.values()):
            for thread in self._turns.newcomers(process):
                said = process.gated[thread]
                if isinstance(said, End):
                    self._ended(process, said, thread)
                    process.gated[thread] = None
                else:
                    self._turns.add(process, thread)

    def _happened(self, host: str = "") -> None:
        """Something may have changed at a host, or at any."""
        self._dirty = True
        self._observer.touch(host)

    def _look(self) -> None:
        if self._dirty and (self.exact or self._turns):
            self._dirty = False
            self._observer.look()

    def _let_go(self) -> bool:
        """Let a program that waited go on; whether it does not only poll.

        One at a time, in the order in which they came: of two that ran at once either might be
        the first to make its next call. In a burst, and once one spins, all of them.
        """
        waiting = self._turns.take(1 if self.exact and not self._turns.spinning() else None)
        for process, thread in waiting:
            process.computing = True
            if isinstance(begin := process.gated.pop(thread, None), Begin):
                self._begun(process, begin, time.monotonic_ns())
            with suppress(HostDied):
                process.send(Go(thread))
        return any(not process.polling for process, _ in waiting)

    def _hear(self, process: Process) -> None:
        try:
            open_still = process.channel.fill(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        self._take_in(process)
        if not open_still:
            self._bury(process)

    def _take_in(self, process: Process) -> None:
        while (found := process.channel.pop()) is not None:
            message, fds = found
            with self._mishaps(f"a message of {process.label}") as mishap:
                self._understand(process, message, fds)
            if mishap.error:
                self._fail(process, message, mishap.error)
        if process.channel.junk:
            self._observer.note(
                f"{process.label} wrote to descriptor {CONTROL_FD}, which is the lab's own: "
                f"{process.channel.junk} bytes, left out"
            )
            process.channel.junk = 0

    def _fail(self, process: Process, message: Message, error: BaseException) -> None:
        """A message could not be understood: the call that it tells of fails, if it is ours."""
        number = message.number if isinstance(message, Reply) else None
        number = message.on_behalf if isinstance(message, Begin | End) else number
        call = process.waiting.pop(number, None) if isinstance(number, int) else None
        if call is not None:
            self._replies.append((call, None, LabError(f"{call.text}: {error!r}, in the lab")))

    def _understand(self, process: Process, message: Message, fds: list[int]) -> None:
        process.restless &= bool(process.program)
        match message:
            case At():
                self._gated(process, message, fds)
            case Begin():
                self._begun(process, message, message.t)
            case End():
                self._ended(process, message)
            case Reply():
                self._answered(process, message, fds)
            case Forked():
                self._forked(process, fds[0])
            case Hello():
                process.greet(message)
                self._turns.add(process)
            case Output():
                process.eldest.printed.append(message.text)

    def _forked(self, parent: Process, fd: int) -> None:
        """A program has forked: its child reports by a channel of its own."""
        child = parent.child(fd)
        self._observer.note(f"{parent.label} forks {child.label}")
        self._everyone.append(child)
        self._listen(child)
        if not parent.threads:
            self._turns.add(parent)

    def _gated(self, process: Process, at: At, fds: list[int]) -> None:
        """A thread of a program that has several waits at its gate, with something to say."""
        process.threads = process.threads or Threads(process.pid)
        process.gated[at.thread] = None if isinstance(at.said, Forked) else at.said
        if isinstance(at.said, Forked):
            self._forked(process, fds[0])

    def _begun(self, process: Process, begin: Begin, t: int) -> None:
        process.computing = False
        if self._relay and self.exact and self._relay.read_until(t):
            self._dirty = True
        record = self._observer.begin(process, begin, t)
        self._dirty |= not process.polling
        call = process.waiting.get(begin.on_behalf or 0)
        if call is not None:
            call.thread, call.record = begin.thread, record

    def _ended(self, process: Process, end: End, thread: str = "") -> None:
        if self._relay and self.exact and self._observer.slept(process, end):
            self._take_answers(self._relay)
        record = self._observer.end(process, end)
        call = process.waiting.get(end.on_behalf or 0)
        if call is not None:
            call.thread = ""
        if process.program:
            refused = record is not None and record.error == "EAGAIN"
            process.refusals = process.refusals + 1 if refused else 0
            process.strides[thread] = process.strides.get(thread, 0) + 1
            self._turns.add(process, thread)
        self._dirty |= not process.polling

    def _take_answers(self, relay: Relay) -> None:
        """What a kernel has sent by itself stands before the end of a call that slept.

        It answers a packet while it holds the socket, and whom that packet wakes must wait for
        the socket: of 300 handshakes the last ACK had left before ``connect`` returned in 300.
        """
        for _ in range(AT_ONCE):
            if relay.read():
                self._dirty = True
            elif not self._on_the_way(relay):
                return

    def _answered(self, process: Process, reply: Reply, fds: list[int]) -> None:
        call = process.waiting.pop(reply.number, None)
        if process.program is not None:
            self._program_over(process, process.program, reply)
        elif call is not None and reply.ok:
            self._replies.append((call, (reply.value, fds) if fds else reply.value, None))
        elif call is not None:
            self._replies.append((call, None, rebuild(decode(reply.value)[0])))

    def _program_over(self, process: Process, program: Call[object], reply: Reply) -> None:
        """A program has come to its end: wait until the kernel has closed what it left open."""
        process.wait_gone()
        self._happened(process.host)
        error = None
        if not reply.ok:
            raised, process.traceback = decode(reply.value)
            error = rebuild(raised, process.label)
        self._replies.append((program, reply.value if reply.ok else None, error))

    def _bury(self, process: Process) -> None:
        self._poll.unregister(process.channel)
        del self._processes[process.channel.fileno()]
        if process.program:
            process.wait_gone(LOCKED * patience())  # who waits for it, wakes then and not later
        self._happened(process.host)
        self._end_calls(process, process.obituary())
        process.close()

    def _end_calls(self, process: Process, why: str) -> None:
        waiting = [*process.waiting.values(), *([process.program] if process.program else [])]
        process.waiting.clear()
        for record, _ in process.open.values():
            record.end, record.error = time.monotonic_ns(), "killed"
            self._observer.trace.add("end", record.end, record)
        process.open.clear()
        for call in waiting:
            if not any(call is other for other, _, _ in self._replies) and not call.done():
                self._replies.append((call, None, HostDied(why)))

    def _reply(self) -> None:
        """The lab is quiet: give every finished call its result."""
        replies, self._replies = self._replies, []
        for call, value, error in replies:
            if not call.done():  # it may have died with its process already
                call.finish(value, error)
