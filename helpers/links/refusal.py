"""Says in words why this machine refuses what the wire needs.

An errno alone misleads: ENOSPC from unshare(2) is not a full disk. So the sysctls that
forbid namespaces are read, and whether a seccomp filter is on this process. It only reads.

Sources: user_namespaces(7), namespaces(7), seccomp(2); Ubuntu's and Debian's own sysctls.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import NotPermitted

SYS = Path("/proc/sys")
REMEDY = (
    "On a machine of your own, allow unprivileged user namespaces: "
    "'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' (Ubuntu 24.04 and newer), "
    "'sudo sysctl -w kernel.unprivileged_userns_clone=1' (older Debian), "
    "'sudo sysctl -w user.max_user_namespaces=10000'; in a container, ask for one whose seccomp "
    "profile allows unshare(2) and setns(2)"
)
READ_ONLY = (
    "In Docker, '--security-opt systempaths=unconfined' lets it be written, in Podman "
    "'--security-opt unmask=/proc/sys', in Kubernetes 'procMount: Unmasked'"
)
AS_USER = "Work as another user than root, or give the container the capability SETFCAP"
# What says that a thing is not to be had here. Other errors, such as EMFILE, pass.
_NEVER = {
    *(errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOSYS, errno.EINVAL, errno.ENODEV),
    *(errno.ENOSPC, errno.EUSERS, errno.EOPNOTSUPP, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT),
    *(errno.ENOENT, errno.EPROTO),
}
# A setting that forbids namespaces: its value when it does, what follows, and the value to set.
SETTINGS = {
    "user.max_user_namespaces": ("0", "so nobody can make such a namespace", 10000),
    "user.max_pid_namespaces": ("0", "so nobody can make such a namespace", 10000),
    "user.max_net_namespaces": ("0", "so nobody can make such a namespace", 10000),
    "kernel.unprivileged_userns_clone": ("0", "so only root can make a user namespace", 1),
    "kernel.apparmor_restrict_unprivileged_userns": (
        "1",
        "so AppArmor takes a namespace's rights away",
        0,
    ),
}
*_LIMITS, _DEBIAN, _APPARMOR = SETTINGS


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Inside the block an OSError that says "not here" becomes ``NotPermitted``, in words."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NEVER:
            raise
        raise refused(str(error.filename or what), error.errno or 0) from None


def refused(step: str, code: int) -> NotPermitted:
    """The exception for a step that failed: a system call, a file, or what it was for."""
    words, remedy = _reason(step, code)
    return NotPermitted(f"{words}. {remedy}")


def _reason(step: str, code: int) -> tuple[str, str]:
    said = os.strerror(code)
    if step == "unshare" and code in (errno.ENOSPC, errno.EUSERS):
        if zero := next(filter(forbids, _LIMITS), ""):
            return _forbidden(zero)
        return "as many namespaces exist, or are nested, as user.max_*_namespaces allow", REMEDY
    if step == "unshare" and code == errno.EPERM and forbids(_DEBIAN):
        return _forbidden(_DEBIAN)
    if step in ("unshare", "setns") and code in (errno.EPERM, errno.ENOSYS) and filtered():
        return f"a seccomp profile refuses {step}(2), as containers have it by default", REMEDY
    if code in (errno.EPERM, errno.EACCES) and forbids(_APPARMOR):
        return _forbidden(_APPARMOR)
    if step == "unshare" and code in (errno.EINVAL, errno.ENOSYS):
        return f"this kernel has no user, PID or network namespaces ({said})", REMEDY
    if step.startswith("/proc/sys/") and code == errno.EROFS:
        return "/proc/sys is read-only here", READ_ONLY
    if step.endswith("/uid_map") and code == errno.EPERM:
        return "root may not be mapped into a user namespace here: CAP_SETFCAP is missing", AS_USER
    if step in ("unshare", "setns"):
        return f"this kernel forbids network namespaces: {step}(2) says '{said}'", REMEDY
    return f"this kernel forbids {step} in a namespace of ours: '{said}'", REMEDY


def forbids(name: str) -> bool:
    """Whether this one of ``SETTINGS`` has the value with which it forbids; two do so to
    ordinary users alone."""
    return sysctl(name) == SETTINGS[name][0]


def _forbidden(name: str) -> tuple[str, str]:
    value, so, instead = SETTINGS[name]
    return (
        f"{name} is {value}, {so}",
        f"On a machine of your own: 'sudo sysctl -w {name}={instead}'",
    )


def sysctl(name: str) -> str:
    """What the machine has it set to; empty where there is none."""
    try:
        return (SYS / name.replace(".", "/")).read_text().strip()
    except OSError:
        return ""


def filtered() -> bool:
    """Whether a seccomp filter is on this process: proc(5), Seccomp."""
    try:
        return "\nSeccomp:\t2" in Path("/proc/self/status").read_text()
    except OSError:
        return False
