"""For WebSockets: Channels, or any other ASGI application."""

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from tollgate.assertion import claims_of, folded, identity_of, keys, user_of
from tollgate.conf import setting


class AssertionMiddleware:
    """Sets `scope["user"]` to the user that the gateway vouches for, `scope["assertion"]` to its claims.

    Identity headers that nobody vouches for are gone from `scope["headers"]`. Stands where `AuthMiddlewareStack` or a middleware
    that reads tokens would. The gateway closes the socket when the user's token ends; `exp` of the assertion is long over then.
    """

    def __init__(self, application):
        keys()
        self.application = application

    async def __call__(self, scope, receive, send):
        if "headers" not in scope:  # lifespan
            return await self.application(scope, receive, send)
        headers, claims = proved(scope["headers"])
        user = await database_sync_to_async(user_of)(claims) if claims else AnonymousUser()
        return await self.application(dict(scope, headers=headers, user=user, assertion=claims), receive, send)


def proved(headers):
    """The headers with only those identity headers that are vouched for, and the claims that do so."""
    assertion, unproved = folded(setting("HEADER")), {folded(name) for name in setting("IDENTITY_HEADERS")}
    named = [(folded(name.decode("latin-1")), name, value) for name, value in headers]
    claims = claims_of([value.decode("latin-1") for known, _, value in named if known == assertion])
    kept = [(name, value) for known, name, value in named if known not in unproved]
    return kept + [(name.lower().encode(), value.encode()) for name, value in identity_of(claims).items()], claims
