"""A TCP client that sends exactly the bytes it is given and reads answers without forgiving anything."""

import re
import socket
import struct
import time

from support.waiting import PATIENCE


class Ended(AssertionError):
    """The peer closed where more was expected."""


class Response:
    def __init__(self, head, body=b""):
        self.head, self.body = head, body
        first, *lines = head[:-4].split(b"\r\n")
        match = re.fullmatch(rb"(HTTP/1\.[01]) (\d{3}) ?(.*)", first)
        assert match, f"not a status line: {first!r}"
        self.version, self.status, self.reason = match[1].decode(), int(match[2]), match[3].decode()
        self.fields = []
        for line in lines:
            name, colon, value = line.partition(b":")
            assert colon and re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name), f"not a header line: {line!r}"
            self.fields.append((name.decode().lower(), value.strip().decode("latin-1")))

    def all(self, name):
        return [value for field, value in self.fields if field == name]

    def get(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times: {values}"
        return values[0] if values else None

    def __repr__(self):
        return f"<{self.status} {self.fields} {self.body[:200]!r}>"


class Wire:
    def __init__(self, port=None, sock=None, patience=PATIENCE, receive_buffer=None):
        if sock is None:
            sock = socket.socket()
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.connect(("127.0.0.1", port))
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(patience)
        self.socket = sock
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece.encode("latin-1") if isinstance(piece, str) else piece)
        return self

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            received = self.socket.recv(1 << 18)
        except ConnectionResetError:
            received = b""
        except TimeoutError:
            raise AssertionError(f"nothing more came; so far {bytes(self.buffer[:500])!r}") from None
        if not received:
            raise Ended(f"the peer closed; so far {bytes(self.buffer[:500])!r}")
        self.buffer += received

    def _take(self, count):
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def read(self, count):
        while len(self.buffer) < count:
            self._more()
        return self._take(count)

    def read_until(self, mark):
        looked = 0
        while (at := self.buffer.find(mark, looked)) < 0:
            looked = max(0, len(self.buffer) - len(mark))
            self._more()
        return self._take(at + len(mark))

    def read_to_end(self):
        try:
            while True:
                self._more()
        except Ended:
            return self._take(len(self.buffer))

    def read_head(self):
        return Response(self.read_until(b"\r\n\r\n"))

    def read_response(self, method="GET"):
        """One whole response, framed as RFC 9112 section 6.3 says."""
        response = self.read_head()
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        coding, length = response.get("transfer-encoding"), response.get("content-length")
        assert not (coding and length), f"two framings: {response}"
        if coding:
            assert coding.lower() == "chunked"
            response.body = self.read_chunked()
        elif length is not None:
            response.body = self.read(int(length))
        else:
            response.body = self.read_to_end()
        return response

    def read_chunks(self):
        while size := int(self.read_until(b"\r\n")[:-2].split(b";")[0], 16):
            yield self.read(size)
            assert self.read(2) == b"\r\n"
        while self.read_until(b"\r\n") != b"\r\n":
            pass

    def read_chunked(self):
        return b"".join(self.read_chunks())

    def expect_end(self):
        rest = self.read_to_end()
        assert rest == b"", f"more came where the connection should have ended: {rest[:500]!r}"

    def is_quiet(self, seconds=0.3):
        """Whether nothing arrives and nobody closes for a while."""
        if self.buffer:
            return False
        patience = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self._more()
            return False
        except Ended:
            return False
        except AssertionError:
            return True
        finally:
            self.socket.settimeout(patience)


def get(port, target="/", headers=(), method="GET"):
    """One request on its own connection."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    with Wire(port) as wire:
        wire.send(f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}Connection: close\r\n\r\n")
        return wire.read_response(method)


def bearer(token):
    return ("Authorization", f"Bearer {token}")


def took(start):
    return time.monotonic() - start
