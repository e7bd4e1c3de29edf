"""The instrument: hosts, their sockets and programs, the wire, and who watches them."""
