"""What RFC 6455 calls an error, beyond what `test_websocket.py` shows: in pieces, within messages, with compression agreed
on, every close code from both sides, and how the connection ends. Autobahn's ground where Autobahn cannot run.
"""

import os
import random
import socket
import time

import pytest
from wsproto import WSConnection
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Pong, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from support import frames
from support.certificate import self_signed
from support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, read_frame
from support.gateway import settings
from support.upstream import Upstream, read_request
from support.waiting import free_port
from support.wire import Wire
from test_websocket import VIOLATIONS, Sockets

ROUTES = [{"path": "ws/", "auth": "none", "websocket": True}]


@pytest.fixture(scope="module")
def sockets():
    sockets = Sockets()
    yield sockets
    sockets.stop()


@pytest.fixture(scope="module")
def gateway(module_gateways, sockets):
    return module_gateways.start(ROUTES, sockets.port)


@pytest.fixture
def pair(gateway, sockets):
    """The two ends of a relayed socket: the client's and the upstream's."""
    with frames.connect(gateway.port) as client, sockets.other_end(client) as upstream:
        yield client, upstream


def sides(pair, side):
    """Who sends, who is at the other end, and the sender's mask and the other's."""
    return (*pair, b"mask", None) if side == "client" else (*pair[::-1], None, b"mask")


SIDES = pytest.mark.parametrize("side", ["client", "upstream"])


# Errors, however they come


@SIDES
@pytest.mark.parametrize("kind", VIOLATIONS)
def test_error_that_comes_byte_by_byte_is_the_same_error(pair, side, kind):
    near, far, mask, _ = sides(pair, side)
    for byte in frame(TEXT, b"before", mask=mask) + VIOLATIONS[kind](mask)[:200]:
        try:
            near.send(bytes([byte]))
        except OSError:
            break  # it was found in the header, and the connection is over
    assert read_frame(far).payload == b"before"
    assert read_frame(near).code == 1002


#: Frames of a message, the first of them unfinished, and then what may not follow.
WITHIN_A_MESSAGE = {
    "new text": lambda mask: frame(TEXT, b"new", mask=mask),
    "new binary, unfinished": lambda mask: frame(BINARY, b"new", fin=False, mask=mask),
    "reserved opcode": lambda mask: frame(5, b"", mask=mask),
    "reserved control opcode": lambda mask: frame(12, b"", mask=mask),
    "RSV1 on the continuation": lambda mask: frame(CONTINUATION, b"x", mask=mask, rsv=4),
    "wrong mask": lambda mask: frame(CONTINUATION, b"x", mask=None if mask else b"mask"),
    "fragmented ping": lambda mask: frame(PING, b"x", fin=False, mask=mask),
}


@SIDES
@pytest.mark.parametrize("kind", WITHIN_A_MESSAGE)
def test_error_within_a_message_is_1002_for_the_offender(pair, side, kind):
    near, far, mask, _ = sides(pair, side)
    begun = frame(TEXT, b"one", fin=False, mask=mask) + frame(CONTINUATION, b"two", fin=False, mask=mask)
    near.send(begun + WITHIN_A_MESSAGE[kind](mask))
    assert far.read(len(begun)) == begun
    assert read_frame(near).code == 1002
    told = read_frame(far)
    # A control frame may stand within a message; nobody is told that the message was whole.
    assert told.opcode == CLOSE and told.code == (1001 if side == "client" else 1011)


LENGTHS = {
    "2^63": (1 << 63, 1002), "2^64 - 1": ((1 << 64) - 1, 1002), "2^63 - 1": ((1 << 63) - 1, 1009),
    "just too much": ((16 << 20) + 1, 1009), "0 in 64 bits": (0, 1002), "65535 in 64 bits": (65535, 1002),
}  # fmt: skip


@SIDES
@pytest.mark.parametrize("kind", LENGTHS)
def test_length_is_refused_by_its_header_alone(pair, side, kind):
    near, far, mask, _ = sides(pair, side)
    length, code = LENGTHS[kind]
    near.send(bytes([0x82, 0xFF if mask else 0x7F]) + length.to_bytes(8) + (mask or b""))
    assert read_frame(near).code == code
    told = read_frame(far)
    assert told.opcode == CLOSE and told.code in (1001, 1009, 1011)


@SIDES
@pytest.mark.parametrize("opcode", [PING, PONG])
@pytest.mark.parametrize("size", [0, 1, 124, 125])
def test_control_frames_of_every_size_pass(pair, side, opcode, size):
    near, far, mask, _ = sides(pair, side)
    sent = frame(opcode, os.urandom(size), mask=mask)
    near.send(sent)
    assert far.read(len(sent)) == sent


DEFLATED = {
    "RSV1 on a ping": lambda mask: frame(PING, b"", mask=mask, rsv=4),
    "RSV1 on a close": lambda mask: frame(CLOSE, b"\x03\xe8", mask=mask, rsv=4),
    "RSV1 on a continuation": lambda mask: frame(BINARY, b"", False, mask, rsv=4) + frame(CONTINUATION, b"", mask=mask, rsv=4),
    "RSV2": lambda mask: frame(BINARY, b"", mask=mask, rsv=2),
    "RSV1 and RSV3": lambda mask: frame(BINARY, b"", mask=mask, rsv=5),
}


@SIDES
@pytest.mark.parametrize("kind", DEFLATED)
def test_compression_allows_one_bit_on_the_first_frame_and_no_other(gateways, side, kind):
    ends = Sockets()
    ends.handler = lambda wire: accept_deflate(ends, wire)
    gateway = gateways.start(ROUTES, ends.port)
    with frames.connect(gateway.port, headers=[("Sec-WebSocket-Extensions", "permessage-deflate")]) as client:
        with ends.other_end(client) as upstream:
            near, far, mask, _ = sides((client, upstream), side)
            good = frame(TEXT, b"\xcaH\xcd\xc9\xc9\x07\x00", False, mask, rsv=4) + frame(CONTINUATION, b"", mask=mask)
            near.send(good + DEFLATED[kind](mask))
            assert far.read(len(good)) == good
            assert read_frame(near).code == 1002
    ends.stop()


def accept_deflate(ends, wire):
    wire.request = frames.accept(wire, lines="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    wire.socket.settimeout(15)
    ends.open.put(wire)
    ends.hold.wait()


# Closing

VALID = [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999]
INVALID = [0, 1, 999, *range(1004, 1007), *range(1015, 1020), 1100, 1999, 2000, 2999, 5000, 32768, 65535]


def test_every_valid_close_code_passes_both_ways(gateway, sockets):
    for code in VALID:
        for side in ["client", "upstream"]:
            with frames.connect(gateway.port) as client, sockets.other_end(client) as upstream:
                near, far, mask, far_mask = sides((client, upstream), side)
                near.send(frames.close(code, b"why", mask=mask))
                got = read_frame(far)
                assert (got.opcode, got.code, got.reason) == (CLOSE, code, "why"), (code, side)
                far.send(frames.close(code, mask=far_mask))
                assert read_frame(near).code == code
                client.expect_end()
                upstream.close()


@pytest.mark.parametrize("payload", [b"\x03", *(code.to_bytes(2) for code in INVALID)], ids=lambda payload: payload.hex())
def test_invalid_close_of_the_client_is_1002_and_never_reaches_the_upstream(pair, payload):
    client, upstream = pair
    client.send(frame(CLOSE, payload))
    assert read_frame(client).code == 1002
    assert read_frame(upstream).code in (1001, 1002)


@pytest.mark.parametrize("code", INVALID)
def test_invalid_close_of_the_upstream_is_1011_for_the_client(pair, code):
    client, upstream = pair
    upstream.send(frames.close(code, b"secret", mask=None))
    got = read_frame(client)
    assert got.code == 1011 and "secret" not in got.reason
    assert read_frame(upstream).code == 1002, "which does not wait for the client"


REASONS = [b"\xff", b"\xc3", b"ok \xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"x" * 122 + b"\xc3"]


@pytest.mark.parametrize("reason", REASONS)
def test_reason_of_the_client_that_is_no_text_is_1007(pair, reason):
    client, upstream = pair
    client.send(frames.close(1000, reason))
    assert read_frame(client).code == 1007
    assert read_frame(upstream).opcode == CLOSE


@pytest.mark.parametrize("kind", ["unmasked", "opcode 3", "RSV1", "length with the top bit"])
def test_offender_sees_the_end_at_once_and_what_it_still_sends_is_no_reset(pair, kind):
    """Its answer cannot be found among what it sends, so it is not waited for."""
    client, upstream = pair
    start = time.monotonic()
    client.send(VIOLATIONS[kind](b"mask") + b"\0" * 300_000)
    assert read_frame(client).code == 1002
    client.expect_end()
    assert time.monotonic() - start < 0.8
    client.send(frames.close(1002))  # into the half that is still open


def test_offender_behind_tls_sees_the_end_at_once(gateways, sockets, tmp_path):
    context, port = self_signed(tmp_path), free_port()
    listen = [{"address": f"127.0.0.1:{port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}]
    gateways.start_text(settings(port, sockets.port, ROUTES, listen=listen), port)
    plain = socket.create_connection(("127.0.0.1", port))
    with Wire(sock=context.wrap_socket(plain, server_hostname="127.0.0.1")) as client:
        request, client.key = frames.handshake("/ws/")
        assert client.send(request).read_head().status == 101
        with sockets.other_end(client):
            start = time.monotonic()
            client.send(frame(TEXT, b"x", mask=None) + b"\0" * 100_000)
            assert read_frame(client).code == 1002
            client.expect_end()
            assert time.monotonic() - start < 0.8


@SIDES
@pytest.mark.parametrize("opcode", [CONTINUATION, TEXT, BINARY, PING, PONG, CLOSE])
def test_frame_of_any_kind_may_be_cut_by_the_end_of_its_sender(pair, side, opcode):
    near, far, mask, far_mask = sides(pair, side)
    if opcode == CONTINUATION:
        near.send(frame(TEXT, b"", fin=False, mask=mask))
    near.send(frame(opcode, b"\x03\xe8" + b"x" * 100, mask=mask)[:50])
    near.close()
    if side == "upstream" and opcode == CLOSE:  # which is not passed on by halves, so that another one can be
        assert read_frame(far).code == 1011
        far.send(frames.close(1011, mask=far_mask))
    far.read_to_end()


# Whole conversations, by an implementation that nobody here has written


class Peer:
    """One end as wsproto speaks it."""

    def __init__(self, wire, kind, deflate):
        self.wire, self.end = wire, WSConnection(kind)
        self.deflate, self.got, self.rest, self.partial = deflate, [], [], None

    def extensions(self):
        return [PerMessageDeflate()] if self.deflate else []

    def say(self, event):
        self.wire.send(self.end.send(event))

    def hear(self):
        """Takes what comes next: messages are put together, pings answered, and the rest is kept."""
        received = self.wire.socket.recv(1 << 16)
        self.end.receive_data(received or None)
        for event in self.end.events():
            if isinstance(event, Message):
                self.partial = event.data if self.partial is None else self.partial + event.data
                if event.message_finished:
                    self.got.append(self.partial)
                    self.partial = None
            elif isinstance(event, Ping):
                self.say(event.response())
            elif not isinstance(event, Pong):
                self.rest.append(event)

    def hear_messages(self, count):
        while len(self.got) < count:
            assert self.rest == [], f"after {len(self.got)} of {count} messages"
            self.hear()

    def hear_event(self, kind):
        while not self.rest:
            self.hear()
        event = self.rest.pop(0)
        assert isinstance(event, kind), event
        return event


@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflate"])
@pytest.mark.parametrize("seed", range(3))
def test_conversation_arrives_as_it_was_said(gateways, deflate, seed):
    chance = random.Random(seed)
    count = 150

    def messages():
        for number in range(count):
            size = chance.choice([0, 1, 10, 125, 126, 1000, 65535, 65536, 70_000])
            yield f"{number} ".encode() + chance.randbytes(size) if chance.random() < 0.5 else f"{number} ü🙂 " + "x" * size

    there, back = list(messages()), list(messages())

    def talk(peer, mine, theirs):
        for number, message in enumerate(mine):
            make = TextMessage if isinstance(message, str) else BytesMessage
            middle = len(message) // 2
            if number % 3 == 0:
                peer.say(make(data=message[:middle], message_finished=False))
                if number % 2 and not peer.deflate:  # wsproto itself loses its way there
                    peer.say(Ping(payload=b"in between"))
                peer.say(make(data=message[middle:]))
            else:
                peer.say(make(data=message))
            peer.hear_messages(number + 1)  # in turns, so that neither end fills up
        assert peer.got == theirs

    def server(wire):
        peer = Peer(wire, ConnectionType.SERVER, deflate)
        request = read_request(wire)
        peer.end.receive_data(request.head)
        assert isinstance(next(iter(peer.end.events())), Request)
        peer.say(AcceptConnection(extensions=peer.extensions()))
        talk(peer, back, there)
        close = peer.hear_event(CloseConnection)
        assert (close.code, close.reason) == (4321, "enough")
        peer.say(close.response())

    upstream = Upstream(handler=server)
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as wire:
        client = Peer(wire, ConnectionType.CLIENT, deflate)
        client.say(Request(host="127.0.0.1", target="/ws/", extensions=client.extensions()))
        assert bool(client.hear_event(AcceptConnection).extensions) == deflate
        talk(client, there, back)
        client.say(CloseConnection(code=4321, reason="enough"))
        assert client.hear_event(CloseConnection).code == 4321
        assert client.end.state == ConnectionState.CLOSED
        wire.expect_end()
    assert upstream.failures == []
    upstream.stop()
