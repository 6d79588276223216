"""`tollgate token` signs with every algorithm; PyJWT and the gateway's own rules are the judges."""

import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from support import tokens
from support.gateway import command, settings

RSA = rsa.generate_private_key(65537, 2048)
KEYS = {
    "RS256": RSA, "RS512": RSA, "PS256": RSA, "PS384": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()), "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()), "ES256K": ec.generate_private_key(ec.SECP256K1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(), "EdDSA 448": ed448.Ed448PrivateKey.generate(),
}  # fmt: skip
ROUTES = [{"path": "<path:rest>", "auth": "required"}]


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def jwk(name, key, **members):
    return get_default_algorithms()[name.split()[0]].to_jwk(key, as_dict=True) | members


def configured(tmp_path, algorithm, key, **changes):
    """The settings of a gateway that verifies with `key`."""
    (tmp_path / "public.pem").write_text(public_pem(key))
    block = {"ALGORITHM": algorithm, "VERIFYING_KEY": {"file": "public.pem"}, "ISSUER": "me", "AUDIENCE": ["chat", "mail"]}
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, 8000, ROUTES, SIMPLE_JWT=block, **changes))
    return file


def made(file, *arguments):
    result = command("token", "--config", file, "--user", "7", *arguments)
    assert result.returncode == 0, result.stderr
    return tokens.remember(result.stdout.strip()), result.stderr


def is_accepted(file, token):
    result = command("explain", "GET", "/x", "--config", file, "--token", token, "--json")
    said = json.loads(result.stdout)
    return said["answer"]["outcome"] == "forwarded" and said["headers"]["injected"][0]["value"] == "7"


@pytest.mark.parametrize("form", ["pem", "jwk"])
@pytest.mark.parametrize("name", KEYS)
def test_token_of_every_algorithm_is_valid(tmp_path, name, form):
    key, algorithm = KEYS[name], name.split()[0]
    file = configured(tmp_path, algorithm, key)
    secret = tmp_path / "private"
    secret.write_text(pem(key) if form == "pem" else json.dumps(jwk(name, key, kid="one")))
    token, notices = made(file, "--key", secret, "--expires", "60s", "--claim", "org=acme", "--claim", "rooms:=[7,8]")
    assert notices == ""
    claims = jwt.decode(token, key.public_key(), [algorithm], audience="chat", issuer="me")
    assert claims["user_id"] == "7" and claims["org"] == "acme" and claims["rooms"] == [7, 8]
    assert claims["token_type"] == "access" and claims["jti"] and claims["exp"] - claims["iat"] == 60
    assert jwt.get_unverified_header(token).get("kid") == (None if form == "pem" else "one")
    assert is_accepted(file, token)


def test_kid_and_type_are_as_they_are_wanted(tmp_path):
    file = configured(tmp_path, "ES256", KEYS["ES256"], tokens={"typ": ["at+jwt"]})
    secret = tmp_path / "private.json"
    secret.write_text(json.dumps(jwk("ES256", KEYS["ES256"], kid="own")))
    token, _ = made(file, "--key", secret, "--kid", "given")
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": "given", "typ": "at+jwt"}
    assert is_accepted(file, token)


def test_other_issuer_is_signed_for_by_name(tmp_path):
    partner = {"name": "partner", "ISSUER": "https://id.partner.test", "ALGORITHM": "PS256", "algorithms": ["PS256", "RS256"],
               "VERIFYING_KEY": {"file": "public.pem"}, "USER_ID_CLAIM": "sub", "TOKEN_TYPE_CLAIM": None}  # fmt: skip
    (tmp_path / "public.pem").write_text(public_pem(RSA))
    file, secret = tmp_path / "gateway.yaml", tmp_path / "private.pem"
    secret.write_text(pem(RSA))
    file.write_text(settings(8080, 8000, ROUTES, tokens={"issuers": [partner]}))
    for arguments, algorithm in [([], "PS256"), (["--algorithm", "RS256"], "RS256")]:
        token, notices = made(file, "--issuer", "partner", "--key", secret, *arguments)
        claims = jwt.decode(token, RSA.public_key(), [algorithm])
        assert claims["iss"] == "https://id.partner.test" and claims["sub"] == "7" and "user_id" not in claims
        assert notices == "" and is_accepted(file, token)
    # The settings' own SIGNING_KEY is for the default block alone.
    token, _ = made(file)
    assert jwt.decode(token, tokens.KEY, ["HS256"])["user_id"] == "7"


def test_secret_may_come_from_a_file(tmp_path):
    file, secret = tmp_path / "gateway.yaml", tmp_path / "secret"
    file.write_text(settings(8080, 8000, ROUTES))
    secret.write_text(tokens.OTHER_KEY + "\n")
    token, notices = made(file, "--key", secret)
    assert jwt.decode(token, tokens.OTHER_KEY, ["HS256"])["user_id"] == "7"
    # Which these settings do not verify with.
    assert "signature" in notices and not is_accepted(file, token)


def test_claims_given_by_hand_take_the_place_of_others(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, 8000, ROUTES))
    token, notices = made(file, "--claim", "token_type=refresh", "--claim", "exp:=5", "--claim", "jti:=null")
    claims = jwt.decode(token, tokens.KEY, ["HS256"], {"verify_exp": False, "verify_jti": False})
    assert claims["token_type"] == "refresh" and claims["exp"] == 5 and claims["jti"] is None
    assert "notice" in notices


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "RS256 signs with a private key: give it with --key FILE"),
        (["--key", "{folder}/nowhere"], "No such file"),
        (["--key", "{folder}/public.pem"], "private"),
        (["--key", "{folder}/other.pem"], ""),
        (["--key", "{folder}/encrypted.pem"], "encrypted"),
        (["--key", "{folder}/private.pem", "--algorithm", "HS256"], "the settings accept RS256"),
        (["--key", "{folder}/private.pem", "--issuer", "nobody"], "there is default"),
        (["--key", "{folder}/private.pem", "--claim", "x"], "write name=text or name:=JSON"),
        (["--key", "{folder}/private.pem", "--claim", "x:=[1,"], "not JSON"),
        (["--key", "{folder}/private.pem", "--expires", "soon"], "not a duration"),
    ],
)
def test_what_cannot_be_signed_is_told_without_keys(tmp_path, arguments, words):
    file = configured(tmp_path, "RS256", RSA)
    (tmp_path / "private.pem").write_text(pem(RSA))
    (tmp_path / "other.pem").write_text(pem(KEYS["ES256"]))
    encrypted = serialization.BestAvailableEncryption(b"word")
    (tmp_path / "encrypted.pem").write_bytes(
        RSA.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted)
    )
    result = command("token", "--config", file, "--user", "7", *[argument.format(folder=tmp_path) for argument in arguments])
    assert result.returncode not in (0, 1) and result.stdout == "" and words in result.stderr, result
    for line in pem(RSA).splitlines()[1:-1]:
        assert line not in result.stderr
