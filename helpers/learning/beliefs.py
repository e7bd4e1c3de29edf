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

GLUED = {
    "b'one'": "That is how UDP would do it. TCP keeps no borders between sends.",
    "b'onetwothree'": "",
    "an error, for three messages are too many": "recv knows of bytes only, not of messages.",
}
PIECES = {
    "1, for one send is one recv": "It gives no more than it was asked for, 1024 bytes.",
    "3": "Bytes that stay behind are not lost; the next call returns them.",
    "4": "The last piece is small, and needs a call of its own.",
    "5": "",
}
GAP = {
    "CCC": "recv returns no byte while one before it is missing.",
    "nothing, it goes on waiting": "",
    "an error": "A missing segment is TCP's own affair: it waits, and it is sent again.",
}
ENDING = {
    "recv(0)": "It asked for nothing, and got nothing; the connection is open.",
    "recv(1024) after the peer closed": "",
    "both": "b'' from recv(0) says only that nothing was asked for.",
}
STUCK = {
    "both finish": "Neither reads. Only so many bytes fit into the buffers between them.",
    "one of them finishes": "Each has a buffer in front of it that nobody empties.",
    "neither finishes": "",
}
NAGLE = {
    "as soon as it is called": "So it does with TCP_NODELAY. Without, small data waits its turn.",
    "when the first is acknowledged": "",
    "after a fixed time, set by a timer": "The sender has no timer for it; it waits for an ACK.",
}

# ---- 07_close_vs_shutdown
