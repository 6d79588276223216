"""CORS: with `cors` the gateway answers preflights and says which pages may read; without it the backend's own works."""

import itertools

import pytest

from support import frames, tokens
from support.gateway import command, settings
from support.upstream import OK
from support.waiting import free_port
from support.wire import Wire, bearer, get

APP, OTHER, EVIL = "https://app.test", "http://other.test:8080", "https://evil.test"
ROUTES = [
    {"path": "private/<path:rest>", "auth": "required", "methods": ["GET", "POST"]},
    {"path": "upload/", "auth": "none", "methods": ["PUT"]},
    {"path": "ws/", "auth": "none", "websocket": {"only": True}},
    {"path": "public/<path:rest>", "auth": "none"},
]
CORS = {"origins": [APP, OTHER, "null"], "methods": ["GET", "POST", "PUT"], "headers": ["authorization", "X-Custom"],
"exposed_headers": ["X-Total"]}
PREFLIGHT_VARY = {"origin", "access-control-request-method", "access-control-request-headers"}
#: What a backend with CORS of its own says.
BACKEND = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nACCESS-CONTROL-EXPOSE-HEADERS: X-Secret\r\n"
    b"Access-Control-Max-Age: 1\r\nX-Total: 7\r\nVary: Cookie\r\nContent-Length: 2\r\n\r\nok"
)  # fmt: skip


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port, cors=CORS)


@pytest.fixture(scope="module")
def with_cookies(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port, cors=CORS | {"credentials": True, "max_age": "10m"})


@pytest.fixture(scope="module")
def for_all(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port, cors={"origins": ["*"]})


@pytest.fixture(scope="module")
def without(module_gateways, module_upstream):
    routes = [{key: value for key, value in route.items() if key != "methods"} for route in ROUTES]
    return module_gateways.start(routes, module_upstream.port, allowed_origins=[APP])


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


def preflight(gateway, target="/public/x", origin=APP, method="GET", headers=None, more=()):
    lines = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if headers:
        lines.append(("Access-Control-Request-Headers", headers))
    return get(gateway.port, target, [*lines, *more], "OPTIONS")


def vary(response):
    return {word.strip().lower() for value in response.all("vary") for word in value.split(",")}


def listed(response, name):
    return {word.strip().lower() for value in response.all(name) for word in value.split(",") if word.strip()}


def cors_lines(response):
    return {name: value for name, value in response.fields if name.startswith("access-control-")}


# Preflights


@pytest.mark.parametrize("origin", [APP, OTHER, "null"])
def test_preflight_of_a_listed_origin_is_answered_here(gateway, backend, origin):
    response = preflight(gateway, "/private/x", origin, "POST", "authorization,x-custom")
    assert (response.status, response.body) == (204, b"")
    assert response.get("access-control-allow-origin") == origin
    assert listed(response, "access-control-allow-methods") >= {"get", "post", "put"}
    assert listed(response, "access-control-allow-headers") >= {"authorization", "x-custom"}
    assert response.get("access-control-max-age") == "86400"
    assert response.all("access-control-allow-credentials") == []
    assert vary(response) == PREFLIGHT_VARY
    assert response.all("content-length") == response.all("transfer-encoding") == []
    assert backend.take_all() == [], "without a token, for a preflight has none"


REFUSED = {
    "another origin": {"origin": EVIL},
    "another scheme": {"origin": "http://app.test"},
    "another port": {"origin": "https://app.test:8443"},
    "the default port": {"origin": "https://app.test:443"},  # browsers leave it out
    "a sub-domain": {"origin": "https://x.app.test"},
    "a longer name": {"origin": "https://app.test.evil.test"},
    "upper case": {"origin": "https://APP.test"},
    "a trailing slash": {"origin": "https://app.test/"},
    "two origins": {"origin": f"{APP} {OTHER}"},
    "another method": {"method": "DELETE"},
    "a method in lower case": {"method": "get"},
    "another header": {"headers": "authorization, x-other"},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_preflight_that_is_not_allowed_gets_no_cors_lines(gateway, backend, kind):
    response = preflight(gateway, **REFUSED[kind])
    assert response.status == 204
    assert cors_lines(response) == {}
    assert vary(response) == PREFLIGHT_VARY
    assert backend.take_all() == []


@pytest.mark.parametrize("headers", [None, "", "authorization", "AUTHORIZATION", "x-custom , authorization", ",authorization,"])
def test_names_of_headers_have_no_case(gateway, headers):
    assert preflight(gateway, headers=headers).get("access-control-allow-origin") == APP


def test_preflight_is_routed_by_the_method_it_asks_for(gateway, backend):
    assert preflight(gateway, "/upload/", method="PUT").status == 204
    assert preflight(gateway, "/nowhere/").status == 404
    assert preflight(gateway, "/ws/").status == 404, "no plain route"
    assert preflight(gateway, "/public/../x").status == 400
    assert backend.take_all() == []


def test_options_that_is_no_preflight_is_a_request_like_any_other(gateway, backend):
    for lines in [[], [("Origin", APP)], [("Access-Control-Request-Method", "GET")]]:
        assert get(gateway.port, "/public/x", lines, "OPTIONS").status == 200
        assert backend.take().method == "OPTIONS"
    assert get(gateway.port, "/private/x", [("Origin", APP)], "OPTIONS").status == 405


def test_preflight_keeps_the_connection(gateway, backend):
    lines = f"Host: a.test\r\nOrigin: {APP}\r\nAccess-Control-Request-Method: POST\r\n\r\n"
    with Wire(gateway.port) as wire:
        for _ in range(3):
            assert wire.send("OPTIONS /private/x HTTP/1.1\r\n", lines).read_response().status == 204
        assert wire.send("GET /public/x HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response().status == 200
    assert [request.method for request in backend.take_all()] == ["GET"]


def test_preflight_with_a_body_hides_nothing(gateway, backend):
    hidden = "GET /public/hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
    head = f"OPTIONS /private/x HTTP/1.1\r\nHost: a.test\r\nOrigin: {APP}\r\nAccess-Control-Request-Method: POST\r\n"
    with Wire(gateway.port) as wire:
        wire.send(head, f"Content-Length: {len(hidden)}\r\n\r\n", hidden)
        assert wire.read_response().status == 204
        wire.finish_sending()
        wire.read_to_end()
    assert backend.take_all() == []


# Responses


@pytest.mark.parametrize("target, status", [("/public/x", 200), ("/private/x", 401), ("/nowhere", 404), ("/public/../x", 400)])
@pytest.mark.parametrize("origin", [APP, OTHER, "null", EVIL, None])
def test_response_can_be_read_by_listed_origins_alone(gateway, backend, target, status, origin):
    backend.answer = BACKEND
    response = get(gateway.port, target, [("Origin", origin)] if origin else [])
    assert response.status == status
    if origin in (APP, OTHER, "null"):
        assert cors_lines(response).keys() == {"access-control-allow-origin", "access-control-expose-headers"}
        assert response.get("access-control-allow-origin") == origin
        assert "x-total" in listed(response, "access-control-expose-headers")
    else:
        assert cors_lines(response) == {}, "not even the backend's"
    assert "origin" in vary(response), "caches keep them apart"
    if status == 200:
        assert response.get("x-total") == "7" and "cookie" in vary(response)


def test_methods_that_are_refused_can_be_read_too(gateway):
    response = get(gateway.port, "/upload/", [("Origin", APP)], "DELETE")
    assert response.status == 405 and response.get("access-control-allow-origin") == APP


def test_upstream_trouble_can_be_read_too(module_gateways):
    gateway = module_gateways.start(ROUTES, free_port(), cors=CORS)
    response = get(gateway.port, "/public/x", [("Origin", APP)])
    assert response.status == 502 and response.get("access-control-allow-origin") == APP and "origin" in vary(response)


def test_malformed_request_tells_nothing(gateway):
    with Wire(gateway.port) as wire:
        response = wire.send(f"GET /public/x HTTP/1.1\r\nHost: a.test\r\nOrigin: {APP}\r\nX : y\r\n\r\n").read_response()
    assert response.status == 400


def test_request_goes_to_the_backend_with_its_origin(gateway, backend):
    assert get(gateway.port, "/private/x", [("Origin", EVIL), bearer(tokens.token())]).status == 200
    assert backend.take().get("Origin") == EVIL, "a page that may not read may still send"


# Credentials, everybody


def test_credentials_are_allowed_when_written(with_cookies, backend):
    response = preflight(with_cookies, "/private/x", method="POST")
    assert response.get("access-control-allow-credentials") == "true" and response.get("access-control-max-age") == "600"
    for target in ["/public/x", "/private/x"]:
        response = get(with_cookies.port, target, [("Origin", APP)])
        assert response.get("access-control-allow-credentials") == "true" and response.get("access-control-allow-origin") == APP
    assert cors_lines(get(with_cookies.port, "/public/x", [("Origin", EVIL)])) == {}


@pytest.mark.parametrize("origin", [APP, EVIL, "null"])
def test_star_is_everybody_without_credentials(for_all, backend, origin):
    backend.answer = BACKEND
    response = get(for_all.port, "/public/x", [("Origin", origin)])
    assert response.get("access-control-allow-origin") == "*"
    assert response.all("access-control-allow-credentials") == []
    assert "origin" not in vary(response), "the same for everybody"
    assert preflight(for_all, origin=origin, method="POST", headers="content-type").get("access-control-allow-origin") == "*"


@pytest.mark.parametrize("origins, credentials", [(["*"], True), (["*", APP], False), (["app.test"], False), ([f"{APP}/x"], False),
([".app.test"], False)])
def test_settings_that_would_open_too_much_are_refused(tmp_path, origins, credentials):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(1, 2, ROUTES, cors={"origins": origins, "credentials": credentials}))
    result = command("check", file)
    assert result.returncode != 0 and "cors" in result.stdout + result.stderr


# The listed ones are for pages, handshakes have their own


def test_handshakes_are_not_asked(gateway):
    request, _ = frames.handshake("/ws/", [("Origin", APP)])
    with Wire(gateway.port) as wire:
        assert wire.send(request).read_head().status == 403, "allowed_origins decides"


# Off


def test_backends_own_cors_works_while_it_is_off(without, backend):
    backend.answer = BACKEND
    response = get(without.port, "/public/x", [("Origin", EVIL)])
    assert len(cors_lines(response)) == 4
    assert response.all("vary") == ["Cookie"] and response.get("access-control-allow-origin") == "*"
    for target, headers in itertools.product(["/public/x", "/private/x"], [None, "authorization"]):
        assert preflight(without, target, EVIL, "POST", headers).status == 200
        request = backend.take()
        while request.method != "OPTIONS":
            request = backend.take()
        assert request.get("Origin") == EVIL and request.get("Access-Control-Request-Method") == "POST"


def test_own_refusals_can_be_read_while_it_is_off(without):
    """So that a page can see that its token has expired."""
    response = get(without.port, "/private/x", [("Origin", APP)])
    assert response.status == 401 and response.get("access-control-allow-origin") == APP
    assert cors_lines(get(without.port, "/private/x", [("Origin", EVIL)])) == {}
