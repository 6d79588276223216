"""The Django Channels chat of examples/django-chat under daphne and uvicorn."""

import shutil
import subprocess
import sys

from support import tokens
from support.gateway import ROOT
from support.process import ENVIRONMENT, Process
from support.waiting import answers, free_port, until

PROJECT = ROOT / "examples/django-chat"
PASSWORD = "open-sesame"
ALICE, BOB, MALLORY = "1", "2", "3"


def seeded_database(folder):
    """A migrated and seeded database, made once; each backend gets a copy."""
    database = folder / "seeded.sqlite3"
    environment = ENVIRONMENT | {"CHAT_DATABASE": str(database), "PYTHONDONTWRITEBYTECODE": "1"}
    for command in ["migrate", "seed"]:
        subprocess.run([sys.executable, "manage.py", command], cwd=PROJECT, env=environment, check=True, capture_output=True)
    return database


class Backend(Process):
    def __init__(self, server, identity, folder, database, unix=None, environment=None):
        self.server, self.identity, self.port = server, identity, free_port()
        copy = folder / f"{server}-{identity}-{self.port}.sqlite3"
        shutil.copy(database, copy)
        arguments = {
            "daphne": ["daphne", "-b", "127.0.0.1", "-p", self.port],
            "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--port", self.port, "--lifespan", "off"],
        }[server]
        if unix:
            arguments = {"daphne": ["daphne", "-u", unix], "uvicorn": ["uvicorn", "--uds", unix, "--lifespan", "off"]}[server]
        variables = {
            "CHAT_IDENTITY": identity,
            "CHAT_DATABASE": str(copy),
            "CHAT_ECHO": "1",
            "JWT_SIGNING_KEY": tokens.KEY,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
        }
        super().__init__(
            f"{server}-{identity}",
            [sys.executable, "-m", *arguments, "backend.asgi:application"],
            variables | (environment or {}),
            PROJECT,
        )

    def wait_until_ready(self):
        self.wait_for(r"Listening on TCP|Uvicorn running")
        until(lambda: answers(self.port), f"{self.name} to answer")
        return self

    def stop_whatever_it_says(self):
        """Servers differ in what they exit with; they are not what is tested."""
        self.send(15)
        try:
            self.wait(3)
        except AssertionError:
            self.kill()
