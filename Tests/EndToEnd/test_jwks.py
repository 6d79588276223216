"""Keys behind a JWK_URL: fetched beside the traffic, believed for a bounded time, and never waited for."""

import re
import ssl
import time
import zlib

import pytest

from support import certificate, frames, load, tokens
from support.certificates import self_signed
from support.documents import Documents, Key, http, key_set, ok
from support.frames import TEXT, frame, read_frame
from support.gateway import command, settings
from support.upstream import Upstream
from support.waiting import free_port, until
from support.wire import bearer, get
from test_reload import http_and_echo

ROUTES = [
    {"path": "open/", "auth": "none"},
    {"path": "ws/", "auth": "required", "websocket": True},
    {"path": "private/", "auth": "required"},
]
QUICK = {"refresh": "1s", "stale": "1h", "cooldown": "1s", "timeout": "1s"}
#: For the whole module: making RSA keys takes a while.
FIRST, SECOND, CURVE = Key("first"), Key("second"), Key("curve", "ES256")


@pytest.fixture
def backend():
    backend = Upstream(handler=http_and_echo)
    yield backend
    backend.stop()
    assert backend.failures == []


@pytest.fixture
def issuer():
    issuer = Documents(ok(key_set(FIRST, CURVE)))
    yield issuer
    issuer.stop()


def changes(url, **jwks):
    return {
        "SIMPLE_JWT": {"ALGORITHM": "RS256", "JWK_URL": url},
        # Tests ask again and again with tokens that are not good yet.
        "tokens": {"algorithms": ["RS256", "ES256"], "jwks": jwks or QUICK, "failures": {"rate": "off"}},
    }


def token(key=FIRST, kid=None, **claims):
    return tokens.remember(key.sign(tokens.claims(**claims), kid))


def status(gateway, token):
    return get(gateway.port, "/private/", [bearer(token)]).status


def failing(issuer, answer, gateway, times=2):
    """Lets some fetches end in `answer`, however each of them fails."""
    mark, before = gateway.mark(), len(issuer.seen)
    issuer.document = answer
    until(lambda: len(issuer.seen) >= before + times, "the keys to be asked for again")
    return gateway.wait_for("keys not fetched", after=mark)


def test_tokens_of_published_keys_pass(gateways, backend, issuer):
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url("/jwks.json?a=b")))
    assert issuer.seen[0].target == "/jwks.json?a=b"
    assert issuer.seen[0].get("accept-encoding") == "identity"
    assert issuer.seen[0].get("authorization") is None
    assert [status(gateway, token(key)) for key in [FIRST, CURVE]] == [200, 200]
    answer = get(gateway.port, "/private/", [bearer(token(user="7"))])
    assert (answer.status, answer.body) == (200, b"7")
    for bad in [token(SECOND), token(SECOND, kid="first"), token(FIRST, kid="curve"), token(lifetime=-5)]:
        assert status(gateway, bad) == 401


def secure(folder, make=self_signed):
    """The context of a server whose certificate was made just now."""
    make(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_https_needs_a_trusted_certificate(gateways, backend, tmp_path, host, is_trusted):
    issuer = Documents(ok(key_set(FIRST)), tls=secure(tmp_path, certificate.self_signed))
    environment = {"SSL_CERT_FILE": str(tmp_path / "cert.pem")} if is_trusted else {}
    url = issuer.url().replace("127.0.0.1", host)
    gateway = gateways.start(ROUTES, backend.port, environment, **changes(url))
    assert status(gateway, token()) == (200 if is_trusted else 503)
    if not is_trusted:
        gateway.wait_for("no trusted TLS connection")
        assert issuer.seen == []
    issuer.stop()


def test_certificate_must_name_the_host(gateways, backend, tmp_path):
    # Its certificate is good for the address alone, and whoever answers for the name might have chosen that.
    issuer = Documents(ok(key_set(FIRST)), tls=secure(tmp_path))
    url = issuer.url().replace("127.0.0.1", "localhost")
    gateway = gateways.start(ROUTES, backend.port, {"SSL_CERT_FILE": str(tmp_path / "cert.pem")}, **changes(url))
    assert status(gateway, token()) == 503
    gateway.wait_for("no trusted TLS connection")
    assert issuer.seen == []
    issuer.stop()


def test_gateway_serves_what_it_can_until_the_keys_come(gateways, backend):
    port, admin = free_port(), free_port()
    gateway = gateways.start(
        ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **changes(f"http://127.0.0.1:{port}/keys"))
    answer = get(gateway.port, "/private/", [bearer(token())])
    assert answer.status == 503 and int(answer.get("retry-after")) > 0
    assert get(gateway.port, "/open/").status == 200
    assert get(gateway.port, "/private/").status == 401
    with frames.connect(gateway.port, "/ws/", [bearer(token())]) as wire:
        assert read_frame(wire).code == 1013
    unready = get(admin, "/readyz")
    assert (unready.status, unready.body) == (503, b"no keys for default\n")
    gateway.wait_for("keys not fetched, tokens get 503.*connection refused")
    issuer = Documents(ok(key_set(FIRST)), port=port)
    until(lambda: get(admin, "/readyz").status == 200, "the keys to be fetched")
    assert status(gateway, token()) == 200
    issuer.stop()


def test_start_waits_for_keys_a_bounded_time(gateways, backend, issuer):
    issuer.document = lambda request, wire: wire.read_to_end() and None
    start = time.monotonic()
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url(), timeout="1s"))
    assert 0.9 < time.monotonic() - start < 4
    assert status(gateway, token()) == 503
    gateway.wait_for("no whole answer in time")


def drip(request, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    try:
        while True:
            wire.send(b" ")
            time.sleep(0.05)
    except OSError:
        pass


def flood(request, wire):
    wire.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        while True:
            wire.send(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
    except OSError:
        pass


FAULTS = {
    "slow": (drip, "no whole answer in time"),
    "endless": (flood, "larger than 1048576 bytes"),
    "announced as huge": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "larger than 1048576 bytes"),
    "garbage": (ok(b"\x00\xff garbage"), "not a JSON Web Key Set"),
    "not http": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
    "500": (http(500, b"{}"), "the answer is 500"),
    "404": (http(404, b"{}"), "the answer is 404"),
    "304 unasked": (http(304), "the answer is 304"),
    "redirect": (http(302, b"", "Location: /elsewhere"), "redirects are not followed"),
    "cut": (lambda request, wire: wire.send(ok(key_set(FIRST))[:-9]) and wire.finish_sending(), "ended before"),
    "reset": (lambda request, wire: wire.reset(), "ended before|connection reset"),
    "private": (ok({"keys": [FIRST.jwk, SECOND.jwk | {"d": "AQAB"}]}), "private member"),
    "empty": (ok({"keys": []}), "there is no key"),
    "unusable": (ok({"keys": [{"kty": "oct", "k": "AAAA"}]}), "private member|no key can be used"),
    "compressed": (http(200, zlib.compress(b"{}"), "Content-Encoding: deflate"), "compressed"),
    "many keys": (ok({"keys": [{}] * 101}), "more keys"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_keys_stay_while_fetching_fails(gateways, backend, issuer, fault):
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url()))
    answer, problem = FAULTS[fault]
    good = ": ".join(bearer(token()))
    # A fresh token each time: nothing is in the cache.
    fresh = [token() for _ in range(20)]
    with load.requests(gateway.port, "/private/", f"{good}\r\n"):
        line = failing(issuer, answer, gateway)
        assert [status(gateway, token) for token in fresh] == [200] * 20
    assert re.search(problem, line), line
    assert "the last ones stay" in line
    assert all(request.target == "/jwks.json" for request in issuer.seen)
    # What works again is taken again.
    issuer.document = ok(key_set(FIRST, CURVE, SECOND))
    gateway.wait_for("keys taken into use.*count=3")
    assert status(gateway, token(SECOND)) == 200


def test_flapping_is_not_seen(gateways, backend, issuer):
    turn = iter(range(1000))

    def flap(request, wire):
        return [http(500), ok(key_set(FIRST)), ok(b"{"), ok(key_set(FIRST))][next(turn) % 4]

    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url()))
    issuer.document = flap
    with load.new_connections(gateway.port, "/private/", f"{': '.join(bearer(token()))}\r\n"):
        before = len(issuer.seen)
        until(lambda: len(issuer.seen) >= before + 5, "several fetches")


def test_keys_too_old_are_not_believed(gateways, backend, issuer):
    admin = free_port()
    jwks = QUICK | {"stale": "2s"}
    gateway = gateways.start(
        ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **changes(issuer.url(), **jwks))
    known = token()
    assert status(gateway, known) == 200
    issuer.document = http(500)
    gateway.wait_for("keys too old")
    assert [status(gateway, known), status(gateway, token())] == [503, 503]
    assert get(admin, "/readyz").status == 503
    assert "tollgate_jwks_keys{issuer=\"default\"} 0" in get(admin, "/metrics").body.decode()
    issuer.document = ok(key_set(FIRST))
    gateway.wait_for("keys taken into use", after=gateway.mark() - 1)
    until(lambda: status(gateway, known) == 200, "the keys to come back")
    assert get(admin, "/readyz").status == 200


def test_rotation_under_load_ends_the_old_key_only(gateways, backend, issuer):
    gateway = gateways.start(ROUTES, backend.port, threads=2, **changes(issuer.url()))
    old, new = token(), token(SECOND)
    socket = frames.connect(gateway.port, "/ws/", [bearer(old)])
    with load.requests(gateway.port, "/private/", f"{': '.join(bearer(token(CURVE)))}\r\n"):
        assert (status(gateway, old), status(gateway, old)) == (200, 200)  # now in the cache
        issuer.document = ok(key_set(FIRST, CURVE, SECOND))
        until(lambda: status(gateway, new) == 200, "the new key")
        assert status(gateway, old) == 200
        issuer.document = ok(key_set(CURVE, SECOND))
        until(lambda: status(gateway, old) == 401, "the old key to end")
        assert status(gateway, new) == 200
    # It was opened when the key was good, and lives as long as its token.
    socket.send(frame(TEXT, b"still here"))
    assert read_frame(socket).payload == b"still here"
    socket.close()


def test_unknown_key_is_fetched_at_once_and_then_with_patience(gateways, backend, issuer):
    jwks = {"refresh": "1h", "stale": "2h", "cooldown": "2s"}
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url(), **jwks))
    assert len(issuer.seen) == 1
    issuer.document = ok(key_set(FIRST, SECOND))
    new = token(SECOND)
    start = time.monotonic()
    assert status(gateway, new) == 401
    until(lambda: status(gateway, new) == 200, "the new key", patience=1.5)
    # Whoever makes names up sets off one more fetch in two seconds, however many he makes.
    assert len(issuer.seen) == 2
    while time.monotonic() < start + 1.5:
        assert status(gateway, token(SECOND, kid=f"made-up-{time.monotonic_ns()}")) == 401
    assert len(issuer.seen) == 2
    until(lambda: len(issuer.seen) == 3, "the fetch after the cooldown")
    assert issuer.seen[2].at - issuer.seen[1].at > 1.9
    assert status(gateway, new) == 200


def test_fetch_is_conditional(gateways, backend, issuer):
    issuer.document = lambda request, wire: (
        http(304) if request.get("if-none-match") == '"v1"' else ok(key_set(FIRST), 'ETag: "v1"'))
    jwks = QUICK | {"stale": "2s"}
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url(), **jwks))
    until(lambda: len(issuer.seen) >= 5, "several fetches")
    assert issuer.seen[0].get("if-none-match") is None
    assert {request.get("if-none-match") for request in issuer.seen[1:]} == {'"v1"'}
    assert status(gateway, token()) == 200
    assert "not fetched" not in gateway.output


def test_unusable_keys_are_left_out_with_a_reason(gateways, backend, issuer):
    weak = {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"}
    issuer.document = ok({"keys": [weak, *key_set(FIRST)["keys"]]})
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url()))
    assert status(gateway, token()) == 200
    assert "key 1: " in gateway.wait_for("key left out")
    until(lambda: len(issuer.seen) >= 3, "more fetches")
    assert gateway.output.count("key left out") == 1


def test_reload_keeps_keys_and_a_bad_one_too(gateways, backend, issuer):
    jwks = {"refresh": "1h", "stale": "2h", "cooldown": "1h"}
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url(), **jwks))
    good = token()
    issuer.document = http(500)
    with load.requests(gateway.port, "/private/", f"{': '.join(bearer(good))}\r\n"):
        gateway.reload("listen: nowhere", "reload failed")
        more = [*ROUTES, {"path": "new/", "auth": "none"}]
        gateway.reload(settings(gateway.port, backend.port, more, **changes(issuer.url(), **jwks)))
        assert get(gateway.port, "/new/").status == 200
    assert len(issuer.seen) == 1


def test_reload_closes_sockets_of_keys_that_are_gone_where_asked(gateways, backend, issuer):
    more = changes(issuer.url()) | {"reload": {"close_removed": True}}
    gateway = gateways.start(ROUTES, backend.port, **more)
    sockets = [frames.connect(gateway.port, "/ws/", [bearer(token(key))]) for key in [FIRST, CURVE]]
    issuer.document = ok(key_set(CURVE))
    gateway.wait_for("keys taken into use.*count=1")
    sockets[0].send(frame(TEXT, b"still here"))
    assert read_frame(sockets[0]).payload == b"still here"
    gateway.reload(settings(gateway.port, backend.port, ROUTES, **more))
    assert read_frame(sockets[0]).code == 4001
    sockets[1].send(frame(TEXT, b"still here"))
    assert read_frame(sockets[1]).payload == b"still here"


def test_reload_closes_no_socket_because_keys_are_not_there(gateways, backend, issuer):
    more = changes(issuer.url(), **QUICK | {"stale": "1s"}) | {"reload": {"close_removed": True}}
    gateway = gateways.start(ROUTES, backend.port, **more)
    with frames.connect(gateway.port, "/ws/", [bearer(token())]) as socket:
        issuer.document = http(500)
        gateway.wait_for("keys too old")
        gateway.reload(settings(gateway.port, backend.port, ROUTES, **more))
        assert status(gateway, token()) == 503
        socket.send(frame(TEXT, b"still here"))
        assert read_frame(socket).payload == b"still here"


def test_another_url_is_fetched_before_it_counts(gateways, backend, issuer):
    other = Documents(ok(key_set(FIRST, SECOND)))
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url()))
    with load.new_connections(gateway.port, "/private/", f"{': '.join(bearer(token()))}\r\n"):
        gateway.reload(settings(gateway.port, backend.port, ROUTES, **changes(other.url())))
    assert status(gateway, token(SECOND)) == 200
    seen = len(issuer.seen)
    until(lambda: len(other.seen) >= 3, "the other URL to be fetched again")
    assert len(issuer.seen) == seen, "nobody needs the first one any more"
    other.stop()


def test_issuers_have_keys_of_their_own(gateways, backend, issuer):
    admin, partner = free_port(), Documents(ok(key_set(SECOND)))
    settings = changes(issuer.url())
    rules = {"name": "partner", "ISSUER": "https://partner.test", "ALGORITHM": "RS256", "TOKEN_TYPE_CLAIM": None,
             "JWK_URL": partner.url()}  # fmt: skip
    settings["tokens"]["issuers"] = [rules]
    gateway = gateways.start(ROUTES, backend.port, admin={"address": f"127.0.0.1:{admin}"}, **settings)
    assert status(gateway, token()) == 200
    assert status(gateway, token(SECOND, iss="https://partner.test")) == 200
    assert status(gateway, token(FIRST, iss="https://partner.test")) == 401
    text = get(admin, "/metrics").body.decode()
    assert 'tollgate_jwks_keys{issuer="default"} 2' in text
    assert 'tollgate_jwks_keys{issuer="partner"} 1' in text
    assert re.search(r'tollgate_jwks_age_seconds\{issuer="partner"\} [0-3]\b', text)
    assert re.search(r'tollgate_jwks_fetches_total\{issuer="partner",outcome="success"\} [1-9]', text)
    partner.stop()


def test_check_fetches_nothing(tmp_path, issuer):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(free_port(), 1, ROUTES, **changes(issuer.url())))
    assert command("check", "--config", file).returncode == 0
    assert issuer.seen == []


def test_log_tells_no_query(gateways, backend, issuer):
    secret = "a-secret-of-the-query-that-nobody-may-read"
    gateway = gateways.start(ROUTES, backend.port, **changes(issuer.url(f"/jwks.json?key={secret}")))
    failing(issuer, http(500), gateway)
    assert issuer.seen[0].target.endswith(secret)
    assert f"http://127.0.0.1:{issuer.port}/jwks.json" in gateway.output
    assert secret not in gateway.output
