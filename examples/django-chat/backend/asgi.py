"""The ASGI application for all variants; `CHAT_IDENTITY` picks the middleware that fills `scope["user"]`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
django = get_asgi_application()  # loads the apps, so it comes before everything that imports models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402

from chat.consumers import ChatConsumer  # noqa: E402
from chat.echo import EchoConsumer  # noqa: E402
from chat.middleware import TokenMiddleware  # noqa: E402
from chat.trusted import GatewayMiddleware  # noqa: E402
from tollgate.channels import AssertionMiddleware  # noqa: E402

middlewares = {"jwt": TokenMiddleware, "gateway": GatewayMiddleware, "assertion": AssertionMiddleware}
middleware = middlewares[settings.CHAT_IDENTITY]

sockets = [re_path(r"ws/chat/(?P<room_id>\d+)/$", ChatConsumer.as_asgi())]
if settings.CHAT_ECHO:
    sockets.append(re_path(r"ws/echo/$", EchoConsumer.as_asgi()))

application = ProtocolTypeRouter(
    {
        "http": django,
        "websocket": AllowedHostsOriginValidator(middleware(URLRouter(sockets))),
    }
)
