"""Fetches what guests are made of, with an apt configuration and lists of its own.

Nothing is installed, and the machine's own apt is not touched: packages are downloaded into one
folder and unpacked there. ``DEBIAN_MIRROR`` names the mirror; by default deb.debian.org. A release
that it has no more is at snapshot.debian.org: http://snapshot.debian.org/archive/debian/DATE.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Kernels by the Debian release that packages them as user-mode Linux.
RELEASES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie", "newest": "sid"}
# The guests' user land, and its C library for user-mode Linux itself: old enough for all kernels.
USER_LAND = "trixie"
INSIDE = "python3,iproute2,procps,kmod"
MIRROR = "http://deb.debian.org/debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
# What the machine must have, and the package of Debian that has it.
TOOLS = {
    "apt-get": "apt", "dpkg-deb": "dpkg", "perl": "perl", "cc": "gcc", "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux", "chroot": "coreutils",
}  # fmt: skip
# Of the requirements a guest needs those of a reader, but for JupyterLab, and one developers' tool.
_LEFT_OUT = ("-e", "#", "jupyter>", "jupyterlab>")
_TOOLS = ("pytest-timeout>",)
_CONFIGURATION = """\
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "/nonexistent";
Dir::State::Lists "{folder}/lists";
Dir::Cache "{folder}/cache";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
"""


class Lacking(Exception):
    """This machine has not what this takes; the message says what."""


def check() -> None:
    """Raise ``Lacking`` with all that is not here."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [f"{tool} (package {package})" for tool, package in TOOLS.items()
               if not shutil.which(tool, path=path)]  # fmt: skip
    if not Path(KEYS).exists():
        missing.append(f"{KEYS} (package debian-archive-keyring)")
    if platform.machine() != "x86_64":
        missing.append(f"an x86-64 processor, for user-mode Linux: this is {platform.machine()}")
    if os.geteuid() != 0:
        missing.append("root: it makes a root file system with its owners, and starts guests in it")
    if missing:
        raise Lacking("this needs, and has not:\n" + "\n".join(f"  {each}" for each in missing))


class Packages:
    """Debian's packages in a folder of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mirror = os.environ.get("DEBIAN_MIRROR", MIRROR).rstrip("/")
        self._apt = folder / "apt"

    def update(self) -> None:
        """Read the lists of all releases, unless this mirror's are there; 40 MB."""
        text = "".join(
            f"deb [signed-by={KEYS}] {self.mirror} {release} main\n"
            for release in dict.fromkeys([*RELEASES.values(), USER_LAND])
        )
        done = self._apt / "read"
        if done.exists() and done.read_text() == text:
            return
        for name in ("lists/partial", "cache/archives/partial"):
            (self._apt / name).mkdir(parents=True, exist_ok=True)
        (self._apt / "apt.conf").write_text(_CONFIGURATION.format(folder=self._apt))
        (self._apt / "sources.list").write_text(text)
        self._apt_get("update")
        done.write_text(text)

    def unpack(self, package: str, release: str, to: Path) -> Path:
        """One package of a release, unpacked in a folder, unless it is there already."""
        if not to.exists():
            place = self.folder / "debs" / f"{package}-{release}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            self._apt_get("download", f"{package}/{release}", cwd=place)
            run("dpkg-deb", "-x", next(place.glob("*.deb")), fresh := to.with_suffix(".new"))
            fresh.rename(to)
        return to

    def _apt_get(self, *words: str, cwd: Path | None = None) -> None:
        run("apt-get", "-qq", *words, cwd=cwd, APT_CONFIG=str(self._apt / "apt.conf"))


def user_land(packages: Packages) -> Path:
    """A small Debian with the Python packages of the requirements; made once, in a minute."""
    root = packages.folder / "root"
    if root.exists():
        return root
    maker = packages.unpack("mmdebstrap", USER_LAND, packages.folder / "mmdebstrap")
    fresh = packages.folder / "root.new"
    shutil.rmtree(fresh, ignore_errors=True)
    run(maker / "usr/bin/mmdebstrap", "--mode=root", "--variant=minbase", f"--include={INSIDE}",
        f"--keyring={KEYS}", USER_LAND, fresh, packages.mirror)  # fmt: skip
    run("chroot", fresh, "/usr/sbin/useradd", "-m", "-s", "/bin/bash", "reader")
    (fresh / "etc/hosts").write_text("127.0.0.1 localhost guest\n::1 localhost\n")
    _python_packages(fresh)
    fresh.rename(root)
    return root


def wanted() -> list[str]:
    """The Python packages of a guest, as the requirements have them."""
    readers = (ROOT / "requirements.txt").read_text().splitlines()
    tools = (ROOT / "tests/requirements.txt").read_text().splitlines()
    kept = [line for line in readers if line.strip() and not line.startswith(_LEFT_OUT)]
    return [*kept, *(line for line in tools if line.startswith(_TOOLS))]


def _python_packages(root: Path) -> None:
    """With this machine's pip and its settings, but for the guest's Python."""
    version = next((root / "usr/bin").glob("python3.*")).name.removeprefix("python")
    kinds = [f"--platform=manylinux{kind}_x86_64" for kind in ("_2_28", "_2_27", "_2_17", "2014")]
    run(sys.executable, "-m", "pip", "install", "-q", "--target", root / "opt/packages",
        "--python-version", version, "--implementation=cp", "--only-binary=:all:", *kinds,
        *wanted())  # fmt: skip


def run(*command: object, cwd: Path | None = None, **variables: str) -> None:
    """Run a command; ``Lacking`` with its last words if it fails."""
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", **variables}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        raise Lacking(f"{' '.join(words[:4])} … ended with {done.returncode}:\n{last}")
