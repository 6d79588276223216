"""Known attacks on tokens, one by one: each is refused in the usual words, over HTTP and on a WebSocket, and nothing of it
reaches the backend; the good token sent right behind it does.

Names begin with the attack's number in the project's catalogue. A31 is also about keys that the configuration must not take.
"""

import base64
import datetime
import hashlib
import json
import re
import urllib.parse

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from support import forge, tokens
from support.answers import (
    EXPIRED, INVALID, NO_EXPIRY, NO_ID, NO_TYPE, NO_USER, REVOKED, SEVERAL, TWO_WORDS, WRONG_TYPE, accepting, ask,
    assert_closed, assert_opened, assert_refused,
)  # fmt: skip
from support.forge import NOW, b64, claims, encoded, header, mac, raw, sealed, token
from support.gateway import command, settings
from support.judge import judge
from support.recorder import Recorder
from support.waiting import free_port, until
from support.wire import bearer, get

RSA, EC, ED, K1 = (
    rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(),
    ec.generate_private_key(ec.SECP256K1()),
)  # fmt: skip
#: What attackers have.
THEIR_RSA, THEIR_EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + datetime.timedelta(days=9))
        .sign(key, hashes.SHA256())
        .public_bytes(forge.serialization.Encoding.PEM)
    )


# What the gateways of the tests verify with, and a good token for each.

SIGNERS = {
    "HS256": mac(),
    "RS256": forge.rsa_signer(RSA),
    "ES256": forge.ec_signer(EC),
    "ES256K": forge.ec_signer(K1),
    "EdDSA": forge.ed_signer(ED),
}
VERIFIERS = {"RS256": forge.public(RSA), "ES256": forge.public(EC), "ES256K": forge.public(K1), "EdDSA": forge.public(ED)}
KINDS = {"HS256": {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY}} | {
    name: {"ALGORITHM": name, "VERIFYING_KEY": key.decode()} for name, key in VERIFIERS.items()
}
KINDS["aimed"] = KINDS["HS256"] | {"AUDIENCE": "chat", "ISSUER": "https://id.test/"}
KINDS["bounded"] = KINDS["HS256"]
KINDS["typed"] = KINDS["revoking"] = KINDS["HS256"]
OPTIONS = {"bounded": {"max_lifetime": "2h"}, "typed": {"typ": ["JWT"]}, "revoking": {"revocation": {"file": "revoked.json"}}}


def good(kind, **changes):
    name = kind if kind in SIGNERS else "HS256"
    said = {"aud": "chat", "iss": "https://id.test/"} | changes if kind == "aimed" else changes
    return token({"alg": name, "typ": "JWT"}, claims(**said), SIGNERS[name])


ROUTES = [
    {"path": "ws/", "auth": "required", "websocket": True},
    {"path": "<path:rest>", "auth": "required", "tokens": {"sources": ["header", "query"]}},
]
#: Far more than a token may have, so that it is the token that is too large.
LIMITS = {"request_line": "1MiB", "header": "1MiB", "header_block": "1MiB"}


@pytest.fixture(scope="module")
def gateway_of(module_gateways, module_upstream):
    running = {}

    def gateway(kind):
        if kind not in running:
            (module_gateways.folder / "revoked.json").write_text('{"jti": [{"jti": "gone"}]}')
            running[kind] = module_gateways.start(
                ROUTES, module_upstream.port, SIMPLE_JWT=KINDS[kind], limits=LIMITS,
                identity={"X-User-Id": "user_id", "X-Name": "name", "X-All": {"claim": "name", "format": "json"}},
                tokens={"failures": {"rate": "off"}} | OPTIONS.get(kind, {}),
            )  # fmt: skip
        return running[kind]

    return gateway


@pytest.fixture
def backend(module_upstream):
    module_upstream.answer = accepting
    module_upstream.take_all()
    return module_upstream


def carried(what, text):
    """Target and headers that carry a token whatever it consists of."""
    tokens.remember(text if isinstance(text, str) else text.decode("latin-1"))
    path = "/ws/" if what == "socket" else "/x"
    if isinstance(text, str) and re.fullmatch(r"[!-~]+", text):
        return path, [bearer(text)]
    return f"{path}?token={urllib.parse.quote(text, safe='')}", []


def assert_passes(gateway, what, text, backend, user="1"):
    """Exactly this one arrives, as this user, with its token once."""
    target, headers = carried(what, text)
    if what == "socket":
        assert_opened(gateway.port, target, headers)
    else:
        response = ask(gateway.port, target, headers)
        assert response.status == 200, response
    arrived = backend.take()
    assert arrived.all("X-User-Id") == [user]
    assert arrived.all("Authorization") == [f"Bearer {text}"]
    assert backend.take_all() == []
    return arrived


def assert_stopped(gateway, what, text, backend, answer):
    target, headers = carried(what, text)
    if what == "socket":
        assert_closed(gateway.port, target, answer, headers)
    else:
        assert_refused(ask(gateway.port, target, headers), answer)
    assert backend.take_all() == []


# What is refused


def part(text, index):
    return text.split(".")[index]


def with_last_bits(segment):
    """The same bytes in another spelling: an unused bit of the last character is set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert len(segment) % 4, "no unused bits"
    return segment[:-1] + alphabet[alphabet.index(segment[-1]) + 1]


def unaligned(value):
    """JSON bytes whose base64url has unused bits in its last character."""
    text = json.dumps(value).encode()
    return text if len(text) % 3 else text + b" "


def inserted(text, at, what):
    return text[:at] + what + text[at:]


def es256(change):
    return token({"alg": "ES256"}, sign=forge.ec_signer(EC, change))


def two(r, s):
    return r.to_bytes(32) + s.to_bytes(32)


GOOD = good("HS256")
HEAD, BODY, SIGNATURE = GOOD.split(".")
CODE = base64.urlsafe_b64decode(SIGNATURE + "=")
UNSIGNED = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{BODY}."
RSA_FACES = {
    "PEM": forge.public(RSA),
    "PEM without its last line break": forge.public(RSA).rstrip(),
    "PEM with CRLF": forge.public(RSA).replace(b"\n", b"\r\n"),
    "PKCS#1": forge.public(RSA, "PKCS1"),
    "DER": forge.public(RSA, encoding="DER"),
    "JWK": json.dumps(forge.jwk(RSA)).encode(),
    "certificate": certificate(RSA),
}
EC_FACES = {
    "PEM": forge.public(EC),
    "PEM without its last line break": forge.public(EC).rstrip(),
    "DER": forge.public(EC, encoding="DER"),
    "JWK": json.dumps(forge.jwk(EC)).encode(),
}
JWS_JSON = json.dumps({"payload": BODY, "protected": HEAD, "signature": SIGNATURE}, separators=(",", ":"))
LONG_NUMBER, TIMES = "9" * 4000, ["exp", "nbf", "iat"]


def at_all(name, make, answer=INVALID, segments=(0, 1, 2)):
    places = ["header", "payload", "signature"]
    return {f"{name} in the {places[index]}": ("HS256", make(index), answer) for index in segments}


def damaged(index, change):
    """The good token, whose one segment is changed after signing."""
    pieces = GOOD.split(".")
    pieces[index] = change(pieces[index])
    return ".".join(pieces)


def both(name, make):
    """Of JSON that is wrong, in the header and in the payload."""
    return {
        f"{name} in the header": ("HS256", token(make({"alg": "HS256"})), INVALID),
        f"{name} in the payload": ("HS256", token(payload=make(claims())), INVALID),
    }


def text_of(value):
    return json.dumps(value).encode()


def closing(extra):
    """The object's text with this before its last brace."""
    return lambda value: text_of(value)[:-1] + extra + b"}"


#: By name: which gateway, the token, what the client is told.
ATTACKS = {
    "A1 none": ("HS256", UNSIGNED, INVALID),
    **{
        f"A1 {name!r} {what}": ("HS256", f"{text}.{signature}", INVALID)
        for name in ["none", "nOnE", "NONE", "none ", "", "hs256", "HS256 ", "HS-256"]
        for text in [f"{encoded({'alg': name})}.{BODY}"]
        for what, signature in {"unsigned": "", "one byte": "AA", "signed": mac()(text)}.items()
    },
    **{
        f"A1 alg {name}": ("HS256", token(header), INVALID)
        for name, header in {
            "null": {"alg": None}, "missing": {"typ": "JWT"}, "array": {"alg": ["HS256"]}, "object": {"alg": {"HS256": 1}},
            "number": {"alg": 256}, "in another object": {"x": {"alg": "HS256"}},
        }.items()
    },
    **{f"A1 none where {kind} is due": (kind, UNSIGNED, INVALID) for kind in ["RS256", "ES256", "EdDSA"]},
    # Swift takes the Kelvin sign and K for the same text.
    "A1 look-alike of the algorithm": ("ES256K", token({"alg": "ES256\u212a"}, sign=SIGNERS["ES256K"]), INVALID),
    "A2 no signature": ("HS256", f"{HEAD}.{BODY}.", INVALID),
    "A2 one byte": ("HS256", f"{HEAD}.{BODY}.AA", INVALID),
    "A2 signature of another token": ("HS256", f"{HEAD}.{BODY}.{part(good('HS256', user_id='2'), 2)}", INVALID),
    "A2 signature of another payload": ("HS256", f"{HEAD}.{encoded(claims(user_id='2'))}.{SIGNATURE}", INVALID),
    **{
        f"A2 MAC {name}": ("HS256", f"{HEAD}.{BODY}.{b64(code)}", INVALID)
        for name, code in {
            "cut": CODE[:-1], "halved": CODE[:16], "without its first byte": CODE[1:], "longer": CODE + b"\0",
            "twice": CODE * 2, "of zeros": bytes(32), "with one bit changed": CODE[:-1] + bytes([CODE[-1] ^ 1]),
        }.items()
    },
    **{
        f"A3 {algorithm} with the RSA key as {name}":
            ("RS256", token({"alg": algorithm}, sign=mac(face, digest)), INVALID)
        for name, face in RSA_FACES.items()
        for algorithm, digest in {"HS256": hashlib.sha256, "HS512": hashlib.sha512}.items()
    },
    **{f"A3 RS256 whose signature is a MAC with {name}": ("RS256", token({"alg": "RS256"}, sign=mac(face)), INVALID)
       for name, face in RSA_FACES.items()},
    **{f"A3 HS256 with the EC key as {name}": ("ES256", token(sign=mac(face)), INVALID) for name, face in EC_FACES.items()},
    "A3 HS256 with the Ed25519 key": ("EdDSA", token(sign=mac(ED.public_key().public_bytes_raw())), INVALID),
    "A3 HS256 with an empty key": ("HS256", token(sign=mac(b"\0")), INVALID),
    **{
        f"A4 {algorithm} with the secret": ("HS256", token({"alg": algorithm}, sign=mac(digest=digest)), INVALID)
        for algorithm, digest in {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.items()
    },
    **{
        f"A4 {algorithm} with the RSA key": ("RS256", token({"alg": algorithm}, sign=forge.rsa_signer(RSA, algorithm)), INVALID)
        for algorithm in ["RS384", "RS512", "PS256", "PS384", "PS512"]
    },
    "A4 PS256 that calls itself RS256": ("RS256", token({"alg": "RS256"}, sign=forge.rsa_signer(RSA, "PS256")), INVALID),
    "A4 ES384": ("ES256", token({"alg": "ES384"}, sign=forge.ec_signer(THEIR_EC, digest=hashes.SHA384)), INVALID),
    "A4 Ed25519 for EdDSA": ("EdDSA", token({"alg": "Ed25519"}, sign=SIGNERS["EdDSA"]), INVALID),
    **{
        f"A5 {name}": ("ES256", es256(change), INVALID)
        for name, change in {
            "r and s of zero": lambda r, s: bytes(64), "r of zero": lambda r, s: two(0, s), "s of zero": lambda r, s: two(r, 0),
            "r of n": lambda r, s: two(N, s), "s of n": lambda r, s: two(r, N), "r and s of n": lambda r, s: two(N, N),
            "r beyond n": lambda r, s: two(N + 1, s), "all ones": lambda r, s: b"\xff" * 64, "r and s of one": lambda r, s: two(1, 1),
            "63 bytes": lambda r, s: two(r, s)[:63], "65 bytes": lambda r, s: two(r, s) + b"\0",
            "65 bytes, zero first": lambda r, s: b"\0" + two(r, s), "32 bytes": lambda r, s: two(r, s)[:32], "DER": encode_dss_signature,
            "s first": lambda r, s: two(s, r),
        }.items()
    },
    "A5 no bytes": ("ES256", f"{encoded({'alg': 'ES256'})}.{BODY}.", INVALID),
    "A5 Ed25519 of zeros": ("EdDSA", token({"alg": "EdDSA"}, sign=lambda text: b64(bytes(64))), INVALID),
    "A7 kid number": ("HS256", header(kid=1), INVALID),
    "A7 kid null": ("HS256", header(kid=None), INVALID),
    "A7 kid array": ("HS256", header(kid=["1"]), INVALID),
    "A7 kid object": ("HS256", header(kid={"1": 1}), INVALID),
    "A7 kid of 257 bytes": ("HS256", header(kid="k" * 257), INVALID),
    "A7 kid of 10 KB": ("HS256", header(kid="k" * 10_000), INVALID),
    "A7 kid of an empty file": ("HS256", token({"alg": "HS256", "kid": "/dev/null"}, sign=mac(b"\0")), INVALID),
    "A7 kid that selects a key": ("HS256", token({"alg": "HS256", "kid": "' UNION SELECT 'k"}, sign=mac("k")), INVALID),
    **{
        f"A9 {name} in the token": ("RS256", token({"alg": "RS256"} | member, sign=forge.rsa_signer(THEIR_RSA)), INVALID)
        for name, member in {
            "jwk": {"jwk": forge.jwk(THEIR_RSA)}, "key set": {"jwk": {"keys": [forge.jwk(THEIR_RSA)]}},
            "x5c": {"x5c": ["".join(certificate(THEIR_RSA).decode().splitlines()[1:-1])]}, "kid": {"kid": json.dumps(forge.jwk(THEIR_RSA))},
        }.items()
    },
    "A9 secret in the token": ("HS256", token({"alg": "HS256", "jwk": {"kty": "oct", "k": b64(b"k" * 32)}}, sign=mac("k" * 32)), INVALID),
    **{
        f"A10 crit {name}": ("HS256", header(crit=value, x=1), INVALID)
        for name, value in {
            "unknown": ["x"], "empty": [], "twice": ["x", "x"], "registered": ["alg"], "absent": ["y"], "text": "x", "null": None,
            "object": {"x": 1}, "number in it": [1], "b64": ["b64"],
        }.items()
    },
    "A10 crit b64 true": ("HS256", header(crit=["b64"], b64=True), INVALID),
    "A11 b64 false": ("HS256", header(b64=False), INVALID),
    "A11 b64 false and crit": ("HS256", header(b64=False, crit=["b64"]), INVALID),
    "A11 payload as it is": ("HS256", sealed(encoded({"alg": "HS256", "b64": False, "crit": ["b64"]}) + "." + json.dumps(claims()).replace(" ", "")), INVALID),
    "A11 detached": ("HS256", f"{HEAD}..{SIGNATURE}", INVALID),
    "A12 JWE": ("HS256", f"{encoded({'alg': 'dir', 'enc': 'A256GCM'})}..{b64(bytes(12))}.{b64(bytes(40))}.{b64(bytes(16))}", INVALID),
    "A12 five segments": ("HS256", f"{GOOD}.{HEAD}.{BODY}", INVALID),
    "A12 four segments": ("HS256", f"{GOOD}.", INVALID),
    "A12 two segments": ("HS256", f"{HEAD}.{BODY}", INVALID),
    "A12 JSON": ("HS256", JWS_JSON, INVALID),
    "A12 nested": ("HS256", header(cty="JWT"), INVALID),
    "A12 nested, small letters": ("HS256", header(cty="application/jwt"), INVALID),
    "A12 nested for real": ("HS256", token({"alg": "HS256", "cty": "JWT"}, GOOD.encode()), INVALID),
    "A12 compressed": ("HS256", header(zip="DEF"), INVALID),
    "A13 alg twice": ("HS256", token(b'{"alg":"none","alg":"HS256"}'), INVALID),
    "A13 alg twice, one escaped": ("HS256", token(b'{"alg":"HS256","\\u0061lg":"none"}'), INVALID),
    **both("A13 name twice", closing(b', "x": 1, "x": 1')),
    **both("A13 name twice inside", closing(b', "x": {"y": [{"z": 1, "z": 2}]}')),
    **both("A13 names that escapes make equal", closing(b', "x\\n": 1, "\\u0078\\u000a": 2')),
    **{
        f"A13 {name} twice": ("HS256", token(payload=closing(f', "{name}": {value}'.encode())(claims())), INVALID)
        for name, value in {"user_id": '"2"', "exp": NOW + 9999, "token_type": '"access"', "jti": '"x"'}.items()
    },
    **at_all("A14 padding", lambda index: damaged(index, lambda text: text + "=")),
    **{
        f"A14 {name} ": ("HS256", inserted(GOOD, place, what), INVALID)
        for name, (what, place) in {
            "plus": ("+", 5), "slash": ("/", 5), "percent": ("%", 5), "tilde": ("~", 5), "comma": (",", 50), "quote": ('"', 0),
            "escape of a dot": ("%2e", len(HEAD)), "blank": (" ", 5), "tab": ("\t", 60), "CR": ("\r", 5), "LF": ("\n", 5),
            "CRLF": ("\r\n", len(GOOD)), "NUL": ("\0", 5), "NUL at the end": ("\0", len(GOOD)), "umlaut": ("\u00e4", 5),
            "wide dot": ("\uff0e", 5), "LF at the end": ("\n", len(GOOD)), "blank first": (" ", 0),
        }.items()
    },
    "A14 byte that is no UTF-8": ("HS256", GOOD[:9].encode() + b"\xff" + GOOD[9:].encode(), INVALID),
    **at_all("A15 unused bits", lambda index: damaged(index, with_last_bits), segments=[2]),
    "A15 unused bits in the header, signed": ("HS256", sealed(f"{with_last_bits(encoded(unaligned({'alg': 'HS256'})))}.{BODY}"), INVALID),
    "A15 unused bits in the payload, signed": ("HS256", sealed(f"{HEAD}.{with_last_bits(encoded(unaligned(claims())))}"), INVALID),
    "A15 one character too many, signed": ("HS256", sealed(f"{HEAD}.{b64(text_of(claims()).ljust(300))}A"), INVALID),
    **both("A16 byte order mark", lambda value: b"\xef\xbb\xbf" + text_of(value)),
    **{key: case for name in ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"] for key, case in
       both(f"A16 {name}", lambda value, name=name: json.dumps(value).encode(name)).items()},
    **both("A16 stray byte", closing(b', "x": "\xff"')),
    **both("A16 cut character", closing(b', "x": "\xc3"')),
    **both("A16 overlong slash", closing(b', "x": "\xc0\xaf"')),
    **both("A16 overlong NUL", closing(b', "x": "\xc0\x80"')),
    **both("A16 surrogate as UTF-8", closing(b', "x": "\xed\xa0\x80"')),
    **both("A16 beyond Unicode", closing(b', "x": "\xf4\x90\x80\x80"')),
    **both("A16 lone surrogate", closing(b', "x": "\\ud800"')),
    **both("A16 surrogates the wrong way round", closing(b', "x": "\\ude42\\ud83d"')),
    **both("A17 text behind", lambda value: text_of(value) + b"x"),
    **both("A17 NUL behind", lambda value: text_of(value) + b"\0"),
    **both("A17 second value", lambda value: text_of(value) * 2),
    **both("A17 comment", closing(b"/* */")),
    **both("A17 line comment", lambda value: b"// x\n" + text_of(value)),
    **both("A17 comma at the end", closing(b",")),
    **both("A17 array", lambda value: text_of([value])),
    **both("A17 text", lambda value: b'"text"'),
    **both("A17 null", lambda value: b"null"),
    **both("A17 nothing but a blank", lambda value: b" "),
    **both("A17 line break in a text", closing(b', "x": "\n"')),
    **both("A17 unknown escape", closing(b', "x": "\\x41"')),
    **{key: case for literal in ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "1.", "0x1", "1e", "True", "undefined", "- 1"]
       for key, case in both(f"A17 {literal}", closing(f', "x": {literal}'.encode())).items()},
    **both("A18 deep arrays", closing(b', "x": ' + b"[" * 1000 + b"]" * 1000)),
    **both("A18 deep arrays that never end", lambda value: b"[" * 2000),
    **both("A18 deep objects", closing(b', "x": ' + b'{"a":' * 400 + b"1" + b"}" * 400)),
    **both("A18 33 levels", closing(b', "x": ' + b"[" * 32 + b"]" * 32)),
    **both("A18 many names", closing(b"".join(b', "%x": 1' % index for index in range(500)))),
    **both("A18 50 000 names", closing(b"".join(b', "%x": 1' % index for index in range(50_000)))),
    **both("A18 many values", closing(b', "x": [' + b"1," * 2500 + b"1]")),
    **both("A18 half a megabyte", closing(b', "x": "' + b"x" * (1 << 19) + b'"')),
    **both("A18 long number", closing(b', "x": ' + LONG_NUMBER.encode())),
    "A18 a signature of half a megabyte": ("HS256", f"{HEAD}.{BODY}.{'A' * (1 << 19)}", INVALID),
    "A18 dots": ("HS256", "." * 5000, INVALID),
    **{
        f"A19 {name} {value[:24]}": ("HS256", token(payload=raw(**{name: value})), INVALID)
        for name in TIMES
        for value in [f'"{NOW + 999}"', "true", "false", "null", "[]", "{}", f"[{NOW + 999}]", "NaN", "1e400", "-1e400",
                      str(2**63), str(2**64), "1e308", LONG_NUMBER, "0x7fffffff", "1_000"]
    },
    "A19 exp in the year 10000": ("HS256", token(payload=raw(exp="253402300800")), INVALID),
    "A19 exp in the year 10000, as a fraction": ("HS256", token(payload=raw(exp="2.534023008e11")), INVALID),
    "A19 exp of -1": ("HS256", token(payload=raw(exp="-1")), EXPIRED),
    "A19 exp of -0": ("HS256", token(payload=raw(exp="-0")), EXPIRED),
    "A19 exp of 1e-400": ("HS256", token(payload=raw(exp="1e-400")), EXPIRED),
    "A19 exp just over": ("HS256", token(payload=raw(exp=f"{NOW - 1}.999999")), EXPIRED),
    "A19 nbf in the future": ("HS256", good("HS256", nbf=NOW + 3000), INVALID),
    "A19 iat in the future": ("HS256", good("HS256", iat=NOW + 3000), INVALID),
    "A19 no exp": ("HS256", good("HS256", exp=None), NO_EXPIRY),
    "A21 long life where it is bounded": ("bounded", token(payload=claims(iat=NOW - 9 * 3600, exp=NOW + 3600)), INVALID),
    "A21 for ever where it is bounded": ("bounded", good("bounded", exp=253402300799), INVALID),
    "A21 no iat where life is bounded": ("bounded", good("bounded", iat=None), INVALID),
    **{
        f"A22 aud {name}": ("aimed", token(payload=raw(aud=value, iss='"https://id.test/"')), INVALID)
        for name, value in {
            "longer": '"chat-admin"', "shorter": '"cha"', "list of longer ones": '["chat-admin", "chatter"]', "in capitals": '"CHAT"',
            "object": '{"chat": 1}', "number": "5", "true": "true", "null": "null", "empty": '""', "empty list": "[]",
            "list in a list": '[["chat"]]', "list with a number": '["chat", 5]', "list with null": '["chat", null]', "with a blank": '"chat "',
            "words": '"x chat"', "with NUL": '"chat\\u0000"', "wide letters": '"\\uff43hat"',
        }.items()
    },
    "A22 no aud": ("aimed", good("aimed", aud=None), INVALID),
    **{
        f"A23 iss {name}": ("aimed", token(payload=raw(aud='"chat"', iss=value)), INVALID)
        for name, value in {
            "array": '["https://id.test/"]', "without the slash": '"https://id.test"', "that goes on": '"https://id.test/evil"',
            "in capitals": '"HTTPS://ID.TEST/"', "with a user": '"https://id.test/@evil.test"', "object": '{"https://id.test/": 1}',
            "null": "null", "empty": '""', "with a blank": '" https://id.test/"', "with NUL": '"https://id.test/\\u0000"',
            "beginning": '"https://id"', "other scheme": '"http://id.test/"',
        }.items()
    },
    "A23 no iss": ("aimed", good("aimed", iss=None), INVALID),
    **{
        f"A24 {name}": ("HS256", token(payload=raw(token_type=value)), WRONG_TYPE)
        for name, value in {
            "refresh": '"refresh"', "sliding": '"sliding"', "in capitals": '"ACCESS"', "list": '["access"]', "null": "null",
            "true": "true", "empty": '""', "with a blank": '"access "', "with NUL": '"access\\u0000"', "object": '{"access": 1}',
        }.items()
    },
    "A24 no type": ("HS256", good("HS256", token_type=None), NO_TYPE),
    "A24 no id": ("HS256", good("HS256", jti=None), NO_ID),
    "A24 other typ": ("typed", token({"alg": "HS256", "typ": "at+jwt"}), INVALID),
    "A24 no typ": ("typed", token({"alg": "HS256"}), INVALID),
    **{
        f"A25 user {name}": ("HS256", token(payload=raw(user_id=value)), NO_USER)
        for name, value in {
            "true": "true", "false": "false", "1.0": "1.0", "1e0": "1e0", "-1": "-1", "-0": "-0", "null": "null", "list": '["1"]',
            "object": '{"id": "1"}', "empty": '""', "blank": '" "', "in blanks": '" 1 "', "blank behind": '"1 "', "tab": '"\\t1"',
            "Arabic digit": '"\\u0661"', "wide digits": '"\\uff11"', "wide digit in a number": '"1\\uff11"', "no-break blank": '"\\u00a01"', "NUL": '"1\\u0000"',
            "CRLF": '"1\\r\\nX-Admin: 1"', "LF": '"1\\nX-Admin: 1"', "DEL": '"1\\u007f"', "NEL": '"1\\u0085"', "256 letters": '"' + "x" * 256 + '"',
        }.items()
    },
    "A25 no user": ("HS256", good("HS256", user_id=None), NO_USER),
    "A36 id that is revoked": ("revoking", good("revoking", jti="gone"), REVOKED),
    "A36 id that no list can name": ("revoking", good("revoking", jti=""), INVALID),
    "A36 no id": ("revoking", good("revoking", jti=None), NO_ID),
}  # fmt: skip


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("case", ATTACKS)
def test_attack_is_stopped_and_the_good_token_is_not(gateway_of, backend, case, what):
    kind, attack, answer = ATTACKS[case]
    gateway = gateway_of(kind)
    assert_stopped(gateway, what, attack, backend, answer)
    assert_passes(gateway, what, good(kind), backend)


def test_every_numbered_attack_is_there():
    """Of A1 to A27, those that are accepted or are about several tokens have tests of their own below."""
    own = {6, 8, 20, 26, 27}
    assert {int(re.match(r"A(\d+) ", name)[1]) for name in ATTACKS} == set(range(1, 28)) - own | {36}


# What only looks like an attack: kind, token, user.

LOOKS_BAD = {
    "A6 twin of a signature": ("ES256", es256(lambda r, s: two(r, N - s)), "1"),
    **{
        f"A7 kid {name}": ("HS256", header(kid=value), "1")
        for name, value in {
            "of a path": "../../dev/null", "of SQL": "' OR 1=1 --", "with NUL": "a\0b", "with CRLF": "a\r\nX-Admin: 1", "empty": "",
            "of a URL": "https://evil.test/key", "of 256 bytes": "k" * 256, "of a command": "$(id)|id", "of Unicode": "schl\u00fcssel",
        }.items()
    },
    **{
        f"A9 {name} that is not looked at": ("RS256", token({"alg": "RS256"} | member, sign=SIGNERS["RS256"]), "1")
        for name, member in {"jwk": {"jwk": forge.jwk(THEIR_RSA)}, "x5c": {"x5c": ["AAAA"]}, "x5t": {"x5t": 1}}.items()
    },
    "A13 equal names in different objects": ("HS256", token(payload=raw(x='{"user_id": "2", "y": {"user_id": 3}}')), "1"),
    "A17 blanks around": ("HS256", token(b' {"alg" : "HS256" } ', b" \r\n\t" + json.dumps(claims()).encode() + b"\n"), "1"),
    "A18 31 levels": ("HS256", token(payload=raw(x="[" * 31 + "]" * 31)), "1"),
    "A19 nbf and iat of -1": ("HS256", token(payload=raw(nbf="-1", iat="-1")), "1"),
    "A19 last second of 9999": ("HS256", good("HS256", exp=253402300799), "1"),
    "A20 fraction": ("HS256", token(payload=raw(exp=f"{NOW + 3000}.75")), "1"),
    "A20 exponent": ("HS256", token(payload=raw(exp="2.5e10")), "1"),
    "A20 nbf with a fraction": ("HS256", token(payload=raw(nbf=f"{NOW}.0000001")), "1"),
    "A21 long ago and for long": ("HS256", good("HS256", iat=1, exp=253402300799), "1"),
    "A21 as long as may be": ("bounded", token(payload=claims(iat=NOW - 3600, exp=NOW + 3600)), "1"),
    "A22 one of several": ("aimed", good("aimed", aud=["x", "chat"]), "1"),
    "A22 not asked for": ("HS256", good("HS256", aud={"x": 1}), "1"),
    "A25 text": ("HS256", good("HS256", user_id="a:b,c;d"), "a:b,c;d"),
    "A25 number": ("HS256", good("HS256", user_id=7), "7"),
    "A25 text with a blank": ("HS256", good("HS256", user_id="a b"), "a%20b"),
    "A25 text beyond ASCII": ("HS256", good("HS256", user_id="J\u00f6rg"), "J%C3%B6rg"),
    "A25 text that looks encoded": ("HS256", good("HS256", user_id="%31"), "%2531"),
}  # fmt: skip


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("case", LOOKS_BAD)
def test_good_token_passes_however_it_looks(gateway_of, backend, case, what):
    kind, text, user = LOOKS_BAD[case]
    gateway = gateway_of(kind)
    assert_passes(gateway, what, text, backend, user)
    cut = text[:-12] + ("A" * 12 if not text.endswith("A" * 12) else "B" * 12)
    assert_stopped(gateway, what, cut, backend, INVALID)


def test_simplejwt_takes_what_only_looks_like_an_attack():
    """Or the cases above would be a hole."""
    for kind in {kind for kind, _, _ in LOOKS_BAD.values()}:
        alike = {name: text for name, (theirs, text, user) in LOOKS_BAD.items() if theirs == kind and user == "1"}
        for name, theirs in zip(alike, judge(KINDS[kind], list(alike.values()))):
            assert (theirs["verdict"], theirs["user"]) == ("accepted", 1), (name, theirs)


def test_twins_are_one_user_and_one_id(gateway_of, gateways, backend):
    """A6: what is known of a token must not hang on how its signature is written."""
    gateway = gateway_of("ES256")
    said = claims()
    sign = forge.ec_signer(EC, lambda r, s: two(r, s))
    first = token({"alg": "ES256"}, said, sign)
    r, s = forge.decode_dss_signature(encode_dss_signature(*(
        int.from_bytes(base64.urlsafe_b64decode(part(first, 2) + "==")[place:place + 32]) for place in (0, 32)
    )))  # fmt: skip
    twin = f"{first.rsplit('.', 1)[0]}.{b64(two(r, N - s))}"
    assert twin != first
    for text in [first, twin, first, twin]:
        assert_passes(gateway, "request", text, backend)
    list_of = gateways.folder / "list.json"
    list_of.write_text("{}")
    gateway = gateways.start(
        ROUTES, backend.port, SIMPLE_JWT=KINDS["ES256"], tokens={"revocation": {"file": list_of.name, "refresh": "1s"}}
    )  # fmt: skip
    assert_passes(gateway, "request", first, backend)
    list_of.write_text(json.dumps({"jti": [{"jti": said["jti"]}]}))
    until(lambda: ask(gateway.port, "/x", [bearer(first)]).status == 401, "the list to be read")
    backend.take_all()
    for text in [first, twin]:
        assert_stopped(gateway, "request", text, backend, REVOKED)
        assert_stopped(gateway, "socket", text, backend, REVOKED)


@pytest.mark.parametrize("kind, signer", [("RS256", THEIR_RSA), ("HS256", None)])
@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "kid", "iss"])
def test_no_address_in_a_token_is_ever_visited(gateway_of, backend, kind, signer, member):
    """A8"""
    keys = json.dumps({"keys": [forge.jwk(THEIR_RSA, kid="1")]}).encode()
    site = Recorder(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(keys), keys))
    gateway = gateway_of(kind)
    try:
        for url in [f"http://127.0.0.1:{site.port}/keys", f"https://127.0.0.1:{site.port}/keys", "file:///etc/passwd", "http://169.254.169.254/"]:
            head = {"alg": kind, "kid": "1", member: {"jku": url} if member == "jwk" else url}
            theirs = token(head, sign=forge.rsa_signer(signer) if signer else mac("k"))
            assert_stopped(gateway, "request", theirs, backend, INVALID)
            assert_passes(gateway, "request", token(head, sign=SIGNERS[kind]), backend)
        assert site.connections == []
    finally:
        site.stop()


NAMES = {
    "CRLF": "a\r\nX-Admin: 1", "LF": "a\nX-Admin: 1", "CR": "a\rX-Admin: 1", "NUL": "a\0b", "VT": "a\x0bb", "FF": "a\x0cb",
    "FS": "a\x1cb", "RS": "a\x1eb", "DEL": "a\x7fb", "NEL": "a\x85b", "Aring": "\u00c5", "line separator": "a\u2028b",
    "emoji": "\U0001f642", "fold": "a\r\n b", "percent": "100%0a", "blank": " a ", "comma": "a,b", "quotes": '"a"\\',
}  # fmt: skip


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("name", NAMES)
def test_claim_never_breaks_out_of_its_header(gateway_of, backend, name, what):
    """A26: a value arrives as visible ASCII or not at all, and every line is one that was meant."""
    gateway = gateway_of("HS256")
    arrived = assert_passes(gateway, what, good("HS256", name=NAMES[name]), backend)
    plain = assert_passes(gateway, what, good("HS256", name="plain"), backend)
    names = [field.lower() for field, _ in arrived.fields]
    assert set(names) <= {field.lower() for field, _ in plain.fields} and len(names) == len(set(names))
    for field, value in [("X-Name", NAMES[name]), ("X-All", json.dumps(NAMES[name]))]:
        line = re.search(rb"(?im)^%b: (.*)\r$" % field.encode(), arrived.head)
        assert line is None or re.fullmatch(rb"[!-~]+", line[1])
        if field == "X-Name":
            assert (line is None) == ("\0" in value)
            assert line is None or urllib.parse.unquote(line[1].decode()) == value
        else:
            assert line is None or json.loads(urllib.parse.unquote(line[1].decode())) == NAMES[name]


# A27: several tokens at once

FIRST, SECOND, BAD = good("HS256"), good("HS256", user_id="2"), token(sign=mac(tokens.OTHER_KEY))
#: Query, header lines, what the client is told, or None: it is one token.
SEVERAL_TOKENS = {
    "header and query": (f"token={SECOND}", [bearer(FIRST)], SEVERAL),
    "good header, bad query": (f"token={BAD}", [bearer(FIRST)], SEVERAL),
    "bad header, good query": (f"token={FIRST}", [bearer(BAD)], SEVERAL),
    "twice in the query": (f"token={FIRST}&token={SECOND}", [], SEVERAL),
    "bad one first": (f"token={BAD}&token={FIRST}", [], SEVERAL),
    "bad one last": (f"token={FIRST}&x=1&token={BAD}", [], SEVERAL),
    "escaped name": (f"token={FIRST}&t%6fken={SECOND}", [], SEVERAL),
    "empty one beside it": (f"token={FIRST}&token=", [], SEVERAL),
    "two lines": ("", [bearer(FIRST), bearer(SECOND)], SEVERAL),
    "two lines, one bad": ("", [bearer(BAD), bearer(FIRST)], SEVERAL),
    "another scheme beside it": ("", [("Authorization", "Basic YTpi"), bearer(FIRST)], SEVERAL),
    "comma in one line": ("", [("Authorization", f"Bearer {FIRST}, Bearer {SECOND}")], TWO_WORDS),
    "two words": ("", [("Authorization", f"Bearer {FIRST} {SECOND}")], TWO_WORDS),
    "no word": ("", [("Authorization", "Bearer")], TWO_WORDS),
    "joined by a comma": ("", [("Authorization", f"Bearer {FIRST},{SECOND}")], INVALID),
    "the same one everywhere": (f"token={FIRST}&token={FIRST}", [bearer(FIRST), bearer(FIRST)], None),
    "the same one, escaped": (f"token={FIRST.replace('.', '%2e')}", [bearer(FIRST)], None),
}  # fmt: skip


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("case", SEVERAL_TOKENS)
def test_several_tokens_are_never_whichever_is_good(gateway_of, backend, case, what):
    query, headers, answer = SEVERAL_TOKENS[case]
    gateway = gateway_of("HS256")
    tokens.issued.update([FIRST, SECOND, BAD])
    target = ("/ws/" if what == "socket" else "/x") + ("?" + query if query else "")
    if answer and what == "socket":
        assert_closed(gateway.port, target, answer, headers)
    elif answer:
        assert_refused(ask(gateway.port, target, headers), answer)
    elif what == "socket":
        assert_opened(gateway.port, target, headers)
    else:
        assert ask(gateway.port, target, headers).status == 200
    if answer:
        assert backend.take_all() == []
        assert_passes(gateway, what, FIRST, backend)
    else:
        arrived = backend.take()
        assert arrived.all("X-User-Id") == ["1"] and arrived.head.count(FIRST.encode()) == 1


# A28: what a client sees of its token, and what others see

PLACES = {
    "unknown path": (lambda text: (f"/no/{text}", [])),
    "end of a path": (lambda text: (f"/x{text}/y", [])),
    "path with its dots escaped": (lambda text: ("/no/" + text.replace(".", "%2E"), [])),
    "path that is refused": (lambda text: (f"/x/../{text}", [])),
    "path that is malformed": (lambda text: (f"/x/%zz/{text}", [])),
    "query": (lambda text: (f"/x?token={text}x", [])),
    "other parameter": (lambda text: (f"/x?access_token={text}", [])),
    "header that is malformed": (lambda text: ("/x", [("Authorization", f"Bearer {text} x")])),
    "name of a header": (lambda text: ("/x", [(text, "x")])),
    "name that is none": (lambda text: ("/x", [(f"{text} x", "x")])),
    "bad token": (lambda text: ("/x", [("Authorization", f"Bearer {text}x")])),
}


@pytest.fixture(scope="module")
def watched(module_gateways, module_upstream):
    routes = [{"path": "x", "auth": "required", "tokens": {"sources": ["header", "query"]}}]
    admin = free_port()
    gateway = module_gateways.start(
        routes, module_upstream.port, admin={"address": f"127.0.0.1:{admin}"}, logs={"level": "debug", "access": "on"}
    )  # fmt: skip
    gateway.admin = admin
    return gateway


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_token_is_not_shown_to_anybody(watched, backend, place, accept):
    text, gateway = tokens.remember(good("HS256")), watched
    target, headers = PLACES[place](text)
    mark = gateway.mark()
    response = ask(gateway.port, target, [*headers, ("Accept", accept)])
    assert response.status in (400, 401, 404), response
    gateway.wait_for(rf"\b{response.status}\b", after=mark)
    seen = response.head + response.body + get(gateway.admin, "/metrics").body + "\n".join(gateway.lines[mark:]).encode()
    for piece in text.split("."):
        assert piece[-16:].encode() not in seen
    assert backend.take_all() == []


# A29: what becomes of a verified token

FORWARDING = {
    "normalize": (lambda text: [f"Bearer {text}"], "a=1"),
    "keep": (lambda text: [], "a=1&token={}"),
    "strip": (lambda text: [], "a=1"),
}


@pytest.mark.parametrize("forward", FORWARDING)
def test_verified_token_goes_where_the_settings_say(gateways, backend, forward):
    gateway = gateways.start(ROUTES, backend.port, tokens={"forward": forward})
    text = tokens.remember(good("HS256"))
    lines, query = FORWARDING[forward]
    assert_opened(gateway.port, f"/ws/?a=1&token={text}")
    arrived = backend.take()
    assert arrived.all("Authorization") == lines(text)
    assert arrived.target == f"/ws/?{query.format(text)}"


# A30, A31: keys that the configuration takes only with a word, or not at all


def checked(folder, algorithm, key, **options):
    field = "SIGNING_KEY" if algorithm.startswith("HS") else "VERIFYING_KEY"
    (folder / "key").write_bytes(key if isinstance(key, bytes) else key.encode())
    text = settings(
        1, 2, [{"path": "x", "auth": "required"}], SIMPLE_JWT={"ALGORITHM": algorithm, field: {"file": "key"}}, **options
    )  # fmt: skip
    (folder / "gateway.yaml").write_text(text)
    return command("check", folder / "gateway.yaml")


WEAK = {
    "short": (b"abc", "the secret has 3 bytes"),
    "31 bytes": (b"x" * 31, "the secret has 31 bytes"),
    "Django's own": (b"django-insecure-" + b"x" * 50, "Django made for development|startproject"),
}


@pytest.mark.parametrize("name", WEAK)
def test_weak_secret_is_pointed_at(tmp_path, name):
    """A30"""
    secret, words = WEAK[name]
    result = checked(tmp_path, "HS256", secret)
    assert result.returncode == 0 and re.search(f"(?m)^notice: .*({words})", result.stdout + result.stderr), result
    strong = checked(tmp_path, "HS256", b"x" * 64)
    assert strong.returncode == 0 and "notice: " not in strong.stdout + strong.stderr, strong


def rsa_jwk(n=None, e=65537):
    n = n or RSA.public_key().public_numbers().n
    return json.dumps({"kty": "RSA", "n": b64(n.to_bytes((n.bit_length() + 7) // 8)), "e": b64(e.to_bytes(4).lstrip(b"\0"))})


def ec_jwk(**changes):
    return json.dumps(forge.jwk(EC) | changes)


MODULUS = RSA.public_key().public_numbers().n
UNFIT = {
    "RSA of 1024 bits": ("RS256", rsa_jwk(MODULUS >> 1024 | 1), "has 1024 bits, at least 2048"),
    "RSA of 2047 bits": ("RS256", rsa_jwk(MODULUS >> 1 | 1), "has 2047 bits, at least 2048"),
    "RSA of 16 384 bits": ("RS256", rsa_jwk((1 << 16383) + 1), "at most 8192"),
    "RSA with exponent 1": ("RS256", rsa_jwk(e=1), "exponent must be odd"),
    "RSA with an even exponent": ("RS256", rsa_jwk(e=65536), "exponent must be odd"),
    "RSA with an even modulus": ("RS256", rsa_jwk(MODULUS - 1), "modulus is even"),
    "point off the curve": ("ES256", ec_jwk(y=forge.jwk(EC)["x"]), "does not lie on its curve"),
    "point at zero": ("ES256", ec_jwk(x=b64(bytes(32)), y=b64(bytes(32))), "does not lie on its curve"),
    "coordinate that is short": ("ES256", ec_jwk(x=b64(bytes(31))), "“x” is missing or not what it should be"),
    "another curve": ("ES256", forge.public(THEIR_EC), "needs a key on the curve"),
    "low order": ("EdDSA", json.dumps({"kty": "OKP", "crv": "Ed25519", "x": b64(bytes([1]) + bytes(31))}), "of small order"),
    "point of zeros": ("EdDSA", json.dumps({"kty": "OKP", "crv": "Ed25519", "x": b64(bytes(32))}), "of small order"),
    "private key": ("RS256", forge.private_pem(RSA), "this is a private key"),
    "private EC key": ("ES256", forge.private_pem(EC), "this is a private key"),
    "private JWK": ("EdDSA", json.dumps(forge.jwk(ED, d=b64(b"d" * 32))), "private member"),
    "private key in a set": ("ES256", json.dumps({"keys": [forge.jwk(EC), forge.jwk(EC, d="AAAA")]}), "private member"),
    "RSA for ES256": ("ES256", forge.public(RSA), "needs a key of type EC"),
    "PEM as a secret": ("HS256", forge.public(RSA), "an HS algorithm needs a random secret"),
    "certificate as a secret": ("HS256", certificate(RSA), "an HS algorithm needs a random secret"),
    "JWK as a secret": ("HS256", json.dumps(forge.jwk(EC)), "an HS algorithm needs a random secret"),
    "secret as a public key": ("RS256", tokens.KEY, "not a PEM key"),
    "empty set": ("RS256", '{"keys": []}', "there is no key"),
    "set of others": ("RS256", json.dumps({"keys": [forge.jwk(EC)]}), "no key can be used"),
    "101 keys": ("RS256", json.dumps({"keys": [{"kty": "RSA"}] * 101}), "at most 100"),
    "10 000 keys": ("RS256", json.dumps({"keys": [{"kty": "RSA"}] * 10_000}), "not a JSON Web Key Set"),
    "key for encrypting": ("RS256", json.dumps(forge.jwk(RSA, use="enc")), "not for signatures"),
    "key that does not verify": ("RS256", json.dumps(forge.jwk(RSA, key_ops=["wrapKey"])), "not for verifying"),
    "key of another algorithm": ("RS256", json.dumps(forge.jwk(RSA, alg="RS512")), "not among the allowed"),
    "key whose algorithm does not fit": ("RS256", json.dumps(forge.jwk(RSA, alg="ES256")), "needs a key of another type"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_unfit_key_is_refused_when_the_settings_are_read(tmp_path, name):
    """A31, and A32 as far as files are concerned"""
    algorithm, key, words = UNFIT[name]
    result = checked(tmp_path, algorithm, key)
    said = result.stdout + result.stderr
    assert result.returncode == 1 and words in said, result
    for line in (key if isinstance(key, str) else key.decode()).splitlines():
        assert len(line) < 40 or line[8:40] not in said
    fit = {"RS": RSA, "ES": EC, "Ed": ED}.get(algorithm[:2])
    assert checked(tmp_path, algorithm, forge.public(fit) if fit else tokens.KEY).returncode == 0


SKIPPED = {
    "for encrypting": {"use": "enc"},
    "that do not verify": {"key_ops": ["sign"]},
    "of another algorithm": {"alg": "RS512"},
    "of the name of one before": {"kid": "ours"},
}


@pytest.mark.parametrize("name", SKIPPED)
def test_unfit_keys_of_a_set_are_passed_over(gateways, backend, tmp_path, name):
    """A32: what the others of the set sign is refused, what ours signs is not."""
    keys = [forge.jwk(RSA, kid="ours"), forge.jwk(THEIR_RSA, **({"kid": "theirs"} | SKIPPED[name]))]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": keys}))
    gateway = gateways.start(ROUTES, backend.port, SIMPLE_JWT={"ALGORITHM": "RS256", "VERIFYING_KEY": {"file": "keys.json"}})
    for kid in ["theirs", "ours", None]:
        head = {"alg": "RS256"} | ({"kid": kid} if kid else {})
        assert_stopped(gateway, "request", token(head, sign=forge.rsa_signer(THEIR_RSA)), backend, INVALID)
    assert_passes(gateway, "request", token({"alg": "RS256", "kid": "ours"}, sign=SIGNERS["RS256"]), backend)


@pytest.mark.parametrize("url", ["http://id.test/keys", "ftp://id.test/keys", "https://user:pass@id.test/keys", "keys.json", "https://id.test/k#x"])
def test_keys_are_not_fetched_from_where_others_can_change_them(tmp_path, url):
    """A32"""
    text = settings(1, 2, [{"path": "x"}], SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": url})
    (tmp_path / "gateway.yaml").write_text(text)
    result = command("check", tmp_path / "gateway.yaml")
    assert result.returncode == 1 and "SIMPLE_JWT.JWK_URL" in result.stdout + result.stderr, result


# A34: nothing tells one reason from another


def test_refusals_of_forged_tokens_are_one_answer(gateway_of, backend):
    gateway = gateway_of("HS256")
    answers = set()
    for kind, attack, answer in ATTACKS.values():
        if kind == "HS256" and answer is INVALID and len(attack) < 9000:
            target, headers = carried("request", attack)
            response = ask(gateway.port, target, headers)
            lines = [line for line in response.fields if line[0] not in ("date", "x-request-id")]
            answers.add((response.status, response.reason, str(lines), response.body))
    assert len(answers) == 1
    assert backend.take_all() == []


# A18: what it costs


def test_bombs_leave_no_memory_behind(gateway_of, backend):
    gateway = gateway_of("HS256")
    bombs = [attack for name, (_, attack, _) in ATTACKS.items() if name.startswith("A18") and isinstance(attack, str)]

    def send_all():
        for bomb in bombs:
            assert_stopped(gateway, "request", bomb, backend, INVALID)

    send_all()
    before = gateway.resident_bytes()
    for _ in range(5):
        send_all()
    assert gateway.resident_bytes() - before < 8 << 20
