"""Tokens and keys as other people's libraries make them, every algorithm, and how keys are chosen and replaced."""

import datetime
import functools
import json
import time

import pytest

from support import frames, forge, tokens
from support.answers import INVALID, accepting, ask, assert_closed, assert_refused
from support.forge import claims
from support.gateway import settings
from support.judge import judge
from support.makers import (
    ALGORITHMS, JWKS, KEYS, MAKERS, PAIRS, SECRET, by_pyjwt, by_simplejwt, certificate, public_pem,
)  # fmt: skip
from support.waiting import until
from support.wire import Wire, bearer

ROUTES = [
    {"path": "ws/", "auth": "required", "websocket": True},
    {"path": "<path:rest>", "auth": "required"},
]
FREELY = {"failures": {"rate": "off"}}


@pytest.fixture
def backend(module_upstream):
    module_upstream.answer = accepting
    module_upstream.take_all()
    return module_upstream


def passes(gateway, text, backend, user="1"):
    tokens.remember(text)
    response = ask(gateway.port, "/x", [bearer(text)])
    assert response.status == 200, response
    assert backend.take().get("X-User-Id") == user


def fails(gateway, text, backend, answer=INVALID):
    tokens.remember(text)
    assert_refused(ask(gateway.port, "/x", [bearer(text)]), answer)
    assert backend.take_all() == []


def verifier(gateways, backend, algorithm, key, **options):
    """A gateway whose VERIFYING_KEY is this text, in a file."""
    file = gateways.folder / f"key-{len(gateways.running)}"
    file.write_text(key)
    return gateways.start(
        ROUTES, backend.port, SIMPLE_JWT={"ALGORITHM": algorithm, "VERIFYING_KEY": {"file": file.name}}, tokens=FREELY | options
    )  # fmt: skip


def key_set(*keys):
    return json.dumps({"keys": list(keys)})


# Every maker, every algorithm, every form of key

FORMS = {
    "SPKI": public_pem,
    "certificate": certificate,
    "JWK": lambda name: json.dumps(forge.jwk(KEYS[name])),
    "PKCS#1": lambda name: forge.public(KEYS[name], "PKCS1").decode(),
    **{f"key set of {maker}": lambda name, jwk=jwk: key_set(jwk(name)) for maker, jwk in JWKS.items()},
}
CASES = [
    (algorithm, name, form) for algorithm, name in PAIRS if name != "secret" for form in FORMS
    if (form != "PKCS#1" or name == "rsa") and (algorithm in ("RS256", "PS256") or name != "rsa" or form == "SPKI")
]  # fmt: skip


@pytest.fixture(scope="module")
def issued():
    """By algorithm and key, the token that simplejwt issues."""
    return dict(zip(PAIRS, by_simplejwt([(*pair, None, None) for pair in PAIRS])))


@functools.cache
def foreign(name):
    """The same kind of key, of somebody else."""
    if name == "rsa":
        return forge.rsa.generate_private_key(65537, 2048)
    if name.startswith("ed"):
        return {"ed25519": forge.ed25519.Ed25519PrivateKey, "ed448": forge.ed448.Ed448PrivateKey}[name].generate()
    return forge.ec.generate_private_key(KEYS[name].curve)


@pytest.mark.parametrize("algorithm, name, form", CASES)
def test_token_of_every_maker_is_verified(gateways, backend, issued, algorithm, name, form):
    gateway = verifier(gateways, backend, algorithm, FORMS[form](name))
    for make in MAKERS.values():
        passes(gateway, make(algorithm, name, claims()), backend)
        # A kid that no key has is ignored as long as no key has any.
        if "key set" not in form and form != "JWK":
            passes(gateway, make(algorithm, name, claims(), "k"), backend)
    passes(gateway, issued[algorithm, name], backend)
    fails(gateway, tokens.jwt.encode(claims(), foreign(name), algorithm), backend)


@pytest.mark.parametrize("algorithm", ALGORITHMS["secret"])
def test_token_of_every_maker_is_verified_with_a_secret(gateways, backend, issued, algorithm):
    gateway = gateways.start(ROUTES, backend.port, SIMPLE_JWT={"ALGORITHM": algorithm, "SIGNING_KEY": SECRET}, tokens=FREELY)
    for make in MAKERS.values():
        passes(gateway, make(algorithm, "secret", claims()), backend)
        passes(gateway, make(algorithm, "secret", claims(), "k"), backend)
    passes(gateway, issued[algorithm, "secret"], backend)
    for other in set(ALGORITHMS["secret"]) - {algorithm}:
        fails(gateway, by_pyjwt(other, "secret", claims()), backend)
    fails(gateway, tokens.token("1", 3600, SECRET + "x", algorithm), backend)


@pytest.mark.parametrize("algorithm, name", PAIRS)
def test_simplejwt_takes_the_tokens_of_every_maker_too(issued, algorithm, name):
    """Or what is tested above would be no token of simplejwt's."""
    key = {"SIGNING_KEY": SECRET} if name == "secret" else {"VERIFYING_KEY": public_pem(name)}
    made = [make(algorithm, name, claims()) for make in MAKERS.values()] + [issued[algorithm, name]]
    for theirs in judge({"ALGORITHM": algorithm} | key, made):
        assert (theirs["verdict"], theirs.get("user")) == ("accepted", 1)


def test_audience_and_issuer_of_simplejwt_are_understood(gateways, backend):
    simple_jwt = {"ALGORITHM": "HS256", "SIGNING_KEY": SECRET, "AUDIENCE": "chat", "ISSUER": "https://id.test"}
    gateway = gateways.start(ROUTES, backend.port, SIMPLE_JWT=simple_jwt, tokens=FREELY)
    right, other, none = by_simplejwt([
        ("HS256", "secret", "chat", "https://id.test"), ("HS256", "secret", "mail", "https://id.test"), ("HS256", "secret", None, None),
    ])  # fmt: skip
    passes(gateway, right, backend)
    fails(gateway, other, backend)
    fails(gateway, none, backend)


# Several kinds of keys

ALL = ["RS256", "PS256", "RS512", "ES256", "ES256K", "ES384", "ES512", "EdDSA"]


@pytest.fixture
def mixed(gateways, backend):
    """All keys in one set, each under its name; `rsa` without `alg`, the others with it."""
    keys = [forge.jwk(KEYS[name], kid=name, **({} if name == "rsa" else {"alg": ALGORITHMS[name][0]})) for name in KEYS]
    return verifier(gateways, backend, "RS256", key_set(*keys), algorithms=ALL)


def test_each_key_of_a_set_is_bound_to_its_algorithm(mixed, backend):
    for algorithm, name in PAIRS:
        for kid in [name, None]:
            text = by_pyjwt(algorithm, name, claims(), kid)
            (passes if algorithm in ALL else fails)(mixed, text, backend)
    for algorithm in ["HS256", "HS512"]:
        for name in KEYS:
            fails(mixed, forge.token({"alg": algorithm, "kid": name}, sign=forge.mac(forge.public(KEYS[name]))), backend)


def test_kid_chooses_the_key_and_nothing_else(mixed, backend):
    for algorithm, name in [("RS256", "rsa"), ("ES256", "p256"), ("EdDSA", "ed25519")]:
        passes(mixed, by_pyjwt(algorithm, name, claims(), name), backend)
        for wrong in ["p384", "ed448", "nobody", "P256", name + " ", "", "../" + name]:
            fails(mixed, by_pyjwt(algorithm, name, claims(), wrong) if wrong else forge.token({"alg": "RS256", "kid": "nobody"}), backend)


def test_one_name_is_the_first_keys(gateways, backend):
    first, second = forge.jwk(KEYS["ed25519"], kid="k"), forge.jwk(KEYS["ed448"], kid="k")
    gateway = verifier(gateways, backend, "EdDSA", key_set(first, second))
    passes(gateway, by_pyjwt("EdDSA", "ed25519", claims(), "k"), backend)
    passes(gateway, by_pyjwt("EdDSA", "ed25519", claims()), backend)
    fails(gateway, by_pyjwt("EdDSA", "ed448", claims(), "k"), backend)
    fails(gateway, by_pyjwt("EdDSA", "ed448", claims()), backend)


def test_keys_without_names_stand_in_for_those_with_names(gateways, backend):
    gateway = verifier(
        gateways, backend, "ES256", key_set(forge.jwk(KEYS["p256"]), forge.jwk(KEYS["p384"], kid="k")), algorithms=["ES256", "ES384"]
    )  # fmt: skip
    for kid in [None, "k", "another"]:
        passes(gateway, by_pyjwt("ES256", "p256", claims(), kid), backend)
    passes(gateway, by_pyjwt("ES384", "p384", claims(), "k"), backend)
    fails(gateway, by_pyjwt("ES384", "p384", claims(), "another"), backend)


def test_several_keys_in_one_pem_file(gateways, backend):
    text = public_pem("p256") + "\n# the next one\n" + public_pem("ed25519") + certificate("p384")
    gateway = verifier(gateways, backend, "ES256", text, algorithms=["ES256", "EdDSA", "ES384"])
    for algorithm, name in [("ES256", "p256"), ("EdDSA", "ed25519"), ("ES384", "p384")]:
        passes(gateway, by_pyjwt(algorithm, name, claims()), backend)
    fails(gateway, by_pyjwt("ES512", "p521", claims()), backend)


def test_only_listed_algorithms_count(gateways, backend):
    gateway = verifier(gateways, backend, "RS256", public_pem("rsa"), algorithms=["RS256", "PS384"])
    for algorithm in ALGORITHMS["rsa"]:
        (passes if algorithm in ("RS256", "PS384") else fails)(gateway, by_pyjwt(algorithm, "rsa", claims()), backend)


# Keys that are replaced

OLD, OLDER = "the-key-of-last-month-of-32-bytes-or-more", "the-key-before-that-one-of-32-bytes-or-more"


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def previous(*entries):
    return {"previous_keys": [{"key": key, "not_after": after} | more for key, after, more in entries]} | FREELY


def test_previous_secret_counts_until_its_moment(gateways, backend):
    now = int(time.time())
    gateway = gateways.start(
        ROUTES, backend.port,
        tokens=previous((OLD, moment(now + 3600), {"kid": "old"}), (OLDER, now - 1, {}), (OLDER + "x", moment(now - 60), {})),
    )  # fmt: skip
    passes(gateway, tokens.token(lifetime=3600), backend)
    passes(gateway, tokens.token(lifetime=3600, key=OLD), backend)
    head = {"alg": "HS256", "kid": "old"}
    passes(gateway, forge.token(head, sign=forge.mac(OLD)), backend)
    # The current key has no name, so it may answer to any.
    passes(gateway, forge.token(head, sign=forge.mac(tokens.KEY)), backend)
    fails(gateway, forge.token({"alg": "HS256", "kid": "older"}, sign=forge.mac(OLD)), backend)
    for gone in [OLDER, OLDER + "x", tokens.OTHER_KEY]:
        fails(gateway, tokens.token(lifetime=3600, key=gone), backend)


def test_known_token_and_open_socket_end_with_their_key(gateways, backend):
    end = int(time.time()) + 3
    gateway = gateways.start(ROUTES, backend.port, tokens=previous((OLD, moment(end), {})))
    text, current = tokens.token(lifetime=3600, key=OLD), tokens.token(lifetime=3600)
    passes(gateway, text, backend)
    passes(gateway, text, backend)
    with frames.connect(gateway.port, "/ws/", [bearer(text)]) as socket, frames.connect(gateway.port, "/ws/", [bearer(current)]) as other:
        closing = frames.read_frame(socket)
        assert (closing.code, closing.reason) == (4001, "token expired")
        assert end - 1 <= time.time() < end + 2
        until(lambda: time.time() > end + 1, "the key's last second to be over")
        backend.take_all()
        fails(gateway, text, backend)
        assert_closed(gateway.port, "/ws/", INVALID, [bearer(text)])
        assert other.is_quiet(0.1)
    passes(gateway, current, backend)


def test_previous_public_key(gateways, backend):
    now = int(time.time())
    entries = [(public_pem("p521"), now + 3600, {"kid": "old"}), (public_pem("p384"), now - 1, {})]
    gateway = verifier(gateways, backend, "ES256", public_pem("p256"), algorithms=["ES256", "ES384", "ES512"], **previous(*entries))
    passes(gateway, by_pyjwt("ES256", "p256", claims()), backend)
    passes(gateway, by_pyjwt("ES512", "p521", claims()), backend)
    passes(gateway, by_pyjwt("ES512", "p521", claims(), "old"), backend)
    fails(gateway, by_pyjwt("ES512", "p521", claims(), "new"), backend)
    fails(gateway, by_pyjwt("ES384", "p384", claims()), backend)


def test_secret_is_rotated_without_a_401(gateways, backend):
    """Old key; then new key and old one; then new key alone. What was known under the old key is known no more."""

    def text(gateway, key, *entries):
        return settings(
            gateway.port, backend.port, ROUTES, SIMPLE_JWT={"ALGORITHM": "HS256", "SIGNING_KEY": key}, tokens=previous(*entries)
        )  # fmt: skip

    gateway = gateways.start(ROUTES, backend.port, tokens=FREELY)
    old, new = tokens.token(lifetime=3600), tokens.token(lifetime=3600, key=OLD)
    with Wire(gateway.port) as keeps_alive:

        def again(token):
            return keeps_alive.send(f"GET /x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n").read_response()

        assert (again(old).status, again(new).status) == (200, 401)
        gateway.reload(text(gateway, OLD, (tokens.KEY, moment(time.time() + 3600), {})))
        assert (again(old).status, again(new).status) == (200, 200)
        gateway.reload(text(gateway, OLD))
        assert (again(old).status, again(new).status) == (401, 200)


# Bounds of their own


@pytest.mark.parametrize("maker", MAKERS)
def test_lifetime_age_and_typ_are_bounded_where_wanted(gateways, backend, maker):
    make = MAKERS[maker]
    now = int(time.time())
    gateway = gateways.start(
        ROUTES, backend.port, SIMPLE_JWT={"SIGNING_KEY": SECRET}, tokens=FREELY | {"max_lifetime": "1h", "max_age": "30m"}
    )  # fmt: skip

    def token(iat, exp):
        return make("HS256", "secret", claims(iat=iat, exp=exp))

    passes(gateway, token(now - 60, now - 60 + 3600), backend)
    passes(gateway, token(now - 1700, now + 60), backend)
    fails(gateway, token(now - 60, now - 60 + 3601), backend)
    fails(gateway, token(now - 1801, now + 60), backend)
    fails(gateway, make("HS256", "secret", claims(iat=None)), backend)


def test_socket_ends_with_the_age_of_its_token(gateways, backend):
    gateway = gateways.start(ROUTES, backend.port, tokens=FREELY | {"max_age": "1m"})
    start = time.time()
    text = tokens.token(lifetime=3600, iat=int(start) - 57)
    with frames.connect(gateway.port, "/ws/", [bearer(text)]) as socket:
        closing = frames.read_frame(socket)
    assert (closing.code, closing.reason) == (4001, "token expired") and 1 < time.time() - start < 6
    backend.take_all()
    fails(gateway, text, backend)


TYPES = {"JWT": True, "jwt": True, "application/jwt": True, "at+jwt": True, "application/AT+JWT": True, "refresh+jwt": False, "": False, None: False, "JWS": False}


@pytest.mark.parametrize("kind", TYPES)
def test_typ_is_compared_as_a_media_type(gateways, backend, kind):
    gateway = gateways.start(ROUTES, backend.port, tokens=FREELY | {"typ": ["JWT", "at+jwt"]})
    head = {"alg": "HS256"} | ({} if kind is None else {"typ": kind})
    (passes if TYPES[kind] else fails)(gateway, forge.token(head), backend)
    free = gateways.start(ROUTES, backend.port, tokens=FREELY)
    passes(free, forge.token(head), backend)
