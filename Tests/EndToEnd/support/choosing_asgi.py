"""A Django Channels application that says what of a handshake has reached it, and chooses the sub-protocol by its path: the
first that is offered, the last, or none. Started by an ASGI server of its own."""

import json

import django
from channels.generic.websocket import WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(SECRET_KEY="only for tests", ALLOWED_HOSTS=["*"], ROOT_URLCONF=(), USE_I18N=False, LOGGING_CONFIG=None)
django.setup()


class Choosing(WebsocketConsumer):
    def connect(self):
        offered = self.scope["subprotocols"]
        choice = {"first": offered[:1], "last": offered[-1:], "none": []}[self.scope["url_route"]["kwargs"]["which"]]
        self.accept(choice[0] if choice else None)
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.scope["headers"]]
        self.send(json.dumps({"subprotocols": offered, "headers": headers}))


def cookies(request):
    """What Django makes of the cookies."""
    return JsonResponse({"cookies": request.COOKIES, "authorization": request.headers.get("authorization")})


ROOT = type("Urls", (), {"urlpatterns": [path("cookies/", cookies)]})
settings.ROOT_URLCONF = ROOT

application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws/<which>/", Choosing.as_asgi())])}
)
