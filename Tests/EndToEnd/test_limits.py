"""How much one address, one connection or one upstream may have at once; and the health that a balancer asks for."""

import json
import signal
import threading
import time

import pytest

from support import frames, tokens
from support.gateway import settings
from support.upstream import OK, Upstream
from support.waiting import free_port, until
from support.wire import Ended, Wire, bearer, get

ROUTES = [
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "ws/", "auth": "none", "websocket": {"only": True}},
    {"path": "<path:rest>", "auth": "none"},
]


def request(target="/x", lines="", method="GET"):
    return f"{method} {target} HTTP/1.1\r\nHost: a.test\r\n{lines}\r\n"


def problem(response):
    assert response.get("content-type") == "application/problem+json"
    return json.loads(response.body)["type"].rpartition(":")[2]


# Requests of one address


@pytest.fixture(scope="module")
def measured(module_gateways, module_upstream):
    """Five at once, then one each half second; clients are told apart by what the peer says."""
    limits = {"address": {"requests_per_second": {"rate": 2, "burst": 5}}}
    cors = {"origins": ["https://app.test"]}
    return module_gateways.start(
        ROUTES, module_upstream.port, limits=limits, trusted_proxies=["127.0.0.1"], cors=cors, health="/healthz"
    )


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    return module_upstream


def as_client(address):
    return f"X-Forwarded-For: {address}\r\n"


def test_address_that_asks_too_often_gets_429_until_it_may_again(measured, backend):
    line = as_client("192.0.2.1")
    with Wire(measured.port) as wire:
        answers = [wire.send(request(lines=line)).read_response() for _ in range(10)]
        statuses = [answer.status for answer in answers]
        assert statuses[:5] == [200] * 5 and statuses[6:] == [429] * 4, "one more may have been earned meanwhile"
        last = answers[-1]
        assert problem(last) == "too-many-requests"
        wait = int(last.get("retry-after"))
        assert 1 <= wait <= 5
        assert last.get("connection") != "close", "the connection is no problem"
        time.sleep(wait)
        assert wire.send(request(lines=line)).read_response().status == 200
    assert len(backend.take_all()) == statuses.count(200) + 1


def test_addresses_are_counted_apart(measured, backend):
    with Wire(measured.port) as wire:
        for _ in range(8):
            wire.send(request(lines=as_client("192.0.2.2"))).read_response()
        assert wire.send(request(lines=as_client("192.0.2.2"))).read_response().status == 429
        for other in ["192.0.2.3", "2001:db8::1", "198.51.100.2"]:
            assert wire.send(request(lines=as_client(other))).read_response().status == 200


def test_connections_do_not_give_more_requests(measured, backend):
    statuses = [get(measured.port, "/x", [("X-Forwarded-For", "192.0.2.4")]).status for _ in range(12)]
    assert statuses.count(200) in (5, 6) and statuses.count(429) in (6, 7)


def test_refused_requests_count_too(measured, backend):
    """Guessing tokens is what the limit is for."""
    line = as_client("192.0.2.5")
    with Wire(measured.port) as wire:
        statuses = [wire.send(request("/private/x", line)).read_response().status for _ in range(10)]
    assert statuses[:5] == [401] * 5 and statuses[-1] == 429


def test_handshakes_count_too(measured, backend):
    statuses = []
    for _ in range(10):
        with Wire(measured.port) as wire:
            sent = frames.handshake("/ws/", [("X-Forwarded-For", "192.0.2.6")])[0]
            statuses.append(wire.send(sent).read_response().status)
    assert statuses[0] == 200 and statuses[-1] == 429


def test_preflights_are_free(measured, backend):
    line = as_client("192.0.2.7")
    asked = "Origin: https://app.test\r\nAccess-Control-Request-Method: GET\r\n"
    with Wire(measured.port) as wire:
        for _ in range(10):
            assert wire.send(request("/x", line + asked, "OPTIONS")).read_response().status == 204
        assert wire.send(request(lines=line)).read_response().status == 200


def test_health_is_free(measured, backend):
    line = as_client("192.0.2.10")
    with Wire(measured.port) as wire:
        for _ in range(10):
            assert wire.send(request("/healthz", line)).read_response().status == 200
        assert wire.send(request(lines=line)).read_response().status == 200


def test_page_can_read_that_it_asks_too_often(measured, backend):
    with Wire(measured.port) as wire:
        for _ in range(10):
            answer = wire.send(request(lines=as_client("192.0.2.11") + "Origin: https://app.test\r\n")).read_response()
    assert answer.status == 429 and answer.get("access-control-allow-origin") == "https://app.test"


def test_body_of_a_request_too_many_is_no_request(measured, backend):
    line, hidden = as_client("192.0.2.8"), request("/private/hidden")
    with Wire(measured.port) as wire:
        for _ in range(8):
            wire.send(request(lines=line)).read_response()
        wire.send(request("/x", line + f"Content-Length: {len(hidden)}\r\n", "POST"), hidden)
        assert wire.read_response().status == 429
        try:
            assert wire.send(request("/x", as_client("192.0.2.9"))).read_response().status == 200
        except (Ended, OSError):
            pass  # closing instead is as good
    assert "/private/hidden" not in [arrived.target for arrived in backend.take_all()]


def test_limit_is_one_for_all_event_loops(module_gateways, module_upstream):
    limits = {"address": {"requests_per_second": {"rate": 1, "burst": 10}}}
    gateway = module_gateways.start(ROUTES, module_upstream.port, limits=limits, threads=2)
    statuses = [get(gateway.port, "/x").status for _ in range(40)]
    assert statuses.count(200) <= 12


# Connections of one address


def connections(port, count, first=b""):
    """How many of so many connections serve a request."""
    served = 0
    for _ in range(count):
        with Wire(port) as wire:
            try:
                served += wire.send(first, request(lines="Connection: close\r\n")).read_response().status == 200
            except (Ended, OSError):
                pass
    return served


def test_address_that_connects_too_often_is_hung_up_on(module_gateways, module_upstream):
    # The probe for readiness is the first connection.
    limits = {"address": {"connections_per_second": {"rate": 1, "burst": 6}}}
    gateway = module_gateways.start(ROUTES, module_upstream.port, limits=limits)
    assert connections(gateway.port, 15) in (5, 6)
    until(lambda: connections(gateway.port, 1), "a connection to be earned", patience=5)


def test_announced_addresses_have_connections_of_their_own(module_gateways, module_upstream):
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.1"]}]
    limits = {"address": {"connections_per_second": {"rate": 1, "burst": 5}}}
    text = settings(port, module_upstream.port, ROUTES, listen=listen, limits=limits)
    module_gateways.start_text(text, port)
    for source in ["192.0.2.1", "192.0.2.2"]:
        assert connections(port, 12, f"PROXY TCP4 {source} 127.0.0.1 1 2\r\n".encode()) in (5, 6)


# Requests of one connection


@pytest.mark.parametrize("count", [1, 3])
def test_connection_ends_after_so_many_requests(module_gateways, module_upstream, backend, count):
    gateway = module_gateways.start(ROUTES, module_upstream.port, limits={"keep_alive_requests": count})
    with Wire(gateway.port) as wire:
        for number in range(1, count + 1):
            response = wire.send(request(f"/{number}")).read_response()
            assert response.status == 200
            assert (response.get("connection") == "close") == (number == count)
        wire.expect_end()
    backend.take_all()
    with Wire(gateway.port) as wire:
        wire.send("".join(request(f"/{number}") for number in range(10)))
        for _ in range(count):
            assert wire.read_response().status == 200
        wire.expect_end()
    assert [arrived.target for arrived in backend.take_all()] == [f"/{number}" for number in range(count)]


def test_connection_has_no_end_otherwise(module_gateways, module_upstream):
    gateway = module_gateways.start(ROUTES, module_upstream.port)
    with Wire(gateway.port) as wire:
        for _ in range(1200):
            assert wire.send(request()).read_response().get("connection") is None


# Requests of one upstream


class Held:
    """An upstream that answers a request to /held when it is told to."""

    def __init__(self):
        self.arrived, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.upstream = Upstream(self.answer)

    def answer(self, got):
        if got.target == "/held":
            with self.lock:
                self.now += 1
                self.most = max(self.most, self.now)
            self.arrived.release()
            self.go.acquire(timeout=20)
            with self.lock:
                self.now -= 1
        return OK


@pytest.fixture
def held():
    held = Held()
    yield held
    for _ in range(100):
        held.go.release()
    held.upstream.stop()


def limited(gateways, held, count, **changes):
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{held.upstream.port}"], "max_in_flight": count},
        "other": {"servers": [f"127.0.0.1:{held.upstream.port}"]},
    }
    routes = [{"path": "other/", "auth": "none", "upstream": "other"}, *ROUTES]
    return gateways.start(routes, held.upstream.port, upstreams=upstreams, **changes)


def test_request_beyond_what_an_upstream_takes_is_503(gateways, held):
    gateway = limited(gateways, held, 2)
    wires = [Wire(gateway.port).send(request("/held")) for _ in range(2)]
    for _ in wires:
        assert held.arrived.acquire(timeout=10)
    with Wire(gateway.port) as wire:
        response = wire.send(request("/held")).read_response()
        assert response.status == 503 and response.get("content-type") == "application/problem+json"
        assert wire.send(request("/other/")).read_response().status == 200, "each upstream counts its own"
        assert wire.send(frames.handshake("/ws/")[0]).read_response().status == 503
    held.go.release()
    held.go.release()
    for wire in wires:
        assert wire.read_response().status == 200
    assert get(gateway.port, "/x").status == 200
    assert held.most == 2


def test_places_are_counted_over_all_event_loops(gateways, held):
    gateway = limited(gateways, held, 5, threads=2)
    wires = [Wire(gateway.port).send(request("/held")) for _ in range(30)]
    for _ in range(5):
        assert held.arrived.acquire(timeout=10)
    until(lambda: sum("status=503" in line for line in gateway.lines) == 25, "the others to be refused")
    for _ in range(5):
        held.go.release()
    statuses = [wire.read_response().status for wire in wires]
    assert (statuses.count(200), statuses.count(503), held.most) == (5, 25, 5)


ENDINGS = ["client resets", "client stops within its body", "upstream dies", "upstream is slow", "answer is malformed",
"answer is cut short"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_place_is_given_back_however_a_request_ends(gateways, ending):
    def answer(got):
        if got.target != "/bad":
            return OK
        if ending == "upstream is slow":
            got.wire.socket.settimeout(20)
            got.wire.read_to_end()
            return False
        if ending.startswith("client"):
            return None
        got.wire.send({"answer is malformed": "garbage\r\n\r\n",
        "answer is cut short": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}.get(ending, ""))
        return False

    upstream = Upstream(answer)
    upstreams = {"test": {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": 1, "response_timeout": "200ms"}}
    gateway = gateways.start(ROUTES, upstream.port, upstreams=upstreams)
    for _ in range(5):
        wire = Wire(gateway.port)
        if ending == "client stops within its body":
            wire.send(request("/bad", "Content-Length: 5\r\n", "POST"), "he")
            wire.close()
        elif ending == "client resets":
            wire.send(request("/bad"))
            upstream.take()
            wire.reset()
        else:
            wire.send(request("/bad"))
            try:
                assert wire.read_response().status in (502, 504)
            except Ended:
                assert ending == "answer is cut short"
            wire.close()
        until(lambda: get(gateway.port, "/x").status == 200, "the place to be given back", patience=5)
    upstream.stop()


def test_open_socket_takes_no_place_for_ever(gateways):
    """It has been answered."""
    upstream = Upstream(handler=frames.echo)
    upstreams = {"test": {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": 1}}
    gateway = gateways.start(ROUTES, upstream.port, upstreams=upstreams)
    wires = [frames.connect(gateway.port, "/ws/") for _ in range(3)]
    for wire in wires:
        wire.send(frames.close(1000))
        wire.close()
    upstream.stop()


# Health


@pytest.fixture(scope="module")
def healthy(module_gateways, module_upstream):
    routes = [{"path": "<path:rest>", "auth": "required"}]
    return module_gateways.start(routes, module_upstream.port, health="/healthz")


@pytest.mark.parametrize("target", ["/healthz", "/healthz?x=1", "/healthz?", "http://balancer.test/healthz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_is_told_without_a_token(healthy, backend, target, method):
    with Wire(healthy.port) as wire:
        response = wire.send(f"{method} {target} HTTP/1.1\r\nHost: balancer.test\r\n\r\n").read_response(method)
        assert response.status == 200 and response.get("content-type").startswith("text/plain")
        assert response.get("content-length") == "3" and response.body == (b"" if method == "HEAD" else b"ok\n")
        assert wire.send("GET /healthz HTTP/1.0\r\n\r\n").read_response().status == 200, "balancers may be old"
    assert backend.take_all() == []


@pytest.mark.parametrize("target", ["/healthz/", "/%68ealthz", "/Healthz", "//healthz", "/healthz;x", "/x/../healthz", "/healthz%00",
"/health"])
def test_health_has_one_spelling(healthy, backend, target):
    with Wire(healthy.port) as wire:
        assert wire.send(request(target)).read_response().status in (400, 401)


def test_health_is_not_for_other_methods(healthy, backend):
    for method in ["POST", "OPTIONS", "DELETE"]:
        assert get(healthy.port, "/healthz", method=method).status == 401
    with Wire(healthy.port) as wire:
        assert wire.send(frames.handshake("/healthz")[0]).read_response().status == 404


def test_health_is_nobodys_unless_written(module_gateways, module_upstream, backend):
    gateway = module_gateways.start([{"path": "<path:rest>", "auth": "none"}], module_upstream.port)
    assert get(gateway.port, "/healthz").body == b"ok" and backend.take().target == "/healthz"


def test_health_says_so_while_the_gateway_drains(gateways, upstream):
    upstream.answer = lambda got: None if got.target == "/held" else OK
    gateway = gateways.start(ROUTES, upstream.port, health="/healthz", timeouts={"drain": "2s"})
    held = Wire(gateway.port).send(request("/held"))
    upstream.take()
    kept = Wire(gateway.port)
    assert kept.send(request("/healthz")).read_response().body == b"ok\n"
    gateway.send(signal.SIGTERM)
    gateway.wait_for("drain")
    answers = []
    for ask in [lambda: kept.send(request("/healthz")).read_response(), lambda: get(gateway.port, "/healthz")]:
        try:
            answers.append(ask())
        except (OSError, AssertionError):
            pass
    held.reset()
    kept.close()
    assert gateway.wait() == 0
    assert [(answer.status, answer.body) for answer in answers] in ([(503, b"draining\n")], [(503, b"draining\n")] * 2),
    "balancers can ask"
    assert {answer.get("connection") for answer in answers} == {"close"}


def test_token_is_not_needed_and_not_read_for_health(healthy):
    for token in [tokens.token(), tokens.token(lifetime=-10), "garbage"]:
        assert get(healthy.port, "/healthz", [bearer(token)]).status == 200
