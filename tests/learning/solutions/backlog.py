"""Solutions to the exercises of notebook 04, as people write them in a cell."""

import asyncio
import contextlib
import errno
import math
import os
import select
import selectors
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

# ---- what solutions use of the notebook around them --------------------------------------------

GREETING = b"hello\n"
SHORTAGE = {errno.EMFILE, errno.ENFILE}
PAUSE = 0.02
GOAL_MS = 500


def greet(conn):
    with conn:
        try:
            conn.sendall(GREETING)
        except OSError as error:
            print("lost a client:", error.errno)


class Plan(NamedTuple):
    """A pair with names is a pair."""

    backlog: int
    workers: int


# ---- serve: right -------------------------------------------------------------------------------


def with_threads(listener):
    """Right: a thread for each client."""
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno in SHORTAGE:
                time.sleep(PAUSE)
                continue
            raise
        threading.Thread(target=greet, args=(conn,), daemon=True).start()


def with_a_selector(listener):
    """Right: a selector, and a listener that does not block."""
    listener.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            selector.select()
            try:
                conn, _ = listener.accept()
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno not in SHORTAGE:
                    raise
                time.sleep(PAUSE)
                continue
            conn.setblocking(True)
            greet(conn)


def with_forks(listener):
    """Right: a child for each client."""
    while True:
        while True:
            try:
                conn, _ = listener.accept()
                break
            except OSError as error:
                if error.errno != errno.EMFILE:
                    raise
                time.sleep(PAUSE)
        pid = os.fork()
        if pid == 0:
            listener.close()
            greet(conn)
            os._exit(0)
        conn.close()
        os.waitpid(pid, 0)


def in_asyncio(listener):
    """Right: an event loop inside."""

    async def main():
        loop = asyncio.get_running_loop()
        while True:
            try:
                conn, _ = await loop.sock_accept(listener)
            except OSError as error:
                if error.errno not in SHORTAGE:
                    raise
                await asyncio.sleep(PAUSE)
                continue
            with conn, contextlib.suppress(ConnectionError):
                await loop.sock_sendall(conn, GREETING)

    listener.setblocking(False)
    asyncio.run(main())


class Server:
    """A class with the loop in it."""

    def __init__(self, listener, pause=PAUSE):
        self.listener, self.pause = listener, pause

    def run(self):
        while conn := self.next():
            greet(conn)

    def next(self):
        try:
            return self.listener.accept()[0]
        except OSError as error:
            if error.errno in SHORTAGE:
                time.sleep(self.pause)
                return self.next()
            raise


def with_a_class(listener):
    """Right: a class, and recursion while it waits."""
    Server(listener).run()


def with_a_pool(listener):
    """Right: a pool of threads."""
    with ThreadPoolExecutor(2) as pool:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    time.sleep(0.1)
                else:
                    raise
            else:
                pool.submit(greet, conn)


def ends_quietly(listener):
    """Right: EINVAL is how it learns that it is to end, and it returns."""
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno == errno.EINVAL:
                return
            time.sleep(0.05)
            continue
        greet(conn)


def sleeps_for_a_second(listener):
    """Right: a second is a little while, too."""
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
            time.sleep(1)
        else:
            greet(conn)


def with_a_timeout(listener):
    """Right: looks up twice a second."""
    listener.settimeout(0.5)
    while True:
        try:
            conn, _ = listener.accept()
        except TimeoutError:
            continue
        except OSError as error:
            if error.errno not in SHORTAGE:
                raise
            time.sleep(PAUSE)
            continue
        conn.settimeout(None)
        greet(conn)


def with_select(listener):
    """Right: select, and a shutdown after the greeting."""
    while True:
        select.select([listener], [], [])
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno not in SHORTAGE:
                raise error from None
            time.sleep(PAUSE)
            continue
        try:
            conn.sendall(GREETING)
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            conn.close()


# ---- serve: wrong -------------------------------------------------------------------------------


def keeps_descriptors(listener):
    """Wrong: ends each connection, and keeps each descriptor."""
    kept = []
    while True:
        try:
            conn, _ = listener.accept()
        except OSError as error:
            if error.errno not in SHORTAGE:
                raise
            time.sleep(PAUSE)
            continue
        with contextlib.suppress(OSError):
            conn.sendall(GREETING)
            conn.shutdown(socket.SHUT_WR)
        kept.append(conn)


def catches_all(listener):
    """Wrong: one try around everything, and on with it."""
    while True:
        try:
            conn, _ = listener.accept()
            conn.sendall(GREETING)
            conn.close()
        except Exception:
            continue


def catches_around_the_loop(listener):
    """Wrong: the try is outside of the loop."""
    try:
        while True:
            conn, _ = listener.accept()
            conn.sendall(GREETING)
            conn.close()
    except ConnectionError:
        pass


def never_closes(listener):
    """Wrong: greets, and leaves the closing to chance."""
    while True:
        conn, _ = listener.accept()
        with contextlib.suppress(ConnectionError):
            conn.sendall(GREETING)


def forks_and_keeps(listener):
    """Wrong: the parent does not close its own descriptor."""
    kept = []
    while True:
        conn, _ = listener.accept()
        kept.append(conn)
        if os.fork() == 0:
            with contextlib.suppress(OSError):
                conn.sendall(GREETING)
            os._exit(0)


def reads_first(listener):
    """Wrong: waits for a word of the client."""
    while True:
        conn, _ = listener.accept()
        with conn, contextlib.suppress(ConnectionError):
            if conn.recv(1024):
                conn.sendall(GREETING)


# ---- plan: right --------------------------------------------------------------------------------


def rounded_up(clients, ms):
    """Right: no more than is needed."""
    return clients - 1, max(1, math.ceil(clients * ms / GOAL_MS))


def twice_the_workers(clients, ms):
    """Right: exactly twice what is needed, and that is allowed."""
    return clients, 2 * -(-clients * ms // GOAL_MS)


def with_names(clients, ms):
    """Right: a pair with names."""
    per_worker = GOAL_MS // ms
    return Plan(backlog=clients, workers=-(-clients // per_worker))


def a_list(clients, ms):
    """Right: two numbers in a list."""
    return [clients, 1 + (clients * ms - 1) // GOAL_MS]


def by_counting(clients, ms):
    """Right: tries how many it takes."""
    workers = 1
    while math.ceil(clients / workers) * ms > GOAL_MS:
        workers += 1
    return clients + 10, workers


def by_recursion(clients, ms, workers=1):
    """Right: the same, by recursion, and a backlog of twice what is needed."""
    if -(-clients // workers) * ms <= GOAL_MS:
        return 2 * (clients - 1), workers
    return by_recursion(clients, ms, workers + 1)


# ---- plan: wrong --------------------------------------------------------------------------------


def rounded_down(clients, ms):
    """Wrong: rounds down."""
    return clients, max(1, clients * ms // GOAL_MS)


def rounded(clients, ms):
    """Wrong: rounds to the nearest."""
    return clients, max(1, round(clients * ms / GOAL_MS))


def the_usual(clients, ms):
    """Wrong: what one finds in examples."""
    return 5, 4


def for_a_second(clients, ms):
    """Wrong: a second instead of half a second."""
    return clients, max(1, math.ceil(clients * ms / 1000))


def less_the_workers(clients, ms):
    """Wrong: what is being served is in no queue, but all come before that."""
    workers = math.ceil(clients * ms / GOAL_MS)
    return clients - workers - 1, workers


def a_float(clients, ms):
    """Wrong: a float."""
    return clients, math.ceil(clients * ms / GOAL_MS) / 1


def three_times(clients, ms):
    """Wrong: to be on the safe side."""
    return clients, 3 * math.ceil(clients * ms / GOAL_MS)


def by_cores(clients, ms):
    """Wrong: so many workers as other machines have processors."""
    return clients, 16


RIGHT = {
    "ACCEPTS": [
        with_threads, with_forks, with_a_selector, in_asyncio, with_a_class, with_a_pool,
        ends_quietly, sleeps_for_a_second, with_a_timeout, with_select,
    ],
    "PLANS": [
        twice_the_workers, with_names, rounded_up, a_list, by_counting, by_recursion,
    ],
}  # fmt: skip
WRONG = {
    "ACCEPTS": {
        keeps_descriptors: "still has the descriptor",
        # On a busy machine it comes to so few tries that they are no spin.
        catches_all: ("Wait a little before the next try", "Catch only the errors that pass"),
        catches_around_the_loop: "came to its end after a client that had reset",
        never_closes: "and then no end of the stream",
        forks_and_keeps: "and then no end of the stream",
        reads_first: "it read nothing, and it still waits",
    },
    "PLANS": {
        rounded_down: "with 1 at it they take 0.8 s",
        rounded: "with 2 at it they take 0.54 s",
        the_usual: "34 of 40 clients found the queue full",
        for_a_second: "with 1 at it they take 0.8 s",
        less_the_workers: "2 of 40 clients found the queue full",
        a_float: "2.0 is of type float",
        three_times: "6 workers are more than twice",
        by_cores: "16 workers are more than twice",
    },
}
