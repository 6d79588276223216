"""Several issuers: `iss` chooses whose rules and keys a token is checked with, and routes say whose tokens they take."""

import json
import time

import pytest

from support import forge, frames, tokens
from support.answers import EXPIRED, INVALID, NO_USER, accepting, ask, assert_closed, assert_opened, assert_refused
from support.forge import claims, mac
from support.gateway import command, settings
from support.makers import KEYS, by_pyjwt, public_pem
from support.wire import bearer

OWN, PARTNER, PUBLIC, SECOND = None, "https://id.partner.test", "https://accounts.test/", "https://second.test"
PARTNERS_KEY = "the-key-that-a-partner-signs-with-of-32-bytes-or-more"
ROUTES = [
    {"path": "ws/partner/", "auth": "required", "websocket": True, "tokens": {"issuers": ["partner"]}},
    {"path": "ws/", "auth": "required", "websocket": True},
    {"path": "own/", "auth": "required", "tokens": {"issuers": ["default"]}},
    {"path": "partner/", "auth": "required", "tokens": {"issuers": ["partner"]}},
    {"path": "both/", "auth": "required", "tokens": {"issuers": ["default", "public"]}},
    {"path": "optional/", "auth": "optional", "tokens": {"issuers": ["public"]}},
    {"path": "open/", "auth": "none"},
    {"path": "<path:rest>", "auth": "required"},
]
ISSUERS = [
    {"name": "partner", "ISSUER": PARTNER, "SIGNING_KEY": PARTNERS_KEY, "AUDIENCE": "chat", "USER_ID_CLAIM": "sub",
     "TOKEN_TYPE_CLAIM": None, "JTI_CLAIM": None, "LEEWAY": 60},
    {"name": "public", "ISSUER": [PUBLIC, SECOND], "ALGORITHM": "RS256", "VERIFYING_KEY": public_pem("rsa"),
     "algorithms": ["RS256", "PS256"]},
]  # fmt: skip


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return module_gateways.start(
        ROUTES, module_upstream.port, tokens={"issuers": ISSUERS, "failures": {"rate": "off"}},
        identity={"X-User-Id": "user_id", "X-Issuer": "iss"},
    )  # fmt: skip


@pytest.fixture
def backend(module_upstream):
    module_upstream.answer = accepting
    module_upstream.take_all()
    return module_upstream


def own(**changes):
    return tokens.remember(forge.token(payload=claims(**changes)))


def partners(key=PARTNERS_KEY, **changes):
    said = {"iss": PARTNER, "aud": "chat", "sub": "p-7", "exp": int(time.time()) + 3600} | changes
    return tokens.remember(forge.token(payload={name: value for name, value in said.items() if value is not None}, sign=mac(key)))


def public(algorithm="RS256", name="rsa", **changes):
    return tokens.remember(by_pyjwt(algorithm, name, claims(**({"iss": PUBLIC, "user_id": "9"} | changes))))


#: By name: the token, and its user or what the client is told.
TOKENS = {
    "own": (lambda: own(), "1"),
    "partner's": (lambda: partners(), "p-7"),
    "public": (lambda: public(), "9"),
    "public, other algorithm": (lambda: public("PS256"), "9"),
    "public, second name": (lambda: public(iss=SECOND), "9"),
    "partner's without type and id, within its leeway": (lambda: partners(exp=int(time.time()) - 30), "p-7"),
    # Nobody speaks for somebody else, in no direction.
    "own key in partner's name": (lambda: own(iss=PARTNER, aud="chat", sub="p-7"), INVALID),
    "partner's key in our name": (lambda: partners(iss=None, user_id="1", token_type="access", jti="1"), INVALID),
    "partner's key in the public one's name": (lambda: partners(iss=PUBLIC, user_id="1", token_type="access", jti="1"), INVALID),
    "public key in partner's name": (lambda: public(iss=PARTNER, aud="chat", sub="p-7"), INVALID),
    "public key in our name": (lambda: public(iss=None), INVALID),
    "public key as partner's secret": (lambda: partners(public_pem("rsa")), INVALID),
    "public key as our secret": (lambda: partners(public_pem("rsa"), iss=None, user_id="1", token_type="access", jti="1"), INVALID),
    "partner's secret under our algorithm": (lambda: own(iss=PUBLIC), INVALID),
    # Names are compared whole.
    "unknown issuer": (lambda: own(iss="https://nobody.test"), INVALID),
    "empty issuer": (lambda: own(iss=""), INVALID),
    "issuer null": (lambda: forge.token(payload=forge.raw(iss="null")), INVALID),
    "issuer list": (lambda: own(iss=[PARTNER]), INVALID),
    "issuer without its slash": (lambda: public(iss=PUBLIC[:-1]), INVALID),
    "issuer in capitals": (lambda: partners(iss=PARTNER.upper()), INVALID),
    "issuer twice": (lambda: forge.token(payload=json.dumps(claims())[:-1].encode() + f', "iss": "{PARTNER}", "iss": "x"}}'.encode()), INVALID),
    # Each is held to its own rules.
    "partner's for another service": (lambda: partners(aud="mail"), INVALID),
    "partner's for nobody": (lambda: partners(aud=None), INVALID),
    "partner's without user": (lambda: partners(sub=None, user_id="1"), NO_USER),
    "partner's beyond its leeway": (lambda: partners(exp=int(time.time()) - 90), EXPIRED),
    "own within partner's leeway": (lambda: own(exp=int(time.time()) - 30), EXPIRED),
    "public, algorithm not listed": (lambda: public("RS384"), INVALID),
    "public, another's key": (lambda: by_pyjwt("ES256", "p256", claims(iss=PUBLIC)), INVALID),
    "public, no type": (lambda: public(token_type=None), None),
}  # fmt: skip


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("name", TOKENS)
def test_issuer_speaks_for_itself_alone(gateway, backend, name, what):
    make, outcome = TOKENS[name]
    text, path = make(), "/ws/" if what == "socket" else "/x"
    if isinstance(outcome, str):
        if what == "socket":
            assert_opened(gateway.port, path, [bearer(text)])
        else:
            assert ask(gateway.port, path, [bearer(text)]).status == 200
        arrived = backend.take()
        said = json.loads(forge.base64.urlsafe_b64decode(text.split(".")[1] + "=="))
        assert arrived.all("X-User-Id") == [outcome]
        assert arrived.all("X-Issuer") == ([said["iss"]] if "iss" in said else [])
        return
    if outcome is None:
        assert b"Token has no type" in ask(gateway.port, "/x", [bearer(text)]).body
    elif what == "socket":
        assert_closed(gateway.port, path, outcome, [bearer(text)])
    else:
        assert_refused(ask(gateway.port, path, [bearer(text)]), outcome)
    assert backend.take_all() == []
    assert ask(gateway.port, "/x", [bearer(own())]).status == 200
    assert backend.take().get("X-User-Id") == "1"


#: Whose tokens each route takes.
TAKES = {
    "/own/": {"own"},
    "/partner/": {"partner"},
    "/both/": {"own", "public"},
    "/optional/": {"public"},
    "/open/": {"own", "partner", "public"},
    "/x": {"own", "partner", "public"},
}
MAKE = {"own": (own, "1"), "partner": (partners, "p-7"), "public": (public, "9")}


@pytest.mark.parametrize("is_known", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("who", MAKE)
@pytest.mark.parametrize("path", TAKES)
def test_route_takes_the_tokens_of_its_issuers(gateway, backend, path, who, is_known):
    """Also when the token is remembered from a route that takes it."""
    make, user = MAKE[who]
    text = make()
    if is_known:
        assert ask(gateway.port, "/x", [bearer(text)]).status == 200
        backend.take()
    response = ask(gateway.port, path, [bearer(text)])
    if who in TAKES[path]:
        assert response.status == 200
        assert backend.take().all("X-User-Id") == ([] if path == "/open/" else [user])
    else:
        assert_refused(response, INVALID)
        assert backend.take_all() == []
        assert ask(gateway.port, "/x", [bearer(text)]).status == 200
        assert backend.take().get("X-User-Id") == user


def test_socket_is_for_the_tokens_of_its_issuers(gateway, backend):
    for make in [own, public]:
        assert_closed(gateway.port, "/ws/partner/", INVALID, [bearer(make())])
        assert backend.take_all() == []
    assert_opened(gateway.port, "/ws/partner/", [bearer(partners())])
    assert backend.take().get("X-User-Id") == "p-7"


def test_socket_ends_with_the_token_and_its_issuers_leeway(gateway, backend):
    for make, seconds in [(partners, 62), (own, 2)]:
        start = int(time.time())
        text = make(exp=start + 2 if make is own else start - 58)
        with frames.connect(gateway.port, "/ws/", [bearer(text)]) as socket:
            closing = frames.read_frame(socket)
        assert (closing.code, closing.reason) == (4001, "token expired")
        assert start + 1 <= time.time() < start + 5


def test_issuer_is_gone_after_a_reload(gateways, upstream):
    gateway = gateways.start(ROUTES[-1:], upstream.port, tokens={"issuers": ISSUERS})
    text, ours = partners(), own()
    assert ask(gateway.port, "/x", [bearer(text)]).status == 200
    gateway.reload(settings(gateway.port, upstream.port, ROUTES[-1:], tokens={"issuers": ISSUERS[1:]}))
    assert_refused(ask(gateway.port, "/x", [bearer(text)]), INVALID)
    assert ask(gateway.port, "/x", [bearer(ours)]).status == 200
    gateway.reload(settings(gateway.port, upstream.port, ROUTES[-1:], tokens={"issuers": [ISSUERS[0] | {"SIGNING_KEY": tokens.OTHER_KEY}]}))
    assert_refused(ask(gateway.port, "/x", [bearer(text)]), INVALID)
    assert ask(gateway.port, "/x", [bearer(partners(tokens.OTHER_KEY))]).status == 200


def test_bounds_hold_for_everybody(gateways, upstream):
    gateway = gateways.start(
        ROUTES[-1:], upstream.port, tokens={"issuers": ISSUERS, "max_lifetime": "1h", "typ": ["JWT"], "failures": {"rate": "off"}}
    )  # fmt: skip
    now = int(time.time())
    for make in [own, partners, public]:
        assert ask(gateway.port, "/x", [bearer(make(iat=now - 60, exp=now + 3000))]).status == 200
        assert_refused(ask(gateway.port, "/x", [bearer(make(iat=now - 60, exp=now + 3600))]), INVALID)
        assert_refused(ask(gateway.port, "/x", [bearer(make(iat=None, exp=now + 60))]), INVALID)
    untyped = forge.token({"alg": "HS256"}, claims(iat=now, exp=now + 60))
    assert_refused(ask(gateway.port, "/x", [bearer(untyped)]), INVALID)


def block(**changes):
    return {"name": "other", "ISSUER": "https://o.test", "SIGNING_KEY": PARTNERS_KEY, "AUDIENCE": "a"} | changes


#: Issuers that cannot be: what is wrong with them.
WRONG = {
    "no name": ([block(name="")], "name"),
    "no ISSUER": ([block(ISSUER=None)], "ISSUER"),
    "empty ISSUER": ([block(ISSUER="")], "ISSUER"),
    "same ISSUER": ([block(), block(name="b")], "has it too"),
    "one ISSUER of several": ([block(), block(name="b", ISSUER=["x", "https://o.test"])], "has it too"),
    "same name": ([block(), block(ISSUER="b")], "other"),
    "our name": ([block(name="default")], "default"),
    "no key": ([block(SIGNING_KEY="")], "SIGNING_KEY"),
    "secret and public keys": ([block(algorithms=["HS256", "RS256"])], "HS* and the others never stand together"),
    "private key": ([block(ALGORITHM="RS256", VERIFYING_KEY=forge.private_pem(KEYS["rsa"]))], "private key"),
    "setting that is not for issuers": ([block(AUTH_HEADER_NAME="HTTP_X_TOKEN")], "AUTH_HEADER_NAME"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_issuer_is_refused_when_the_settings_are_read(tmp_path, name):
    issuers, words = WRONG[name]
    (tmp_path / "gateway.yaml").write_text(settings(1, 2, ROUTES[-1:], tokens={"issuers": issuers}))
    result = command("check", tmp_path / "gateway.yaml")
    said = result.stdout + result.stderr
    assert result.returncode == 1 and "tokens.issuers" in said and words in said, result
    assert PARTNERS_KEY not in said
    (tmp_path / "gateway.yaml").write_text(settings(1, 2, ROUTES[-1:], tokens={"issuers": [block()]}))
    assert command("check", tmp_path / "gateway.yaml").returncode == 0


def test_route_cannot_name_an_issuer_that_is_not_there(tmp_path):
    routes = [{"path": "x", "auth": "required", "tokens": {"issuers": ["default", "partnr"]}}]
    (tmp_path / "gateway.yaml").write_text(settings(1, 2, routes, tokens={"issuers": ISSUERS}))
    result = command("check", tmp_path / "gateway.yaml")
    assert result.returncode == 1 and "routes[0].tokens.issuers[1]" in result.stdout + result.stderr, result
