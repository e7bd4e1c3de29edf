"""What runs inside a host for the tests with nginx; the standard library only."""

from __future__ import annotations

import subprocess


def runs(command: list[str]) -> int:
    """Run a program to its end, as a child of this process; its exit status."""
    return subprocess.call(command)
