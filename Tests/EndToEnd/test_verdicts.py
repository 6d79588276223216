"""Every token through the gateway and through the real simplejwt.

The promise: whatever the gateway accepts, simplejwt accepts as the same user. The gateway may refuse more, where the table
says so; and what both refuse is refused in the same words.
"""

import base64
import json
import time
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from support import tokens
from support.forge import (
    NOW, b64, claims, ec_signer, ed_signer, encoded, header, mac, public, raw, rsa_signer, token as signed,
)  # fmt: skip
from support.judge import judge
from support.wire import Wire

ROUTES = [{"path": "<path:rest>", "auth": "required"}]


def padded():
    """Signed with the `=` that JWS leaves out."""
    text = f"{HEAD}.{base64.urlsafe_b64encode(json.dumps(claims()).encode().ljust(301)).decode()}"
    assert text.endswith("==")
    return f"{text}.{mac()(text)}"


GOOD = signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")

#: By name: the token (or what makes it, when seconds count), and whether the gateway is to accept it. Numbers are those of the project's verdict table.
HS256 = {
    "1 good": (GOOD, True),
    "1 as PyJWT writes it": (tokens.token("1", 3600), True),
    "3 exp with a fraction": (signed(payload=claims(exp=NOW + 3000.5)), True),
    "3 exp with an exponent": (signed(payload=raw(exp="1e10")), True),
    "6 last second of the year 9999": (signed(payload=claims(exp=253402300799)), True),
    "13 no iat": (signed(payload=claims(iat=None)), True),
    "15 nbf now and a fraction": (signed(payload=claims(nbf=NOW + 0.4)), True),
    "15 nbf in the past": (signed(payload=claims(nbf=1)), True),
    "15 nbf negative": (signed(payload=claims(nbf=-1)), True),
    "19 aud and iss that nobody asks for": (signed(payload=claims(aud=["x", 1], iss=3)), True),
    "25 other typ": (signed({"alg": "HS256", "typ": "at+jwt"}), True),
    "25 no typ": (signed({"alg": "HS256"}), True),
    "31 kid of a path": (header(kid="../../dev/null"), True),
    "38 blanks around the payload": (signed(payload=b" \r\n\t" + json.dumps(claims()).encode() + b" \n"), True),
    "38 blanks around the header": (signed(b' {"alg" : "HS256" } '), True),
    "43 user as text": (signed(payload=claims(user_id="1")), True),
    "43 user as integer": (signed(payload=claims(user_id=1)), True),
    "unknown claims": (signed(payload=claims(groups=["a"], nested={"a": [1, {"b": None}]}, x=1.5e3, y="\U0001f642")), True),
    "escapes in claims": (signed(payload=raw(name='"\\u00e4\\ud83d\\ude42\\n\\/"')), True),
    "sub as text": (signed(payload=claims(sub="anything")), True),
    "18 jti empty": (signed(payload=claims(jti="")), True),
    "28 b64 true": (header(b64=True), True),
    "31 addresses of keys": (header(jku="https://evil.test/", x5u="file:///etc/passwd", jwk={"kty": "oct"}, x5c=["A"]), True),
    "39 NUL in a claim": (signed(payload=claims(name="a\0b")), True),
    "33 nothing but what is needed": (signed({"alg": "HS256"}, {"exp": NOW + 3600, "token_type": "access", "jti": "", "user_id": 1}), True),
    "35 equal names in different objects": (signed(payload=raw(x='{"user_id": 2, "y": {"user_id": 3}}')), True),
    "9 nbf and iat negative": (signed(payload=claims(nbf=-(10**15), iat=-1.5)), True),
    "odd numbers in other claims": (signed(payload=raw(n="-0", m="1E-7", big="9" * 120)), True),
    # Time
    "2 exp now": (lambda: signed(payload=claims(exp=int(time.time()))), False),
    "2 exp now and a fraction": (lambda: signed(payload=claims(exp=int(time.time()) + 0.999)), False),
    "14 nbf in two seconds": (lambda: signed(payload=claims(nbf=int(time.time()) + 30)), False),
    "2 exp in the past": (signed(payload=claims(exp=NOW - 10)), False),
    "2 exp zero": (signed(payload=claims(exp=0)), False),
    "4 exp as text": (signed(payload=claims(exp=str(NOW + 3000))), False),
    "5 exp in the year 10000": (signed(payload=claims(exp=253402300800)), False),
    "5 exp of 10^18": (signed(payload=claims(exp=10**18)), False),
    "7 exp of 1e400": (signed(payload=raw(exp="1e400")), False),
    "7 exp NaN": (signed(payload=raw(exp="NaN")), False),
    "7 exp Infinity": (signed(payload=raw(exp="Infinity")), False),
    "7 exp null": (signed(payload=raw(exp="null")), False),
    "7 exp list": (signed(payload=claims(exp=[NOW + 3000])), False),
    "7 exp of 5000 digits": (signed(payload=raw(exp="9" * 5000)), False),
    "8 exp true": (signed(payload=claims(exp=True)), False),
    "9 exp negative": (signed(payload=claims(exp=-1)), False),
    "10 no exp": (signed(payload=claims(exp=None)), False),
    "11 iat in the future": (signed(payload=claims(iat=NOW + 3000)), False),
    "12 iat text": (signed(payload=claims(iat="now")), False),
    "12 iat null": (signed(payload=raw(iat="null")), False),
    "14 nbf in the future": (signed(payload=claims(nbf=NOW + 3000)), False),
    "14 nbf null": (signed(payload=raw(nbf="null")), False),
    "14 nbf text": (signed(payload=claims(nbf="now")), False),
    "expired and not yet valid": (signed(payload=claims(exp=NOW - 10, nbf=NOW + 10000)), False),
    "expired and of the wrong type": (signed(payload=claims(exp=NOW - 10, token_type="refresh")), False),
    "expired and wrongly signed": (signed(payload=claims(exp=NOW - 10), sign=mac("x" * 40)), False),
    # Other claims
    "16 sub number": (signed(payload=claims(sub=1)), False),
    "17 jti number": (signed(payload=claims(jti=1)), False),
    "17 jti null": (signed(payload=raw(jti="null")), False),
    "no jti": (signed(payload=claims(jti=None)), False),
    "22 refresh": (signed(payload=claims(token_type="refresh")), False),
    "22 sliding": (signed(payload=claims(token_type="sliding")), False),
    "22 no type": (signed(payload=claims(token_type=None)), False),
    "22 Access": (signed(payload=claims(token_type="Access")), False),
    "22 type in a list": (signed(payload=claims(token_type=["access"])), False),
    "42 no user": (signed(payload=claims(user_id=None)), False),
    "44 user true": (signed(payload=claims(user_id=True)), False),
    "44 user 1.0": (signed(payload=claims(user_id=1.0)), False),
    "44 user of an Arabic digit": (signed(payload=claims(user_id="\u0661")), False),
    "44 user 1e0": (signed(payload=raw(user_id="1e0")), False),
    "46 user empty": (signed(payload=claims(user_id="")), False),
    "user negative": (signed(payload=claims(user_id=-1)), False),
    "44 user with blanks": (signed(payload=claims(user_id=" 1 ")), False),
    "45 user null": (signed(payload=raw(user_id="null")), False),
    "46 user list": (signed(payload=claims(user_id=[1])), False),
    "46 user object": (signed(payload=claims(user_id={"id": 1})), False),
    "46 user with NUL": (signed(payload=claims(user_id="1\0")), False),
    "user with a line break": (signed(payload=claims(user_id="1\r\nX-Admin: 1")), False),
    # Header
    "23 none": (f"{encoded({'alg': 'none'})}.{BODY}.", False),
    "23 none with a signature": (signed({"alg": "none"}), False),
    "23 nOnE": (signed({"alg": "nOnE"}), False),
    "23 no alg": (signed({"typ": "JWT"}), False),
    "23 alg list": (signed({"alg": ["HS256"]}), False),
    "23 hs256": (signed({"alg": "hs256"}), False),
    "23 HS512": (tokens.token("1", 3600, algorithm="HS512"), False),
    "24 empty header": (signed({}), False),
    "25 typ number": (header(typ=1), False),
    "26 zip": (header(zip="DEF"), False),
    "26 nested": (header(cty="JWT"), False),
    "27 crit unknown": (header(crit=["x"], x=1), False),
    "27 crit empty": (header(crit=[]), False),
    "27 crit text": (header(crit="b64"), False),
    "28 crit b64 true": (header(crit=["b64"], b64=True), False),
    "29 b64 false": (header(b64=False), False),
    "30 kid number": (header(kid=1), False),
    "header array": (signed(["HS256"]), False),
    "35 alg twice": (signed(b'{"alg":"none","alg":"HS256"}'), False),
    "35 alg twice, once escaped": (signed(b'{"\\u0061lg":"none","alg":"HS256"}'), False),
    # Shape
    "33 trailing dot": (GOOD + ".", False),
    "33 leading dot": ("." + GOOD, False),
    "33 four parts": (f"{GOOD}.{HEAD}", False),
    "33 no header": (f".{BODY}.{SIGNATURE}", False),
    "33 no payload": (f"{HEAD}..{SIGNATURE}", False),
    "33 nothing": ("..", False),
    "33 two parts": (f"{HEAD}.{BODY}", False),
    "33 five parts": (f"{GOOD}.{HEAD}.{BODY}", False),
    "33 no signature": (f"{HEAD}.{BODY}.", False),
    "signature cut": (GOOD[:-2], False),
    "signature lengthened": (GOOD + "AA", False),
    "signature of another token": (f"{GOOD.rsplit('.', 1)[0]}.{signed(payload=claims(user_id='2')).rsplit('.', 1)[1]}", False),
    "other key": (signed(sign=mac(tokens.OTHER_KEY)), False),
    "32 padding": (padded(), False),
    "34 other alphabet": (GOOD.replace("-", "+").replace("_", "/") + "+", False),
    "34 unused bits": (GOOD[:-1] + chr(ord(GOOD[-1]) + 1) if GOOD[-1] not in "9zZ_-" else GOOD + "x", False),
    "36 payload array": (signed(payload=[claims()]), False),
    "36 payload text": (signed(payload=b'"text"'), False),
    "36 trailing junk": (signed(payload=json.dumps(claims()).encode() + b"x"), False),
    "36 second value": (signed(payload=json.dumps(claims()).encode() + b"{}"), False),
    "37 BOM": (signed(payload=b"\xef\xbb\xbf" + json.dumps(claims()).encode()), False),
    "37 UTF-16": (signed(payload=json.dumps(claims()).encode("utf-16")), False),
    "35 user twice": (signed(payload=json.dumps(claims())[:-1].encode() + b', "user_id": "2"}'), False),
    "35 type twice": (signed(payload=b'{"token_type": "refresh", ' + json.dumps(claims())[1:].encode()), False),
    "39 lone surrogate": (signed(payload=raw(name='"\\ud800"')), False),
    "40 deep nesting": (signed(payload=raw(x="[" * 1500 + "]" * 1500)), False),
    "invalid UTF-8": (signed(payload=raw(name='"?"').replace(b'"?"', b'"\xff"')), False),
    "leading zero": (signed(payload=raw(x="01")), False),
    "comment": (signed(payload=raw(x="1/**/")), False),
    "single quotes": (signed(payload=json.dumps(claims()).replace('"', "'").encode()), False),
    "41 too large": (signed(payload=claims(x="x" * 7000)), False),
}  # fmt: skip
#: Python takes true for the number 1, which has expired; the gateway says that it is no number.
OTHER_WORDS = {"8 exp true"}


def ask(gateway, candidates):
    """The gateway's verdicts, in judge()'s form."""
    verdicts = []
    for token in candidates:
        with Wire(gateway.port) as client:
            client.send(f"GET /x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {token}\r\n\r\n")
            response = client.read_response()
        if response.status == 200:
            verdicts.append({"verdict": "accepted", "user": response.body.decode()})
        else:
            assert response.status in (400, 401, 431), response
            detail = json.loads(response.body) if response.status == 401 else None
            verdicts.append({"verdict": "refused", "detail": detail})
    return verdicts


@pytest.fixture(scope="module")
def verdicts(module_gateways, module_upstream):
    """Asks both about a table of tokens: {name: (gateway's, simplejwt's)}."""

    def answer(request):
        user = request.get("X-User-Id").encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(user), user)

    module_upstream.answer = answer
    remembered = {}

    def both(name, table, settings, gateway_settings=None):
        if name not in remembered:
            candidates = [tokens.remember(token() if callable(token) else token) for token, _ in table.values()]
            gateway = module_gateways.start(
                ROUTES, module_upstream.port, SIMPLE_JWT=gateway_settings or settings, tokens={"failures": {"rate": "off"}}
            )  # fmt: skip
            remembered[name] = dict(zip(table, zip(ask(gateway, candidates), judge(settings, candidates))))
        return remembered[name]

    return both


def compare(ours, theirs, accepts, same_words=True):
    assert (ours["verdict"] == "accepted") == accepts, (ours, theirs)
    if ours["verdict"] == "accepted":
        assert theirs["verdict"] == "accepted", f"the gateway accepts what simplejwt refuses: {theirs}"
        assert ours["user"] == str(theirs["user"])
    elif same_words and theirs["verdict"] == "refused" and ours["detail"] is not None:
        # Elsewhere the gateway is the stricter one, or simplejwt fails with 500: there are no common words.
        unknown_user = theirs["detail"].get("code") == "user_not_found"
        assert unknown_user or ours["detail"] == theirs["detail"]


@pytest.mark.parametrize("kind", HS256)
def test_verdict_on_a_shared_secret(verdicts, kind):
    ours, theirs = verdicts("HS256", HS256, {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY})[kind]
    compare(ours, theirs, HS256[kind][1], kind not in OTHER_WORDS)


# Tokens that nobody thought of

ODD = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 7, "", "1", " 1", "access", "refresh", [], ["access"], {}, {"a": 1}, 10**18, 10**30, NOW, NOW + 3000,
    NOW - 3000, NOW + 0.5, str(NOW + 3000), -(10**12), 253402300799, 253402300800, 1e300, "\0", "\u0661", "\u212a", "a" * 300,
]  # fmt: skip
ODD_HEADERS = {
    "alg": ["HS256", "HS256", "HS256", "HS384", "hs256", "none", None, ["HS256"], 1, "HS256\0"], "typ": ["JWT", "", 1, None, "at+jwt"],
    "kid": ["", "k", 1, None, [], "\0"], "cty": ["JWT", "x", 1], "crit": [[], ["x"], ["alg"], "x"], "b64": [True, False, 1], "zip": ["DEF"],
    "jwk": [{}, 1], "x5c": [[], 1], "x": ODD,
}  # fmt: skip


def odd_token(random):
    head = {"alg": "HS256"} | {name: random.choice(values) for name, values in ODD_HEADERS.items() if random.random() < 0.08}
    said = claims()
    for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "jti", "token_type", "user_id", "x"]:
        if random.random() < 0.12:
            said[name] = random.choice(ODD)
        elif random.random() < 0.03:
            said.pop(name, None)
    text = json.dumps(said, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.15:
        place = random.randrange(len(text))
        text = text[:place] + random.choice([" ", "\n", ",", "0", '"', "}", "\ufeff", '\\u0031', "1"]) + text[place + random.randrange(2):]
    whole = f"{encoded(head)}.{b64(text.encode())}"
    return f"{whole}.{mac()(whole)}"


@pytest.mark.parametrize("seed", range(3))
def test_gateway_accepts_nothing_that_simplejwt_refuses(verdicts, seed):
    random = Random(seed)
    table = {index: (odd_token(random), None) for index in range(700)}
    found = verdicts(f"odd {seed}", table, {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY})
    both = [(ours, theirs, table[index][0]) for index, (ours, theirs) in found.items()]
    accepted = [(ours, theirs, text) for ours, theirs, text in both if ours["verdict"] == "accepted"]
    for ours, theirs, text in accepted:
        # Django looks these users up, and does not find or cannot read them: only it could know.
        unknown = theirs.get("detail") == "ValueError" or theirs.get("detail", {}).get("code") == "user_not_found"
        assert unknown or (theirs["verdict"], str(theirs["user"])) == ("accepted", ours["user"]), text
    assert len(accepted) > 100 and sum(ours["verdict"] == "refused" for ours, _, _ in both) > 100


# The words


def minimal(settings=None):
    return {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY} | (settings or {})


TWO_CLASSES = {"AUTH_TOKEN_CLASSES": [f"rest_framework_simplejwt.tokens.{name}" for name in ["AccessToken", "SlidingToken"]]}
RENAMED = {"AUTH_HEADER_NAME": "HTTP_X_ACCESS_TOKEN", "AUTH_HEADER_TYPES": ["JWT", "Bearer"]}
GONE = signed(payload=claims(exp=NOW - 10))
#: Settings, and what stands in the header (None: no header).
FORMS = {
    "no token": ({}, None),
    "empty": ({}, ""),
    "blanks": ({}, "   "),
    "lower case": ({}, f"bearer {GOOD}"),
    "upper case": ({}, f"BEARER {GOOD}"),
    "Basic": ({}, "Basic YTpi"),
    "JWT": ({}, f"JWT {GOOD}"),
    "Token": ({}, f"Token {GOOD}"),
    "token alone": ({}, GOOD),
    "word alone": ({}, "Bearer"),
    "word and blanks": ({}, "Bearer   "),
    "three words": ({}, f"Bearer {GOOD} x"),
    "comma": ({}, f"Bearer {GOOD}, Bearer {GOOD}"),
    "garbage": ({}, "Bearer garbage"),
    "wrong signature": ({}, f"Bearer {GOOD[:-4]}AAAA"),
    "wrong algorithm": ({}, f"Bearer {tokens.token('1', 3600, algorithm='HS512')}"),
    "expired": ({}, f"Bearer {GONE}"),
    "nbf": ({}, f"Bearer {signed(payload=claims(nbf=NOW + 3000))}"),
    "iat": ({}, f"Bearer {signed(payload=claims(iat=NOW + 3000))}"),
    "wrong type": ({}, f"Bearer {signed(payload=claims(token_type='refresh'))}"),
    "no type": ({}, f"Bearer {signed(payload=claims(token_type=None))}"),
    "no id": ({}, f"Bearer {signed(payload=claims(jti=None))}"),
    "no exp": ({}, f"Bearer {signed(payload=claims(exp=None))}"),
    "no user": ({}, f"Bearer {signed(payload=claims(user_id=None))}"),
    "expired and wrongly signed": ({}, f"Bearer {signed(payload=claims(exp=NOW - 10), sign=mac('x' * 40))}"),
    "expired and of another type": ({}, f"Bearer {signed(payload=claims(exp=NOW - 10, token_type='refresh'))}"),
    "expired and without id": ({}, f"Bearer {signed(payload=claims(exp=NOW - 10, jti=None))}"),
    "of another type and without id": ({}, f"Bearer {signed(payload=claims(token_type='refresh', jti=None))}"),
    "of another type and without exp": ({}, f"Bearer {signed(payload=claims(token_type='refresh', exp=None))}"),
    "future and expired": ({}, f"Bearer {signed(payload=claims(iat=NOW + 3000, exp=NOW - 10))}"),
    "without user and type": ({}, f"Bearer {signed(payload=claims(user_id=None, token_type=None))}"),
    "two classes, wrong type": (TWO_CLASSES, f"Bearer {signed(payload=claims(token_type='refresh'))}"),
    "two classes, expired": (TWO_CLASSES, f"Bearer {GONE}"),
    "two classes, garbage": (TWO_CLASSES, "Bearer x.y.z"),
    "untyped, expired": ({"AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.UntypedToken"]}, f"Bearer {GONE}"),
    "another header, no token": (RENAMED, None),
    "another header, expired": (RENAMED, f"JWT {GONE}"),
    "another header, word alone": (RENAMED, "JWT"),
    "another header, token alone": (RENAMED, GOOD),
    "wrong audience": ({"AUDIENCE": "chat"}, f"Bearer {GOOD}"),
    "wrong issuer": ({"ISSUER": "https://id.test/"}, f"Bearer {GOOD}"),
}  # fmt: skip
#: And those that pass.
PASSING = {
    "many blanks": ({}, f"Bearer   {GOOD}"),
    "tab": ({}, f"Bearer\t{GOOD}"),
    "blanks around": ({}, f"  Bearer {GOOD}  "),
    "second word": (RENAMED, f"Bearer {GOOD}"),
    "first word": (RENAMED, f"JWT {GOOD}"),
    "sliding token": (TWO_CLASSES, f"Bearer {signed(payload=claims(token_type='sliding'))}"),
    "access token beside sliding ones": (TWO_CLASSES, f"Bearer {GOOD}"),
    "any type": ({"AUTH_TOKEN_CLASSES": ["rest_framework_simplejwt.tokens.UntypedToken"]}, f"Bearer {signed(payload=claims(token_type=None))}"),
    "untyped": ({"TOKEN_TYPE_CLAIM": None}, f"Bearer {signed(payload=claims(token_type='refresh'))}"),
    "without ids": ({"JTI_CLAIM": None}, f"Bearer {signed(payload=claims(jti=None))}"),
}  # fmt: skip


@pytest.fixture(scope="module")
def worded(module_gateways, module_upstream):
    """What both say to one request: the gateway's response, and the judge's verdict with its wire."""
    gateways, judged = {}, {}

    def both(case):
        settings, value = (FORMS | PASSING)[case]
        key, name = json.dumps(settings), settings.get("AUTH_HEADER_NAME", "HTTP_AUTHORIZATION")
        if key not in gateways:
            gateways[key] = module_gateways.start(
                ROUTES, module_upstream.port, SIMPLE_JWT=minimal(settings), tokens={"failures": {"rate": "off"}}
            )  # fmt: skip
            alike = {other: text for other, (theirs, text) in (FORMS | PASSING).items() if theirs == settings}
            requests = [{} if text is None else {name: text} for text in alike.values()]
            judged.update(zip(alike, judge(minimal(settings), requests, shows_wire=True)))
        line = "" if value is None else f"{name[5:].replace('_', '-')}: {value}\r\n"
        with Wire(gateways[key].port) as client:
            client.send(f"GET /x HTTP/1.1\r\nHost: a.test\r\n{line}\r\n")
            return client.read_response(), judged[case]

    return both


@pytest.mark.parametrize("case", FORMS)
def test_refusal_is_simplejwts_own_byte_for_byte(worded, case):
    ours, theirs = worded(case)
    status, lines, body = theirs["wire"]
    if theirs["verdict"] == "accepted":
        pytest.fail("simplejwt accepts it")
    assert (ours.status, ours.body.decode()) == (status, body) and status == 401
    # DRF says in Vary what else its view depends on; whoever caches must know at least that.
    assert ours.get("vary").lower().split(", ")[0] in lines.pop("vary").lower()
    assert {name: ours.get(name) for name in lines} == lines


@pytest.mark.parametrize("case", PASSING)
def test_request_passes_that_passes_in_simplejwt(worded, case):
    ours, theirs = worded(case)
    assert (ours.status, theirs["verdict"], ours.body) == (200, "accepted", b"1")


# Audience, issuer, leeway


STRICT = {"SIGNING_KEY": tokens.KEY, "AUDIENCE": ["chat", "api"], "ISSUER": "https://id.test/", "LEEWAY": 300}


def aimed(**changes):
    return signed(payload=claims(**({"aud": "chat", "iss": "https://id.test/"} | changes)))


AIMED = {
    "both right": (aimed(), True),
    "one of several audiences": (aimed(aud=["x", "api"]), True),
    "47 expired within the leeway": (lambda: aimed(exp=int(time.time()) - 60), True),
    "47 iat and nbf within the leeway": (lambda: aimed(iat=int(time.time()) + 200, nbf=int(time.time()) + 200), True),
    "expired beyond the leeway": (aimed(exp=NOW - 301), False),
    "no audience": (aimed(aud=None), False),
    "other audience": (aimed(aud="chat-admin"), False),
    "audience in another case": (aimed(aud="Chat"), False),
    "20 audience with a number": (aimed(aud=["chat", 1]), False),
    "21 audience null": (signed(payload=raw(aud="null", iss='"https://id.test/"')), False),
    "21 audience empty list": (aimed(aud=[]), False),
    "21 audience empty": (aimed(aud=""), False),
    "audience object": (aimed(aud={"chat": 1}), False),
    "no issuer": (aimed(iss=None), False),
    "issuer without the slash": (aimed(iss="https://id.test"), False),
    "issuer that goes on": (aimed(iss="https://id.test/evil"), False),
    "issuer list": (aimed(iss=["https://id.test/"]), False),
}


@pytest.mark.parametrize("kind", AIMED)
def test_verdict_on_audience_issuer_and_leeway(verdicts, kind):
    ours, theirs = verdicts("aimed", AIMED, STRICT)[kind]
    compare(ours, theirs, AIMED[kind][1])


# Asymmetric keys


RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
RSA_PEM = public(RSA).decode()
RS256 = {
    "good": (signed({"alg": "RS256"}, sign=rsa_signer(RSA)), True),
    "other key": (signed({"alg": "RS256"}, sign=rsa_signer(OTHER_RSA)), False),
    "50 HS256 with the public key": (signed({"alg": "HS256"}, sign=mac(RSA_PEM)), False),
    "50 HS256 with the public key, no last line break": (signed({"alg": "HS256"}, sign=mac(RSA_PEM.strip())), False),
    "50 RS256 signed as HS256": (signed({"alg": "RS256"}, sign=mac(RSA_PEM)), False),
    "51 PS256": (signed({"alg": "PS256"}, sign=rsa_signer(RSA, "PS256")), False),
    "51 RS256 signed as PS256": (signed({"alg": "RS256"}, sign=rsa_signer(RSA, "PS256")), False),
    "51 RS384": (signed({"alg": "RS384"}, sign=rsa_signer(RSA, "RS384")), False),
    "none": (f"{encoded({'alg': 'none'})}.{BODY}.", False),
    "A9 key in the token": (signed({"alg": "RS256", "jwk": {"kty": "RSA"}}, sign=rsa_signer(OTHER_RSA)), False),
    "A8 jku that nobody fetches": (signed({"alg": "RS256", "jku": "http://127.0.0.1:1/"}, sign=rsa_signer(OTHER_RSA)), False),
    "signature with a byte more": (signed({"alg": "RS256"}, sign=lambda text: b64(b"\0" + base64.urlsafe_b64decode(rsa_signer(RSA)(text) + "=="))), False),
}  # fmt: skip

EC = ec.generate_private_key(ec.SECP256R1())
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def es256(change=None):
    return ec_signer(EC, change)


ES256 = {
    "good": (signed({"alg": "ES256"}, sign=es256()), True),
    "49 twin": (signed({"alg": "ES256"}, sign=es256(lambda r, s: r.to_bytes(32) + (N - s).to_bytes(32))), True),
    "48 zeros": (signed({"alg": "ES256"}, sign=es256(lambda r, s: bytes(64))), False),
    "48 r and s of n": (signed({"alg": "ES256"}, sign=es256(lambda r, s: N.to_bytes(32) * 2)), False),
    "48 s of zero": (signed({"alg": "ES256"}, sign=es256(lambda r, s: r.to_bytes(32) + bytes(32))), False),
    "48 63 bytes": (signed({"alg": "ES256"}, sign=es256(lambda r, s: (r.to_bytes(32) + s.to_bytes(32))[:63])), False),
    "48 65 bytes": (signed({"alg": "ES256"}, sign=es256(lambda r, s: r.to_bytes(32) + s.to_bytes(32) + b"\0")), False),
    "48 DER": (signed({"alg": "ES256"}, sign=es256(encode_dss_signature)), False),
    "HS256 with the public key": (signed(sign=mac(public(EC))), False),
}  # fmt: skip

ED = ed25519.Ed25519PrivateKey.generate()
EDDSA = {
    "good": (signed({"alg": "EdDSA"}, sign=ed_signer(ED)), True),
    "52 Ed25519": (signed({"alg": "Ed25519"}, sign=ed_signer(ED)), False),
    "zeros": (signed({"alg": "EdDSA"}, sign=lambda text: b64(bytes(64))), False),
    "63 bytes": (signed({"alg": "EdDSA"}, sign=lambda text: b64(ED.sign(text.encode())[:63])), False),
}
ASYMMETRIC = {
    "RS256": (RS256, RSA_PEM),
    "ES256": (ES256, public(EC).decode()),
    "EdDSA": (EDDSA, public(ED).decode()),
}


@pytest.mark.parametrize("algorithm, kind", [(name, kind) for name, (table, _) in ASYMMETRIC.items() for kind in table])
def test_verdict_on_a_public_key(verdicts, algorithm, kind):
    table, key = ASYMMETRIC[algorithm]
    ours, theirs = verdicts(algorithm, table, {"ALGORITHM": algorithm, "VERIFYING_KEY": key})[kind]
    compare(ours, theirs, table[kind][1])
