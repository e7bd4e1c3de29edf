"""Gives each process its own network namespace, and its end of the wire.

Rule of this file: it knows links, addresses and routes, and nothing of sockets
under study. Namespaces are anonymous: descriptors hold them, so the kernel
reclaims them when this process goes.

How a host is joined to the wire: one veth pair, its far end in the wire's own
namespace. The near end has NOARP set and a default route to it, so that every
packet leaves at once, to whatever address, and neither ARP nor IPv6 neighbour
discovery is ever sent. Where it goes is the wire's business.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from helpers.errors import LabError
from helpers.inside import messages
from helpers.inside.channel import CONTROL_FD, Channel
from helpers.inside.messages import Message
from helpers.links import rtnetlink
from helpers.links.line import AGAIN, Answer, Line
from helpers.links.openings import Openings
from helpers.links.refusal import needed
from helpers.waiting import wait_until

# Nothing of the reader's is read; and Python 3.12 warns of a fork beside another thread.
_FLAGS = ("-I", "-S", "-W", "ignore::DeprecationWarning")
T = TypeVar("T", bound=Message)
KEEPER = Path(__file__).parents[1] / "inside" / "keeper.py"
_SIOCETHTOOL, _SIOCGIFINDEX = 0x8946, 0x8933  # linux/sockios.h
_HAS_IPV6 = "/proc/net/if_inet6"
# ethtool commands that hand the kernel's own work back to the sender's stack: with them on,
# segments cross the wire with partial checksums and sizes above the MSS. linux/ethtool.h.
_OFFLOADS = (0x17, 0x19, 0x1F, 0x24)  # tx checksum, scatter-gather, TSO, GSO
_NOARP = 0x80  # netdevice(7), IFF_NOARP
# The least retransmission timeout, in milliseconds. RFC 6298 asks for a second.
RTO_MIN = 500
# Every near end has this address; each is alone on its link.
NEAR_MAC = bytes.fromhex("020000000001")


class Keeper:
    """The notebook's handle on the process that starts all others of one lab."""

    def __init__(self, bench: bool = False) -> None:
        """Start it; raises ``NotPermitted`` where the kernel forbids namespaces. Blocks ~20 ms."""
        if 0 <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] <= CONTROL_FD:
            raise OSError(errno.EMFILE, f"the limit is too low: a host needs {CONTROL_FD + 1}")
        ours, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [sys.executable, *_FLAGS, str(KEEPER), *(["bench"] if bench else [])],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,
            )
        finally:
            theirs.close()
        self._line = Line(ours, self._process)
        self._count = 0
        self.bench = bench
        try:
            ready, _ = self._read(messages.Ready, messages.Ready.word, self._line.hear("ready"))
            self.pid, self.notes = int(ready.pid), list(ready.notes)
        except BaseException:
            self.close()
            raise
        self._line.inner = self.pid
        self._errors.close()

    def namespace(self) -> tuple[int, int, Openings]:
        """A new namespace: its number, a descriptor that names it, and its openings.

        In bench mode it is the machine's own namespace. Raises ``NotPermitted`` where it may
        be made and not entered.
        """
        with needed("network namespaces"):
            made, (name, *fds) = self._ask(messages.Made, messages.Namespace())
        self._count += 1
        return self._count - 1, name, Openings.adopt(fds, made.thread)

    def openings(self, namespace: int) -> Openings:
        """New openings of a namespace."""
        made, fds = self._ask(messages.Made, messages.Openings(namespace))
        return Openings.adopt(fds, made.thread)

    def wire(self) -> tuple[socket.socket, Openings]:
        """The packet socket that sees every far end, and the openings of the wire's namespace."""
        with needed("packet sockets"):
            made, (packets, *fds) = self._ask(messages.Made, messages.Wire())
        return socket.socket(fileno=packets), Openings.adopt(fds, made.thread)

    def tap(self, namespace: int, device: str, protocol: int = 3) -> socket.socket:
        """A packet socket that sees what crosses one device of a namespace; it only looks.

        ``protocol`` is an Ethernet type; 3 means all. packet(7).
        """
        _, (packets,) = self._ask(messages.Made, messages.Tap(namespace, device, protocol))
        return socket.socket(fileno=packets)

    def start(
        self, namespace: int, program: messages.Play | None = None, privileged: bool = True
    ) -> Channel:
        """Start a process in a namespace; returns our end of its control channel.

        One that is not ``privileged`` lacks CAP_NET_BIND_SERVICE. capabilities(7).
        """
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                start = messages.Start(namespace, program, privileged)
                self._ask(messages.Value, start, fds=[theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        return Channel(ours)

    def sysctl(self, namespace: int, name: str, value: str | None = None) -> str:
        """Read one sysctl of a namespace, after writing ``value`` if one is given.

        Raises the kernel's OSError: ENOENT for an unknown name, EINVAL for a bad value.
        """
        return str(self._ask(messages.Value, messages.Sysctl(namespace, name, value))[0].value)

    def settle(self, namespace: int, values: dict[str, str]) -> dict[str, tuple[str, str | None]]:
        """Set many sysctls of a namespace: those that could not be set, with the reason, and
        with what they are now, or None."""
        found = self._ask(messages.Value, messages.Settle(namespace, values))[0].value
        return dict(found)

    def status(self, pid: int) -> int | None:
        """How a process ended that ``start`` started: its wait status, None while it lives.

        ``pid`` is its number among its own, as ``os.getpid`` told it. wait(2).
        """
        status: int | None = self._ask(messages.Value, messages.Status(pid))[0].value
        return status

    def check(self) -> None:
        """Raise ``LabError`` if it has ended, and every process of the lab with it."""
        self._line.check()

    def _ask(self, wanted: type[T], asked: Message, fds: Iterable[int] = ()) -> tuple[T, list[int]]:
        return self._read(wanted, asked.word, self._line.ask(asked, list(fds)))

    def _read(self, wanted: type[T], asked: str, found: Answer | None) -> tuple[T, list[int]]:
        if found is None:
            raise LabError(f"the lab's keeper ended at {asked!r}: {self._last_words()}. {AGAIN}")
        answer, fds = found
        if isinstance(answer, messages.Refused):
            with needed(answer.file or "a process of a lab"):
                raise OSError(answer.code, os.strerror(answer.code), answer.file or None)
        if isinstance(answer, messages.Error):
            raise OSError(answer.code, answer.text, *([answer.file] if answer.file else []))
        if not isinstance(answer, wanted):
            raise LabError(f"the lab's keeper could not do {asked!r}: {answer}")
        return answer, fds

    def _last_words(self) -> str:
        if self._errors.closed:
            return "it was killed"
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip()[-500:] or "it said nothing"

    def hang_up(self) -> None:
        """Tell the keeper to end, and do not wait for it."""
        self._line.hang_up()

    def close(self) -> None:
        """End the keeper, and with it every process of the lab; waits until it is gone."""
        self._line.close()
        self._errors.close()


@needed("links")
def join(
    wire: Openings, host: Openings, name: str, namespace_fd: int, addresses: Iterable[str]
) -> int:
    """Connect a host to the wire by a veth pair; returns the far end's interface index.

    Raises ``NotPermitted`` where a namespace may be made but not used (AppArmor does that).
    """
    _request(wire.route, rtnetlink.veth(name, "eth0", NEAR_MAC, namespace_fd))
    turn_off_offloads(host.device, "eth0")
    far, near, loop = index(wire, name), index(host, "eth0"), index(host, "lo")
    families = internet_families()
    if socket.AF_INET6 in families:
        _request(host.route, rtnetlink.quiet_ipv6(near))
    for opening, device, flags in ((host, loop, 0), (host, near, _NOARP), (wire, far, _NOARP)):
        _request(opening.route, rtnetlink.up(device, flags))
    wait_until(f"{name}'s eth0 to be up", lambda: _sends(host.route, near))
    for address in addresses:
        if ":" not in address or socket.AF_INET6 in families:
            add_address(host, near, address)
    for family in families:
        set_route(host, near, family)
    return far


def internet_families() -> tuple[socket.AddressFamily, ...]:
    """IPv4, and IPv6 unless this kernel was booted with ``ipv6.disable=1``: then it has no such
    file, and refuses all that names the family (Documentation/networking/ipv6.rst)."""
    six = (socket.AF_INET6,) if os.path.exists(_HAS_IPV6) else ()
    return (socket.AF_INET, *six)


def _sends(route: socket.socket, device: int) -> bool:
    """Whether the kernel's link watch has seen that the device is connected now.

    Until then the device drops, without a word, what the host sends. A worker of the kernel does
    that, some time after the other end is up: of 12,000 labs on a busy machine three lost their
    first packet. Since 6.8 this question itself makes it happen.
    """
    route.send(rtnetlink.link(device))
    return rtnetlink.is_up(route.recv(1 << 15))


def index(openings: Openings, device: str) -> int:
    """The interface index of ``device``; OSError ENODEV when there is none. netdevice(7)."""
    request = struct.pack("16s16x", device.encode())
    reply = fcntl.ioctl(openings.device, _SIOCGIFINDEX, request)
    return int(struct.unpack_from("=i", reply, 16)[0])


def add_address(openings: Openings, device: int, address: str) -> None:
    """Give ``device`` one more address, usable at once (no duplicate address detection)."""
    _request(openings.route, rtnetlink.address(device, address))


def set_route(openings: Openings, device: int, family: int, quickack: bool = True) -> None:
    """Send every address over ``device``, by a route with two attributes of ip-route(8).

    ``quickack`` acknowledges each segment at once. Without it TCP may wait 40 ms, and where
    the ACK then falls among the other events would differ from run to run. ``rto_min`` is half
    a second, and not 200 ms: on a busy machine a packet may wait that long to be looked at, and
    what TCP then sends again is no part of the experiment. (More would lengthen FIN-WAIT-2,
    which lasts 3.5 times the retransmission timeout at least: ``tcp_fin_time`` in the kernel.)
    """
    _request(openings.route, rtnetlink.route(device, family, quickack, RTO_MIN))


def turn_off_offloads(device: socket.socket, name: str) -> None:
    """Let the stack itself compute checksums and cut segments: ioctl SIOCETHTOOL."""
    for command in _OFFLOADS:
        value = array.array("I", [command, 0])
        request = struct.pack("16sP8x", name.encode(), value.buffer_info()[0])
        fcntl.ioctl(device, _SIOCETHTOOL, request)


def _request(route: socket.socket, message: bytes) -> None:
    """Send one rtnetlink request, wait for its answer, raise its error."""
    route.send(message)
    code = -int(struct.unpack_from("=i", route.recv(4096), 16)[0])
    if code:
        raise OSError(code, os.strerror(code))
