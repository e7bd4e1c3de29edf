"""The ways in which a server can end, and whether it can be started again on its port.

A *scenario* is a plain function: it gets a ``Scene`` with a listener and one client,
ends the server in its own way, and leaves the rest to the kernel.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from helpers.bar import bar
from helpers.lab.lab import Lab
from helpers.lab.mirror import Socket
from helpers.lab.staging import listen, reset, settle
from helpers.record.snapshot import SocketRow, table

OPTIONS = ((False, False), (False, True), (True, False), (True, True))
STARTS = "starts"


@dataclass
class Scene:
    """A server that serves one client: ``conn`` is the server's end, None until accepted."""

    lab: Lab
    port: int
    listener: Socket
    client: Socket
    conn: Socket | None = None

    def serve(self) -> Socket:
        """Accept the client."""
        self.conn, _ = self.listener.accept()
        return self.conn

    def settle(self) -> None:
        """Wait until every FIN has been acknowledged: FIN-WAIT-1 and LAST-ACK are passed."""
        settle(self.lab, self.port)

    def client_closes(self) -> None:
        """Close the client, and wait until the server has its FIN: a busy machine's loopback may
        be late with it, and then both would have closed at once."""
        self.client.close()
        self.settle()


Scenario = Callable[[Scene], None]


def server_closes_first(scene: Scene) -> None:
    """The server closes, then the client."""
    scene.serve().close()
    scene.client.close()


def client_stays(scene: Scene) -> None:
    """The server closes; the client does not."""
    scene.serve().close()


def client_closes_first(scene: Scene) -> None:
    """The client closes, then the server."""
    conn = scene.serve()
    scene.client_closes()
    conn.close()


def both_close_at_once(scene: Scene) -> None:
    """Both FINs are on the wire before either arrives."""
    conn = scene.serve()
    scene.lab.wire.hold()
    conn.close()
    scene.client.close()
    scene.lab.wire.release()


def server_resets(scene: Scene) -> None:
    """The server closes with SO_LINGER set to zero seconds."""
    conn = scene.serve()
    reset(conn)


def client_resets(scene: Scene) -> None:
    """The client does."""
    conn = scene.serve()
    reset(scene.client)
    conn.close()


def unread_data(scene: Scene) -> None:
    """The server closes and leaves data unread."""
    conn = scene.serve()
    scene.client.send(b"unread")
    conn.close()


def killed_after_service(scene: Scene) -> None:
    """SIGKILL; the one client was served, and had closed first."""
    scene.client_closes()
    conn = scene.serve()
    conn.close()
    scene.lab.server.kill()


def killed_before_accept(scene: Scene) -> None:
    """SIGKILL; a client waits in the accept queue."""
    scene.lab.server.kill()


def killed(scene: Scene) -> None:
    """SIGKILL; a client is connected, and stays."""
    scene.serve()
    scene.lab.server.kill()


def killed_then_client_closes(scene: Scene) -> None:
    """SIGKILL; a client is connected, and closes after that."""
    scene.serve()
    scene.lab.server.kill()
    scene.client.close()


def killed_with_unread_data(scene: Scene) -> None:
    """SIGKILL; a client has sent something that nobody has read."""
    scene.serve()
    scene.client.send(b"unread")
    scene.lab.server.kill()


def killed_after_client_closed(scene: Scene) -> None:
    """SIGKILL; the client has closed already."""
    scene.serve()
    scene.client_closes()
    scene.lab.server.kill()


SCENARIOS: dict[str, Scenario] = {
    "server closes first": server_closes_first,
    "server closes, client stays": client_stays,
    "client closes first": client_closes_first,
    "both close at once": both_close_at_once,
    "server resets": server_resets,
    "client resets": client_resets,
    "server closes, data unread": unread_data,
    "killed, client served before": killed_after_service,
    "killed, client in the queue": killed_before_accept,
    "killed, client connected": killed,
    "killed, client closes then": killed_then_client_closes,
    "killed, data unread": killed_with_unread_data,
    "killed, client closed before": killed_after_client_closed,
}


@dataclass(frozen=True)
class Outcome:
    """What one scenario left on each side, and what the restart said for each pair of options.

    ``restarts`` maps (old server had SO_REUSEADDR, new server has it) to ``"starts"`` or to an
    errno's name. ``server_left`` and ``client_left`` are the states found there before it.
    """

    name: str
    server_left: str
    client_left: str
    restarts: dict[tuple[bool, bool], str]

    @property
    def always(self) -> bool:
        """Whether the server started again with every pair of options."""
        return set(self.restarts.values()) == {STARTS}


def play(lab: Lab, name: str, port: int, old: bool, new: bool) -> tuple[str, str, str]:
    """Play one scenario on one port: what it left on the server and the client, and the restart."""
    scene = _begin(lab, port, old)
    SCENARIOS[name](scene)
    if lab.server.alive:
        scene.listener.close()
    scene.settle()
    left = [_states(_rows(host.sockets(), scene)) for host in (lab.server, lab.client)]
    if not lab.server.alive:
        lab.server.restart()
    return left[0], left[1], _start_again(lab, port, new)


def _begin(lab: Lab, port: int, reuse: bool) -> Scene:
    listener = listen(lab.server, port, reuse=reuse)
    client = lab.client.socket()
    client.connect(("server", port))
    return Scene(lab, port, listener, client)


def _start_again(lab: Lab, port: int, reuse: bool) -> str:
    listener = lab.server.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(1)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    finally:
        listener.close()
    return STARTS


def _rows(sockets: Iterable[SocketRow], scene: Scene) -> list[SocketRow]:
    """The connections of one scene; each has a port of its own."""
    ports = (scene.port,)
    return [s for s in sockets if s.row.local[1] in ports or s.row.peer[1] in ports]


def _states(rows: list[SocketRow]) -> str:
    return ", ".join(row.state for row in rows) or "-"


def restart_matrix(scenarios: Iterable[str] = tuple(SCENARIOS)) -> list[Outcome]:
    """Play every scenario with every pair of options, each on a port of its own; about 2 s.

    In a lab of its own, which is closed at the end. In bench mode the scenario that needs
    the wire is left out.
    """
    with Lab() as lab:
        chosen = [s for s in scenarios if not (lab.bench and s == "both close at once")]
        return [
            _outcome(lab, name, 7000 + 10 * n) for n, name in enumerate(bar(chosen, "restarts"))
        ]


def _outcome(lab: Lab, name: str, port: int) -> Outcome:
    played = [play(lab, name, port + n, *pair) for n, pair in enumerate(OPTIONS)]
    left = {(server, client) for server, client, _ in played}
    server, client = (" or ".join(sorted({pair[side] for pair in left})) for side in (0, 1))
    restarts = {pair: result for pair, (_, _, result) in zip(OPTIONS, played, strict=True)}
    return Outcome(name, server, client, restarts)


def blocked_first(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those after which some restart fails, and then the others; else in the order given."""
    return sorted(outcomes, key=lambda outcome: outcome.always)


def restart_table(outcomes: Iterable[Outcome]) -> str:
    """The matrix as an aligned table: a column for each pair, old server / new server.

    Those after which some restart fails stand first, as in the picture.
    """
    heads = [f"{'set' if old else 'not'}/{'set' if new else 'not'}" for old, new in OPTIONS]
    rows = [
        (o.name, o.server_left, o.client_left, *o.restarts.values())
        for o in blocked_first(outcomes)
    ]
    return table([("scenario", "left on the server", "on the client", *heads), *rows])
