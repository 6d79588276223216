"""Whether a request has come through the gateway, and whose it is.

The gateway signs a short-lived token for every request and handshake of a verified user. Whoever reaches this process without
the gateway can write any `X-User-Id`, but cannot sign. A request without a good assertion is nobody's: that is what anonymous
requests look like that came through the gateway, too.
"""

import logging
from functools import lru_cache

import jwt
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured, ValidationError
from rest_framework_simplejwt.settings import api_settings

from tollgate.conf import setting

logger = logging.getLogger(__name__)

TYPE = "tollgate-assertion+jwt"


@lru_cache(maxsize=8)
def prepared(key, algorithm):
    """Read once: parsing a public key takes longer than checking a signature with it."""
    return jwt.get_algorithm_by_name(algorithm).prepare_key(key)


def keys():
    """What assertions may be signed with. To be asked when a server starts, so that a missing key is noticed then."""
    written = setting("KEY") or []
    written = [written] if isinstance(written, (str, bytes)) else written
    if not written or not setting("AUDIENCE"):
        raise ImproperlyConfigured("TOLLGATE needs KEY and AUDIENCE: whose signatures count, and for whom they are made")
    return [prepared(key, setting("ALGORITHM")) for key in written]


def claims_of(values):
    """What the assertion among a header's values says; None when it is missing or not to be believed."""
    if not values:
        return None
    failure = "comes more than once"
    if len(values) == 1:
        for key in keys():
            try:
                return verified(values[0], key)
            except (jwt.PyJWTError, ValueError) as problem:
                failure = type(problem).__name__
    # Never the token itself. Whoever has one refused tries to forge it, or the two settings disagree.
    logger.warning("assertion refused: %s", failure)
    return None


def verified(token, key):
    """The claims; an exception unless every one of them is right."""
    decoded = jwt.decode_complete(
        token,
        key,
        algorithms=[setting("ALGORITHM")],  # never what the token says
        issuer=setting("ISSUER"),
        audience=setting("AUDIENCE"),
        leeway=setting("LEEWAY"),
        options={"require": ["iss", "aud", "sub", "iat", "exp"]},
    )
    if decoded["header"].get("typ") != TYPE or not isinstance(decoded["payload"].get("identity"), dict):
        raise jwt.InvalidTokenError("another kind of token")
    return decoded["payload"]


def identity_of(claims):
    """The identity headers the gateway vouches for. Values are percent-encoded, as they are in the headers."""
    return claims["identity"] if claims else {}


def folded(name):
    """How servers and frameworks spell a header's name alike."""
    return name.lower().replace("_", "-")


def user_of(claims):
    """The active user that was vouched for, or an anonymous one. Asks the database.

    `sub_iss` says that `sub` is a user of another issuer (the gateway's `tokens.issuers`): somebody else's user 7 is not ours.
    A project that knows those users finds them here, by both.
    """
    if claims is None or "sub_iss" in claims:
        return AnonymousUser()
    try:
        user = get_user_model().objects.get(**{api_settings.USER_ID_FIELD: claims["sub"]})
    except (get_user_model().DoesNotExist, ValueError, ValidationError):
        return AnonymousUser()
    return user if user.is_active else AnonymousUser()
