"""What a route may ask of its sockets beside the frames' order: counts, time, rates, the token's end, and how they are closed."""

import json
import signal
import time

import pytest

from support import frames, tokens
from support.frames import CLOSE, PING, PONG, TEXT, frame, read_frame
from support.gateway import settings
from support.wire import Ended, Wire, bearer
from test_websocket import Sockets


@pytest.fixture(scope="module")
def sockets():
    sockets = Sockets()
    yield sockets
    sockets.stop()


def routes(**websocket):
    return [
        {"path": "ws/", "auth": "required", "websocket": {"ping": "off"} | websocket},
        {"path": "<path:rest>", "auth": "none"},
    ]


def connected(gateway, sockets, token=None, target="/ws/"):
    client = frames.connect(gateway.port, target, [bearer(token or tokens.token())])
    return client, sockets.other_end(client)


def closed(wire):
    got = read_frame(wire)
    assert got.opcode == CLOSE
    return got.code, got.reason


# Counts


def test_user_has_as_many_sockets_as_the_route_gives(gateways, sockets):
    gateway = gateways.start(routes(limits={"per_user": 2}), sockets.port)
    first, second = (connected(gateway, sockets)[0] for _ in range(2))
    with frames.connect(gateway.port, "/ws/", [bearer(tokens.token())]) as third:
        assert closed(third) == (4008, "too many connections")
    other, _ = connected(gateway, sockets, tokens.token("2"))
    first.close()
    gateway.wait_for("websocket_close")
    again, _ = connected(gateway, sockets)
    for client in [second, other, again]:
        client.close()


def test_oldest_socket_makes_room_where_the_route_says_so(gateways, sockets):
    limits = {"per_user": 1, "when_full": "drop_oldest"}
    gateway = gateways.start(routes(limits=limits), sockets.port)
    first, upstream = connected(gateway, sockets)
    second, _ = connected(gateway, sockets)
    assert closed(first) == (4008, "replaced by a newer connection")
    assert closed(upstream)[0] == 4008
    second.send(frame(TEXT, b"still here"))
    second.close()


@pytest.mark.parametrize("where", ["per_route", "per_address", "web_sockets"])
def test_sockets_are_counted_by_route_address_and_in_all(gateways, sockets, where):
    changes = {"limits": {"web_sockets": 1}} if where == "web_sockets" else {}
    limits = {} if where == "web_sockets" else {"limits": {where: 1}}
    gateway = gateways.start(routes(**limits), sockets.port, **changes)
    first, _ = connected(gateway, sockets, tokens.token("1"))
    with frames.connect(gateway.port, "/ws/", [bearer(tokens.token("2"))]) as second:
        assert closed(second) == (4008, "too many connections")
    first.close()


def test_refused_handshake_gives_its_place_back(gateways, upstream):
    """An upstream that says no: the count is what is open, not what was asked for."""
    gateway = gateways.start(routes(limits={"per_user": 1}, refuse="http"), upstream.port)
    for _ in range(3):
        handshake, _ = frames.handshake("/ws/", headers=[bearer(tokens.token())])
        with Wire(gateway.port) as client:
            assert client.send(handshake).read_response().status == 200


# Time and rates


def test_silent_client_is_pinged_and_ended_when_it_does_not_answer(gateways, sockets):
    gateway = gateways.start(routes(ping="1s", pong_timeout="1s"), sockets.port)
    client, upstream = connected(gateway, sockets)
    ping = read_frame(client)
    assert ping.opcode == PING and len(ping.payload) == 8
    there = read_frame(upstream)
    assert there.opcode == PING and there.masked
    client.send(frame(PONG, ping.payload))
    upstream.send(frame(PONG, there.payload, mask=None))
    client.send(frame(TEXT, b"after the pong"))
    got = read_frame(upstream)
    assert (got.opcode, got.payload) == (TEXT, b"after the pong"), "the answer to a ping of ours goes nowhere"
    with pytest.raises(Ended):
        while True:  # the client says nothing any more
            got = read_frame(client)
            assert got.opcode in (PING, CLOSE)
    client.close()


def test_idle_socket_is_closed(gateways, sockets):
    gateway = gateways.start(routes(idle="1s"), sockets.port)
    client, _ = connected(gateway, sockets)
    assert closed(client) == (1001, "idle")
    client.close()


def test_old_socket_is_closed(gateways, sockets):
    gateway = gateways.start(routes(max_age="1s", max_age_jitter="0%"), sockets.port)
    client, _ = connected(gateway, sockets)
    assert closed(client) == (1001, "session too old")
    client.close()


def test_client_that_sends_too_fast_is_closed(gateways, sockets):
    gateway = gateways.start(routes(limits={"messages_per_second": {"rate": 1, "burst": 3}}), sockets.port)
    client, _ = connected(gateway, sockets)
    client.send(frame(TEXT, b"x") * 10)
    assert closed(client)[0] == 1008
    client.close()


def test_client_that_sends_too_fast_is_slowed_down_and_loses_nothing(gateways, sockets):
    limits = {"messages_per_second": {"rate": 20, "burst": 5}, "exceed": "delay"}
    gateway = gateways.start(routes(limits=limits), sockets.port)
    client, upstream = connected(gateway, sockets)
    start = time.monotonic()
    for number in range(25):
        client.send(frame(TEXT, f"{number}".encode()))
        time.sleep(0.001)
    assert [read_frame(upstream).payload for _ in range(25)] == [f"{number}".encode() for number in range(25)]
    # What one read brought goes on at once; the next read waits until all of it is earned.
    client.send(frame(TEXT, b"later"))
    assert read_frame(upstream).payload == b"later"
    assert time.monotonic() - start > 0.8
    client.close()


# The token's end


def test_client_is_told_before_its_token_ends(gateways, sockets):
    gateway = gateways.start(routes(expiry_notice="5s"), sockets.port)
    client, _ = connected(gateway, sockets, tokens.token(lifetime=6))
    told = read_frame(client)
    notice = json.loads(told.payload)
    assert told.opcode == TEXT and notice["type"] == "token.expiring" and notice["expires_in"] == 5
    assert len(notice["session"]) == 32
    assert closed(client) == (4001, "token expired")
    client.close()


RENEWAL = {"renewal": {"in_band": {"match": {"type": "token.renew"}, "token": "token"}}, "compression": False}


def renew(client, token):
    client.send(frame(TEXT, json.dumps({"type": "token.renew", "token": token}).encode()))
    return json.loads(read_frame(client).payload)


def test_message_with_a_fresh_token_moves_the_end(gateways, sockets):
    gateway = gateways.start(routes(**RENEWAL), sockets.port)
    client, upstream = connected(gateway, sockets, tokens.token(lifetime=3))
    assert renew(client, tokens.token(lifetime=6)) == {"type": "token.renewed"}
    start = time.monotonic()
    client.send(frame(TEXT, b"mine"))
    assert read_frame(upstream).payload == b"mine", "the token's message went nowhere"
    assert closed(client) == (4001, "token expired")
    assert time.monotonic() - start > 3.5
    client.close()


@pytest.mark.parametrize("token", ["another user", "expired", "garbage"])
def test_message_with_another_token_leaves_the_socket_as_it_was(gateways, sockets, token):
    gateway = gateways.start(routes(**RENEWAL), sockets.port)
    client, upstream = connected(gateway, sockets, tokens.token(lifetime=4))
    bad = {"another user": tokens.token("2"), "expired": tokens.token(lifetime=-5), "garbage": "a.b.c"}[token]
    assert renew(client, bad) == {"type": "token.refused"}
    client.send(frame(TEXT, b"mine"))
    assert read_frame(upstream).payload == b"mine"
    assert closed(client) == (4001, "token expired")
    client.close()


# Stopping and reloading


def test_route_chooses_how_its_sockets_are_told_to_go(gateways, sockets):
    gateway = gateways.start(routes(drain={"code": 1012, "reason": "back in a minute"}), sockets.port)
    client, upstream = connected(gateway, sockets)
    gateway.send(signal.SIGTERM)
    assert closed(client) == (1012, "back in a minute")
    assert closed(upstream)[0] == 1001
    client.close()
    upstream.close()
    assert gateway.wait() == 0


GONE = {
    "route": ({"routes": [{"path": "<path:rest>", "auth": "none"}]}, (1008, "route removed")),
    "origin": ({"allowed_origins": ["other.test"]}, (1008, "origin not allowed")),
    "key": ({"SIMPLE_JWT": {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.OTHER_KEY}}, (4001, "token invalid")),
}


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize("gone", GONE)
def test_socket_whose_leave_is_gone_is_closed_where_a_reload_says_so(gateways, sockets, gone, closes):
    changes, expected = GONE[gone]
    gateway = gateways.start(routes(), sockets.port, allowed_origins=["page.test"])
    client = frames.connect(gateway.port, "/ws/", [bearer(tokens.token()), ("Origin", "http://page.test")])
    upstream = sockets.other_end(client)
    rest = {"routes": routes(), "allowed_origins": ["page.test"], "reload": {"close_removed": closes}} | changes
    line = gateway.reload(settings(gateway.port, sockets.port, **rest))
    assert f"sockets.closed={int(closes)}" in line and f"sockets.without_{gone}=1" in line
    if closes:
        assert closed(client) == expected
    else:
        client.send(frame(TEXT, b"still here"))
        assert read_frame(upstream).payload == b"still here"
    client.close()


def test_socket_that_a_reload_does_not_concern_stays(gateways, sockets):
    gateway = gateways.start(routes(), sockets.port)
    client, upstream = connected(gateway, sockets)
    more = [{"path": "ws/other/", "auth": "required", "websocket": True}] + routes()
    line = gateway.reload(settings(gateway.port, sockets.port, more, reload={"close_removed": True}))
    assert "sockets.kept=1" in line and "sockets.closed=0" in line
    client.send(frame(TEXT, b"still here"))
    assert read_frame(upstream).payload == b"still here"
    client.close()
