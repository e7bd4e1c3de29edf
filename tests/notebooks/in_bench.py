"""Runs a notebook in bench mode, every cell of it, and tells what it showed and what listened.

    unshare -Urn python -m tests.notebooks.in_bench NOTEBOOK

Started in a network namespace of its own, where nobody else listens. Prints JSON.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import Any

from tests.notebooks import execute
from tests.scenes.reachable import is_inside, listeners

SIOCSIFFLAGS, PR_CAPBSET_DROP = 0x8914, 24


def bring_up_loopback() -> None:
    """A new namespace has its loopback device down: netdevice(7)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", 1))


def be_nobody_special() -> None:
    """What is started from now on has no capabilities: capabilities(7)."""
    libc = ctypes.CDLL(None)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


class Sampler(threading.Thread):
    """Looks at all listeners, again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[tuple[int, str]] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.002):
            self.seen |= {(device, address) for _, device, address in listeners()}


def played(path: Path) -> dict[str, Any]:
    """Run it; what each code cell showed, and every kind of listener that was seen."""
    notebook, sampler = execute.read(path), Sampler()
    stored = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    sampler.start()
    execute.execute(notebook, path.resolve().parent)
    sampler.over.set()
    sampler.join()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return {
        "outside": sorted(s for s in sampler.seen if not is_inside(*s)),
        "listeners": len(sampler.seen),
        "cells": [
            {"tags": c.metadata.get("tags", []), "count": c.execution_count, "stored": bool(s)}
            | {"outputs": c.outputs, "as_stored": s, "source": c.source}
            for c, s in zip(cells, stored, strict=True)
        ],
    }


if __name__ == "__main__":
    bring_up_loopback()
    be_nobody_special()
    os.environ["TCP_LAB_BENCH"] = "1"
    print(json.dumps(played(Path(sys.argv[1]))))
