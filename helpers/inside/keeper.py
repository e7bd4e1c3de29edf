"""Starts every process of a lab, each in its network namespace.

The notebook starts this file as a program. It makes one user namespace and one
PID namespace for the lab, becomes process 1 there, and so takes every process of
the lab with it when it ends; it ends when the notebook's end of its channel does,
however that comes about. Standard library only.

Sources: user_namespaces(7), pid_namespaces(7), network_namespaces(7).
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

_HELPERS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _front_door(name: str) -> object:
    """What a program finds that does import from ``helpers`` itself; modules are found anyway."""
    place = os.path.join(_HELPERS, name)
    if name.startswith("__") or os.path.exists(place) or os.path.exists(f"{place}.py"):
        raise AttributeError(name)
    package = sys.modules["helpers"]
    del package.__dict__["__getattr__"]
    with open(os.path.join(_HELPERS, "__init__.py")) as file:
        exec(compile(file.read(), file.name, "exec"), package.__dict__)
    return getattr(package, name)


if "helpers" not in sys.modules:
    # The package without its front door: nothing of the notebook's is imported here.
    sys.modules["helpers"] = type(sys)("helpers")
    sys.modules["helpers"].__path__ = [_HELPERS]
    sys.modules["helpers"].__dict__["__getattr__"] = _front_door

from helpers.inside import messages  # noqa: E402
from helpers.inside.channel import CONTROL_FD, Channel  # noqa: E402

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    from helpers.inside.messages import Message

NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
NET_BIND_SERVICE = 10  # capabilities(7): to bind a port below ip_unprivileged_port_start
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Entries of a namespace's own connection hash table: with the machine's, which may have
# 262,144, each socket dump would walk them all. ip-sysctl, tcp_child_ehash_entries.
TABLE = 16384


def main() -> None:
    """Read commands from descriptor 0 until the notebook goes away."""
    channel = Channel(_socket.socket(fileno=os.dup(0)))
    bench = sys.argv[1:] == ["bench"]
    notes: list[str] = []
    try:
        if not bench:
            notes += _enter_namespaces()
        _prctl(PR_SET_CHILD_SUBREAPER, 1)
        _signal.signal(_signal.SIGCHLD, _reap)
        channel.send(messages.Ready(os.readlink("/proc/self"), tuple(notes)))
    except OSError as error:
        channel.send(messages.Refused(str(error.filename or ""), error.errno or 0))
        return
    _serve(channel, bench)
    if bench:
        _end_children()
    os._exit(0)  # no farewells: the notebook waits


def _serve(channel: Channel, bench: bool) -> None:
    namespaces: list[int] = []
    while (found := channel.receive()) is not None:
        asked, fds = found
        try:
            _obey(channel, asked, fds, namespaces, bench)
        except OSError as error:
            text = error.strerror or str(error)
            channel.send(messages.Error(text, error.errno or 0, error.filename))
        except Exception as error:  # a value that no file takes; the lab goes on
            channel.send(messages.Failed(f"{type(error).__name__}: {error}"))
        finally:
            _close(fds)


def _obey(
    channel: Channel, asked: Message, fds: list[int], namespaces: list[int], bench: bool
) -> None:
    if isinstance(asked, messages.Namespace):
        _answer(channel, *_new_namespace(namespaces, bench))
        from helpers.inside import play, puppet  # noqa: F401  while the notebook sets up links
    elif isinstance(asked, messages.Wire):
        _answer(channel, [_packet_socket(), *_openings()])
    elif isinstance(asked, messages.Openings):
        _answer(channel, _inside(namespaces[asked.namespace], _openings))
    elif isinstance(asked, messages.Tap):
        _answer(channel, [_tap(namespaces[asked.namespace], asked.device, asked.protocol)])
    elif isinstance(asked, messages.Start):
        _start(namespaces[asked.namespace], asked, fds[0], bench)
        channel.send(messages.Value(None))
    elif isinstance(asked, messages.Status):
        _reap()
        channel.send(messages.Value(_statuses.get(asked.pid)))
    elif isinstance(asked, messages.Sysctl):
        channel.send(messages.Value(_sysctl(namespaces[asked.namespace], asked.name, asked.value)))
    elif isinstance(asked, messages.Echo):
        channel.send(asked)


# How those ended that this process started or inherited: wait statuses by pid, the last ones.
_statuses: dict[int, int] = {}
_KEPT = 4096


def _reap(*_: object) -> None:
    """Let go of every child that has ended, and keep how."""
    try:
        while (found := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            _statuses.pop(found[0], None)
            _statuses[found[0]] = found[1]
    except ChildProcessError:
        pass
    while len(_statuses) > _KEPT:
        del _statuses[next(iter(_statuses))]


def _answer(channel: Channel, fds: list[int], thread: str = "") -> None:
    channel.send(messages.Made(thread), fds)
    _close(fds)


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _enter_namespaces() -> list[str]:
    """Returns a note for each setting that had to be left as it is."""
    notes = []
    uid, gid = os.getuid(), os.getgid()
    _unshare(NEWUSER | NEWPID | NEWNET)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        _write(f"/proc/self/{name}", text)
    try:
        _write("/proc/sys/net/ipv4/tcp_child_ehash_entries", str(TABLE))
    except FileNotFoundError:
        pass  # before Linux 6.1: dumps walk the machine's table, and take longer
    except OSError as error:
        notes.append(f"net.ipv4.tcp_child_ehash_entries stays unset ({error.strerror})")
    if child := os.fork():
        os.close(0)
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _prctl(PR_SET_PDEATHSIG, _signal.SIGKILL)
    return notes


def _libc(name: str, *args: int) -> None:
    import ctypes

    if getattr(ctypes.CDLL(None, use_errno=True), name)(*args):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)


def _named(name: str, call: Callable[..., None], *args: int) -> None:
    """Let the error say which system call it was, as ``_libc`` does."""
    try:
        call(*args)
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from None


def _unshare(flags: int) -> None:
    if sys.version_info >= (3, 12):
        _named("unshare", os.unshare, flags)
    else:
        _libc("unshare", flags)


def _setns(fd: int) -> None:
    if sys.version_info >= (3, 12):
        _named("setns", os.setns, fd, NEWNET)
    else:
        _libc("setns", fd, NEWNET)


def _prctl(option: int, value: int) -> None:
    _libc("prctl", option, value, 0, 0, 0)


def _namespace() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _new_namespace(namespaces: list[int], bench: bool) -> tuple[list[int], str]:
    """Make a network namespace; returns what the notebook needs to look into it."""
    home = _namespace()
    try:
        if not bench:
            _unshare(NEWNET)
        namespaces.append(_namespace())
        return [os.dup(namespaces[-1]), *_openings()], _anchor()
    finally:
        if not bench:
            _setns(home)
        os.close(home)


def _openings() -> list[int]:
    """Descriptors that stay in this namespace wherever they are sent: two netlink sockets, a
    socket for device ioctls, and the devices' counters. They need no process here."""
    netlink = _socket.SOCK_RAW | _socket.SOCK_CLOEXEC
    return [
        _socket.socket(_socket.AF_NETLINK, netlink, _socket.NETLINK_ROUTE).detach(),
        _socket.socket(_socket.AF_NETLINK, netlink, 4).detach(),
        _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM).detach(),
        os.open("/proc/self/net/dev", os.O_RDONLY),
    ]


def _inside(namespace: int, make: Callable[[], list[int]]) -> list[int]:
    """What ``make`` opens in a namespace."""
    home = _namespace()
    _setns(namespace)
    try:
        return make()
    finally:
        _setns(home)
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


def _packet_socket() -> int:
    """One cooked packet socket for every device of the wire's namespace: packet(7)."""
    return _socket.socket(_socket.AF_PACKET, _socket.SOCK_DGRAM, _socket.htons(3)).detach()


def _tap(namespace: int, device: str, protocol: int) -> int:
    """A cooked packet socket that sees what crosses one device of a host: packet(7)."""
    home = _namespace()
    _setns(namespace)
    try:
        packets = _socket.socket(_socket.AF_PACKET, _socket.SOCK_DGRAM, 0)
        packets.bind((device, protocol))
        return packets.detach()
    finally:
        _setns(home)
        os.close(home)


def _start(namespace: int, asked: messages.Start, control: int, bench: bool) -> None:
    """Fork a process into ``namespace``; it serves the notebook, or runs one program."""
    from helpers.inside import play, puppet

    if os.fork():
        return
    try:
        _become_host(namespace, control, CONTROL_FD, bench)
        if not asked.privileged:
            _give_up(NET_BIND_SERVICE)
        channel = Channel(_socket.socket(fileno=CONTROL_FD))
        if asked.program:
            play.play(channel, asked.program)
        puppet.serve(channel)
    finally:
        os._exit(1)


def _become_host(namespace: int, control: int, kept: int, bench: bool) -> None:
    _prctl(PR_SET_PDEATHSIG, _signal.SIGKILL)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    if not bench:
        _setns(namespace)
    os.dup2(control, kept, inheritable=False)
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1):
        os.dup2(nothing, fd)
    os.closerange(3, kept)


def _give_up(capability: int) -> None:
    """Clear one capability of this thread, and of those that it will start: capget(2)."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: low words, high words
    if libc.capget(head, sets):
        raise OSError(ctypes.get_errno(), "capget")
    for low in range(3):
        sets[low] &= ~(1 << capability)
    if libc.capset(head, sets):
        raise OSError(ctypes.get_errno(), "capset")


def _sysctl(namespace: int, name: str, value: str | None) -> str:
    home = _namespace()
    _setns(namespace)
    try:
        path = "/proc/sys/" + name.replace(".", "/")
        if value is not None:
            _write(path, value)
        with open(path) as file:
            return file.read().strip()
    finally:
        _setns(home)
        os.close(home)


def _write(path: str, text: str) -> None:
    """Write a file of the kernel's; what refuses to be written is named, as what does not open."""
    with open(path, "wb", buffering=0) as file:
        try:
            file.write(text.encode())
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None


def _end_children() -> None:
    """In bench mode no PID namespace does it for us: end all that is left, children's children too.

    This process is a subreaper, so an orphan becomes its child; each round ends a generation.
    """
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    for _ in range(100):
        with open("/proc/thread-self/children") as file:
            children = [int(pid) for pid in file.read().split()]
        if not children:
            return
        for pid in children:
            os.kill(pid, _signal.SIGKILL)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
