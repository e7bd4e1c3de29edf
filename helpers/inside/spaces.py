"""Makes namespaces, and acts in them: opens sockets there, reads and sets sysctls.

Standard library only: this runs in the keeper, which is in a user namespace of its own.

Sources: user_namespaces(7), pid_namespaces(7), network_namespaces(7), setns(2).
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _socket
import _thread
import os
import sys
from _queue import SimpleQueue

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000  # linux/sched.h
PR_SET_PDEATHSIG = 1  # linux/prctl.h
ETH_P_ALL, NETLINK_SOCK_DIAG = 3, 4  # linux/if_ether.h, linux/netlink.h
# Entries of a namespace's own connection hash table: with the machine's, which may have
# 262,144, each socket dump would walk them all. ip-sysctl, tcp_child_ehash_entries.
TABLE = 16384


def enter() -> list[str]:
    """Become root in a user namespace of its own, and process 1 of a PID namespace.

    Returns a note for each setting that had to be left as it is."""
    notes = []
    uid, gid = os.getuid(), os.getgid()
    _unshare(NEWUSER | NEWPID | NEWNET)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        write(f"/proc/self/{name}", text)
    try:
        write("/proc/sys/net/ipv4/tcp_child_ehash_entries", str(TABLE))
    except FileNotFoundError:
        pass  # before Linux 6.1: dumps walk the machine's table, and take longer
    except OSError as error:
        notes.append(f"net.ipv4.tcp_child_ehash_entries stays unset ({error.strerror})")
    if child := os.fork():
        os.close(0)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    prctl(PR_SET_PDEATHSIG, _signal.SIGKILL)
    return notes


def libc(name: str, *args: int) -> None:
    """Make a system call that Python has no name for; raises OSError that names it."""
    import ctypes

    if getattr(ctypes.CDLL(None, use_errno=True), name)(*args):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


def _named(name: str, call: Callable[..., None], *args: int) -> None:
    """Let the error say which system call it was, as ``libc`` does."""
    try:
        call(*args)
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from None


def _unshare(flags: int) -> None:
    if sys.version_info >= (3, 12):
        _named("unshare", os.unshare, flags)
    else:
        libc("unshare", flags)


def setns(fd: int) -> None:
    """Move this thread into a network namespace. setns(2)."""
    if sys.version_info >= (3, 12):
        _named("setns", os.setns, fd, NEWNET)
    else:
        libc("setns", fd, NEWNET)


def prctl(option: int, value: int) -> None:
    """Set an option of this process. prctl(2)."""
    libc("prctl", option, value, 0, 0, 0)


def _namespace() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def new(namespaces: list[int], bench: bool) -> tuple[list[int], str]:
    """Make a network namespace; returns what the notebook needs to look into it."""
    home = _namespace()
    try:
        if not bench:
            _unshare(NEWNET)
        namespaces.append(_namespace())
        return [os.dup(namespaces[-1]), *openings()], _anchor()
    finally:
        if not bench:
            setns(home)
        os.close(home)


def openings() -> list[int]:
    """Descriptors that stay in this namespace wherever they are sent: two netlink sockets, a
    socket for device ioctls, and the devices' counters. They need no process here."""
    netlink = _socket.SOCK_RAW | _socket.SOCK_CLOEXEC
    return [
        _socket.socket(_socket.AF_NETLINK, netlink, _socket.NETLINK_ROUTE).detach(),
        _socket.socket(_socket.AF_NETLINK, netlink, NETLINK_SOCK_DIAG).detach(),
        _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM).detach(),
        os.open("/proc/self/net/dev", os.O_RDONLY),
    ]


def inside(namespace: int, make: Callable[[], T]) -> T:
    """What ``make`` does, or opens, in a namespace."""
    home = _namespace()
    setns(namespace)
    try:
        return make()
    finally:
        setns(home)
        os.close(home)


def _anchor() -> str:
    """A thread that stays in this namespace, as ``pid/task/tid``: by its directory in /proc the
    notebook reads the counters, and needs no descriptor for each of them."""
    said: SimpleQueue[str] = SimpleQueue()
    _thread.start_new_thread(_stay, (said,))
    return said.get()


def _stay(said: SimpleQueue[str]) -> None:
    said.put(os.readlink("/proc/thread-self"))
    SimpleQueue().get()


def packet_socket() -> int:
    """One cooked packet socket for every device of the wire's namespace: packet(7)."""
    return _socket.socket(_socket.AF_PACKET, _socket.SOCK_DGRAM, _socket.htons(ETH_P_ALL)).detach()


def tap(namespace: int, device: str, protocol: int) -> int:
    """A cooked packet socket that sees what crosses one device of a host: packet(7)."""

    def act() -> int:
        packets = _socket.socket(_socket.AF_PACKET, _socket.SOCK_DGRAM, 0)
        packets.bind((device, protocol))
        return packets.detach()

    return inside(namespace, act)


def sysctl(namespace: int, name: str, value: str | None) -> str:
    """Read a sysctl of a namespace, after writing a value if there is one."""

    def act() -> str:
        path = "/proc/sys/" + name.replace(".", "/")
        if value is not None:
            write(path, value)
        with open(path) as file:
            return file.read().strip()

    return inside(namespace, act)


def settle(namespace: int, values: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    """Set them all with one change of namespace; a call for each took 2.5 ms of a lab's 30."""
    left: dict[str, tuple[str, str | None]] = {}

    def act() -> None:
        for name, value in values.items():
            try:
                write("/proc/sys/" + name.replace(".", "/"), value)
            except OSError as error:
                left[name] = error.strerror or str(error), _kept(name)

    inside(namespace, act)
    return left


def _kept(name: str) -> str | None:
    try:
        with open("/proc/sys/" + name.replace(".", "/")) as file:
            return " ".join(file.read().split())
    except OSError:
        return None


def write(path: str, text: str) -> None:
    """Write a file of the kernel's; what refuses to be written is named, as what does not open."""
    with open(path, "wb", buffering=0) as file:
        try:
            file.write(text.encode())
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None
