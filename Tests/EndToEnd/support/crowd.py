"""Thousands of WebSocket clients in one thread, each of which counts what it says and hears."""

import asyncio
import struct
import time

from support import frames
from support.frames import CLOSE, TEXT
from support.numbered import Stream

MASK = b"\x37\xfa\x21\x3d"


class Member(Stream):
    def __init__(self, crowd, request):
        super().__init__()
        self.crowd, self.request = crowd, request
        self.said = self.heard = 0
        self.close = None  # code, reason and time of the gateway's Close
        self.problem = None
        self.has_ended = False

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.write(self.request)

    def opened(self, head):
        if not head.startswith(b"HTTP/1.1 101 "):
            self.problem = f"no handshake: {head[:60]!r}"
            self.is_open = False
        self.crowd.step()

    def say(self):
        """The next message, unless it is over."""
        if self.close is None and not self.has_ended:
            self.send(TEXT, b"%d" % self.said)
            self.said += 1

    def send(self, opcode, payload):
        head = bytes([0x80 | opcode, 0x80 | len(payload)]) + MASK
        self.transport.write(head + frames.masked(payload, MASK))

    def message(self, payload):
        if self.close is not None:
            self.problem = self.problem or f"{payload!r} after the close"
        elif payload != b"%d" % self.heard:
            self.problem = self.problem or f"{self.heard} was expected and came {payload!r}"
        self.heard += 1
        if self.heard == 2 * self.said:
            self.crowd.step()

    def closed(self, payload):
        if self.close is not None:
            self.problem = self.problem or "two closes"
        code = struct.unpack("!H", payload[:2])[0] if payload else None
        self.close = code, payload[2:].decode(), time.monotonic()

    def data_received(self, data):
        try:
            super().data_received(data)
        except AssertionError as problem:  # it would end in asyncio's log
            self.problem = self.problem or str(problem)
            self.is_open = False

    def connection_lost(self, _):
        self.has_ended = True
        if self.buffer:
            self.problem = self.problem or f"cut in the middle of a frame: {bytes(self.buffer)!r}"
        self.crowd.step()

    @property
    def is_up_to_date(self):
        return self.has_ended or self.problem is not None or self.close is None and self.heard == 2 * self.said


class Crowd:
    """The members, and the loop that they run on: only while a method does."""

    def __init__(self, port):
        self.port, self.members = port, []
        self.loop = asyncio.new_event_loop()
        self._news = asyncio.Event()

    def step(self):
        self._news.set()

    def run(self, work, patience=60):
        return self.loop.run_until_complete(asyncio.wait_for(work, patience))

    async def until(self, condition, members):
        """Until it is true of each of them."""
        waiting = list(members)
        while waiting := [member for member in waiting if not condition(member)]:
            self._news.clear()
            try:
                # Everybody's news wake us, and looking at all of them takes its time.
                await asyncio.wait_for(self._news.wait(), 1)
                await asyncio.sleep(0.02)
            except TimeoutError:
                pass

    async def join(self, count, target, headers=(), at_once=200):
        """Opens sockets, the next ones when the ones before are open."""
        joined = []
        while len(joined) < count:
            batch = []
            for number in range(len(joined), min(count, len(joined) + at_once)):
                request, _ = frames.handshake(target, headers(number) if callable(headers) else headers)
                member = Member(self, request.encode())
                await self.loop.create_connection(lambda member=member: member, "127.0.0.1", self.port)
                batch.append(member)
            await self.until(lambda member: member.is_open or member.problem or member.has_ended, batch)
            joined += batch
        self.members += joined
        return joined

    async def round(self, members):
        """Each says one message and hears its two answers."""
        for number, member in enumerate(members):
            member.say()
            if number % 100 == 99:
                await asyncio.sleep(0)
        await self.until(lambda member: member.is_up_to_date, members)

    def problems(self, members=None):
        return [member.problem for member in (self.members if members is None else members) if member.problem]

    def leave(self):
        for member in self.members:
            if member.transport:
                member.transport.abort()
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()
