"""A backend on a raw socket: it keeps exactly what arrived and answers exactly what the test says."""

import queue
import re
import socket
import threading

from support.waiting import PATIENCE
from support.wire import Ended, Wire

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Request:
    def __init__(self, head, body, wire):
        self.head, self.body, self.wire = head, body, wire
        first, *lines = head[:-4].split(b"\r\n")
        match = re.fullmatch(rb"([!-~]+) ([!-~]+) (HTTP/1\.[01])", first)
        assert match, f"not a request line: {first!r}"
        self.method, self.target, self.version = (part.decode() for part in match.groups())
        self.fields = []
        for line in lines:
            name, colon, value = line.partition(b":")
            assert colon and re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name), f"not a header line: {line!r}"
            self.fields.append((name.decode(), value.strip().decode("latin-1")))

    def all(self, name):
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    def __repr__(self):
        return f"<{self.method} {self.target} {self.fields} {self.body[:200]!r}>"


def read_request(wire):
    head = wire.read_until(b"\r\n\r\n")
    request = Request(head, b"", wire)
    length, coding = request.get("content-length"), request.get("transfer-encoding")
    assert not (length and coding), f"two framings: {request}"
    if coding:
        assert coding.lower() == "chunked"
        request.body = wire.read_chunked()
    elif length:
        request.body = wire.read(int(length))
    return request


class Upstream:
    """Listens on a loopback port; each connection gets a thread.

    `answer` is bytes, or a function of the request that returns bytes, None (it has answered itself; keep reading
    requests) or False (close the connection). `handler`, if given, gets the raw connection instead.
    """

    def __init__(self, answer=OK, handler=None, port=0):
        self.answer, self.handler = answer, handler
        self.requests = queue.Queue()
        self.connections = []
        self.failures = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            wire = Wire(sock=connection)
            self.connections.append(wire)
            threading.Thread(target=self._serve, args=[wire], daemon=True).start()

    def _serve(self, wire):
        try:
            wire.socket.settimeout(600)  # outlasts the longest test
            (self.handler or self._serve_requests)(wire)
        except (Ended, OSError):
            pass
        except Exception as failure:
            self.failures.append(failure)
        finally:
            wire.close()

    def _serve_requests(self, wire):
        while True:
            request = read_request(wire)
            self.requests.put(request)
            answer = self.answer(request) if callable(self.answer) else self.answer
            if answer is False:
                return
            if answer is not None:
                wire.send(answer)

    def take(self, patience=PATIENCE):
        """The next request that arrived."""
        try:
            return self.requests.get(timeout=patience)
        except queue.Empty:
            raise AssertionError(f"no request reached the upstream {self.failures}") from None

    def take_all(self):
        taken = []
        while not self.requests.empty():
            taken.append(self.requests.get())
        return taken

    def stop(self):
        for end in [self._listener, *(wire.socket for wire in self.connections)]:
            try:
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits there; closing would not
            except OSError:
                pass
            end.close()

    def break_connections(self):
        """Cuts every connection without a word."""
        for wire in self.connections:
            try:
                wire.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
