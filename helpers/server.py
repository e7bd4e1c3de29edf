"""Server programs under study, whole and plain.

Each runs in a host of a lab, ``lab.server.run(eight_lines)``, or from a shell,
``python -m helpers.server eight-lines --port 8080``, so that ``curl`` or ``nc`` can
talk to it. Nothing here knows of the lab.
"""

from __future__ import annotations

import socket


def eight_lines(port: int = 8080) -> None:
    """The article's server, as printed: it serves one client, reads once, and ends."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen(1)
    clientsocket, address = server.accept()
    data = clientsocket.recv(1024)
    clientsocket.close()
    server.close()


def main() -> None:
    """Run one program from a shell until it ends or is interrupted."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m helpers.server", description=__doc__)
    parser.add_argument("program", choices=["eight-lines"])
    parser.add_argument("--port", type=int, default=8080, help="TCP port, 0 to 65535")
    chosen = parser.parse_args()
    if not 0 <= chosen.port <= 65535:
        parser.error(f"--port must be 0 to 65535, not {chosen.port}")
    try:
        eight_lines(chosen.port)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
