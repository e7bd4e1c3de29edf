"""What make does with the reader's copies, and with what is remembered of him."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_make_clean_leaves_the_readers_copies(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    kept = tmp_path / "work" / ".ipynb_checkpoints"
    gone = tmp_path / "notebooks" / ".ipynb_checkpoints"
    for folder in (kept, gone):
        folder.mkdir(parents=True)
    subprocess.run(["make", "-C", tmp_path, "clean"], check=True, capture_output=True)
    assert kept.is_dir() and not gone.exists()


Make = Callable[..., list[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The Makefile with a Python that only tells what it finds set, and how it was called."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$TCP_LAB_BARS,$TCP_LAB_PROGRESS|$*"\n')
    python.chmod(0o755)
    stamps = ("-o", ".venv/lab.stamp", "-o", ".venv/test.stamp")

    def run(*arguments: str, **environment: str) -> list[str]:
        own = {k: v for k, v in os.environ.items() if not k.startswith("TCP_LAB_")} | environment
        command = ["make", "-s", "-C", str(tmp_path), *stamps, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=own)
        return done.stdout.splitlines()

    return run


@pytest.mark.parametrize(
    ("given", "environment", "file"),
    [
        ([], {}, "work/progress.jsonl"),
        (["PROGRESS=no"], {}, ""),
        (["PROGRESS="], {}, ""),
        (["OUTPUTS=yes"], {}, ""),
        ([], {"TCP_LAB_PROGRESS": ""}, ""),
        ([], {"TCP_LAB_PROGRESS": "/elsewhere"}, "/elsewhere"),
    ],
)
def test_make_lab_opens_the_copies_and_names_the_file(
    make: Make, tmp_path: Path, given: list[str], environment: dict[str, str], file: str
) -> None:
    *desk, lab = make("lab", *given, **environment)
    at = "notebooks" if "OUTPUTS=yes" in given else "work"
    assert [line.split("|")[1] for line in desk] == ["-m helpers.learning.desk work"] * (
        at == "work"
    )
    expected = str(tmp_path / file) if file.startswith("work") else file
    assert lab.startswith(f"1,{expected}|-m jupyterlab ")
    assert f"/lab/tree/{at}/00_eight_lines.ipynb" in lab


@pytest.mark.parametrize("target", ["test", "soak", "paced", "notebooks", "bench"])
def test_no_other_target_remembers_anything_or_shows_bars(make: Make, target: str) -> None:
    assert make(target, TCP_LAB_PROGRESS="/elsewhere", TCP_LAB_BARS="1")[0].startswith(",|")


@pytest.mark.parametrize("locked", [True, False])
def test_locked_installs_the_lock_and_nothing_else(tmp_path: Path, locked: bool) -> None:
    """Also where .venv was made without it; what was made with it is left as it is by either."""
    for name in ("Makefile", "requirements.txt", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    environment = tmp_path / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    version = " ".join(map(str, sys.version_info[:2]))
    (environment / "made-for").write_text(f"{version} {tmp_path.resolve()}\n")
    (environment / "lab.stamp").touch()
    command = ["make", "-n", "-C", tmp_path, ".venv/lab.stamp", "LOCKED=1" if locked else "LOCKED="]

    def said() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    told = said()
    assert ("--require-hashes -r requirements.lock" in told) == locked
    assert ("--no-deps --no-build-isolation -e ." in told) == locked
    assert "-r requirements.txt" not in told
    assert ("is up to date" in told) != locked
    (environment / "locked").touch()
    assert "is up to date" in said()
