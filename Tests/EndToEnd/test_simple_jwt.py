"""Every setting of SIMPLE_JWT: enforced as simplejwt does it, translated, accepted with a notice, or refused with a reason.

What is enforced is asked of the real simplejwt as well, with the same settings and the same tokens.
"""

import json
import re
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from support import forge, tokens
from support.answers import ask
from support.forge import NOW, claims, mac, token
from support.gateway import command, settings
from support.judge import judge
from support.process import ENVIRONMENT
from support.waiting import free_port

ROUTES = [{"path": "<path:rest>", "auth": "required"}]
KEYED = {"SIGNING_KEY": tokens.KEY}
RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
CLASS = "rest_framework_simplejwt.tokens."


def said(**changes):
    return token(payload=claims(**changes))


def timed(**offsets):
    """A token to be made when it is used, some minutes later than this file is read: seconds from then."""
    return lambda: said(**{name: int(time.time()) + offset for name, offset in offsets.items()})


def signed(algorithm, sign):
    return token({"alg": algorithm}, sign=sign)


RS256, ES256 = signed("RS256", forge.rsa_signer(RSA)), signed("ES256", forge.ec_signer(EC))
PUBLIC = {"VERIFYING_KEY": forge.public(RSA).decode(), "ALGORITHM": "RS256"}

#: By name: settings, tokens that pass, tokens that do not.
ENFORCED = {
    "ALGORITHM default": (KEYED, [said()], [tokens.token(lifetime=3600, algorithm="HS384"), signed("RS256", mac())]),
    "ALGORITHM HS384": (
        KEYED | {"ALGORITHM": "HS384"}, [tokens.token(lifetime=3600, algorithm="HS384")],
        [said(), tokens.token(lifetime=3600, algorithm="HS512")],
    ),
    "ALGORITHM HS512": (KEYED | {"ALGORITHM": "HS512"}, [tokens.token(lifetime=3600, algorithm="HS512")], [said()]),
    "ALGORITHM and VERIFYING_KEY": (PUBLIC, [RS256], [said(), ES256, signed("RS256", mac(PUBLIC["VERIFYING_KEY"]))]),
    "VERIFYING_KEY in PKCS#1": (PUBLIC | {"VERIFYING_KEY": forge.public(RSA, "PKCS1").decode()}, [RS256], [said()]),
    "VERIFYING_KEY beside HS256": (KEYED | {"VERIFYING_KEY": PUBLIC["VERIFYING_KEY"]}, [said()], [RS256, token(sign=mac(PUBLIC["VERIFYING_KEY"]))]),
    "SIGNING_KEY": (KEYED, [said()], [token(sign=mac(tokens.OTHER_KEY)), token(sign=mac(tokens.KEY + "\n")), token(sign=mac(tokens.KEY[:-1]))]),
    "SIGNING_KEY beyond ASCII": ({"SIGNING_KEY": "schl\u00fcssel" * 8}, [token(sign=mac("schl\u00fcssel" * 8))], [said()]),
    "SIGNING_KEY beside RS256": (PUBLIC | KEYED, [RS256], [said()]),
    "AUDIENCE none": (KEYED, [said(), said(aud="x"), said(aud=["x"])], []),
    "AUDIENCE text": (KEYED | {"AUDIENCE": "a"}, [said(aud="a"), said(aud=["b", "a"])], [said(), said(aud="b"), said(aud="A"), said(aud=["a", 1]), said(aud=[])]),
    "AUDIENCE list": (KEYED | {"AUDIENCE": ["a", "b"]}, [said(aud="a"), said(aud="b"), said(aud=["b", "c"])], [said(), said(aud="ab"), said(aud=["c"])]),
    "ISSUER none": (KEYED, [said(), said(iss="x"), said(iss=1)], []),
    "ISSUER text": (KEYED | {"ISSUER": "i"}, [said(iss="i")], [said(), said(iss="I"), said(iss="ii"), said(iss=["i"]), said(iss="")]),
    "ISSUER list": (KEYED | {"ISSUER": ["i", "j"]}, [said(iss="i"), said(iss="j")], [said(), said(iss="k"), said(iss="ij")]),
    "LEEWAY 0": (KEYED, [said()], [said(exp=NOW - 5), timed(nbf=200), timed(iat=200)]),
    "LEEWAY 120": (
        KEYED | {"LEEWAY": 120}, [timed(exp=-5), timed(nbf=30), timed(iat=30)],
        [said(exp=NOW - 121), timed(nbf=999), timed(iat=999)],
    ),
    "USER_ID_CLAIM": (KEYED | {"USER_ID_CLAIM": "sub"}, [said(user_id=None, sub="1")], [said(), said(user_id="1", sub=None)]),
    "USER_ID_CLAIM with a dot": (KEYED | {"USER_ID_CLAIM": "a.b"}, [said(**{"a.b": "1"})], [said(a={"b": "1"})]),
    "AUTH_TOKEN_CLASSES default": (KEYED, [said()], [said(token_type="sliding"), said(token_type="refresh"), said(token_type=None)]),
    "AUTH_TOKEN_CLASSES sliding": (KEYED | {"AUTH_TOKEN_CLASSES": [CLASS + "SlidingToken"]}, [said(token_type="sliding")], [said(), said(token_type="refresh")]),
    "AUTH_TOKEN_CLASSES two": (KEYED | {"AUTH_TOKEN_CLASSES": [CLASS + "AccessToken", CLASS + "SlidingToken"]}, [said(), said(token_type="sliding")], [said(token_type="refresh")]),
    "AUTH_TOKEN_CLASSES refresh": (KEYED | {"AUTH_TOKEN_CLASSES": [CLASS + "RefreshToken"]}, [said(token_type="refresh")], [said(), said(token_type="sliding")]),
    "AUTH_TOKEN_CLASSES untyped": (KEYED | {"AUTH_TOKEN_CLASSES": [CLASS + "UntypedToken"]}, [said(), said(token_type=None), said(token_type="x")], []),
    "TOKEN_TYPE_CLAIM": (KEYED | {"TOKEN_TYPE_CLAIM": "kind"}, [said(kind="access", token_type=None)], [said(), said(kind="refresh")]),
    "TOKEN_TYPE_CLAIM none": (KEYED | {"TOKEN_TYPE_CLAIM": None}, [said(token_type=None), said(token_type="refresh")], []),
    "JTI_CLAIM": (KEYED | {"JTI_CLAIM": "id"}, [said(id="x", jti=None), said(id=7)], [said()]),
    "JTI_CLAIM none": (KEYED | {"JTI_CLAIM": None}, [said(jti=None), said()], [said(jti=1)]),
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": (
        KEYED | {"AUTH_TOKEN_CLASSES": [CLASS + "SlidingToken"], "SLIDING_TOKEN_REFRESH_EXP_CLAIM": "r"}, [said(token_type="sliding", r=1, refresh_exp=1)], [],
    ),
    "ACCESS_TOKEN_LIFETIME is not compared": (KEYED | {"ACCESS_TOKEN_LIFETIME": 60}, [said(), said(exp=NOW + 10**7)], []),
    "iss and aud at once": (KEYED | {"ISSUER": "i", "AUDIENCE": "a"}, [said(iss="i", aud="a")], [said(iss="i"), said(aud="a")]),
}  # fmt: skip

HEADERS = {
    "AUTH_HEADER_TYPES text": ({"AUTH_HEADER_TYPES": "JWT"}, ["JWT {}"], ["Bearer {}", "jwt {}"]),
    "AUTH_HEADER_TYPES list": ({"AUTH_HEADER_TYPES": ["JWT", "Bearer"]}, ["JWT {}", "Bearer {}"], ["Token {}"]),
    "AUTH_HEADER_NAME": ({"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN"}, ["Bearer {}"], ["{}", "Basic {}"]),
}

NOTHING_HERE = "only the issuer of tokens uses "
#: Settings that are accepted, and what is said about them.
NOTICED = {
    "USER_ID_FIELD": ("id", NOTHING_HERE),
    "USER_AUTHENTICATION_RULE": ("rest_framework_simplejwt.authentication.default_user_authentication_rule", NOTHING_HERE),
    "TOKEN_USER_CLASS": ("rest_framework_simplejwt.models.TokenUser", NOTHING_HERE),
    "SLIDING_TOKEN_REFRESH_EXP_CLAIM": ("refresh_exp", NOTHING_HERE),
    "SLIDING_TOKEN_LIFETIME": ("5m", NOTHING_HERE),
    "REFRESH_TOKEN_LIFETIME": ("1d", NOTHING_HERE),
    "SLIDING_TOKEN_REFRESH_LIFETIME": ("1d", NOTHING_HERE),
    "ROTATE_REFRESH_TOKENS": (True, NOTHING_HERE),
    "BLACKLIST_AFTER_ROTATION": (True, NOTHING_HERE),
    "UPDATE_LAST_LOGIN": (False, NOTHING_HERE),
    "JSON_ENCODER": (None, NOTHING_HERE),
    "TOKEN_OBTAIN_SERIALIZER": ("a.B", NOTHING_HERE),
    "TOKEN_REFRESH_SERIALIZER": ("a.B", NOTHING_HERE),
    "TOKEN_VERIFY_SERIALIZER": ("a.B", NOTHING_HERE),
    "TOKEN_BLACKLIST_SERIALIZER": ("a.B", NOTHING_HERE),
    "SLIDING_TOKEN_OBTAIN_SERIALIZER": ("a.B", NOTHING_HERE),
    "SLIDING_TOKEN_REFRESH_SERIALIZER": ("a.B", NOTHING_HERE),
    "ON_LOGIN_SUCCESS": ("a.b", NOTHING_HERE),
    "ON_LOGIN_FAILED": ("a.b", NOTHING_HERE),
    "CHECK_REVOKE_TOKEN": (True, "cannot compare hash_password with the user's password"),
    "CHECK_USER_IS_ACTIVE": (True, "does not see the user table"),
    "TOKEN_TYPE_CLAIM": (None, "the type of tokens is not checked"),
    "JTI_CLAIM": (None, "tokens need no id"),
    "AUTH_TOKEN_CLASSES": ([CLASS + "RefreshToken"], "refresh tokens will be accepted"),
    "VERIFYING_KEY": ("anything", "HS256 does not use VERIFYING_KEY"),
}
#: And those that say nothing: they are what is checked, or the defaults.
SILENT = {
    "ALGORITHM": "HS256", "AUDIENCE": "a", "ISSUER": "i", "LEEWAY": 0, "AUTH_HEADER_TYPES": ["Bearer"], "JWK_URL": None,
    "AUTH_HEADER_NAME": "HTTP_AUTHORIZATION", "USER_ID_CLAIM": "user_id", "REVOKE_TOKEN_CLAIM": "hash_password",
    "ACCESS_TOKEN_LIFETIME": "5m", "CHECK_REVOKE_TOKEN": False, "CHECK_USER_IS_ACTIVE": False, "TOKEN_TYPE_CLAIM": "token_type",
    "JTI_CLAIM": "jti", "AUTH_TOKEN_CLASSES": [CLASS + "AccessToken"], "VERIFYING_KEY": "",
}  # fmt: skip
#: By name: all of SIMPLE_JWT, the setting that is complained of, and why.
REFUSED = {
    "no key": ({}, None, "`SIGNING_KEY` is missing"),
    "empty key": ({"SIGNING_KEY": ""}, "SIGNING_KEY", "empty"),
    "none": (KEYED | {"ALGORITHM": "none"}, "ALGORITHM", "unsigned tokens"),
    "ES521": (KEYED | {"ALGORITHM": "ES521"}, "ALGORITHM", "write ES512"),
    "unknown algorithm": (KEYED | {"ALGORITHM": "HS265"}, "ALGORITHM", "did you mean HS256?"),
    "RS256 without a key": ({"ALGORITHM": "RS256"}, None, "RS256 needs the public key"),
    "RS256 with a secret": ({"ALGORITHM": "RS256", "VERIFYING_KEY": tokens.KEY}, "VERIFYING_KEY", "not a PEM key"),
    "HS256 with a public key": ({"SIGNING_KEY": PUBLIC["VERIFYING_KEY"]}, "SIGNING_KEY", "needs a random secret"),
    "HS256 with JWK_URL": (KEYED | {"JWK_URL": "https://id.test/keys"}, "JWK_URL", "does not use JWK_URL"),
    "empty AUDIENCE": (KEYED | {"AUDIENCE": ""}, "AUDIENCE", "would refuse every token"),
    "no AUDIENCE in the list": (KEYED | {"AUDIENCE": []}, "AUDIENCE", "would refuse every token"),
    "empty ISSUER": (KEYED | {"ISSUER": ""}, "ISSUER", "would refuse every token"),
    "negative LEEWAY": (KEYED | {"LEEWAY": -1}, "LEEWAY", ""),
    "LEEWAY in words": (KEYED | {"LEEWAY": "soon"}, "LEEWAY", ""),
    "LEEWAY of an hour": (KEYED | {"LEEWAY": "1h"}, "LEEWAY", ""),
    "no AUTH_HEADER_TYPES": (KEYED | {"AUTH_HEADER_TYPES": []}, "AUTH_HEADER_TYPES", ""),
    "AUTH_HEADER_TYPES of two words": (KEYED | {"AUTH_HEADER_TYPES": ["Bearer token"]}, "AUTH_HEADER_TYPES[0]", "not a scheme word"),
    "tuple": (KEYED | {"AUTH_HEADER_TYPES": "('Bearer',)"}, "AUTH_HEADER_TYPES", "write a Python tuple as a list"),
    "AUTH_HEADER_NAME that is no client's": (KEYED | {"AUTH_HEADER_NAME": "REMOTE_USER"}, "AUTH_HEADER_NAME", "names no client header"),
    "AUTH_HEADER_NAME CONTENT_TYPE": (KEYED | {"AUTH_HEADER_NAME": "CONTENT_TYPE"}, "AUTH_HEADER_NAME", "names no client header"),
    **{f"AUTH_HEADER_NAME {name}": (KEYED | {"AUTH_HEADER_NAME": name}, "AUTH_HEADER_NAME", "") for name in [
        "HTTP_HOST", "HTTP_COOKIE", "HTTP_CONNECTION", "HTTP_UPGRADE", "HTTP_TRANSFER_ENCODING", "HTTP_SEC_WEBSOCKET_KEY", "HTTP_SEC_WEBSOCKET_PROTOCOL",
        "HTTP_ORIGIN", "HTTP_", "X-Access-Token",
    ]},
    "token class of one's own": (KEYED | {"AUTH_TOKEN_CLASSES": ["mine.Token"]}, "AUTH_TOKEN_CLASSES[0]", "a class of yours is not visible here"),
    "AUTH_HEADER_TYPE": (KEYED | {"AUTH_HEADER_TYPE": "Bearer"}, "AUTH_HEADER_TYPE", "write AUTH_HEADER_TYPES"),
    "AUTH_TOKEN_CLASS": (KEYED | {"AUTH_TOKEN_CLASS": "x"}, "AUTH_TOKEN_CLASS", "write AUTH_TOKEN_CLASSES"),
    "SECRET_KEY": (KEYED | {"SECRET_KEY": "x"}, "SECRET_KEY", "write SIGNING_KEY"),
    "TOKEN_BACKEND_CLASS": (KEYED | {"TOKEN_BACKEND_CLASS": "x"}, "TOKEN_BACKEND_CLASS", "simplejwt has removed this setting"),
    "unknown setting": (KEYED | {"AUDIENSE": "x"}, None, "unknown key `AUDIENSE` (did you mean `AUDIENCE`?)"),
    "CHECK_REVOKE_TOKEN in words": (KEYED | {"CHECK_REVOKE_TOKEN": "perhaps"}, "CHECK_REVOKE_TOKEN", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(module_gateways, module_upstream):
    """The verdicts of both on requests with these settings: pairs of a user, or None, and simplejwt's verdict."""

    def answer(request):
        user = request.get("X-User-Id").encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(user), user)

    module_upstream.answer = answer

    def both(simple_jwt, values, name="HTTP_AUTHORIZATION"):
        theirs = judge(simple_jwt, [{name: value} for value in values])
        gateway = module_gateways.start(
            ROUTES, module_upstream.port, SIMPLE_JWT=simple_jwt, tokens={"failures": {"rate": "off"}},
            identity={"X-User-Id": simple_jwt.get("USER_ID_CLAIM", "user_id")},
        )  # fmt: skip
        ours = [ask(gateway.port, "/x", [(name[5:].replace("_", "-"), value)]) for value in values]
        gateway.stop()
        return [(response.body.decode() if response.status == 200 else None, their) for response, their in zip(ours, theirs)]

    return both


@pytest.mark.parametrize("name", ENFORCED)
def test_setting_is_enforced_as_in_simplejwt(judged, name):
    simple_jwt, passing, failing = ENFORCED[name]
    values = [f"Bearer {tokens.remember(text() if callable(text) else text)}" for text in passing + failing]
    verdicts = judged(simple_jwt, values)
    for index, (user, theirs) in enumerate(verdicts):
        assert user == ("1" if index < len(passing) else None), (index, theirs)
        assert theirs["verdict"] == ("accepted" if user else "refused"), (index, theirs)


@pytest.mark.parametrize("name", HEADERS)
def test_header_is_found_as_in_simplejwt(judged, name):
    changes, passing, failing = HEADERS[name]
    text = tokens.remember(said())
    header = changes.get("AUTH_HEADER_NAME", "HTTP_AUTHORIZATION")
    verdicts = judged(KEYED | changes, [form.format(text) for form in passing + failing], header)
    for index, (user, theirs) in enumerate(verdicts):
        assert user == ("1" if index < len(passing) else None)
        assert theirs["verdict"] == ("accepted" if user else "anonymous"), theirs


def test_hash_of_the_password_goes_nowhere(gateways, upstream):
    """REVOKE_TOKEN_CLAIM: not into headers, not into logs."""
    for name in ["hash_password", "fingerprint"]:
        text = settings(1, 2, ROUTES, SIMPLE_JWT=KEYED | {"REVOKE_TOKEN_CLAIM": name}, identity={"X-Hash": name})
        assert refused(gateways.folder, text).startswith("identity.X-Hash: ")
    gateway = gateways.start(ROUTES, upstream.port, SIMPLE_JWT=KEYED | {"CHECK_REVOKE_TOKEN": True}, logs={"level": "debug"})
    digest = "D41D8CD98F00B204E9800998ECF8427E"
    text = tokens.remember(said(hash_password=digest))
    assert ask(gateway.port, "/x", [("Authorization", f"Bearer {text}")]).status == 200
    assert digest.encode() not in upstream.take().head
    gateway.stop()
    assert digest not in gateway.output


# What `check` says


def check(folder, text):
    (folder / "gateway.yaml").write_text(text)
    return command("check", folder / "gateway.yaml")


def notices(result):
    assert result.returncode == 0, result
    return [line for line in (result.stdout + result.stderr).splitlines() if line.startswith("notice: ")]


def refused(folder, text):
    """Key path and message of the one problem."""
    result = check(folder, text)
    assert result.returncode == 1, result
    found = re.findall(r"(?m)gateway\.yaml:\d+:\d+: (.*)$", result.stdout + result.stderr)
    problems = [line for line in found if "notice: " not in line]
    assert len(problems) == 1, result
    return problems[0]


@pytest.mark.parametrize("name", NOTICED)
def test_setting_is_accepted_with_a_notice(tmp_path, name):
    value, words = NOTICED[name]
    said = notices(check(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=KEYED | {name: value})))
    assert len(said) == 1 and words in said[0], said
    assert name in said[0] or "SIMPLE_JWT" in said[0]


@pytest.mark.parametrize("name", SILENT)
def test_usual_setting_is_no_news(tmp_path, name):
    assert notices(check(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=KEYED | {name: SILENT[name]}))) == []


@pytest.mark.parametrize("name", ["CHECK_REVOKE_TOKEN", "USER_ID_FIELD", "TOKEN_TYPE_CLAIM", "VERIFYING_KEY"])
def test_notice_is_also_given_at_the_start(gateways, upstream, name):
    value, words = NOTICED[name]
    gateway = gateways.start(ROUTES, upstream.port, SIMPLE_JWT=KEYED | {name: value})
    gateway.wait_for(re.escape(words))


@pytest.mark.parametrize("name", REFUSED)
def test_setting_is_refused_with_its_place_and_a_reason(tmp_path, name):
    simple_jwt, key, words = REFUSED[name]
    problem = refused(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=simple_jwt or {"AUDIENCE": "a"}))
    place = f"SIMPLE_JWT.{key}: " if key else "SIMPLE_JWT: "
    assert problem.startswith(place) and words in problem, problem
    assert tokens.KEY not in problem


def test_key_in_a_url_is_accepted_and_a_private_key_pointed_at(tmp_path):
    simple_jwt = {"ALGORITHM": "RS256", "JWK_URL": "https://id.test/keys", "SIGNING_KEY": forge.private_pem(RSA)}
    said = notices(check(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=simple_jwt)))
    assert any("a private key does not belong at the edge" in line for line in said)
    said = notices(check(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=simple_jwt | {"SIGNING_KEY": "", "VERIFYING_KEY": "x"})))
    assert any("JWK_URL comes before VERIFYING_KEY" in line for line in said)


LIFETIMES = {"300": 300, "60m": 3600, "1h30m": 5400, "PT60M": 3600, "P1DT1H": 90000, "00:05:00": 300, "1:00:00": 3600,
             "timedelta(minutes=5)": 300, "datetime.timedelta(hours=1)": 3600, "2.5": 3}  # fmt: skip


@pytest.mark.parametrize("text", LIFETIMES)
def test_durations_are_read_in_every_form(tmp_path, text):
    """Seen by the notice that max_lifetime is shorter."""
    seconds = LIFETIMES[text]
    for lifetime, notice in [(seconds, False), (max(1, seconds - 1), True)]:
        found = notices(check(tmp_path, settings(
            1, 2, ROUTES, SIMPLE_JWT=KEYED | {"ACCESS_TOKEN_LIFETIME": text}, tokens={"max_lifetime": f"{lifetime}s"}
        )))  # fmt: skip
        assert (len(found) == 1 and "ACCESS_TOKEN_LIFETIME" in found[0]) == notice, found


@pytest.mark.parametrize("text", ["", "soon", "60 m", "timedelta(5)", "5 minutes", "-5m", "PT", "P1M", "0:99:00"])
def test_other_durations_are_refused(tmp_path, text):
    problem = refused(tmp_path, settings(1, 2, ROUTES, SIMPLE_JWT=KEYED | {"ACCESS_TOKEN_LIFETIME": text}))
    assert problem.startswith("SIMPLE_JWT.ACCESS_TOKEN_LIFETIME: ")


LIST = """
import django.conf, json
django.conf.settings.configure(SECRET_KEY="x")
from rest_framework_simplejwt import settings
print(json.dumps([sorted(settings.DEFAULTS), sorted(settings.REMOVED_SETTINGS)]))
"""


def test_no_setting_of_the_installed_simplejwt_is_forgotten():
    printed = subprocess.run([sys.executable, "-c", LIST], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    there, removed = json.loads(printed.stdout)
    known = {name.split()[0] for name in [*ENFORCED, *HEADERS]} | set(NOTICED) | set(SILENT)
    assert len(there) > 30 and set(there) <= known
    assert removed and set(removed) <= {key for _, key, _ in REFUSED.values()}


def test_pasted_block_of_a_project_is_taken_as_it_is(gateways, upstream):
    """As the guide of the example has it, Python's words included."""
    block = """
SIMPLE_JWT:
  'ACCESS_TOKEN_LIFETIME': timedelta(minutes=60)
  'REFRESH_TOKEN_LIFETIME': timedelta(days=1)
  'ROTATE_REFRESH_TOKENS': False
  'AUTH_HEADER_TYPES': ['Bearer']
  'USER_ID_FIELD': 'id'
  'USER_ID_CLAIM': 'user_id'
  'SIGNING_KEY': ${JWT_SIGNING_KEY}
  'AUDIENCE': None
"""
    port = free_port()
    text = settings(port, upstream.port, ROUTES, SIMPLE_JWT=None) + block
    gateway = gateways.start_text(text, port, {"JWT_SIGNING_KEY": tokens.KEY})
    assert ask(gateway.port, "/x", [("Authorization", f"Bearer {tokens.token()}")]).status == 200
    assert upstream.take().get("X-User-Id") == "1"

