"""Requests that servers read differently are answered with the right status and a closed connection, and go nowhere."""

import json

import pytest

from support.upstream import OK
from support.wire import Wire

ROUTES = [{"path": "<path:rest>", "auth": "none"}, {"path": "", "auth": "none"}]


def with_line(line, first="GET /x HTTP/1.1"):
    return f"{first}\r\nHost: a.test\r\n{line}\r\n\r\n"


def with_target(target):
    return f"GET {target} HTTP/1.1\r\nHost: a.test\r\n\r\n"


def post_with(lines):
    return f"POST /x HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n\r\n0\r\n\r\n"


MALFORMED = {
    # Lines
    "bare LF everywhere": ("GET /x HTTP/1.1\nHost: a.test\n\n", 400),
    "bare LF after a header": ("GET /x HTTP/1.1\r\nHost: a.test\nX: y\r\n\r\n", 400),
    "bare LF after the request line": ("GET /x HTTP/1.1\nHost: a.test\r\n\r\n", 400),
    "bare LF as the last line": ("GET /x HTTP/1.1\r\nHost: a.test\r\n\n", 400),
    "bare CR in a value": (with_line("X: a\rY: b"), 400),
    "folded line": (with_line("X: a\r\n b"), 400),
    "folded line with a tab": (with_line("X: a\r\n\tb"), 400),
    "folded first header": ("GET /x HTTP/1.1\r\n X: a\r\nHost: a.test\r\n\r\n", 400),
    "no colon": (with_line("X"), 400),
    "empty name": (with_line(": x"), 400),
    "blank before the colon": (with_line("X : x"), 400),
    "tab before the colon": (with_line("X\t: x"), 400),
    "blank in a name": (with_line("X Y: x"), 400),
    "parenthesis in a name": (with_line("X(Y): x"), 400),
    "byte above 127 in a name": (with_line("X\xe4: x"), 400),
    "NUL in a name": (with_line("X\0: x"), 400),
    "NUL in a value": (with_line("X: a\0b"), 400),
    "control byte in a value": (with_line("X: a\x01b"), 400),
    "vertical tab in a value": (with_line("X: a\x0bb"), 400),
    "form feed in a value": (with_line("X: a\x0cb"), 400),
    "separator 1C in a value": (with_line("X: a\x1cb"), 400),
    "DEL in a value": (with_line("X: a\x7fb"), 400),
    # Request line
    "nothing but a word": ("GET\r\nHost: a.test\r\n\r\n", 400),
    "HTTP/0.9": ("GET /x\r\n\r\n", 400),
    "two blanks": ("GET  /x HTTP/1.1\r\nHost: a.test\r\n\r\n", 400),
    "tab for blank": ("GET\t/x\tHTTP/1.1\r\nHost: a.test\r\n\r\n", 400),
    "blank before": (" GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n", 400),
    "blank after": ("GET /x HTTP/1.1 \r\nHost: a.test\r\n\r\n", 400),
    "method that is no token": ("G(T /x HTTP/1.1\r\nHost: a.test\r\n\r\n", 400),
    "lower-case version": ("GET /x http/1.1\r\nHost: a.test\r\n\r\n", 400),
    "other protocol": ("GET /x RTSP/1.0\r\nHost: a.test\r\n\r\n", 400),
    "version of three digits": ("GET /x HTTP/1.11\r\nHost: a.test\r\n\r\n", 400),
    "HTTP/2.0": ("GET /x HTTP/2.0\r\nHost: a.test\r\n\r\n", 505),
    "HTTP/3.0": ("GET /x HTTP/3.0\r\nHost: a.test\r\n\r\n", 505),
    "HTTP/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "TLS hello": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 40 + "\r\n\r\n", 400),
    "CONNECT": ("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", {400, 405, 501}),
    "CONNECT with a path": ("CONNECT /x HTTP/1.1\r\nHost: a.test\r\n\r\n", {400, 405, 501}),
    "TRACE": ("TRACE /x HTTP/1.1\r\nHost: a.test\r\n\r\n", {405, 501}),
    # Targets
    "no slash": (with_target("x"), 400),
    "asterisk": (with_target("*"), 400),
    "fragment": (with_target("/x#y"), 400),
    "backslash": (with_target("/x\\y"), 400),
    "byte above 127": (with_target("/x\xe4"), 400),
    "control byte": (with_target("/x\x01"), 400),
    "absolute form of another host": (with_target("http://b.test/x"), 400),
    # Host
    "no Host": ("GET /x HTTP/1.1\r\nX: y\r\n\r\n", 400),
    "two Hosts": (with_line("Host: b.test"), 400),
    "two equal Hosts": (with_line("Host: a.test"), 400),
    "Host with a path": ("GET /x HTTP/1.1\r\nHost: a.test/x\r\n\r\n", 400),
    "Host with a user": ("GET /x HTTP/1.1\r\nHost: u@a.test\r\n\r\n", 400),
    "Host with a blank": ("GET /x HTTP/1.1\r\nHost: a.test b.test\r\n\r\n", 400),
    "Host list": ("GET /x HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n", 400),
    "Host with a bad port": ("GET /x HTTP/1.1\r\nHost: a.test:8o\r\n\r\n", 400),
    # Framing
    "length with a sign": (post_with("Content-Length: +5"), 400),
    "negative length": (post_with("Content-Length: -5"), 400),
    "hexadecimal length": (post_with("Content-Length: 0x5"), 400),
    "empty length": (post_with("Content-Length:"), 400),
    "length list": (post_with("Content-Length: 5, 5"), 400),
    "length with a blank inside": (post_with("Content-Length: 5 5"), 400),
    "length with an exponent": (post_with("Content-Length: 1e1"), 400),
    "length beyond 64 bits": (post_with("Content-Length: 18446744073709551621"), {400, 413}),
    "two lengths": (post_with("Content-Length: 5\r\nContent-Length: 6"), 400),
    "the same length twice": (post_with("Content-Length: 5\r\nContent-Length: 5"), 400),
    "length and chunked": (post_with("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400),
    "chunked and length": (post_with("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400),
    "chunked twice in two lines": (post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), {400, 501}),
    "chunked twice": (post_with("Transfer-Encoding: chunked, chunked"), {400, 501}),
    "chunked not last": (post_with("Transfer-Encoding: chunked, gzip"), {400, 501}),
    "gzip and chunked": (post_with("Transfer-Encoding: gzip, chunked"), {400, 501}),
    "unknown coding": (post_with("Transfer-Encoding: gzip"), 501),
    "xchunked": (post_with("Transfer-Encoding: xchunked"), {400, 501}),
    "identity": (post_with("Transfer-Encoding: identity"), {400, 501}),
    "empty coding": (post_with("Transfer-Encoding:"), {400, 501}),
    "coding with a parameter": (post_with("Transfer-Encoding: chunked;a=b"), {400, 501}),
    "quoted coding": (post_with('Transfer-Encoding: "chunked"'), {400, 501}),
    "chunked in HTTP/1.0": ("POST /x HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "unknown expectation": (post_with("Expect: 200-ok\r\nContent-Length: 5"), 417),
    # Size
    "target too long": (with_target("/" + "x" * 9000), 414),
    "query too long": (with_target("/x?" + "x" * 9000), 414),
    "endless request line": ("GET /" + "x" * 20000, 414),
    "header too long": (with_line("X: " + "x" * 9000), 431),
    "endless header": (f"GET /x HTTP/1.1\r\nHost: a.test\r\nX: {'x' * 40000}", 431),
    "too many headers": (with_line("\r\n".join(f"X-{number}: y" for number in range(101))), 431),
    "headers too long together": (with_line("\r\n".join(f"X-{number}: {'y' * 7000}" for number in range(6))), 431),
}


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port)


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_request_is_refused_and_goes_nowhere(gateway, module_upstream, kind):
    sent, expected = MALFORMED[kind]
    with Wire(gateway.port) as wire:
        wire.send(sent)
        response = wire.read_response()
        assert response.status in (expected if isinstance(expected, set) else {expected})
        assert response.get("content-type") == "application/problem+json"
        assert json.loads(response.body)["status"] == response.status
        wire.expect_end()
    assert module_upstream.take_all() == []


PATHS = {
    "bad escape": "/x%zz",
    "cut escape": "/x%4",
    "escaped NUL": "/x%00",
    "escaped line feed": "/x%0a",
    "escaped backslash": "/x%5cy",
    "dot segments": "/a/../x",
    "dot segment": "/a/./x",
    "escaped dot segments": "/a/%2e%2E/x",
    "dot segments at the end": "/a/..",
    "empty segment": "//x",
    "empty segment inside": "/a//x",
    "semicolon": "/a;v=1/x",
    "escaped slash": "/a%2fx",
    "overlong UTF-8": "/x%c0%af",
}


@pytest.mark.parametrize("kind", PATHS)
def test_path_that_servers_read_differently_is_refused(gateway, module_upstream, kind):
    """The request's end is beyond doubt, so the connection may go on."""
    with Wire(gateway.port) as wire:
        wire.send(with_target(PATHS[kind]), with_target("/good"))
        response = wire.read_response()
        assert response.status == 400
        assert response.get("content-type") == "application/problem+json"
        if response.get("connection") != "close":
            assert wire.read_response().status == 200
    assert {request.target for request in module_upstream.take_all()} <= {"/good"}


@pytest.mark.parametrize("kind", ["bare LF after a header", "length and chunked", "two Hosts", "header too long"])
def test_malformed_request_behind_a_good_one_ends_the_connection(gateway, module_upstream, kind):
    sent, expected = MALFORMED[kind]
    with Wire(gateway.port) as wire:
        wire.send("GET /good HTTP/1.1\r\nHost: a.test\r\n\r\n", sent, "GET /after HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert wire.read_response().status == 200
        assert wire.read_response().status == expected
        wire.expect_end()
    assert [request.target for request in module_upstream.take_all()] == ["/good"]


MALFORMED_CHUNKS = {
    "hexadecimal prefix": "0x5\r\nhello\r\n0\r\n\r\n",
    "sign": "+5\r\nhello\r\n0\r\n\r\n",
    "negative": "-5\r\nhello\r\n0\r\n\r\n",
    "blank before": " 5\r\nhello\r\n0\r\n\r\n",
    "empty": "\r\nhello\r\n0\r\n\r\n",
    "no digit": "x\r\nhello\r\n0\r\n\r\n",
    "beyond 64 bits": "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "negative in 64 bits": "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "bare LF after the size": "5\nhello\r\n0\r\n\r\n",
    "bare LF after the data": "5\r\nhello\n0\r\n\r\n",
    "bare CR after the size": "5\rXhello\r\n0\r\n\r\n",
    "data longer than said": "5\r\nhello!\r\n0\r\n\r\n",
    "bare LF in an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "endless extension": f"5;{'a' * 100_000}\r\nhello\r\n0\r\n\r\n",
    "bare LF at the end": "5\r\nhello\r\n0\n\n",
    "folded trailer": "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "bad trailer": "5\r\nhello\r\n0\r\nX y: a\r\n\r\n",
    "endless trailers": "5\r\nhello\r\n0\r\n" + "X: yyyyyyyyyyyyyyyyyyyy\r\n" * 10_000,
}


@pytest.mark.parametrize("kind", MALFORMED_CHUNKS)
def test_malformed_chunk_ends_the_request_and_the_connection(gateway, module_upstream, kind):
    with Wire(gateway.port) as wire:
        wire.send("POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            wire.send(MALFORMED_CHUNKS[kind])
        except ConnectionError:
            pass  # refused before everything was sent
        response = wire.read_response()
        assert response.status in (400, 431)
        wire.expect_end()
    assert module_upstream.take_all() == [], "the upstream never sees a whole request"


WELL_FORMED = {
    "absolute form of the same host": "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "empty line first": "\r\nGET /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "method of its own": "PROPFIND /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "no blank after the colon": "GET /x HTTP/1.1\r\nHost:a.test\r\nX:y\r\n\r\n",
    "many blanks around a value": "GET /x HTTP/1.1\r\nHost: \t a.test \t \r\n\r\n",
    "Host with a port": "GET /x HTTP/1.1\r\nHost: a.test:8080\r\n\r\n",
    "IPv6 Host": "GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    "UTF-8 in a value": "GET /x HTTP/1.1\r\nHost: a.test\r\nX: gr\xc3\xbc\xc3\x9f\r\n\r\n",
    "escaped letters": "GET /%78/%C3%A4?q=%2e%2e//;\\ HTTP/1.1\r\nHost: a.test\r\n\r\n".replace("\\", "%5c"),
    "dots inside a segment": "GET /a..b/...c/.d HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "a hundred headers": "GET /x HTTP/1.1\r\nHost: a.test\r\n" + "".join(f"X-{n}: y\r\n" for n in range(99)) + "\r\n",
    "long target": f"GET /{'x' * 8000} HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "upper-case coding": "POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
    "chunk sizes with zeros": "POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n0\r\n\r\n",
    "length with zeros": "POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0005\r\n\r\nhello",
}


@pytest.mark.parametrize("kind", WELL_FORMED)
def test_unusual_but_well_formed_request_is_served(gateway, module_upstream, kind):
    module_upstream.answer = OK
    with Wire(gateway.port) as wire:
        wire.send(WELL_FORMED[kind])
        assert wire.read_response().status == 200
    assert len(module_upstream.take_all()) == 1


def test_tolerated_path_forms_are_forwarded_as_they_came(gateways, upstream):
    route = {"path": "<path:rest>", "auth": "none", "tolerate": ["//", ";", "%2F"]}
    gateway = gateways.start([route], upstream.port)
    for target in ["/a//b", "/a;v=1/b", "/a%2fb"]:
        with Wire(gateway.port) as wire:
            assert wire.send(with_target(target)).read_response().status == 200
        assert upstream.take().target == target
    for target in ["/a/../b", "/a%5cb", "/a%00"]:
        with Wire(gateway.port) as wire:
            assert wire.send(with_target(target)).read_response().status == 400
    assert upstream.take_all() == []
