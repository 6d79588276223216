import contextlib

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from chat import presence
from chat.models import Membership

UNAUTHENTICATED = 4001
FORBIDDEN = 4003


class ChatConsumer(AsyncJsonWebsocketConsumer):
    """One socket in one room. Everybody hears who comes and goes, and every message, their own included."""

    room_id = None

    async def connect(self):
        user = self.scope["user"]
        if user is None or not user.is_authenticated:
            return await self.close(code=UNAUTHENTICATED)
        room_id = int(self.scope["url_route"]["kwargs"]["room_id"])
        if not await self.is_member(room_id, user):
            return await self.close(code=FORBIDDEN)
        self.room_id, self.user, self.group = room_id, user, f"chat_{room_id}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        presence.enter(room_id, user.id)
        await self.say_status(online=True)

    async def disconnect(self, code):
        if self.room_id is None:
            return
        await self.channel_layer.group_discard(self.group, self.channel_name)
        if presence.leave(self.room_id, self.user.id):
            await self.say_status(online=False)

    async def receive_json(self, content, **kwargs):
        text = content.get("message") if isinstance(content, dict) else None
        if not isinstance(text, str):
            return await self.send_json({"type": "error", "detail": "Send {\"message\": \"some text\"}."})
        await self.tell({"type": "message", "user_id": self.user.id, "username": self.user.username, "message": text})

    async def say_status(self, online):
        await self.tell(
            {
                "type": "user_status",
                "user_id": self.user.id,
                "username": self.user.username,
                "is_online": online,
                "online_count": len(presence.online(self.room_id)),
            }
        )

    async def tell(self, event):
        await self.channel_layer.group_send(self.group, {"type": "room.event", "event": event})

    async def room_event(self, message):
        # For a socket that has just gone uvicorn raises OSError and daphne RuntimeError. Its disconnect is still to come and
        # must be handled.
        with contextlib.suppress(OSError, RuntimeError):
            await self.send_json(message["event"])

    @database_sync_to_async
    def is_member(self, room_id, user):
        return Membership.objects.filter(room_id=room_id, user=user).exists()
