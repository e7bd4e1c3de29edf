"""Write packets to a pcapng file that Wireshark and tshark open.

Scapy writes the file; it is imported on first use because that costs 0.4 s.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from typing import Any


def save(packets: Iterable[tuple[int, bytes, str]], path: str | os.PathLike[str]) -> None:
    """Write ``(monotonic ns, bytes from the IP header on, comment)`` each; replaces ``path``."""
    scapy = _scapy()
    epoch = time.time_ns() - time.monotonic_ns()
    writer = scapy.utils.PcapNgWriter(os.fspath(path))
    try:
        for sent, raw, comment in packets:
            writer.write(_frame(scapy, raw, (sent + epoch) / 1e9, comment))
    finally:
        writer.close()


def _frame(scapy: Any, raw: bytes, when: float, comment: str) -> Any:
    layer = scapy.layers.inet6.IPv6 if raw[:1] and raw[0] >> 4 == 6 else scapy.layers.inet.IP
    frame = layer(raw)
    frame.time = when
    frame.comment = comment.encode()
    return frame


def _scapy() -> Any:
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    import scapy.layers.inet
    import scapy.layers.inet6
    import scapy.utils

    return scapy
