"""After notebook 04: it serves one client after the other, has room for a crowd, and lives on."""

import errno
import socket
import time


def looping(port=0, host='127.0.0.1', backlog=128):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen(backlog)
    print('listening on', *server.getsockname(), flush=True)
    while True:
        try:
            clientsocket, address = server.accept()
        except OSError as error:
            # No descriptor is left: the client stays in the queue. Anything else is the end.
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            time.sleep(0.1)
            continue
        with clientsocket:
            try:
                data = clientsocket.recv(1024)
            except ConnectionError:
                pass  # this client has reset; the next one waits
