"""WebSockets through the gateway, frame by frame, seen from both ends."""

import os
import queue
import threading
import time

import pytest

from support import frames, tokens
from support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame, read_frame
from support.upstream import Upstream, read_request
from support.waiting import free_port, until
from support.wire import Ended, Wire, bearer, get

ROUTES = [
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "ws/private/", "auth": "required", "websocket": True},
    {"path": "ws/plain/", "auth": "required", "websocket": {"refuse": "http"}},
    {"path": "ws/auto/", "auth": "required", "websocket": {"refuse": "auto"}},
    {"path": "ws/small/", "auth": "none", "websocket": {"max_message": "1KiB", "max_frame": "512"}},
    {"path": "ws/only/", "auth": "none", "websocket": {"only": True}},
    {"path": "<path:rest>", "auth": "none"},
]


class Sockets(Upstream):
    """An upstream that accepts every handshake and hands the connection to the test."""

    def __init__(self):
        self.open, self.hold = queue.Queue(), threading.Event()
        super().__init__(handler=self._upgrade)

    def _upgrade(self, wire):
        wire.request = frames.accept(wire)
        wire.socket.settimeout(15)
        self.open.put(wire)
        self.hold.wait()

    def other_end(self, client):
        """The upstream's end of a client's socket."""
        while True:
            wire = self.open.get(timeout=15)
            if wire.request.get("sec-websocket-key") == client.key:
                return wire
            wire.close()  # of a test that did not want it

    def stop(self):
        self.hold.set()
        super().stop()


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


def connected(gateway, sockets, target, headers=()):
    client = frames.connect(gateway.port, target, headers)
    return client, sockets.other_end(client)


# Frames

SIZES = [0, 1, 125, 126, 127, 1000, 4095, 4096, 65535, 65536, 65537, 200_000, 1 << 20]


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", SIZES)
def test_frames_are_relayed_byte_for_byte(pair, size, opcode):
    client, upstream = pair
    payload = os.urandom(size) if opcode == BINARY else (b"tollgate " * (size // 9 + 1))[:size]
    there = frame(opcode, payload, mask=os.urandom(4))
    back = frame(opcode, payload, mask=None)
    sender = threading.Thread(target=client.send, args=[there])
    sender.start()
    assert upstream.read(len(there)) == there
    sender.join()
    sender = threading.Thread(target=upstream.send, args=[back])
    sender.start()
    assert client.read(len(back)) == back
    sender.join()


def test_frames_may_arrive_byte_by_byte(pair):
    client, upstream = pair
    sent = frame(TEXT, b"hello", mask=b"abcd") + frame(BINARY, b"x" * 300, mask=b"\0\0\0\0") + frame(PING, b"p")
    for byte in sent:
        client.send(bytes([byte]))
    assert upstream.read(len(sent)) == sent


def test_part_of_a_frame_does_not_wait_for_the_rest(pair):
    client, upstream = pair
    sent = frame(BINARY, bytes(range(256)) * 256)
    client.send(sent[:30_000])
    assert upstream.read(30_000) == sent[:30_000]
    client.send(sent[30_000:])
    assert upstream.read(len(sent) - 30_000) == sent[30_000:]


def test_many_frames_in_one_segment_keep_their_order(pair):
    client, upstream = pair
    sent = b"".join(frame(TEXT, f"{number}".encode(), mask=os.urandom(4)) for number in range(2000))
    client.send(sent)
    assert upstream.read(len(sent)) == sent


def test_fragments_with_control_frames_between_them_are_relayed(pair):
    client, upstream = pair
    pieces = [
        (TEXT, b"one ", False), (PING, b"in between", True), (CONTINUATION, b"two ", False), (CONTINUATION, b"", False),
        (PONG, b"unasked", True), (CONTINUATION, b"three", True), (TEXT, b"next", True),
    ]  # fmt: skip
    there = b"".join(frame(opcode, payload, fin) for opcode, payload, fin in pieces)
    client.send(there)
    assert upstream.read(len(there)) == there
    back = b"".join(frame(opcode, payload, fin, mask=None) for opcode, payload, fin in pieces)
    upstream.send(back)
    assert client.read(len(back)) == back


def test_pings_are_answered_by_the_other_end_and_not_by_the_gateway(pair):
    client, upstream = pair
    client.send(frame(PING, b"are you there?"))
    assert read_frame(upstream).opcode == PING
    assert client.is_quiet()
    upstream.send(frame(PONG, b"are you there?", mask=None))
    assert read_frame(client).payload == b"are you there?"
    upstream.send(frame(PING, b"and you?", mask=None))
    assert read_frame(client).opcode == PING
    assert upstream.is_quiet()
    client.send(frame(PONG, b"and you?"))
    assert read_frame(upstream).payload == b"and you?"


def test_frames_right_behind_the_handshake_arrive(gateway, sockets):
    request, key = frames.handshake("/ws/")
    sent = frame(TEXT, b"first") + frame(BINARY, b"x" * 100_000)
    with Wire(gateway.port) as client:
        client.key = key
        client.send(request.encode() + sent)
        assert client.read_head().status == 101
        with sockets.other_end(client) as upstream:
            assert upstream.read(len(sent)) == sent


def test_frames_right_behind_the_answer_arrive(gateways):
    def handler(wire):
        request = read_request(wire)
        accept = frames.accept_hash(request.get("sec-websocket-key"))
        wire.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode() + frame(TEXT, b"welcome", mask=None)
        )
        wire.read(1)

    upstream = Upstream(handler=handler)
    gateway = gateways.start(ROUTES, upstream.port)
    with frames.connect(gateway.port) as client:
        assert read_frame(client).payload == b"welcome"
    upstream.stop()


def test_answer_may_arrive_byte_by_byte(gateways):
    def handler(wire):
        request = read_request(wire)
        accept = frames.accept_hash(request.get("sec-websocket-key"))
        answer = (
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n"
            f"sec-websocket-accept: {accept}\r\n\r\n"
        )
        for byte in answer.encode() + frame(TEXT, b"slowly", mask=None):
            wire.send(bytes([byte]))
        wire.read(1)

    upstream = Upstream(handler=handler)
    gateway = gateways.start(ROUTES, upstream.port)
    with frames.connect(gateway.port) as client:
        assert read_frame(client).payload == b"slowly"
    upstream.stop()


# Closing

CODES = [1000, 1001, 1003, 1007, 1008, 1009, 1011, 1012, 3000, 3999, 4000, 4001, 4999]
REASONS = [b"", b"bye", "für immer 🙂".encode(), b"x" * 123]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("side", ["client", "upstream"])
def test_close_codes_and_reasons_reach_the_other_end(pair, side, code):
    (near, far), mask = (pair, b"mask") if side == "client" else (pair[::-1], None)
    reason = REASONS[code % len(REASONS)]
    near.send(frames.close(code, reason, mask=mask))
    got = read_frame(far)
    assert (got.opcode, got.code, got.payload[2:]) == (CLOSE, code, reason)
    assert got.masked == (side == "client")
    far.send(frames.close(code, reason, mask=None if side == "client" else b"mask"))
    answer = read_frame(near)
    assert (answer.opcode, answer.code) == (CLOSE, code)
    near.expect_end() if side == "client" else near.close()
    far.expect_end() if side == "upstream" else far.close()


@pytest.mark.parametrize("side", ["client", "upstream"])
def test_close_without_a_code_stays_without_a_code(pair, side):
    (near, far), mask = (pair, b"mask") if side == "client" else (pair[::-1], None)
    near.send(frames.close(mask=mask))
    got = read_frame(far)
    assert (got.opcode, got.payload) == (CLOSE, b"")


@pytest.mark.parametrize(
    "payload",
    [b"\x03", *(code.to_bytes(2) for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535])],
)
def test_invalid_close_from_the_upstream_never_reaches_the_client(pair, payload):
    client, upstream = pair
    upstream.send(frame(CLOSE, payload, mask=None))
    got = read_frame(client)
    assert got.opcode == CLOSE and got.code in (1002, 1011)
    assert isinstance(got.reason, str)


def test_reason_that_is_no_text_is_left_out(pair):
    client, upstream = pair
    upstream.send(frame(CLOSE, b"\x03\xe8\xff", mask=None))
    got = read_frame(client)
    assert got.code in (1000, 1002, 1011) and isinstance(got.reason, str)


def test_upstream_that_vanishes_is_1011(pair):
    client, upstream = pair
    upstream.close()
    got = read_frame(client)
    assert got.opcode == CLOSE and got.code in (1011, 1014)
    client.send(frames.close(got.code))
    client.expect_end()


def test_upstream_that_resets_is_1011(pair):
    client, upstream = pair
    upstream.reset()
    got = read_frame(client)
    assert got.opcode == CLOSE and got.code in (1011, 1014)


def test_upstream_that_vanishes_within_a_frame_leaves_no_false_frame(pair):
    client, upstream = pair
    sent = frame(BINARY, b"x" * 1000, mask=None)[:500]
    upstream.send(sent)
    assert client.read(500) == sent
    upstream.close()
    client.expect_end()


def test_client_that_vanishes_is_told_to_the_upstream(pair):
    client, upstream = pair
    client.close()
    try:
        got = read_frame(upstream)
        assert (got.opcode, got.masked) == (CLOSE, True) and got.code in (1001, 1011)
        upstream.send(frames.close(got.code, mask=None))
    except Ended:
        pass
    upstream.expect_end()


def test_nothing_follows_a_close(pair):
    client, upstream = pair
    client.send(frames.close(1000) + frame(TEXT, b"too late"))
    assert read_frame(upstream).code == 1000
    upstream.send(frames.close(1000, mask=None))
    upstream.expect_end()


def test_upstream_may_still_send_until_it_answers_a_close(pair):
    client, upstream = pair
    client.send(frames.close(1000))
    assert read_frame(upstream).opcode == CLOSE
    upstream.send(frame(TEXT, b"last words", mask=None) + frames.close(1000, mask=None))
    assert read_frame(client).payload == b"last words"
    assert read_frame(client).code == 1000


def test_upstream_that_never_answers_a_close_does_not_hold_the_client(pair):
    client, upstream = pair
    client.send(frames.close(1000))
    assert read_frame(upstream).opcode == CLOSE
    start = time.monotonic()
    client.read_to_end()
    assert time.monotonic() - start < 12


# What peers may not do

VIOLATIONS = {
    "unmasked": lambda mask: frame(TEXT, b"x", mask=None if mask else b"mask"),
    "opcode 3": lambda mask: frame(3, b"x", mask=mask),
    "opcode 7": lambda mask: frame(7, b"x", mask=mask),
    "opcode 11": lambda mask: frame(11, b"x", mask=mask),
    "opcode 15": lambda mask: frame(15, b"", mask=mask),
    "RSV1": lambda mask: frame(TEXT, b"x", mask=mask, rsv=4),
    "RSV2": lambda mask: frame(TEXT, b"x", mask=mask, rsv=2),
    "RSV3": lambda mask: frame(TEXT, b"x", mask=mask, rsv=1),
    "RSV on a ping": lambda mask: frame(PING, b"x", mask=mask, rsv=4),
    "fragmented ping": lambda mask: frame(PING, b"x", fin=False, mask=mask),
    "fragmented close": lambda mask: frame(CLOSE, b"", fin=False, mask=mask),
    "ping of 126 bytes": lambda mask: frame(PING, b"x" * 126, mask=mask),
    "close of 126 bytes": lambda mask: frames.close(1000, b"x" * 124, mask=mask),
    "continuation of nothing": lambda mask: frame(CONTINUATION, b"x", mask=mask),
    "message within a message": lambda mask: frame(TEXT, b"a", fin=False, mask=mask) + frame(TEXT, b"b", mask=mask),
    "length too long by 16 bits": lambda mask: frame(TEXT, b"x" * 125, mask=mask, length="16"),
    "length too long by 64 bits": lambda mask: frame(TEXT, b"x" * 65535, mask=mask, length="64"),
    "length with the top bit": lambda mask: (b"\x82\xff" if mask else b"\x82\x7f") + b"\xff" * 8 + b"mask" * bool(mask),
}


@pytest.mark.parametrize("kind", VIOLATIONS)
def test_protocol_error_of_the_client_is_1002(pair, kind):
    client, upstream = pair
    client.send(frame(TEXT, b"before") + VIOLATIONS[kind](b"mask"))
    assert read_frame(upstream).payload == b"before"
    assert read_frame(client).code == 1002
    got = read_frame(upstream)
    if kind == "message within a message":
        assert (got.opcode, got.fin, got.payload) == (TEXT, False, b"a")
        got = read_frame(upstream)
    assert (got.opcode, got.masked) == (CLOSE, True) and got.code in (1001, 1002, 1011)


@pytest.mark.parametrize("kind", VIOLATIONS)
def test_protocol_error_of_the_upstream_does_not_reach_the_client(pair, kind):
    client, upstream = pair
    upstream.send(frame(TEXT, b"before", mask=None) + VIOLATIONS[kind](None))
    assert read_frame(client).payload == b"before"
    got = read_frame(client)
    if kind == "message within a message":
        assert (got.opcode, got.fin, got.payload) == (TEXT, False, b"a")
        got = read_frame(client)
    assert got.opcode == CLOSE and got.code in (1002, 1011, 1014)


@pytest.mark.parametrize(
    "sent",
    [
        frame(BINARY, b"x" * 513),
        frame(BINARY, b"x" * 512, fin=False) + frame(CONTINUATION, b"x" * 512, fin=False) + frame(CONTINUATION, b"x"),
        b"\x82\xff" + (1 << 40).to_bytes(8) + b"mask",
    ],
    ids=["frame", "message", "announced"],
)
def test_message_too_big_is_1009(gateway, sockets, sent):
    client, upstream = connected(gateway, sockets, "/ws/small/")
    with client, upstream:
        client.send(sent)
        assert read_frame(client).code == 1009


def test_largest_message_passes(gateway, sockets):
    client, upstream = connected(gateway, sockets, "/ws/small/")
    with client, upstream:
        sent = (frame(BINARY, b"x" * 512, fin=False) + frame(CONTINUATION, b"x" * 512)) * 3
        client.send(sent)
        assert upstream.read(len(sent)) == sent


# Handshakes


def test_handshake_arrives_with_what_it_needs(gateway, sockets):
    client, upstream = connected(gateway, sockets, "/ws/?room=1", [("Origin", "http://localhost"), ("User-Agent", "test")])
    with client, upstream:
        request = upstream.request
        assert request.target == "/ws/?room=1"
        assert request.get("Upgrade").lower() == "websocket"
        assert request.get("Connection").lower() == "upgrade"
        assert request.get("Sec-WebSocket-Version") == "13"
        assert request.get("Origin") == "http://localhost" and request.get("User-Agent") == "test"
        assert request.get("Host") == "127.0.0.1"


MALFORMED = {
    "no key": (lambda text: text.replace("Sec-WebSocket-Key", "X-Key"), {400}),
    "short key": (lambda text: text.replace("Key: ", "Key: x"), {400}),
    "two keys": (lambda text: text.replace("\r\n\r\n", "\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"), {400}),
    "version 8": (lambda text: text.replace("Version: 13", "Version: 8"), {426}),
    "no version": (lambda text: text.replace("Sec-WebSocket-Version", "X-Version"), {400, 426}),
    "body": (lambda text: text.replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\nbody"), {400}),
    "chunked": (lambda text: text.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), {400}),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_handshake_is_refused(gateway, sockets, kind):
    change, expected = MALFORMED[kind]
    before = len(sockets.connections)
    with Wire(gateway.port) as client:
        client.send(change(frames.handshake("/ws/")[0]))
        response = client.read_response()
    assert response.status in expected
    if response.status == 426:
        assert response.get("sec-websocket-version") == "13"
    assert len(sockets.connections) == before


@pytest.mark.parametrize("word, other", [("HTTP/1.1", "HTTP/1.0"), ("GET", "POST"), ("websocket", "h2c")])
def test_what_is_no_handshake_does_not_upgrade(gateways, upstream, word, other):
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/")[0].replace(word, other))
        assert client.read_response().status in (200, 400, 405, 426)
    for request in upstream.take_all():
        assert request.all("Upgrade") == []


def test_upgrade_without_a_websocket_route_is_404(gateway, sockets):
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/elsewhere/")[0])
        assert client.read_response().status == 404


def test_plain_request_does_not_match_a_route_for_sockets_only(gateways, upstream):
    gateway = gateways.start(ROUTES[:-1], upstream.port)
    assert get(gateway.port, "/ws/only/").status == 404
    assert get(gateway.port, "/ws/").status == 200


ORIGINS = {
    "listed": (["http://127.0.0.1"], 101),
    "any port": (["http://localhost:3000"], 101),
    "upper case": (["HTTP://LOCALHOST"], 101),
    "other host": (["http://evil.test"], 403),
    "listed as user": (["http://localhost@evil.test"], 403),
    "listed as subdomain": (["http://localhost.evil.test"], 403),
    "listed as suffix": (["http://evil-localhost"], 403),
    "null": (["null"], 403),
    "empty": ([""], 403),
    "no scheme": (["localhost"], 403),
    "two": (["http://localhost", "http://evil.test"], {400, 403}),
    "two, the good one last": (["http://evil.test", "http://localhost"], {400, 403}),
    "list": (["http://localhost, http://evil.test"], 403),
}


@pytest.mark.parametrize("kind", ORIGINS)
def test_origin_is_checked_before_anything_is_accepted(gateway, sockets, kind):
    origins, expected = ORIGINS[kind]
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/", [("Origin", origin) for origin in origins])[0])
        status = client.read_head().status
    assert status in (expected if isinstance(expected, set) else {expected})


def test_missing_origin_is_refused_unless_allowed(gateways, sockets):
    gateway = gateways.start(ROUTES, sockets.port, allow_missing_origin=False)
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/")[0])
        assert client.read_response().status == 403


@pytest.mark.parametrize("target, origin, expected", [
    ("/ws/private/", True, 4001), ("/ws/private/", False, 4001),
    ("/ws/plain/", True, 401), ("/ws/plain/", False, 401),
    ("/ws/auto/", True, 4001), ("/ws/auto/", False, 401),
])  # fmt: skip
def test_refusal_is_delivered_as_the_route_says(gateway, sockets, target, origin, expected):
    before = len(sockets.connections)
    request, _ = frames.handshake(target, [("Origin", "http://localhost")] if origin else [])
    with Wire(gateway.port) as client:
        client.send(request)
        response = client.read_head()
        if expected == 401:
            assert response.status == 401
            assert response.get("www-authenticate") == 'Bearer realm="api"'
        else:
            assert response.status == 101
            got = read_frame(client)
            assert got.code == expected and got.reason == "authentication required"
            client.send(frames.close(expected))
            client.expect_end()
    assert len(sockets.connections) == before, "the upstream is not asked"


def test_refused_client_that_does_not_answer_is_let_go(gateway):
    start = time.monotonic()
    with frames.connect(gateway.port, "/ws/private/") as client:
        assert read_frame(client).code == 4001
        client.expect_end()
    assert time.monotonic() - start < 5


def test_refused_client_may_have_sent_a_lot(gateway):
    with frames.connect(gateway.port, "/ws/private/") as client:
        try:
            for _ in range(64):
                client.send(frame(BINARY, b"x" * 65536))
        except OSError:
            pytest.fail("the connection was reset before the close frame could be read")
        assert read_frame(client).code == 4001


def test_refusal_names_an_offered_subprotocol(gateway):
    with frames.connect(gateway.port, "/ws/private/", [("Sec-WebSocket-Protocol", "chat.v2, chat.v1")]) as client:
        assert client.handshake.get("sec-websocket-protocol") in ("chat.v2", "chat.v1")
        assert read_frame(client).code == 4001


ANSWERS = {
    "wrong hash": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
    "no hash": "Upgrade: websocket\r\nConnection: Upgrade\r\n",
    "two hashes": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\nSec-WebSocket-Accept: {0}\r\n",
    "no Upgrade": "Connection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\n",
    "other Upgrade": "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\n",
    "no Connection": "Upgrade: websocket\r\nSec-WebSocket-Accept: {0}\r\n",
    "subprotocol not offered": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\nSec-WebSocket-Protocol: evil\r\n",
    "extension not offered": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\nSec-WebSocket-Extensions: x-evil\r\n",
    "compression not offered": "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {0}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_upgrade_that_is_none_is_502(gateways, kind):
    def handler(wire):
        request = read_request(wire)
        lines = ANSWERS[kind].format(frames.accept_hash(request.get("sec-websocket-key")))
        wire.send(f"HTTP/1.1 101 Switching Protocols\r\n{lines}\r\n")
        wire.read(1)

    upstream = Upstream(handler=handler)
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/", [("Sec-WebSocket-Protocol", "chat")])[0])
        response = client.read_response()
        assert response.status == 502
        assert response.get("content-type") == "application/problem+json"
    upstream.stop()


@pytest.mark.parametrize(
    "status, target, seen",
    [
        (401, "/ws/", 4001), (403, "/ws/", 4001), (401, "/ws/private/", 4003), (403, "/ws/private/", 4003),
        (403, "/ws/plain/", 403), (404, "/ws/private/", 404), (500, "/ws/", 500), (200, "/ws/", 200), (302, "/ws/", 302),
    ],
)  # fmt: skip
def test_refusal_of_the_upstream_becomes_what_a_page_can_see(gateways, upstream, status, target, seen):
    upstream.answer = f"HTTP/1.1 {status} X\r\nContent-Length: 4\r\nLocation: /\r\n\r\nbody".encode()
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        client.send(frames.handshake(target, [("Origin", "http://localhost"), bearer(tokens.token())])[0])
        response = client.read_head()
        if seen < 1000:
            assert response.status == seen
            assert client.read(4) == b"body"
        else:
            assert response.status == 101
            assert read_frame(client).code == seen


def test_dead_upstream_is_502_for_a_handshake(gateways):
    gateway = gateways.start(ROUTES, free_port())
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/")[0])
        assert client.read_response().status == 502


def test_silent_upstream_is_504_for_a_handshake(gateways, upstream):
    upstream.answer = lambda got: None
    servers = {"test": {"servers": [f"127.0.0.1:{upstream.port}"], "response_timeout": "300ms"}}
    gateway = gateways.start(ROUTES, upstream.port, upstreams=servers)
    with Wire(gateway.port) as client:
        client.send(frames.handshake("/ws/")[0])
        assert client.read_response().status == 504


def test_subprotocol_is_negotiated_by_the_ends(gateways):
    offered = queue.Queue()

    def handler(wire):
        request = frames.accept(wire, lines="Sec-WebSocket-Protocol: v2\r\nX-From-App: yes\r\nSet-Cookie: a=b\r\n")
        offered.put(request.all("sec-websocket-protocol"))
        wire.read(1)

    upstream = Upstream(handler=handler)
    gateway = gateways.start(ROUTES, upstream.port)
    with frames.connect(gateway.port, headers=[("Sec-WebSocket-Protocol", "v1, v2")]) as client:
        assert offered.get(timeout=15) == ["v1, v2"]
        assert client.handshake.get("sec-websocket-protocol") == "v2"
        assert client.handshake.get("x-from-app") == "yes"
        assert client.handshake.get("set-cookie") == "a=b"
    upstream.stop()


def test_only_known_extensions_are_offered_to_the_upstream(gateway, sockets):
    offer = "x-unknown; a=1, permessage-deflate; client_max_window_bits, permessage-bzip2"
    client, upstream = connected(gateway, sockets, "/ws/", [("Sec-WebSocket-Extensions", offer)])
    with client, upstream:
        got = upstream.request.get("sec-websocket-extensions")
        assert "permessage-deflate" in got and "x-unknown" not in got and "bzip2" not in got


def test_compressed_frames_pass_when_they_were_agreed_on(gateways):
    def handler(wire):
        frames.accept(wire, lines="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        got = read_frame(wire)
        wire.send(frame(got.opcode, got.payload, got.fin, None, got.rsv))
        wire.read(1)

    upstream = Upstream(handler=handler)
    gateway = gateways.start(ROUTES, upstream.port)
    with frames.connect(gateway.port, headers=[("Sec-WebSocket-Extensions", "permessage-deflate")]) as client:
        assert client.handshake.get("sec-websocket-extensions") == "permessage-deflate"
        client.send(frame(TEXT, b"\xcaH\xcd\xc9\xc9\x07\x00", rsv=4))
        got = read_frame(client)
        assert (got.rsv, got.payload) == (4, b"\xcaH\xcd\xc9\xc9\x07\x00")
    upstream.stop()


# Tokens and time


@pytest.mark.parametrize("by", ["header", "query"])
def test_expiry_closes_both_ends(gateway, sockets, by):
    expires = int(time.time()) + 2
    token = tokens.token(exp=expires)
    target, headers = ("/ws/private/", [bearer(token)]) if by == "header" else (f"/ws/private/?token={token}", [])
    client, upstream = connected(gateway, sockets, target, headers)
    with client, upstream:
        client.send(frame(TEXT, b"in time"))
        assert read_frame(upstream).payload == b"in time"
        got = read_frame(client)
        assert expires <= time.time() < expires + 1
        assert (got.code, got.reason) == (4001, "token expired")
        told = read_frame(upstream)
        assert (told.opcode, told.masked) == (CLOSE, True)
        client.send(frame(TEXT, b"too late"), frames.close(4001))
        client.expect_end()
        upstream.expect_end()


def test_nothing_passes_after_expiry_not_even_the_rest_of_a_frame(gateway, sockets):
    token = tokens.token(exp=int(time.time()) + 2)
    client, upstream = connected(gateway, sockets, "/ws/private/", [bearer(token)])
    with client, upstream:
        sent = frame(BINARY, b"x" * 1000)
        client.send(sent[:600])
        assert upstream.read(600) == sent[:600]
        assert read_frame(client).code == 4001
        client.send(sent[600:])
        upstream.expect_end()  # no boundary to put a close frame on


def test_expiry_within_a_frame_to_the_client_waits_for_its_end(gateway, sockets):
    expires = int(time.time()) + 2
    client, upstream = connected(gateway, sockets, "/ws/private/", [bearer(tokens.token(exp=expires))])
    with client, upstream:
        sent = frame(BINARY, b"x" * 1000, mask=None)
        upstream.send(sent[:600])
        assert client.read(600) == sent[:600]
        assert read_frame(upstream).opcode == CLOSE  # expired
        upstream.send(sent[600:])
        assert client.read(len(sent) - 600) == sent[600:]
        assert read_frame(client).code == 4001


def test_expiry_within_a_frame_that_never_ends_cuts_the_connection(gateway, sockets):
    expires = int(time.time()) + 2
    client, upstream = connected(gateway, sockets, "/ws/private/", [bearer(tokens.token(exp=expires))])
    with client, upstream:
        sent = frame(BINARY, b"x" * 1000, mask=None)[:600]
        upstream.send(sent)
        assert client.read(600) == sent
        client.expect_end()
        assert time.time() < expires + 3


def test_expiry_ends_a_client_that_reads_nothing(gateway, sockets):
    expires = int(time.time()) + 2
    request, key = frames.handshake("/ws/private/", [bearer(tokens.token(exp=expires))])
    with Wire(gateway.port, receive_buffer=4096) as client:
        client.key = key
        client.send(request)
        with sockets.other_end(client) as upstream:
            upstream.socket.settimeout(15)
            with pytest.raises(OSError):
                while True:
                    upstream.send(frame(BINARY, b"x" * 65000, mask=None))
            assert time.time() < expires + 4


def test_leeway_lengthens_a_socket(gateways, sockets):
    jwt = {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY, "LEEWAY": 2}
    gateway = gateways.start(ROUTES, sockets.port, SIMPLE_JWT=jwt)
    expires = int(time.time()) + 1
    client, upstream = connected(gateway, sockets, "/ws/private/", [bearer(tokens.token(exp=expires))])
    with client, upstream:
        assert read_frame(client).code == 4001
        assert expires + 2 <= time.time() < expires + 3


def test_socket_without_a_token_has_no_end(gateway, sockets):
    client, upstream = connected(gateway, sockets, "/ws/", [bearer(tokens.token(lifetime=1))])
    with client, upstream:
        assert client.is_quiet(2.5)


# Pressure


def test_slow_upstream_holds_the_client_back_and_costs_no_memory(gateway, sockets):
    client, upstream = connected(gateway, sockets, "/ws/")
    with client, upstream:
        before = gateway.resident_bytes()
        client.socket.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 256 << 20:
                client.send(frame(BINARY, b"x" * 65536))
                sent += 65536
        assert sent < 64 << 20
        assert gateway.resident_bytes() - before < 16 << 20


def test_slow_client_holds_the_upstream_back_and_costs_no_memory(gateway, sockets):
    client, upstream = connected(gateway, sockets, "/ws/")
    with client, upstream:
        before = gateway.resident_bytes()
        upstream.socket.settimeout(0.5)
        piece, sent = frame(BINARY, b"x" * 65536, mask=None), 0
        with pytest.raises(TimeoutError):
            while sent < 256 << 20:
                upstream.send(piece)
                sent += len(piece)
        assert sent < 64 << 20
        assert gateway.resident_bytes() - before < 16 << 20


def test_both_directions_flow_at_once(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = gateways.start(ROUTES, upstream.port)
    count, payload = 400, os.urandom(20_000)
    with frames.connect(gateway.port) as client:
        sender = threading.Thread(target=lambda: [client.send(frame(BINARY, payload)) for _ in range(count)])
        sender.start()
        for _ in range(count):
            assert read_frame(client).payload == payload
        sender.join()
    upstream.stop()


def test_many_sockets_do_not_hear_each_other(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = gateways.start(ROUTES, upstream.port, threads=2)
    clients = [frames.connect(gateway.port) for _ in range(200)]
    for turn in range(3):
        for number, client in enumerate(clients):
            client.send(frame(TEXT, f"{turn} {number}".encode()))
        for number, client in enumerate(clients):
            assert read_frame(client).payload == f"{turn} {number}".encode()
    for client in clients:
        client.close()
    until(lambda: all(wire.socket.fileno() == -1 for wire in upstream.connections), "every upstream socket to be closed")
    upstream.stop()
