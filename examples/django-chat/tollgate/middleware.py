"""For plain requests, under WSGI and ASGI."""

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import SimpleLazyObject

from tollgate.assertion import claims_of, folded, identity_of, keys, user_of
from tollgate.conf import setting


@sync_and_async_middleware
def assertion_middleware(get_response):
    """Sets `request.user` and `request.auser()` to the user that the gateway vouches for, `request.assertion` to its claims.

    Identity headers that nobody vouches for are gone from `request.META` and `request.headers`. Stands where
    `AuthenticationMiddleware` would; behind that one it replaces whatever user a session has.
    """
    keys()
    if iscoroutinefunction(get_response):

        async def middleware(request):
            prove(request)
            return await get_response(request)

    else:

        def middleware(request):
            prove(request)
            return get_response(request)

    return middleware


def prove(request):
    claims = claims_of(values_of(request, setting("HEADER")))
    unproved = {folded(name) for name in setting("IDENTITY_HEADERS")}
    for name in [name for name in request.META if name.startswith("HTTP_") and folded(name[5:]) in unproved]:
        del request.META[name]
    for name, value in identity_of(claims).items():
        request.META["HTTP_" + name.upper().replace("-", "_")] = value
    # It is a copy of META, made when somebody first asks.
    request.__dict__.pop("headers", None)

    request.assertion = claims
    request.user = SimpleLazyObject(lambda: user_of(claims))

    async def auser():
        return await sync_to_async(user_of)(claims)

    request.auser = auser


def values_of(request, name):
    # Servers join what comes more than once with commas, and no token has one.
    value = request.META.get("HTTP_" + name.upper().replace("-", "_"))
    return [] if value is None else [value]
