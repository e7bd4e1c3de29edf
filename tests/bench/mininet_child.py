"""Runs under the system's Python, as root: two Mininet hosts and a link, up and down.

Each line of standard input asks for one round; the answer is its time in seconds.
With ``once`` as argument it does one round and ends.
"""

import sys
import time

from mininet.net import Mininet


def up_and_down():
    net = Mininet(build=False)
    one, two = net.addHost("h1"), net.addHost("h2")
    net.addLink(one, two)
    net.build()
    net.start()
    net.stop()


if sys.argv[1:] == ["once"]:
    up_and_down()
else:
    for _ in sys.stdin:
        began = time.perf_counter()
        up_and_down()
        print(time.perf_counter() - began, flush=True)
