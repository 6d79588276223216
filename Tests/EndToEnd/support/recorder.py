"""A backend that forgives everything and keeps every byte: what a proxy really sent, in the order it came."""

import re
import socket
import threading
from dataclasses import dataclass, field

from support.wire import Ended, Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Arrival:
    """One request, or the beginning of one."""

    connection: int
    head: bytes
    body: bytes = b""
    is_complete: bool = False
    lines: list = field(default_factory=list)

    def __post_init__(self):
        self.first, *self.lines = self.head[:-4].split(b"\r\n")

    @property
    def target(self):
        return b" ".join(self.first.split(b" ")[1:-1]).decode("latin-1")

    def values(self, name):
        pairs = [line.partition(b":") for line in self.lines]
        return [value.strip() for found, _, value in pairs if found.strip().lower() == name.lower().encode()]


class Recorder:
    """Listens on a loopback port. `answer` is bytes or a function of the arrival and its wire that returns bytes (None: it has
    answered itself; False: close). By default each connection serves one request, so that requests cannot hide behind others.
    """

    def __init__(self, answer=OK, keeps_alive=False):
        self.answer, self.keeps_alive = answer, keeps_alive
        self.arrivals, self.connections = [], []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            wire = Wire(sock=connection, patience=60)
            self.connections.append(wire)
            threading.Thread(target=self._serve, args=[wire, len(self.connections)], daemon=True).start()

    def _serve(self, wire, number):
        try:
            while self._serve_one(wire, number) and self.keeps_alive:
                pass
        except (Ended, OSError):
            pass
        finally:
            self._finish(wire)

    def _serve_one(self, wire, number):
        arrival = Arrival(number, wire.read_until(b"\r\n\r\n"))
        self.arrivals.append(arrival)
        self._read_body(wire, arrival)
        arrival.is_complete = True
        answer = self.answer(arrival, wire) if callable(self.answer) else self.answer
        if answer:
            wire.send(answer)
        return answer is not False

    @staticmethod
    def _read_body(wire, arrival):
        if any(b"chunked" in value.lower() for value in arrival.values("transfer-encoding")):
            for chunk in wire.read_chunks():
                arrival.body += chunk
        elif lengths := arrival.values("content-length"):
            left = int(re.match(rb"\d*", lengths[0])[0] or 0)
            while left > 0:
                piece = wire.read(min(left, max(1, len(wire.buffer))))
                arrival.body += piece
                left -= len(piece)

    @staticmethod
    def _finish(wire):
        """Reads what still comes before closing, so that the answer is not lost to a reset."""
        try:
            wire.socket.shutdown(socket.SHUT_WR)
            wire.socket.settimeout(2)
            wire.surplus = wire.read_to_end()
        except (OSError, AssertionError):
            wire.surplus = bytes(wire.buffer)
        wire.close()

    def take(self):
        """What has arrived since the last time."""
        taken, self.arrivals = self.arrivals, []
        return taken

    def stop(self):
        for end in [self._listener, *(wire.socket for wire in self.connections)]:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
