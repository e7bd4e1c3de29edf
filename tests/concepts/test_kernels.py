"""What a kernel is known for, and what make kernels says; without booting one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.concepts.backlog import kernels as backlog
from helpers.concepts.backlog.syns import Attempts
from helpers.concepts.handshake import kernels as handshake
from helpers.concepts.handshake.handshakes import COOKIE, KEPT, Fates
from helpers.concepts.recv import kernels as recv
from tests.conftest import REASON, namespaces_allowed
from tests.kernels import guest, packages
from tests.kernels.__main__ import main, table
from tests.notebooks import kernels, plugin
from tests.notebooks.kernels import kind_of

# ---- the tables of the rooms ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("release", "linear", "capped", "more", "room"),
    [
        ((5, 10), False, False, 0, 8688),
        ((6, 1), False, False, 0, 8688),
        ((6, 4), False, True, 0, 8688),
        ((6, 6), True, True, 0, 10136),
        ((6, 12), True, True, 0, 10136),
        ((6, 13), True, True, 1, 10136),
        ((6, 18), True, True, 1, 10136),
        ((7, 2), True, True, 1, 10136),
    ],
)
def test_a_release_has_a_row(
    release: tuple[int, int], linear: bool, capped: bool, more: int, room: int
) -> None:
    assert kind_of(backlog.KINDS, release) == backlog.Kind(linear, capped)
    assert kind_of(handshake.KINDS, release) == handshake.Kind(more)
    assert kind_of(recv.KINDS, release) == recv.Kind(room)


@pytest.mark.parametrize(
    ("linear", "expected"), [(0, (1, 2, 4)), (1, (1, 1, 2)), (4, (1, 1, 1)), (2, (1, 1, 1))]
)
def test_waits_are_doubled_after_those_that_are_not(linear: int, expected: tuple[int, ...]) -> None:
    assert backlog.waits(linear, 3) == expected


class _Host:
    """With the sysctl if ``linear`` is a number, as Linux has it since 6.5."""

    def __init__(self, linear: int | None) -> None:
        self.sysctl: Any = _Sysctls(linear)


class _Sysctls(dict[str, str]):
    def __init__(self, linear: int | None) -> None:
        super().__init__()
        self._known = linear is not None
        self["net.ipv4.tcp_syn_linear_timeouts"] = str(linear)

    def __getitem__(self, name: str) -> str:
        if not self._known:
            raise FileNotFoundError(name)
        return super().__getitem__(name)


def _hangs(*times: float) -> Attempts:
    return Attempts("client:ephemeral", times, False)


@pytest.mark.parametrize(
    ("linear", "asked", "seen", "begins"),
    [
        (1, 1, _hangs(0, 1, 2, 4), "as Linux 6.5 and newer"),
        (None, 1, _hangs(0, 1, 3), "as Linux before 6.5"),
        (1, 1, _hangs(0, 1, 3), "not known to us: client:ephemeral waited (1, 2)"),
        (None, 4, _hangs(0, 1, 2), "not known to us: client:ephemeral waited (1, 1)"),
    ],
)
def test_a_schedule_is_known_or_said_to_be_unknown(
    linear: int | None, asked: int, seen: Attempts, begins: str
) -> None:
    host: Any = _Host(linear)
    assert backlog.schedule({host: asked}, [seen]).startswith(begins)


@pytest.mark.parametrize(("linear", "retries"), [(4, 1), (None, 2)])
def test_three_syns_take_other_retries_where_they_are_counted(
    linear: int | None, retries: int
) -> None:
    host: Any = _Host(linear)
    backlog.three_syns(host)
    assert dict.get(host.sysctl, "net.ipv4.tcp_syn_retries") == retries


@pytest.mark.parametrize(
    ("kept", "says"), [(6, "kept 6: n + 1"), (5, "kept 5: n, as"), (9, "kept 9: not known to us")]
)
def test_the_length_of_a_syn_queue_is_known_or_said_to_be_unknown(kept: int, says: str) -> None:
    fates = Fates("", (KEPT,) * kept + (COOKIE,) * (20 - kept))
    assert says in handshake.syn_queue(fates, 5)


def test_the_room_of_a_buffer_is_known_or_said_to_be_unknown() -> None:
    assert recv.said(8688) == "room for 8688 bytes: as Linux before 6.6"
    assert recv.said(1).endswith("not known to us of any kernel")


@pytest.mark.live
def test_this_kernel_is_of_a_kind(nothing_left: None) -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)
    assert backlog.kind_here() in backlog.KINDS.values()
    assert handshake.kind_here() in handshake.KINDS.values()
    assert recv.kind_here() in recv.KINDS.values()


# ---- cells tagged kernel --------------------------------------------------------------------


def _item(tags: list[str]) -> Any:
    source = ["from helpers import Lab\n", "from helpers.concepts import backlog"]
    book = {"cells": [{"source": source}]}
    notebook = type("Notebook", (dict,), {"metadata": SimpleNamespace(recorded_on="Linux 6.18")})
    return SimpleNamespace(
        cell=SimpleNamespace(metadata={"tags": tags}),
        parent=SimpleNamespace(nb=notebook(book)),
        options={"check": True, "check_exception": True},
    )


@pytest.mark.parametrize(("same", "check"), [(True, True), (False, False)])
def test_a_text_is_compared_where_the_kernel_does_the_same(
    monkeypatch: pytest.MonkeyPatch, same: bool, check: bool
) -> None:
    monkeypatch.setattr(plugin, "bench", lambda: False)
    monkeypatch.setattr(kernels, "as_recorded", lambda room, on: same and room == "backlog")
    tagged, other = _item(["kernel", "raises-exception"]), _item(["raises-exception"])
    plugin.pytest_collection_modifyitems([tagged, other])
    assert tagged.options == {"check": check, "check_exception": check}
    assert other.options == {"check": True, "check_exception": True}


# ---- make kernels ---------------------------------------------------------------------------


def test_failed_cells_are_read_from_what_pytest_said(tmp_path: Path) -> None:
    (tmp_path / "04.ipynb.txt").write_text(
        "FAILED notebooks/04.ipynb::Cell 8\nFAILED notebooks/04.ipynb::Cell 11\n2 failed\n"
    )
    (tmp_path / "04.ipynb.code").write_text("1\n")
    (tmp_path / "05.ipynb.txt").write_text("46 passed\n")
    (tmp_path / "05.ipynb.code").write_text("0\n")
    (tmp_path / "06.ipynb.txt").write_text("")
    (tmp_path / "06.ipynb.code").write_text("124\n")
    books = ["04.ipynb", "05.ipynb", "06.ipynb", "07.ipynb"]
    found = {"6.1.176": {book: guest._result(tmp_path, book) for book in books}}
    assert table(found).splitlines() == [
        "| kernel | 04 | 05 | 06 | 07 |",
        "| --- | --- | --- | --- | --- |",
        "| 6.1.176 | cells 8, 11 | pass | ended with 124 | not run |",
    ]


def test_what_is_missing_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(packages.shutil, "which", lambda tool, path: None if tool == "cc" else tool)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    assert main(["--folder", str(tmp_path)]) == 2
    said = capsys.readouterr().out
    assert "cc (package gcc)" in said and "root:" in said and "perl" not in said
    assert not list(tmp_path.iterdir())


def test_guests_get_what_a_notebook_needs_and_no_more() -> None:
    names = {line.split(">")[0] for line in packages.wanted()}
    assert {"ipykernel", "matplotlib", "nbval", "pytest", "scapy", "pytest-timeout"} <= names
    assert not names & {"jupyterlab", "jupyter", "playwright", "ruff", "-e .", "sphinx-book-theme"}


def test_the_mirror_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(packages, "run", lambda *words, **more: asked.append((words, more)))
    monkeypatch.setenv("DEBIAN_MIRROR", "http://mirror.example/debian/")
    store = packages.Packages(tmp_path)
    store.update()
    store.update()
    assert len(asked) == 1 and asked[0][1]["APT_CONFIG"] == str(tmp_path / "apt/apt.conf")
    lines = (tmp_path / "apt/sources.list").read_text().splitlines()
    assert [line.split("] ")[1] for line in lines] == [
        f"http://mirror.example/debian {release} main" for release in packages.RELEASES.values()
    ]
