"""Tokens as simplejwt issues them, and as nobody should. Every one made here is remembered: none may turn up in a log."""

import re
import time
import uuid

import jwt

KEY = "a-signing-key-for-the-tests-of-32-bytes-and-more"
OTHER_KEY = "quite-another-key-for-the-tests-of-32-bytes-and-more"

issued = set()


def remember(token):
    """Not what is too short to be told from other text, or so long that searching for it takes its time."""
    if len(token) < 20_000 and re.search(r"[\w-]{30}", token):
        issued.add(token)
    return token


def claims(user="1", lifetime=300, **changes):
    """The claims of an access token; a change to None leaves the claim out."""
    now = int(time.time())
    usual = {"token_type": "access", "exp": now + lifetime, "iat": now, "jti": uuid.uuid4().hex, "user_id": user}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def token(user="1", lifetime=300, key=KEY, algorithm="HS256", **changes):
    return remember(jwt.encode(claims(user, lifetime, **changes), key, algorithm))


def unsigned():
    return remember(jwt.encode(claims(), None, "none"))
