"""Settings of the chat backend. Whatever differs between two set-ups comes from the environment."""

import os
from datetime import timedelta
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name):
    return os.environ.get(name, "") in ("1", "true", "yes", "on")


DEBUG = flag("DJANGO_DEBUG")
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "only-for-trying-this-example-out-on-one-machine")
ALLOWED_HOSTS = os.environ.get("DJANGO_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_simplejwt",
    "channels",
    "tollgate",
    "chat",
]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "backend.urls"
ASGI_APPLICATION = "backend.asgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("CHAT_DATABASE", BASE_DIR / "chat.sqlite3"),
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

# One process serves every socket. Several processes need channels_redis here.
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# Who says who the user is.
#   jwt        this project checks every token itself and knows nothing of a gateway (the drop-in case)
#   gateway    the gateway has checked the token; X-User-Id is believed (see chat/trusted.py)
#   assertion  the gateway has checked the token and proves with each request that it did (see tollgate/assertion.py)
CHAT_IDENTITY = os.environ.get("CHAT_IDENTITY", "jwt")
AUTHENTICATION = {
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
    "gateway": "chat.trusted.GatewayAuthentication",
    "assertion": "tollgate.authentication.GatewayAuthentication",
}
if CHAT_IDENTITY == "assertion":
    MIDDLEWARE.append("tollgate.middleware.assertion_middleware")

# Of the gateway's assertion: and tokens: {revocation: …} blocks (see gateway-assertion.yaml).
TOLLGATE = {
    "KEY": os.environ.get("TOLLGATE_ASSERTION_KEY"),
    "ALGORITHM": os.environ.get("TOLLGATE_ASSERTION_ALGORITHM", "HS256"),
    "AUDIENCE": "chat",
    "FEED_TOKEN": os.environ.get("TOLLGATE_FEED_TOKEN"),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION[CHAT_IDENTITY]],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

# The same names stand in gateway.yaml; what concerns checking a token must say the same there.
SIMPLE_JWT = {
    "ALGORITHM": os.environ.get("JWT_ALGORITHM", "HS256"),
    "SIGNING_KEY": os.environ.get("JWT_SIGNING_KEY", SECRET_KEY),
    "VERIFYING_KEY": os.environ.get("JWT_VERIFYING_KEY", ""),
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=float(os.environ.get("JWT_ACCESS_LIFETIME", 60 * 60))),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ROTATE_REFRESH_TOKENS": False,
    "BLACKLIST_AFTER_ROTATION": False,
    "AUTH_HEADER_TYPES": ("Bearer",),
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "user_id",
    "TOKEN_REFRESH_SERIALIZER": "tollgate.serializers.RefreshSerializer",
}

# Views and a socket that repeat the headers they received. Only for tests: never on a server others can reach.
CHAT_ECHO = flag("CHAT_ECHO")
