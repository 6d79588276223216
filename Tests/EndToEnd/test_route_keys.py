"""What a route asks for besides the path: host, method, address; and what it changes: prefixes and header lines."""

import json

import pytest

from support import frames, tokens
from support.gateway import command, settings
from support.waiting import free_port
from support.wire import Wire, bearer

OK = 200


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    return module_upstream


def ask(gateway, target="/x", host="a.test", method="GET", lines="", version="1.1"):
    host = f"Host: {host}\r\n" if host is not None else ""
    with Wire(gateway.port) as wire:
        wire.send(f"{method} {target} HTTP/{version}\r\n{host}{lines}Connection: close\r\n\r\n")
        return wire.read_response(method)


def shake(gateway, target, host="a.test", headers=()):
    """The answer to a handshake; the recording upstream says 200 when it arrives there."""
    with Wire(gateway.port) as wire:
        return wire.send(frames.handshake(target, headers, host=host)[0]).read_response()


def problem(response):
    return json.loads(response.body)["type"].rpartition(":")[2]


# Hosts

HOSTS = [
    {"path": "x", "auth": "none", "hosts": ["one.test"], "headers": {"request": {"set": {"X-Route": "one"}}}},
    {"path": "x", "auth": "none", "hosts": [".two.test", "127.0.0.1", "[::1]"], "headers": {"request": {"set": {"X-Route": "two"}}}},
    {"path": "ws/", "auth": "none", "websocket": True, "hosts": ["one.test"]},
    {"path": "x", "auth": "required", "hosts": ["secret.test"]},
    {"path": "any", "auth": "none", "hosts": ["*"], "headers": {"request": {"set": {"X-Route": "any"}}}},
    {"path": "none", "auth": "none", "headers": {"request": {"set": {"X-Route": "none"}}}},
]


@pytest.fixture(scope="module")
def hosts(module_gateways, module_upstream):
    return module_gateways.start(HOSTS, module_upstream.port)


@pytest.mark.parametrize("host, route", [
    ("one.test", "one"), ("ONE.Test", "one"), ("one.test:8080", "one"), ("one.test.", "one"), ("one.test.:80", "one"),
    ("one.test..", None), ("x.one.test", None), ("xone.test", None), ("one.testx", None), ("one.test.evil.test", None),
    ("two.test", "two"), ("a.two.test", "two"), ("a.b.TWO.test:1", "two"), ("a.two.test.", "two"), ("xtwo.test", None), (".two.test",
    "two"),
    ("127.0.0.1", "two"), ("127.0.0.1:99", "two"), ("127.0.0.2", None), ("[::1]", "two"), ("[::1]:80", "two"), ("[::2]", None),
    ("other.test", None), ("one%2etest", None),
])  # fmt: skip
def test_host_decides_on_the_route(hosts, backend, host, route):
    response = ask(hosts, host=host)
    if route:
        assert response.status == OK
        request = backend.take()
        assert request.get("X-Route") == route and request.get("Host") == host
    else:
        assert response.status in (400, 404)
        assert backend.take_all() == []


def test_request_without_a_host_matches_only_routes_without_hosts(hosts, backend):
    assert ask(hosts, "/x", host=None, version="1.0").status == 404
    assert ask(hosts, "/any", host=None, version="1.0").status == 404
    assert ask(hosts, "/none", host=None, version="1.0").status == OK
    assert backend.take().get("X-Route") == "none"


def test_absolute_target_names_the_same_host(hosts, backend):
    assert ask(hosts, "http://one.test/x", "one.test").status == OK
    assert backend.take().get("X-Route") == "one"
    assert ask(hosts, "http://one.test/x", "secret.test").status == 400


def test_forwarded_host_is_not_the_host(hosts, backend):
    assert ask(hosts, host="secret.test", lines="X-Forwarded-Host: one.test\r\n").status == 401
    assert backend.take_all() == []


def test_handshakes_are_routed_by_host(hosts, backend):
    assert shake(hosts, "/ws/", "one.test").status == OK
    assert shake(hosts, "/ws/", "two.test").status == 404
    assert len(backend.take_all()) == 1


def test_host_of_each_request_counts(hosts, backend):
    with Wire(hosts.port) as wire:
        for host, status in [("one.test", OK), ("secret.test", 401), ("a.two.test", OK), ("other.test", 404), ("one.test", OK)]:
            assert wire.send(f"GET /x HTTP/1.1\r\nHost: {host}\r\n\r\n").read_response().status == status
    assert [request.get("X-Route") for request in backend.take_all()] == ["one", "two", "one"]


# Methods

METHODS = [
    {"path": "item/", "auth": "none", "methods": ["GET"], "headers": {"request": {"set": {"X-Route": "read"}}}},
    {"path": "item/", "auth": "required", "methods": ["POST", "PUT"], "headers": {"request": {"set": {"X-Route": "write"}}}},
    {"path": "item/", "auth": "none", "methods": ["PUT"], "hosts": ["a.test"], "headers": {"request": {"set": {"X-Route": "never"}}}},
    {"path": "reports/", "auth": "none", "methods": ["REPORT", "OPTIONS"]},
    {"path": "ws/", "auth": "none", "websocket": True, "methods": ["POST"]},
    {"path": "<path:rest>", "auth": "none", "headers": {"request": {"set": {"X-Route": "rest"}}}},
]


@pytest.fixture(scope="module")
def methods(module_gateways, module_upstream):
    return module_gateways.start(METHODS, module_upstream.port)


def test_same_path_may_have_different_rules_for_methods(methods, backend):
    token = ": ".join(bearer(tokens.token())) + "\r\n"
    for method, lines, status, route in [
        ("GET", "", 200, "read"), ("HEAD", "", 200, "read"), ("POST", "", 401, None), ("POST", token, 200, "write"), ("PUT", token, 200,
        "write"),
        ("PUT", "", 401, None),
    ]:  # fmt: skip
        assert ask(methods, "/item/", method=method, lines=lines).status == status
        assert [request.get("X-Route") for request in backend.take_all()] == ([route] if route else [])


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "PROPFIND", "get", "GETX", "PO_ST"])
def test_other_method_is_405_and_never_falls_through(methods, backend, method):
    response = ask(methods, "/item/", method=method)
    if method != method.upper():
        assert response.status in (400, 405)
    else:
        assert response.status == 405 and problem(response) == "method-not-allowed"
        allowed = {word.strip() for word in response.get("allow").split(",")}
        assert {"GET", "HEAD", "POST", "PUT"} == allowed
    assert backend.take_all() == [], "the catch-all is for other paths"


def test_allow_names_what_is_there(methods):
    allowed = {word.strip() for word in ask(methods, "/reports/").get("allow").split(",")}
    assert allowed == {"REPORT", "OPTIONS"}


def test_handshakes_do_not_ask_for_methods(methods, backend):
    assert shake(methods, "/ws/").status == OK
    assert ask(methods, "/ws/").status == 405
    assert ask(methods, "/ws/", method="POST").status == OK


def test_methods_on_a_route_for_sockets_alone_are_a_mistake(tmp_path):
    file = tmp_path / "gateway.yaml"
    routes = [{"path": "ws/", "auth": "none", "websocket": {"only": True}, "methods": ["GET"]}]
    file.write_text(settings(1, 2, routes))
    result = command("check", file)
    assert result.returncode != 0 and "methods" in result.stdout + result.stderr


# Prefixes

PREFIXES = [
    {"path": "chat/<path:rest>", "auth": "none", "strip_prefix": "/chat", "tolerate": ["//", "%2F", ";"], "websocket": True},
    {"path": "chat/", "auth": "none", "strip_prefix": "/chat"},
    {"re_path": r"^app/v\d+/\w*$", "auth": "none", "strip_prefix": "/app"},
    {"path": "old/<path:rest>", "auth": "none", "strip_prefix": "/old", "add_prefix": "/v1/new"},
    {"path": "exact", "auth": "none", "strip_prefix": "/exact", "add_prefix": "/v2"},
    {"path": "alone", "auth": "none", "strip_prefix": "/alone"},
    {"path": "more/<path:rest>", "auth": "none", "add_prefix": "/v1"},
    {"path": "secret/<path:rest>", "auth": "required", "strip_prefix": "/secret", "tokens": {"sources": ["query", "header"]}},
]


@pytest.fixture(scope="module")
def prefixes(module_gateways, module_upstream):
    return module_gateways.start(PREFIXES, module_upstream.port)


@pytest.mark.parametrize("target, there, prefix", [
    ("/chat/a/b", "/a/b", "/chat"), ("/chat/", "/", "/chat"), ("/chat/?x=/chat/", "/?x=/chat/", "/chat"), ("/chat/chat/x", "/chat/x",
    "/chat"),
    ("/chat/%41/b%2Fc", "/%41/b%2Fc", "/chat"), ("/chat/a;b", "/a;b", "/chat"), ("/chat/a//b", "/a//b", "/chat"),
    ("/app/v1/x", "/v1/x", "/app"), ("/app/v22/?q", "/v22/?q", "/app"),
    ("/old/a?b=c", "/v1/new/a?b=c", "/old"), ("/exact", "/v2/", "/exact"), ("/exact?a", "/v2/?a", "/exact"), ("/alone", "/", "/alone"),
    ("/alone?", "/?", "/alone"),
    ("/more/x", "/v1/more/x", None), ("http://a.test/chat/x", "/x", "/chat"),
])  # fmt: skip
def test_prefix_is_cut_and_put_before_the_path(prefixes, backend, target, there, prefix):
    assert ask(prefixes, target).status == OK
    request = backend.take()
    assert request.target == there
    assert request.all("X-Forwarded-Prefix") == ([prefix] if prefix else [])


@pytest.mark.parametrize("target", [
    "/%63hat/a", "/chat%2Fa", "/chat//a", "/chat%2F/a", "/chat///a", "/%61lone", "/old%2fa", "/chat/%2Fa", "/chat//", "/chat/;/../a",
    "/chat/..%2fa",
])  # fmt: skip
def test_prefix_in_another_spelling_is_refused(prefixes, backend, target):
    """Matched is the decoded path, cut are raw bytes: what is left must be a path, and one only."""
    assert ask(prefixes, target).status == 400
    assert backend.take_all() == []


def test_prefix_is_cut_from_handshakes(prefixes, backend):
    assert shake(prefixes, "/chat/ws/1/").status == OK
    assert backend.take().target == "/ws/1/"


def test_token_is_cut_from_the_query_and_the_prefix_from_the_path(prefixes, backend):
    token = tokens.token()
    assert ask(prefixes, f"/secret/x?a=1&token={token}&b=2").status == OK
    request = backend.take()
    assert request.target == "/x?a=1&b=2" and request.get("X-User-Id") == "1"
    assert ask(prefixes, "/secret/x").status == 401, "judged as it came"


def test_client_cannot_say_the_prefix(prefixes, backend):
    for target, expected in [("/chat/x", ["/chat"]), ("/more/x", [])]:
        assert ask(prefixes, target, lines="X-Forwarded-Prefix: /forged\r\nX_Forwarded_Prefix: /forged\r\n").status == OK
        assert backend.take().all("X-Forwarded-Prefix") == expected


@pytest.mark.parametrize("pattern", [{"path": "<path:rest>"}, {"re_path": "chat/"}, {"re_path": "^(?:chat|x)/"}, {"path": "chatter/"},
{"path": "ch<str:x>/"}])
def test_prefix_that_a_pattern_does_not_promise_is_a_mistake(tmp_path, pattern):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(1, 2, [pattern | {"auth": "none", "strip_prefix": "/chat"}]))
    result = command("check", file)
    assert result.returncode != 0 and "strip_prefix" in result.stdout + result.stderr


# Addresses

ADDRESSES = [
    {"path": "office/", "auth": "none", "allow": ["10.0.0.0/8", "2001:db8::/32"]},
    {"path": "most/", "auth": "none", "deny": ["10.1.0.0/16", "192.0.2.7"]},
    {"path": "both/", "auth": "none", "allow": ["10.0.0.0/8"], "deny": ["10.1.0.0/16"]},
    {"path": "private/", "auth": "required", "deny": ["10.1.0.0/16"]},
    {"path": "ws/", "auth": "required", "websocket": {"only": True}, "allow": ["10.0.0.0/8"]},
    {"path": "here/", "auth": "none", "allow": ["127.0.0.0/8"]},
    {"path": "unix/", "auth": "none", "allow": ["unix"]},
]


@pytest.fixture(scope="module")
def addresses(module_gateways, module_upstream):
    return module_gateways.start(ADDRESSES, module_upstream.port, trusted_proxies=["127.0.0.1"])


@pytest.mark.parametrize("path, address, status", [
    ("office", "10.9.9.9", 200), ("office", "192.0.2.1", 403), ("office", "2001:db8::1", 200), ("office", "2001:db9::1", 403), ("office",
    None, 403),
    ("most", "192.0.2.6", 200), ("most", "192.0.2.7", 403), ("most", "10.1.2.3", 403), ("most", "10.2.2.3", 200),
    ("both", "10.2.2.3", 200), ("both", "10.1.2.3", 403), ("both", "192.0.2.1", 403), ("both", "10.1.2.3, 10.2.2.3", 200),
    ("private", "10.1.2.3", 403), ("private", "10.2.2.3", 401), ("here", None, 200), ("here", "10.2.2.3", 403), ("unix", None, 403),
])  # fmt: skip
def test_addresses_may_or_may_not_use_a_route(addresses, backend, path, address, status):
    response = ask(addresses, f"/{path}/", lines=f"X-Forwarded-For: {address}\r\n" if address else "")
    assert response.status == status
    if status == 403:
        assert problem(response) == "address-not-allowed"
    assert len(backend.take_all()) == (status == 200)


def test_address_is_asked_before_the_token(addresses, backend):
    assert ask(addresses, "/private/", lines=f"X-Forwarded-For: 10.1.2.3\r\n{': '.join(bearer(tokens.token()))}\r\n").status == 403
    assert backend.take_all() == []


def test_handshake_from_a_wrong_address_is_never_accepted(addresses, backend):
    for address, status in [("192.0.2.1", 403), ("10.1.1.1", 200)]:
        headers = [("X-Forwarded-For", address), bearer(tokens.token())]
        assert shake(addresses, "/ws/", headers=headers).status == status
    assert len(backend.take_all()) == 1


def test_address_of_a_peer_that_is_not_believed_is_its_own(module_gateways, module_upstream, backend):
    gateway = module_gateways.start(ADDRESSES, module_upstream.port)
    assert ask(gateway, "/office/", lines="X-Forwarded-For: 10.9.9.9\r\n").status == 403
    assert ask(gateway, "/here/", lines="X-Forwarded-For: 10.9.9.9\r\n").status == 200


# Header lines

EDITS = {
    "request": {
        "set": {"X-Set": "new", "User-Agent": "gateway"},
        "add": {"X-Add": ["two", "three"], "Via": "1.1 tollgate"},
        "remove": ["X-Remove", "Accept-Encoding"],
    },
    "response": {
        "set": {"X-Frame-Options": "DENY", "X-Set": "new"},
        "add": {"X-Add": "two", "Vary": "X-Tenant"},
        "remove": ["Server", "X-Remove"],
    },
}
EDITED = [{"path": "e/<path:rest>", "auth": "optional", "websocket": True, "headers": EDITS}, {"path": "<path:rest>", "auth": "none"}]
SENT = (
    "X-Set: old\r\nx-set: older\r\nX-SET: oldest\r\nX-Add: one\r\nX-Remove: 1\r\nx-REMOVE: 2\r\nUser-Agent: me\r\nX-Keep: 1\r\n"
    "Accept-Encoding: gzip\r\n"
)


@pytest.fixture(scope="module")
def edited(module_gateways, module_upstream):
    return module_gateways.start(EDITED, module_upstream.port)


def test_lines_of_requests_are_set_added_and_removed(edited, backend):
    assert ask(edited, "/e/x", lines=SENT).status == OK
    request = backend.take()
    assert request.all("X-Set") == ["new"] and request.all("User-Agent") == ["gateway"]
    assert request.all("X-Add") == ["one", "two", "three"]
    assert request.all("Via") == ["1.1 tollgate"]
    assert request.all("X-Remove") == request.all("Accept-Encoding") == []
    assert request.all("X-Keep") == ["1"]


def test_lines_of_handshakes_are_edited_too(edited, backend):
    assert shake(edited, "/e/ws", headers=[("X-Set", "old"), ("X-Remove", "1")]).status == OK
    request = backend.take()
    assert request.all("X-Set") == ["new"] and request.all("X-Remove") == []


def test_lines_of_responses_are_set_added_and_removed(edited, backend):
    backend.answer = (
        b"HTTP/1.1 200 OK\r\nServer: x\r\nSERVER: y\r\nX-Set: old\r\nX-Add: one\r\nX-Remove: 1\r\nVary: Cookie\r\nX-Keep: 1\r\n"
        b"Content-Length: 2\r\n\r\nok"
    )
    try:
        response = ask(edited, "/e/x")
        assert response.all("x-frame-options") == ["DENY"] and response.all("x-set") == ["new"]
        assert response.all("x-add") == ["one", "two"] and response.all("vary") == ["Cookie", "X-Tenant"]
        assert response.all("server") == response.all("x-remove") == []
        assert response.all("x-keep") == ["1"] and response.body == b"ok"
        other = ask(edited, "/other")
        assert other.all("server") == ["x", "y"] and other.all("x-frame-options") == [], "other routes stay as they are"
    finally:
        backend.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_connection_cannot_take_an_edited_line_away(edited, backend):
    assert ask(edited, "/e/x", lines="Connection: X-Set, X-Add, Via\r\nX-Set: old\r\n").status == OK
    request = backend.take()
    assert request.all("X-Set") == ["new"] and request.all("X-Add") == ["two", "three"] and request.all("Via") == ["1.1 tollgate"]


@pytest.mark.parametrize("name", ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "X-User-Id", "X-Forwarded-For",
"X-Request-Id", "X_A", "A B", ""])
@pytest.mark.parametrize("kind", ["set", "add"])
def test_lines_that_are_not_the_operators_are_a_mistake(tmp_path, name, kind):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(1, 2, [{"path": "x", "auth": "none", "headers": {"request": {kind: {name: "1"}}}}]))
    assert command("check", file).returncode != 0


@pytest.mark.parametrize("value", ["a\nX-B: c", "a\r", "a\0", "\x7f"])
def test_value_that_is_no_line_is_a_mistake(tmp_path, value):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(1, 2, [{"path": "x", "auth": "none", "headers": {"request": {"set": {"X-A": value}}}}]))
    assert command("check", file).returncode != 0


# Released names


def test_released_name_may_be_sent_after_all(module_gateways, module_upstream, backend):
    routes = [{"path": "<path:rest>", "auth": "none"}]
    gateway = module_gateways.start(routes, module_upstream.port, release_headers=["x-user", "x-consumer-id"])
    lines = "X-User: me\r\nX-Consumer-ID: 7\r\nX-User-Id: forged\r\nX-Username: forged\r\nX_User: forged\r\n"
    assert ask(gateway, lines=lines).status == OK
    request = backend.take()
    assert request.all("X-User") == ["me"] and request.all("X-Consumer-Id") == ["7"]
    assert b"forged" not in request.head


@pytest.mark.parametrize("name", ["x-user-id", "x-forwarded-for", "x-forwarded-prefix", "x-request-id"])
def test_names_that_the_gateway_sends_itself_are_never_released(tmp_path, name):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(free_port(), 2, [{"path": "x", "auth": "none"}], release_headers=[name]))
    assert command("check", file).returncode != 0
