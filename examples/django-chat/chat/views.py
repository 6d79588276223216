from django.http import JsonResponse
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import presence
from chat.models import Room


def hello(request):
    """For everybody: the one page without a token."""
    return JsonResponse({"chat": "alive"})


class Me(APIView):
    def get(self, request):
        return Response({"id": request.user.id, "username": request.user.username})


class Rooms(APIView):
    """The caller's rooms, and who is in them at this moment."""

    def get(self, request):
        rooms = Room.objects.filter(members=request.user).order_by("id")
        return Response([{"id": room.id, "name": room.name, "online": presence.online(room.id)} for room in rooms])
