"""Where descriptors lead, while others come and go."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from helpers.inside.descriptors import links_of

CHURN = """
import os, sys
while True:
    for fd in [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]:
        os.close(fd)
"""


def test_a_socket_is_found_while_other_descriptors_close() -> None:
    """One that goes between the listing and its link takes no other with it."""
    with socket.socket() as held:
        link = f"socket:[{os.fstat(held.fileno()).st_ino}]"
        program = [sys.executable, "-c", CHURN]
        with subprocess.Popen(program, pass_fds=[held.fileno()]) as busy:
            try:
                while len(links_of(busy.pid)) < 10 and busy.poll() is None:
                    pass
                seen = [links_of(busy.pid) for _ in range(500)]
            finally:
                busy.kill()
    assert {links.count(link) for links in seen} == {1}
    assert len({len(links) for links in seen}) > 1, "nothing came or went"


def test_a_process_that_has_gone_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert links_of(gone.pid) == []
