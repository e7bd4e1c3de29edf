"""Boots user-mode Linux, an ordinary process, with the project inside; reads what came of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.kernels.packages import RELEASES, ROOT, Lacking, Packages, run

# What of the project a guest needs.
_INSIDE = ("helpers", "notebooks", "tests", "pyproject.toml")
_HERE = Path(__file__).parent
# Boots in the guests' user land: its C library is new enough for every kernel. Its memory is a file
# in TMPDIR, which is best on a tmpfs.
_START = """\
mount --bind "$1" "$2/mnt/kernels" && mount -t proc proc "$2/proc" && mount --rbind /dev "$2/dev" &&
root=$2 && shift 2 && exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin "$@"
"""
_SHARED = Path("/dev/shm")
# Seconds of a guest for one notebook, times its patience: 20 to 90 where nobody else works.
_NOTEBOOK = 200


@dataclass(frozen=True)
class Result:
    """One notebook on one kernel: the cells that failed, and pytest's exit code (None: not run)."""

    code: int | None
    cells: tuple[int, ...]

    def __str__(self) -> str:
        if self.code is None:
            return "not run"
        if self.cells:
            return f"cell{'s' if len(self.cells) > 1 else ''} {', '.join(map(str, self.cells))}"
        return "pass" if self.code == 0 else f"ended with {self.code}"


def kernel(packages: Packages, name: str, root: Path) -> Path:
    """The program of a kernel, with its modules put into the guests' root file system."""
    place = packages.unpack("user-mode-linux", RELEASES[name], packages.folder / f"uml-{name}")
    for modules in (place / "usr/lib/uml/modules").iterdir():
        to = root / "lib/modules" / modules.name
        if not to.exists():
            shutil.copytree(modules, to, symlinks=True)
            run("chroot", root, "/usr/sbin/depmod", modules.name)
    return place / "usr/bin/linux.uml"


def image(folder: Path, root: Path) -> Path:
    """The guests' disk. Each writes to a copy of its own, so it stays as it is."""
    shutil.copy(_HERE / "guest.sh", root / "sbin/guest")
    (root / "sbin/guest").chmod(0o755)
    (root / "mnt/kernels").mkdir(exist_ok=True)
    run("cc", "-O2", "-shared", "-fPIC", "-o", root / "opt/dilate.so", _HERE / "dilate.c", "-ldl")
    disk = folder / "disk.ext4"
    disk.unlink(missing_ok=True)
    with disk.open("wb") as file:
        file.truncate(4 << 30)
    run("mkfs.ext4", "-q", "-F", "-d", root, disk)
    return disk


@dataclass(frozen=True)
class Boot:
    """How guests are run: time in them is ``dilation`` times slower, ``limit`` is in seconds of
    ours for one guest, ``patience`` is the guest's TCP_LAB_PATIENCE."""

    folder: Path
    dilation: float
    patience: float
    limit: float
    guests: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def end(self) -> None:
        """End the guests that still run, with all their processes."""
        for guest in self.guests:
            if guest.poll() is None:
                os.killpg(guest.pid, signal.SIGKILL)
                guest.wait()

    def run(self, name: str, program: Path, notebooks: list[str]) -> tuple[str, dict[str, Result]]:
        """Boot one guest: its release, and what each notebook came to. Blocks for minutes."""
        out = self.folder / "out" / name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=_SHARED if _SHARED.is_dir() else None) as shared:
            place = Path(shared)
            self._job(place / "job.tar", notebooks)
            with (place / "out.tar").open("wb") as file:
                file.truncate(64 << 20)
            with (out / "boot.txt").open("wb") as log:
                self._boot(self._command(name, program, place), log.fileno())
            try:
                with tarfile.open(place / "out.tar") as found:
                    found.extractall(out, filter="data")
            except tarfile.ReadError:
                raise Lacking(
                    f"the guest wrote no results; {out / 'boot.txt'} has its console"
                ) from None
        release = (out / "release").read_text().strip()
        return release, {book: _result(out, book) for book in notebooks}

    def _job(self, path: Path, notebooks: list[str]) -> None:
        settings = path.with_name("settings")
        settings.write_text(
            f"PARTS='{' '.join(notebooks)}'\nPATIENCE={self.patience:g}\n"
            f"LIMIT={_NOTEBOOK * self.patience:.0f}\n"
        )
        with tarfile.open(path, "w") as job:
            job.add(settings, "settings")
            for name in _INSIDE:
                job.add(ROOT / name, f"project/{name}", filter=_no_caches)

    def _command(self, name: str, program: Path, place: Path) -> list[str]:
        inside = Path("/mnt/kernels")
        disk = f"ubd0={place}/cow,{inside / 'disk.ext4'}"
        return [
            "unshare", "-m", "sh", "-c", _START, "sh", str(self.folder), str(self.folder / "root"),
            f"TMPDIR={place}", f"HOME={place}", f"DILATE={self.dilation:g}",
            "LD_PRELOAD=/opt/dilate.so", str(inside / program.relative_to(self.folder)),
            disk, f"ubd1={place}/job.tar", f"ubd2={place}/out.tar", "root=/dev/ubda", "rw",
            "rootfstype=ext4", "init=/sbin/guest", "mem=3G", f"umid=lab-{name}-{os.getpid()}",
            "con=null", "con0=null,fd:1", "ssl=null", "quiet",
        ]  # fmt: skip

    def _boot(self, command: list[str], log: int) -> None:
        """Wait for the guest's end, and end it with all its processes when its time is over."""
        guest = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        self.guests.append(guest)
        try:
            guest.wait(self.limit)
        except subprocess.TimeoutExpired:
            os.killpg(guest.pid, signal.SIGKILL)
            guest.wait()


def _no_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if member.name.endswith(("__pycache__", ".ipynb_checkpoints")) else member


def _result(out: Path, notebook: str) -> Result:
    """What pytest said of a notebook, in the files that the guest left."""
    code = out / f"{notebook}.code"
    if not code.exists():
        return Result(None, ())
    found = re.findall(
        r"^(?:FAILED|ERROR) .*::Cell (\d+)", (out / f"{notebook}.txt").read_text(), re.M
    )
    return Result(int(code.read_text()), tuple(map(int, found)))
