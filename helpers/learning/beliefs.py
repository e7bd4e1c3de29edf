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

THROUGH = {
    "none": "connect waits for the handshake, and the kernel does that without any accept.",
    "5": "So one reads it in most books. Linux compares with > and not with >=, so one more fits.",
    "6": "",
    "any number": "The queue has a limit; the question is only what it counts.",
}
RETURNED = {
    "1": "listen(1) does not mean one client. A client that is being served is in no queue.",
    "2": "The one that is served has left the queue, and the queue has n + 1 places.",
    "3": "",
    "5": "Two find the queue full. Their kernels send the SYN again and again.",
}
EXTRA = {
    "it is refused": "Nobody says no. A refusal is an RST, and Linux sends none here.",
    "an error after the first SYN": "One SYN without an answer is no error: it may have been lost.",
    "nothing, for a long time": "",
}
ABORT = {
    "an RST": "Its name says so, and many pages do. A SYN that finds the queue full is dropped.",
    "no answer": "",
}
LASTS = {
    "about half a second": "That is the server's own time. The clients' waits come on top.",
    "more than a second": "",
    "some never are": "Nobody is turned away. They come back, a second later and later still.",
}
TURNS = {
    "whoever wakes first": "That is so with epoll. In accept, the kernel wakes only one.",
    "each in its turn": "",
    "always the same one": "That is so with EPOLLEXCLUSIVE, while that worker is free.",
}

# ---- 05_syn_and_accept_queues

# ---- 06_partial_recv

# ---- 07_close_vs_shutdown
