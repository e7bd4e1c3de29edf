"""A reader's module that takes ``socket`` out of its module before a host begins."""

import os
import signal
from socket import socket


def by_name() -> None:
    listener = socket()
    listener.bind(("", 0))
    listener.listen(1)
    print(os.fstat(listener.fileno()).st_ino)
    signal.pause()
