"""What a route is asked for besides its pattern, what it does to paths, and the answer to balancers."""

import json
import signal

import pytest

from support import frames, tokens
from support.checks import assert_refused_where_marked
from support.clients import ask, ask_from, request, wire_from
from support.gateway import settings
from support.upstream import OK
from support.waiting import free_port
from support.wire import Wire, bearer, get


def named(name, **route):
    """A route that tells the backend its name."""
    return {"auth": "none", "headers": {"request": {"set": {"X-Route": name}}}} | route


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


def went_to(backend, response):
    """The route that took the request, or the status that refused it."""
    if response.status != 200:
        assert backend.take_all() == []
        return response.status
    return backend.take().get("X-Route")


# Hosts


HOSTS = [
    named("only", path="<path:rest>", hosts=["chat.example.com", "192.0.2.1", "[::1]"]),
    named("below", path="<path:rest>", hosts=[".example.org", "localhost"]),
    named("socket", path="ws/", hosts=["ws.example.net"], websocket=True),
    named("any", path="any/", hosts=["*"]),
    named("open", path="open/"),
    named("other", path="any/"),
]


@pytest.fixture(scope="module")
def by_host(module_gateways, module_upstream):
    return module_gateways.start(HOSTS, module_upstream.port)


@pytest.mark.parametrize(
    "host, route",
    [
        ("chat.example.com", "only"),
        ("CHAT.Example.COM", "only"),
        ("chat.example.com:8443", "only"),
        ("chat.example.com:", "only"),
        ("chat.example.com.", "only"),
        ("Chat.Example.Com.:80", "only"),
        ("192.0.2.1", "only"),
        ("192.0.2.1:8080", "only"),
        ("[::1]", "only"),
        ("[::1]:8080", "only"),
        ("x.chat.example.com", 404),
        ("xchat.example.com", 404),
        ("chat.example.com.evil.example", 404),
        ("chat.example.co", 404),
        ("192.0.2.11", 404),
        ("[::2]", 404),
        ("example.org", "below"),
        ("a.example.org", "below"),
        ("a.b.EXAMPLE.org.:80", "below"),
        ("localhost:3000", "below"),
        ("badexample.org", 404),
        ("a.localhost", 404),
        ("example.org.evil.example", 404),
        ("other.test", 404),
    ],
)
def test_host_chooses_the_route(by_host, backend, host, route):
    with Wire(by_host.port) as wire:
        assert went_to(backend, ask(wire, "/x", host=host)) == route
        assert went_to(backend, ask(wire, "/open/", host="chat.example.com")) == "only", "the first that matches"
        assert went_to(backend, ask(wire, "/open/", host="other.test")) == "open", "the others are passed over"


def test_host_arrives_as_it_was_sent(by_host, backend):
    with Wire(by_host.port) as wire:
        assert ask(wire, "/x", host="CHAT.Example.com.:8443").status == 200
    assert backend.take().get("Host") == "CHAT.Example.com.:8443"


@pytest.mark.parametrize("host", ["chat.example.com..", ".example.org", "a..example.org", "."])
def test_host_with_an_empty_label_is_malformed(by_host, backend, host):
    """Servers differ in what they make of it; passing routes over for it could lead to one that asks for less."""
    with Wire(by_host.port) as wire:
        assert ask(wire, "/open/", host=host).status == 400


@pytest.mark.parametrize("host, route", [("whatever.test", "any"), ("[2001:db8::1]:1", "any"), (None, "any")])
def test_star_is_every_host_and_none(by_host, backend, host, route):
    with Wire(by_host.port) as wire:
        assert went_to(backend, ask(wire, "/any/", host=host, version="1.0")) == route


def test_old_client_without_host_gets_no_route_of_a_host(by_host, backend):
    for target, route in [("/x", 404), ("/open/", "open")]:
        with Wire(by_host.port) as wire:
            assert went_to(backend, ask(wire, target, host=None, version="1.0")) == route


def test_absolute_target_cannot_name_another_host(by_host, backend):
    for target, route in [("http://chat.example.com/x", "only"), ("http://example.org/x", 400)]:
        with Wire(by_host.port) as wire:
            assert went_to(backend, ask(wire, target, host="chat.example.com")) == route


def test_second_host_does_not_help(by_host, backend):
    with Wire(by_host.port) as wire:
        assert went_to(backend, ask(wire, "/x", [("Host", "chat.example.com")], host="other.test")) == 400


@pytest.mark.parametrize("host, status", [("ws.example.net:80", 200), ("other.test", 404)])
def test_handshakes_have_hosts_too(by_host, backend, host, status):
    with Wire(by_host.port) as wire:
        wire.send(frames.handshake("/ws/", host=host)[0])
        assert wire.read_head().status == status  # 200: it reached the recording upstream


# Methods


METHODS = [
    named("read", path="m/", methods=["GET"]),
    named("write", path="m/", methods=["POST", "PUT"], auth="required"),
    named("post", path="only/", methods=["POST"]),
    named("cheap", path="rest/", methods=["GET"]),
    named("dear", path="rest/", auth="required"),
    named("here", path="g/", methods=["GET"], hosts=["a.test"]),
    named("there", path="g/", methods=["POST"]),
    named("one", re_path="^same/$", methods=["GET"]),
    named("two", re_path="^same/?$", methods=["POST"]),
    named("purge", path="purge/", methods=["PURGE", "OPTIONS"]),
    named("socket", path="ws/", methods=["POST"], websocket=True),
    named("inside", path="inside/", methods=["GET"], allow=["192.0.2.0/24"]),
    named("all", path="<path:rest>"),
]


@pytest.fixture(scope="module")
def by_method(module_gateways, module_upstream):
    return module_gateways.start(METHODS, module_upstream.port)


@pytest.mark.parametrize(
    "method, target, route",
    [
        ("GET", "/m/", "read"),
        ("HEAD", "/m/", "read"),
        ("POST", "/m/", 401),
        ("PUT", "/m/", 401),
        ("POST", "/only/", "post"),
        ("GET", "/rest/", "cheap"),
        ("POST", "/rest/", 401),
        ("OPTIONS", "/rest/", 401),
        ("PURGE", "/purge/", "purge"),
        ("OPTIONS", "/purge/", "purge"),
        ("POST", "/free/", "all"),
        ("PROPFIND", "/free/", "all"),
    ],
)
def test_method_chooses_among_routes_of_one_pattern(by_method, backend, method, target, route):
    with Wire(by_method.port) as wire:
        assert went_to(backend, ask(wire, target, method=method)) == route


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_routes_of_one_pattern_may_ask_for_a_token_by_method(by_method, backend, method):
    assert get(by_method.port, "/m/", [bearer(tokens.token("7"))], method).status == 200
    got = backend.take()
    assert (got.method, got.get("X-Route"), got.get("X-User-Id")) == (method, "write", "7")


REFUSED_METHODS = {
    ("DELETE", "/m/"): {"GET", "HEAD", "POST", "PUT"},
    ("OPTIONS", "/m/"): {"GET", "HEAD", "POST", "PUT"},
    ("PATCH", "/m/?a=b"): {"GET", "HEAD", "POST", "PUT"},
    ("GET", "/only/"): {"POST"},
    ("HEAD", "/only/"): {"POST"},
    ("POST", "/g/"): {"GET", "HEAD"},
    ("POST", "/same/"): {"GET", "HEAD"},
    ("GET", "/purge/"): {"PURGE", "OPTIONS"},
    ("GETS", "/m/"): {"GET", "HEAD", "POST", "PUT"},
}


@pytest.mark.parametrize("method, target", REFUSED_METHODS)
def test_other_methods_never_fall_through(by_method, backend, method, target):
    with Wire(by_method.port) as wire:
        response = ask(wire, target, [bearer(tokens.token())], method)
        assert response.status == 405
        assert {name.strip() for name in response.get("allow").split(",")} == REFUSED_METHODS[method, target]
        assert response.get("content-type") == "application/problem+json"
        if method != "HEAD":
            assert json.loads(response.body)["type"] == "urn:tollgate:problem:method-not-allowed"
        assert ask(wire, "/free/").status == 200, "the connection goes on"
    assert [got.target for got in backend.take_all()] == ["/free/"]


def test_groups_end_at_other_hosts(by_method, backend):
    with Wire(by_method.port) as wire:
        assert went_to(backend, ask(wire, "/g/", method="POST", host="b.test")) == "there"


@pytest.mark.parametrize("asked, route", [("GET", "read"), ("HEAD", "read"), ("POST", "write"), ("DELETE", 405)])
def test_preflight_goes_where_its_request_would(by_method, backend, asked, route):
    headers = [("Origin", "https://a.test"), ("Access-Control-Request-Method", asked)]
    with Wire(by_method.port) as wire:
        assert went_to(backend, ask(wire, "/m/", headers, "OPTIONS")) == route


def test_sockets_are_not_asked_for_their_method(by_method, backend):
    with Wire(by_method.port) as wire:
        assert ask(wire, "/ws/").status == 405
        wire.send(frames.handshake("/ws/")[0])
        assert wire.read_head().status == 200
    assert backend.take().get("X-Route") == "socket"


def test_who_may_not_enter_does_not_learn_the_methods(by_method):
    response = get(by_method.port, "/inside/", method="POST")
    assert (response.status, response.get("allow")) == (403, None)


# Addresses


PROXY = "127.0.0.2"
ADDRESSES = [
    named("few", path="few/", allow=["127.0.0.4", "127.0.0.8/29", "203.0.113.0/24", "2001:db8::/32"],
          deny=["127.0.0.9", "2001:db8:6::/48"]),
    named("most", path="most/", deny=["127.0.0.9", "203.0.113.9"]),
    named("private", path="private/", auth="required", deny=["127.0.0.9"]),
    named("socket", path="ws/", auth="required", websocket=True, deny=["127.0.0.9"]),
    named("grouped", path="grouped/", methods=["GET"], deny=["127.0.0.9"]),
    named("grouped too", path="grouped/"),
    named("rest", path="<path:rest>"),
]  # fmt: skip


@pytest.fixture(scope="module")
def by_address(module_gateways, module_upstream):
    return module_gateways.start(ADDRESSES, module_upstream.port, trusted_proxies=[PROXY])


@pytest.mark.parametrize(
    "source, target, route",
    [
        ("127.0.0.4", "/few/", "few"),
        ("127.0.0.8", "/few/", "few"),
        ("127.0.0.15", "/few/", "few"),
        ("127.0.0.9", "/few/", 403),
        ("127.0.0.16", "/few/", 403),
        ("127.0.0.1", "/few/", 403),
        (PROXY, "/few/", 403),
        ("127.0.0.9", "/most/", 403),
        ("127.0.0.1", "/most/", "most"),
        ("127.0.0.9", "/private/", 403),
        ("127.0.0.1", "/private/", 401),
        ("127.0.0.9", "/grouped/", 403),
        ("127.0.0.9", "/else/", "rest"),
    ],
)
def test_address_decides(by_address, backend, source, target, route):
    assert went_to(backend, ask_from(source, by_address.port, target)) == route


@pytest.mark.parametrize(
    "client, target, route",
    [
        ("203.0.113.7", "/few/", "few"),
        ("2001:db8::7", "/few/", "few"),
        ("2001:db8:6::7", "/few/", 403),
        ("198.51.100.1", "/few/", 403),
        ("203.0.113.9", "/most/", 403),
        ("::ffff:203.0.113.9", "/most/", 403),
        ("127.0.0.9", "/most/", 403),
        ("203.0.113.9, 203.0.113.7", "/most/", "most"),
        ("203.0.113.7, 203.0.113.9", "/most/", 403),
    ],
)
def test_address_is_the_vetted_clients(by_address, backend, client, target, route):
    with wire_from(PROXY, by_address.port) as wire:
        assert went_to(backend, ask(wire, target, [("X-Forwarded-For", client)])) == route
    if route != 403:
        with wire_from("127.0.0.9", by_address.port) as wire:
            response = ask(wire, target, [("X-Forwarded-For", client)])
            assert went_to(backend, response) == 403, "what a stranger says does not help"


def test_refused_address_is_told_nothing_else(by_address):
    response = ask_from("127.0.0.9", by_address.port, "/private/", [bearer(tokens.token())])
    assert response.get("content-type") == "application/problem+json"
    problem = json.loads(response.body)
    assert (problem["status"], problem["type"]) == (403, "urn:tollgate:problem:address-not-allowed")
    assert response.get("www-authenticate") is None


@pytest.mark.parametrize("headers", [[], [("Origin", "http://localhost")]])
def test_handshake_of_a_refused_address_is_never_accepted(by_address, backend, headers):
    with wire_from("127.0.0.9", by_address.port) as wire:
        wire.send(frames.handshake("/ws/", headers)[0])
        assert wire.read_response().status == 403
    with wire_from("127.0.0.8", by_address.port) as wire:
        wire.send(frames.handshake("/ws/", headers)[0])
        assert wire.read_head().status == 101, "accepted to be closed with 4001"
    assert backend.take_all() == []


# Prefixes


PREFIXES = [
    named("chat", re_path="^chat/.*$", strip_prefix="/chat"),
    named("both", re_path="^app(/.*)?$", strip_prefix="/app", add_prefix="/v1/x"),
    named("added", path="plain/<path:rest>", add_prefix="/base"),
    named("deep", path="a/b/<path:rest>", strip_prefix="/a/b"),
    named("loose", re_path="^loose/.*$", strip_prefix="/loose", tolerate=["//", "%2F", ";"]),
    named("token", path="token/<path:rest>", strip_prefix="/token", auth="required", tokens={"sources": ["query"]}),
    named("socket", path="live/ws/", strip_prefix="/live", add_prefix="/sockets", websocket=True),
    named("none", path="<path:rest>"),
]


@pytest.fixture(scope="module")
def by_prefix(module_gateways, module_upstream):
    return module_gateways.start(PREFIXES, module_upstream.port, trusted_proxies=[PROXY])


@pytest.mark.parametrize(
    "target, arrives, prefix",
    [
        ("/chat/x", "/x", "/chat"),
        ("/chat/", "/", "/chat"),
        ("/chat/?a=/chat/b", "/?a=/chat/b", "/chat"),
        ("/chat/x/?", "/x/?", "/chat"),
        ("/chat/chat/x", "/chat/x", "/chat"),
        ("/chat/%C3%A4/a%20b/%3f?c=%2f", "/%C3%A4/a%20b/%3f?c=%2f", "/chat"),
        ("/chat/a:b@c!$&'()*+,=~", "/a:b@c!$&'()*+,=~", "/chat"),
        ("/app", "/v1/x/", "/app"),
        ("/app?a=b", "/v1/x/?a=b", "/app"),
        ("/app/", "/v1/x/", "/app"),
        ("/app/y/", "/v1/x/y/", "/app"),
        ("/plain/y?z", "/base/plain/y?z", None),
        ("/a/b/c", "/c", "/a/b"),
        ("/loose/a//b;c", "/a//b;c", "/loose"),
        ("/loose/a%2F%2Fb%3B", "/a%2F%2Fb%3B", "/loose"),
        ("/loose", "/loose", None),
        ("/chatter/x", "/chatter/x", None),
        ("/other/chat/x", "/other/chat/x", None),
    ],
)
def test_prefix_is_cut_and_put_byte_for_byte(by_prefix, backend, target, arrives, prefix):
    assert get(by_prefix.port, target, [("X-Forwarded-Prefix", "/forged")]).status == 200
    got = backend.take()
    assert (got.target, got.get("X-Forwarded-Prefix")) == (arrives, prefix)


@pytest.mark.parametrize(
    "target",
    [
        "/%63hat/x", "/c%68at/x", "/%61pp", "/%61/b/c", "/a%2Fb/c", "/loose//x", "/loose/%2Fx", "/loose/%2fx",
        "/loose%2Fx", "/chat//x", "/chat/./x", "/chat/../x", "/chat/%2e%2e/x", "/chat/a%2Fb",
    ],
)  # fmt: skip
def test_path_that_others_could_read_differently_is_refused(by_prefix, backend, target):
    response = get(by_prefix.port, target)
    assert (response.status, response.get("content-type")) == (400, "application/problem+json")
    assert backend.take_all() == []


def test_absolute_target_is_cut_too(by_prefix, backend):
    with Wire(by_prefix.port) as wire:
        assert ask(wire, "http://a.test/chat/x?y").status == 200
    assert backend.take().target == "/x?y"


def test_prefix_and_token_are_both_cut(by_prefix, backend):
    assert get(by_prefix.port, f"/token/x?a=1&token={tokens.token('7')}&b=2").status == 200
    got = backend.take()
    assert (got.target, got.get("X-User-Id"), got.get("X-Forwarded-Prefix")) == ("/x?a=1&b=2", "7", "/token")
    assert get(by_prefix.port, f"/token/x?token={tokens.token('7')}").status == 200
    assert backend.take().target == "/x"


def test_prefix_of_a_handshake_is_cut(by_prefix, backend):
    with Wire(by_prefix.port) as wire:
        wire.send(frames.handshake("/live/ws/?a=1", [("X-Forwarded-Prefix", "/forged")])[0])
        assert wire.read_head().status == 200
    got = backend.take()
    assert (got.target, got.get("X-Forwarded-Prefix")) == ("/sockets/ws/?a=1", "/live")


@pytest.mark.parametrize("source", [PROXY, "127.0.0.9"])
@pytest.mark.parametrize("name", ["X-Forwarded-Prefix", "X_Forwarded_Prefix", "x.forwarded.prefix"])
def test_prefix_is_the_gateways_word_alone(by_prefix, backend, source, name):
    for target, told in [("/chat/x", ["/chat"]), ("/x", [])]:
        assert ask_from(source, by_prefix.port, target, [(name, "/forged")]).status == 200
        got = backend.take()
        assert got.all("X-Forwarded-Prefix") == told and b"/forged" not in got.head


# Health


HEALTH = [{"path": "<path:rest>", "auth": "required"}]


@pytest.fixture(scope="module")
def healthy(module_gateways):
    return module_gateways.start(HEALTH, free_port(), health="/healthz")  # the backend is down


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("target", ["/healthz", "/healthz?", "/healthz?verbose=1"])
@pytest.mark.parametrize("host, version", [("balancer.test", "1.1"), ("10.0.0.7:80", "1.1"), (None, "1.0")])
def test_health_is_answered_to_anybody(healthy, method, target, host, version):
    with Wire(healthy.port) as wire:
        response = ask(wire, target, method=method, host=host, version=version)
    assert (response.status, response.body) == (200, b"ok\n" if method == "GET" else b"")
    assert response.get("content-length") == "3" and response.get("content-type").startswith("text/plain")


def test_health_keeps_the_connection(healthy):
    with Wire(healthy.port) as wire:
        wire.send(request("/healthz") * 3)
        assert [wire.read_response().body for _ in range(3)] == [b"ok\n"] * 3


@pytest.mark.parametrize(
    "method, target",
    [
        ("POST", "/healthz"), ("OPTIONS", "/healthz"), ("GET", "/healthz/"), ("GET", "/Healthz"), ("GET", "/%68ealthz"),
        ("GET", "/healthz%20"), ("GET", "/x/healthz"), ("GET", "/healthz/x"),
    ],
)  # fmt: skip
def test_everything_else_goes_the_way_of_requests(healthy, method, target):
    assert get(healthy.port, target, method=method).status == 401


def test_handshake_is_no_health_check(healthy):
    with Wire(healthy.port) as wire:
        assert wire.send(frames.handshake("/healthz")[0]).read_head().status == 404


def test_health_is_off_unless_written(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "none"}], upstream.port)
    assert get(gateway.port, "/healthz").body == b"ok" and upstream.take().target == "/healthz"


def test_draining_gateway_is_not_healthy(gateways):
    """Kept connections with half a request in them stay for its other half."""
    gateway = gateways.start(HEALTH, free_port(), health="/healthz", timeouts={"drain": "10s"})
    head = request("/healthz")
    with Wire(gateway.port) as kept, Wire(gateway.port) as half, Wire(gateway.port) as idle:
        assert ask(kept, "/healthz").status == 200
        for wire in [kept, half]:
            wire.send(head[:20])
        assert ask(idle, "/healthz").status == 200  # whoever answers this has read what came before
        gateway.send(signal.SIGTERM)
        idle.expect_end()
        for wire in [kept, half]:
            response = wire.send(head[20:]).read_response()
            assert (response.status, response.body) == (503, b"draining\n")
            assert response.get("connection") == "close"
            wire.expect_end()
    assert gateway.wait() == 0


# Reload


def test_open_connection_sees_new_conditions(gateways, upstream):
    base = {"path": "x/<path:rest>", "auth": "none"}
    other = {"path": "<path:rest>", "auth": "none"}

    def seen(wire, method="GET"):
        response = ask(wire, "/x/y", method=method)
        return upstream.take().target if response.status == 200 else response.status

    gateway = gateways.start([base], upstream.port)
    steps = [
        ({"hosts": ["b.test"]}, 404),
        ({"hosts": [".test"]}, "/x/y"),
        ({"methods": ["POST"]}, 405),
        ({"methods": ["GET"]}, "/x/y"),
        ({"allow": ["127.0.0.3"]}, 403),
        ({"deny": ["127.0.0.9"]}, 403),
        ({"allow": ["127.0.0.9"]}, "/x/y"),
        ({"strip_prefix": "/x"}, "/y"),
        ({"add_prefix": "/v1"}, "/v1/x/y"),
        ({"strip_prefix": "/x", "add_prefix": "/v1"}, "/v1/y"),
        ({}, "/x/y"),
    ]
    with wire_from("127.0.0.9", gateway.port) as wire:
        assert seen(wire) == "/x/y"
        for change, expected in steps:
            gateway.reload(settings(gateway.port, upstream.port, [base | change]))
            assert seen(wire) == expected, change
        assert ask(wire, "/healthz").status == 404
        gateway.reload(settings(gateway.port, upstream.port, [other], health="/healthz"))
        assert ask(wire, "/healthz").body == b"ok\n"
        gateway.reload(settings(gateway.port, upstream.port, [other], health="/livez"))
        assert (ask(wire, "/livez").body, ask(wire, "/healthz").body) == (b"ok\n", b"ok")


# Settings


def test_check_refuses_conditions_that_cannot_be_met(tmp_path):
    assert_refused_where_marked(
        tmp_path,
        """\
listen: [{address: 127.0.0.1:8080}]
allowed_origins: ["*"]
upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
health: »healthz
routes:
  - path: 'a/'
    upstream: chat
    auth: none
    hosts: [»"chat.example.com:80", »"*.example.com", »"", »"https://a.test", »"b c"]
  - path: 'b/'
    upstream: chat
    auth: none
    methods: [»get, GET, »CONNECT, »"GET, POST", »GET]
  - path: 'c/'
    upstream: chat
    auth: none
    allow: [»127.0.0.1/33, »localhost, 10.0.0.0/8]
    deny: [»10.1.2.3/16]
  - path: 'ws/'
    upstream: chat
    auth: none
    websocket: {only: true}
    methods: »[GET]
  - path: 'd/<path:rest>'
    upstream: chat
    auth: none
    strip_prefix: »d
    add_prefix: »/v1/
""",
    )


@pytest.mark.parametrize(
    "route",
    [
        "path: 'chatter/<path:rest>', strip_prefix: »/chat",
        "path: '<path:rest>', strip_prefix: »/chat",
        "re_path: 'chat/.*', strip_prefix: »/chat",
        "re_path: '^chat.*', strip_prefix: »/chat",
        "re_path: '^(chat|talk)/.*', strip_prefix: »/chat",
        "path: 'chat/<path:rest>', allow: »[]",
        "path: 'chat/<path:rest>', allow: [»10.1.0.0/16], deny: [10.0.0.0/8]",
        "path: 'chat/<path:rest>', methods: »[]",
        "path: 'chat/<path:rest>', hosts: [a.test, »\"*\"]",
    ],
)
def test_check_refuses_a_prefix_or_condition_that_contradicts_its_route(tmp_path, route):
    assert_refused_where_marked(
        tmp_path,
        f"""\
listen: [{{address: 127.0.0.1:8080}}]
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
routes:
  - {{upstream: chat, auth: none, {route}}}
""",
    )
