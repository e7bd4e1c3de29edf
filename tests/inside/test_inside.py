"""Bench mode keeps its word: whatever is bound, nobody outside this machine can reach it."""

from __future__ import annotations

import errno
import os
import signal
import socket

import pytest

from helpers import Lab, wait_until
from helpers.inside import loopback
from helpers.lab.host import Program
from tests.scenes.reachable import is_inside, listeners

pytestmark = pytest.mark.live
FOUR, SIX = socket.AF_INET, socket.AF_INET6
# (family, address or None for no bind, how getsockname reads; None where it has the host's own)
FORMS: list[tuple[int, tuple[str, int] | None, str | None]] = [
    (FOUR, ("0.0.0.0", 0), "0.0.0.0"),
    (FOUR, ("", 0), "0.0.0.0"),
    (FOUR, ("0", 0), "0.0.0.0"),
    (FOUR, None, "0.0.0.0"),
    (FOUR, ("0.0.0.0", 8701), None),
    (FOUR, ("", 8702), None),
    (FOUR, ("0", 8703), None),
    (FOUR, ("localhost", 0), "127.0.0.1"),
    (FOUR, ("127.9.9.9", 0), "127.9.9.9"),
    (FOUR, ("server", 0), None),
    (SIX, ("::", 0), "::"),
    (SIX, ("", 0), "::"),
    (SIX, ("0:0::0", 0), "::"),
    (SIX, None, "::"),
    (SIX, ("::1", 0), "::1"),
    (SIX, ("::ffff:0.0.0.0", 0), "::ffff:0.0.0.0"),
    (SIX, ("::ffff:127.0.0.1", 0), "::ffff:127.0.0.1"),
]


def found(inode: int) -> tuple[int, str]:
    (one,) = [(device, address) for i, device, address in listeners() if i == inode]
    return one


def test_every_form_of_bind_stays_inside(bench: Lab) -> None:
    for family, address, want in FORMS:
        made = bench.server.socket(family)
        if address:
            made.bind(address)
        made.listen(1)
        device, bound = found(made.inode)
        assert is_inside(device, bound), (address, bound)
        assert made.getsockname()[0] == (want or bench.server.address), address
        made.close()


def test_where_the_device_cannot_be_chosen_an_address_keeps_them_in(bench: Lab) -> None:
    """As before Linux 5.7, when the option was refused to those without CAP_NET_RAW."""
    seen = bench.server.run(_without_the_option).result().split()
    assert len(seen) == len(FORMS)
    assert all(is_inside(0, address) for address in seen), seen


def _without_the_option() -> str:
    from helpers.inside import loopback

    loopback.BINDTODEVICE = 0x7FFF
    loopback.kept = lambda sock: False
    names = []
    for family, address, _ in FORMS:
        with socket.socket(family) as made:
            if address:
                made.bind(address)
            made.listen(1)
            names.append(made.getsockname()[0])
    return " ".join(names)


@pytest.mark.parametrize("family, address", [(FOUR, "10.11.12.13"), (SIX, "2001:db8::9")])
def test_what_is_the_machines_is_no_hosts(bench: Lab, family: int, address: str) -> None:
    with pytest.raises(OSError) as caught:
        bench.server.socket(family).bind((address, 0))
    assert caught.value.errno == errno.EADDRNOTAVAIL
    assert bench.trace.calls[-1].error == "EADDRNOTAVAIL"


def _whole_program() -> list[int]:
    import asyncio
    import http.server

    kept = [socket.create_server(("", 0)), socket.socket()]
    kept[1].listen()
    kept.append(socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True))
    web = http.server.ThreadingHTTPServer(("", 0), None)
    kept.append(web.socket)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(print, port=0))
    kept += list(server.sockets)
    print(*(os.fstat(sock.fileno()).st_ino for sock in kept))
    signal.pause()


def _lines(program: Program) -> str:
    """What it has printed, once that is a whole line."""
    return program.output if program.output.endswith("\n") else ""


def test_whole_programs_stay_inside(bench: Lab) -> None:
    program = bench.server.run(_whole_program)
    inodes = [int(i) for i in wait_until("six", lambda: _lines(program)).split()]
    assert all(is_inside(*found(inode)) for inode in inodes)


def test_a_program_that_took_the_class_by_its_name_stays_inside(bench: Lab) -> None:
    from tests.scenes import inside as scenes_inside

    program = bench.server.run(scenes_inside.by_name)
    assert is_inside(*found(int(wait_until('a line', lambda: _lines(program)))))


def test_datagrams_stay_inside(bench: Lab) -> None:
    made = bench.server.socket(FOUR, socket.SOCK_DGRAM)
    made.bind(("", 0))
    assert made.getsockopt(socket.SOL_SOCKET, loopback.BINDTODEVICE, 16).startswith(b"lo")


def test_from_another_address_of_the_machine_nobody_is_let_in_by_a_fixed_port(bench: Lab) -> None:
    listener = bench.server.socket()
    listener.bind(("", 8704))
    listener.listen(1)
    with pytest.raises(ConnectionRefusedError):
        bench.client.socket().connect(("127.0.0.1", 8704))
    bench.client.socket().connect(("server", 8704))


def test_ipv6_is_shared_by_all_labs_and_the_error_says_so(bench: Lab) -> None:
    first = bench.server.socket(SIX)
    first.bind(("::", 8705))
    first.listen(1)
    with Lab(bench=True) as other:
        with pytest.raises(OSError) as caught:
            other.server.socket(SIX).bind(("::", 8705))
        assert caught.value.errno == errno.EADDRINUSE
        assert caught.value.__notes__ == [loopback.SHARED]
        program = other.server.run(_takes_the_port)
        assert program.exception().__notes__ == [loopback.SHARED]  # type: ignore[union-attr]
        assert loopback.SHARED in program.traceback
        one, two = (other.server.socket() for _ in range(2))
        one.bind(("", 8706))
        with pytest.raises(OSError) as caught:
            two.bind(("", 8706))
        assert not hasattr(caught.value, "__notes__")


def _takes_the_port() -> None:
    socket.socket(socket.AF_INET6).bind(("::1", 8705))


def _three_listeners() -> None:
    from helpers.inside import loopback

    for family, port, kept in ((FOUR, 8707, False), (FOUR, 8708, True), (SIX, 8709, True)):
        made = socket.socket(family)
        if kept:
            loopback.keep(made)
        made.bind(("", port))
        made.listen()
        made.detach()
    print("all")
    signal.pause()


def test_nobody_reaches_over_a_network_what_is_bound_to_loopback(lab: Lab) -> None:
    """The wire is the network: what bench mode does to a socket is done to one of its server's."""
    program = lab.server.run(_three_listeners)
    wait_until("all three", lambda: _lines(program))
    lab.client.socket().connect(("server", 8707))
    for port in (8708, 8709):
        with pytest.raises(ConnectionRefusedError):
            lab.client.socket().connect(("server", port))


def test_with_a_wire_no_socket_is_bound_to_a_device(lab: Lab) -> None:
    made = lab.server.socket()
    assert not made.getsockopt(socket.SOL_SOCKET, loopback.BINDTODEVICE, 16).strip(b"\0")
