"""Where notebook 01 begins: the article's program without its second line."""

import socket


def bare(port=8080):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(('0.0.0.0', port))
    server.listen(1)
    clientsocket, address = server.accept()
    data = clientsocket.recv(1024)
    clientsocket.close()
    server.close()
