"""WebSocket frames by hand (RFC 6455 section 5.2), for tests that care about every bit."""

import base64
import hashlib
import os
import struct
from dataclasses import dataclass

from support import wire as wires
from support.upstream import read_request

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def accept_hash(key):
    return base64.b64encode(hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def masked(payload, key):
    key = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(len(payload)) if payload else b""


def frame(opcode, payload=b"", fin=True, mask=b"\x37\xfa\x21\x3d", rsv=0, length=None):
    """The frame's bytes; `mask=None` leaves it unmasked, `length` forces "7", "16" or "64" bit lengths."""
    first = fin << 7 | rsv << 4 | opcode
    length = length or ("7" if len(payload) < 126 else "16" if len(payload) < 1 << 16 else "64")
    flag = 0x80 if mask is not None else 0
    head = {
        "7": lambda: struct.pack("!BB", first, flag | len(payload)),
        "16": lambda: struct.pack("!BBH", first, flag | 126, len(payload)),
        "64": lambda: struct.pack("!BBQ", first, flag | 127, len(payload)),
    }[length]()
    return head + (payload if mask is None else mask + masked(payload, mask))


def close(code=None, reason=b"", **options):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason, **options)


@dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    masked: bool
    payload: bytes
    raw: bytes

    @property
    def code(self):
        assert self.opcode == CLOSE
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else None

    @property
    def reason(self):
        return self.payload[2:].decode()


def read_frame(wire):
    raw = wire.read(2)
    first, second = raw
    length = second & 0x7F
    if length == 126:
        raw += wire.read(2)
        (length,) = struct.unpack("!H", raw[2:])
    elif length == 127:
        raw += wire.read(8)
        (length,) = struct.unpack("!Q", raw[2:])
    key = b""
    if second & 0x80:
        key = wire.read(4)
        raw += key
    payload = wire.read(length)
    raw += payload
    return Frame(
        bool(first & 0x80), first >> 4 & 7, first & 15, bool(second & 0x80), masked(payload, key) if key else payload, raw
    )


def handshake(target="/ws/", headers=(), key=None, host="127.0.0.1", version="13"):
    """The bytes of an opening request, and its key."""
    key = key or base64.b64encode(os.urandom(16)).decode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (
        f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n{lines}\r\n"
    ), key


def connect(port, target="/ws/", headers=(), **options):
    """An open socket: a wire just behind the 101."""
    request, key = handshake(target, headers)
    wire = wires.Wire(port, **options).send(request)
    response = wire.read_head()
    assert response.status == 101, wire.read_to_end() or response
    assert response.get("sec-websocket-accept") == accept_hash(key)
    wire.handshake, wire.key = response, key
    return wire


def accept(wire, request=None, lines="", key=None):
    """The upstream's side of a handshake; returns the request."""
    request = request or read_request(wire)
    answer = accept_hash(key or request.get("sec-websocket-key"))
    wire.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {answer}\r\n{lines}\r\n"
    )
    return request


def echo(wire):
    """An upstream that sends every data frame back, answers pings and closes, as a real server does."""
    accept(wire)
    while True:
        received = read_frame(wire)
        assert received.masked
        answer = {PING: PONG}.get(received.opcode, received.opcode)
        if received.opcode != PONG:
            wire.send(frame(answer, received.payload, received.fin, None, received.rsv))
        if received.opcode == CLOSE:
            return
