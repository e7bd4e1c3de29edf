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

ANSWER = {
    "accepted": "The client is on this machine, and that is not what bind looks at.",
    "ECONNREFUSED": "",
    "no answer": "Refusing is the kernel's answer where no listener fits; silence is a firewall's.",
}
STRANGER = {
    "SYN+ACK": "The listener would have answered. The packet never came as far as the listener.",
    "RST": "A RST says that the packet reached TCP and that no listener fitted.",
    "nothing": "",
}
SIX = {
    "yes": "IPv4 and IPv6 are two families, and a socket of AF_INET knows the first only.",
    "no": "",
}
BESIDE = {
    "yes": "0.0.0.0 is every address, 127.0.0.1 included, so they would share one.",
    "no": "",
    "with SO_REUSEADDR": "The option excuses sockets that do not listen. These two both would.",
}

# ---- 03_port_zero

OTHER_PORT = {
    "the server on 8080": "The packet's two bytes say who is meant, whatever they said before.",
    "the server on 8081": "",
    "nobody": "A SYN is a SYN, whoever made it; its checksum is right again.",
}
TOO_HIGH = {
    "the kernel": "A system call carries the port in 16 bits: it would not fit.",
    "Python": "",
    "nobody, it wraps around": "bind does not. There is a call that does: getaddrinfo, below.",
}
PARITY = {
    "odd and even alike": "That would be so if the kernel threw dice for the whole number.",
    "odd for bind, even for connect": "",
    "one after the other": "So it was long ago. A port that can be guessed helps an attacker.",
}
LAST = {
    "4 connections": "That is the number of ports. A connection is known by four numbers.",
    "12 connections": "",
    "as many as the server takes": "It has room. The client's ports are what is scarce.",
}
SPENT = {
    "a connection": "The server has forgotten the four. The client's kernel has not: notebook 01.",
    "EADDRINUSE": "So says bind. connect looks for a whole new address, and has none to give.",
    "EADDRNOTAVAIL": "",
}
SELF = {
    "ECONNREFUSED": "So it nearly always is: the port asked for is not the port sent from.",
    "it connects": "",
    "it hangs": "Its SYN is answered at once, for the machine that gets it is its own.",
}

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

HALF = {
    "in the accept queue": "It gets there with the last ACK, and that is still on the wire.",
    "in the SYN queue": "",
    "nowhere yet": "The SYN has arrived, so the server remembers it, and has answered.",
}
OWNER = {
    "lost": "The kernel acknowledges and keeps what it has room for, whoever may read it one day.",
    "with the server's process": "No process has a descriptor of this connection yet.",
    "in the receive buffer": "",
}
GHOST = {
    "2": "That is how many the server knows of. The third has a cookie, and does not know.",
    "3": "",
    "1": "A backlog of 1 lets in two, and it is not the backlog that answers a SYN.",
}
COOKIE_COUNT = {
    "0": "A cookie is sent when the SYN queue is full, and 20 are more than it holds.",
    "14": "",
    "15": "The queue holds one more than n: six, not five.",
    "20": "That is what tcp_syncookies = 2 does. With 1 the queue is filled first.",
}
UNDER_FLOOD = {
    "both connect": "Without cookies there is no room for another half-open connection.",
    "only with cookies": "",
    "only without cookies": "A cookie is an answer. It costs the honest client nothing.",
}
EMPTY_QUEUE = {
    "SYN+ACK, for the SYN queue is empty": "Older kernels did that, and most pages say so.",
    "RST": "Linux refuses nobody because a queue is full: the client is to try again.",
    "nothing": "",
}

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
