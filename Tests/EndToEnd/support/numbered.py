"""A WebSocket server for thousands of sockets: it looks at the number of every message and answers each with two of its own.

    python -m support.numbered PORT      on SIGTERM it prints how its sockets were closed, and ends

A message that is not the next one is answered with one that says so.
"""

import asyncio
import collections
import json
import signal
import struct
import sys

from support import frames
from support.frames import CLOSE, PING, PONG, TEXT


class Stream(asyncio.Protocol):
    """Frames of at most 125 bytes, as both ends of the crowd send them."""

    def __init__(self):
        self.transport, self.buffer, self.is_open, self.close_code = None, bytearray(), False, None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        if not self.is_open:
            head, end, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not end:
                return
            self.buffer = bytearray(rest)
            self.is_open = True
            self.opened(head)
        at = 0
        while self.is_open and len(self.buffer) - at >= 2:
            first, second = self.buffer[at], self.buffer[at + 1]
            is_masked, length = second & 0x80, second & 0x7F
            start = at + (6 if is_masked else 2)
            if length > 125 or not first & 0x80 or first & 0x70:
                raise AssertionError(f"not a frame of ours: {bytes(self.buffer[at : at + 20])!r}")
            if len(self.buffer) < start + length:
                break
            payload = bytes(self.buffer[start : start + length])
            if is_masked:
                payload = frames.masked(payload, bytes(self.buffer[at + 2 : at + 6]))
            at = start + length
            self.frame(first & 15, payload)
        del self.buffer[:at]

    def frame(self, opcode, payload):
        if opcode == TEXT:
            self.message(payload)
        elif opcode == PING:
            self.send(PONG, payload)
        elif opcode == CLOSE:
            self.close_code = struct.unpack("!H", payload[:2])[0] if payload else 0
            self.send(CLOSE, payload)
            self.closed(payload)

    def closed(self, payload):
        pass


class Socket(Stream):
    closes = collections.Counter()

    def __init__(self):
        super().__init__()
        self.expected = self.said = 0

    def opened(self, head):
        key = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")).split()[1]
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + frames.accept_hash(key.decode()).encode() + b"\r\n\r\n"
        )

    def message(self, payload):
        if payload != b"%d" % self.expected:
            self.send(TEXT, b"wrong: %d was expected and came " % self.expected + payload)
            return
        self.expected += 1
        for _ in range(2):
            self.send(TEXT, b"%d" % self.said)
            self.said += 1

    def send(self, opcode, payload):
        self.transport.write(bytes([0x80 | opcode, len(payload)]) + payload)

    def closed(self, payload):
        self.transport.close()

    def connection_lost(self, _):
        if self.is_open:
            self.closes[self.close_code] += 1


async def main(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Socket, "127.0.0.1", port, backlog=4096)
    ended = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, ended.set_result, None)
    print("ready", flush=True)
    await ended
    server.close()
    print("closes", json.dumps({str(code): count for code, count in Socket.closes.items()}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
