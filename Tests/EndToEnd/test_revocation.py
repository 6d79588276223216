"""Tokens and users that are not welcome any more: requests at once, open sockets within a second."""

import json
import os
import signal
import time

import pytest

from support import frames, tokens
from support.documents import Documents, http, ok
from support.frames import CLOSE, TEXT, frame, read_frame
from support.gateway import command, settings
from support.upstream import Upstream, read_request
from support.waiting import free_port, until
from support.wire import Wire, bearer, get
from test_reload import http_and_echo

ROUTES = [
    {"path": "open/", "auth": "none"},
    {"path": "ws/", "auth": "required", "websocket": True},
    {"path": "private/", "auth": "required"},
]
REVOKED = (4001, "token revoked")


@pytest.fixture
def backend():
    backend = Upstream(handler=http_and_echo)
    yield backend
    backend.stop()
    assert backend.failures == []


@pytest.fixture
def feed():
    feed = Documents(ok({}))
    yield feed
    feed.stop()


class List:
    """A revocation file that is replaced as a whole, or written where it lies."""

    def __init__(self, folder):
        self.path = folder / "revoked.json"
        self.replace({})

    def replace(self, content):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(content if isinstance(content, str) else json.dumps(content))
        os.replace(fresh, self.path)


@pytest.fixture
def revoked(tmp_path):
    return List(tmp_path)


def status(gateway, token):
    return get(gateway.port, "/private/", [bearer(token)]).status


def opened(gateway, token):
    """An open socket, after a round trip."""
    socket = frames.connect(gateway.port, "/ws/", [bearer(token)])
    return socket if goes_on(socket) else None


def goes_on(socket):
    socket.send(frame(TEXT, b"still here"))
    return read_frame(socket).payload == b"still here"


def closed(socket):
    got = read_frame(socket)
    assert got.opcode == CLOSE
    return got.code, got.reason


def of_file(revoked, **more):
    return {"tokens": {"revocation": {"file": str(revoked.path)} | more}}


def of_feed(feed, **more):
    return {"tokens": {"revocation": {"url": feed.url("/revoked.json"), "refresh": "1s"} | more}}


#: What is written, and the claims of whom it ends and of whom it does not.
CASES = {
    "jti": ({"jti": [{"jti": "one"}]}, {"jti": "one"}, {"jti": "two"}),
    "jti of an issuer": (
        {"jti": [{"jti": "one", "iss": "https://a.test"}]},
        {"jti": "one", "iss": "https://a.test"}, {"jti": "one", "iss": "https://b.test"}),
    "user": ({"users": [{"user": "7"}]}, {"user": "7"}, {"user": "8"}),
    "user before": (
        {"users": [{"user": "7", "issued_before": 1_700_000_000}]},
        {"user": "7", "iat": 1_699_999_999}, {"user": "7", "iat": 1_700_000_000}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_whom_the_list_names_is_out(gateways, backend, revoked, case):
    content, named, other = CASES[case]
    gateway = gateways.start(ROUTES, backend.port, threads=2, **of_file(revoked))
    named, other = tokens.token(**named), tokens.token(**other)
    sockets = [opened(gateway, named) for _ in range(4)]
    others = [opened(gateway, other) for _ in range(4)]
    assert (status(gateway, named), status(gateway, other)) == (200, 200)
    revoked.replace(content)
    start = time.monotonic()
    assert [closed(socket) for socket in sockets] == [REVOKED] * 4
    assert time.monotonic() - start < 1
    answer = get(gateway.port, "/private/", [bearer(named)])
    assert answer.status == 401 and json.loads(answer.body)["code"] == "token_not_valid"
    with frames.connect(gateway.port, "/ws/", [bearer(named)]) as late:
        assert closed(late) == REVOKED
    assert status(gateway, other) == 200
    assert all(goes_on(socket) for socket in others)
    # Who is taken off the list may come back.
    revoked.replace({})
    until(lambda: status(gateway, named) == 200, "the token to be welcome again", 2)
    for socket in [*sockets, *others]:
        socket.close()


def test_socket_that_is_revoked_in_the_middle_of_a_message_sends_no_more(gateways, revoked):
    received = []

    def listen(wire):
        frames.accept(wire)
        try:
            while True:
                received.append(wire.read(1))
        except Exception:
            pass

    upstream = Upstream(handler=listen)
    gateway = gateways.start(ROUTES, upstream.port, **of_file(revoked))
    socket = frames.connect(gateway.port, "/ws/", [bearer(tokens.token(user="7"))])
    socket.send(frame(TEXT, b"x" * 100, length="7")[:50])
    until(lambda: len(received) >= 50, "the first half")
    revoked.replace({"users": [{"user": "7"}]})
    assert closed(socket) == REVOKED
    socket.send(b"y" * 56)
    gateway.wait_for(r"websocket_close .*reason=token_revoked")
    assert len(received) <= 50
    socket.close()
    upstream.stop()


def test_handshake_under_way_is_caught(gateways, revoked):
    """It was admitted before the list came, and opens after it."""

    def slowly(wire):
        request = read_request(wire)
        until(lambda: "revocations taken into use" in gateway.output, "the list")
        frames.accept(wire, request)
        wire.read_to_end()

    upstream = Upstream(handler=slowly)
    gateway = gateways.start(ROUTES, upstream.port, **of_file(revoked))
    request = frames.handshake("/ws/", [bearer(tokens.token(user="7"))])[0]
    with Wire(gateway.port) as socket:
        socket.send(request)
        until(lambda: upstream.connections, "the handshake to reach the backend")
        revoked.replace({"users": [{"user": "7"}]})
        assert socket.read_head().status == 101
        assert closed(socket) == REVOKED
    upstream.stop()


def test_sighup_reads_the_file_at_once(gateways, backend, revoked):
    gateway = gateways.start(ROUTES, backend.port, **of_file(revoked))
    socket = opened(gateway, tokens.token(user="7"))
    revoked.replace({"users": [{"user": "7"}]})
    gateway.send(signal.SIGHUP)
    start = time.monotonic()
    assert closed(socket) == REVOKED
    assert time.monotonic() - start < 1
    # A file that says the same is no news, and one reload more keeps the list.
    mark = gateway.mark()
    revoked.replace({"users": [{"user": "7"}]})
    gateway.send(signal.SIGHUP)
    gateway.wait_for(r"\breloaded\b", after=mark)
    assert status(gateway, tokens.token(user="7")) == 401
    assert gateway.output.count("revocations taken into use") == 1


def test_list_survives_reloads_good_and_bad(gateways, backend, revoked):
    revoked.replace({"users": [{"user": "7"}]})
    gateway = gateways.start(ROUTES, backend.port, threads=2, **of_file(revoked))
    named = tokens.token(user="7")
    assert status(gateway, named) == 401
    gateway.reload("listen: nowhere", "reload failed")
    assert [status(gateway, named) for _ in range(8)] == [401] * 8
    more = [*ROUTES, {"path": "new/", "auth": "none"}]
    gateway.reload(settings(gateway.port, backend.port, more, threads=2, **of_file(revoked)))
    assert [status(gateway, named) for _ in range(8)] == [401] * 8
    # Another file counts from the reload on, and no list when there is none.
    other = revoked.path.with_name("other.json")
    other.write_text('{"users": [{"user": "8"}]}')
    changed = {"tokens": {"revocation": {"file": str(other)}}}
    gateway.reload(settings(gateway.port, backend.port, ROUTES, threads=2, **changed))
    assert (status(gateway, named), status(gateway, tokens.token(user="8"))) == (200, 401)
    gateway.reload(settings(gateway.port, backend.port, ROUTES, threads=2))
    assert status(gateway, tokens.token(user="8")) == 200


@pytest.mark.parametrize("content", [None, "{", '{"user": []}', '{"jti": [{"id": "a"}]}'])
def test_bad_file_stops_a_start_with_its_place(tmp_path, revoked, content):
    revoked.path.unlink() if content is None else revoked.replace(content)
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(free_port(), 1, ROUTES, **of_file(revoked)))
    for name in ["check", "run"]:
        ended = command(name, "--config", file)
        assert ended.returncode == 1
        assert f"{file.name}:" in ended.stderr and "tokens.revocation.file: " in ended.stderr


def test_file_that_turns_bad_changes_nothing(gateways, backend, revoked):
    admin = free_port()
    revoked.replace({"users": [{"user": "7"}]})
    gateway = gateways.start(
        ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **of_file(revoked, refresh="1s", stale="2s"))
    named = tokens.token(user="7")
    for content, problem in [('{"users": [', "not a JSON object"), (None, "no such file")]:
        mark = gateway.mark()
        revoked.path.unlink() if content is None else revoked.replace(content)
        assert problem in gateway.wait_for("revocations not read, the last ones stay", after=mark)
        assert status(gateway, named) == 401
        # A reload keeps the list too, for it is still the same file.
        gateway.reload(gateway.file.read_text())
        assert status(gateway, named) == 401
    gateway.wait_for("revocations too old")
    assert status(gateway, named) == 401
    ready = get(admin, "/readyz")
    assert (ready.status, ready.body) == (200, b"ok\nwarning: revocations of the file too old\n")
    text = get(admin, "/metrics").body.decode()
    assert 'tollgate_revocation_stale{source="file"} 1' in text
    assert "tollgate_revocation_entries 1" in text
    revoked.replace({"users": [{"user": "8"}]})
    until(lambda: status(gateway, named) == 200, "the new list", 2)
    until(lambda: get(admin, "/readyz").body == b"ok\n", "the warning to end", 2)


def test_feed_is_polled_and_asked_conditionally(gateways, backend, feed):
    version = [1, {"users": []}]

    def answer(request, wire):
        tag = f'"v{version[0]}"'
        return http(304) if request.get("if-none-match") == tag else ok(version[1], f"ETag: {tag}")

    feed.document = answer
    gateway = gateways.start(ROUTES, backend.port, **of_feed(feed, token="feed-token-of-the-tests-of-32-bytes"))
    tokens.remember("feed-token-of-the-tests-of-32-bytes")
    named, other = tokens.token(user="7"), tokens.token(user="8")
    socket, bystander = opened(gateway, named), opened(gateway, other)
    until(lambda: len(feed.seen) >= 3, "several fetches")
    assert {request.get("authorization") for request in feed.seen} == {"Bearer feed-token-of-the-tests-of-32-bytes"}
    assert [request.get("if-none-match") for request in feed.seen[:3]] == [None, '"v1"', '"v1"']
    version[:] = 2, {"users": [{"user": "7"}]}
    assert closed(socket) == REVOKED
    assert (status(gateway, named), status(gateway, other)) == (401, 200)
    assert goes_on(bystander)
    assert "not fetched" not in gateway.output


@pytest.mark.parametrize("fault", [
    http(500), ok(b"garbage"), ok({"users": [{"name": "7"}]}), http(302, b"", "Location: /"), http(403),
])  # fmt: skip
def test_feed_that_fails_changes_nothing(gateways, backend, feed, fault):
    feed.document = ok({"users": [{"user": "7"}]})
    gateway = gateways.start(ROUTES, backend.port, **of_feed(feed))
    named, other = tokens.token(user="7"), tokens.token(user="8")
    bystander = opened(gateway, other)
    feed.document = fault
    gateway.wait_for("revocations not fetched, the last ones stay")
    assert (status(gateway, named), status(gateway, other)) == (401, 200)
    assert goes_on(bystander)
    feed.document = ok({"users": [{"user": "8"}]})
    assert closed(bystander) == REVOKED
    assert (status(gateway, named), status(gateway, other)) == (200, 401)


def test_old_feed_is_kept_and_told(gateways, backend, feed):
    admin = free_port()
    feed.document = ok({"users": [{"user": "7"}]})
    gateway = gateways.start(
        ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **of_feed(feed, stale="2s"))
    feed.document = http(500)
    gateway.wait_for("revocations too old, newer ones are not known.*the answer is 500")
    assert status(gateway, tokens.token(user="7")) == 401
    until(lambda: get(admin, "/readyz").body == b"ok\nwarning: revocations of the feed too old\n", "the warning", 2)
    assert 'tollgate_revocation_stale{source="url"} 1' in get(admin, "/metrics").body.decode()
    feed.document = ok({"users": [{"user": "7"}]})
    until(lambda: get(admin, "/readyz").body == b"ok\n", "the feed to come back")


def test_gateway_is_not_ready_before_the_feed_has_come(gateways, backend, feed):
    admin = free_port()
    feed.document = http(500)
    gateway = gateways.start(ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **of_feed(feed))
    gateway.wait_for("revocations not fetched, nothing of this feed is revoked yet")
    unready = get(admin, "/readyz")
    assert (unready.status, unready.body) == (503, b"revocations not fetched yet\n")
    feed.document = ok({"users": [{"user": "7"}]})
    until(lambda: get(admin, "/readyz").status == 200, "the feed")
    assert status(gateway, tokens.token(user="7")) == 401


def test_file_and_feed_unite(gateways, backend, revoked, feed):
    admin = free_port()
    revoked.replace({"users": [{"user": "7"}], "jti": [{"jti": "one"}]})
    feed.document = ok({"users": [{"user": "7"}, {"user": "8"}]})
    both = {"tokens": {"revocation": {"file": str(revoked.path), "url": feed.url(), "refresh": "1s"}}}
    gateway = gateways.start(ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **both)
    sockets = [opened(gateway, tokens.token(user=user)) for user in ["1", "1", "2"]]
    named = [tokens.token(user="7"), tokens.token(user="8"), tokens.token(user="9", jti="one")]
    assert [status(gateway, token) for token in named] == [401] * 3
    assert "tollgate_revocation_entries 3" in get(admin, "/metrics").body.decode()
    revoked.replace({"users": [{"user": "1"}]})
    assert [closed(socket) for socket in sockets[:2]] == [REVOKED] * 2
    assert goes_on(sockets[2])
    assert [status(gateway, token) for token in named] == [401, 401, 200]
    text = get(admin, "/metrics").body.decode()
    assert "tollgate_revocation_websockets_closed_total 2" in text
    assert 'tollgate_revocation_reads_total{source="file",outcome="success"} 1' in text
    # Without the feed what it alone has said counts no more.
    gateway.reload(settings(gateway.port, backend.port, ROUTES, **of_file(revoked)))
    assert [status(gateway, token) for token in named] == [200, 200, 200]
    for socket in sockets:
        socket.close()


def test_long_list_is_taken_and_too_long_a_one_is_not(gateways, backend, revoked):
    users = [{"user": str(number)} for number in range(1000, 201_000)]
    gateway = gateways.start(ROUTES, backend.port, **of_file(revoked))
    revoked.replace({"users": users})
    gateway.wait_for("revocations taken into use.*entries=200000", patience=60)
    assert [status(gateway, tokens.token(user=user)) for user in ["1000", "200999", "1"]] == [401, 401, 200]
    revoked.replace({"users": [{"user": str(number)} for number in range(250_001)]})
    assert "250000 entries" in gateway.wait_for("revocations not read", patience=60)
    assert status(gateway, tokens.token(user="1")) == 200


def test_check_asks_no_feed(tmp_path, feed):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(free_port(), 1, ROUTES, **of_feed(feed)))
    assert command("check", "--config", file).returncode == 0
    assert feed.seen == []
