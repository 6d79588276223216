"""Who makes tokens in the world: PyJWT, joserfc, authlib and simplejwt, each with its own code for keys and signatures."""

import datetime
import json
import subprocess
import sys
import warnings

import authlib.deprecate
import joserfc.jwk
import joserfc.jwt
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from support import forge, tokens
from support.process import ENVIRONMENT

# It says that joserfc will take its place.
warnings.filterwarnings("ignore", category=authlib.deprecate.AuthlibDeprecationWarning)
import authlib.jose  # noqa: E402

RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
SECRET = "a-signing-key-of-more-than-64-bytes-so-that-every-HS-algorithm-is-content"


def ec_key(curve):
    """authlib leaves out leading zeros of coordinates, which RFC 7518 section 6.2.1.2 forbids: take keys without any."""
    while True:
        key = ec.generate_private_key(curve)
        numbers = key.public_key().public_numbers()
        if min(numbers.x, numbers.y) >> (8 * ((curve.key_size + 7) // 8) - 8):
            return key


KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p256": ec_key(ec.SECP256R1()),
    "secp256k1": ec_key(ec.SECP256K1()),
    "p384": ec_key(ec.SECP384R1()),
    "p521": ec_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "ed448": ed448.Ed448PrivateKey.generate(),
}
#: What each key is good for; `secret` is no key of these.
ALGORITHMS = {
    "secret": ["HS256", "HS384", "HS512"], "rsa": RSA_ALGORITHMS, "p256": ["ES256"], "secp256k1": ["ES256K"],
    "p384": ["ES384"], "p521": ["ES512"], "ed25519": ["EdDSA"], "ed448": ["EdDSA"],
}  # fmt: skip
PAIRS = [(algorithm, name) for name, algorithms in ALGORITHMS.items() for algorithm in algorithms]


def pem(name):
    return forge.private_pem(KEYS[name])


def public_pem(name):
    return forge.public(KEYS[name]).decode()


def certificate(name):
    """Of the key, signed by somebody, and over since long: neither is looked at."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(
        subject, subject, KEYS[name].public_key(), 1, start, start + datetime.timedelta(days=1)
    )  # fmt: skip
    signed = builder.sign(KEYS["rsa"], hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


# Tokens: algorithm, name of the key, claims, kid or None.


def by_pyjwt(algorithm, name, claims, kid=None):
    return jwt.encode(claims, SECRET if name == "secret" else KEYS[name], algorithm, headers={"kid": kid} if kid else None)


def joserfc_key(name):
    if name == "secret":
        return joserfc.jwk.OctKey.import_key(SECRET)
    kind = {"r": joserfc.jwk.RSAKey, "p": joserfc.jwk.ECKey, "s": joserfc.jwk.ECKey, "e": joserfc.jwk.OKPKey}[name[0]]
    return kind.import_key(pem(name))


def by_joserfc(algorithm, name, claims, kid=None):
    head = {"alg": algorithm} | ({"kid": kid} if kid else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # EdDSA has more exact names now
        return joserfc.jwt.encode(head, claims, joserfc_key(name), algorithms=[algorithm])


def by_authlib(algorithm, name, claims, kid=None):
    head = {"alg": algorithm} | ({"kid": kid} if kid else {})
    key = SECRET
    if name != "secret":
        kind = {"r": "RSA", "p": "EC", "s": "EC", "e": "OKP"}[name[0]]
        key = authlib.jose.JsonWebKey.import_key(pem(name), {"kty": kind})
    made = authlib.jose.JsonWebToken([algorithm]).encode(head, dict(claims), key)
    return made.decode() if isinstance(made, bytes) else made


PROGRAM = """
import json, sys, warnings
warnings.simplefilter("ignore")
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50, USE_TZ=True, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
)
django.setup()
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import AccessToken
class User:
    id = pk = 1
    password = ""
made = []
for algorithm, signing, audience, issuer in json.load(sys.stdin):
    AccessToken._token_backend = TokenBackend(algorithm, signing, "", audience, issuer)
    made.append(str(AccessToken.for_user(User())))
json.dump(made, sys.stdout)
"""


def by_simplejwt(wanted):
    """An access token of user 1 that simplejwt issues for each algorithm, name of the key, AUDIENCE and ISSUER."""
    given = [[algorithm, SECRET if name == "secret" else pem(name), *rest] for algorithm, name, *rest in wanted]
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(given), capture_output=True, text=True, timeout=60, env=ENVIRONMENT
    )
    assert result.returncode == 0, result.stderr
    return [tokens.remember(made) for made in json.loads(result.stdout)]


MAKERS = {"PyJWT": by_pyjwt, "joserfc": by_joserfc, "authlib": by_authlib}

# Key sets, as each library writes them


def pyjwt_jwk(name):
    return jwt.get_algorithm_by_name(ALGORITHMS[name][0]).to_jwk(KEYS[name].public_key(), as_dict=True)


def authlib_jwk(name):
    kind = {"r": "RSA", "p": "EC", "s": "EC", "e": "OKP"}[name[0]]
    return dict(authlib.jose.JsonWebKey.import_key(public_pem(name), {"kty": kind}).as_dict())


JWKS = {
    "PyJWT": pyjwt_jwk,
    "joserfc": lambda name: dict(joserfc_key(name).as_dict(private=False)),
    "authlib": authlib_jwk,
}
