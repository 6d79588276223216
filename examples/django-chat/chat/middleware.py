"""The drop-in case: this backend finds and checks tokens itself and does not know that a gateway is in front of it."""

from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken


@database_sync_to_async
def user_of(token):
    try:
        return get_user_model().objects.get(id=AccessToken(token)["user_id"])
    except (TokenError, KeyError, ValueError, get_user_model().DoesNotExist):
        return None


def token_in(scope):
    """The token of a handshake: the Authorization header if there is one, else `token` in the query."""
    for name, value in scope["headers"]:
        if name == b"authorization" and value.startswith(b"Bearer "):
            return value.decode("latin-1").removeprefix("Bearer ").strip()
    for pair in scope["query_string"].decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if name == "token":
            return value
    return ""


class TokenMiddleware(BaseMiddleware):
    async def __call__(self, scope, receive, send):
        token = token_in(scope)
        user = await user_of(token) if token else None
        return await super().__call__(dict(scope, user=user), receive, send)
