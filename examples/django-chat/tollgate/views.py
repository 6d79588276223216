import hashlib
import json

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from tollgate import revocation
from tollgate.conf import setting


@require_safe
def feed(request):
    """The revocation list, for the gateway alone: whoever knows TOLLGATE["FEED_TOKEN"]. 304 while nothing has changed."""
    secret = setting("FEED_TOKEN")
    if not secret:
        raise Http404
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme != "Bearer" or not constant_time_compare(token, secret):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    body = json.dumps(revocation.document(), separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    response = HttpResponse(body, content_type="application/json", headers=headers)
    return get_conditional_response(request, etag=etag, response=response)


class Logout(APIView):
    """Ends the token that the request came with, and the refresh token in the body if there is one.

    With `{"everywhere": true}`, and where there is no telling which token it was, all tokens of the user.
    """

    permission_classes = [IsAuthenticated]

    def post(self, request):
        body = request.data if isinstance(request.data, dict) else {}
        token = self.own(access_token(request), request)
        if body.get("everywhere") is True or token is None:
            revocation.revoke_user(request.user)
            return Response(status=204)
        revocation.revoke_token(token)
        if refresh := self.own(refresh_token(body.get("refresh")), request):
            revocation.revoke_token(refresh)
        return Response(status=204)

    @staticmethod
    def own(token, request):
        """The token, if it is the caller's: nobody logs out somebody else."""
        user_id = str(getattr(request.user, api_settings.USER_ID_FIELD))
        return token if token is not None and str(token[api_settings.USER_ID_CLAIM]) == user_id else None


def access_token(request):
    """The token of the request, verified once more; the gateway passes it on unless it is told to strip it."""
    authentication = JWTAuthentication()
    try:
        header = authentication.get_header(request)
        raw = header and authentication.get_raw_token(header)
        return authentication.get_validated_token(raw) if raw else None
    except AuthenticationFailed:
        return None


def refresh_token(text):
    try:
        return RefreshToken(text) if isinstance(text, str) else None
    except TokenError:
        return None
