"""`POST /.tollgate/sessions/<id>/token`: an open socket gets a new token, or stays exactly as it was."""

import json
import secrets
import time

import pytest

from support import frames, tokens
from support.frames import CLOSE, TEXT, frame, read_frame
from support.gateway import settings
from support.waiting import until
from support.wire import Wire, bearer
from test_websocket import Sockets

ORIGIN = "http://localhost"
IDENTITY = {"X-User-Id": "user_id", "X-Org": "org"}


@pytest.fixture(scope="module")
def sockets():
    sockets = Sockets()
    yield sockets
    sockets.stop()


def routes(require=None, **websocket):
    guarded = {"re_path": r"ws/(?P<room>\w+)/$", "auth": "required"} | ({"require": require} if require else {})
    return [
        guarded | {"websocket": {"ping": "off", "renewal": "http"} | websocket},
        {"path": "plain/", "auth": "required", "websocket": {"ping": "off"}},
        {"path": "<path:rest>", "auth": "none"},
    ]


@pytest.fixture(scope="module")
def gateway(module_gateways, sockets):
    return module_gateways.start(routes(), sockets.port, threads=2, identity=IDENTITY)


def new_id():
    return secrets.token_hex(16)


def opened(gateway, sockets, token, session=None, target="/ws/7/"):
    query = f"?tollgate_session={session}" if session else ""
    client = frames.connect(gateway.port, target + query, [bearer(token)])
    return client, sockets.other_end(client)


def request(session, token=None, method="POST", headers=(), body=b""):
    lines = "".join(f"{name}: {value}\r\n" for name, value in [*headers, *([bearer(token)] if token else [])])
    length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
    return f"{method} /.tollgate/sessions/{session}/token HTTP/1.1\r\nHost: a.test\r\n{lines}{length}\r\n".encode() + body


def renew(gateway, *arguments, **options):
    with Wire(gateway.port) as wire:
        return wire.send(request(*arguments, **options)).read_response()


def closed(wire):
    got = read_frame(wire)
    assert got.opcode == CLOSE, got
    return got.code, got.reason


def assert_open(client, upstream):
    client.send(frame(TEXT, b"still here"))
    assert read_frame(upstream).payload == b"still here"
    upstream.send(frame(TEXT, b"so am I", mask=None))
    assert read_frame(client).payload == b"so am I"


# What moves the end


def test_socket_outlives_its_first_token_and_ends_with_its_second(gateway, sockets):
    session, first, second = new_id(), int(time.time()) + 2, int(time.time()) + 4
    client, upstream = opened(gateway, sockets, tokens.token(exp=first), session)
    with client, upstream:
        answer = renew(gateway, session, tokens.token(exp=second))
        assert (answer.status, json.loads(answer.body)) == (200, {"expires_at": second})
        assert answer.get("content-type") == "application/json" and answer.get("cache-control") == "no-store"
        assert client.is_quiet(first + 0.5 - time.time())
        assert_open(client, upstream)
        assert closed(client) == (4001, "token expired")
        assert second <= time.time() < second + 1
        assert read_frame(upstream).opcode == CLOSE


def test_shorter_token_brings_the_end_nearer(gateway, sockets):
    session, end = new_id(), int(time.time()) + 2
    client, upstream = opened(gateway, sockets, tokens.token(lifetime=300), session)
    with client, upstream:
        assert renew(gateway, session, tokens.token(exp=end)).status == 200
        assert closed(client) == (4001, "token expired")
        assert end <= time.time() < end + 1


def test_id_is_cut_from_what_the_upstream_gets(gateway, sockets):
    token = tokens.token()
    for query, rest in [
        ("tollgate_session={0}", ""), ("a=1&tollgate_session={0}", "?a=1"), ("tollgate_session={0}&b=%20", "?b=%20"),
        ("a=1&tollgate_session={0}&b=2", "?a=1&b=2"),
    ]:  # fmt: skip
        session = new_id()
        client = frames.connect(gateway.port, "/ws/7/?" + query.format(session), [bearer(token)])
        with client, sockets.other_end(client) as upstream:
            assert upstream.request.target == "/ws/7/" + rest
            assert session.encode() not in upstream.request.head
            client.send(frames.close(1000))
            read_frame(upstream)
            upstream.send(frames.close(1000, mask=None))
            assert closed(client)[0] == 1000
            client.expect_end()


def test_id_may_come_from_the_notice(gateways, sockets):
    gateway = gateways.start(routes(expiry_notice="10s"), sockets.port)
    end = int(time.time()) + 3
    client, upstream = opened(gateway, sockets, tokens.token(exp=end))
    with client, upstream:
        notice = json.loads(read_frame(client).payload)
        assert notice["type"] == "token.expiring" and 1 <= notice["expires_in"] <= 3, "not the ten seconds of the setting"
        assert renew(gateway, notice["session"], tokens.token(lifetime=60)).status == 200
        assert client.is_quiet(end + 1 - time.time()), "neither its end, nor another notice so early"
        assert_open(client, upstream)


def test_socket_is_found_on_whatever_worker_it_is(gateway, sockets):
    open_now = []
    for _ in range(12):
        session = new_id()
        open_now.append((session, *opened(gateway, sockets, tokens.token(lifetime=60), session)))
    for session, client, upstream in open_now:
        for _ in range(3):  # each on a connection of its own, which may be any worker's
            assert renew(gateway, session, tokens.token(lifetime=90)).status == 200
        assert_open(client, upstream)
        client.close(), upstream.close()


def test_connection_that_renews_is_kept(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    with client, upstream, Wire(gateway.port) as wire:
        for body in [b"", b'{"token": "no, the one in the header counts"}', b"x" * 100_000]:
            wire.send(request(session, tokens.token(), body=body, headers=[("Content-Type", "application/json")]))
            assert wire.read_response().status == 200
        wire.send(request(session, tokens.token("2")))
        assert wire.read_response().status == 403
        wire.send(request(session, tokens.token(), headers=[("Transfer-Encoding", "chunked")]).replace(b"Content-Length: 0\r\n", b""))
        wire.send(b"5\r\nhello\r\n0\r\n\r\n")
        assert wire.read_response().status == 200
        # Two at once, answered in their order.
        wire.send(request(session, tokens.token(lifetime=100)) + request(new_id(), tokens.token()))
        assert [wire.read_response().status, wire.read_response().status] == [200, 403]
        assert_open(client, upstream)


# What does not


def refused(answer):
    assert answer.status == 403, answer
    assert answer.get("content-type") == "application/problem+json"
    assert answer.get("cache-control") == "no-store"
    return json.loads(answer.body)["type"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def test_token_of_another_user_changes_nothing(gateway, sockets):
    session, end = new_id(), int(time.time()) + 2
    client, upstream = opened(gateway, sockets, tokens.token("1", exp=end), session)
    with client, upstream:
        assert refused(renew(gateway, session, tokens.token("2"))) == "renewal-refused"
        assert_open(client, upstream)
        assert closed(client) == (4001, "token expired")
        assert end <= time.time() < end + 1


@pytest.mark.parametrize("then, status", [({"org": 7}, 200), ({"org": 8}, 403), ({}, 403), ({"org": "7 "}, 403)])
def test_token_may_not_change_what_was_injected(gateway, sockets, then, status):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(org=7), session)
    with client, upstream:
        assert upstream.request.get("X-Org") == "7"
        assert renew(gateway, session, tokens.token(**then)).status == status
        assert_open(client, upstream)


def test_nobody_is_told_whether_a_session_exists(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token("1"), session)
    with client, upstream:
        answers = [renew(gateway, some, tokens.token("2")) for some in (session, new_id())]
        assert answers[0].status == answers[1].status == 403

        def without_what_differs(answer):
            return [field for field in answer.fields if field[0] not in ("x-request-id", "date")]

        assert without_what_differs(answers[0]) == without_what_differs(answers[1])
        ids = [answer.get("x-request-id").encode() for answer in answers]
        assert answers[0].body.replace(ids[0], b"") == answers[1].body.replace(ids[1], b"")


def test_session_that_has_ended_is_unknown(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    client.send(frames.close(1000))
    assert read_frame(upstream).opcode == CLOSE
    upstream.send(frames.close(1000, mask=None))
    assert closed(client)[0] == 1000
    client.expect_end()
    upstream.close(), client.close()
    until(lambda: renew(gateway, session, tokens.token()).status == 403, "the session to be over")
    again, other_end = opened(gateway, sockets, tokens.token(), session)  # and its id is free
    again.close(), other_end.close()


@pytest.mark.parametrize("kind, code", [
    ("none", "not_authenticated"), ("expired", "token_not_valid"), ("garbage", "token_not_valid"),
    ("other key", "token_not_valid"), ("refresh", "token_not_valid"), ("foreign scheme", "not_authenticated"),
])  # fmt: skip
def test_bad_token_is_401_in_the_words_of_simplejwt(gateway, sockets, kind, code):
    session, end = new_id(), int(time.time()) + 300
    client, upstream = opened(gateway, sockets, tokens.token(exp=end), session)
    bad = {
        "expired": tokens.token(lifetime=-5), "garbage": "not.a.token",
        "other key": tokens.token(key=tokens.OTHER_KEY), "refresh": tokens.token(token_type="refresh"),
    }.get(kind)  # fmt: skip
    headers = [("Authorization", "Basic YTpi")] if kind == "foreign scheme" else []
    with client, upstream:
        answer = renew(gateway, session, bad, headers=headers)
        assert answer.status == 401, answer
        assert answer.get("www-authenticate") == 'Bearer realm="api"'
        body = json.loads(answer.body)
        assert body.get("code", "not_authenticated") == code and "detail" in body
        assert_open(client, upstream)


def test_token_in_the_query_does_not_count(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    with client, upstream, Wire(gateway.port) as wire:
        wire.send(request(session).replace(b"/token HTTP", b"/token?token=" + tokens.token().encode() + b" HTTP"))
        assert wire.read_response().status == 401


def test_rules_of_today_are_asked(gateways, sockets):
    """Of a route that has learnt to ask for more since the socket was opened, and of one that is gone."""
    gateway = gateways.start(routes(require={"rooms": "{room}"}), sockets.port)
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(rooms=["7"]), session)

    def reload(now):
        gateway.reload(settings(gateway.port, sockets.port, now))

    with client, upstream:
        assert renew(gateway, session, tokens.token(rooms=["7", "8"])).status == 200
        assert refused(renew(gateway, session, tokens.token(rooms=["8"]))) == "renewal-refused"
        reload(routes(require={"rooms": "{room}", "level": [1, 2]}))
        assert_open(client, upstream)
        assert refused(renew(gateway, session, tokens.token(rooms=["7"]))) == "renewal-refused"
        assert renew(gateway, session, tokens.token(rooms=["7"], level=2)).status == 200
        reload(routes()[1:] + [routes()[0] | {"re_path": "other/$"}])
        assert refused(renew(gateway, session, tokens.token(rooms=["7"], level=2))) == "renewal-refused"
        assert_open(client, upstream)


def test_rule_about_a_capture_that_nobody_asked_for_at_admission_fits_nothing(gateways, sockets):
    gateway = gateways.start(routes(), sockets.port)
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    with client, upstream:
        gateway.reload(settings(gateway.port, sockets.port, routes(require={"rooms": "{room}"})))
        assert refused(renew(gateway, session, tokens.token(rooms=["7"]))) == "renewal-refused"
        assert_open(client, upstream)


def test_key_of_today_is_asked(gateways, sockets):
    gateway = gateways.start(routes(), sockets.port)
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    with client, upstream:
        jwt = {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.OTHER_KEY}
        gateway.reload(settings(gateway.port, sockets.port, routes(), SIMPLE_JWT=jwt))
        assert renew(gateway, session, tokens.token()).status == 401
        assert_open(client, upstream)
        assert renew(gateway, session, tokens.token(key=tokens.OTHER_KEY)).status == 200


# The handshake's part


@pytest.mark.parametrize("value", ["", "short", "x" * 21, "x" * 65, "a" * 30 + "%41", "a" * 30 + ".", "a" * 30 + "/"])
def test_id_that_is_none_is_400(gateway, sockets, value):
    before = len(sockets.connections)
    with Wire(gateway.port) as wire:
        wire.send(frames.handshake(f"/ws/7/?tollgate_session={value}", [bearer(tokens.token())])[0])
        answer = wire.read_response()
    assert answer.status == 400 and json.loads(answer.body)["type"].endswith("bad-session")
    assert len(sockets.connections) == before


def test_two_ids_are_400(gateway):
    with Wire(gateway.port) as wire:
        query = f"tollgate_session={new_id()}&tollgate_session={new_id()}"
        wire.send(frames.handshake(f"/ws/7/?{query}", [bearer(tokens.token())])[0])
        assert wire.read_response().status == 400


def test_id_in_use_is_409_whoever_asks(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token("1"), session)
    with client, upstream:
        for user in ["1", "2"]:
            with Wire(gateway.port) as wire:
                wire.send(frames.handshake(f"/ws/7/?tollgate_session={session}", [bearer(tokens.token(user))])[0])
                answer = wire.read_response()
                assert answer.status == 409 and json.loads(answer.body)["type"].endswith("session-in-use")
        assert_open(client, upstream)
        assert renew(gateway, session, tokens.token("1")).status == 200, "it is still the first one's"


def test_id_means_nothing_on_a_route_without_renewal(gateway, sockets):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session, target="/plain/")
    with client, upstream:
        assert upstream.request.target == f"/plain/?tollgate_session={session}", "it may be the application's own"
        assert renew(gateway, session, tokens.token()).status == 403


# What else is asked of the path


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405(gateway, method):
    with Wire(gateway.port) as wire:
        answer = wire.send(request(new_id(), tokens.token(), method)).read_response(method)
    assert answer.status == 405 and answer.get("allow") == "POST"


@pytest.mark.parametrize("path", [
    "/.tollgate", "/.tollgate/", "/.tollgate/sessions", "/.tollgate/sessions/short/token", "/.tollgate/sessions/{0}",
    "/.tollgate/sessions/{0}/token/", "/.tollgate/sessions/{0}/other", "/%2etollgate/sessions/{0}/token",
])  # fmt: skip
def test_nothing_else_is_there_and_nothing_reaches_the_upstream(gateway, sockets, path):
    before = len(sockets.connections)
    with Wire(gateway.port) as wire:
        wire.send(f"POST {path.format(new_id())} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n")
        assert wire.read_response().status == 404
    assert len(sockets.connections) == before


def test_path_is_the_applications_where_no_route_renews(gateways, upstream):
    gateway = gateways.start([{"path": "<path:rest>", "auth": "none"}], upstream.port)
    assert renew(gateway, new_id(), tokens.token()).status == 200
    assert upstream.take().target.startswith("/.tollgate/sessions/")


# Pages of other origins


def preflight(gateway, origin, wanted="POST"):
    asked = [("Origin", origin), ("Access-Control-Request-Method", wanted), ("Access-Control-Request-Headers", "authorization")]
    return renew(gateway, new_id(), None, "OPTIONS", headers=asked)


def test_preflight_of_an_allowed_origin_is_granted(gateway):
    answer = preflight(gateway, ORIGIN)
    assert answer.status == 204
    assert answer.get("access-control-allow-origin") == ORIGIN
    assert answer.get("access-control-allow-methods") == "POST"
    assert answer.get("access-control-allow-headers").lower() == "authorization"
    assert "Origin" in answer.get("vary")


@pytest.mark.parametrize("origin, wanted", [("http://evil.test", "POST"), ("null", "POST"), (ORIGIN, "DELETE")])
def test_preflight_of_others_grants_nothing(gateway, origin, wanted):
    answer = preflight(gateway, origin, wanted)
    assert [name for name, _ in answer.fields if name.startswith("access-control-")] == []
    assert "Origin" in answer.get("vary")


@pytest.mark.parametrize("origin, may_read", [(ORIGIN, True), ("http://evil.test", False), (None, False)])
@pytest.mark.parametrize("outcome", [200, 401, 403])
def test_answer_can_be_read_by_pages_that_may_open_sockets(gateway, sockets, origin, may_read, outcome):
    session = new_id()
    client, upstream = opened(gateway, sockets, tokens.token(), session)
    with client, upstream:
        token = {200: tokens.token(), 401: None, 403: tokens.token("2")}[outcome]
        answer = renew(gateway, session, token, headers=[("Origin", origin)] if origin else [])
    assert answer.status == outcome
    assert answer.get("access-control-allow-origin") == (origin if may_read else None)
    assert "Origin" in ", ".join(answer.all("vary"))
