"""A class on one machine: users log in to JupyterHub, and each runs a notebook.

    sudo env PATH=… python -m tests.bench.classroom --users=20 --pace=4

Makes ordinary users for it, with passwords that nobody is told, and removes them afterwards; starts
JupyterHub with notebooks/teaching/hub/jupyterhub_config.py; then all log in at once, get a server
and a kernel each, and run one of the notebooks, the eight spread among them, with a pause before
each cell. A cell fails if it raises where the stored one does not, or the reverse; it differs if
its text does, apart from bars of progress, which a stored notebook has none of.

Wants root, and in PATH jupyterhub and configurable-http-proxy; a Python and a set that all users
may read.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
import websocket

from helpers.waiting import wait_until

ROOT = Path(__file__).parents[2]
HUB = ROOT / "notebooks" / "teaching" / "hub" / "jupyterhub_config.py"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*.ipynb"))
GROUP = "tcpclass"
SPAWN = 300.0  # seconds for a server to be ready


@dataclass
class Student:
    """One user, what he does, and how it went."""

    name: str
    password: str
    notebook: Path
    stage: str = "nothing"
    spawn: float = 0.0
    minutes: float = 0.0
    slowest: float = 0.0
    cells: int = 0
    failed: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    memory: int = 0

    def attend(self, url: str, pace: float) -> None:
        """Log in, start, and run the notebook; what goes wrong is kept."""
        try:
            self.stage = "login"
            head = {"Authorization": f"token {self._token(url)}"}
            self.stage = "server"
            self._start(url, head)
            self.stage = "kernel"
            begun = time.monotonic()
            self._run(url, head, pace)
            self.minutes = (time.monotonic() - begun) / 60
            self.stage = "done"
        except Exception as error:  # it is one of twenty, and the others go on
            self.failed.append(f"{self.stage}: {type(error).__name__}: {error}")

    def _token(self, url: str) -> str:
        """As a browser does: the form of the login, and then a token for the rest."""
        session = requests.Session()
        session.get(f"{url}/hub/login")
        form = {"username": self.name, "password": self.password}
        form["_xsrf"] = session.cookies.get("_xsrf", path="/hub/")
        answer = session.post(f"{url}/hub/login", data=form, allow_redirects=False)
        if answer.status_code != 302:
            raise RuntimeError(f"the login was answered with {answer.status_code}")
        session.get(f"{url}/hub/home")
        head = {"X-XSRFToken": session.cookies.get("_xsrf", path="/hub/") or ""}
        answer = session.post(f"{url}/hub/api/users/{self.name}/tokens", json={}, headers=head)
        answer.raise_for_status()
        return str(answer.json()["token"])

    def _start(self, url: str, head: dict[str, str]) -> None:
        user, begun = f"{url}/hub/api/users/{self.name}", time.monotonic()
        requests.post(f"{user}/server", headers=head).raise_for_status()

        def ready() -> bool:
            time.sleep(1)  # twenty ask
            servers = requests.get(user, headers=head).json()["servers"]
            return bool(servers.get("", {}).get("ready"))

        wait_until(f"the server of {self.name}", ready, SPAWN)
        self.spawn = time.monotonic() - begun

    def _run(self, url: str, head: dict[str, str], pace: float) -> None:
        asked = {"path": f"tcp-server/{self.notebook.name}", "type": "notebook"}
        asked |= {"name": self.notebook.name, "kernel": {"name": "python3"}}  # type: ignore[dict-item]
        api = f"{url}/user/{self.name}/api"
        answer = requests.post(f"{api}/sessions", headers=head, json=asked)
        answer.raise_for_status()
        channels = f"{api}/kernels/{answer.json()['kernel']['id']}/channels".replace(
            "http", "ws", 1
        )
        line = websocket.create_connection(channels, header=head, timeout=120)
        for cell in json.loads(self.notebook.read_text())["cells"]:
            if cell["cell_type"] == "code":
                time.sleep(pace)
                begun = time.monotonic()
                outputs = executed(line, "".join(cell["source"]))
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self._compare(cell, outputs)
        line.close()

    def _compare(self, cell: dict[str, Any], outputs: list[dict[str, Any]]) -> None:
        self.cells += 1
        stored, seen = texts(cell["outputs"]), texts(outputs)
        if ("error" in stored) != ("error" in seen):
            self.failed.append(
                f"{self.notebook.name} {cell['id']}: {seen.get('error', 'no error')}"
            )
        elif stored != seen and "nbval-ignore-output" not in cell["metadata"].get("tags", []):
            self.differs.append(f"{self.notebook.name} {cell['id']}")


def executed(line: websocket.WebSocket, source: str) -> list[dict[str, Any]]:
    """Run a cell's source by a kernel's channels; its outputs, once the kernel is idle again."""
    number = uuid.uuid4().hex
    header = {"msg_id": number, "msg_type": "execute_request", "session": number, "version": "5.3"}
    header |= {"username": "", "date": ""}
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}}
    content |= {"allow_stdin": False, "stop_on_error": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    line.send(json.dumps(message | {"channel": "shell"}))
    outputs = []
    while True:
        told = json.loads(line.recv())
        if told["parent_header"].get("msg_id") != number or told["channel"] != "iopub":
            continue
        if told["content"].get("execution_state") == "idle":
            return outputs
        if told["msg_type"] in ("stream", "error", "display_data", "execute_result"):
            outputs.append({"output_type": told["msg_type"], **told["content"]})


def texts(outputs: list[dict[str, Any]]) -> dict[str, str]:
    """What a cell has said, by kind, without pictures and bars of progress."""
    said: dict[str, str] = defaultdict(str)
    for output in outputs:
        data = output.get("data", {})
        plain = "".join(data.get("text/plain", ""))
        if output["output_type"] == "error":
            said["error"] = f"{output['ename']}: {output['evalue']}"
        elif output["output_type"] == "stream":
            said[output["name"]] += "".join(output["text"])
        elif "image/png" not in data and "it/s]" not in plain:
            said["text"] += plain
    return dict(said)


@contextmanager
def students(count: int) -> Iterator[list[Student]]:
    """Ordinary users of this machine, for as long as the block lasts."""
    made = [
        Student(f"{GROUP}{n:02}", secrets.token_urlsafe(12), NOTEBOOKS[n % len(NOTEBOOKS)])
        for n in range(1, count + 1)
    ]
    subprocess.run(["groupadd", GROUP], check=True)
    try:
        for each in made:
            subprocess.run(["useradd", "-m", "-g", GROUP, "-s", "/bin/bash", each.name], check=True)
        passwords = "".join(f"{each.name}:{each.password}\n" for each in made)
        subprocess.run(["chpasswd"], input=passwords, text=True, check=True)
        yield made
    finally:
        for each in made:
            subprocess.run(["userdel", "-r", each.name], stderr=subprocess.DEVNULL)
        subprocess.run(["groupdel", GROUP])


@contextmanager
def hub(port: int) -> Iterator[str]:
    """The address of JupyterHub, in a folder of its own."""
    url = f"http://127.0.0.1:{port}"
    own = {"TCP_LAB_SET": str(ROOT), "TCP_LAB_BIN": str(Path(sys.executable).parent)}
    own |= {"TCP_LAB_GROUP": GROUP, "TCP_LAB_URL": url}
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        process = subprocess.Popen(
            ["jupyterhub", "-f", HUB], cwd=folder, env=os.environ | own, stdout=log, stderr=log
        )
        try:

            def answers() -> bool:
                time.sleep(0.2)
                try:
                    return requests.get(f"{url}/hub/login").status_code == 200
                except requests.ConnectionError:
                    return False

            wait_until("JupyterHub", answers, 60)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def measure(attending: list[threading.Thread], made: list[Student]) -> None:
    """Read every ten seconds what each user's processes hold, shared pages shared out."""
    known = {each.name: each for each in made}
    while any(each.is_alive() for each in attending):
        sums: dict[str, int] = defaultdict(int)
        for process in psutil.process_iter(["username"]):
            try:
                if process.info["username"] in known:
                    sums[process.info["username"]] += process.memory_full_info().pss
            except psutil.Error:
                continue
        for name, total in sums.items():
            known[name].memory = max(known[name].memory, total)
        time.sleep(10)


def main() -> int:
    """Hold the class, print its table; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.classroom")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--pace", type=float, default=4.0, help="seconds before each cell")
    parser.add_argument("--port", type=int, default=18000)
    given = parser.parse_args()
    if os.geteuid():
        parser.error("only root makes users, and becomes them")
    # Ended from outside it still removes its users.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print("load before:", *os.getloadavg())
    with students(given.users) as made:
        with hub(given.port) as url:
            attending = [
                threading.Thread(target=each.attend, args=(url, given.pace), daemon=True)
                for each in made
            ]
            for each in attending:
                each.start()
            measure(attending, made)
        names = {each.name for each in made}
        left = [p.pid for p in psutil.process_iter(["username"]) if p.info["username"] in names]
    print("user        notebook  server s  minutes  cells  failed  differ  slowest s  memory MB")
    for each in made:
        print(
            f"{each.name:12}{each.notebook.name[:2]:8}{each.spawn:10.0f}{each.minutes:9.1f}"
            f"{each.cells:7}{len(each.failed):8}{len(each.differs):8}{each.slowest:11.1f}"
            f"{each.memory / 2**20:11.0f}"
        )
    for each in made:
        print(*each.failed, *each.differs, sep="\n", end="\n" * bool(each.failed + each.differs))
    print("load after:", *os.getloadavg(), "left behind:", left or "nothing")
    return int(bool(left) or any(each.failed for each in made))


if __name__ == "__main__":
    sys.exit(main())
