"""Work that goes on while something else happens, and notices every hiccup."""

import threading
import time

from support import frames
from support.frames import TEXT, frame, read_frame
from support.wire import Wire


class Load:
    """Repeats `turn` on a thread until stopped; the first failure is kept and raised at the end."""

    def __init__(self, turn):
        self.turns, self.failure, self._turn = 0, None, turn
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._stop.is_set():
                self._turn()
                self.turns += 1
                time.sleep(0.001)
        except Exception as failure:  # an assertion, or the connection's end
            self.failure = failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        self._thread.join(20)
        if kind is None and self.failure:
            raise AssertionError(f"after {self.turns} turns: {self.failure!r}") from self.failure
        assert kind is not None or self.turns > 0


def requests(port, target, lines=""):
    """Requests on one connection; it must never be closed."""
    wire = Wire(port)

    def turn():
        response = wire.send(f"GET {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n").read_response()
        assert response.status == 200, response
        assert response.get("connection") != "close"

    return Load(turn)


def new_connections(port, target, lines=""):
    def turn():
        with Wire(port) as wire:
            response = wire.send(f"GET {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n").read_response()
            assert response.status == 200, response

    return Load(turn)


def messages(port, target, headers=()):
    """Messages on one socket whose upstream echoes; it must never be closed."""
    wire = frames.connect(port, target, headers)
    count = iter(range(1 << 30))

    def turn():
        text = f"message {next(count)}".encode()
        wire.send(frame(TEXT, text))
        got = read_frame(wire)
        assert (got.opcode, got.payload) == (TEXT, text), got

    return Load(turn)
