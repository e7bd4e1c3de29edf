"""After notebook 07: it ends well, by itself and by SIGTERM, and serves many at the same time."""

import errno
import select
import signal
import socket
import threading
import time

LONGEST = 1024  # bytes of a line; without a limit, one that never ends would fill the memory


def finished(port=0, host='::', backlog=128, silence=30):
    server = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == '::':
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 as well
    server.bind((host, port))
    server.listen(backlog)
    server.setblocking(False)  # elsewhere than on Linux, a client may be gone again before accept
    print('listening on', *server.getsockname()[:2], flush=True)
    told, stop = socket.socketpair()
    signal.signal(signal.SIGTERM, lambda *_: stop.send(b'x'))
    serving = []
    while server in select.select([server, told], [], [])[0]:  # until told, and nobody waits
        try:
            clientsocket, address = server.accept()
        except OSError as error:
            # No descriptor is left: the client stays in the queue. Or it is gone again.
            if error.errno in (errno.EMFILE, errno.ENFILE):
                time.sleep(0.1)
            continue
        serving = [thread for thread in serving if thread.is_alive()]
        serving.append(threading.Thread(target=serve, args=(clientsocket, silence)))
        serving[-1].start()
    server.close()
    for thread in serving:
        thread.join()  # who was accepted is served to the end


def serve(clientsocket, silence):
    with clientsocket:
        clientsocket.settimeout(silence)
        try:
            answer(clientsocket)
            # close with something unread would be a reset, and lose what was sent.
            clientsocket.shutdown(socket.SHUT_WR)
            for _ in range(100):  # a peer that never ends must not hold us for ever
                if not clientsocket.recv(LONGEST):
                    break
        except (ConnectionError, TimeoutError):
            pass  # this client has reset, or says nothing


def answer(clientsocket):
    data = b''
    while piece := clientsocket.recv(1024):
        data += piece
        *lines, data = data.split(b'\n')  # the rest is the beginning of the next line
        for line in lines:
            clientsocket.sendall(line + b'\n')
        if len(data) > LONGEST:
            break
