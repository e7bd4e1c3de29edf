"""What the doctor says in containers that runc makes, with what engines forbid by default.

The mounts and capabilities are Docker's. The seccomp profile is built as an engine's is, by naming
what it allows: here all system calls that the machine's headers know, but unshare and setns. Where
there is no runc, or where we are not root, the tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import doctor
from helpers.links import refusal
from tests.conftest import REASON, namespaces_allowed

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
# What Docker leaves of root's, capabilities(7).
KEPT = (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP "
    "NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
)
NUMBERS = sorted(Path("/usr/include").glob("*/asm/unistd_64.h")) + [
    Path("/usr/include/asm-generic/unistd.h")
]
# As notebooks/teaching/places.md has it.
ALLOW = '.syscalls += [{names: ["unshare", "setns"], action: "SCMP_ACT_ALLOW"}]'
Says = Callable[..., tuple[int, str]]


def profile() -> dict[str, Any]:
    """Refuses whatever it does not name, as an engine's own profile does."""
    headers = [path for path in NUMBERS if path.exists()]
    if not headers:
        pytest.skip("the names of system calls are not known here: there are no headers")
    names = set(re.findall(r"^#define __NR_(\w+)", headers[0].read_text(), re.M))
    assert {"unshare", "setns", "read"} <= names
    allowed = {"names": sorted(names - {"unshare", "setns"}), "action": "SCMP_ACT_ALLOW"}
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "syscalls": [allowed]}


def config(user: int, seccomp: dict[str, Any] | None, masked: bool, kept: str) -> dict[str, Any]:
    """An OCI bundle's: this machine's programs, this Python and this set, read-only."""
    shown = {str(Path(each).resolve()) for each in (sys.prefix, sys.base_prefix, ROOT)}
    shown |= {"/usr", "/bin", "/lib", "/lib64", "/etc"}
    mounts = [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]},
    ]
    mounts += [
        {"destination": path, "type": "none", "source": path, "options": ["rbind", "ro"]}
        for path in sorted(shown)
        if os.path.exists(path)
    ]
    caps = [f"CAP_{name}" for name in kept.split()]
    own = caps if user == 0 else []
    linux: dict[str, Any] = {
        "namespaces": [{"type": each} for each in ("pid", "network", "ipc", "uts", "mount")],
    }
    if masked:
        linux["maskedPaths"] = ["/proc/kcore", "/proc/keys", "/proc/timer_list"]
        linux["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys"]
    if seccomp is not None:
        linux["seccomp"] = seccomp
    return {
        "ociVersion": "1.0.2",
        "root": {"path": "rootfs"},
        "mounts": mounts,
        "linux": linux,
        "process": {
            "user": {"uid": user, "gid": user},
            "args": [sys.executable, "-m", "helpers.doctor"],
            "env": [f"PYTHONPATH={ROOT}", "PATH=/usr/bin:/bin", "HOME=/tmp"],
            "cwd": "/tmp",
            "capabilities": {"bounding": caps, "effective": own, "permitted": own},
        },
    }


@pytest.fixture
def says(tmp_path: Path) -> Says:
    """The exit status and the lines of the doctor in a container."""
    if os.geteuid() or not shutil.which("runc"):
        pytest.skip("needs root and runc")
    if not namespaces_allowed():
        pytest.skip(REASON)

    def run(
        user: int, seccomp: dict[str, Any] | None, masked: bool = True, kept: str = KEPT
    ) -> tuple[int, str]:
        (tmp_path / "rootfs").mkdir()
        content = json.dumps(config(user, seccomp, masked, kept))
        (tmp_path / "config.json").write_text(content)
        command = ["runc", "--root", tmp_path / "state", "run", "--bundle", tmp_path]
        done = subprocess.run(
            [*command, f"doctor-{uuid.uuid4().hex[:8]}"],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.stderr and not done.stdout:
            pytest.skip(f"runc makes no container here: {done.stderr.splitlines()[-1][:200]}")
        return done.returncode, re.sub(r"\n {12}", " ", done.stdout)

    return run


@pytest.mark.parametrize("user", [0, 1000])
def test_with_the_engines_filter_there_is_bench_mode(says: Says, user: int) -> None:
    code, said = says(user, profile())
    assert code == 1
    assert re.search(r"^seccomp filter +on$", said, re.M)
    assert "granted     nothing" in said
    assert "refused     a user namespace: a seccomp profile refuses unshare(2)" in said
    assert f"what helps  {refusal.REMEDY}" in said
    assert "instead     bench mode works" in said


@pytest.mark.parametrize("user", [0, 1000])
def test_with_a_filter_that_allows_both_there_is_a_wire(says: Says, user: int) -> None:
    """The one-line program that the page of places gives makes such a profile of any other."""
    if not shutil.which("jq"):
        pytest.skip("there is no jq here")
    page = (ROOT / "notebooks" / "teaching" / "places.md").read_text()
    assert ALLOW in page
    text = subprocess.run(
        ["jq", ALLOW], input=json.dumps(profile()), capture_output=True, text=True, check=True
    ).stdout
    code, said = says(user, json.loads(text))
    assert code == 0
    assert re.search(r"^/proc/sys +read-only$", said, re.M)
    assert re.search(r"^a lab +ready in \d+ ms, without \d+ settings, a hello in", said, re.M)
    assert f"what helps  {refusal.READ_ONLY}" in said


@pytest.mark.parametrize("user", [0, 1000])
def test_unmasked_and_without_a_filter_there_is_all_of_it(says: Says, user: int) -> None:
    code, said = says(user, None, masked=False)
    assert code == 0
    assert re.search(r"^/proc/sys +can be written$", said, re.M)
    assert f"granted     {', '.join(doctor.steps())}\n" in said
    assert "refused" not in said and "without" not in said.partition("a lab")[2]


def test_a_root_without_setfcap_is_told_to_be_another_user(says: Says) -> None:
    code, said = says(0, None, kept=KEPT.replace("SETFCAP ", ""))
    assert code == 1
    assert "CAP_SETFCAP is missing" in said
    assert f"what helps  {refusal.AS_USER}" in said
