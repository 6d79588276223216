"""The signed assertion: the backend can tell what came through the gateway from what did not, and the example project does."""

import json
import os
import queue
import subprocess
import sys
import time

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from support import frames, tokens
from support.backend import ALICE, BOB, MALLORY, PROJECT
from support.checks import assert_refused_where_marked
from support.gateway import settings
from support.process import ENVIRONMENT
from support.site import Site, event, guarded, refusal
from support.upstream import Upstream
from support.waiting import PATIENCE
from support.wire import Wire, bearer, get

SECRET = tokens.remember("a-key-of-the-assertions-alone-of-32-bytes-and-more")
FEED_TOKEN = tokens.remember("a-secret-that-the-feed-of-revocations-asks-for")
TYPE = "tollgate-assertion+jwt"
HEADER = "X-Tollgate-Assertion"
ROUTES = [
    {"path": "public/<path:rest>", "auth": "none"},
    {"path": "optional/<path:rest>", "auth": "optional"},
    {"path": "private/<path:rest>", "auth": "required"},
]


def key_pair(algorithm, folder):
    """What the settings say of the key, and what verifies."""
    if algorithm.startswith("HS"):
        return SECRET, SECRET
    private = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    file = folder / f"{algorithm}-{os.urandom(4).hex()}.pem"
    plain = serialization.NoEncryption()
    file.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"file": str(file)}, public.decode()


def verified(request, key, algorithm="HS256", audience="test", issuer="tollgate"):
    """Header and claims of the one assertion of a request, as a backend without leeway reads it the moment it comes."""
    text = tokens.remember(request.get(HEADER))
    options = {"require": ["iss", "aud", "sub", "iat", "exp"]}
    decoded = jwt.decode_complete(text, key, [algorithm], audience=audience, issuer=issuer, options=options)
    return decoded["header"], decoded["payload"]


# What arrives


@pytest.fixture(scope="module")
def handshakes():
    """Another upstream, for WebSockets: its port, and the handshakes that came."""
    arrived = queue.Queue()
    upstream = Upstream(handler=lambda wire: (arrived.put(frames.accept(wire)), wire.read_to_end()))
    arrived.port = upstream.port
    yield arrived
    upstream.stop()


@pytest.fixture(scope="module", params=["HS256", "HS512", "RS256", "ES256", "EdDSA"])
def signed(request, module_gateways, module_upstream, handshakes, tmp_path_factory):
    """A gateway that signs, and how to verify."""
    key, verifying = key_pair(request.param, tmp_path_factory.mktemp("keys"))
    assertion = {"SIGNING_KEY": key, "ALGORITHM": request.param, "kid": "edge 1"}
    upstreams = {
        "test": {"servers": [f"127.0.0.1:{module_upstream.port}"]},
        "sockets": {"servers": [f"127.0.0.1:{handshakes.port}"]},
    }
    routes = [{"path": "ws/two/", "auth": "required", "websocket": True, "upstream": "sockets"}, *ROUTES]
    gateway = module_gateways.start(routes, module_upstream.port, assertion=assertion, upstreams=upstreams)
    return gateway, request.param, verifying


@pytest.fixture
def backend(module_upstream):
    """The recording upstream, empty."""
    module_upstream.take_all()
    return module_upstream


@pytest.mark.parametrize("path", ["/private/x", "/optional/x"])
def test_backend_verifies_who_the_user_is(signed, backend, path):
    gateway, algorithm, key = signed
    before = int(time.time())
    assert get(gateway.port, path, [bearer(tokens.token("7"))]).status == 200
    header, claims = verified(backend.take(), key, algorithm)
    assert header == {"alg": algorithm, "kid": "edge 1", "typ": TYPE}
    issued = claims.pop("iat")
    assert before <= issued <= time.time()
    assert claims == {
        "iss": "tollgate", "aud": "test", "sub": "7", "exp": issued + 30, "identity": {"X-User-Id": "7"},
    }


def test_handshake_carries_one_for_its_own_upstream(signed, handshakes):
    gateway, algorithm, key = signed
    with frames.connect(gateway.port, "/ws/two/", [bearer(tokens.token("7")), (HEADER, "forged")]):
        assert verified(handshakes.get(timeout=PATIENCE), key, algorithm, audience="sockets")[1]["sub"] == "7"


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    assertion = {"SIGNING_KEY": SECRET, "lifetime": "30s"}
    identity = {"X-User-Id": "user_id", "X-Name": "name", "X-Gate": {"constant": "edge one"}}
    return module_gateways.start(ROUTES, module_upstream.port, assertion=assertion, identity=identity)


SPELLINGS = [
    HEADER, HEADER.lower(), HEADER.upper(), "X_Tollgate_Assertion", "x_tollgate-assertion", "X.Tollgate.Assertion",
    "X-Tollgate.Assertion", "X_TOLLGATE_ASSERTION",
]  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("path", ["/public/x", "/optional/x", "/private/x"])
def test_clients_assertion_is_removed_in_every_spelling(gateway, backend, path, name):
    forged = jwt.encode({"sub": "1"}, tokens.OTHER_KEY, "HS256")
    token = [bearer(tokens.token("7"))] if path == "/private/x" else []
    assert get(gateway.port, path, [(name, forged), ("X-Harmless", "kept"), *token, (name, forged)]).status == 200
    request = backend.take()
    assert forged.encode() not in request.head and request.get("X-Harmless") == "kept"
    assert len(request.all(HEADER)) == (1 if token else 0)
    assert [name for name, _ in request.fields if "_" in name or "." in name] == []


def test_own_assertion_cannot_be_brought_back(gateway, backend):
    """Nor that of somebody else: a client that has seen one gains nothing at the gateway."""
    get(gateway.port, "/private/x", [bearer(tokens.token("7"))])
    seen = backend.take().get(HEADER)
    get(gateway.port, "/public/x", [(HEADER, seen)])
    assert backend.take().all(HEADER) == []
    assert get(gateway.port, "/private/x", [bearer(seen)]).status == 401
    assert backend.take_all() == []


def test_anonymous_requests_carry_none(gateway, backend):
    for path, headers in [("/public/x", [bearer(tokens.token("7"))]), ("/public/x", []), ("/optional/x", [])]:
        assert get(gateway.port, path, headers).status == 200
        assert backend.take().all(HEADER) == []


def test_identity_is_repeated_as_it_is_sent(gateway, backend):
    get(gateway.port, "/private/x", [bearer(tokens.token("7", name="Ana Müller"))])
    request = backend.take()
    identity = {"X-User-Id": "7", "X-Name": "Ana%20M%C3%BCller", "X-Gate": "edge one"}
    assert verified(request, SECRET)[1]["identity"] == identity
    assert {name: request.get(name) for name in identity} == identity


def test_connection_header_cannot_remove_it(gateway, backend):
    get(gateway.port, "/private/x", [bearer(tokens.token("7")), ("Connection", f"close, {HEADER}")])
    assert verified(backend.take(), SECRET)[1]["sub"] == "7"


# How long it is good


def test_assertion_ends_with_the_token(gateway, backend):
    token = tokens.token("7", lifetime=12)
    get(gateway.port, "/private/x", [bearer(token)])
    end = jwt.decode(token, options={"verify_signature": False})["exp"]
    assert verified(backend.take(), SECRET)[1]["exp"] == end


def test_assertion_is_renewed_in_time_and_shared_with_nobody(gateways, upstream, tmp_path):
    """Each ECDSA signature differs, so equal ones were made once."""
    key, verifying = key_pair("ES256", tmp_path)
    assertion = {"SIGNING_KEY": key, "ALGORITHM": "ES256", "lifetime": "4s"}
    gateway = gateways.start(ROUTES, upstream.port, assertion=assertion)
    users = {user: tokens.token(user) for user in ["1", "2"]}
    seen = {user: {} for user in users}
    end = time.monotonic() + 6.5
    with Wire(gateway.port) as wire:
        while time.monotonic() < end:
            for user, token in users.items():
                wire.send(f"GET /private/x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n")
                request = upstream.take()
                claims = verified(request, verifying, "ES256")[1]
                assert claims["sub"] == user and claims["iat"] <= time.time() < claims["exp"] - 1
                seen[user].setdefault(request.get(HEADER), claims["iat"])
                assert wire.read_response().status == 200
            time.sleep(0.02)
    for times in (list(seen[user].values()) for user in users):
        assert 3 <= len(times) <= 5, "signed every two seconds"
        assert times == sorted(set(times))
    assert not set(seen["1"]) & set(seen["2"])


def test_reload_signs_with_the_new_key_at_once(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, assertion={"SIGNING_KEY": SECRET})
    token = tokens.token("7")
    other = tokens.remember("another-key-of-the-assertions-of-32-bytes-and-more")
    changes = [
        ({"SIGNING_KEY": other, "audience": "all", "issuer": "edge"}, (other, "HS256", "all", "edge")),
        ({"SIGNING_KEY": SECRET, "ALGORITHM": "HS384"}, (SECRET, "HS384")),
    ]
    with Wire(gateway.port) as wire:
        for assertion, expected in [({"SIGNING_KEY": SECRET}, (SECRET,)), *changes, (None, None)]:
            gateway.reload(settings(gateway.port, upstream.port, ROUTES, assertion=assertion))
            wire.send(f"GET /private/x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n")
            assert wire.read_response().status == 200
            request = upstream.take()
            assert verified(request, *expected) if expected else request.all(HEADER) == []


# Settings


def test_check_refuses_keys_that_are_not_fit(tmp_path):
    def refused(simple_jwt, assertion):
        assert_refused_where_marked(
            tmp_path,
            f"""\
listen: [{{address: 127.0.0.1:8080}}]
SIMPLE_JWT: {simple_jwt}
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
routes: [{{path: '', upstream: chat}}]
assertion: {assertion}
""",
        )

    file, public = key_pair("ES256", tmp_path)
    (tmp_path / "public.pem").write_text(public)
    simple_jwt = f"{{SIGNING_KEY: {tokens.KEY}}}"
    refused(simple_jwt, f"{{SIGNING_KEY: »{tokens.KEY}}}")
    refused(simple_jwt, "{SIGNING_KEY: »{file: public.pem}}")
    refused(simple_jwt, "{ALGORITHM: ES256, SIGNING_KEY: »{file: public.pem}}")
    refused(simple_jwt, f"{{ALGORITHM: ES256, SIGNING_KEY: »{SECRET}}}")
    refused(simple_jwt, f"{{ALGORITHM: ES384, SIGNING_KEY: »{{file: {file['file']}}}}}")
    refused(simple_jwt, f"{{ALGORITHM: RS256, SIGNING_KEY: »{{file: {file['file']}}}}}")
    refused(
        "{ALGORITHM: ES256, VERIFYING_KEY: {file: public.pem}}",
        f"{{ALGORITHM: ES256, SIGNING_KEY: »{{file: {file['file']}}}}}",
    )


# The example project


@pytest.fixture(scope="module", params=["daphne HS256", "uvicorn HS256", "uvicorn ES256"])
def site(request, backends, module_gateways, tmp_path_factory):
    """The example with CHAT_IDENTITY=assertion behind the gateway, and the way around it."""
    server, algorithm = request.param.split()
    key, verifying = key_pair(algorithm, tmp_path_factory.mktemp("keys"))
    backend = backends(
        server, "assertion", TOLLGATE_ASSERTION_KEY=verifying, TOLLGATE_ASSERTION_ALGORITHM=algorithm,
        TOLLGATE_FEED_TOKEN=FEED_TOKEN,
    )  # fmt: skip
    if isinstance(key, dict):
        with open(key["file"]) as file:
            key = json.dumps(file.read())
        text = f"\nassertion: {{SIGNING_KEY: {key}, ALGORITHM: {algorithm}}}\n"
        guard = _guarded_with(module_gateways, backend, text)
    else:
        guard = guarded(
            module_gateways, backend, tokens.KEY, file="gateway-assertion.yaml", TOLLGATE_ASSERTION_KEY=SECRET,
            TOLLGATE_FEED_TOKEN=FEED_TOKEN,
        )  # fmt: skip
    guard.bare = Site(f"{server} bare", backend.port, backend)
    return guard


def _guarded_with(gateways, backend, assertion):
    return guarded(gateways, backend, tokens.KEY, extra="\ntimeouts: {drain: 1s}\n" + assertion)


def test_user_is_known_through_the_gateway(site):
    for user, name in [(ALICE, "alice"), (BOB, "bob")]:
        answer = site.get("/api/me/", tokens.token(user), **{"X-User-Id": MALLORY})
        assert (answer.status_code, answer.json()["username"]) == (200, name)
    assert site.get("/").json() == {"chat": "alive"}


def test_sockets_are_the_users_through_the_gateway(site):
    with site.chat(tokens.token(ALICE)) as alice:
        assert alice.arrival["username"] == "alice"
        alice.send(json.dumps({"message": "hello"}))
        assert event(alice)["user_id"] == int(ALICE)
    assert refusal(lambda: site.open(token=tokens.token(MALLORY))) == 4003
    assert refusal(lambda: site.open(token=tokens.token(ALICE, key=tokens.OTHER_KEY))) == 4001


def forgeries():
    now = int(time.time())
    claims = {"iss": "tollgate", "aud": "chat", "sub": ALICE, "iat": now, "exp": now + 30, "identity": {"X-User-Id": ALICE}}
    yield "none", {}
    yield "empty", {HEADER: ""}
    yield "user's token", {HEADER: tokens.token(ALICE), "Authorization": f"Bearer {tokens.token(ALICE)}"}
    yield "another key", {HEADER: jwt.encode(claims, tokens.OTHER_KEY, "HS256", {"typ": TYPE})}
    yield "the tokens' key", {HEADER: jwt.encode(claims, tokens.KEY, "HS256", {"typ": TYPE})}
    yield "unsigned", {HEADER: jwt.encode(claims, None, "none", {"typ": TYPE})}


@pytest.mark.parametrize("name", ["X-User-Id", "x-user-id", "X_User_Id", "X-USER_ID"])
def test_nobody_gets_around_the_gateway(site, name):
    for kind, headers in forgeries():
        answer = site.bare.get("/api/me/", **{name: ALICE} | headers)
        assert answer.status_code == 401, kind
        with Wire(site.bare.port) as wire:
            origin = ("Origin", f"http://127.0.0.1:{site.bare.port}")
            wire.send(frames.handshake("/ws/chat/1/", [origin, (name, ALICE), *headers.items()])[0])
            assert wire.read_head().status == 403, kind


def test_assertion_is_believed_from_whoever_has_it_until_it_ends(backends):
    """What makes it a secret between gateway and backend."""
    backend = backends("uvicorn", "assertion", TOLLGATE_ASSERTION_KEY=SECRET, TOLLGATE_FEED_TOKEN=FEED_TOKEN,
                       TOLLGATE_ASSERTION_ALGORITHM="HS256")  # fmt: skip
    bare = Site("bare", backend.port, backend)
    now = int(time.time())
    claims = {"iss": "tollgate", "aud": "chat", "sub": BOB, "iat": now, "exp": now + 30, "identity": {"X-User-Id": BOB}}
    for changes, status in [({}, 200), ({"exp": now - 6}, 401), ({"aud": "other"}, 401), ({"iat": now + 60}, 401)]:
        assertion = jwt.encode(claims | changes, SECRET, "HS256", {"typ": TYPE})
        answer = bare.get("/api/me/", **{HEADER: assertion, "X-User-Id": ALICE})
        assert (answer.status_code, answer.json().get("username")) == (status, "bob" if status == 200 else None)


def test_feed_lists_who_has_logged_out(site):
    url = f"http://127.0.0.1:{site.bare.port}/tollgate/revocations.json"
    assert site.get("/tollgate/revocations.json", tokens.token(ALICE)).status_code == 404, "not for the public"
    assert httpx.get(url).status_code == httpx.get(url, headers={"Authorization": "Bearer x"}).status_code == 401
    key = {"Authorization": f"Bearer {FEED_TOKEN}"}
    first = httpx.get(url, headers=key)
    assert httpx.get(url, headers=key | {"If-None-Match": first.headers["ETag"]}).status_code == 304

    token = tokens.token(MALLORY)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert site._client.post(f"{site.origin}/api/logout/", headers=bearer_of(token)).status_code == 204
    second = httpx.get(url, headers=key | {"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200 and second.headers["Content-Type"] == "application/json"
    assert {"jti": claims["jti"], "exp": claims["exp"]} in second.json()["jti"]
    body = {"everywhere": True}
    assert site._client.post(f"{site.origin}/api/logout/", json=body, headers=bearer_of(tokens.token(BOB))).status_code == 204
    (entry,) = [entry for entry in httpx.get(url, headers=key).json()["users"] if entry["user"] == BOB]
    assert entry.keys() == {"user", "issued_before"}


def bearer_of(token):
    return {"Authorization": f"Bearer {token}"}


def test_projects_own_tests_pass(tmp_path):
    environment = ENVIRONMENT | {"CHAT_DATABASE": str(tmp_path / "unused.sqlite3"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "manage.py", "test", "tollgate"]
    result = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "Ran 0 tests" not in result.stderr
