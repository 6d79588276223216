"""What the gateway says itself, to programs and to people; and what it adds to or lets through of the upstream's answers."""

import datetime
import email.utils
import html.parser
import json
import re
import threading

import pytest

from support import frames
from support.upstream import OK, Upstream
from support.waiting import free_port
from support.wire import Ended, Wire, get

ROUTES = [
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "posts/", "auth": "none", "methods": ["POST"]},
    {"path": "far/", "auth": "none", "deny": ["127.0.0.0/8"]},
    {"path": "down/", "auth": "none", "upstream": "down"},
    {"path": "slow/", "auth": "none", "upstream": "slow"},
    {"path": "full/", "auth": "none", "upstream": "full"},
    {"path": "ws/", "auth": "none", "websocket": {"only": True}},
    {"path": "x/<path:rest>", "auth": "none"},
]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
#: Where to go for each status.
REFUSALS = {400: "/x/../y", 403: "/far/", 404: "/nowhere/", 405: "/posts/", 502: "/down/", 504: "/slow/"}


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    silent = Upstream(lambda got: None)
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{module_upstream.port}"]},
        "down": {"servers": [f"127.0.0.1:{free_port()}"]},
        "slow": {"servers": [f"127.0.0.1:{silent.port}"], "response_timeout": "100ms"},
        "full": {"servers": [f"127.0.0.1:{module_upstream.port}"], "max_in_flight": 1},
    }
    yield module_gateways.start(ROUTES, module_upstream.port, upstreams=upstreams, limits={"body": "1KiB"}, health="/healthz",
    logs={"format": "json"})
    silent.stop()


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    yield module_upstream
    module_upstream.answer = OK


def words(response, name):
    return {word.strip().lower() for value in response.all(name) for word in value.split(",")}


# People and programs


class Page(html.parser.HTMLParser):
    """The text of a page, and every tag and attribute in it."""

    def __init__(self, text):
        super().__init__()
        self.text, self.tags, self.attributes = "", [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("status", REFUSALS)
def test_browser_gets_a_page(gateway, status):
    response = get(gateway.port, REFUSALS[status], [("Accept", BROWSER)])
    assert response.status == status
    assert response.get("content-type").lower() == "text/html; charset=utf-8"
    text = response.body.decode()
    assert text.lower().startswith("<!doctype html>") and len(text) > 200
    page = Page(text)
    assert str(status) in page.text
    assert {"html", "title", "body"} <= set(page.tags)
    assert not {"script", "img", "link", "iframe"} & set(page.tags), "nothing to fetch, nothing to run"
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "src"]
    assert response.get("x-request-id") in page.text, "what to tell the operator"


@pytest.mark.parametrize("status", REFUSALS)
def test_program_gets_a_problem(gateway, status):
    response = get(gateway.port, REFUSALS[status], [("Accept", "application/json")])
    assert response.status == status and response.get("content-type") == "application/problem+json"
    body = json.loads(response.body)
    assert body["status"] == status and body["type"].startswith("urn:tollgate:problem:") and body["title"]
    assert body["request_id"] == response.get("x-request-id")


ACCEPT = {
    "browser": ([BROWSER], True),
    "html": (["text/html"], True),
    "xhtml": (["application/xhtml+xml"], None),
    "html in capitals": (["TEXT/HTML"], True),
    "text": (["text/*"], True),
    "html first": (["text/html, application/json;q=0.9"], True),
    "html in another line": (["image/png", "text/html"], True),
    "html with a parameter": (["text/html;level=1"], None),
    "nothing": ([], False),
    "everything": (["*/*"], False),
    "empty": ([""], False),
    "json": (["application/json"], False),
    "problem": (["application/problem+json"], False),
    "json first": (["application/json, text/html;q=0.9"], False),
    "json first in disorder": (["text/html;q=0.1, application/problem+json;q=0.2"], False),
    "no html": (["text/html;q=0, */*"], False),
    "no html at all": (["text/html;q=0.000"], False),
    "image": (["image/png"], False),
    "htmlx": (["text/htmlx"], False),
    "garbage": ([",;q=,text/html;q=x;;,"], None),
    "much": (["a/b," * 500 + "text/html"], None),
}


@pytest.mark.parametrize("kind", ACCEPT)
def test_accept_decides(gateway, kind):
    lines, is_page = ACCEPT[kind]
    response = get(gateway.port, "/nowhere/", [("Accept", line) for line in lines])
    assert response.status == 404
    assert response.get("content-type") in ("text/html; charset=utf-8", "application/problem+json")
    if is_page is not None:
        assert response.get("content-type").startswith("text/html") == is_page


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_answer_is_not_kept_for_others(gateway, status, accept):
    """404 and 405 may be cached without a word (RFC 9110 section 15.1), and this one depends on who asks."""
    response = get(gateway.port, REFUSALS[status], [("Accept", accept)])
    assert "accept" in words(response, "vary") or words(response, "cache-control") & {"no-store", "private"}


def test_page_for_head_has_its_length_alone(gateway):
    with Wire(gateway.port) as wire:
        response = wire.send(f"HEAD /nowhere/ HTTP/1.1\r\nHost: a.test\r\nAccept: {BROWSER}\r\n\r\n").read_response("HEAD")
        assert response.status == 404 and int(response.get("content-length")) > 200
        assert wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response().status == 200


@pytest.mark.parametrize("lines", [
    ["X-Request-Id: <script>alert(1)</script>"], ["Referer: http://<b>"], ["User-Agent: <script>"], ["X-Forwarded-For: <i>"],
    ["Cookie: <u>"],
])  # fmt: skip
def test_nothing_that_a_client_says_stands_in_a_page(gateway, lines):
    sent = "".join(line + "\r\n" for line in lines)
    with Wire(gateway.port) as wire:
        wire.send(f"GET /nowhere/%3Cscript%3E/<script>/?q=<script> HTTP/1.1\r\nHost: a.test\r\nAccept: {BROWSER}\r\n{sent}\r\n")
        response = wire.read_response()
    assert response.status in (400, 404)
    assert not {"script", "b", "i", "u"} & set(Page(response.body.decode()).tags)


def test_id_that_a_trusted_proxy_says_is_text_in_a_page(module_gateways, module_upstream):
    gateway = module_gateways.start(ROUTES[:1], module_upstream.port, trusted_proxies=["127.0.0.1"])
    said = "<b>&amp'</b><script>"
    response = get(gateway.port, "/nowhere/", [("Accept", BROWSER), ("X-Request-Id", said)])
    page = Page(response.body.decode())
    assert said in page.text and not {"b", "script"} & set(page.tags)


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_refused_token_is_told_in_the_frameworks_words(gateway, accept):
    """Clients of simplejwt parse this."""
    response = get(gateway.port, "/private/x", [("Accept", accept)])
    assert response.status == 401 and response.get("content-type") == "application/json"
    assert json.loads(response.body) == {"detail": "Authentication credentials were not provided."}


def test_body_too_large_is_told_to_people_too(gateway):
    with Wire(gateway.port) as wire:
        wire.send(f"POST /x/y HTTP/1.1\r\nHost: a.test\r\nAccept: {BROWSER}\r\nContent-Length: 5000\r\n\r\n")
        response = wire.read_response()
    assert response.status == 413 and response.get("content-type").startswith("text/html")


def test_handshake_is_refused_without_a_page(gateway):
    request, _ = frames.handshake("/nowhere/", [("Accept", "*/*")])
    with Wire(gateway.port) as wire:
        assert wire.send(request).read_response().get("content-type") == "application/problem+json"


# Date


def date(response):
    [value] = response.all("date")
    assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT", value)
    return email.utils.parsedate_to_datetime(value)


def assert_is_now(moment):
    assert abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()) < 3


OWN_ANSWERS = {
    "400": ("/x/../y", "GET", ""), "401": ("/private/x", "GET", ""), "403": ("/far/", "GET", ""), "404": ("/nowhere/", "GET", ""),
    "405": ("/posts/", "GET", ""), "502": ("/down/", "GET", ""), "504": ("/slow/", "GET", ""), "health": ("/healthz", "GET", ""),
    "HEAD": ("/healthz", "HEAD", ""), "malformed": ("/x/y", "GET", "X : y\r\n"), "refused": ("/private/x", "POST",
    "Content-Length: 0\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OWN_ANSWERS)
def test_own_answer_is_dated(gateway, kind):
    target, method, lines = OWN_ANSWERS[kind]
    with Wire(gateway.port) as wire:
        response = wire.send(f"{method} {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n").read_response(method)
    assert_is_now(date(response))


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "304 Not Modified", "404 Not Found", "500 Oops"])
def test_answer_of_an_upstream_without_a_clock_is_dated(gateway, backend, status):
    length = "" if status[:3] in ("204", "304") else "Content-Length: 0\r\n"
    backend.answer = f"HTTP/1.1 {status}\r\n{length}\r\n".encode()
    assert_is_now(date(get(gateway.port, "/x/y")))


@pytest.mark.parametrize("value", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "whenever"])
@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
def test_date_of_the_upstream_is_the_date(gateway, backend, name, value):
    backend.answer = f"HTTP/1.1 200 OK\r\n{name}: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    assert get(gateway.port, "/x/y").all("date") == [value]


def test_clock_goes_on_while_a_connection_is_kept(gateway, backend):
    with Wire(gateway.port) as wire:
        seen = set()

        def turn():
            response = wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response()
            assert_is_now(date(response))
            seen.add(response.get("date"))
            return len(seen) >= 2

        while not turn():
            pass


# Interim answers

HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\nLink: </a.js>; rel=preload\r\nX-Hint: 1\r\nConnection: close\r\n\r\n"


def test_early_hints_arrive_early(gateway, backend):
    go = threading.Event()

    def answer(got):
        got.wire.send(HINTS)
        assert go.wait(10)
        return OK

    backend.answer = answer
    with Wire(gateway.port) as wire:
        wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        hints = wire.read_head()  # while the answer itself is still being made
        assert hints.status == 103 and hints.all("link") == ["</style.css>; rel=preload; as=style", "</a.js>; rel=preload"]
        assert hints.get("x-hint") == "1" and hints.all("date") == hints.all("connection") == hints.all("content-length") == []
        go.set()
        response = wire.read_response()
        assert (response.status, response.body) == (200, b"ok") and response.get("connection") is None
        backend.answer = OK
        assert wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response().status == 200


def test_several_interim_answers_pass_in_order(gateway, backend):
    backend.answer = HINTS + b"HTTP/1.1 102 Processing\r\n\r\n" + HINTS + OK
    with Wire(gateway.port) as wire:
        wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        statuses = [wire.read_head().status]
        while statuses[-1] < 200:
            statuses.append(wire.read_head().status)
    assert statuses == [103, 102, 103, 200]


def test_old_client_gets_no_interim_answer(gateway, backend):
    backend.answer = HINTS + OK
    with Wire(gateway.port) as wire:
        assert wire.send("GET /x/y HTTP/1.0\r\nHost: a.test\r\n\r\n").read_response().status == 200


def test_interim_answers_without_end_are_no_answer(gateway, backend):
    def answer(got):
        for _ in range(10_000):
            got.wire.send(HINTS)
        return False

    backend.answer = answer
    with Wire(gateway.port) as wire:
        wire.send("GET /x/y HTTP/1.1\r\nHost: a.test\r\n\r\n")
        count = 0
        try:
            while (head := wire.read_head()).status < 200:
                count += 1
        except Ended:
            head = None
        assert head is None or head.status == 502
    backend.answer = OK
    assert get(gateway.port, "/x/y").status == 200


def test_hints_before_a_refused_handshake_pass(module_gateways, module_upstream, backend):
    gateway = module_gateways.start(ROUTES[6:7], module_upstream.port)
    backend.answer = HINTS + b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/")[0])
        statuses = [wire.read_head().status]
        while statuses[-1] < 200:
            statuses.append(wire.read_head().status)
    assert statuses[-1] == 404


# The request's id, for whoever asks


@pytest.mark.parametrize("target", ["/private/x", "/nowhere/", "/down/", "/healthz", "/x/../y"])
def test_own_answer_tells_its_id(gateway, target):
    response = get(gateway.port, target)
    assert gateway.wait_for(re.escape(response.get("x-request-id")))
