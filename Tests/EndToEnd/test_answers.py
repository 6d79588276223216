"""The gateway's own answers: for programs, for people, and what all responses carry."""

import email.utils
import html.parser
import json
import threading
import time

import pytest

from support import frames
from support.clients import access_line, ask, request, wire_from
from support.frames import read_frame
from support.gateway import settings
from support.upstream import OK, Upstream
from support.waiting import free_port
from support.wire import Wire, get

ROUTES = [
    {"path": "private/", "auth": "required"},
    {"path": "posts/", "auth": "none", "methods": ["POST"]},
    {"path": "inside/", "auth": "none", "allow": ["192.0.2.0/24"]},
    {"path": "down/", "auth": "none", "upstream": "down"},
    {"path": "slow/", "auth": "none", "upstream": "slow"},
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "ws/private/", "auth": "required", "websocket": {"only": True, "refuse": "http"}},
    {"path": "public/<path:rest>", "auth": "none"},
]
PROXY = "127.0.0.2"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.fixture(scope="module")
def silent():
    upstream = Upstream(lambda got: None)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream, silent):
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{module_upstream.port}"]},
        "down": {"servers": [f"127.0.0.1:{free_port()}"]},
        "slow": {"servers": [f"127.0.0.1:{silent.port}"], "response_timeout": "100ms"},
    }
    return module_gateways.start(
        ROUTES, module_upstream.port, upstreams=upstreams, trusted_proxies=[PROXY], health="/healthz",
        limits={"body": "1KiB", "request_line": "1KiB", "header": "1KiB"}, logs={"format": "json"},
    )  # fmt: skip


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


# Each refusal: the request, status, type. The first ones are judged and answered with what the client likes best.
JUDGED = {
    "bad path": (request("/public/%zz"), 400, "bad-path"),
    "dot segment": (request("/public/../x"), 400, "bad-path"),
    "address": (request("/inside/"), 403, "address-not-allowed"),
    "no route": (request("/nowhere"), 404, "no-route"),
    "method": (request("/posts/"), 405, "method-not-allowed"),
    "body": (request("/public/x", [("Content-Length", "2000")], "POST"), 413, "body-too-large"),
    "down": (request("/down/"), 502, "bad-gateway"),
    "slow": (request("/slow/"), 504, "gateway-timeout"),
    "no socket here": (frames.handshake("/public/x")[0], 404, "no-route"),
    "old handshake": (frames.handshake("/ws/", version="8")[0], 426, "websocket-version"),
    "bad handshake": (frames.handshake("/ws/", key="short")[0], 400, "bad-request"),
    "origin": (frames.handshake("/ws/", [("Origin", "https://evil.example")])[0], 403, "origin-not-allowed"),
}
UNREADABLE = {
    "malformed": (request("/public/x", [("Bad Name", "x")]), 400, "bad-request"),
    "no host": (request("/public/x", host=None), 400, "bad-request"),
    "long target": (request("/public/" + "x" * 2000), 414, "target-too-long"),
    "large header": (request("/public/x", [("X", "x" * 2000)]), 431, "header-too-large"),
    "coding": (request("/public/x", [("Transfer-Encoding", "gzip, chunked")]), 501, "not-implemented"),
    "version": (request("/public/x", version="2.0"), 505, "version-not-supported"),
    "method": (request("/public/x", method="TRACE"), 405, "method-not-allowed"),
    "expectation": (request("/public/x", [("Expect", "miracles")], "POST", body="x"), 417, "expectation-failed"),
}
REFUSALS = JUDGED | {f"unreadable {name}": case for name, case in UNREADABLE.items()}


def with_lines(text, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head, _, body = text.partition("\r\n\r\n")
    return f"{head}\r\n{lines}\r\n{body}"


def refused(gateway, text, headers=(), source="127.0.0.1"):
    with wire_from(source, gateway.port) as wire:
        return wire.send(with_lines(text, headers)).read_response()


# For programs


@pytest.mark.parametrize("case", REFUSALS)
def test_problem_says_what_its_status_says(gateway, case):
    text, status, kind = REFUSALS[case]
    response = refused(gateway, text)
    assert (response.status, response.get("content-type")) == (status, "application/problem+json")
    problem = json.loads(response.body)
    assert set(problem) == {"type", "title", "status", "request_id"}
    assert problem["status"] == status and problem["title"]
    assert problem["type"] == f"urn:tollgate:problem:{kind}"
    assert problem["request_id"] == response.get("x-request-id")
    assert response.reason


@pytest.mark.parametrize("case", ["no route", "down", "unreadable malformed"])
def test_request_id_is_found_in_the_log(gateway, case):
    request_id = refused(gateway, REFUSALS[case][0]).get("x-request-id")
    line = json.loads(gateway.wait_for(f'"{request_id}"'))
    assert (line["id"], line["status"]) == (request_id, REFUSALS[case][1])


def test_request_id_upstream_is_the_logs(gateway, backend):
    assert get(gateway.port, "/public/named").status == 200
    assert access_line(gateway, "/public/named")["id"] == backend.take().get("X-Request-Id")


def test_each_request_has_an_id_of_its_own(gateway, backend):
    with Wire(gateway.port) as wire:
        ids = [ask(wire, "/nowhere").get("x-request-id") for _ in range(3)]
        ask(wire, "/public/x")
        ids.append(backend.take().get("X-Request-Id"))
    with Wire(gateway.port) as wire:
        ids.append(ask(wire, "/nowhere").get("x-request-id"))
    assert len(set(ids)) == 5 and all(ids)


def test_trusted_proxys_id_is_shown_and_logged_beside_the_gateways(gateway):
    response = refused(gateway, request("/nowhere/named"), [("X-Request-Id", "edge-7f3a")], PROXY)
    assert response.get("x-request-id") == json.loads(response.body)["request_id"] == "edge-7f3a"
    line = access_line(gateway, "/nowhere/named")
    assert line["request_id"] == "edge-7f3a" and line["id"] != "edge-7f3a"
    response = refused(gateway, request("/nowhere"), [("X-Request-Id", "edge-7f3a")])
    assert response.get("x-request-id") != "edge-7f3a"


@pytest.mark.parametrize("case", ["no route", "method", "down", "address"])
def test_head_has_the_head_alone(gateway, case):
    with Wire(gateway.port) as wire:
        response = ask(wire, REFUSALS[case][0].split(" ")[1], method="HEAD")
        assert response.status == REFUSALS[case][1] and int(response.get("content-length")) > 0
        assert ask(wire, "/public/x").body == b"ok"


def test_frameworks_words_stay_json_for_browsers(gateway):
    response = get(gateway.port, "/private/", [("Accept", BROWSER)])
    assert (response.status, response.get("content-type")) == (401, "application/json")
    assert json.loads(response.body) == {"detail": "Authentication credentials were not provided."}
    assert response.get("x-request-id")


# For people


class Page(html.parser.HTMLParser):
    """Every element closed in its place; the text and the attributes that would load or run something are collected."""

    VOID = {"meta"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.text, self.declared, self.suspicious, self.elements = [], "", None, [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_decl(self, declaration):
        assert not self.elements
        self.declared = declaration

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        assert len(dict(attributes)) == len(attributes)
        self.suspicious += [name for name, _ in attributes if name in ("src", "href", "action") or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


@pytest.mark.parametrize("case", JUDGED)
def test_browser_gets_a_page(gateway, case):
    text, status, _ = JUDGED[case]
    response = refused(gateway, text, [("Accept", BROWSER)])
    assert (response.status, response.get("content-type")) == (status, "text/html; charset=utf-8")
    page = Page(response.body.decode())
    assert page.declared.lower() == "doctype html"
    assert page.elements[:2] == ["html", "head"] and {"title", "body", "h1"} <= set(page.elements)
    assert not {"script", "link", "img", "iframe", "form", "base"} & set(page.elements) and not page.suspicious
    assert "url(" not in response.body.decode() and "@import" not in response.body.decode()
    assert str(status) in page.text and response.get("x-request-id") in page.text


@pytest.mark.parametrize("accept", [None, BROWSER])
@pytest.mark.parametrize("case", JUDGED)
def test_caches_keep_both_forms_apart(gateway, case, accept):
    response = refused(gateway, JUDGED[case][0], [("Accept", accept)] if accept else [])
    assert "accept" in {name.strip().lower() for value in response.all("vary") for name in value.split(",")}


ACCEPTS = [
    ([], "json"),
    (["*/*"], "json"),
    (["text/html"], "html"),
    (["TEXT/HTML"], "html"),
    (["text/*"], "html"),
    (["text/html, */*"], "html"),
    ([BROWSER], "html"),
    (["text/html;level=1"], "html"),
    (["text/html ; q=0.9 , application/json;q=0.8"], "html"),
    (["text/html;q=0.8, application/json;q=0.9"], "json"),
    (["text/html;q=0.8, application/problem+json"], "json"),
    (["application/json"], "json"),
    (["application/json, text/html"], "json"),
    (["application/json, text/plain, */*"], "json"),
    (["text/html;q=0"], "json"),
    (["text/html;q=0, */*"], "json"),
    (["text/html;q=nonsense"], "json"),
    (["text/html;q=2"], "json"),
    (["text/htmlx"], "json"),
    (["image/png"], "json"),
    (["application/xhtml+xml"], "json"),
    (["", "text/html"], "html"),
    (["application/json;q=0.5", "text/html;q=0.6"], "html"),
    (["text/html;q=0.5", "application/json;q=0.6"], "json"),
    (["*/*;q=0.9, text/html;q=0.1"], "json"),
    (['application/json;a="text/html,text/html"'], "json"),
    (["," * 500], "json"),
    (["text/html;" * 50], "html"),
]


@pytest.mark.parametrize("lines, kind", ACCEPTS)
def test_accept_decides(gateway, lines, kind):
    for target, status in [("/nowhere", 404), ("/down/", 502)]:  # before and after the request is composed
        response = get(gateway.port, target, [("Accept", line) for line in lines])
        assert (response.status, "html" if "html" in response.get("content-type") else "json") == (status, kind)


MARKS = ["mark-3f9c", "<mark-3f9c>", "%3Cmark-3f9c%3E", "mark-3f9c&lt;", "mark-3f9c\"'", "mark-3f9c\x80"]


@pytest.mark.parametrize("accept", ["application/json", BROWSER])
def test_nothing_that_was_sent_comes_back(gateway, accept):
    for mark in MARKS:
        headers = [(name, mark) for name in ["X-Odd", "Referer", "User-Agent", "X-Request-Id", "Origin", "Cookie"]]
        for target in ["/nowhere/{}", "/nowhere?{}", "/public/{}%zz", "/down/?{}", "/inside/?{}"]:
            target = target.format(mark.replace("\x80", "%80"))
            with Wire(gateway.port) as wire:
                response = ask(wire, target, [("Accept", accept), *headers], host="mark-3f9c.test")
            assert response.status in (400, 403, 404, 502)
            assert b"mark-3f9c" not in response.head and b"mark-3f9c" not in response.body


@pytest.mark.parametrize("request_id", ["<script>alert(1)</script>", "a&amp;b", "'onload='x", "&#60;"])
def test_id_of_a_proxy_is_shown_as_text(gateway, request_id):
    headers = [("X-Request-Id", request_id), ("Accept", BROWSER)]
    response = refused(gateway, request("/nowhere"), headers if ";" not in request_id else headers[1:], PROXY)
    page = Page(response.body.decode())
    assert "script" not in page.elements and not page.suspicious
    assert response.get("x-request-id") in page.text
    response = refused(gateway, request("/nowhere"), headers[:1], PROXY)
    assert json.loads(response.body)["request_id"] == response.get("x-request-id")


# What all responses carry


def is_now(date):
    stamp = email.utils.parsedate_to_datetime(date)
    assert email.utils.format_datetime(stamp, usegmt=True) == date, "IMF-fixdate, RFC 9110 section 5.6.7"
    return abs(stamp.timestamp() - time.time()) <= 3


@pytest.mark.parametrize("case", REFUSALS)
def test_own_answers_have_a_date(gateway, case):
    assert is_now(refused(gateway, REFUSALS[case][0]).get("date"))


def test_health_and_challenges_have_a_date(gateway):
    for target in ["/healthz", "/private/"]:
        assert is_now(get(gateway.port, target).get("date"))


@pytest.mark.parametrize("status", ["200 OK", "304 Not Modified", "404 Not Found"])
def test_response_without_a_date_gets_one(gateway, backend, status):
    backend.answer = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()
    with Wire(gateway.port) as wire:
        for _ in range(2):
            assert is_now(ask(wire, "/public/x").get("date"))


@pytest.mark.parametrize("name", ["Date", "date", "DATE"])
def test_date_of_the_backend_is_kept_alone(gateway, backend, name):
    backend.answer = f"HTTP/1.1 200 OK\r\n{name}: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n".encode()
    assert get(gateway.port, "/public/x").get("date") == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_date_goes_on(gateway, backend):
    with Wire(gateway.port) as wire:
        first = ask(wire, "/public/x").get("date")
        deadline = time.monotonic() + 3
        while ask(wire, "/public/x").get("date") == first:
            assert time.monotonic() < deadline, "the date stands still"
            time.sleep(0.05)


def test_early_hints_pass_in_order_and_bare(gateway, backend):
    hints = [f"HTTP/1.1 103 Early Hints\r\nLink: </{name}.css>; rel=preload\r\n\r\n".encode() for name in "ab"]
    backend.answer = hints[0] + hints[1] + OK
    with Wire(gateway.port) as wire:
        for _ in range(2):
            wire.send(request("/public/x"))
            for name in "ab":
                hint = wire.read_response()
                assert (hint.status, hint.fields) == (103, [("link", f"</{name}.css>; rel=preload")])
            final = wire.read_response()
            assert (final.status, final.body, final.all("link")) == (200, b"ok", [])


def test_early_hints_come_before_the_answer_is_there(gateways):
    go = threading.Event()

    def answer(got):
        got.wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        assert go.wait(10)
        return OK

    upstream = Upstream(answer)
    with Wire(gateways.start([ROUTES[-1]], upstream.port).port) as wire:
        assert wire.send(request("/public/x")).read_response().status == 103
        go.set()
        assert wire.read_response().status == 200
    upstream.stop()


def test_old_clients_get_no_early_hints(gateway, backend):
    backend.answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK
    with Wire(gateway.port) as wire:
        assert ask(wire, "/public/x", version="1.0").status == 200


def test_switching_protocols_has_no_date(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = gateways.start([ROUTES[5]], upstream.port)
    with frames.connect(gateway.port, "/ws/") as wire:
        assert wire.handshake.all("date") == []
        wire.send(frames.close(1000))
        assert read_frame(wire).code == 1000
    upstream.stop()


# Refused for a while


@pytest.mark.parametrize("accept, kind", [("application/json", "application/problem+json"), (BROWSER, "text/html")])
def test_refusals_for_a_while_come_in_both_forms(gateways, upstream, accept, kind):
    upstream.answer = lambda got: None if got.target == "/slow" else OK
    gateway = gateways.start(
        [{"path": "<path:rest>", "auth": "none"}], upstream.port,
        upstreams={"test": {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": 1}},
        limits={"address": {"requests_per_second": {"rate": 1, "burst": 2}}},
    )  # fmt: skip
    with Wire(gateway.port) as held, Wire(gateway.port) as wire:
        held.send(request("/slow"))
        upstream.take()
        for status in [503, 429]:
            response = ask(wire, headers=[("Accept", accept)])
            assert (response.status, response.get("content-type").split(";")[0]) == (status, kind)
            assert int(response.get("retry-after")) > 0 and response.get("x-request-id")
            assert kind != "text/html" or str(status) in Page(response.body.decode()).text


# Reload


def test_ids_and_dates_go_on_after_a_reload(gateways, upstream):
    gateway = gateways.start([ROUTES[-1]], upstream.port)
    with Wire(gateway.port) as wire:
        first = ask(wire, "/nowhere").get("x-request-id")
        gateway.reload(settings(gateway.port, upstream.port, [ROUTES[-1]], forwarded=True))
        response = ask(wire, "/nowhere")
        assert response.get("x-request-id") not in (first, None) and is_now(response.get("date"))
