"""HTTP through the gateway, seen from both ends on raw sockets."""

import json
import threading
import time

import pytest

from support import tokens
from support.upstream import OK, Upstream
from support.waiting import free_port, until
from support.wire import Ended, Wire, bearer, get

ROUTES = [{"path": "<path:rest>", "auth": "none"}, {"path": "", "auth": "none"}]


@pytest.fixture(scope="module")
def shared(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port)


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


@pytest.fixture
def client(shared):
    with Wire(shared.port) as wire:
        yield wire


def request(target="/x", lines="", method="GET"):
    return f"{method} {target} HTTP/1.1\r\nHost: example.test\r\n{lines}\r\n"


# Connections


def test_connection_is_kept_for_many_requests(client, backend):
    for number in range(50):
        assert client.send(request(f"/{number}")).read_response().body == b"ok"
        assert backend.take().target == f"/{number}"


def test_pipelined_requests_are_answered_in_order(client, backend):
    backend.answer = lambda got: f"HTTP/1.1 200 OK\r\nContent-Length: {len(got.target)}\r\n\r\n{got.target}".encode()
    client.send("".join(request(f"/{number}") for number in range(20)))
    assert [client.read_response().body.decode() for _ in range(20)] == [f"/{number}" for number in range(20)]


def test_pipelined_requests_with_bodies_do_not_mix(client, backend):
    backend.answer = lambda got: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(got.body), got.body)
    client.send(
        request("/a", "Content-Length: 5\r\n", "POST"), "first",
        request("/b", "Transfer-Encoding: chunked\r\n", "POST"), "6\r\nsecond\r\n0\r\n\r\n",
        request("/c"),
        request("/d", "Content-Length: 6\r\n", "PUT"), "fourth",
    )  # fmt: skip
    assert [client.read_response().body for _ in range(4)] == [b"first", b"second", b"", b"fourth"]


def test_request_may_arrive_byte_by_byte(client, backend):
    for byte in request("/slow", "Content-Length: 4\r\n", "POST") + "body":
        client.send(byte)
    assert client.read_response().status == 200
    got = backend.take()
    assert (got.target, got.body) == ("/slow", b"body")


@pytest.mark.parametrize("lines", ["Connection: close\r\n", "Connection: Close\r\n", "Connection: foo, close\r\n"])
def test_connection_ends_when_the_client_asks(client, backend, lines):
    response = client.send(request(lines=lines)).read_response()
    assert response.get("connection") == "close"
    client.expect_end()


def test_http_1_0_is_answered_and_closed(client, backend):
    response = client.send("GET /old HTTP/1.0\r\nHost: example.test\r\n\r\n").read_response()
    assert (response.status, response.body) == (200, b"ok")
    client.expect_end()
    assert backend.take().version == "HTTP/1.1"


def test_http_1_0_client_gets_no_chunks(client, backend):
    backend.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    response = client.send("GET /old HTTP/1.0\r\nHost: example.test\r\n\r\n").read_response()
    assert response.get("transfer-encoding") is None
    assert response.body == b"hello!"


def test_half_closed_client_still_gets_its_answer(client, backend):
    client.send(request())
    client.finish_sending()
    assert client.read_response().body == b"ok"


def test_host_and_unknown_headers_arrive_as_sent(client, backend):
    client.send(request("/p/%C3%A4?q=1&r=%2F", "X-Odd: a \x80 b\r\nX-EMPTY:\r\nCookie: a=1; b=2\r\n")).read_response()
    got = backend.take()
    assert got.target == "/p/%C3%A4?q=1&r=%2F"
    assert got.get("Host") == "example.test"
    assert ("X-Odd", "a \x80 b") in got.fields and ("X-EMPTY", "") in got.fields
    assert got.get("Cookie") == "a=1; b=2"


def test_forwarded_headers_tell_what_the_gateway_knows(client, shared, backend):
    client.send(request()).read_response()
    got = backend.take()
    assert got.get("X-Forwarded-For") == "127.0.0.1"
    assert got.get("X-Forwarded-Proto") == "http"
    assert got.get("X-Forwarded-Host") == "example.test"
    assert got.get("X-Forwarded-Port") == str(shared.port)


def test_upstream_connection_is_reused(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        for _ in range(10):
            client.send(request()).read_response()
    assert len(upstream.connections) == 1


def test_idle_upstream_connection_that_broke_is_replaced(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        client.send(request()).read_response()
        upstream.break_connections()
        for _ in range(5):
            assert client.send(request()).read_response().status == 200


# Responses


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "500 Oops", "299 Made Up", "401 Unauthorized", "418 "])
def test_status_and_headers_pass_through(client, backend, status):
    backend.answer = (
        f"HTTP/1.1 {status}\r\nX-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 3\r\n"
        "Keep-Alive: timeout=1\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\nabc"
    ).encode()
    response = client.send(request()).read_response()
    assert (response.status, response.body) == (int(status[:3]), b"abc")
    assert response.reason == status[4:]
    assert response.all("set-cookie") == ["a=1", "b=2"]
    assert response.get("x-one") == "1"
    assert response.all("x-hop") == response.all("keep-alive") == []


@pytest.mark.parametrize(
    "answer, length",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "1234"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\n\r\n", None),
    ],
)
def test_head_has_no_body_and_keeps_the_connection(client, backend, answer, length):
    backend.answer = lambda got: answer if got.method == "HEAD" else OK
    response = client.send(request(method="HEAD")).read_response("HEAD")
    assert response.status == 200
    assert response.get("content-length") == length
    assert client.send(request("/next")).read_response().body == b"ok"


def test_connection_whose_head_announced_a_body_is_not_used_again(gateways, upstream):
    upstream.answer = lambda got: b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" if got.method == "HEAD" else OK
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as wire:
        assert wire.send(request(method="HEAD")).read_response("HEAD").status == 200
        assert wire.send(request("/next")).read_response().body == b"ok"
    assert len(upstream.connections) == 2, "a body that comes late would have been the next one's answer"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_bodiless_status_keeps_the_connection(client, backend, status):
    backend.answer = lambda got: f"HTTP/1.1 {status}\r\nETag: \"1\"\r\n\r\n".encode() if got.target == "/x" else OK
    response = client.send(request()).read_response()
    assert (response.status, response.get("etag"), response.body) == (int(status[:3]), '"1"', b"")
    assert client.send(request("/next")).read_response().body == b"ok"


def test_not_modified_may_name_the_length_it_does_not_send(client, backend):
    answer = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"
    backend.answer = lambda got: answer if got.target == "/x" else OK
    assert client.send(request()).read_response().status == 304
    assert client.send(request("/next")).read_response().body == b"ok"


def test_body_until_close_is_delivered_whole(client, backend):
    def answer(got):
        got.wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 100_000)
        return False

    backend.answer = answer
    assert client.send(request()).read_response().body == b"z" * 100_000


def test_chunked_response_arrives_chunk_by_chunk(client, backend):
    go = threading.Semaphore(0)

    def answer(got):
        got.wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(5):
            go.acquire(timeout=10)
            got.wire.send(f"6\r\nchunk{number}\r\n")
        got.wire.send("0\r\n\r\n")

    backend.answer = answer
    client.send(request())
    client.read_head()
    go.release()
    seen = []
    for chunk in client.read_chunks():  # the next one is only sent once this one has arrived
        seen.append(chunk)
        go.release()
    assert b"".join(seen) == b"chunk0chunk1chunk2chunk3chunk4"


def test_interim_responses_are_no_answers(client, backend):
    backend.answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK
    response = client.send(request()).read_response()
    while response.status < 200:
        assert response.status == 103
        response = client.read_response()
    assert (response.status, response.body) == (200, b"ok")
    assert client.send(request("/next")).read_response().status in (103, 200)


def test_answer_cut_short_is_cut_short_for_the_client(client, backend):
    def answer(got):
        got.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"part")
        return False

    backend.answer = answer
    client.send(request()).read_head()
    assert client.read_to_end() == b"part"


def test_chunked_answer_cut_short_has_no_last_chunk(client, backend):
    def answer(got):
        got.wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
        return False

    backend.answer = answer
    client.send(request()).read_head()
    with pytest.raises(Ended):
        client.read_chunked()


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"",
    ],
)
def test_answer_that_cannot_be_trusted_is_502(client, backend, answer):
    def respond(got):
        got.wire.send(answer)
        return False

    backend.answer = respond
    response = client.send(request()).read_response()
    assert response.status == 502
    assert response.get("content-type") == "application/problem+json"


def test_surplus_bytes_behind_an_answer_are_never_the_next_answer(gateways, upstream):
    upstream.answer = lambda got: OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged" if got.target == "/x" else OK
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        assert client.send(request()).read_response().body == b"ok"
        assert client.send(request("/next")).read_response().body == b"ok"


# Bodies


BIG = bytes(range(256)) * (4 << 12)  # 4 MiB


def test_large_body_with_length_arrives_whole(client, backend):
    client.send(request(lines=f"Content-Length: {len(BIG)}\r\n", method="POST"), BIG)
    assert client.read_response().status == 200
    got = backend.take()
    assert got.body == BIG
    assert got.get("Content-Length") == str(len(BIG))


def test_large_chunked_body_arrives_whole(client, backend):
    client.send(request(lines="Transfer-Encoding: chunked\r\n", method="POST"))
    for start in range(0, len(BIG), 70_001):
        piece = BIG[start : start + 70_001]
        client.send(f"{len(piece):x};ext=1\r\n", piece, "\r\n")
    client.send("0\r\nX-Trailer: dropped\r\n\r\n")
    assert client.read_response().status == 200
    got = backend.take()
    assert got.body == BIG
    assert got.get("Transfer-Encoding") == "chunked" and got.get("Content-Length") is None


@pytest.mark.parametrize("chunked", [False, True])
def test_large_response_arrives_whole(client, backend, chunked):
    if chunked:
        pieces = [BIG[start : start + 50_000] for start in range(0, len(BIG), 50_000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        backend.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    else:
        backend.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG
    for _ in range(3):
        assert client.send(request()).read_response().body == BIG


def test_request_body_is_streamed_while_it_comes(gateways):
    arrived = threading.Semaphore(0)

    def handler(wire):
        wire.read_until(b"\r\n\r\n")
        for _ in range(3):
            assert wire.read(5) == b"piece"
            arrived.release()
        wire.send(OK)

    upstream = Upstream(handler=handler)
    with Wire(gateways.start(ROUTES, upstream.port).port) as client:
        client.send(request(lines="Content-Length: 15\r\n", method="POST"))
        for _ in range(3):
            client.send("piece")
            assert arrived.acquire(timeout=10), "the piece is held back"
        assert client.read_response().body == b"ok"
    upstream.stop()


def test_expectation_is_met_by_the_gateway(client, backend):
    client.send(request(lines="Content-Length: 5\r\nExpect: 100-continue\r\n", method="POST"))
    assert client.read_response().status == 100
    client.send("hello")
    assert client.read_response().status == 200
    got = backend.take()
    assert got.body == b"hello" and got.all("Expect") == []


def test_expectation_of_a_refused_request_is_not_met(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "required"}], upstream.port)
    with Wire(gateway.port) as client:
        client.send(request(lines="Content-Length: 5\r\nExpect: 100-continue\r\n", method="POST"))
        assert client.read_response().status == 401
    assert upstream.take_all() == []


def test_refusal_does_not_take_the_body_for_the_next_request(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "required"}], upstream.port)
    smuggled = request("/smuggled", f"Authorization: Bearer {tokens.token()}\r\n")
    with Wire(gateway.port) as client:
        client.send(request(lines=f"Content-Length: {len(smuggled)}\r\n", method="POST"), smuggled)
        assert client.read_response().status == 401
        client.send(request("/next"))
        try:
            assert client.read_response().status == 401
        except Ended:
            pass  # closing instead is as good
    assert upstream.take_all() == []


def test_body_beyond_the_limit_is_413(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, limits={"body": "64KiB"})
    with Wire(gateway.port) as client:
        client.send(request(lines="Content-Length: 65537\r\n", method="POST"))
        assert client.read_response().status == 413
    assert upstream.take_all() == []
    with Wire(gateway.port) as client:
        client.send(request(lines="Transfer-Encoding: chunked\r\n", method="POST"), "ffff\r\n", b"a" * 65535, "\r\n")
        client.send("2\r\nbb\r\n0\r\n\r\n")
        assert client.read_response().status == 413
    assert upstream.take_all() == [], "an upstream never takes a cut body for a whole one"


def test_early_answer_reaches_a_client_that_still_sends(gateways):
    def handler(wire):
        wire.read_until(b"\r\n\r\n")
        wire.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")

    upstream = Upstream(handler=handler)
    with Wire(gateways.start(ROUTES, upstream.port).port) as client:
        client.send(request(lines="Content-Length: 1000000\r\n", method="POST"), b"x" * 1000)
        response = client.read_response()
        assert (response.status, response.body) == (403, b"no")
    upstream.stop()


# Trouble upstream


def test_upstream_that_is_down_is_502(gateways):
    gateway = gateways.start(ROUTES, free_port())
    with Wire(gateway.port) as client:
        response = client.send(request()).read_response()
        assert response.status == 502
        assert response.get("content-type") == "application/problem+json"
        assert json.loads(response.body)["status"] == 502
        assert client.send(request()).read_response().status == 502


def test_upstream_that_comes_back_is_used(gateways):
    port = free_port()
    gateway = gateways.start(ROUTES, port)
    assert get(gateway.port, "/x").status == 502
    upstream = Upstream(port=port)
    until(lambda: get(gateway.port, "/x").status == 200, "the upstream to be found again")
    upstream.stop()


def test_slow_upstream_is_504(gateways, upstream):
    upstream.answer = lambda got: None
    gateway = gateways.start(
        ROUTES, upstream.port,
        upstreams={"test": {"servers": [f"127.0.0.1:{upstream.port}"], "response_timeout": "300ms"}},
    )  # fmt: skip
    start = time.monotonic()
    response = get(gateway.port, "/x")
    assert response.status == 504
    assert response.get("content-type") == "application/problem+json"
    assert 0.25 < time.monotonic() - start < 3


def test_unsafe_request_is_sent_once_even_when_the_upstream_dies(gateways, upstream):
    upstream.answer = False
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as client:
        client.send(request(lines="Content-Length: 1\r\n", method="POST"), "x")
        assert client.read_response().status == 502
    assert len(upstream.take_all()) == 1


def test_client_that_breaks_off_takes_its_upstream_request_along(gateways, upstream):
    """A reset, that is; one that only stops sending may still wait for its answer."""
    gone = threading.Event()

    def answer(got):
        try:
            got.wire.read(1)
        except Ended:
            gone.set()
        return False

    upstream.answer = answer
    gateway = gateways.start(ROUTES, upstream.port)
    client = Wire(gateway.port)
    client.send(request())
    upstream.take()
    client.reset()
    assert gone.wait(10)


def test_slow_reader_holds_the_upstream_back_and_costs_no_memory(gateways, upstream):
    piece, sent = b"y" * 65536, []

    def answer(got):
        got.wire.send("HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n")
        for _ in range(4096):
            got.wire.send(piece)
            sent.append(1)
        return False

    upstream.answer = answer
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port, receive_buffer=65536) as client:
        client.send(request())
        client.read_head()
        before = gateway.resident_bytes()

        def stalled():
            count = len(sent)
            time.sleep(0.3)  # long enough for megabytes, had nobody held them back
            return len(sent) == count

        until(stalled, "the upstream to be held back")
        assert len(sent) < 1024, "64 MiB went somewhere"
        assert gateway.resident_bytes() - before < 16 << 20


def test_slow_upstream_holds_the_client_back_and_costs_no_memory(gateways):
    release = threading.Event()
    upstream = Upstream(handler=lambda wire: (wire.read_until(b"\r\n\r\n"), release.wait(60)))
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port, patience=0.5) as client:
        client.send(request(lines=f"Content-Length: {100 << 20}\r\n", method="POST"))
        before = gateway.resident_bytes()
        sent = 0
        with pytest.raises(TimeoutError):
            for _ in range(1600):
                client.send(b"y" * 65536)
                sent += 65536
        assert sent < 64 << 20
        assert gateway.resident_bytes() - before < 16 << 20
    release.set()
    upstream.stop()


# Refusals


def test_unknown_route_is_404(gateways, upstream):
    gateway = gateways.start([{"path": "known/", "auth": "none"}], upstream.port)
    for target in ["/", "/unknown", "/known", "/known/x", "/Known/"]:
        response = get(gateway.port, target)
        assert response.status == 404
        assert response.get("content-type") == "application/problem+json"
    assert get(gateway.port, "/known/").status == 200


def test_many_clients_at_once(gateways, upstream):
    upstream.answer = lambda got: f"HTTP/1.1 200 OK\r\nContent-Length: {len(got.target)}\r\n\r\n{got.target}".encode()
    gateway = gateways.start(ROUTES, upstream.port, threads=2)
    wires = [Wire(gateway.port) for _ in range(200)]
    for round_number in range(3):
        for number, wire in enumerate(wires):
            wire.send(request(f"/{round_number}/{number}"))
        for number, wire in enumerate(wires):
            assert wire.read_response().body.decode() == f"/{round_number}/{number}"
    for wire in wires:
        wire.close()


def test_token_is_judged_on_every_request_of_a_connection(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "required"}], upstream.port)
    alice, bob = tokens.token("1"), tokens.token("2")
    with Wire(gateway.port) as client:
        for token, user in [(alice, "1"), (bob, "2"), (alice, "1"), (None, None), (bob, "2")]:
            lines = f"{': '.join(bearer(token))}\r\n" if token else ""
            response = client.send(request(lines=lines)).read_response()
            assert response.status == (200 if user else 401)
            if user:
                assert upstream.take().get("X-User-Id") == user


def test_token_stops_working_at_its_expiry_on_an_open_connection(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "required"}], upstream.port)
    expires = int(time.time()) + 2
    lines = f"{': '.join(bearer(tokens.token(exp=expires)))}\r\n"
    with Wire(gateway.port) as client:
        while True:
            before = time.time()
            response = client.send(request(lines=lines)).read_response()
            after = time.time()
            if response.status == 401:
                assert after >= expires
                assert b"Token is expired" in response.body
                break
            assert response.status == 200 and before < expires
