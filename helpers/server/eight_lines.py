"""The article's server, as printed. After notebook 01: it can be started again at once."""

import socket


def eight_lines(port=8080):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen(1)
    clientsocket, address = server.accept()
    data = clientsocket.recv(1024)
    clientsocket.close()
    server.close()
