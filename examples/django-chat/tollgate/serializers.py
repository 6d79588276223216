from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer

from tollgate.revocation import is_revoked


class RefreshSerializer(TokenRefreshSerializer):
    """simplejwt's, but whoever has logged out gets no new tokens: `TOKEN_REFRESH_SERIALIZER` in `SIMPLE_JWT`."""

    def validate(self, attrs):
        if is_revoked(self.token_class(attrs["refresh"])):
            raise TokenError("Token is blacklisted")
        return super().validate(attrs)
