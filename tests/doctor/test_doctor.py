"""What the doctor says of this machine, and of one that forbids; it names nobody."""

from __future__ import annotations

import getpass
import os
import platform
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from helpers import doctor
from helpers.errors import NotPermitted
from helpers.links import refusal
from tests.conftest import REASON, namespaces_allowed
from tests.links.test_refusals import FILTER, NUMBERS, in_a_shell

pytestmark = pytest.mark.live
ROOT = Path(__file__).parents[2]
RUN = "import runpy; runpy.run_module('helpers.doctor', run_name='__main__', alter_sys=True)"


def asked(*before: str, first: str = "", **environment: str) -> tuple[int, str]:
    """Its exit status and what it prints, after the commands ``before``, on one line each."""
    done = subprocess.run(
        [*before, sys.executable, "-c", f"{first}\n{RUN}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    assert not done.stderr, done.stderr
    assert len(done.stdout.splitlines()) <= 36, "more than a screen"
    return done.returncode, re.sub(r"\n {12}", " ", done.stdout)


@pytest.fixture
def with_namespaces() -> None:
    if not namespaces_allowed():
        pytest.skip(REASON)


def test_here_a_lab_starts(with_namespaces: None) -> None:
    code, said = asked(TCP_LAB_BENCH="")
    assert code == 0
    assert f"Linux {os.uname().release}" in said
    assert f"granted     {', '.join(doctor.steps())}\n" in said
    assert re.search(
        r"^a lab +ready in \d+ ms(, without \d+ settings)?, a hello in \d+ ms", said, re.M
    )
    assert "refused" not in said and "what helps" not in said
    assert "MISSING" not in said


def test_it_names_no_machine_user_or_folder() -> None:
    _, said = asked()
    for name in (socket.gethostname(), getpass.getuser(), str(ROOT), os.path.expanduser("~")):
        alone = rf"(?<![\w./]){re.escape(name)}(?!\w)"
        found = [line for line in said.splitlines() if re.search(alone, line)]
        assert all(name == "root" and "root" in line for line in found), (name, found)
    assert doctor._plain(f"no file {ROOT}/helpers/x") == "no file …/helpers/x"


@pytest.mark.parametrize("kind", ["user", "net"])
def test_a_limit_of_zero_is_named_with_what_helps(with_namespaces: None, kind: str) -> None:
    name = f"user.max_{kind}_namespaces"
    limit = f"echo 0 > /proc/sys/{name.replace('.', '/')}"
    code, said = asked(*in_a_shell(limit))
    assert code == 1
    assert re.search(rf"^{name} +0, so nobody can make such a namespace$", said, re.M)
    assert re.search(
        rf"^refused +.*: {name} is 0, so nobody can make such a namespace$", said, re.M
    )
    assert re.search(rf"^what helps  On a machine .* -w {name}=10000'$", said, re.M)
    assert re.search(r"^instead +bench mode works: .*a hello in \d+ ms\)$", said, re.M)
    granted = re.search(r"^granted +(.*)$", said, re.M)
    assert granted and granted[1] == (
        "nothing" if kind == "user" else "a user namespace, root in it, a PID namespace"
    )


def test_two_things_that_are_missing_are_both_told(with_namespaces: None) -> None:
    limit = "echo 0 > /proc/sys/user/max_net_namespaces"
    code, said = asked(*in_a_shell(limit), "setpriv", "--bounding-set=-all")
    assert code == 1
    assert "refused     root in it: root may not be mapped" in said
    assert "refused     a lab with a wire: user.max_net_namespaces is 0" in said
    assert said.count("what helps  ") == 2


@pytest.mark.parametrize("call", ["unshare", "setns"])
def test_a_seccomp_filter_is_named(with_namespaces: None, call: str) -> None:
    number = NUMBERS.get(platform.machine(), {}).get(call)
    if number is None:
        pytest.skip(f"the numbers of system calls on {platform.machine()} are not known here")
    code, said = asked(first=f"{FILTER}\nforbid({number})")
    assert code == 1
    assert re.search(r"^seccomp filter +on$", said, re.M)
    assert f"a seccomp profile refuses {call}(2)" in said


def test_a_read_only_proc_sys_costs_settings_and_not_the_wire(with_namespaces: None) -> None:
    read_only = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"
    code, said = asked(*in_a_shell(read_only))
    assert code == 0
    assert re.search(r"^/proc/sys +read-only$", said, re.M)
    assert re.search(r"^a lab +ready in \d+ ms, without \d+ settings", said, re.M)
    assert re.search(r"^refused +a setting of its own: /proc/sys is read-only here$", said, re.M)
    assert refusal.READ_ONLY in said and refusal.REMEDY not in said


def test_without_proc_it_says_so(with_namespaces: None) -> None:
    code, said = asked(*in_a_shell("mount -t tmpfs none /proc"))
    assert code == 1
    assert doctor.NO_PROC in said


def test_on_another_system_it_says_where_to_have_linux() -> None:
    """Without what only Linux's Python has, as far as that can be taken away here."""
    gone = """
import _socket, platform, socket, sys
for module in (_socket, socket):
    for name in [n for n in dir(module) if n.startswith(("AF_NETLINK", "AF_PACKET", "NETLINK_"))]:
        delattr(module, name)
platform.system = lambda: "Darwin"
"""
    code, said = asked(first=gone)
    assert code == 1
    assert said.endswith(f"\n\n{doctor.NO_LINUX.format('Darwin')}\n")


def test_bench_mode_by_wish_is_told(with_namespaces: None) -> None:
    code, said = asked(TCP_LAB_BENCH="1")
    assert code == 0
    assert "TCP_LAB_BENCH is set" in said


def test_a_lab_that_fails_for_another_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(bench: bool) -> str:
        raise RuntimeError(f"in {ROOT}")

    monkeypatch.setattr(doctor, "hello", fail)
    monkeypatch.setattr(doctor, "permitted", lambda: ([], "x", NotPermitted("no. Ask")))
    works, rows = doctor.lab()
    told = list(rows)
    assert not works
    assert ("refused", "x: no") in told and ("what helps", "Ask") in told
    assert ("refused", "a lab with a wire: RuntimeError: in …") in told
    assert ("instead", "bench mode fails too: RuntimeError: in …") in told


def test_it_lists_packages_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split("[<>=]", each)[0] for each in project["dependencies"]}
    assert set(doctor.PACKAGES) <= wanted
