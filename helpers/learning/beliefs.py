"""The choices of the notebooks' predictions, each with the belief that leads to it.

An empty text stands beside what is right on Linux; the notebook finds that out by itself.
"""

from __future__ import annotations

# ---- 01_reuse_and_time_wait

HOLDER = {
    "nobody": "A listener goes with its process. A connection ends when both sides agree.",
    "the dead process": "A dead process has no descriptors; the kernel has closed them all.",
    "the kernel, for no process": "",
}
WAITING = {
    "server": "TIME-WAIT is about who closed first, and not about who listens.",
    "client": "",
    "client, server": "One side waits for both: the one that sends the last ACK.",
}
LENGTH = {
    "30 seconds": "That is macOS's: twice a maximum segment lifetime of 15 seconds.",
    "60 seconds": "",
    "120 seconds": "That is the article's number, and the default of Windows.",
    "240 seconds": "That is the standard's: twice a maximum segment lifetime of 2 minutes.",
}
CONSENT = {
    "the new one": "So it is on macOS and the BSDs. Linux asks the old socket for its consent.",
    "the old one": "The old one's consent is needed, and the new one must still ask.",
    "both": "",
}

# ---- 02_bind_address

# ---- 03_port_zero

# ---- 04_backlog

# ---- 05_syn_and_accept_queues

# ---- 06_partial_recv

# ---- 07_close_vs_shutdown

FIRST_CLOSE = {
    "a FIN": "So it is when the descriptor is the only one. close says nothing by itself.",
    "an RST": "That is the answer to data that nobody will read. Nothing was unread here.",
    "nothing": "",
}
NOT_READING = {
    "thrown away": "POSIX would allow it. Linux stores what comes, as before.",
    "refused with RST": "SHUT_RD sends nothing, and the kernel goes on to acknowledge.",
    "stored, and can be read": "",
}
ONE_BYTE = {
    "all": "What sendall has taken is still on its way, and RST ends the way.",
    "a part": "",
}
SLEEPER = {
    "accept raises an error": "The call holds the socket itself, and needs no descriptor any more.",
    "accept sleeps on": "",
}
