"""The claims that the notebooks test: the article's, paraphrased, by number.

The number before the dot is the notebook that tests it.
"""

from __future__ import annotations

CLAIMS = {
    "1.1": (
        "Without SO_REUSEADDR, a server that died or was killed cannot be started again for "
        "about two minutes."
    ),
    "1.2": "The error is `OSError: [Errno 48] Address already in use`.",
    "1.3": "The side that closes first is the one whose port enters TIME_WAIT.",
    "1.4": "Setting SO_REUSEADDR lets the port be used again.",
    "2.1": "A server bound to 0.0.0.0 accepts TCP connections from every IP address.",
    "2.2": "A server bound to 127.0.0.1 accepts only connections made on this machine.",
    "3.1": (
        "Ports run from 0 to 65535, because the TCP header's source and destination ports are "
        "16 bits wide."
    ),
    "3.2": "Port 0 is a wildcard: asked for it, the system finds a suitable port instead.",
    "3.3": "Port 0 is reserved in TCP and UDP and should not be used.",
    "3.4": "Ports 1 to 1023 are system ports, 1024 to 65535 user ports.",
    "4.1": "`listen(n)` does not mean at most n connections.",
    "4.2": "n is how many connections the system can keep waiting before the server refuses.",
    "4.3": "With n = 1, more than one client can connect.",
    "4.4": "tornado's default is 128, rather small; for nginx 2048 is commonly recommended.",
    "4.5": (
        "nginx accepts in several processes, another taking over when one is busy, and is "
        "therefore very fast."
    ),
    "5.1": "`accept` takes one client's connection and returns a new socket for it.",
    "5.2": (
        "When a SYN arrives, the system puts the connection in the SYN queue and returns SYN+ACK."
    ),
    "5.3": (
        "When the client's last ACK arrives, it is moved from the SYN queue to the accept queue."
    ),
    "5.4": (
        "`accept` takes from the accept queue, where every connection has completed the "
        "three-way handshake."
    ),
    "6.1": (
        "`recv(1024)` need not return 1024 bytes, even when the peer sent more: it depends on "
        "what the receive buffer holds, and on TCP."
    ),
    "6.2": "Expecting 5,000 bytes, one must count what has come and what is missing.",
    "6.3": "The text's own example calls `recv` on the listening socket.",
    "7.1": "`close` and `shutdown` are not two ways to do the same thing.",
    "7.2": "`shutdown` breaks the connection.",
    "7.3": (
        "`close` releases only this process's descriptor: the connection lives, and other "
        "processes still send and receive on it."
    ),
    "7.4": (
        "nginx's worker processes are forked and share one connection; one worker's `close` "
        "does not disturb the others."
    ),
    "7.5": "Each `close` lowers a counter; at zero the socket is reclaimed.",
}

# Folklore: what people believe who have not tried. Refuted by the notebooks, by number.
FOLKLORE = {
    "F1": "Any close leaves TIME_WAIT on the server's port.",
    "F2": "On Linux, adding SO_REUSEADDR to the new server is enough.",
    "F3": "SO_REUSEADDR may be set after `bind`.",
    "F4": "SO_REUSEADDR lets two servers share a port.",
    "F5": "SO_REUSEADDR means the same on every system.",
    "F6": "`tcp_fin_timeout` sets TIME_WAIT.",
    "F7": "TIME_WAIT and CLOSE_WAIT are alike.",
    "F8": "`connect` returned, so the server accepted.",
    "F9": "`accept` opens a new port.",
    "F10": "`listen(n)` means at most n clients.",
    "F11": "The queue holds exactly n.",
    "F12": "A full backlog refuses connections.",
    "F13": "`tcp_abort_on_overflow` resets the clients that are too many.",
    "F14": "ListenOverflows counts failed clients.",
    "F15": "The usual maximum backlog is 5.",
    "F16": "Binding 127.0.0.1 filters by source.",
    "F17": "`''` or 0.0.0.0 covers IPv6.",
    "F18": "A helper that finds a free port is safe.",
    "F19": "One `send` is one `recv`.",
    "F20": "`recv(1024)` returns the message.",
    "F21": "`close` sends a FIN now.",
    "F22": "`close` means that the peer gets the data.",
    "F23": "SHUT_RD throws later data away.",
    "F24": "nginx's workers share accepted connections.",
}

STATEMENTS = {**CLAIMS, **FOLKLORE}
