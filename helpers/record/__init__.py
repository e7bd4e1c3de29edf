"""The pure record: packets, calls, sockets and the trace of them; no sockets, no processes."""
