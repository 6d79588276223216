"""Who brings too many tokens that are not valid has no more of them verified; and how many valid ones are remembered."""

import json
import re
import time

import pytest

from support import frames, tokens
from support.clients import access_line, ask, ask_from, wire_from
from support.frames import TEXT, frame, read_frame
from support.gateway import settings
from support.upstream import Upstream
from support.waiting import free_port
from support.wire import Wire, bearer, get
from test_listeners import unix_wire

ROUTES = [
    {"path": "ws/", "websocket": {"only": True, "renewal": {"http": True}}},
    {
        "path": "ws/renewed/",
        "websocket": {"renewal": {"in_band": {"match": {"type": "token.renew"}, "token": "token"}}, "compression": False},
    },
    {"path": "open/", "auth": "none"},
    {"path": "<path:rest>"},
]
PROXY = "127.0.0.2"
#: The burst comes back slowly enough for a test to see the end of it.
FEW = {"failures": {"rate": {"rate": 1, "burst": 5}}}


def throttled(gateways, upstream, **changes):
    return gateways.start(ROUTES, upstream.port, **({"tokens": FEW} | changes))


def status(wire, token, target="/x", headers=()):
    return ask(wire, target, [bearer(token), *headers]).status


def forged():
    return tokens.token(key=tokens.OTHER_KEY)


def assert_throttled(response):
    assert response.status == 429, response
    problem = json.loads(response.body)
    assert (problem["status"], problem["type"]) == (429, "urn:tollgate:problem:too-many-failures")
    assert response.get("retry-after") == "1"


def fail(wire, times=5, headers=()):
    assert [status(wire, forged(), headers=headers) for _ in range(times)] == [401] * times


def test_guesser_has_no_more_tokens_verified(gateways, upstream):
    gateway = throttled(gateways, upstream, logs={"format": "json"})
    known, unknown = tokens.token("1"), tokens.token("2")
    with wire_from("127.0.0.5", gateway.port) as wire, wire_from("127.0.0.5", gateway.port) as other:
        assert status(wire, known) == 200
        upstream.take_all()
        fail(wire)
        assert_throttled(ask(wire, "/x", [bearer(forged())]))
        for connection in [wire, other]:
            assert_throttled(ask(connection, "/x", [bearer(unknown)]))
            assert status(connection, known) == 200, "it is known, and costs nothing"
            assert ask(connection, "/x").status == 401, "nothing to be verified"
            assert ask(connection, "/open/", [bearer(forged())]).status == 200
        assert_throttled(ask_from("127.0.0.5", gateway.port, "/x", [bearer(unknown)]))
        assert ask_from("127.0.0.6", gateway.port, "/x", [bearer(unknown)]).status == 200, "others are not affected"
        assert status(wire, unknown) == 200, "and what they made known is known"
        time.sleep(1)
        assert status(other, tokens.token("3")) == 200, "what Retry-After promises"
        assert status(other, tokens.token("4")) == 200, "what is valid is not counted"
        assert status(other, forged()) == 401
        assert_throttled(ask(other, "/x", [bearer(tokens.token("5"))]))
    assert "127.0.0.5" in gateway.wait_for("too many tokens of an address are not valid")
    assert gateway.output.count("too many tokens") == 1, "said once"
    assert access_line(gateway, "/x")["status"] == 200
    gateway.wait_for('"status":429,"refused":"throttled"')
    assert {got.target for got in upstream.take_all()} == {"/x", "/open/"}


@pytest.mark.parametrize("bad", ["x", "expired", "forged", "unsigned"])
def test_whatever_is_wrong_with_a_token_counts(gateways, upstream, bad):
    gateway = throttled(gateways, upstream)
    make = {"x": lambda: "x", "expired": lambda: tokens.token(lifetime=-10), "forged": forged, "unsigned": tokens.unsigned}[bad]
    with Wire(gateway.port) as wire:
        assert [status(wire, make()) for _ in range(6)] == [401] * 5 + [429]


def test_valid_tokens_and_missing_ones_are_not_counted(gateways, upstream):
    gateway = throttled(gateways, upstream)
    with Wire(gateway.port) as wire:
        assert {ask(wire, "/x").status for _ in range(20)} == {401}
        assert {ask(wire, "/x", [("Authorization", "Bearer")]).status for _ in range(20)} == {401}
        assert {status(wire, tokens.token(f"{number}")) for number in range(40)} == {200}


def test_all_workers_count_together(gateways, upstream):
    gateway = throttled(gateways, upstream, threads=4)
    begun = time.monotonic()
    statuses = [get(gateway.port, "/x", [bearer(forged())]).status for _ in range(20)]
    assert 5 <= statuses.count(401) <= 6 + time.monotonic() - begun
    assert set(statuses) == {401, 429}


def test_clients_of_a_trusted_proxy_fail_for_themselves(gateways, upstream):
    gateway = throttled(gateways, upstream, trusted_proxies=[PROXY])
    with wire_from(PROXY, gateway.port) as wire:

        def client(address):
            return [("X-Forwarded-For", address)]

        fail(wire, headers=client("203.0.113.1"))
        assert status(wire, tokens.token(), headers=client("203.0.113.1")) == 429
        assert status(wire, tokens.token(), headers=client("::ffff:203.0.113.1")) == 429, "however it is written"
        assert status(wire, tokens.token(), headers=client("203.0.113.2")) == 200
        # The network of 64 bits is one client.
        for last in range(5):
            assert status(wire, forged(), headers=client(f"2001:db8:0:1::{last}")) == 401
        assert status(wire, tokens.token(), headers=client("2001:db8:0:1:ffff::9")) == 429
        assert status(wire, tokens.token(), headers=client("2001:db8:0:2::1")) == 200
        # Nobody knows who these are, so nobody answers for the others.
        fail(wire, 10, headers=client("unknown"))
        assert status(wire, tokens.token("8"), headers=client("unknown")) == 200
        assert status(wire, tokens.token("9")) == 200, "nor does the proxy"
    with wire_from("127.0.0.9", gateway.port) as wire:
        assert [status(wire, forged(), headers=client(f"203.0.113.{n + 10}")) for n in range(6)] == [401] * 5 + [429]


def test_handshakes_and_renewals_fail_too(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = throttled(gateways, upstream)
    session = "s" * 22
    known, unknown = tokens.token("1"), tokens.token("1", scope="other")
    with frames.connect(gateway.port, f"/ws/?tollgate_session={session}", [bearer(known)]), Wire(gateway.port) as wire:
        for _ in range(2):
            with Wire(gateway.port) as handshake:
                handshake.send(frames.handshake("/ws/", [bearer(forged())])[0])
                assert handshake.read_head().status == 101
                assert read_frame(handshake).code == 4001
        target = f"/.tollgate/sessions/{session}/token"
        renewals = [ask(wire, target, [bearer(forged())], "POST").status for _ in range(3)]
        assert renewals == [401] * 3
        assert_throttled(ask(wire, target, [bearer(unknown)], "POST"))
        with Wire(gateway.port) as handshake:
            assert_throttled(handshake.send(frames.handshake("/ws/", [bearer(unknown)])[0]).read_response())
        assert ask(wire, target, [bearer(known)], "POST").status == 200
    upstream.stop()


def test_renewals_by_message_fail_too(gateways):
    upstream = Upstream(handler=frames.echo)
    gateway = throttled(gateways, upstream, tokens={"failures": {"rate": {"rate": 1, "burst": 2}}})

    def renew(wire, token):
        wire.send(frame(TEXT, json.dumps({"type": "token.renew", "token": token}).encode()))
        return json.loads(read_frame(wire).payload)["type"]

    with wire_from("127.0.0.5", gateway.port) as wire, wire_from("127.0.0.5", gateway.port) as plain:
        wire.send(frames.handshake("/ws/renewed/", [bearer(tokens.token("1"))])[0])
        assert wire.read_head().status == 101
        assert [renew(wire, forged()) for _ in range(2)] == ["token.refused"] * 2
        assert status(plain, tokens.token("1")) == 429
        assert renew(wire, tokens.token("1")) == "token.refused", "nobody verifies it"
        time.sleep(1.1)
        assert renew(wire, tokens.token("1")) == "token.renewed"
    upstream.stop()


def test_failures_of_a_message_are_not_another_clients(gateways):
    """Whoever asks next on the same loop has not failed."""
    upstream = Upstream(handler=frames.echo)
    gateway = throttled(gateways, upstream, tokens={"failures": {"rate": {"rate": 1, "burst": 1}}})
    with wire_from("127.0.0.5", gateway.port) as wire:
        wire.send(frames.handshake("/ws/renewed/", [bearer(tokens.token("1"))])[0])
        assert wire.read_head().status == 101
        wire.send(frame(TEXT, json.dumps({"type": "token.renew", "token": forged()}).encode()))
        assert json.loads(read_frame(wire).payload)["type"] == "token.refused"
        with wire_from("127.0.0.6", gateway.port) as other:
            assert ask(other, "/open/nothing").status == 401
            other.send(frames.handshake("/ws/", [bearer(tokens.token("2"))])[0])
            assert other.read_head().status == 101
    upstream.stop()


def test_nobody_answers_for_clients_without_an_address(gateways, tmp_path_factory):
    """Over a Unix socket they are all the same to the gateway, and none of them is this machine's own address."""
    upstream = Upstream(handler=frames.echo)
    path, port = str(tmp_path_factory.mktemp("s") / "s"), free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}"}]
    few = {"failures": {"rate": {"rate": 1, "burst": 2}}}
    gateway = gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen, tokens=few), port)

    def renew(wire, token):
        wire.send(frame(TEXT, json.dumps({"type": "token.renew", "token": token}).encode()))
        return json.loads(read_frame(wire).payload)["type"]

    with unix_wire(path) as guesser, unix_wire(path) as other, Wire(gateway.port) as local:
        for wire in [guesser, other]:
            wire.send(frames.handshake("/ws/renewed/", [bearer(tokens.token("1"))])[0])
            assert wire.read_head().status == 101
        assert [renew(guesser, forged()) for _ in range(4)] == ["token.refused"] * 4
        assert renew(other, tokens.token("1", lifetime=100)) == "token.renewed"
        local.send(frames.handshake("/ws/", [bearer(tokens.token("1", lifetime=200))])[0])
        assert local.read_head().status == 101
    upstream.stop()


def test_hundred_failures_are_enough_unless_it_is_off(gateways, upstream):
    usual, unlimited = throttled(gateways, upstream, tokens=None), throttled(
        gateways, upstream, tokens={"failures": {"rate": "off"}})
    with Wire(usual.port) as wire:
        begun, statuses = time.monotonic(), []
        while 429 not in statuses and len(statuses) < 2000:
            statuses.append(status(wire, "x"))
        allowed = statuses.count(401)
        assert 100 <= allowed <= 101 + 20 * (time.monotonic() - begun)
    with Wire(unlimited.port) as wire:
        assert {status(wire, "x") for _ in range(allowed + 200)} == {401}


def test_rate_is_that_of_the_newest_settings(gateways, upstream):
    gateway = throttled(gateways, upstream)

    def reload(rate):
        gateway.reload(settings(gateway.port, upstream.port, ROUTES, tokens={"failures": {"rate": rate}}))

    with Wire(gateway.port) as wire:
        fail(wire)
        assert status(wire, tokens.token()) == 429
        reload("off")
        assert status(wire, tokens.token()) == 200
        reload({"rate": 1, "burst": 1})
        assert status(wire, forged()) == 429, "what was counted is not forgotten"
        reload({"rate": 1, "burst": 1000})
        fail(wire, 50)


# What is remembered


def cache(admin):
    text = get(admin, "/metrics").body.decode()
    return {match[1]: int(match[2]) for match in re.finditer(r'^tollgate_token_cache_total\{result="(\w+)"\} (\d+)', text, re.M)}


@pytest.mark.parametrize(
    "written, remembered", [({}, 200), ({"entries": 64}, 64), ({"size": "64KiB"}, 100)]
)
def test_cache_holds_what_is_written(gateways, upstream, written, remembered):
    admin = free_port()
    gateway = throttled(
        gateways, upstream, tokens={"cache": written} if written else None, admin={"address": f"127.0.0.1:{admin}"})
    several = [tokens.token(f"{number}") for number in range(200)]
    with Wire(gateway.port) as wire:
        for _ in range(2):
            assert {status(wire, token) for token in several} == {200}
        hits = cache(admin).get("hit", 0)
        # The table's sets are small: some tokens displace each other although there is room elsewhere.
        assert hits <= remembered and (remembered < 200 or hits > 150)
        gateway.reload(
            settings(gateway.port, upstream.port, ROUTES, tokens={"cache": {"entries": 4096}}, admin={"address": f"127.0.0.1:{admin}"}))
        for _ in range(2):
            assert {status(wire, token) for token in several} == {200}
        assert cache(admin).get("hit", 0) - hits > 150
