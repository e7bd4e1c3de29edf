"""Whole programs of many kinds, each a server and its client, for what is recorded of them.

Each server takes a port; each client takes the server's name and that port, and may come as
soon as the server listens.
"""

from __future__ import annotations

import socket
import struct


def client_of_hello(name: str, port: int) -> None:
    with socket.create_connection((name, port)) as sock:
        sock.sendall(b"hello")
        while sock.recv(1024):
            pass


def eight_lines(port: int) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("0.0.0.0", port))
    server.listen(1)
    clientsocket, _ = server.accept()
    clientsocket.recv(1024)
    clientsocket.close()
    server.close()


def speaks_first(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    conn.send(b"welcome")
    conn.recv(9)


def echoes(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    while data := conn.recv(1024):
        conn.sendall(data)


def client_that_half_closes(name: str, port: int) -> None:
    sock = socket.create_connection((name, port))
    for word in (b"one", b"two", b"three"):
        sock.send(word)
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(1024):
        pass


def leaves_unread(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    conn.recv(1)
    conn.close()


def resets(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    conn.recv(1024)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


def client_that_is_reset(name: str, port: int) -> None:
    sock = socket.create_connection((name, port))
    sock.send(b"hello")
    try:
        sock.recv(1024)
        sock.send(b"more")
        sock.recv(1024)
    except ConnectionError:
        pass


def sends_much(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    conn.recv(1024)
    conn.sendall(bytes(100_000))
    conn.shutdown(socket.SHUT_WR)


def by_lines(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    with conn, conn.makefile("rw") as file:
        for line in file:
            file.write(line)
            file.flush()


def client_by_lines(name: str, port: int) -> None:
    with socket.create_connection((name, port)) as sock, sock.makefile("rw") as file:
        for word in ("one", "two"):
            file.write(f"{word}\n")
            file.flush()
            file.readline()


def one_after_the_other(port: int) -> None:
    listener = socket.create_server(("", port))
    for _ in range(3):
        conn, _ = listener.accept()
        conn.sendall(conn.recv(1024))
        conn.close()


def three_times(name: str, port: int) -> None:
    for _ in range(3):
        client_of_hello(name, port)


def threaded(port: int) -> None:
    import threading

    listener = socket.create_server(("", port))
    served = []
    for _ in range(3):
        served.append(threading.Thread(target=_serve, args=(listener.accept()[0],)))
        served[-1].start()
    for thread in served:
        thread.join()


def pooled(port: int) -> None:
    from concurrent.futures import ThreadPoolExecutor

    listener = socket.create_server(("", port))
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            pool.submit(_serve, listener.accept()[0])


def queued(port: int) -> None:
    import queue
    import threading

    taken: queue.Queue[socket.socket | None] = queue.Queue()

    def work() -> None:
        while conn := taken.get(timeout=60):
            _serve(conn)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    listener = socket.create_server(("", port))
    for _ in range(3):
        taken.put(listener.accept()[0])
    for _ in workers:
        taken.put(None)
    for worker in workers:
        worker.join()


def by_to_thread(port: int) -> None:
    import asyncio

    async def serve() -> None:
        listener = socket.create_server(("", port))
        for _ in range(3):
            conn, _ = await asyncio.to_thread(listener.accept)
            await asyncio.to_thread(_serve, conn)

    asyncio.run(serve())


def three_at_once(name: str, port: int) -> None:
    import threading

    clients = [threading.Thread(target=client_of_hello, args=(name, port)) for _ in range(3)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def _serve(conn: socket.socket) -> None:
    with conn:
        conn.sendall(conn.recv(1024))


def forking(port: int) -> None:
    import os

    listener = socket.create_server(("", port))
    for _ in range(2):
        conn, _ = listener.accept()
        if not os.fork():
            conn.sendall(conn.recv(1024))
            os._exit(0)
        conn.close()
        os.wait()


def twice(name: str, port: int) -> None:
    for _ in range(2):
        client_of_hello(name, port)


def selects(port: int) -> None:
    import select

    conn = socket.create_server(("", port)).accept()[0]
    conn.setblocking(False)
    while True:
        select.select([conn], [], [])
        if not (data := conn.recv(1024)):
            break
        conn.send(data)


def with_a_timeout(port: int) -> None:
    conn = socket.create_server(("", port)).accept()[0]
    conn.settimeout(2)
    conn.send(conn.recv(1024))
    conn.recv(1)


def client_that_closes(name: str, port: int) -> None:
    with socket.create_connection((name, port)) as sock:
        sock.send(b"hello")
        sock.recv(1024)


def of_socketserver(port: int) -> None:
    import socketserver

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(self.request.recv(1024))

    with socketserver.TCPServer(("", port), Handler) as server:
        server.handle_request()


def of_asyncio(port: int) -> None:
    import asyncio

    async def serve() -> None:
        over = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.read(1024))
            await writer.drain()
            writer.close()
            over.set()

        async with await asyncio.start_server(handle, "0.0.0.0", port):
            await over.wait()

    asyncio.run(serve())


THREADED = [
    (threaded, three_times),
    (threaded, three_at_once),
    (pooled, three_at_once),
    (queued, three_times),
    (by_to_thread, three_times),
]
PAIRS = [
    (eight_lines, client_of_hello),
    (speaks_first, client_that_closes),
    (echoes, client_that_half_closes),
    (leaves_unread, client_that_is_reset),
    (resets, client_that_is_reset),
    (sends_much, client_of_hello),
    (by_lines, client_by_lines),
    (one_after_the_other, three_times),
    (threaded, three_times),
    (forking, twice),
    (selects, client_that_closes),
    (with_a_timeout, client_that_closes),
    (of_socketserver, client_of_hello),
    (of_asyncio, client_of_hello),
]
