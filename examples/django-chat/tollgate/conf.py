"""The `TOLLGATE` setting. What has a namesake in the gateway's `assertion:` block must say the same there."""

from django.conf import settings

DEFAULTS = {
    # The secret (HS256 …) or the public key in PEM (RS256, ES256, EdDSA …); a list while keys are being changed.
    "KEY": None,
    "ALGORITHM": "HS256",
    "HEADER": "X-Tollgate-Assertion",
    "ISSUER": "tollgate",
    # The name of the upstream in the gateway's settings, unless `audience` says something else there.
    "AUDIENCE": None,
    # How many seconds the clocks of the two machines may differ.
    "LEEWAY": 5,
    # All of `identity:`. Requests that the gateway has not vouched for lose these headers.
    "IDENTITY_HEADERS": ["X-User-Id"],
    # `tokens: {revocation: {token: …}}` of the gateway. Without it there is no feed.
    "FEED_TOKEN": None,
    # Whether users that are not active belong to the revoked ones; for user models with the field `is_active`.
    "FEED_INACTIVE_USERS": True,
}


def setting(name):
    return getattr(settings, "TOLLGATE", {}).get(name, DEFAULTS[name])
