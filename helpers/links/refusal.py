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
_KINDS = ("user", "pid", "net")
_APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
_DEBIAN = "kernel.unprivileged_userns_clone"


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
        for kind in _KINDS:
            if _sysctl(name := f"user.max_{kind}_namespaces") == "0":
                return f"{name} is 0, so nobody can make such a namespace", _set(name, 10000)
        return "as many namespaces exist, or are nested, as user.max_*_namespaces allow", REMEDY
    if step == "unshare" and code == errno.EPERM and _sysctl(_DEBIAN) == "0":
        return f"{_DEBIAN} is 0, so only root can make a user namespace", _set(_DEBIAN, 1)
    if step in ("unshare", "setns") and code in (errno.EPERM, errno.ENOSYS) and _filtered():
        return f"a seccomp profile refuses {step}(2), as containers have it by default", REMEDY
    if code in (errno.EPERM, errno.EACCES) and _sysctl(_APPARMOR) == "1":
        return f"{_APPARMOR} is 1, so AppArmor takes a namespace's rights away", _set(_APPARMOR, 0)
    if step == "unshare" and code in (errno.EINVAL, errno.ENOSYS):
        return f"this kernel has no user, PID or network namespaces ({said})", REMEDY
    if step.endswith("/uid_map") and code == errno.EPERM:
        return "root may not be mapped into a user namespace here: CAP_SETFCAP is missing", AS_USER
    if step in ("unshare", "setns"):
        return f"this kernel forbids network namespaces: {step}(2) says '{said}'", REMEDY
    return f"this kernel forbids {step} in a namespace of ours: '{said}'", REMEDY


def _set(name: str, value: int) -> str:
    return f"On a machine of your own: 'sudo sysctl -w {name}={value}'"


def _sysctl(name: str) -> str:
    try:
        return (SYS / name.replace(".", "/")).read_text().strip()
    except OSError:
        return ""


def _filtered() -> bool:
    """Whether a seccomp filter is on this process: proc(5), Seccomp."""
    try:
        return "\nSeccomp:\t2" in Path("/proc/self/status").read_text()
    except OSError:
        return False
