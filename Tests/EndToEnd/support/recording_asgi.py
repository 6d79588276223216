"""A Django Channels application whose every route says that it is the one: for comparing a server's reading of a path with
the gateway's. Started by an ASGI server of its own; `ROUTES` in the environment holds the routes by set, as JSON:

    {"set": [["path", "a/<int:n>/"], ["re_path", "b/$"], …], …}

The Host of a request picks the set, so that one process serves them all. The answer is a JSON object with the number of the
route; a socket gets it as its first message.
"""

import json
import os

import django
from channels.generic.websocket import WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path, re_path

settings.configure(
    SECRET_KEY="only for tests", ALLOWED_HOSTS=["*"], MIDDLEWARE=["support.recording_asgi.pick_urls"],
    ROOT_URLCONF=(), USE_I18N=False, LOGGING_CONFIG=None,
)  # fmt: skip
django.setup()
MAKE = {"path": path, "re_path": re_path}
ROUTES = json.loads(os.environ["ROUTES"])


def view(number):
    def answer(request, *_, **__):
        return JsonResponse({"route": number})

    return answer


class Consumer(WebsocketConsumer):
    number = None

    def connect(self):
        self.accept()
        self.send(json.dumps({"route": self.number}))

    def receive(self, **_):
        pass


def consumer(number):
    return type(f"Consumer{number}", (Consumer,), {"number": number}).as_asgi()


def urls(routes, end):
    return tuple(MAKE[kind](text, end(number)) for number, (kind, text) in enumerate(routes))


plain = {name: urls(routes, view) for name, routes in ROUTES.items()}
sockets = {name: URLRouter(list(urls(routes, consumer))) for name, routes in ROUTES.items()}


def pick_urls(get_response):
    def answer(request):
        request.urlconf = plain[request.get_host()]
        return get_response(request)

    return answer


async def websocket(scope, receive, send):
    host = dict(scope["headers"])[b"host"].decode()
    await sockets[host](scope, receive, send)


application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": websocket})
