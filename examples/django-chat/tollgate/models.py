from django.db import models


class RevokedToken(models.Model):
    """One token that has ended before its time."""

    jti = models.CharField(max_length=255, unique=True)
    expires = models.BigIntegerField(help_text="The token's own end, in seconds since 1970.")

    def __str__(self):
        return self.jti


class RevokedUser(models.Model):
    """A user whose earlier tokens have ended."""

    user = models.CharField(max_length=255, unique=True, help_text="As tokens name the user.")
    issued_before = models.BigIntegerField(help_text="Tokens that are older have ended; in seconds since 1970.")

    def __str__(self):
        return self.user
