"""Writes tokens.json beside it: tokens and key sets as PyJWT, joserfc, authlib and djangorestframework-simplejwt make them.

    pip install PyJWT[crypto] joserfc authlib djangorestframework-simplejwt time-machine
    python make_fixtures.py

The keys are made anew on each run. The private halves of those under "keys" are not kept; those under "signing" are there
to be read and signed with by the tests, and are good for nothing else.
"""

import base64
import datetime
import importlib.metadata
import json
import pathlib
import warnings

import authlib.jose
import django
import joserfc.jwk
import joserfc.jwt
import jwt
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from django.conf import settings

warnings.simplefilter("ignore")

NOW = 1_750_000_000
SECRET = "fixture-secret-" * 6
CLAIMS = {
    "token_type": "access",
    "exp": 1_800_000_000,
    "iat": 1_740_000_000,
    "jti": "0123456789abcdef0123456789abcdef",
    "user_id": "7",
    "rooms": ["lobby", 12],
    "org": {"id": 5, "name": "Café"},
    "scope": "chat.read chat.write",
}
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]



def ec_key(curve):
    """authlib leaves out leading zeros of coordinates, which RFC 7518 section 6.2.1.2 forbids: take keys without any."""
    width = (curve.key_size + 7) // 8
    while True:
        key = ec.generate_private_key(curve)
        numbers = key.public_key().public_numbers()
        if min(numbers.x, numbers.y) >> (8 * width - 8):
            return key


KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "rsa3072": rsa.generate_private_key(65537, 3072),
    "p256": ec_key(ec.SECP256R1()),
    "secp256k1": ec_key(ec.SECP256K1()),
    "p384": ec_key(ec.SECP384R1()),
    "p521": ec_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ed448": ed448.Ed448PrivateKey.generate(),
}
ALGORITHMS = {
    "rsa": RSA_ALGORITHMS,
    "rsa3072": ["RS256", "PS512"],
    "p256": ["ES256"],
    "secp256k1": ["ES256K"],
    "p384": ["ES384"],
    "p521": ["ES512"],
    "ed25519": ["EdDSA"],
    "ed448": ["EdDSA"],
}


def public_pem(key):
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


def private_pem(key):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text(token):
    return token.decode() if isinstance(token, bytes) else token


tokens, sets = [], []


def add(maker, algorithm, key, token, kid=None):
    tokens.append({"maker": maker, "algorithm": algorithm, "key": key, "token": text(token), "kid": kid})


def add_set(maker, name, document, keys):
    """`keys`: what must come out in order, as name, algorithm (null: all that fit) and kid."""
    sets.append({"maker": maker, "name": name, "document": json.dumps(document, separators=(",", ":")), "keys": keys})


# PyJWT: keys one by one, kid and alg as the caller adds them.
def pyjwt_jwk(name):
    algorithm = ALGORITHMS[name][0]
    return jwt.get_algorithm_by_name(algorithm).to_jwk(KEYS[name].public_key(), as_dict=True)


for name, key in KEYS.items():
    for algorithm in ALGORITHMS[name]:
        add("PyJWT", algorithm, name, jwt.encode(CLAIMS, key, algorithm=algorithm, headers={"kid": name}), name)
for algorithm in ["HS256", "HS384", "HS512"]:
    add("PyJWT", algorithm, "secret", jwt.encode(CLAIMS, SECRET, algorithm=algorithm))
add_set(
    "PyJWT",
    "each key with kid and alg",
    {"keys": [dict(pyjwt_jwk(name), kid=name, alg=ALGORITHMS[name][0], use="sig") for name in KEYS]},
    [[name, ALGORITHMS[name][0], name] for name in KEYS],
)
add_set(
    "PyJWT",
    "keys without alg, use and kid",
    {"keys": [{k: v for k, v in pyjwt_jwk(name).items() if k not in ("use", "alg", "kid")} for name in KEYS]},
    [[name, None, None] for name in KEYS],
)

# joserfc: kid is the thumbprint of RFC 7638, the set mixed with keys for encryption and agreement.
joserfc_keys, expected = [], []
for name, key in KEYS.items():
    kind = {"r": joserfc.jwk.RSAKey, "p": joserfc.jwk.ECKey, "s": joserfc.jwk.ECKey, "e": joserfc.jwk.OKPKey}[name[0]]
    algorithm = ALGORITHMS[name][-1]
    private = kind.import_key(private_pem(key), {"use": "sig", "alg": algorithm})
    kid = private.thumbprint()
    header = {"alg": algorithm, "kid": kid, "typ": "at+jwt"}
    add("joserfc", algorithm, name, joserfc.jwt.encode(header, CLAIMS, private, algorithms=[algorithm]), kid)
    joserfc_keys.append(dict(private.as_dict(private=False), kid=kid))
    expected.append([name, algorithm, kid])
others = [
    dict(pyjwt_jwk("rsa"), kid="enc", use="enc", alg="RSA-OAEP"),
    {"kty": "OKP", "crv": "X25519", "kid": "x", "x": b64(bytes(range(1, 33)))},
    {"kty": "AKP", "alg": "ML-DSA-44", "kid": "pq", "pub": b64(bytes(64))},
]
add_set("joserfc", "among keys for other purposes", {"keys": others[:1] + joserfc_keys + others[1:]}, expected)

# authlib
authlib_keys, expected = [], []
for name, key in KEYS.items():
    algorithm = ALGORITHMS[name][0]
    kind = {"r": "RSA", "p": "EC", "s": "EC", "e": "OKP"}[name[0]]
    private = authlib.jose.JsonWebKey.import_key(private_pem(key), {"kty": kind})
    kid = private.thumbprint()
    token = authlib.jose.JsonWebToken([algorithm]).encode({"alg": algorithm, "kid": kid}, dict(CLAIMS), private)
    add("authlib", algorithm, name, token, kid)
    authlib_keys.append(dict(private.as_dict(is_private=False), kid=kid, key_ops=["verify"]))
    expected.append([name, None, kid])
add_set("authlib", "keys without alg, with key_ops", {"keys": authlib_keys}, expected)

# simplejwt, once for each ALGORITHM.
settings.configure(
    SECRET_KEY="x" * 50,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
)
django.setup()
from rest_framework_simplejwt.backends import TokenBackend  # noqa: E402
from rest_framework_simplejwt.tokens import AccessToken  # noqa: E402


class User:
    id = 7
    pk = 7
    password = ""


pairs = [(name, algorithm) for name in KEYS for algorithm in ALGORITHMS[name]]
pairs += [("secret", algorithm) for algorithm in ["HS256", "HS384", "HS512"]]
with time_machine.travel(datetime.datetime.fromtimestamp(NOW - 100, datetime.timezone.utc), tick=False):
    for name, algorithm in pairs:
        signing = SECRET if name == "secret" else private_pem(KEYS[name])
        verifying = "" if name == "secret" else public_pem(KEYS[name])
        AccessToken._token_backend = TokenBackend(algorithm, signing, verifying, "chat", "https://issuer.example")
        token = AccessToken.for_user(User())
        token.set_exp(lifetime=datetime.timedelta(days=365))
        add("simplejwt", algorithm, name, str(token))

# Private keys in every form.
def private_forms(name, key):
    joserfc_type = {"r": joserfc.jwk.RSAKey, "p": joserfc.jwk.ECKey, "s": joserfc.jwk.ECKey, "e": joserfc.jwk.OKPKey}[name[0]]
    jwk = joserfc_type.import_key(private_pem(key)).as_dict(private=True)
    jwk.pop("kid", None)
    pem, private, password = serialization.Encoding.PEM, serialization.PrivateFormat, serialization.BestAvailableEncryption(b"x")
    forms = {
        "public": public_pem(key),
        "jwk": json.dumps(jwk, separators=(",", ":")),
        "pkcs8": private_pem(key),
        "pkcs8_encrypted": key.private_bytes(pem, private.PKCS8, password).decode(),
    }
    if name[0] != "e":
        forms["traditional"] = key.private_bytes(pem, private.TraditionalOpenSSL, serialization.NoEncryption()).decode()
        forms["traditional_encrypted"] = key.private_bytes(pem, private.TraditionalOpenSSL, password).decode()
    if name not in ("secp256k1", "ed448"):
        forms["openssh"] = key.private_bytes(pem, private.OpenSSH, serialization.NoEncryption()).decode()
    return forms


signing = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p256": ec_key(ec.SECP256R1()),
    "secp256k1": ec_key(ec.SECP256K1()),
    "p384": ec_key(ec.SECP384R1()),
    "p521": ec_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ed448": ed448.Ed448PrivateKey.generate(),
}

result = {
    "made_with": {
        name: importlib.metadata.version(name)
        for name in ["PyJWT", "joserfc", "authlib", "djangorestframework_simplejwt", "cryptography"]
    },
    "now": NOW,
    "secret": SECRET,
    "keys": {
        name: {"pem": public_pem(key), "jwk": json.dumps(pyjwt_jwk(name), separators=(",", ":"))}
        for name, key in KEYS.items()
    },
    "signing": {name: private_forms(name, key) for name, key in signing.items()},
    "rsa1024": private_pem(rsa.generate_private_key(65537, 1024)),
    "sets": sets,
    "tokens": tokens,
}
path = pathlib.Path(__file__).with_name("tokens.json")
path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
print(path.name, path.stat().st_size, "bytes,", len(tokens), "tokens")
