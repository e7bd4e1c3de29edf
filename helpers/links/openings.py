"""What the notebook holds of one network namespace: descriptors that look into it from outside."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass


@dataclass(slots=True)
class Openings:
    """Descriptors opened inside one namespace; they look into it from wherever they are used."""

    route: socket.socket
    diag: socket.socket
    device: socket.socket
    dev: int
    counters: str  # the directory of the counters' files, as long as the keeper lives

    @classmethod
    def adopt(cls, fds: list[int], thread: str) -> Openings:
        """Take over the four descriptors in the order in which the keeper sends them."""
        route, diag, device = (socket.socket(fileno=fd) for fd in fds[:3])
        for sock in (route, diag):
            sock.settimeout(None)
        return cls(route, diag, device, fds[3], f"/proc/{thread}/net")

    def settle(self) -> None:
        """Close what is needed for building only; a lab must do with few descriptors."""
        self.route.close()
        self.device.close()

    def close(self) -> None:
        """Close all; the namespace goes once nothing else holds it."""
        self.settle()
        self.diag.close()
        if self.dev >= 0:
            os.close(self.dev)
        self.dev = -1
