"""What one address, one connection and one upstream may have: connections, requests, and requests at once."""

import json
import threading
import time

import pytest

from support import frames, tokens
from support.checks import assert_refused_where_marked
from support.clients import ask, ask_from, request, wire_from
from support.frames import TEXT, frame, read_frame
from support.gateway import settings
from support.upstream import OK, Upstream, read_request
from support.waiting import free_port, until
from support.wire import Wire, bearer, get

ROUTES = [
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "private/", "auth": "required"},
    {"path": "<path:rest>", "auth": "none"},
]
PROXY = "127.0.0.2"


def limited(gateways, upstream, connections="off", requests="off", **changes):
    limits = {"address": {"connections_per_second": connections, "requests_per_second": requests}}
    return gateways.start(ROUTES, upstream.port, limits=limits, **changes)


def assert_too_many(response):
    """Returns after how many seconds to try again."""
    assert response.status == 429, response
    problem = json.loads(response.body)
    assert (problem["status"], problem["type"]) == (429, "urn:tollgate:problem:too-many-requests")
    seconds = response.get("retry-after")
    assert seconds.isdigit() and int(seconds) > 0
    return int(seconds)


# Requests of an address


def test_address_may_do_its_burst_and_then_waits(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 3})
    with wire_from("127.0.0.5", gateway.port) as wire:
        assert [ask(wire).status for _ in range(3)] == [200] * 3
        seconds = assert_too_many(ask(wire))
        assert seconds == 1
        assert len(upstream.take_all()) == 3, "the backend is spared"
        assert_too_many(ask_from("127.0.0.5", gateway.port))  # on every connection
        for other in ["127.0.0.6", "127.0.0.1"]:
            assert [ask_from(other, gateway.port).status for _ in range(3)] == [200] * 3, "others are not affected"
        time.sleep(seconds)
        assert ask(wire).status == 200, "what Retry-After promises"
        assert_too_many(ask(wire))


def test_number_alone_is_rate_and_burst(gateways, upstream):
    gateway = limited(gateways, upstream, requests=7)
    begun = time.monotonic()
    statuses = [get(gateway.port, "/x").status for _ in range(20)]
    # Not more than one token comes back for each seventh of a second that this took.
    allowed = statuses.count(200)
    assert statuses[:7] == [200] * 7 and 7 <= allowed <= 8 + (time.monotonic() - begun) * 7


def test_rate_is_what_comes_back_in_the_long_run(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 50, "burst": 1})
    with Wire(gateway.port) as wire:
        begun, statuses = time.monotonic(), []
        while time.monotonic() - begun < 0.4:
            statuses.append(ask(wire).status)
        elapsed = time.monotonic() - begun
    allowed = statuses.count(200)
    assert min(elapsed * 50, len(statuses)) / 2 < allowed <= elapsed * 50 + 1


def test_all_workers_count_together(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 10}, threads=4)
    begun = time.monotonic()
    statuses = [get(gateway.port, "/x").status for _ in range(20)]
    assert 10 <= statuses.count(200) <= 11 + time.monotonic() - begun


def test_handshakes_and_refused_requests_are_counted(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 2})
    assert get(gateway.port, "/private/").status == 401
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/")[0])
        assert wire.read_head().status == 200  # the recording upstream does not upgrade
    with Wire(gateway.port) as wire:
        assert_too_many(wire.send(frames.handshake("/ws/")[0]).read_response())
    with Wire(gateway.port) as wire:
        assert_too_many(ask(wire, "/private/", [bearer(tokens.token())]))


def test_clients_of_a_trusted_proxy_are_told_apart(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 2}, trusted_proxies=[PROXY])

    def status(wire, client):
        return ask(wire, headers=[("X-Forwarded-For", client)]).status

    with wire_from(PROXY, gateway.port) as wire:
        for client in ["203.0.113.1", "203.0.113.2", "2001:db8::1"]:
            assert [status(wire, client) for _ in range(3)] == [200, 200, 429]
        assert status(wire, "1.1.1.1, ::ffff:203.0.113.1") == 429, "however it is written"
        assert status(wire, "203.0.113.3") == 200, "the proxy itself has no limit"
    with wire_from("127.0.0.9", gateway.port) as wire:
        assert [status(wire, f"203.0.113.{10 + n}") for n in range(3)] == [200, 200, 429], "a stranger stays itself"


def test_network_of_64_bits_is_one_client(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 2}, trusted_proxies=[PROXY])
    with wire_from(PROXY, gateway.port) as wire:

        def status(client):
            return ask(wire, headers=[("X-Forwarded-For", client)]).status

        addresses = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1:1:2:3:4"]
        assert [status(address) for address in addresses] == [200, 200, 429]
        assert status("2001:db8:0:2::1") == 200
        assert [status(f"198.51.100.{number}") for number in range(4)] == [200] * 4, "not so with IPv4"


def test_refusal_leaves_the_connection_and_its_body_in_order(gateways, upstream):
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 1})
    smuggled = request("/smuggled")
    with Wire(gateway.port) as wire:
        assert ask(wire).status == 200
        seconds = assert_too_many(ask(wire, method="POST", body=smuggled))
        time.sleep(seconds)
        assert ask(wire, "/after").status == 200
    assert [got.target for got in upstream.take_all()] == ["/x", "/after"]


def test_health_is_free(gateways, upstream):
    """A balancer must not find the gateway ill because it asks often."""
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 3}, health="/healthz")
    with Wire(gateway.port) as wire:
        for _ in range(10):
            assert wire.send(request("/healthz")).read_response().status == 200
        assert wire.send(request("/x")).read_response().status == 200


def test_page_can_read_that_it_asks_too_often(gateways, upstream):
    origin = "https://app.test"
    gateway = limited(gateways, upstream, requests={"rate": 1, "burst": 3}, cors={"origins": [origin]})
    for _ in range(5):
        response = get(gateway.port, "/x", [("Origin", origin)])
    assert_too_many(response)
    assert response.get("access-control-allow-origin") == origin


# Connections of an address


def test_address_may_open_its_burst_of_connections(gateways, upstream):
    gateway = limited(gateways, upstream, connections={"rate": 1, "burst": 3})
    with wire_from("127.0.0.5", gateway.port) as first:
        assert ask(first).status == 200
        assert [ask_from("127.0.0.5", gateway.port).status for _ in range(2)] == [200] * 2
        upstream.take_all()
        seconds = assert_too_many(ask_from("127.0.0.5", gateway.port))
        assert upstream.take_all() == []
        assert [ask(first).status for _ in range(5)] == [200] * 5, "those that are open go on"
        assert [ask_from("127.0.0.6", gateway.port).status for _ in range(3)] == [200] * 3
        time.sleep(seconds)
        assert ask_from("127.0.0.5", gateway.port).status == 200, "what Retry-After promises"


def test_connection_too_many_does_not_stay(gateways, upstream):
    """Whoever keeps it and comes back on it after the time that it was told would be refused for ever."""
    gateway = limited(gateways, upstream, connections={"rate": 1, "burst": 1})
    with wire_from("127.0.0.5", gateway.port) as first, wire_from("127.0.0.5", gateway.port) as second:
        assert ask(first).status == 200
        response = ask(second)
        assert_too_many(response)
        assert response.get("connection") == "close"
        second.expect_end()


def test_connections_of_trusted_proxies_are_not_counted(gateways, upstream):
    gateway = limited(gateways, upstream, connections={"rate": 1, "burst": 1}, trusted_proxies=[PROXY])
    assert [ask_from(PROXY, gateway.port).status for _ in range(5)] == [200] * 5
    assert [ask_from("127.0.0.5", gateway.port).status for _ in range(2)] == [200, 429]


def test_limits_are_off_unless_written(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    assert {get(gateway.port, "/x").status for _ in range(100)} == {200}


def test_open_connection_is_limited_after_a_reload(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)

    def reload(**address):
        gateway.reload(settings(gateway.port, upstream.port, ROUTES, limits={"address": address}))

    with wire_from("127.0.0.5", gateway.port) as wire:
        assert [ask(wire).status for _ in range(4)] == [200] * 4
        reload(requests_per_second={"rate": 1, "burst": 2})
        assert [ask(wire).status for _ in range(3)] == [200, 200, 429]
        reload(requests_per_second={"rate": 1, "burst": 1000})
        assert [ask(wire).status for _ in range(3)] == [200] * 3
        reload(connections_per_second={"rate": 1, "burst": 1})
        assert [ask(wire).status for _ in range(3)] == [200] * 3
        assert [ask_from("127.0.0.6", gateway.port).status for _ in range(2)] == [200, 429]
        reload()
        assert ask_from("127.0.0.6", gateway.port).status == 200


# Requests of a connection


def test_connection_ends_after_its_requests(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, limits={"keep_alive_requests": 3})
    for _ in range(2):
        with Wire(gateway.port) as wire:
            assert [ask(wire, target).get("connection") for target in ["/1", "/private/", "/3"]] == [None, None, "close"]
            wire.expect_end()
    assert len(upstream.take_all()) == 4, "refused ones count too"


def test_pipelined_requests_beyond_the_number_are_not_served(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, limits={"keep_alive_requests": 3})
    with Wire(gateway.port) as wire:
        wire.send("".join(request(f"/{number}") for number in range(6)))
        assert [wire.read_response().get("connection") for _ in range(3)] == [None, None, "close"]
        wire.expect_end()
    assert [got.target for got in upstream.take_all()] == ["/0", "/1", "/2"]


def test_body_of_the_last_request_arrives_whole(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, limits={"keep_alive_requests": 1})
    body = "x" * 1_000_000
    with Wire(gateway.port) as wire:
        assert ask(wire, method="POST", body=body).get("connection") == "close"
        wire.expect_end()
    assert upstream.take().body == body.encode()


def test_last_request_may_open_a_socket(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = gateways.start(ROUTES, upstream.port, limits={"keep_alive_requests": 1})
    with frames.connect(gateway.port, "/ws/") as wire:
        for number in range(5):
            wire.send(frame(TEXT, b"%d" % number))
            assert read_frame(wire).payload == b"%d" % number
    upstream.stop()


def test_number_of_requests_changes_with_a_reload(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    with Wire(gateway.port) as wire:
        assert [ask(wire).get("connection") for _ in range(4)] == [None] * 4
        gateway.reload(settings(gateway.port, upstream.port, ROUTES, limits={"keep_alive_requests": 6}))
        assert [ask(wire).get("connection") for _ in range(2)] == [None, "close"]
        wire.expect_end()


# Requests under way


class SlowUpstream(Upstream):
    """Answers what begins with /slow when it is told to, and everything else at once."""

    def __init__(self):
        self.gate = threading.Event()
        super().__init__(self._answer)

    def _answer(self, got):
        if got.target.startswith("/slow"):
            assert self.gate.wait(30)
        return OK


@pytest.fixture
def slow():
    upstream = SlowUpstream()
    yield upstream
    upstream.gate.set()
    upstream.stop()
    assert upstream.failures == []


def bounded(gateways, upstream, count, threads=1, **options):
    test = {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": count} | options
    return gateways.start(ROUTES, upstream.port, upstreams={"test": test}, threads=threads)


def assert_busy(response):
    assert response.status == 503, response
    assert int(response.get("retry-after")) > 0
    problem = json.loads(response.body)
    assert (problem["status"], problem["type"]) == (503, "urn:tollgate:problem:unavailable")


@pytest.mark.parametrize("threads", [1, 3])
def test_upstream_has_so_many_requests_at_once(gateways, slow, threads):
    gateway = bounded(gateways, slow, 4, threads)
    wires = [Wire(gateway.port).send(request(f"/slow/{number}")) for number in range(4)]
    for _ in wires:
        slow.take()
    with Wire(gateway.port) as other:
        for _ in range(5):
            assert_busy(ask(other))  # refused ones do not count themselves
        with Wire(gateway.port) as wire:
            assert_busy(ask(wire, method="POST", body="x" * 10_000))
        with Wire(gateway.port) as wire:
            assert_busy(wire.send(frames.handshake("/ws/")[0]).read_response())
        assert ask(other, "/private/").status == 401, "what needs no upstream goes on"
        slow.gate.set()
        for wire in wires:
            assert wire.read_response().body == b"ok"
            wire.close()
        assert [ask(other).status for _ in range(5)] == [200] * 5
    assert all(got.target == "/x" and not got.body for got in slow.take_all())


def test_open_sockets_are_no_requests(gateways):
    requests = threading.Semaphore(0)
    answer = threading.Event()

    def handler(wire):
        received = read_request(wire)
        requests.release()
        if received.all("upgrade"):
            assert answer.wait(30)
            frames.accept(wire, received)
            wire.read(1)
        wire.send(OK)

    upstream = Upstream(handler=handler)
    gateway = bounded(gateways, upstream, 2)
    opening = [Wire(gateway.port).send(frames.handshake("/ws/")[0]) for _ in range(2)]
    for _ in opening:
        assert requests.acquire(timeout=10)
    assert_busy(get(gateway.port, "/x"))  # a handshake that is not answered is a request
    answer.set()
    assert [wire.read_head().status for wire in opening] == [101] * 2
    sockets = opening + [frames.connect(gateway.port, "/ws/") for _ in range(4)]
    assert get(gateway.port, "/x").status == 200
    for wire in sockets:
        wire.close()
    assert get(gateway.port, "/x").status == 200, "and their end gives nothing back twice"
    upstream.stop()


# Ends other than an answer that was delivered: each gives its place back.


def client_breaks_off(gateway, upstream):
    upstream.answer = lambda got: None if got.target == "/slow" else OK
    wire = Wire(gateway.port).send(request("/slow"))
    upstream.take()
    wire.reset()


def client_breaks_off_while_it_sends(gateway, upstream):
    wire = Wire(gateway.port).send(request("/x", [("Content-Length", "100")], "POST"), "part")
    until(lambda: upstream.connections, "the upstream to be asked")
    wire.reset()


def client_breaks_off_while_it_receives(gateway, upstream):
    upstream.answer = lambda got: OK if got.target == "/x" else b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"
    wire = Wire(gateway.port).send(request("/long"))
    wire.read_head()
    wire.reset()


def handshake_breaks_off(gateway, upstream):
    upstream.answer = lambda got: None if got.target == "/ws/" else OK
    wire = Wire(gateway.port).send(frames.handshake("/ws/")[0])
    upstream.take()
    wire.reset()


def handshake_is_refused_by_the_backend(gateway, upstream):
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    upstream.answer = lambda got: refusal if got.target == "/ws/" else OK
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/")[0])
        assert wire.read_head().status == 101 and read_frame(wire).code == 4001


def answers_with(answer, status):
    def scenario(gateway, upstream):
        def respond(got):
            if got.target == "/x":
                return OK
            got.wire.send(answer)
            return False

        upstream.answer = respond
        assert get(gateway.port, "/broken").status == status

    return scenario


def upstream_is_late(gateway, upstream):
    upstream.answer = lambda got: None if got.target == "/slow" else OK
    assert get(gateway.port, "/slow").status == 504


def answer_is_cut_short(gateway, upstream):
    def respond(got):
        if got.target == "/x":
            return OK
        got.wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        return False

    upstream.answer = respond
    with Wire(gateway.port) as wire:
        wire.send(request("/cut")).read_head()
        assert wire.read_to_end() == b"part"


def idle_connection_has_died(gateway, upstream):
    assert get(gateway.port, "/x").status == 200
    upstream.break_connections()
    assert get(gateway.port, "/x").status == 200


def body_is_too_large(gateway, upstream):
    with Wire(gateway.port) as wire:
        wire.send(request("/x", [("Transfer-Encoding", "chunked")], "POST"), "800\r\n", b"x" * 2048, "\r\n")
        assert wire.read_response().status == 413


def body_is_announced_too_large(gateway, upstream):
    with Wire(gateway.port) as wire:
        assert ask(wire, headers=[("Content-Length", "4000")], method="POST").status == 413


def body_is_malformed(gateway, upstream):
    with Wire(gateway.port) as wire:
        wire.send(request("/x", [("Transfer-Encoding", "chunked")], "POST"), "nonsense\r\n")
        assert wire.read_response().status == 400


def answer_comes_before_the_body(gateway, upstream):
    with Wire(gateway.port) as wire:
        wire.send(request("/early", [("Content-Length", "100")], "POST"))
        assert wire.read_response().status == 403


ENDS = [
    client_breaks_off, client_breaks_off_while_it_sends, client_breaks_off_while_it_receives, handshake_breaks_off,
    handshake_is_refused_by_the_backend, upstream_is_late, answer_is_cut_short, idle_connection_has_died,
    body_is_too_large, body_is_announced_too_large, body_is_malformed,
    pytest.param(answers_with(b"", 502), id="upstream_closes"),
    pytest.param(answers_with(b"nonsense\r\n\r\n", 502), id="answer_is_nonsense"),
    pytest.param(answers_with(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200), id="answer_ends_with_its_connection"),
]  # fmt: skip


@pytest.mark.parametrize("scenario", ENDS)
def test_every_end_gives_its_place_back(gateways, upstream, scenario):
    test = {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": 1, "response_timeout": "100ms"}
    if scenario is not upstream_is_late:
        del test["response_timeout"]
    gateway = gateways.start(ROUTES, upstream.port, upstreams={"test": test}, limits={"body": "1KiB"})
    for _ in range(3):
        scenario(gateway, upstream)
        # What a client breaks off is noticed a moment later.
        until(lambda: get(gateway.port, "/x").status == 200, "the place to be free again", 5)
        upstream.take_all()


def test_early_answer_gives_its_place_back(gateways):
    def handler(wire):
        status = b"403 Forbidden" if b"/early" in wire.read_until(b"\r\n\r\n") else b"200 OK"
        wire.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    upstream = Upstream(handler=handler)
    gateway = bounded(gateways, upstream, 1)
    for _ in range(3):
        answer_comes_before_the_body(gateway, upstream)
        assert get(gateway.port, "/x").status == 200
    upstream.stop()


def test_upstream_that_is_down_gives_places_back(gateways):
    port = free_port()
    gateway = gateways.start(ROUTES, port, upstreams={"test": {"servers": [f"127.0.0.1:{port}"], "max_in_flight": 1}})
    assert [get(gateway.port, "/x").status for _ in range(5)] == [502] * 5
    upstream = Upstream(port=port)
    until(lambda: get(gateway.port, "/x").status == 200, "the upstream to be found again")
    upstream.stop()


def test_nothing_is_given_back_twice(gateways, slow):
    """Ends of every kind, and still no more at once than there may be."""
    gateway = bounded(gateways, slow, 2)
    for _ in range(5):
        wire = Wire(gateway.port).send(request("/slow"))
        slow.take()
        wire.reset()
        until(lambda: get(gateway.port, "/x").status == 200, "the place to be free again", 5)
        slow.take_all()
    wires = [Wire(gateway.port).send(request("/slow")) for _ in range(2)]
    for _ in wires:
        slow.take()
    assert_busy(get(gateway.port, "/x"))
    slow.gate.set()
    assert [wire.read_response().status for wire in wires] == [200] * 2


def test_upstreams_are_counted_apart(gateways, slow, upstream):
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{slow.port}"], "max_in_flight": 1},
        "other": {"servers": [f"127.0.0.1:{upstream.port}"], "max_in_flight": 1},
    }
    routes = [{"path": "other/", "auth": "none", "upstream": "other"}, *ROUTES]
    gateway = gateways.start(routes, slow.port, upstreams=upstreams)
    with Wire(gateway.port) as wire:
        wire.send(request("/slow"))
        slow.take()
        assert get(gateway.port, "/other/").status == 200
        assert_busy(get(gateway.port, "/x"))


@pytest.mark.parametrize("count", ["off", 10_000])
def test_off_and_the_default_leave_room_for_many(gateways, slow, count):
    gateway = bounded(gateways, slow, count)
    wires = [Wire(gateway.port).send(request("/slow")) for _ in range(100)]
    for _ in wires:
        slow.take()
    assert get(gateway.port, "/x").status == 200
    slow.gate.set()
    for wire in wires:
        assert wire.read_response().status == 200
        wire.close()


def test_room_changes_with_a_reload(gateways, slow):
    gateway = bounded(gateways, slow, 1)

    def reload(count):
        test = {"servers": [f"127.0.0.1:{slow.port}"], "max_in_flight": count}
        gateway.reload(settings(gateway.port, slow.port, ROUTES, upstreams={"test": test}))

    with Wire(gateway.port) as held, Wire(gateway.port) as wire:
        held.send(request("/slow"))
        slow.take()
        assert_busy(ask(wire))
        reload(3)
        assert ask(wire).status == 200
        reload("off")
        assert ask(wire).status == 200
        slow.gate.set()
        assert held.read_response().status == 200, "what was under way is finished"
        reload(1)
        assert [ask(wire).status for _ in range(3)] == [200] * 3


# Settings


def test_check_refuses_limits_that_let_nothing_through(tmp_path):
    assert_refused_where_marked(
        tmp_path,
        """\
listen: [{address: 127.0.0.1:8080}]
upstreams:
  a: {servers: ["127.0.0.1:8000"], max_in_flight: »0}
  b: {servers: ["127.0.0.1:8000"], max_in_flight: »-1}
  c: {servers: ["127.0.0.1:8000"], max_in_flight: »many}
  d: {servers: ["127.0.0.1:8000"], max_in_flight: off}
routes: [{path: '<path:rest>', upstream: a, auth: none}]
limits:
  keep_alive_requests: »0
  address:
    connections_per_second: »0
    requests_per_second: {rate: »10/s, burst: »0, »brust: 1}
""",
    )


@pytest.mark.parametrize("rate", ["»{burst: 5}", "»1.5", "»-1", "»[1]", "{rate: 1, burst: »2000000000}", "»true"])
def test_check_refuses_rates_that_are_none(tmp_path, rate):
    assert_refused_where_marked(
        tmp_path,
        f"""\
listen: [{{address: 127.0.0.1:8080}}]
upstreams: {{a: {{servers: ["127.0.0.1:8000"]}}}}
routes: [{{path: '<path:rest>', upstream: a, auth: none}}]
limits: {{address: {{requests_per_second: {rate}}}}}
""",
    )
