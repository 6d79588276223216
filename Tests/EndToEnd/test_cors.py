"""CORS: with `cors` the gateway answers for the backend, without it the backend's word passes untouched."""

import pytest

from support import frames, tokens
from support.checks import assert_refused_where_marked
from support.clients import ask, request
from support.gateway import settings
from support.upstream import OK, Upstream
from support.waiting import free_port
from support.wire import Wire, bearer, get

APP, LOCAL, FOREIGN = "https://app.example.com", "http://localhost:3000", "https://evil.example"
ROUTES = [
    {"path": "ws/", "auth": "none", "websocket": {"refuse": "http"}},
    {"path": "ws/private/", "auth": "required", "websocket": {"only": True, "refuse": "http"}},
    {"path": "private/", "auth": "required"},
    {"path": "posts/", "auth": "none", "methods": ["POST"]},
    {"path": "inside/", "auth": "none", "allow": ["192.0.2.0/24"]},
    {"path": "down/", "auth": "none", "upstream": "down"},
    {"path": "slow/", "auth": "none", "upstream": "slow"},
    {"path": "public/<path:rest>", "auth": "none"},
]
CORS = {
    "origins": [APP, LOCAL],
    "methods": ["GET", "POST", "PUT"],
    "headers": ["Authorization", "content-type", "X-A"],
    "exposed_headers": ["x-total-count", "etag"],
    "credentials": True,
    "max_age": "10m",
}
PREFLIGHT_VARY = {"origin", "access-control-request-method", "access-control-request-headers"}


def upstreams(upstream, slow=None):
    return {
        "test": {"servers": [f"127.0.0.1:{upstream.port}"]},
        "down": {"servers": [f"127.0.0.1:{free_port()}"]},
        "slow": {"servers": [f"127.0.0.1:{(slow or upstream).port}"], "response_timeout": "100ms"},
    }


@pytest.fixture(scope="module")
def silent():
    upstream = Upstream(lambda got: None)
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def start(module_gateways, module_upstream, silent):
    def start(cors, **changes):
        changes = {"upstreams": upstreams(module_upstream, silent), "limits": {"body": "1KiB"}} | changes
        return module_gateways.start(ROUTES, module_upstream.port, cors=cors, health="/healthz", **changes)

    return start


@pytest.fixture(scope="module")
def gateway(start):
    return start(CORS, allowed_origins=["https://sockets.example.com"])


@pytest.fixture(scope="module")
def open_gateway(start):
    return start({"origins": ["*"], "exposed_headers": ["etag"]})


@pytest.fixture(scope="module")
def null_gateway(start):
    return start({"origins": [APP, "null"]})


@pytest.fixture(scope="module")
def plain_gateway(start):
    """Without `cors`."""
    return start(None, allowed_origins=[APP])


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


def preflight(gateway, target="/public/x", origin=APP, method="PUT", headers=(), more=()):
    fields = [("Origin", origin), ("Access-Control-Request-Method", method)]
    fields += [("Access-Control-Request-Headers", line) for line in headers]
    return get(gateway.port, target, [*fields, *more], "OPTIONS")


def cors_lines(response):
    return {name: response.get(name) for name, _ in response.fields if name.startswith("access-control-")}


def vary(response):
    return {name.strip().lower() for value in response.all("vary") for name in value.split(",")}


def words(text):
    return {word.strip().lower() for word in text.split(",")}


# Preflights


HEADERS_ASKED_FOR = [
    [], ["authorization"], ["AUTHORIZATION,X-a"], ["authorization, content-type ,x-a"], [""], ["authorization", "x-a"],
    [",authorization,, x-a,"],
]  # fmt: skip


@pytest.mark.parametrize("headers", HEADERS_ASKED_FOR)
@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_preflight_that_may_is_told_so(gateway, backend, origin, headers):
    response = preflight(gateway, origin=origin, headers=headers)
    assert (response.status, response.body, response.get("content-length")) == (204, b"", None)
    lines = cors_lines(response)
    assert words(lines.pop("access-control-allow-methods")) == {"get", "post", "put"}
    assert words(lines.pop("access-control-allow-headers")) == {"authorization", "content-type", "x-a"}
    assert lines == {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-max-age": "600",
    }
    assert vary(response) == PREFLIGHT_VARY
    assert backend.take_all() == [], "the backend is not asked"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_preflight_asks_for_each_method(gateway, method):
    assert preflight(gateway, method=method).get("access-control-allow-origin") == APP


REFUSED_PREFLIGHTS = {
    "another origin": {"origin": FOREIGN},
    "a sub-domain": {"origin": "https://x.app.example.com"},
    "a longer name": {"origin": "https://app.example.com.evil.example"},
    "another scheme": {"origin": "http://app.example.com"},
    "another port": {"origin": "https://app.example.com:444"},
    "the default port": {"origin": "https://app.example.com:443"},
    "no port": {"origin": "http://localhost"},
    "capitals": {"origin": "https://APP.example.com"},
    "a path": {"origin": APP + "/"},
    "null": {"origin": "null"},
    "two origins": {"more": [("Origin", LOCAL)]},
    "two origins in a line": {"origin": f"{APP}, {LOCAL}"},
    "another method": {"method": "DELETE"},
    "a method in small letters": {"method": "put"},
    "an unknown method": {"method": "FLY"},
    "another header": {"headers": ["authorization, x-b"]},
    "another header in a second line": {"headers": ["authorization", "x-b"]},
    "a star": {"headers": ["*"]},
}


@pytest.mark.parametrize("case", REFUSED_PREFLIGHTS)
def test_preflight_that_may_not_learns_nothing(gateway, backend, case):
    response = preflight(gateway, **REFUSED_PREFLIGHTS[case])
    assert response.status == 204
    assert cors_lines(response) == {}
    assert vary(response) == PREFLIGHT_VARY
    assert backend.take_all() == []


@pytest.mark.parametrize("target", ["/private/", "/posts/", "/ws/", "/down/", "/slow/", "/public/a?b=c"])
def test_preflight_needs_neither_token_nor_method_nor_backend(gateway, backend, target):
    response = preflight(gateway, target, method="GET")
    assert (response.status, response.get("access-control-allow-origin")) == (204, APP)
    assert backend.take_all() == []


@pytest.mark.parametrize("target, status", [("/nowhere/", 404), ("/inside/", 403), ("/ws/private/", 404)])
def test_preflight_of_no_open_route_is_refused(gateway, backend, target, status):
    assert preflight(gateway, target).status == status
    assert backend.take_all() == []


def test_preflight_keeps_the_connection(gateway):
    with Wire(gateway.port) as wire:
        for _ in range(3):
            headers = [("Origin", APP), ("Access-Control-Request-Method", "PUT")]
            assert ask(wire, "/private/", headers, "OPTIONS").status == 204
        assert ask(wire, "/public/x").status == 200


def test_preflights_are_not_counted_against_an_address(gateways, upstream):
    gateway = gateways.start(
        ROUTES, upstream.port, upstreams=upstreams(upstream), cors=CORS,
        limits={"address": {"requests_per_second": {"rate": 1, "burst": 2}}},
    )  # fmt: skip
    assert [preflight(gateway).status for _ in range(4)] == [204] * 4
    assert [get(gateway.port, "/public/x").status for _ in range(3)] == [200, 200, 429]
    assert preflight(gateway).status == 204, "nor refused when the address has used up what it has"


ORDINARY = {
    "no Access-Control-Request-Method": ("OPTIONS", [("Origin", APP)]),
    "no Origin": ("OPTIONS", [("Access-Control-Request-Method", "PUT")]),
    "another method": ("GET", [("Origin", APP), ("Access-Control-Request-Method", "PUT")]),
    "a nominated line": (
        "OPTIONS",
        [("Origin", APP), ("Access-Control-Request-Method", "PUT"), ("Connection", "Access-Control-Request-Method")],
    ),
    "two lines": (
        "OPTIONS",
        [("Origin", APP), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Method", "GET")],
    ),
}


@pytest.mark.parametrize("case", ORDINARY)
def test_what_is_no_preflight_is_an_ordinary_request(gateway, backend, case):
    method, headers = ORDINARY[case]
    with Wire(gateway.port) as wire:
        assert ask(wire, "/private/", headers, method).status == 401
        assert backend.take_all() == []
        assert ask(wire, "/public/x", headers, method).body == b"ok"
    assert backend.take().method == method


def test_preflight_answers_have_what_all_own_answers_have(gateway):
    assert preflight(gateway).get("date").endswith(" GMT")


# Responses


FROM_BACKEND = (
    "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://backend.example\r\nETag: \"1\"\r\n"
    "access-control-allow-credentials: false\r\nACCESS-CONTROL-EXPOSE-HEADERS: x-secret\r\n"
    "Access-Control-Allow-Origin: *\r\nAccess-Control-Anything: 1\r\nAccess-Control-Max-Age: 5\r\n"
    "Vary: Accept-Encoding\r\nX-Access-Control: kept\r\nContent-Length: 2\r\n\r\nok"
).encode()


@pytest.mark.parametrize("origin", [APP, LOCAL])
def test_response_is_for_pages_of_listed_origins(gateway, backend, origin):
    backend.answer = FROM_BACKEND
    response = get(gateway.port, "/public/x", [("Origin", origin)])
    lines = cors_lines(response)
    assert words(lines.pop("access-control-expose-headers")) == {"x-total-count", "etag"}
    assert lines == {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
    assert vary(response) == {"accept-encoding", "origin"}
    assert (response.get("etag"), response.get("x-access-control"), response.body) == ('"1"', "kept", b"ok")
    assert backend.take().get("Origin") == origin, "the backend sees it all the same"


@pytest.mark.parametrize("origin", [FOREIGN, "null", "*", "https://APP.example.com", APP + ":443", None])
def test_response_is_not_for_others(gateway, backend, origin):
    backend.answer = FROM_BACKEND
    response = get(gateway.port, "/public/x", [("Origin", origin)] if origin else [])
    assert (response.status, cors_lines(response)) == (200, {})
    assert vary(response) == {"accept-encoding", "origin"}, "or caches would give it to everybody"


@pytest.mark.parametrize("answer", [b"304 Not Modified", b"204 No Content", b"500 Oops", b"302 Found"])
def test_response_of_any_status_is_treated_alike(gateway, backend, answer):
    backend.answer = b"HTTP/1.1 " + answer + b"\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n"
    if answer.startswith(b"204"):
        backend.answer = backend.answer.replace(b"Content-Length: 0\r\n", b"")
    response = get(gateway.port, "/public/x", [("Origin", APP)])
    assert response.get("access-control-allow-origin") == APP and vary(response) == {"origin"}


def test_head_is_treated_like_get(gateway, backend):
    backend.answer = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\r\n"
    response = get(gateway.port, "/public/x", [("Origin", APP)], "HEAD")
    assert response.get("access-control-allow-origin") == APP


def test_origins_of_one_connection_are_told_apart(gateway, backend):
    with Wire(gateway.port) as wire:
        for origin, allowed in [(APP, APP), (FOREIGN, None), (LOCAL, LOCAL), (None, None), (APP, APP)]:
            response = ask(wire, "/public/x", [("Origin", origin)] if origin else [])
            assert response.get("access-control-allow-origin") == allowed


REFUSALS = {
    400: "/public/%zz", 401: "/private/", 403: "/inside/", 404: "/nowhere/", 405: "/posts/", 413: "/public/large",
    502: "/down/", 504: "/slow/",
}  # fmt: skip


@pytest.mark.parametrize("origin", [APP, FOREIGN])
@pytest.mark.parametrize("status", REFUSALS)
def test_own_refusal_can_be_read_by_listed_origins(gateway, status, origin):
    large = [("Content-Length", "2000")] if status == 413 else []
    with Wire(gateway.port) as wire:
        response = ask(wire, REFUSALS[status], [("Origin", origin), *large])
    assert response.status == status
    lines = cors_lines(response)
    if origin == APP:
        assert words(lines.pop("access-control-expose-headers")) == {"x-total-count", "etag"}
        assert lines == {"access-control-allow-origin": APP, "access-control-allow-credentials": "true"}
    else:
        assert lines == {}
    assert "origin" in vary(response)


def test_chunked_body_beyond_the_limit_is_readable_too(gateway):
    with Wire(gateway.port) as wire:
        wire.send(request("/public/x", [("Origin", APP), ("Transfer-Encoding", "chunked")], "POST"))
        wire.send("7d0\r\n", b"x" * 2000, "\r\n0\r\n\r\n")
        response = wire.read_response()
    assert (response.status, response.get("access-control-allow-origin")) == (413, APP)


def test_health_can_be_read_by_listed_origins(gateway):
    response = get(gateway.port, "/healthz", [("Origin", APP)])
    assert (response.status, response.get("access-control-allow-origin")) == (200, APP)
    assert cors_lines(get(gateway.port, "/healthz", [("Origin", FOREIGN)])) == {}


@pytest.mark.parametrize("origin, status", [("https://sockets.example.com", 101), (APP, 403)])
def test_sockets_have_origins_of_their_own(gateways, origin, status):
    upstream = Upstream(handler=frames.echo)
    gateway = gateways.start(
        ROUTES, upstream.port, upstreams=upstreams(upstream), cors=CORS, allowed_origins=["https://sockets.example.com"]
    )
    with Wire(gateway.port) as wire:
        response = wire.send(frames.handshake("/ws/", [("Origin", origin)])[0]).read_head()
    assert response.status == status
    assert status == 403 or cors_lines(response) == {}
    upstream.stop()


# Everybody, and nobody in particular


@pytest.mark.parametrize("origin", [APP, FOREIGN, "null"])
def test_star_is_everybody_and_needs_no_vary(open_gateway, backend, origin):
    backend.answer = FROM_BACKEND
    response = get(open_gateway.port, "/public/x", [("Origin", origin)])
    assert cors_lines(response) == {"access-control-allow-origin": "*", "access-control-expose-headers": "etag"}
    assert vary(response) == {"accept-encoding"}
    assert get(open_gateway.port, "/private/", [("Origin", origin)]).get("access-control-allow-origin") == "*"
    response = preflight(open_gateway, "/private/", origin, "DELETE")
    assert (response.status, response.get("access-control-allow-origin")) == (204, "*")
    assert response.get("access-control-allow-credentials") is None


@pytest.mark.parametrize("origin, allowed", [("null", "null"), (APP, APP), ("Null", None), (FOREIGN, None)])
def test_null_is_an_origin_when_it_is_listed(null_gateway, origin, allowed):
    assert get(null_gateway.port, "/public/x", [("Origin", origin)]).get("access-control-allow-origin") == allowed
    assert preflight(null_gateway, origin=origin).get("access-control-allow-origin") == allowed


def test_defaults_are_those_of_the_reference_configuration(null_gateway):
    usual = "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with"
    response = preflight(null_gateway, method="DELETE", headers=[usual])
    methods = "get, head, post, put, patch, delete, options"
    assert words(response.get("access-control-allow-methods")) == words(methods)
    assert words(response.get("access-control-allow-headers")) == words(usual)
    assert response.get("access-control-max-age") == "86400"
    assert response.get("access-control-allow-credentials") is None
    assert get(null_gateway.port, "/public/x", [("Origin", APP)]).get("access-control-expose-headers") is None


# Without it


@pytest.mark.parametrize("origin", [APP, FOREIGN, None])
def test_without_cors_the_backends_lines_pass_untouched(plain_gateway, backend, origin):
    backend.answer = FROM_BACKEND
    response = get(plain_gateway.port, "/public/x", [("Origin", origin)] if origin else [])
    ours = {"date", "connection"}
    assert [field for field in response.fields if field[0] not in ours and field[0] != "content-length"] == [
        ("access-control-allow-origin", "https://backend.example"),
        ("etag", '"1"'),
        ("access-control-allow-credentials", "false"),
        ("access-control-expose-headers", "x-secret"),
        ("access-control-allow-origin", "*"),
        ("access-control-anything", "1"),
        ("access-control-max-age", "5"),
        ("vary", "Accept-Encoding"),
        ("x-access-control", "kept"),
    ]


def test_without_cors_preflights_are_the_backends(plain_gateway, backend):
    backend.answer = b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n"
    token = tokens.token()
    response = preflight(plain_gateway, "/private/", more=[bearer(token)])
    assert (response.status, response.get("access-control-allow-origin")) == (200, "*")
    got = backend.take()
    assert got.method == "OPTIONS" and got.get("Access-Control-Request-Method") == "PUT"
    assert got.all("X-User-Id") == [] and token.encode() not in got.head


@pytest.mark.parametrize("origin, allowed", [(APP, APP), (FOREIGN, None)])
def test_without_cors_refusals_are_for_allowed_origins(plain_gateway, origin, allowed):
    for target, status in [("/private/", 401), ("/down/", 502), ("/nowhere/", 404)]:
        response = get(plain_gateway.port, target, [("Origin", origin)])
        assert (response.status, response.get("access-control-allow-origin")) == (status, allowed)


# Reload


def test_cors_changes_for_the_next_request_of_a_connection(gateways, upstream):
    upstream.answer = FROM_BACKEND

    def text(cors):
        return settings(gateway.port, upstream.port, ROUTES, upstreams=upstreams(upstream), cors=cors)

    def seen(wire, origin):
        headers = [("Origin", origin), ("Access-Control-Request-Method", "PUT")]
        answer = ask(wire, "/public/x", headers[:1])
        return ask(wire, "/public/x", headers, "OPTIONS").status, answer.all("access-control-allow-origin")

    theirs = ["https://backend.example", "*"]
    gateway = gateways.start(ROUTES, upstream.port, upstreams=upstreams(upstream))
    with Wire(gateway.port) as wire:
        assert seen(wire, APP) == (200, theirs)
        gateway.reload(text(CORS))
        assert seen(wire, APP) == (204, [APP])
        gateway.reload(text({"origins": [FOREIGN]}))
        assert seen(wire, APP) == (204, [])
        assert seen(wire, FOREIGN) == (204, [FOREIGN])
        gateway.reload(text(None))
        assert seen(wire, FOREIGN) == (200, theirs)


# Settings


START = f"""\
listen: [{{address: 127.0.0.1:8080}}]
SIMPLE_JWT: {{SIGNING_KEY: {tokens.KEY}}}
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
"""
ROUTE = "routes: [{path: '<path:rest>', upstream: chat}]\n"


@pytest.mark.parametrize(
    "cors",
    [
        'cors: {origins: [»"*"], credentials: true}',
        'cors: {origins: [https://a.test, »"*"]}',
        "cors: »{methods: [GET]}",
        "cors: {origins: [»https://a.test/, »a.test, »https://a.test/x, https://b.test, »https://b.test]}",
        "cors: {origins: [https://a.test], methods: [»get, »CONNECT], headers: [»cookie, »\"*\", »a b], max_age: »1.5s}",
        "cors: {origins: [https://a.test], exposed_headers: [»set-cookie], credentials: »perhaps, »max-age: 1h}",
    ],
)
def test_check_refuses_what_browsers_would(tmp_path, cors):
    assert_refused_where_marked(tmp_path, START + cors + "\n" + ROUTE)


def test_check_refuses_edits_of_what_cors_says(tmp_path):
    route = """\
routes:
  - path: '<path:rest>'
    upstream: chat
    headers:
      response:
        set: {»Access-Control-Allow-Origin: "*", »Vary: Accept}
        add: {Link: </a>}
        remove: [»access-control-max-age]
"""
    assert_refused_where_marked(tmp_path, START + "cors: {origins: [https://a.test]}\n" + route)
