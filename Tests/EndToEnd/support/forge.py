"""Tokens of any header and payload, however wrong, and signed for real where that is what makes them interesting."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from support import tokens

#: When the tests were collected; no token of the tables lives shorter than an hour from then.
NOW = int(time.time())
HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}

# Text


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded(part):
    return b64(part if isinstance(part, bytes) else json.dumps(part).encode())


# What is said


def claims(**changes):
    """Claims that stay good for the whole session; None leaves one out."""
    return tokens.claims("1", 3600, **changes)


def raw(**parts):
    """Claims whose JSON text is given literally."""
    text = json.dumps(claims(**dict.fromkeys(parts)))
    return (text[:-1] + "".join(f', "{name}": {value}' for name, value in parts.items()) + "}").encode()


def token(header=None, payload=None, sign=None):
    """A token of any header and payload, signed for real."""
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    return sealed(f"{encoded(header)}.{encoded(claims() if payload is None else payload)}", sign)


def sealed(text, sign=None):
    """The text of two segments, whatever it looks like, with its signature."""
    return f"{text}.{(sign or mac())(text)}"


def header(**fields):
    """Good but for these members of its header."""
    return token({"alg": "HS256", "typ": "JWT"} | fields)


# Who signs


def mac(key=tokens.KEY, digest=hashlib.sha256):
    key = key.encode() if isinstance(key, str) else key
    return lambda text: b64(hmac.new(key, text.encode(), digest).digest())


def rsa_signer(key, algorithm="RS256"):
    digest = HASHES[algorithm[2:]]
    pss = padding.PSS(padding.MGF1(digest()), digest.digest_size)
    return lambda text: b64(key.sign(text.encode(), pss if algorithm[0] == "P" else padding.PKCS1v15(), digest()))


def ec_signer(key, change=None, digest=hashes.SHA256):
    """`change` makes bytes of r and s; by default those of RFC 7518 section 3.4."""
    width = (key.curve.key_size + 7) // 8
    change = change or (lambda r, s: r.to_bytes(width) + s.to_bytes(width))
    return lambda text: b64(change(*decode_dss_signature(key.sign(text.encode(), ec.ECDSA(digest())))))


def ed_signer(key):
    return lambda text: b64(key.sign(text.encode()))


# Keys


def public(key, form="SubjectPublicKeyInfo", encoding="PEM"):
    """What everybody may know of a key."""
    encoding, form = getattr(serialization.Encoding, encoding), getattr(serialization.PublicFormat, form)
    return key.public_key().public_bytes(encoding, form)


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def jwk(key, **members):
    """The public key as a JSON Web Key."""
    numbers = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        n, e = numbers.public_numbers().n, numbers.public_numbers().e
        found = {"kty": "RSA", "n": b64(n.to_bytes((n.bit_length() + 7) // 8)), "e": b64(e.to_bytes(3))}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        width, point = (key.curve.key_size + 7) // 8, numbers.public_numbers()
        name = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name, key.curve.name)
        found = {"kty": "EC", "crv": name, "x": b64(point.x.to_bytes(width)), "y": b64(point.y.to_bytes(width))}
    else:
        name = {ed25519.Ed25519PrivateKey: "Ed25519", ed448.Ed448PrivateKey: "Ed448"}
        crv = next(text for kind, text in name.items() if isinstance(key, kind))
        found = {"kty": "OKP", "crv": crv, "x": b64(numbers.public_bytes_raw())}
    return found | members
