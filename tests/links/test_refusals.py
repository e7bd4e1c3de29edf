"""What a machine refuses: settings are done without; only what cannot be had costs the wire."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import Lab, LabError, NotPermitted
from helpers.lab import standin
from helpers.links import netns, refusal
from tests.conftest import REASON, namespaces_allowed

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
NUMBERS = {"x86_64": {"unshare": 272, "setns": 308}, "aarch64": {"unshare": 97, "setns": 268}}

# Played in a process of its own: a lab on a machine like that, and what it says.
LAB = """
from helpers import Lab, NotPermitted
lab = Lab()
print(repr(lab))
listener = lab.server.socket()
listener.bind(("0.0.0.0", 8080))
listener.listen(1)
call = lab.client.socket().start("connect", ("server", 8080))
print("connected", call.done())
if not lab.bench:
    print(*lab.notes, sep="\\n")
    print([record.packet.kind for record in lab.trace.packets])
    print(lab.server.sysctl["ipv4.tcp_syncookies"])
    try:
        lab.server.sysctl["ipv4.tcp_syncookies"] = 0
    except NotPermitted as error:
        print(error)
lab.close()
"""
# seccomp(2): a filter that answers EPERM to one system call.
FILTER = """
import ctypes, struct
def forbid(number):
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50001), (6, 0, 0, 0x7FFF0000)]
    steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
    program = struct.pack("HxxxxxxP", len(code), ctypes.addressof(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    assert not libc.prctl(38, 1, 0, 0, 0)
    assert not libc.prctl(22, 2, ctypes.create_string_buffer(program), 0, 0), ctypes.get_errno()
"""


@pytest.fixture(autouse=True)
def with_namespaces() -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)


def played(program: str, *before: str) -> list[str]:
    """The lines that a program prints, started by the commands ``before``; it must not fail."""
    if before and not shutil.which(before[0]):
        pytest.skip(f"there is no {before[0]} here")
    done = subprocess.run(
        [*before, sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    return done.stdout.splitlines()


def in_a_shell(command: str) -> list[str]:
    """In namespaces of its own, where we are root, run ``command``, then what follows."""
    return ["unshare", "-Urm", "sh", "-c", f'{command} && exec "$@"', "sh"]


def test_with_a_read_only_proc_sys_there_is_a_wire() -> None:
    read_only = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"
    first, connected, *rest = played(LAB, *in_a_shell(read_only))
    notes, packets, value, refused = rest[:-3], *rest[-3:]
    assert first == f"<lab of client, server, without {len(notes)} settings (.notes)>"
    assert (connected, packets) == ("connected True", "['SYN', 'SYN+ACK', 'ACK']")
    assert any(note.startswith("net.ipv4.tcp_syn_retries stays 6, and not 127") for note in notes)
    assert all(note.endswith("(Read-only file system)") for note in notes)
    assert value in "012"
    assert refused.startswith("net.ipv4.tcp_syncookies cannot be set, for /proc/sys is read-only")
    assert "systempaths=unconfined" in refused


@pytest.mark.parametrize("kind", ["user", "net"])
def test_a_limit_of_zero_is_named(kind: str) -> None:
    """Its errno says that there is no space left on the device."""
    name = f"user.max_{kind}_namespaces"
    limit = f"echo 0 > /proc/sys/{name.replace('.', '/')}"
    said, lab, connected = played(LAB, *in_a_shell(limit), "setpriv", "--bounding-set=-all")
    assert said == f"bench mode, so no wire: {name} is 0, so nobody can make such a namespace"
    assert (lab, connected) == ("<bench of client, server>", "connected True")


@pytest.mark.parametrize("call", ["unshare", "setns"])
def test_a_seccomp_profile_is_named(call: str) -> None:
    number = NUMBERS.get(platform.machine(), {}).get(call)
    if number is None:
        pytest.skip(f"the numbers of system calls on {platform.machine()} are not known here")
    said, lab, connected = played(f"{FILTER}\nforbid({number})\n{LAB}")
    assert said.startswith(f"bench mode, so no wire: a seccomp profile refuses {call}(2)")
    assert (lab, connected) == ("<bench of client, server>", "connected True")


def test_a_refused_link_falls_back(
    nothing_left: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(netns, "_request", refuse)
    monkeypatch.setattr(standin, "_told", False)
    with Lab() as lab:
        assert lab.bench
    assert "forbids links in a namespace" in capsys.readouterr().out
    with pytest.raises(NotPermitted, match="forbids links"):
        Lab(bench=False)


def test_a_lack_of_descriptors_is_no_reason_to_fall_back() -> None:
    with pytest.raises(OSError) as caught, refusal.needed("links"):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert caught.value.errno == errno.EMFILE


@pytest.mark.parametrize(
    ("step", "code", "sysctl", "words"),
    [
        ("unshare", errno.EPERM, "kernel.unprivileged_userns_clone=0", "only root can make a user"),
        ("unshare", errno.EACCES, "kernel.apparmor_restrict_unprivileged_userns=1", "AppArmor"),
        ("links", errno.EPERM, "kernel.apparmor_restrict_unprivileged_userns=1", "AppArmor"),
        ("unshare", errno.ENOSPC, "user.max_pid_namespaces=0", "user.max_pid_namespaces is 0"),
        ("unshare", errno.ENOSPC, "", "as many namespaces exist"),
        ("unshare", errno.EINVAL, "", "this kernel has no user"),
        ("unshare", errno.EPERM, "", "says 'Operation not permitted'"),
        ("packet sockets", errno.EPERM, "", "forbids packet sockets"),
    ],
)
def test_each_reason_is_told_in_words(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    code: int,
    sysctl: str,
    words: str,
) -> None:
    monkeypatch.setattr(refusal, "SYS", tmp_path)
    monkeypatch.setattr(refusal, "filtered", lambda: False)
    name, _, value = sysctl.partition("=")
    if name:
        path = tmp_path / name.replace(".", "/")
        path.parent.mkdir()
        path.write_text(value)
    said = str(refusal.refused(step, code))
    assert words in said
    assert "[Errno" not in said
    assert said.count(". ") == 1
    assert (f"sysctl -w {name}=" in said) if name else (refusal.REMEDY in said)


def test_root_without_a_capability_is_told_of_it() -> None:
    """As in a container that has few: Linux 5.12 and newer ask for it, user_namespaces(7)."""
    said = str(refusal.refused("/proc/self/uid_map", errno.EPERM))
    assert "CAP_SETFCAP is missing. Work as another user" in said


def test_a_lab_with_all_its_settings_has_no_notes(lab: Lab) -> None:
    assert lab.notes == ()
    assert repr(lab) == "<lab of client, server>"
    with pytest.raises(LabError, match="is not a sysctl"):
        lab.server.sysctl["../x"]
