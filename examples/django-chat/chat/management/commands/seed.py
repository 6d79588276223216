from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from chat.models import Membership, Room

ROOMS = {"lobby": ["alice", "bob"], "workshop": ["alice"]}
USERS = ["alice", "bob", "mallory"]


class Command(BaseCommand):
    help = "Creates the users alice, bob and mallory and two rooms. Harmless when they exist."

    def add_arguments(self, parser):
        parser.add_argument("--password", default="open-sesame", help="of all three users (default: %(default)s)")

    def handle(self, *args, password, **options):
        users = {}
        for name in USERS:
            users[name], created = get_user_model().objects.get_or_create(username=name)
            if created:
                users[name].set_password(password)
                users[name].save()
        for name, members in ROOMS.items():
            room, _ = Room.objects.get_or_create(name=name)
            for member in members:
                Membership.objects.get_or_create(room=room, user=users[member])
            self.stdout.write(f"room {room.id} {name}: {', '.join(members)}")
        self.stdout.write(f"users {', '.join(USERS)}, password {password}")
