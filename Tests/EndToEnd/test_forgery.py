"""Nothing a client makes up about itself reaches the backend, and the verified token reaches it exactly once."""

import json

import pytest

from support import frames, tokens
from support.gateway import Gateways
from support.wire import Wire, bearer, get

MARK = "forged-8c1d"  # every made-up value contains it
ROUTES = [
    {"path": "public/<path:rest>", "auth": "none"},
    {"path": "optional/<path:rest>", "auth": "optional"},
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "both/<path:rest>", "auth": "required", "tokens": {"sources": ["header", "query"]}},
    {"path": "ws/public/", "auth": "none", "websocket": True},
    {"path": "ws/private/", "auth": "required", "websocket": True},
    {"path": "ws/plain/", "auth": "required", "websocket": {"refuse": "http"}},
]
# Where a request may go, with what token, and who the backend must then believe it is.
PLACES = {
    "public": ("/public/x", False, []),
    "public with token": ("/public/x", True, []),
    "optional": ("/optional/x", False, []),
    "optional with token": ("/optional/x", True, ["1"]),
    "private": ("/private/x", True, ["1"]),
}
OWNED = [
    "X-User-Id", "x-user-id", "X-USER-ID", "X-User-ID",
    "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups",
    "X-Forwarded-Preferred-Username", "X-Forwarded-Access-Token", "X-Auth-Request-User", "X-Auth-Request-Email",
    "Daphne-Root-Path", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
    "X-Forwarded-Prefix", "X-Real-IP", "Forwarded", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri",
]  # fmt: skip
ALIASES = ["x_user_id", "X_User_Id", "x-user_id", "X.User.Id", "X-User.Id", "REMOTE_USER", "Daphne_Root_Path", "X_Forwarded_For"]


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return module_gateways.start(ROUTES, module_upstream.port)


@pytest.fixture
def backend(module_upstream):
    """The recording upstream, empty."""
    module_upstream.take_all()
    return module_upstream


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", OWNED + ALIASES)
def test_forged_header_never_arrives(gateway, backend, place, name):
    path, with_token, identity = PLACES[place]
    headers = [(name, MARK), ("X-Harmless", "kept")] + ([bearer(tokens.token())] if with_token else [])
    assert get(gateway.port, path, headers).status == 200
    request = backend.take()
    assert MARK.encode() not in request.head
    assert request.all("X-User-Id") == identity
    assert request.get("X-Harmless") == "kept"
    assert request.all("X-Forwarded-For") == ["127.0.0.1"]


@pytest.mark.parametrize("place", PLACES)
def test_forged_headers_in_number_never_arrive(gateway, backend, place):
    path, with_token, identity = PLACES[place]
    names = ["X-User-Id", "X-User-ID", "x_user_id", "X-User-Id", "Remote-User", "X-USER-ID"]
    token = [bearer(tokens.token())] if with_token else []
    assert get(gateway.port, path, [(name, MARK) for name in names] + token).status == 200
    request = backend.take()
    assert MARK.encode() not in request.head
    assert request.all("X-User-Id") == identity
    assert [name for name, _ in request.fields if "_" in name] == []


@pytest.mark.parametrize("nominated", ["X-User-Id", "Authorization", "X-Forwarded-For, x-user-id", "close, X-User-Id, Host"])
def test_connection_header_cannot_remove_what_the_gateway_says(gateway, backend, nominated):
    token = tokens.token()
    with Wire(gateway.port) as wire:
        wire.send(
            f"GET /private/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nX-User-Id: {MARK}\r\n"
            f"Connection: {nominated}\r\n\r\n"
        )
        status = wire.read_response().status
    if status in (400, 401):  # refusing such a list is as good
        assert backend.take_all() == []
        return
    request = backend.take()
    assert request.get("X-User-Id") == "1"
    assert request.get("Authorization") == f"Bearer {token}"
    assert request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("Host") == "127.0.0.1"
    assert "x-user-id" not in (request.get("Connection") or "").lower()


def test_header_named_in_connection_is_hop_by_hop(gateway, backend):
    get_lines = "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nTE: trailers\r\n"
    with Wire(gateway.port) as wire:
        wire.send(f"GET /public/x HTTP/1.1\r\nHost: 127.0.0.1\r\n{get_lines}\r\n")
        assert wire.read_response().status == 200
    request = backend.take()
    for name in ["X-Hop", "Keep-Alive", "Proxy-Connection", "TE"]:
        assert request.all(name) == []


@pytest.mark.parametrize("target", ["/ws/public/", "/ws/private/"])
@pytest.mark.parametrize("name", ["X-User-Id", "x_user_id", "Remote-User", "Daphne-Root-Path", "X-Forwarded-For"])
def test_forged_header_never_arrives_in_a_handshake(gateway, backend, target, name):
    identity = ["1"] if "private" in target else []
    request, _ = frames.handshake(target, [(name, MARK), bearer(tokens.token())])
    with Wire(gateway.port) as wire:
        wire.send(request)
        arrived = backend.take()  # the recording upstream answers 200: not upgraded
        assert MARK.encode() not in arrived.head
        assert arrived.all("X-User-Id") == identity


# The token itself


CARRIED = {
    "plain": "Bearer {}",
    "many blanks": "Bearer    {}",
    "blanks after": "Bearer {}   ",
    "tab": "Bearer\t{}",
}


@pytest.mark.parametrize("form", CARRIED)
def test_authorization_is_normalised_to_one_line(gateway, backend, form):
    token = tokens.token()
    assert get(gateway.port, "/private/x", [("authorization", CARRIED[form].format(token))]).status == 200
    assert backend.take().all("Authorization") == [f"Bearer {token}"]


@pytest.mark.parametrize(
    "query, left",
    [
        ("token={}", ""),
        ("a=1&token={}&b=2", "a=1&b=2"),
        ("token={}&a=1", "a=1"),
        ("a=%20+x&token={}", "a=%20+x"),
        ("%74oken={}", ""),
        ("t%6Fken={}&x", "x"),
        ("mytoken=1&token={}&token2=3", "mytoken=1&token2=3"),
        ("&&a&token={}&&b=&", "&&a&&b=&"),
    ],
)
@pytest.mark.parametrize("path", ["/both/x", "/ws/private/"])
def test_query_token_becomes_an_authorization_header(gateway, backend, path, query, left):
    token = tokens.token()
    target = f"{path}?{query.format(token)}"
    if path.startswith("/ws"):
        with Wire(gateway.port) as wire:
            wire.send(frames.handshake(target)[0])
            request = backend.take()
    else:
        assert get(gateway.port, target).status == 200
        request = backend.take()
    assert request.all("Authorization") == [f"Bearer {token}"]
    assert request.all("X-User-Id") == ["1"]
    assert request.head.count(token.encode()) == 1
    path_left, _, query_left = request.target.partition("?")
    assert (path_left, query_left) == (path, left)


def test_same_token_twice_is_one_token(gateway, backend):
    token = tokens.token()
    assert get(gateway.port, f"/both/x?token={token}", [bearer(token)]).status == 200
    request = backend.take()
    assert request.head.count(token.encode()) == 1


def test_two_different_tokens_are_refused(gateway, backend):
    first, second = tokens.token("1"), tokens.token("2")
    assert get(gateway.port, f"/both/x?token={first}", [bearer(second)]).status == 401
    assert get(gateway.port, f"/both/x?token={first}&token={second}").status == 401
    assert get(gateway.port, "/private/x", [bearer(first), bearer(second)]).status == 401
    assert backend.take_all() == []


def test_query_token_is_not_read_on_plain_requests_unless_asked_for(gateway, backend):
    answer = get(gateway.port, f"/private/x?token={tokens.token()}")
    assert answer.status == 401
    assert json.loads(answer.body) == {"detail": "Authentication credentials were not provided."}
    assert backend.take_all() == []


def test_public_route_leaves_authorization_and_query_alone(gateway, backend):
    assert get(gateway.port, "/public/x?token=abc&b=2", [("Authorization", "Bearer whatever it is")]).status == 200
    request = backend.take()
    assert request.target == "/public/x?token=abc&b=2"
    assert request.get("Authorization") == "Bearer whatever it is"


def test_optional_route_passes_a_foreign_scheme_without_identity(gateway, backend):
    assert get(gateway.port, "/optional/x", [("Authorization", "Basic YTpi")]).status == 200
    request = backend.take()
    assert request.get("Authorization") == "Basic YTpi"
    assert request.all("X-User-Id") == []


@pytest.mark.parametrize("path", ["/optional/x", "/private/x"])
def test_bad_token_is_refused_even_where_none_is_needed(gateway, backend, path):
    assert get(gateway.port, path, [bearer(tokens.token(key=tokens.OTHER_KEY))]).status == 401
    assert backend.take_all() == []


def test_strip_forwards_no_token(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, tokens={"forward": "strip"})
    token = tokens.token()
    assert get(gateway.port, "/private/x", [bearer(token)]).status == 200
    request = upstream.take()
    assert request.all("Authorization") == [] and request.get("X-User-Id") == "1"


def test_keep_leaves_the_query_for_backends_that_read_only_it(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, tokens={"forward": "keep"})
    token = tokens.token()
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake(f"/ws/private/?a=1&token={token}")[0])
        request = upstream.take()
    assert request.target == f"/ws/private/?a=1&token={token}"
    assert request.get("X-User-Id") == "1"


# The real Django's view of it


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def django(request, backends, module_gateways: Gateways):
    backend = backends(request.param, "jwt")
    routes = [
        {"path": "echo/private/<path:rest>", "auth": "required"},
        {"path": "echo/<path:rest>", "auth": "none"},
        {"path": "ws/echo/", "auth": "required", "websocket": True},
    ]
    return module_gateways.start(routes, backend.port)


@pytest.mark.parametrize("name", OWNED + ALIASES)
def test_django_sees_no_forged_header(django, name):
    for path, headers, user in [("/echo/public/", [], None), ("/echo/private/x", [bearer(tokens.token())], "1")]:
        answer = get(django.port, path + "x?a=1", [(name, "/" + MARK), *headers])
        assert answer.status == 200, answer
        seen = json.loads(answer.body)
        assert MARK not in answer.body.decode()
        assert seen["meta"].get("HTTP_X_USER_ID") == user
        assert seen["meta"].get("REMOTE_USER") is None and seen["meta"].get("HTTP_REMOTE_USER") is None
        assert (seen["path"], seen["query"], seen["root_path"]) == (path + "x", "a=1", "")


def test_channels_sees_one_identity_and_no_token_in_the_query(django):
    token = tokens.token("2")
    origin = ("Origin", f"http://127.0.0.1:{django.port}")
    target = f"/ws/echo/?a=1&token={token}"
    with frames.connect(django.port, target, [origin, ("X-User-Id", "1"), ("x_user_id", "1"), ("X-User-ID", "1")]) as wire:
        seen = json.loads(frames.read_frame(wire).payload)
    assert seen["query"] == "a=1"
    assert [value for name, value in seen["headers"] if name.replace("_", "-") == "x-user-id"] == ["2"]
    assert [value for name, value in seen["headers"] if name == "authorization"] == [f"Bearer {token}"]
