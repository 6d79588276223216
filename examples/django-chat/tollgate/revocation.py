"""Tokens that have ended before their time, and what the gateway is told of them.

The gateway polls the list (`tokens: {revocation: {url: …}}`). As soon as it has it, it refuses new requests and closes open
sockets with 4001.
"""

import time

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.settings import api_settings

from tollgate.conf import setting
from tollgate.models import RevokedToken, RevokedUser

#: How long an entry outlives its tokens, in seconds: more than clocks differ.
GRACE = 3600


def revoke_user(user):
    """Ends all tokens that a user has now. Logging in again gives tokens that are good: from the next second on, for tokens
    tell only in seconds when they were issued."""
    forget()
    name = str(getattr(user, api_settings.USER_ID_FIELD))
    RevokedUser.objects.update_or_create(user=name, defaults={"issued_before": int(time.time()) + 1})


def revoke_token(token):
    """Ends one of simplejwt's tokens."""
    forget()
    RevokedToken.objects.update_or_create(jti=token[api_settings.JTI_CLAIM], defaults={"expires": token["exp"]})


def is_revoked(token):
    """Whether one of simplejwt's tokens has ended so: for what does not pass the gateway's check, such as refreshing."""
    claims = token.payload
    if RevokedToken.objects.filter(jti=claims.get(api_settings.JTI_CLAIM)).exists():
        return True
    name = str(claims.get(api_settings.USER_ID_CLAIM))
    return RevokedUser.objects.filter(user=name, issued_before__gt=claims.get("iat", 0)).exists()


def document():
    """The list as the gateway reads it; equal as long as nothing changes."""
    issuer = {"iss": api_settings.ISSUER} if api_settings.ISSUER else {}
    tokens = [
        {"jti": jti, "exp": expires} | issuer
        for jti, expires in RevokedToken.objects.filter(expires__gt=horizon()).order_by("jti").values_list("jti", "expires")
    ]
    bounds = dict(RevokedUser.objects.filter(issued_before__gt=user_horizon()).values_list("user", "issued_before"))
    users = {name: {"user": name, "issued_before": bound} | issuer for name, bound in bounds.items()}
    if setting("FEED_INACTIVE_USERS"):
        inactive = get_user_model().objects.filter(is_active=False).values_list(api_settings.USER_ID_FIELD, flat=True)
        users |= {name: {"user": name} | issuer for name in map(str, inactive)}
    return {"jti": tokens, "users": [users[name] for name in sorted(users)]}


def horizon():
    """Tokens that ended before this moment are over everywhere."""
    return int(time.time()) - GRACE


def user_horizon():
    """No token that was issued before this moment is alive."""
    longest = max(api_settings.REFRESH_TOKEN_LIFETIME, api_settings.ACCESS_TOKEN_LIFETIME)
    return horizon() - int(longest.total_seconds())


def forget():
    """Deletes what does not matter any more."""
    RevokedToken.objects.filter(expires__lte=horizon()).delete()
    RevokedUser.objects.filter(issued_before__lte=user_horizon()).delete()
