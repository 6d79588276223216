"""A backend in a process of its own, so that it can be killed: it begins answers and never ends them.

    python -m support.mortal PORT

/length, /chunked and /close begin a body in that framing, /head an answer's head, /silent says nothing; everything else is
answered whole. Request bodies are not read: what is left of one turns the connection's end into a reset.
"""

import socket
import sys
import threading

HALF = b"x" * 500
BEGINNINGS = {
    b"/length": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + HALF,
    b"/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" + HALF + b"\r\n",
    b"/within": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + HALF,
    b"/close": b"HTTP/1.1 200 OK\r\n\r\n" + HALF,
    b"/head": b"HTTP/1.1 200 OK\r\nContent-Le",
    b"/silent": b"",
}


def serve(connection):
    while True:
        received = b""
        while not received.endswith(b"\r\n\r\n"):  # byte by byte, so that a body stays where it is
            byte = connection.recv(1)
            if not byte:
                return
            received += byte
        target = received.split(b" ")[1]
        if target in BEGINNINGS:
            connection.sendall(BEGINNINGS[target])
            threading.Event().wait()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
    print("ready", flush=True)
    while True:
        threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()
