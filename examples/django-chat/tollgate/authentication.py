from rest_framework.authentication import BaseAuthentication


class GatewayAuthentication(BaseAuthentication):
    """For Django REST framework: the user whom `assertion_middleware` has found.

    There is no CSRF check: pages of other origins cannot send a token in a header, and the gateway takes one out of a cookie only
    when the request is safe or its Origin an allowed one.
    """

    def authenticate(self, request):
        # Only of the middleware: a session's user would need that check.
        if getattr(request._request, "assertion", None) is None:
            return None
        user = request._request.user
        return (user, None) if user.is_authenticated else None

    def authenticate_header(self, request):
        return 'Bearer realm="api"'
