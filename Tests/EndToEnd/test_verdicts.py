"""Every token through the gateway and through the real simplejwt.

The promise: whatever the gateway accepts, simplejwt accepts as the same user. The gateway may refuse more, where the table
says so; and what both refuse is refused in the same words.
"""

import base64
import json
import time

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
    # Time
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
            gateway = module_gateways.start(ROUTES, module_upstream.port, SIMPLE_JWT=gateway_settings or settings)
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
