"""Whatever a connection carries, the upstream never sees a request that the gateway has not judged.

Each shape hides a request for /private/smuggled, to which nobody here has a token, where one server and another could
disagree about where a request ends.
"""

import pytest

from support import frames, tokens
from support.wire import Ended, Wire, bearer, get

ROUTES = [
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "<path:rest>", "auth": "none"},
]
HIDDEN = "GET /private/smuggled HTTP/1.1\r\nHost: a.test\r\nX-User-Id: 1\r\n\r\n"
CHUNKED_HIDDEN = f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"


def post(lines, body, target="/x", first="POST"):
    return f"{first} {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n\r\n{body}"


SHAPES = {
    "length before chunked": post(f"Content-Length: {5 + len(HIDDEN)}\r\nTransfer-Encoding: chunked", f"0\r\n\r\n{HIDDEN}"),
    "chunked before length": post("Transfer-Encoding: chunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "length in an alias": post("Content-Length: 0\r\nContent_Length: 100", HIDDEN),
    "chunked in an alias": post(f"Content-Length: {5 + len(HIDDEN)}\r\nTransfer_Encoding: chunked", f"0\r\n\r\n{HIDDEN}"),
    "chunked behind a vertical tab": post("Transfer-Encoding: \x0bchunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "chunked with a blank before the colon": post("Transfer-Encoding : chunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "chunked in a folded line": post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "chunked behind a bare LF": post("X: y\nTransfer-Encoding: chunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "chunked behind a bare CR": post("X: y\rTransfer-Encoding: chunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "xchunked": post("Transfer-Encoding: xchunked\r\nContent-Length: 4", CHUNKED_HIDDEN),
    "chunked and identity": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", f"0\r\n\r\n{HIDDEN}"),
    "two lengths": post(f"Content-Length: {len(HIDDEN)}\r\nContent-Length: 0", HIDDEN),
    "length list": post(f"Content-Length: 0, {len(HIDDEN)}", HIDDEN),
    "length with a plus": post(f"Content-Length: +{len(HIDDEN)}", HIDDEN),
    "length nominated as hop-by-hop": post(f"Content-Length: {len(HIDDEN)}\r\nConnection: Content-Length", HIDDEN),
    "chunked nominated as hop-by-hop": post("Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding", CHUNKED_HIDDEN),
    "body in a GET": post(f"Content-Length: {len(HIDDEN)}", HIDDEN, first="GET"),
    "body in a HEAD": post(f"Content-Length: {len(HIDDEN)}", HIDDEN, first="HEAD"),
    "body in a DELETE": post("Transfer-Encoding: chunked", CHUNKED_HIDDEN, first="DELETE"),
    "chunk size with LF": post("Transfer-Encoding: chunked", f"5\nhello\r\n0\r\n\r\n{HIDDEN}"),
    "chunk extension with LF": post("Transfer-Encoding: chunked", f"2;\nxx\r\n{len(HIDDEN):x}\r\n0\r\n\r\n{HIDDEN}"),
    "chunk size that overflows": post("Transfer-Encoding: chunked", f"100000000000000000\r\n\r\n{HIDDEN}"),
    "last chunk with LF": post("Transfer-Encoding: chunked", f"0\n\r\n{HIDDEN}"),
    "trailer that names a length": post("Transfer-Encoding: chunked", f"0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n") + "X",
    "upgrade with a body": post(f"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: {len(HIDDEN)}", HIDDEN),
    "h2c": post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", HIDDEN, first="GET"),
    "chunked in HTTP/1.0": f"POST /x HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "header that ends the head": post("X: a\r\r\n\r\r\n", HIDDEN, first="GET"),
    "target with a line feed": f"GET /x%0d%0a{HIDDEN}",
    "value with NUL": post(f"X: a\0\r\nContent-Length: {len(HIDDEN)}", HIDDEN),
    "expectation": post(f"Expect: 100-continue\r\nContent-Length: {len(HIDDEN)}", HIDDEN),
    "two requests and a hidden one": post("", "", first="GET") + post(f"Content-Length: {len(HIDDEN)}", HIDDEN),
}


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port)


@pytest.mark.parametrize("kind", SHAPES)
def test_hidden_request_never_arrives(gateway, module_upstream, kind):
    module_upstream.take_all()
    judged = 2 if kind == "two requests and a hidden one" else 1
    with Wire(gateway.port) as wire:
        wire.send(SHAPES[kind])
        try:
            wire.finish_sending()
        except OSError:
            pass  # already refused and closed
        wire.read_to_end()
    assert get(gateway.port, "/sentinel").status == 200
    arrived = [request.target for request in module_upstream.take_all()]
    assert arrived.count("/x") <= judged
    assert arrived == ["/x"] * arrived.count("/x") + ["/sentinel"]


@pytest.mark.parametrize("answer", ["200 OK", "426 Upgrade Required", "404 Not Found"])
def test_bytes_behind_a_handshake_wait_for_the_upgrade(gateways, upstream, answer):
    upstream.answer = f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode()
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/")[0], HIDDEN)
        assert wire.read_response().status == int(answer[:3])
        try:
            assert wire.read_response().status == 401  # judged as the next request
        except Ended:
            pass
    assert [request.target for request in upstream.take_all()] == ["/ws/"]


def test_bytes_behind_a_handshake_with_a_wrong_version_are_judged(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/", version="9")[0], HIDDEN)
        wire.finish_sending()
        wire.read_to_end()
    assert "/private/smuggled" not in [request.target for request in upstream.take_all()]


def test_answer_is_never_given_to_another_client(gateways, upstream):
    """An upstream connection whose request was cut off must not be used again."""

    def answer(got):
        body = got.target.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    upstream.answer = answer
    gateway = gateways.start(ROUTES, upstream.port)
    token = tokens.token()
    for number in range(30):
        with Wire(gateway.port) as wire:
            wire.send(f"GET /private/{number} HTTP/1.1\r\nHost: a.test\r\n{': '.join(bearer(token))}\r\n\r\n")
            if number % 3 == 0:
                continue  # gone without waiting
            assert wire.read_response().body.decode() == f"/private/{number}"
