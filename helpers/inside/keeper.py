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
import os
import sys

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

from helpers.inside import messages, spaces  # noqa: E402
from helpers.inside.channel import CONTROL_FD, Channel  # noqa: E402

TYPE_CHECKING = False  # typing itself would cost each lab four milliseconds
if TYPE_CHECKING:
    from helpers.inside.messages import Message

NET_BIND_SERVICE = 10  # capabilities(7): to bind a port below ip_unprivileged_port_start
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> None:
    """Read commands from descriptor 0 until the notebook goes away."""
    channel = Channel(_socket.socket(fileno=os.dup(0)))
    bench = sys.argv[1:] == ["bench"]
    notes: list[str] = []
    try:
        if not bench:
            notes += spaces.enter()
        spaces.prctl(PR_SET_CHILD_SUBREAPER, 1)
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
        _answer(channel, *spaces.new(namespaces, bench))
        from helpers.inside import play, puppet  # noqa: F401  while the notebook sets up links
    elif isinstance(asked, messages.Wire):
        _answer(channel, [spaces.packet_socket(), *spaces.openings()])
    elif isinstance(asked, messages.Openings):
        _answer(channel, spaces.inside(namespaces[asked.namespace], spaces.openings))
    elif isinstance(asked, messages.Tap):
        _answer(channel, [spaces.tap(namespaces[asked.namespace], asked.device, asked.protocol)])
    elif isinstance(asked, messages.Start):
        _start(namespaces[asked.namespace], asked, fds[0], bench)
        channel.send(messages.Value(None))
    elif isinstance(asked, messages.Status):
        _reap()
        channel.send(messages.Value(_statuses.get(asked.pid)))
    elif isinstance(asked, messages.Sysctl):
        channel.send(
            messages.Value(spaces.sysctl(namespaces[asked.namespace], asked.name, asked.value))
        )
    elif isinstance(asked, messages.Settle):
        channel.send(messages.Value(spaces.settle(namespaces[asked.namespace], asked.values)))
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
    spaces.prctl(spaces.PR_SET_PDEATHSIG, _signal.SIGKILL)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    if not bench:
        spaces.setns(namespace)
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
