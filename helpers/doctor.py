"""Says whether a lab starts on this machine, and if it does not, why and what helps.

    python -m helpers.doctor

For whoever reports a fault, so it names no machine, user or folder. What is permitted is tried
and not guessed: each step of making a host in a child of its own, then a lab that plays a hello.
The settings are only read, for a setting that forbids may not concern this user. The exit status
is 0 if a lab with a wire played its hello, and 1 if not.

Sources: user_namespaces(7), namespaces(7), proc(5), seccomp(2), apparmor(7).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import helpers
from helpers.errors import LabError, NotPermitted
from helpers.inside import spaces
from helpers.lab.lab import Lab
from helpers.links import refusal

PACKAGES = "jupyterlab ipykernel ipywidgets anywidget matplotlib scapy pytest nbval tqdm".split()
WIDTH, COLUMN = 98, 12
BENCH_HELPS = "bench mode works: most cells run on loopback, the rest show what was recorded"
NO_PROC = "/proc is not mounted here, and a lab reads there what its hosts do"
NO_LINUX = "this is {}, and a lab needs Linux: notebooks/teaching/places.md says how to have one"
Row = tuple[str, str]


# ---- what there is


def machine() -> Iterator[Row]:
    """The machine and the Python, a row each: what it is about, and what was found."""
    system = os.uname()
    kind = f"{_system()}, {_container()}"
    yield "machine", f"{system.sysname} {system.release} {system.machine}; {kind}"
    memory = f"{_memory('MemTotal')} of memory, {_memory('MemAvailable')} of it free{_limit()}"
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield "room", f"{memory}; cores {len(os.sched_getaffinity(0))}; open files {files}"
    own = "an environment of its own" if sys.prefix != sys.base_prefix else "no environment"
    user = "root" if os.geteuid() == 0 else "an ordinary user"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield "Python", f"{python} in {own}, started by {user}"
    yield "packages", ", ".join(f"{name} {_installed(name)}" for name in PACKAGES)


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "a system without os-release"


def _container() -> str:
    marks = {
        "Kubernetes": "KUBERNETES_SERVICE_HOST" in os.environ,
        "Docker": os.path.exists("/.dockerenv"),
        "Podman": os.path.exists("/run/.containerenv"),
        "WSL 2": "microsoft" in os.uname().release.lower(),
    }
    return next((f"signs of {name}" for name in marks if marks[name]), "no sign of a container")


def _memory(name: str) -> str:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith(f"{name}:"):
            return f"{int(line.split()[1]) / 2**20:.1f} GiB"
    return "unknown"


def _limit() -> str:
    """What a container may use of it: cgroups(7), version 2."""
    limit = _text("/sys/fs/cgroup/memory.max")
    return f", at most {int(limit) / 2**30:.1f} GiB here" if limit.isdecimal() else ""


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "MISSING"


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip("\0\n ")
    except (OSError, ValueError):
        return ""


# ---- what may forbid a lab


def settings() -> Iterator[Row]:
    """What can forbid a namespace, and what it is set to here."""
    found = {name: refusal.sysctl(name) or "none here" for name in refusal.SETTINGS}
    for name, value in found.items():
        _, so, _ = refusal.SETTINGS[name]
        yield name, f"{value}, {so}" if refusal.forbids(name) else value
    yield "seccomp filter", "on" if refusal.filtered() else "none"
    profile = _text("/proc/self/attr/apparmor/current")
    yield "AppArmor profile", "one with a path" if "/" in profile else profile or "none here"
    read_only = os.statvfs(refusal.SYS).f_flag & os.ST_RDONLY
    yield "/proc/sys", "read-only" if read_only else "can be written"


def steps() -> dict[str, Callable[[], object]]:
    """What the making of a host needs of the kernel, in its order; to be called in a child."""
    uid, mapped, home = os.getuid(), "/proc/self/uid_map", "/proc/self/ns/net"

    def come_back() -> None:
        before = os.open(home, os.O_RDONLY)
        spaces.libc("unshare", spaces.NEWNET)
        spaces.setns(before)

    return {
        "a user namespace": lambda: spaces.libc("unshare", spaces.NEWUSER),
        "root in it": lambda: spaces.write(mapped, f"0 {uid} 1"),
        "a PID namespace": lambda: spaces.libc("unshare", spaces.NEWPID),
        "a network namespace": lambda: spaces.libc("unshare", spaces.NEWNET),
        "a way back from another": come_back,
        "a packet socket": spaces.packet_socket,
        "a setting of its own": lambda: spaces.write("/proc/sys/net/ipv4/tcp_syncookies", "1"),
    }


def permitted() -> tuple[list[str], str, NotPermitted | None]:
    """The steps that a child of this process could take, the first that it could not, and why."""
    names, done = list(steps()), 0
    reading, writing = os.pipe()
    if not (child := os.fork()):
        _take_steps(writing)
    os.close(writing)
    with os.fdopen(reading) as told:
        lines = told.read().splitlines()
    os.waitpid(child, 0)
    done = lines.count("done")
    if done == len(names):
        return names, "", None
    code, _, call = (lines[done] if len(lines) > done else "0 ").partition(" ")
    return names[:done], names[done], refusal.refused(call or names[done], int(code))


def _take_steps(writing: int) -> None:
    """In the child; never returns."""
    try:
        for name, take in steps().items():
            try:
                take()
            except OSError as error:
                os.write(writing, f"{error.errno} {error.filename or name}\n".encode())
                break
            os.write(writing, b"done\n")
    finally:
        os._exit(0)


# ---- a lab


def hello(bench: bool) -> str:
    """Play one in a lab of two hosts; says how long both took. Raises what the lab raises."""
    begun = time.perf_counter()
    with Lab(bench=bench) as lab:
        up = time.perf_counter()
        listener = lab.server.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.bind(("0.0.0.0", 8080))
        listener.listen(1)
        client = lab.client.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.connect(("server", 8080))
        client.sendall(b"hello")
        conn, _ = listener.accept()
        heard = conn.recv(1024)
        played = time.perf_counter()
        if heard != b"hello":
            raise LabError(f"the server heard {heard!r} instead of b'hello'")
        packets = "" if bench else f", {len(lab.trace.packets)} packets"
        without = f", without {len(lab.notes)} settings" if lab.notes else ""
    told = (
        f"ready in {(up - begun) * 1000:.0f} ms{without}, a hello in {(played - up) * 1000:.0f} ms"
    )
    return told + packets


def lab() -> tuple[bool, Iterator[Row]]:
    """Whether a lab with a wire works, and the rows that say so or why not."""
    rows: list[Row] = []
    able, step, why = permitted()
    rows.append(("granted", ", ".join(able) or "nothing"))
    fixes: list[str] = []
    if why:
        fixes.append(_fix(why, rows, f"{step}: "))
    try:
        rows.append(("a lab", hello(bench=False)))
        works = True
    except Exception as error:  # whatever it is, it goes into the report
        works = False
        fixes.append(_fix(error, rows, "a lab with a wire: "))
        rows.append(("instead", _bench()))
    rows += [("what helps", fix) for fix in dict.fromkeys(filter(None, fixes))]
    if os.environ.get("TCP_LAB_BENCH", "") not in ("", "0"):
        rows.append(("but", "TCP_LAB_BENCH is set, so notebooks work without the wire"))
    return works, iter(rows)


def _fix(error: Exception, rows: list[Row], what: str) -> str:
    """Enter what was refused, and return what helps against it."""
    words, _, fix = str(error).partition(". ")
    if not isinstance(error, NotPermitted):
        words, fix = f"{type(error).__name__}: {error}", ""
    if not any(said.endswith(_plain(words)) for _, said in rows):
        rows.append(("refused", what + _plain(words)))
    return fix


def _bench() -> str:
    try:
        return f"{BENCH_HELPS} ({hello(bench=True)})"
    except Exception as error:
        return f"bench mode fails too: {type(error).__name__}: {_plain(str(error))}"


def _plain(words: str) -> str:
    """Without the folders of whoever asks."""
    for folder in (str(Path(__file__).parents[1]), os.path.expanduser("~")):
        words = words.replace(folder, "…") if len(folder) > 1 else words
    return words


# ---- the page


def page() -> tuple[bool, str]:
    """Whether a lab with a wire works here, and all that is to be said, in lines."""
    title = f"tcp-server-notebooks {helpers.__version__}: what this machine permits"
    if (here := platform.system()) != "Linux":
        return False, f"{title}\n\n{NO_LINUX.format(here)}"
    if not os.path.exists("/proc/self/status"):
        return False, f"{title}\n\n{NO_PROC}"
    works, found = lab()
    names = max(len(name) for name, _ in settings())
    parts = [
        [_line(*row) for row in machine()],
        [f"{name:{names}}  {value}" for name, value in settings()],
        [_line(*row) for row in found],
    ]
    return works, "\n\n".join([title, *("\n".join(lines) for lines in parts)])


def _line(name: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"{name:{COLUMN}}",
        subsequent_indent=" " * COLUMN,
        break_on_hyphens=False,
    )


def main(arguments: list[str] | None = None) -> int:
    """Print the page; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.doctor",
        description="Says whether a lab starts on this machine, and if it does not, why and what "
        "helps. It names no machine, user or folder: paste all of it into a report.",
    )
    parser.parse_args(arguments)
    works, text = page()
    print(text)
    return 0 if works else 1


if __name__ == "__main__":
    sys.exit(main())
