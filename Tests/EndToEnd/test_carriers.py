"""Tokens in cookies and among sub-protocols: who may bring them so, what of it arrives, and what is answered."""

import base64
import json
import queue
import sys
import time

import pytest

from support import browser, frames, tokens
from support.clients import access_line, ask
from support.gateway import settings
from support.frames import CLOSE, TEXT, frame, read_frame
from support.process import FOLDER, Process
from support.recorder import Recorder
from support.upstream import OK, Upstream, read_request
from support.waiting import answers, free_port, until
from support.wire import Wire, bearer, get

ORIGIN = ("Origin", "https://app.test")
EVIL = ("Origin", "https://evil.test")
SOURCES = ["header", "query", "subprotocol", "cookie"]
ROUTES = [
    {"path": "<kind>/keep/", "websocket": True, "tokens": {"forward": "keep"}},
    {"path": "<kind>/strip/", "websocket": True, "tokens": {"forward": "strip"}},
    {"path": "<kind>/optional/", "websocket": True, "auth": "optional"},
    {"path": "<kind>/none/", "websocket": True, "auth": "none"},
    {"path": "<kind>/http/", "websocket": {"refuse": "http"}},
    {"path": "<kind>/usual/", "websocket": True, "tokens": {"sources": ["header", "query"]}},
    {"path": "<path:rest>", "websocket": True},
]
KUBERNETES = "base64url.bearer.authorization.k8s.io."


def encoded(token):
    return KUBERNETES + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


class Site(Upstream):
    """Answers requests; accepts handshakes with what `choose` makes of the offer, says hello, and echoes."""

    def __init__(self):
        self.choose = lambda offered: None
        self.seen = queue.Queue()
        super().__init__(handler=self._any)

    def _any(self, wire):
        while True:
            got = read_request(wire)
            self.seen.put(got)
            if not got.get("upgrade"):
                wire.send(OK)
                continue
            offered = [name.strip() for line in got.all("sec-websocket-protocol") for name in line.split(",")]
            choice = self.choose(offered)
            frames.accept(wire, got, f"Sec-WebSocket-Protocol: {choice}\r\n" if choice else "")
            wire.send(frame(TEXT, b"hello", mask=None))
            received = read_frame(wire)
            if received.opcode == CLOSE:
                wire.send(frame(CLOSE, received.payload, mask=None))
            return

    def take(self):
        return self.seen.get(timeout=15)

    def saw_nothing(self):
        return self.seen.empty()


@pytest.fixture(scope="module")
def module_site():
    site = Site()
    yield site
    site.stop()
    assert site.failures == []


@pytest.fixture
def site(module_site):
    module_site.choose = lambda offered: None
    while not module_site.saw_nothing():
        module_site.take()
    yield module_site


@pytest.fixture(scope="module")
def admin_port():
    return free_port()


@pytest.fixture(scope="module")
def gateway(module_gateways, module_site, admin_port):
    gateway = module_gateways.start(
        ROUTES, module_site.port, tokens={"sources": SOURCES}, allowed_origins=["https://app.test"], allow_missing_origin=False,
        admin={"address": f"127.0.0.1:{admin_port}"}, logs={"level": "debug", "format": "json"},
    )  # fmt: skip
    yield gateway
    written = gateway.output + get(admin_port, "/metrics").body.decode()
    for token in tokens.issued:
        assert token not in written and encoded(token) not in written
        signature = token.rsplit(".", 1)[-1][:20]
        assert len(signature) < 20 or signature not in written
    assert "access=" not in written and KUBERNETES not in written


def fetch(gateway, target, *headers, method="GET"):
    with Wire(gateway.port) as wire:
        return ask(wire, target, headers, method)


def shake(gateway, target, *headers, origin=ORIGIN):
    """A handshake's answer, and the wire behind it."""
    wire = Wire(gateway.port)
    wire.send(frames.handshake(target, [origin, *headers] if origin else headers)[0])
    return wire.read_head(), wire


def offering(*names):
    return ("Sec-WebSocket-Protocol", ", ".join(names))


def refused(gateway, target, *headers, origin=ORIGIN):
    """The status, or the code and the sub-protocol that an accepted and closed handshake names."""
    response, wire = shake(gateway, target, *headers, origin=origin)
    with wire:
        if response.status != 101:
            return response.status
        closed = read_frame(wire)
        assert closed.opcode == CLOSE, closed
        return closed.code, response.get("sec-websocket-protocol")


# Cookies


@pytest.mark.parametrize(
    "lines, arrives",
    [
        (["a=1; access={}; b=2"], ["a=1; b=2"]), (["access={}"], []), (["access=\"{}\";a=1"], ["a=1"]),
        (["a=1", "access={}", "b=2; c=\"3\""], ["a=1", "b=2; c=\"3\""]), (["a=1; access={0}; access={0}"], ["a=1"]),
    ],
)  # fmt: skip
def test_cookie_becomes_the_one_token_that_arrives(gateway, site, lines, arrives):
    token = tokens.token("7")
    headers = [("Cookie", line.format(token)) for line in lines]
    assert fetch(gateway, "/x/", *headers).status == 200
    got = site.take()
    assert got.all("cookie") == arrives
    assert got.get("authorization") == f"Bearer {token}"
    assert got.get("x-user-id") == "7"
    assert f"{got.fields}".count(token) == 1


def test_cookie_is_forwarded_as_the_route_says(gateway, site):
    cookie = ("Cookie", f"a=1; access={tokens.token('7')}; b")
    assert fetch(gateway, "/x/keep/", cookie).status == 200
    kept = site.take()
    assert (kept.all("cookie"), kept.get("authorization"), kept.get("x-user-id")) == ([cookie[1]], None, "7")
    assert fetch(gateway, "/x/strip/", cookie).status == 200
    stripped = site.take()
    assert (stripped.all("cookie"), stripped.get("authorization"), stripped.get("x-user-id")) == (["a=1; b"], None, "7")
    for target in ["/x/none/", "/x/usual/"]:
        fetch(gateway, target, cookie, bearer(tokens.token("8")))
        assert site.take().all("cookie") == [cookie[1]], "it is nobody's business"


def test_bytes_of_the_other_cookies_stay(gateway, site):
    others = 'q="; x"; =; ;;é=\xa1\xff; %61ccess=1; Access=2; a,b=c\t; $Path=/'
    token = tokens.token()
    for line in [f"{others};access={token}", f"access={token}; {others}"]:
        assert fetch(gateway, "/x/", ("Cookie", line)).status == 200
        assert site.take().all("cookie") == [others]


@pytest.mark.parametrize("other", ["access=", "access=x", "access={other}", "access ={other}"])
def test_two_cookies_of_the_name_are_refused(gateway, site, other):
    """Browsers send the one for the longer path first, servers take either: a subdomain can plant one."""
    other = other.format(other=tokens.token("8"))
    for line in [f"access={tokens.token('7')}; {other}", f"{other}; a=1; access={tokens.token('7')}"]:
        response = fetch(gateway, "/x/optional/", ("Cookie", line))
        assert response.status == 401
        assert json.loads(response.body)["detail"] == "Request must carry exactly one token"
    assert site.saw_nothing()


def test_cookie_counts_only_alone(gateway, site):
    cookie = ("Cookie", f"a=1; access={tokens.token('8')}")
    token = tokens.token("7")
    for target, headers in [("/x/", [bearer(token)]), (f"/x/?token={token}", [])]:
        assert fetch(gateway, target, cookie, *headers).status == 200
        got = site.take()
        assert (got.get("x-user-id"), got.get("authorization")) == ("7", f"Bearer {token}")
        assert got.all("cookie") == ["a=1"], "what was not judged does not arrive either"
    assert fetch(gateway, "/x/optional/", cookie, bearer("x")).status == 401
    assert site.saw_nothing()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_page_of_another_origin_cannot_use_the_cookie(gateway, site, method):
    cookie = ("Cookie", f"access={tokens.token('7')}")
    for target in ["/x/", "/x/optional/", "/x/keep/"]:
        for headers in [[], [EVIL], [("Origin", "null")], [ORIGIN, EVIL], [("Origin", "https://app.test.evil.test")]]:
            response = fetch(gateway, target, cookie, *headers, method=method)
            assert response.status == 403, headers
            assert json.loads(response.body)["type"].startswith("urn:tollgate:problem:origin-")
    assert site.saw_nothing()
    assert fetch(gateway, "/x/", cookie, ORIGIN, method=method).status == 200
    assert site.take().get("x-user-id") == "7"
    assert fetch(gateway, "/x/", bearer(tokens.token("7")), EVIL, method=method).status == 200, "a header no page can forge"
    assert site.take().get("x-user-id") == "7"


def test_page_can_read_that_its_cookie_has_expired(gateway, site):
    expired = ("Cookie", f"access={tokens.token(lifetime=-10)}")
    response = fetch(gateway, "/x/", expired, ORIGIN)
    assert (response.status, response.get("access-control-allow-credentials")) == (401, "true")
    assert response.get("access-control-allow-origin") == ORIGIN[1]
    for target, origin in [("/x/", EVIL), ("/x/usual/", ORIGIN)]:
        assert fetch(gateway, target, expired, origin).get("access-control-allow-credentials") is None
    assert site.saw_nothing()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_cookie_is_enough_to_look(gateway, site, method):
    for headers in [[], [EVIL]]:
        assert fetch(gateway, "/x/", ("Cookie", f"access={tokens.token('7')}"), *headers, method=method).status == 200
        assert site.take().get("x-user-id") == "7"


def test_handshake_takes_the_cookie_from_allowed_origins(gateway, site):
    cookie = ("Cookie", f"a=1; access={tokens.token('7')}")
    assert [refused(gateway, "/ws/", cookie, origin=origin) for origin in [EVIL, None]] == [403, 403]
    assert site.saw_nothing()
    response, wire = shake(gateway, "/ws/", cookie)
    with wire:
        assert response.status == 101
        got = site.take()
        assert (got.get("x-user-id"), got.all("cookie")) == ("7", ["a=1"])
    assert refused(gateway, "/ws/", ("Cookie", "access=x")) == (4001, None)


def test_socket_of_a_cookie_ends_with_its_token(gateway, site):
    expires = int(time.time()) + 2
    response, wire = shake(gateway, "/ws/", ("Cookie", f"access={tokens.token(exp=expires)}"))
    with wire:
        assert response.status == 101
        assert read_frame(wire).payload == b"hello"
        closed = read_frame(wire)
        assert (closed.code, closed.reason) == (4001, "token expired")
        assert time.time() >= expires


def test_every_byte_of_a_request_with_a_cookie(gateways):
    """Nothing else of the head is touched."""
    recorder = Recorder()
    gateway = gateways.start(ROUTES, recorder.port, tokens={"sources": SOURCES})
    token = tokens.token("7")
    headers = [("Accept", "a"), ("Cookie", f"access={token}; s=1"), ("X-Z", "z")]
    with Wire(gateway.port) as wire:
        assert ask(wire, "/x/?a=1", headers).status == 200
        assert ask(wire, "/x/?a=1", [headers[0], ("Cookie", "s=1"), headers[2], bearer(token)]).status == 200
    first, second = recorder.take()
    assert first.first == second.first == b"GET /x/?a=1 HTTP/1.1"

    def lines(arrival):
        return sorted(line for line in arrival.lines if not line.startswith(b"X-Request-Id"))

    assert lines(first) == lines(second)
    assert b"Cookie: s=1" in lines(first)
    recorder.stop()


# Sub-protocols


@pytest.mark.parametrize(
    "offer, arrives, chosen, answered",
    [
        ("bearer, {t}", None, None, "bearer"), ("Bearer, {t}", None, None, "Bearer"), ("bearer, {t}", None, "bearer", "bearer"),
        ("bearer, {t}, chat", "chat", None, "bearer"), ("bearer, {t}, chat", "chat", "chat", "chat"),
        ("chat, bearer, {t}, v2", "chat, v2", "v2", "v2"),
        ("bearer.{t}, chat", "chat", "chat", "chat"), ("bearer.{t}, chat", "chat", None, None), ("bearer.{t}", None, None, None),
        ("{k}, v4.channel.k8s.io", "v4.channel.k8s.io", "v4.channel.k8s.io", "v4.channel.k8s.io"),
        ("chat, {k}", "chat", "chat", "chat"),
    ],
)  # fmt: skip
def test_offered_token_is_taken_out_of_the_offer(gateway, site, offer, arrives, chosen, answered):
    token = tokens.token("7")
    site.choose = lambda offered: chosen
    response, wire = shake(gateway, "/ws/", ("Sec-WebSocket-Protocol", offer.format(t=token, k=encoded(token))))
    with wire:
        assert response.status == 101
        assert response.get("sec-websocket-protocol") == answered
        assert read_frame(wire).payload == b"hello"
    got = site.take()
    assert got.get("sec-websocket-protocol") == arrives
    assert (got.get("x-user-id"), got.get("authorization")) == ("7", f"Bearer {token}")
    assert f"{got.fields}".count(token) == 1 and encoded(token) not in f"{got.fields}"
    assert token not in f"{response.fields}" and encoded(token) not in f"{response.fields}"


def test_offer_in_several_lines(gateway, site):
    lines = [offering("chat"), offering("bearer"), ("Sec-WebSocket-Protocol", f" {tokens.token('7')} ,, v2")]
    response, wire = shake(gateway, "/ws/", *lines)
    wire.close()
    assert response.get("sec-websocket-protocol") == "bearer"
    assert site.take().all("sec-websocket-protocol") == ["chat, v2"]


def test_strip_and_keep_of_an_offered_token(gateway, site):
    offer = offering("bearer", tokens.token("7"), "chat")
    response, wire = shake(gateway, "/ws/strip/", offer)
    wire.close()
    got = site.take()
    assert (got.get("sec-websocket-protocol"), got.get("authorization"), got.get("x-user-id")) == ("chat", None, "7")
    response, wire = shake(gateway, "/ws/keep/", offer)
    wire.close()
    got = site.take()
    assert (got.get("sec-websocket-protocol"), got.get("authorization"), got.get("x-user-id")) == (offer[1], None, "7")
    assert response.get("sec-websocket-protocol") == "bearer"


@pytest.mark.parametrize("target", ["/ws/", "/ws/keep/"])
@pytest.mark.parametrize("form", ["{t}", "bearer.{t}", "{k}"])
def test_upstream_cannot_have_the_token_answered(gateway, site, target, form):
    token = tokens.token("7")
    entry = form.format(t=token, k=encoded(token))
    site.choose = lambda offered: entry
    response, wire = shake(gateway, target, offering(*(["bearer"] if form == "{t}" else []), entry, "chat"))
    with wire:
        assert response.status == 502
        body = wire.read(int(response.get("content-length"))).decode()
        assert token not in f"{response.fields} {body}" and encoded(token) not in f"{response.fields} {body}"


def test_offered_token_agrees_with_the_others(gateway, site):
    token, other = tokens.token("7"), tokens.token("8")
    for offer in [offering("bearer", token), offering(encoded(token), "chat")]:
        for target, headers in [(f"/ws/?token={token}", []), ("/ws/", [bearer(token)]), (f"/ws/?token={token}", [bearer(token)])]:
            response, wire = shake(gateway, target, offer, *headers)
            wire.close()
            assert response.status == 101
            got = site.take()
            assert f"{got.target} {got.fields}".count(token) == 1
        for target, headers in [(f"/ws/?token={other}", []), ("/ws/", [bearer(other)]), (f"/ws/?token={token}", [bearer(other)])]:
            assert refused(gateway, target, offer, *headers)[0] == 4001
        response, wire = shake(gateway, "/ws/", offer, ("Cookie", f"access={other}"))
        wire.close()
        assert site.take().get("x-user-id") == "7", "a cookie counts only alone"
    assert site.saw_nothing()


@pytest.mark.parametrize(
    "offer, named",
    [
        ("bearer, {expired}", "bearer"), ("BEARER, {expired}", "BEARER"), ("chat, bearer, {expired}", "chat"),
        ("bearer.{expired}, chat", "chat"), ("bearer.{expired}", None), ("bearer, x", "bearer"), ("bearer", "bearer"),
        ("chat, bearer.", "chat"), ("bearer.{t}, bearer.{u}, chat", "chat"), ("bearer, {t}, bearer.{t}", "bearer"),
        ("{k}", None), (KUBERNETES + "AA%, chat", "chat"), (KUBERNETES + "{t}, chat", "chat"), ("chat", "chat"), ("{t}", None),
    ],
)  # fmt: skip
def test_refusal_can_be_read_by_a_page(gateway, site, offer, named):
    """Chromium shows the code only when one of its offers is answered, and no token ever is."""
    token = tokens.token("7")
    filled = offer.format(t=token, u=tokens.token("8"), k=encoded(token), expired=tokens.token(lifetime=-10))
    assert refused(gateway, "/ws/", ("Sec-WebSocket-Protocol", filled)) == (4001, named)
    assert refused(gateway, "/ws/http/", ("Sec-WebSocket-Protocol", filled)) == 401
    assert site.saw_nothing()


def test_refusal_of_the_backend_can_be_read_by_a_page(gateways, upstream):
    upstream.answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    gateway = gateways.start(ROUTES, upstream.port, tokens={"sources": SOURCES})
    token = tokens.token()
    origin = ("Origin", "http://localhost")
    for offer, named in [(["bearer", token], "bearer"), (["bearer." + token, "chat"], "chat"), (["bearer", token, "chat"], "chat")]:
        assert refused(gateway, "/ws/", offering(*offer), origin=origin) == (4003, named)


def test_sub_protocols_pass_where_no_token_is_looked_for(gateway, site):
    offer = offering("bearer", tokens.token("7"), "chat")
    site.choose = lambda offered: "chat"
    for target in ["/ws/none/", "/ws/usual/?token=" + tokens.token("8")]:
        response, wire = shake(gateway, target, offer)
        wire.close()
        assert response.get("sec-websocket-protocol") == "chat"
        assert site.take().get("sec-websocket-protocol") == offer[1]
    response, wire = shake(gateway, "/ws/optional/", offering("chat", "v2"))
    wire.close()
    got = site.take()
    assert (got.get("sec-websocket-protocol"), got.get("x-user-id")) == ("chat, v2", None)


# A real backend


class Choosing(Process):
    def __init__(self, server):
        self.port = free_port()
        arguments = {
            "daphne": ["daphne", "-b", "127.0.0.1", "-p", self.port],
            "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--lifespan", "off", "--port", self.port],
        }[server]
        super().__init__(
            server, [sys.executable, "-m", *arguments, "support.choosing_asgi:application"],
            {"PYTHONDONTWRITEBYTECODE": "1"}, FOLDER,
        )  # fmt: skip
        until(lambda: answers(self.port), f"{server} to answer")


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def channels(request):
    server = Choosing(request.param)
    yield server
    server.send(15)
    try:
        server.wait(5)
    except AssertionError:
        server.kill()


@pytest.fixture(scope="module")
def channels_gateway(module_gateways, channels):
    return module_gateways.start([{"path": "<path:rest>", "websocket": True}], channels.port, tokens={"sources": SOURCES})


@pytest.mark.parametrize(
    "which, offer, seen, answered",
    [
        ("first", "bearer, {t}, chat, v2", ["chat", "v2"], "chat"), ("last", "chat, bearer, {t}", ["chat"], "chat"),
        ("none", "bearer, {t}", [], "bearer"), ("first", "bearer, {t}", [], "bearer"), ("none", "bearer, {t}, chat", ["chat"], "bearer"),
        ("first", "{k}, chat", ["chat"], "chat"), ("last", "bearer.{t}, chat", ["chat"], "chat"),
    ],
)  # fmt: skip
def test_channels_chooses_among_what_is_left(channels_gateway, which, offer, seen, answered):
    token = tokens.token("7")
    offered = ("Sec-WebSocket-Protocol", offer.format(t=token, k=encoded(token)))
    with frames.connect(channels_gateway.port, f"/ws/{which}/", [offered, ("Origin", "http://localhost")]) as wire:
        assert wire.handshake.get("sec-websocket-protocol") == answered
        told = json.loads(read_frame(wire).payload)
        assert told["subprotocols"] == seen
        assert [value for name, value in told["headers"] if name == "authorization"] == [f"Bearer {token}"]
        assert [value for name, value in told["headers"] if name == "x-user-id"] == ["7"]
        assert json.dumps(told).count(token) == 1


def test_django_sees_the_other_cookies(channels_gateway):
    token = tokens.token("7")
    response = get(channels_gateway.port, "/cookies/", [("Cookie", f'a=1; access={token}; b="x y"; access ="{token}"; c')])
    assert json.loads(response.body) == {"cookies": {"a": "1", "b": "x y", "": "c"}, "authorization": f"Bearer {token}"}


def test_django_and_the_gateway_find_the_same_cookie(channels, channels_gateway):
    """However the name is written: what Django takes for the cookie, the gateway takes out."""
    token = tokens.token("7")
    for line in ["access={}", " access={}", "access ={}", "access= {} ", "\taccess\t={}", "\xa0access={}", 'access="{}"', "a;access={};"]:
        headers = [("Cookie", "z=1;" + line.format(token))]
        assert json.loads(get(channels.port, "/cookies/", headers).body)["cookies"]["access"] == token, line
        assert "access" not in json.loads(get(channels_gateway.port, "/cookies/", headers).body)["cookies"], line
    for line in ["Access={}", "%61ccess={}", "xaccess={}", "a=access={}", '"access"={}']:
        headers = [("Cookie", "z=1;" + line.format(token))]
        assert "access" not in json.loads(get(channels.port, "/cookies/", headers).body)["cookies"], line
        assert get(channels_gateway.port, "/cookies/", headers).status == 401, line


# A real browser


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 37\r\n\r\n<!doctype html><title>carriers</title>"
#: Opens a socket and tells what the page sees of it: the first message, or how it was closed.
SOCKET = """
    const [url, protocols, done] = arguments;
    const socket = new WebSocket(url, protocols);
    socket.onmessage = event => { done({protocol: socket.protocol, message: event.data}); socket.onclose = null; socket.close(); };
    socket.onclose = event => done({protocol: socket.protocol, code: event.code, reason: event.reason});
"""
FETCH = """
    const [url, done] = arguments;
    fetch(url, {method: "POST", credentials: "include", mode: "no-cors"}).then(answer => done(answer.status), error => done("failed"));
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if not (browser.CHROMIUM and browser.DRIVER):
        pytest.skip("there is no chromium and chromedriver (Debian: chromium-driver)")
    driver = browser.start(tmp_path_factory.mktemp("chromium"))
    driver.set_script_timeout(15)
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium, gateways, site):
    """A page behind a gateway, shown in a browser; and another page on another port, whose requests bring the same cookies."""
    pages, port = Upstream(PAGE), free_port()
    upstreams = {"test": {"servers": [f"127.0.0.1:{site.port}"]}, "pages": {"servers": [f"127.0.0.1:{pages.port}"]}}
    routes = [{"path": "page/", "upstream": "pages", "auth": "none"}, {"path": "<path:rest>", "websocket": True}]
    text = settings(
        port, site.port, routes, tokens={"sources": SOURCES}, upstreams=upstreams,
        allowed_origins=[f"http://127.0.0.1:{port}"], allow_missing_origin=False,
        logs={"format": "json"},
    )  # fmt: skip
    gateway = gateways.start_text(text, port)
    chromium.get(gateway.origin + "/page/")
    yield chromium, gateway, f"http://127.0.0.1:{pages.port}/"
    chromium.delete_all_cookies()
    chromium.get("about:blank")
    pages.stop()


def opened(chromium, gateway, protocols, target="/ws/"):
    return chromium.execute_async_script(SOCKET, f"ws://127.0.0.1:{gateway.port}{target}", protocols)


def test_page_brings_its_token_among_the_sub_protocols(page, site):
    chromium, gateway, _ = page
    token = tokens.token("7")
    hello = {"message": "hello"}
    assert opened(chromium, gateway, ["bearer", token]) == hello | {"protocol": "bearer"}
    assert site.take().get("sec-websocket-protocol") is None
    assert opened(chromium, gateway, ["bearer", token, "chat"]) == hello | {"protocol": "bearer"}
    assert site.take().get("sec-websocket-protocol") == "chat"
    site.choose = lambda offered: "chat"
    for protocols in [["bearer", token, "chat"], ["chat", "bearer." + token], [encoded(token), "chat"]]:
        assert opened(chromium, gateway, protocols) == hello | {"protocol": "chat"}
        got = site.take()
        assert (got.get("sec-websocket-protocol"), got.get("x-user-id")) == ("chat", "7")


def test_page_reads_why_its_token_was_refused(page, site):
    chromium, gateway, _ = page
    expired = {"code": 4001, "reason": "token expired"}
    token = tokens.token(lifetime=-10)
    assert opened(chromium, gateway, ["bearer", token]) == expired | {"protocol": "bearer"}
    assert opened(chromium, gateway, ["bearer", token, "chat"]) == expired | {"protocol": "bearer"}
    assert opened(chromium, gateway, ["bearer." + token, "chat"]) == expired | {"protocol": "chat"}
    assert opened(chromium, gateway, ["chat"]) == {"code": 4001, "reason": "authentication required", "protocol": "chat"}
    # Nothing is left to answer with: the browser gives up by itself.
    assert opened(chromium, gateway, [encoded(tokens.token())])["code"] == 1006
    assert site.saw_nothing()


def test_cookie_opens_sockets_for_its_own_pages_only(page, site):
    chromium, gateway, elsewhere = page
    token = tokens.token("7")
    chromium.execute_script(f"document.cookie = 'theme=dark; path=/'; document.cookie = 'access={token}; path=/'")
    assert opened(chromium, gateway, []) == {"message": "hello", "protocol": ""}
    got = site.take()
    assert (got.get("x-user-id"), got.get("cookie"), got.get("authorization")) == ("7", "theme=dark", f"Bearer {token}")
    assert chromium.execute_async_script(FETCH, gateway.origin + "/change/") == 200
    assert site.take().get("x-user-id") == "7"
    # Cookies do not know of ports: the browser sends them along, and the gateway refuses.
    access_line(gateway, "/change/")
    mark = gateway.mark()
    chromium.get(elsewhere)
    assert opened(chromium, gateway, [])["code"] == 1006
    chromium.execute_async_script(FETCH, gateway.origin + "/change/")
    for path in ["/ws/", "/change/"]:
        line = access_line(gateway, path, after=mark)
        assert (line["status"], line["refused"]) == (403, "origin")
    assert site.saw_nothing()
