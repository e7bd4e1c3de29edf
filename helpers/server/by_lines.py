"""After notebook 06: a message is a line, however it comes; each is answered by the same line."""

import errno
import socket
import time

LONGEST = 1024  # bytes of a line; without a limit, one that never ends would fill the memory


def by_lines(port=0, host='127.0.0.1', backlog=128, silence=30):
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
            clientsocket.settimeout(silence)
            try:
                answer(clientsocket)
            except (ConnectionError, TimeoutError):
                pass  # this client has reset, or says nothing; the next one waits


def answer(clientsocket):
    data = b''
    while piece := clientsocket.recv(1024):
        data += piece
        *lines, data = data.split(b'\n')  # the rest is the beginning of the next line
        for line in lines:
            clientsocket.sendall(line + b'\n')
        if len(data) > LONGEST:
            break
