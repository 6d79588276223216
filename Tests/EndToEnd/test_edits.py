"""Header edits of routes, towards the backend and towards the client."""

import queue

import pytest

from support import frames, tokens
from support.checks import assert_refused_where_marked
from support.clients import ask
from support.gateway import settings
from support.upstream import OK, Upstream
from support.waiting import free_port
from support.wire import Wire, bearer, get

REQUEST = {
    "set": {"X-One": "new", "X-Several": ["first", "second"], "Accept-Encoding": "identity", "X-Text": 'a: b; c="d", \\e'},
    "add": {"Via": "1.1 tollgate", "X-Added": ["a", "b"]},
    "remove": ["X-Gone", "User-Agent"],
}  # fmt: skip
RESPONSE = {
    "set": {"X-Frame-Options": "DENY", "X-Several": ["first", "second"]},
    "add": {"Set-Cookie": "edge=1", "Vary": "Cookie"},
    "remove": ["Server", "X-Powered-By"],
}
ROUTES = [
    {"path": "edited/<path:rest>", "auth": "none", "headers": {"request": REQUEST, "response": RESPONSE}},
    {"path": "private/", "auth": "required", "headers": {"request": {"set": {"X-One": "new"}, "remove": ["X-Gone"]}}},
    {"path": "ws/", "auth": "required", "websocket": True, "headers": {"request": REQUEST, "response": RESPONSE}},
    {"path": "down/", "auth": "none", "upstream": "down", "headers": {"request": {"remove": ["Accept"]}}},
    {"path": "<path:rest>", "auth": "none"},
]
FROM_BACKEND = (
    b"HTTP/1.1 200 OK\r\nServer: backend/1.0\r\nSet-Cookie: theirs=1\r\nx-frame-options: SAMEORIGIN\r\nX-Kept: kept\r\n"
    b"X-SEVERAL: old\r\nx-powered-by: PHP\r\nX-Several: older\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nok"
)


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{module_upstream.port}"]},
        "down": {"servers": [f"127.0.0.1:{free_port()}"]},
    }
    return module_gateways.start(ROUTES, module_upstream.port, upstreams=upstreams)


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


# Towards the backend


def test_set_replaces_add_keeps_remove_takes_away(gateway, backend):
    sent = [
        ("X-One", "old"), ("x-one", "older"), ("X-Kept", "kept"), ("Via", "1.0 edge"), ("x-added", "0"), ("X-Gone", "1"),
        ("x-gone", "2"), ("User-Agent", "test"), ("X-Several", "0"), ("Accept-Encoding", "gzip, br"),
    ]  # fmt: skip
    assert get(gateway.port, "/edited/x", sent).status == 200
    got = backend.take()
    assert got.get("X-One") == "new"
    assert got.get("X-Kept") == "kept"
    assert got.all("X-Several") == ["first", "second"]
    assert got.get("Accept-Encoding") == "identity"
    assert got.all("Via") == ["1.0 edge", "1.1 tollgate"]
    assert got.all("X-Added") == ["0", "a", "b"]
    assert got.get("X-Text") == 'a: b; c="d", \\e'
    assert got.all("X-Gone") == got.all("User-Agent") == []


def test_edits_come_in_the_order_of_the_file(gateway, backend):
    assert get(gateway.port, "/edited/x").status == 200
    names = [*REQUEST["set"], *REQUEST["add"]]
    written = [name for name, _ in backend.take().fields if name in names]
    assert written == ["X-One", "X-Several", "X-Several", "Accept-Encoding", "X-Text", "Via", "X-Added", "X-Added"]


@pytest.mark.parametrize("name", ["X-GONE", "x_gone", "x.gone", "X-One", "X_One", "x.one", "X!One"])
def test_no_spelling_escapes_an_edit(gateway, backend, name):
    assert get(gateway.port, "/edited/x", [(name, "smuggled")]).status == 200
    assert b"smuggled" not in backend.take().head


def test_nominating_does_not_undo_an_edit(gateway, backend):
    with Wire(gateway.port) as wire:
        assert ask(wire, "/edited/x", [("Connection", "X-One, Via, X-Added"), ("X-One", "old")]).status == 200
    got = backend.take()
    assert (got.get("X-One"), got.get("Via"), got.all("X-Added")) == ("new", "1.1 tollgate", ["a", "b"])


def test_edits_stand_beside_identity_and_forwarding(gateway, backend):
    headers = [bearer(tokens.token("7")), ("X-User-Id", "1"), ("X-Gone", "1")]
    assert get(gateway.port, "/private/", headers).status == 200
    got = backend.take()
    assert (got.get("X-User-Id"), got.get("X-One"), got.get("X-Forwarded-For")) == ("7", "new", "127.0.0.1")
    assert got.all("X-Gone") == [] and got.get("Authorization") == headers[0][1]


def test_other_routes_are_left_alone(gateway, backend):
    backend.answer = FROM_BACKEND
    response = get(gateway.port, "/x", [("X-One", "old"), ("X-Gone", "1"), ("User-Agent", "test")])
    got = backend.take()
    assert (got.get("X-One"), got.get("X-Gone"), got.get("User-Agent"), got.all("Via")) == ("old", "1", "test", [])
    assert (response.get("server"), response.get("x-frame-options")) == ("backend/1.0", "SAMEORIGIN")
    assert response.all("x-several") == ["old", "older"]


# Towards the client


def assert_edited(response):
    assert response.get("x-frame-options") == "DENY"
    assert response.all("x-several") == ["first", "second"]
    assert response.all("set-cookie") == ["theirs=1", "edge=1"]
    assert response.all("vary") == ["Accept", "Cookie"]
    assert response.all("server") == response.all("x-powered-by") == []
    assert response.get("x-kept") == "kept"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_responses_are_edited(gateway, backend, method):
    backend.answer = FROM_BACKEND if method != "HEAD" else FROM_BACKEND[:-2]
    with Wire(gateway.port) as wire:
        for _ in range(2):
            assert_edited(ask(wire, "/edited/x", method=method))


@pytest.mark.parametrize(
    "answer, body",
    [
        (FROM_BACKEND.replace(b"200 OK", b"500 Oops"), b"ok"),
        (FROM_BACKEND.replace(b"200 OK", b"404 Not Found"), b"ok"),
        (FROM_BACKEND.replace(b"200 OK", b"304 Not Modified")[:-2], b""),
        (FROM_BACKEND.replace(b"200 OK", b"204 No Content").replace(b"Content-Length: 2\r\n", b"")[:-2], b""),
        (FROM_BACKEND.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked")[:-2] + b"2\r\nok\r\n0\r\n\r\n", b"ok"),
    ],
    ids=["500", "404", "304", "204", "chunked"],
)
def test_responses_of_every_kind_are_edited(gateway, backend, answer, body):
    backend.answer = answer
    with Wire(gateway.port) as wire:
        response = ask(wire, "/edited/x")
        assert_edited(response)
        assert response.body == body
        backend.answer = OK
        assert ask(wire, "/x").body == b"ok", "the connection goes on"


def test_answer_to_a_refused_handshake_is_edited(gateway, backend):
    backend.answer = FROM_BACKEND
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake("/ws/", [bearer(tokens.token()), ("X-One", "old"), ("User-Agent", "test")])[0])
        assert_edited(wire.read_response())
    got = backend.take()
    assert (got.get("X-One"), got.get("Via"), got.all("User-Agent")) == ("new", "1.1 tollgate", [])


def test_edited_handshakes_open_sockets(gateways):
    requests = queue.Queue()
    upstream = Upstream(handler=lambda wire: requests.put(frames.accept(wire)))
    gateway = gateways.start([ROUTES[2]], upstream.port)
    with frames.connect(gateway.port, "/ws/", [bearer(tokens.token())]):
        got = requests.get(timeout=10)
        assert got.get("X-One") == "new" and got.get("Upgrade") == "websocket"
    upstream.stop()


@pytest.mark.parametrize("accept, kind", [("text/html", "text/html"), ("application/json", "application/problem+json")])
def test_own_answer_suits_the_client_whatever_the_backend_is_told(gateway, accept, kind):
    """`Accept` is removed for the backend."""
    response = get(gateway.port, "/down/", [("Accept", accept)])
    assert response.status == 502 and response.get("content-type").split(";")[0] == kind


# Reload


def test_open_connection_sees_new_edits(gateways, upstream):
    upstream.answer = FROM_BACKEND

    def seen(wire):
        response = ask(wire, "/x", [("X-One", "old")])
        return upstream.take().all("X-One"), response.all("server")

    def route(**headers):
        return [{"path": "<path:rest>", "auth": "none"} | ({"headers": headers} if headers else {})]

    gateway = gateways.start(route(), upstream.port)
    with Wire(gateway.port) as wire:
        assert seen(wire) == (["old"], ["backend/1.0"])
        for headers, expected in [
            ({"request": {"set": {"X-One": "new"}}}, (["new"], ["backend/1.0"])),
            ({"request": {"add": {"X-One": "new"}}, "response": {"remove": ["Server"]}}, (["old", "new"], [])),
            ({"request": {"remove": ["X-One"]}, "response": {"set": {"Server": "edge"}}}, ([], ["edge"])),
            ({}, (["old"], ["backend/1.0"])),
        ]:
            gateway.reload(settings(gateway.port, upstream.port, route(**headers)))
            assert seen(wire) == expected


# Settings


def test_check_refuses_edits_of_what_is_not_the_routes(tmp_path):
    assert_refused_where_marked(
        tmp_path,
        f"""\
listen: [{{address: 127.0.0.1:8080}}]
SIMPLE_JWT: {{SIGNING_KEY: {tokens.KEY}}}
identity: {{X-User-Id: user_id, X-Org: org}}
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
routes:
  - path: '<path:rest>'
    upstream: chat
    headers:
      request:
        set:
          »X-User-Id: "1"
          »x-org: acme
          »Authorization: Bearer x
          »X-Forwarded-For: 1.1.1.1
          »X-Forwarded-Prefix: /x
          »X-Request-Id: x
          »Forwarded: for=1.1.1.1
          »X-Real-IP: 1.1.1.1
          »Host: a.test
          »Content-Length: "1"
          »Connection: close
          »Sec-WebSocket-Key: x
          »X_Odd: x
          »"X Odd": x
          »"": x
        remove: [»Transfer-Encoding, »X-User-Id, X-Fine, »x-fine]
      response:
        set: {{»Content-Length: "1", X-A: »"", X-B: »"é", X-C: »" x", X-D: »"a\\r\\nX-Evil: 1", »Date: x, X-E: e}}
        add: {{»Connection: close, »Content-Encoding: gzip, »X-E: again}}
""",
    )


@pytest.mark.parametrize(
    "name", ["X-User", "Remote-User", "X-Forwarded-User", "Daphne-Root-Path", "X-Original-URL", "X-Accel-Redirect"]
)
def test_check_refuses_to_forge_owned_names(tmp_path, name):
    assert_refused_where_marked(
        tmp_path,
        f"""\
listen: [{{address: 127.0.0.1:8080}}]
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
routes:
  - {{path: '<path:rest>', upstream: chat, auth: none, headers: {{request: {{set: {{»{name}: x}}}}}}}}
""",
    )
