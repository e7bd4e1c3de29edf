"""The claims that the notebooks test, by number, each with its verdict.

``1.1`` to ``7.5`` are the article's, paraphrased; the number before the dot is the notebook
that tests it. ``F1`` to ``F24`` are folklore: what is believed where it was not tried. A
verdict is empty until a notebook has been written that asserts it.
"""

from __future__ import annotations

from dataclasses import dataclass

VERDICTS = ("holds", "holds in part", "does not hold")


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said, what Linux makes of it, and why, in a sentence."""

    text: str
    verdict: str = ""
    why: str = ""


STATEMENTS = {
    "1.1": Statement(
        (
            "Without SO_REUSEADDR, a server that died or was killed cannot be started again for "
            "about two minutes."
        ),
        "holds in part",
        (
            "What is left on the port is kept for 60 s on Linux, and after many ways of dying "
            "nothing is left."
        ),
    ),
    "1.2": Statement(
        "The error is `OSError: [Errno 48] Address already in use`.",
        "holds in part",
        "The text is the same everywhere; the number is 98 on Linux, and 48 on macOS and the BSDs.",
    ),
    "1.3": Statement(
        "The side that closes first is the one whose port enters TIME_WAIT.",
        "holds",
        "The active closer waits. If both close at once, both do.",
    ),
    "1.4": Statement(
        "Setting SO_REUSEADDR lets the port be used again.",
        "holds in part",
        "On Linux both the old and the new server must have set it.",
    ),
    "2.1": Statement(
        "A server bound to 0.0.0.0 accepts TCP connections from every IP address.",
        "holds in part",
        "bind chooses destinations: 0.0.0.0 is any IPv4 address of this machine, and no IPv6 one.",
    ),
    "2.2": Statement(
        "A server bound to 127.0.0.1 accepts *only* connections made on this machine.",
        "holds in part",
        "Routing drops what comes by wire for 127.0.0.1; bind looks at the destination alone.",
    ),
    "3.1": Statement(
        (
            "The ports that a host can open run from 0 to 65535, because the TCP header's source "
            "and destination ports are 16 bits wide."
        ),
        "holds",
        "The two fields have 16 bits each, and Python refuses what does not fit.",
    ),
    "3.2": Statement(
        "Port 0 is a wildcard: asked for it, the system finds a suitable port instead.",
        "holds",
        "Before bind the port is 0, after it a free one; listen and connect choose one too.",
    ),
    "3.3": Statement(
        "Port 0 is reserved in TCP and UDP and should not be used.",
        "holds",
        "Nobody can be bound to it: a SYN for port 0 is answered with RST.",
    ),
    "3.4": Statement(
        "Ports 1 to 1023 are system ports, 1024 to 65535 user ports.",
        "holds in part",
        "IANA calls 49152 and up dynamic. Linux has a limit of its own for privilege, a sysctl.",
    ),
    "4.1": Statement(
        "`listen(n)` does not mean at most n connections.",
        "holds",
        "n is the length of one queue; who has been accepted is not in it.",
    ),
    "4.2": Statement(
        "n is how many connections the system can keep waiting before the server refuses.",
        "holds in part",
        "It is one less than the kernel keeps, and then it drops SYNs and refuses nobody.",
    ),
    "4.3": Statement(
        "With n = 1, more than one client can connect.",
        "holds",
        "Two wait in the queue of n = 1, and a third is being served.",
    ),
    "4.4": Statement(
        "tornado's default of 128 is rather small; nginx asks for more, and 2048 would be fine.",
        "holds in part",
        "tornado asks for 128; nginx for 511 by default. What is small depends on the burst.",
    ),
    "4.5": Statement(
        (
            "nginx accepts in several processes, another taking over when one is busy, and is "
            "therefore very fast."
        ),
        "holds in part",
        "A free worker does take over, but accept is a small part; serving side by side is fast.",
    ),
    "5.1": Statement(
        "`accept` takes one client's connection and returns a new socket for it.",
        "holds",
        "The new socket has a descriptor of its own and the listener's port.",
    ),
    "5.2": Statement(
        "When a SYN arrives, the system puts the connection in the SYN queue and returns SYN+ACK.",
        "holds in part",
        "Not if the accept queue is full: then it is dropped. With a cookie nothing is kept.",
    ),
    "5.3": Statement(
        "When the client's last ACK arrives, it is moved from the SYN queue to the accept queue.",
        "holds in part",
        "If the accept queue is full by then, the ACK is ignored, and the client is not told.",
    ),
    "5.4": Statement(
        (
            "`accept` takes from the accept queue, where every connection has completed the "
            "three-way handshake."
        ),
        "holds in part",
        "With TCP Fast Open accept returns before the last ACK; and the peer may be gone.",
    ),
    "6.1": Statement(
        (
            "`recv(1024)` need not return 1024 bytes, even when the peer sent more: it depends on"
            " what the receive buffer holds, and on TCP."
        ),
        "holds",
        "recv returns what is in the buffer, up to 1024 bytes; it waits only if there is none.",
    ),
    "6.2": Statement(
        "Expecting 5,000 bytes, one must count what has come and what is missing.",
        "holds",
        "The sizes of the reads differ from run to run; their sum is all that one can rely on.",
    ),
    "6.3": Statement(
        "`recv` may be called on the listening socket, as the article's text once writes.",
        "does not hold",
        "A listener carries no data: recv belongs to the socket that accept returns.",
    ),
    "7.1": Statement(
        "`close` and `shutdown` are not two ways to do the same thing.",
        "holds",
        "close gives up one descriptor; shutdown ends a direction for every process.",
    ),
    "7.2": Statement(
        "`shutdown` breaks the connection.",
        "holds in part",
        "SHUT_WR ends one direction, SHUT_RD sends nothing, and the descriptor stays open.",
    ),
    "7.3": Statement(
        (
            "`close` releases only this process's descriptor: the connection lives, and other "
            "processes still send and receive on it."
        ),
        "holds",
        "While any process holds a descriptor of it, the connection lives.",
    ),
    "7.4": Statement(
        (
            "nginx's worker processes are forked and share one connection; one worker's `close` "
            "does not disturb the others."
        ),
        "holds in part",
        "The close of one holder disturbs no other; what the workers share is the listener.",
    ),
    "7.5": Statement(
        "Each `close` lowers a counter; at zero the socket is reclaimed.",
        "holds in part",
        "At zero the kernel sends FIN or RST, and may keep the socket until TIME-WAIT is over.",
    ),
    "F1": Statement(
        "Any close leaves TIME_WAIT on the server's port.",
        "does not hold",
        "It is left with the side that closed first, and a reset leaves nothing.",
    ),
    "F2": Statement(
        "On Linux, adding SO_REUSEADDR to the new server is enough.",
        "does not hold",
        "The old server's connection must have had the option too: socket(7), NOTES.",
    ),
    "F3": Statement(
        "SO_REUSEADDR may be set after `bind`.",
        "does not hold",
        "bind is the call that fails; an option that is set after it helps only the next server.",
    ),
    "F4": Statement(
        "SO_REUSEADDR lets two servers share a port.",
        "does not hold",
        "Both may bind, and only one may listen.",
    ),
    "F5": Statement(
        "SO_REUSEADDR means the same on every system.",
        "does not hold",
        "Linux asks both sockets; by socket(7), other systems ask only the new one.",
    ),
    "F6": Statement(
        "`tcp_fin_timeout` sets TIME_WAIT.",
        "does not hold",
        "It bounds FIN-WAIT-2 without a process. TIME-WAIT lasts 60 s, a constant.",
    ),
    "F7": Statement(
        "TIME_WAIT and CLOSE_WAIT are alike.",
        "does not hold",
        "TIME-WAIT ends by a timer. CLOSE-WAIT waits for a program to close, for ever by default.",
    ),
    "F8": Statement(
        "`connect` returned, so the server accepted.",
        "does not hold",
        "connect returns at the SYN+ACK, before accept, or without any server process.",
    ),
    "F9": Statement(
        "`accept` opens a new port.",
        "does not hold",
        "The accepted socket has the listener's port; the four addresses tell connections apart.",
    ),
    "F10": Statement(
        "`listen(n)` means at most n clients.",
        "does not hold",
        "n bounds those that wait for accept, and not those that were accepted.",
    ),
    "F11": Statement(
        "The queue holds exactly n.",
        "does not hold",
        "It holds n + 1: sk_acceptq_is_full asks for more than n.",
    ),
    "F12": Statement(
        "A full backlog refuses connections.",
        "does not hold",
        "The SYN is dropped without an answer; the client tries again, and then times out.",
    ),
    "F13": Statement(
        "`tcp_abort_on_overflow` resets the clients that are too many.",
        "does not hold",
        "It answers only a handshake's last ACK that finds no place; a SYN is dropped as ever.",
    ),
    "F14": Statement(
        "ListenOverflows counts failed clients.",
        "does not hold",
        "It counts what was dropped, each SYN of the same client anew.",
    ),
    "F15": Statement(
        "The usual maximum backlog is 5.",
        "does not hold",
        "Five was BSD's limit once. Linux caps at somaxconn, 4096 since version 5.4.",
    ),
    "F16": Statement(
        "Binding 127.0.0.1 filters by source.",
        "does not hold",
        "It filters by destination: a client with another source is let in at 127.0.0.1.",
    ),
    "F17": Statement(
        "`''` or 0.0.0.0 covers IPv6.",
        "does not hold",
        "They are IPv4's. The address :: covers both, unless IPV6_V6ONLY is set.",
    ),
    "F18": Statement(
        "A helper that finds a free port is safe.",
        "does not hold",
        "It gives the port up again, and anyone may take it before you do.",
    ),
    "F19": Statement(
        "One `send` is one `recv`.",
        "does not hold",
        "TCP keeps the order of bytes and forgets where a send ended.",
    ),
    "F20": Statement(
        "`recv(1024)` returns the message.",
        "does not hold",
        "It returns bytes; where a message ends is for the program to know.",
    ),
    "F21": Statement(
        "`close` sends a FIN now.",
        "does not hold",
        "It does only if no other descriptor leads to the socket and nothing is unread.",
    ),
    "F22": Statement(
        "`close` means that the peer gets the data.",
        "does not hold",
        "One unread byte turns the FIN into RST, and what was on its way is lost.",
    ),
    "F23": Statement(
        "SHUT_RD throws later data away.",
        "does not hold",
        "On Linux later data is acknowledged, stored, and can be read.",
    ),
    "F24": Statement(
        "nginx's workers share accepted connections.",
        "does not hold",
        "The listening socket is shared; each accepted connection has one process.",
    ),
}
