"""The measurements: each yields one or more rows, ours and the yardstick by turns."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil

from helpers import Lab, wait_until
from tests.bench import burst, growth, idle
from tests.bench.table import Row, alone, compared

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("mininet_child.py")
SYSTEM_PYTHON = "/usr/bin/python3"
CLIENTS = 2000


def timed(act: Callable[[], object]) -> float:
    """Seconds that ``act`` takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def no_mininet() -> str:
    """Why Mininet cannot run here, or nothing."""
    if os.geteuid() != 0:
        return "Mininet needs root"
    command = [SYSTEM_PYTHON, "-c", "import mininet.net"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(command, capture_output=True).returncode:
        return "Mininet is not installed"
    return ""


def lab_warm() -> Iterator[Row]:
    """A lab up and down, in a warm interpreter, beside Mininet."""
    what = "lab up and down, warm"
    Lab().close()
    if why := no_mininet():
        ours = [timed(lambda: Lab().close()) for _ in range(15)]
        yield alone(what, statistics.median(ours) * 1000, "ms", why)
        return
    command = [SYSTEM_PYTHON, str(CHILD)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as child:
        assert child.stdin
        assert child.stdout
        ours, theirs = [], []
        for _ in range(16):
            ours.append(timed(lambda: Lab().close()))
            child.stdin.write("\n")
            theirs.append(float(child.stdout.readline()))
        child.stdin.close()
    yield compared(what, ours[1:], theirs[1:], 0.5)


def lab_fresh() -> Iterator[Row]:
    """The same in a fresh interpreter, imports included."""
    what = "lab up and down, fresh interpreter"
    ours_command = [sys.executable, "-c", "from helpers import Lab; Lab().close()"]
    their_command = [SYSTEM_PYTHON, str(CHILD), "once"]
    why = no_mininet()
    ours, theirs = [], []
    for _ in range(6):
        ours.append(timed(lambda: subprocess.run(ours_command, check=True, cwd=ROOT)))
        if not why:
            theirs.append(timed(lambda: subprocess.run(their_command, check=True)))
    if why:
        yield alone(what, statistics.median(ours) * 1000, "ms", why)
    else:
        yield compared(what, ours[1:], theirs[1:], 1)


def snapshot() -> Iterator[Row]:
    """Looking at a host with a listener and four connections, beside starting ``ss``."""
    with Lab() as lab:
        listener = lab.server.socket()
        listener.bind(("0.0.0.0", 8080))
        listener.listen(8)
        clients = [lab.client.socket() for _ in range(4)]
        for client in clients:
            client.connect(("server", 8080))
        kernel = lab.engine.observer.kernels["server"]
        ways: dict[str, tuple[Callable[[], object], list[float]]] = {
            "snapshot, server.sockets()": (lab.server.sockets, []),
            "snapshot, kernel.rows() alone": (kernel.rows, []),
        }
        theirs: list[float] = []
        for _ in range(30):
            for act, times in ways.values():
                times.append(timed(act))
            if shutil.which("ss"):
                theirs.append(timed(_ss))
    for what, (_, times) in ways.items():
        if theirs:
            yield compared(what, times, theirs, 1 / 3)
        else:
            yield alone(what, statistics.median(times) * 1000, "ms", "there is no ss")


def _ss() -> None:
    subprocess.run(["ss", "-tan"], capture_output=True, check=True)


def memory() -> Iterator[Row]:
    """What the processes of a lab of two hosts occupy; shared pages count in proportion."""
    mine = psutil.Process()
    before = {p.pid for p in mine.children(recursive=True)}
    with Lab():
        pids = [p.pid for p in mine.children(recursive=True) if p.pid not in before]
        try:
            size = sum(_pss(pid) for pid in pids) / 1024
        except PermissionError:
            yield alone("memory of a lab", float("nan"), "MB", "/proc hides it from this user")
            return
    yield Row(f"memory of a lab ({len(pids)} processes)", size, None, "MB", "30 MB", size <= 30)


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise LookupError(f"/proc/{pid}/smaps_rollup has no Pss")


def burst_of_clients() -> Iterator[Row]:
    """Clients that all come at once; every one must be in the trace and be accepted."""
    times = []
    for port in (8081, 8082, 8083):
        with Lab() as lab, lab.fast():
            server = lab.server.run(burst.serve, port, CLIENTS, observed=False)
            listening = partial(_listens, lab)
            wait_until("the server to listen", listening)
            began = time.perf_counter()
            address = lab.server.address
            client = lab.client.run(burst.arrive, address, port, CLIENTS, observed=False)
            done = client.result(30), server.result(30)
            times.append(time.perf_counter() - began)
            lab.engine.ask(lambda: None)
            syns = [p.packet.sport for p in lab.trace.packets if p.packet.kind == "SYN"]
        if done != (CLIENTS, CLIENTS) or len(set(syns)) != CLIENTS:
            raise AssertionError(f"of {CLIENTS} clients, {done} met; {len(set(syns))} SYNs seen")
    worst = statistics.median(times)
    again = len(syns) - CLIENTS
    note = f"{again} SYNs were sent again" if again else ""
    yield Row(f"burst of {CLIENTS} clients", worst, None, "s", "2 s", worst <= 2, note)


def _listens(lab: Lab) -> bool:
    return any(row.state == "LISTEN" for row in lab.engine.rows("server"))


def notebooks() -> Iterator[Row]:
    """All notebooks under nbval, beside the same kernels importing the same and doing nothing."""
    found = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    if not found:
        yield alone("notebooks under nbval", float("nan"), "s", "there are no notebooks")
        return
    with tempfile.TemporaryDirectory() as folder:
        idle.make(found, Path(folder))
        ours, theirs, began = [], [], time.monotonic()
        while not ours or (len(ours) < 3 and time.monotonic() - began < 20):
            theirs.append(timed(lambda: _nbval(folder)))
            ours.append(timed(lambda: _nbval("notebooks")))
    yield compared(f"{len(found)} notebooks under nbval", ours, theirs, 1.5, "s")


def _nbval(folder: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += ["-p", "tests.notebooks.plugin", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
    command += ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=30"]
    command += ["--nbval-sanitize-with=tests/notebooks/sanitize.cfg", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise AssertionError(f"nbval failed on {folder}:\n{done.stdout[-2000:]}")


GROWTH = (growth.exact_calls, growth.many_sockets, growth.bytes_through)
ALL = (lab_warm, lab_fresh, snapshot, memory, burst_of_clients, *GROWTH, notebooks)
