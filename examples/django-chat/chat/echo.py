"""What arrived, told back: how tests see what a gateway lets through. Reachable only with CHAT_ECHO=1."""

import json

from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt


def described(scope):
    return {
        "path": scope["path"],
        "query": scope["query_string"].decode("latin-1"),
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
        "root_path": scope.get("root_path", ""),
    }


@csrf_exempt
def echo(request, rest=""):
    meta = {name: value for name, value in request.META.items() if isinstance(value, str)}
    return JsonResponse(
        described(request.scope) | {"method": request.method, "meta": meta, "body_length": len(request.body)}
    )


class EchoConsumer(AsyncWebsocketConsumer):
    """First the handshake as it arrived, then every message back as it came. `close 4321 why` closes."""

    async def connect(self):
        await self.accept(subprotocol=(self.scope.get("subprotocols") or [None])[0])
        await self.send(text_data=json.dumps(described(self.scope)))

    async def receive(self, text_data=None, bytes_data=None):
        if text_data and text_data.startswith("close "):
            _, code, *reason = text_data.split(" ", 2)
            return await self.close(code=int(code), reason="".join(reason) or None)
        await self.send(text_data=text_data, bytes_data=bytes_data)
