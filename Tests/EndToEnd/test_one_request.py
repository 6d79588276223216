"""One judged request in, at most one out: however requests are packed, cut, pipelined, cut short or answered too early.

The upstream keeps every byte it gets, so a request that was never judged, or came twice, cannot hide.
"""

import random
import threading

import pytest

from support import frames, tokens
from support.recorder import Recorder
from support.waiting import until
from support.wire import Ended, Wire

ROUTES = [
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "ws/", "auth": "none", "websocket": {"refuse": "http"}},
    {"path": "<path:rest>", "auth": "none"},
]
HIDDEN = "GET /private/hidden HTTP/1.1\r\nHost: a.test\r\nX-User-Id: 1\r\n\r\n"


def request(target, lines="", body="", method="GET", version="1.1"):
    return f"{method} {target} HTTP/{version}\r\nHost: a.test\r\n{lines}\r\n{body}"


def chunked(body, trailers="", extension=""):
    return f"{len(body):x}{extension}\r\n{body}\r\n0\r\n{trailers}\r\n"


LAST = request("/last", "Connection: close\r\n")


def echo(arrival, _):
    body = arrival.target.encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def recorder():
    recorder = Recorder(echo, keeps_alive=True)
    yield recorder
    recorder.stop()


@pytest.fixture
def gateway(gateways, recorder):
    return gateways.start(ROUTES, recorder.port, timeouts={"head": "1s", "body_idle": "1s", "drain": "1s"})


def whole(gateway, recorder):
    """The targets of all whole requests that arrived, once nothing can come any more; nothing may be left over behind them."""
    gateway.stop()
    until(lambda: all(wire.socket.fileno() < 0 for wire in recorder.connections), "the upstream connections to end")
    cut = {arrival.connection for arrival in recorder.arrivals if not arrival.is_complete}
    assert {wire.surplus for number, wire in enumerate(recorder.connections, 1) if number not in cut} <= {b""}
    return [arrival.target for arrival in recorder.take() if arrival.is_complete]


def answers(wire):
    """What comes until the connection ends, by status and body; interim answers do not count."""
    got = []
    while True:
        try:
            response = wire.read_response()
        except Ended:
            return got
        if response.status >= 200:
            got.append((response.status, response.body.decode("latin-1") if response.status == 200 else None))


# Packing: what is sent, and which targets arrive in which order. All are followed by /last.

PACKED = {
    "one": (request("/1"), ["/1"]),
    "twenty in a row": ("".join(request(f"/{n}") for n in range(20)), [f"/{n}" for n in range(20)]),
    "allowed between refused": (request("/private/1") + request("/1") + request("/private/2") + request("/2"), ["/1", "/2"]),
    "only refused": (request("/private/1") + request("/private/2"), []),
    "length": (request("/1", "Content-Length: 5\r\n", "hello", "POST") + request("/2"), ["/1", "/2"]),
    "length of nothing": (request("/1", "Content-Length: 0\r\n", "", "POST") + request("/2"), ["/1", "/2"]),
    "a request as body": (request("/1", f"Content-Length: {len(HIDDEN)}\r\n", HIDDEN, "POST") + request("/2"), ["/1", "/2"]),
    "a request as the body of a GET": (request("/1", f"Content-Length: {len(HIDDEN)}\r\n", HIDDEN) + request("/2"), ["/1", "/2"]),
    "a request as the body of a refused one": (
        request("/private/1", f"Content-Length: {len(HIDDEN)}\r\n", HIDDEN, "POST") + request("/2"), ["/2"],
    ),
    "chunks": (request("/1", "Transfer-Encoding: chunked\r\n", chunked("hello"), "POST") + request("/2"), ["/1", "/2"]),
    "a request as chunk": (request("/1", "Transfer-Encoding: chunked\r\n", chunked(HIDDEN), "POST") + request("/2"), ["/1", "/2"]),
    "a request as a chunk of a refused one": (
        request("/private/1", "Transfer-Encoding: chunked\r\n", chunked(HIDDEN), "POST") + request("/2"), ["/2"],
    ),
    "trailers": (
        request("/1", "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n", chunked("hello", "X-T: 1\r\nX-User-Id: 1\r\n"),
        "POST") + request("/2"),
        ["/1", "/2"],
    ),
    "extensions": (request("/1", "Transfer-Encoding: chunked\r\n", chunked("hello", extension=';a="b"'), "POST") + request("/2"), ["/1",
    "/2"]),
    "bodies of all kinds": (
        request("/1", "Content-Length: 3\r\n", "abc", "PUT") + request("/2", "Transfer-Encoding: chunked\r\n", chunked("abc"), "POST")
        + request("/3") + request("/4", "Content-Length: 1\r\n", "a", "DELETE") + request("/5", method="OPTIONS"),
        ["/1", "/2", "/3", "/4", "/5"],
    ),
    "expectation, its body at once": (
        request("/1", "Expect: 100-continue\r\nContent-Length: 5\r\n", "hello", "POST") + request("/2"), ["/1", "/2"],
    ),
    "expectation of a request without body": (request("/1", "Expect: 100-continue\r\n") + request("/2"), ["/1", "/2"]),
    "empty line between": (request("/1") + "\r\n" + request("/2"), ["/1", "/2"]),
    "HTTP/1.0 kept alive": (request("/1", "Connection: keep-alive\r\n", version="1.0") + request("/2"), ["/1", "/2"]),
    "other upgrade": (request("/1", "Connection: Upgrade\r\nUpgrade: h2c\r\n") + request("/2"), ["/1", "/2"]),
}  # fmt: skip
ENDS = {
    "HTTP/1.0": (request("/1", version="1.0") + request("/2"), ["/1"]),
    "HTTP/1.0 with a length": (request("/1", "Content-Length: 5\r\n", "hello", "POST", "1.0") + request("/2"), ["/1"]),
    "close": (request("/1", "Connection: close\r\n") + request("/2"), ["/1"]),
    "malformed in between": (request("/1") + "GET /2 HTTP/1.1\r\nHost : a.test\r\n\r\n" + request("/3"), ["/1"]),
    "malformed chunk": (request("/1", "Transfer-Encoding: chunked\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "POST") + request("/2"), []),
    "handshake with a body": (
        request("/ws/", f"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: {len(HIDDEN)}\r\n", HIDDEN) + request("/2"), [],
    ),
    "handshake with chunks": (
        request("/ws/", "Connection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", chunked(HIDDEN)) + request("/2"),
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PACKED)
def test_packed_requests_arrive_once_each(gateway, recorder, name):
    sent, expected = PACKED[name]
    with Wire(gateway.port) as wire:
        wire.send(sent, LAST)
        got = answers(wire)
    assert [body for status, body in got if status == 200] == [*expected, "/last"]
    assert whole(gateway, recorder) == [*expected, "/last"]


@pytest.mark.parametrize("name", ENDS)
def test_what_follows_the_end_of_a_connection_goes_nowhere(gateway, recorder, name):
    sent, expected = ENDS[name]
    with Wire(gateway.port) as wire:
        wire.send(sent, LAST)
        got = answers(wire)
    assert [body for status, body in got if status == 200] == expected
    assert whole(gateway, recorder) == expected


@pytest.mark.parametrize("name", [*PACKED, *ENDS])
def test_packing_does_not_depend_on_the_segments(gateway, recorder, name):
    """In single bytes, and in pieces cut at random."""
    sent, expected = (PACKED | ENDS)[name]
    sent, expected = sent + LAST, expected + ["/last"] * (name in PACKED)
    cuts = random.Random(name)
    for turn in range(3):
        with Wire(gateway.port) as wire:
            at = 0
            try:
                while at < len(sent):
                    size = 1 if turn == 0 else cuts.randint(1, 1 + len(sent) // 5)
                    wire.send(sent[at : at + size])
                    at += size
            except OSError:
                pass  # refused on the way
            assert [body for status, body in answers(wire) if status == 200] == expected
    assert whole(gateway, recorder) == expected * 3


def test_trailers_stay_here(gateway, recorder):
    with Wire(gateway.port) as wire:
        wire.send(request("/1", "Transfer-Encoding: chunked\r\n", chunked("hello", "X-T: 1\r\nX-User-Id: 1\r\n"), "POST"), LAST)
        answers(wire)
    [arrival, _] = recorder.take()
    assert arrival.body == b"hello" and b"X-T" not in arrival.head and b"X-User-Id" not in arrival.head
    assert whole(gateway, recorder) == []


# Bodies that never end

CUT = {
    "length": request("/1", "Content-Length: 100\r\n", "x" * 50, "POST"),
    "length without a byte": request("/1", "Content-Length: 100\r\n", "", "POST"),
    "chunk": request("/1", "Transfer-Encoding: chunked\r\n", "64\r\nhello", "POST"),
    "chunk size": request("/1", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6", "POST"),
    "last chunk": request("/1", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n", "POST"),
    "trailer": request("/1", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nX: ", "POST"),
    "no chunk": request("/1", "Transfer-Encoding: chunked\r\n", "", "POST"),
    "head": "POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Le",
}


@pytest.mark.parametrize("ending", ["half-close", "close", "reset"])
@pytest.mark.parametrize("kind", CUT)
def test_cut_request_never_becomes_whole(gateway, recorder, kind, ending):
    """The truncation must show upstream: a connection that ends within the body, never a last chunk."""
    wire = Wire(gateway.port).send(CUT[kind])
    if ending == "half-close":
        wire.finish_sending()
        wire.read_to_end()
    wire.reset() if ending == "reset" else wire.close()
    with Wire(gateway.port) as other:
        assert answers(other.send(LAST)) == [(200, "/last")]
    assert whole(gateway, recorder) == ["/last"]


def test_request_whose_rest_never_comes_never_becomes_whole(gateway, recorder):
    wires = [Wire(gateway.port).send(sent) for sent in CUT.values()]
    for wire in wires:
        assert [status for status, _ in answers(wire)] in ([], [408])  # when the gateway's patience ends
        wire.close()
    assert whole(gateway, recorder) == []


# Answers that come too early


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "413 Content Too Large"])
@pytest.mark.parametrize("lines", ["", "Connection: close\r\n"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_early_answer_does_not_turn_the_rest_of_a_body_into_a_request(gateways, status, lines, framing):
    heads, seen = threading.Semaphore(0), []

    class Early(Recorder):
        def _read_body(self, wire, arrival):
            if arrival.target == "/1":
                wire.send(f"HTTP/1.1 {status}\r\n{lines}Content-Length: 5\r\n\r\nearly")
                heads.release()
                if lines:
                    raise Ended
            super()._read_body(wire, arrival)
            seen.append(arrival.target)

    recorder = Early(lambda arrival, wire: None if arrival.target == "/1" else echo(arrival, wire), keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port, timeouts={"body_idle": "2s", "drain": "1s"})
    length = f"Content-Length: {len(HIDDEN) + 5}\r\n" if framing == "length" else "Transfer-Encoding: chunked\r\n"
    first, second = ("hello", HIDDEN) if framing == "length" else ("5\r\nhello\r\n", f"{chunked(HIDDEN)}")
    with Wire(gateway.port) as wire:
        wire.send(request("/1", length, first, "POST"))
        assert heads.acquire(timeout=10)
        response = wire.read_response()
        assert (response.status, response.body) == (int(status[:3]), b"early")
        try:
            wire.send(second, LAST)
            rest = answers(wire)
        except OSError:
            rest = []
        assert [status for status, _ in rest] in ([], [200]), "the rest is not a request; the connection may end instead"
    assert "/private/hidden" not in [arrival.target for arrival in recorder.arrivals]
    with Wire(gateway.port) as wire:
        assert answers(wire.send(LAST)) == [(200, "/last")]
    recorder.stop()


def test_upstream_connection_with_an_unfinished_body_is_not_used_again(gateways):
    """The upstream answers early and goes on reading: the next client's request would be taken for the rest of the body."""

    class Early(Recorder):
        def _read_body(self, wire, arrival):
            if arrival.target == "/1":
                wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly")
            super()._read_body(wire, arrival)

    recorder = Early(lambda arrival, wire: None if arrival.target == "/1" else echo(arrival, wire), keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port)
    with Wire(gateway.port) as cut:
        cut.send(request("/1", "Content-Length: 1000\r\n", "hello", "POST"))
        assert cut.read_response().body == b"early"
        for number in range(5):
            with Wire(gateway.port) as wire:
                assert wire.send(request(f"/next/{number}")).read_response().body == f"/next/{number}".encode()
    assert all(b"/next/" not in arrival.body for arrival in recorder.take())
    recorder.stop()


# Expectations


def test_body_that_was_asked_for_is_one_request(gateway, recorder):
    with Wire(gateway.port) as wire:
        wire.send(request("/1", "Expect: 100-continue\r\nContent-Length: 5\r\n", "", "POST"))
        assert wire.read_response().status == 100
        wire.send("hello", LAST)
        assert answers(wire) == [(200, "/1"), (200, "/last")]
    assert whole(gateway, recorder) == ["/1", "/last"]


def test_body_that_was_never_asked_for_is_no_request(gateway, recorder):
    """The client of a refused expectation may send the body or leave it out: the gateway cannot know."""
    for follow in [HIDDEN, f"{request('/last')}"]:
        with Wire(gateway.port) as wire:
            wire.send(request("/private/1", f"Expect: 100-continue\r\nContent-Length: {len(follow)}\r\n", "", "POST"))
            assert wire.read_response().status == 401
            try:
                wire.send(follow)
                wire.finish_sending()
            except OSError:
                pass
            assert [status for status, _ in answers(wire)] in ([], [401], [408])
    assert whole(gateway, recorder) == []


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_expectation_never_delays_a_client_that_does_not_wait(gateway, recorder, version):
    with Wire(gateway.port) as wire:
        wire.send(request("/1", "Expect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n", "hello", "POST", version))
        assert answers(wire) == [(200, "/1")]
    assert whole(gateway, recorder) == ["/1"]


# Half-close and handshakes


@pytest.mark.parametrize("sent, expected", [
    (request("/1"), ["/1"]),
    (request("/1") + request("/2") + request("/3"), ["/1", "/2", "/3"]),
    (request("/1", "Content-Length: 5\r\n", "hello", "POST"), ["/1"]),
    (request("/1", "Transfer-Encoding: chunked\r\n", chunked("hello"), "POST"), ["/1"]),
    (request("/1", version="1.0"), ["/1"]),
    (request("/1") + "GET /2 HT", ["/1"]),
])  # fmt: skip
def test_client_that_stops_sending_gets_all_its_answers(gateway, recorder, sent, expected):
    with Wire(gateway.port) as wire:
        wire.send(sent)
        wire.finish_sending()
        assert [body for status, body in answers(wire) if status == 200] == expected
    assert whole(gateway, recorder) == expected


@pytest.mark.parametrize("status", ["101 Switching Protocols", "200 OK", "403 Forbidden", "426 Upgrade Required"])
def test_bytes_behind_a_handshake_are_not_sent_before_the_answer(gateways, status):
    """A real 101 makes them frames, anything else makes them the next request, judged."""
    go, early = threading.Event(), []

    def answer(arrival, wire):
        if arrival.target != "/ws/":
            return echo(arrival, wire)
        wire.socket.settimeout(0.3)
        try:
            early.append(wire.read(1))
        except AssertionError:
            pass
        wire.socket.settimeout(15)
        go.set()
        if status.startswith("101"):
            key = arrival.values("sec-websocket-key")[0].decode()
            return (
                f"HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {frames.accept_hash(key)}\r\n\r\n"
            ).encode()
        return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()

    recorder = Recorder(answer, keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port)
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/")[0], HIDDEN)
        head = wire.read_head()
        assert head.status == int(status[:3])
        assert go.is_set() and early == []
        if head.status == 101:
            assert frames.read_frame(wire).code == 1002  # GET is no frame
        elif "content-length" in dict(head.fields):
            wire.read(int(head.get("content-length")))
    until(lambda: len(recorder.connections) >= 1, "a connection")
    assert [arrival.target for arrival in recorder.arrivals] == ["/ws/"]
    recorder.stop()


# Many at once


def test_every_client_gets_its_own_answers(gateways):
    recorder = Recorder(echo, keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port, threads=2)
    token = tokens.token()
    failures = []

    def client(number):
        dice = random.Random(number)
        try:
            for turn in range(5):
                sent, expected = [], []
                for part in range(dice.randint(1, 8)):
                    target = f"/{number}/{turn}/{part}"
                    kind = dice.choice(["plain", "length", "chunks", "private", "refused"])
                    if kind == "private":
                        target = "/private" + target
                        sent.append(request(target, f"Authorization: Bearer {token}\r\n"))
                    elif kind == "refused":
                        sent.append(request("/private" + target, f"Content-Length: {len(HIDDEN)}\r\n", HIDDEN, "POST"))
                        expected.append((401, None))
                        continue
                    elif kind == "length":
                        sent.append(request(target, f"Content-Length: {len(HIDDEN)}\r\n", HIDDEN, "POST"))
                    elif kind == "chunks":
                        sent.append(request(target, "Transfer-Encoding: chunked\r\n", chunked(HIDDEN), "POST"))
                    else:
                        sent.append(request(target))
                    expected.append((200, target))
                text = "".join(sent) + LAST
                with Wire(gateway.port) as wire:
                    while text:
                        size = dice.randint(1, len(text))
                        wire.send(text[:size])
                        text = text[size:]
                    assert answers(wire) == [*expected, (200, "/last")]
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=client, args=[number]) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    targets = whole(gateway, recorder)
    assert "/private/hidden" not in targets
    own = [target for target in targets if target != "/last"]
    assert len(own) == len(set(own)), "a request came twice"
    recorder.stop()
