"""After notebook 02: it is bound to the address that it is told, at first to this machine's own."""

import socket


def addressed(port=8080, host='127.0.0.1'):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen(1)
    clientsocket, address = server.accept()
    data = clientsocket.recv(1024)
    clientsocket.close()
    server.close()
