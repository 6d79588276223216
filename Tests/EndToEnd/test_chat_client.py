"""The terminal client of examples/django-chat, run as its guide says."""

import sys

import pytest

from support import tokens
from support.backend import PROJECT
from support.process import Process
from support.site import Site, guarded


@pytest.fixture
def client():
    """Starts `python client.py name` against a site, with a keyboard that nobody has touched."""
    started = []

    def client(name, site):
        process = Process(
            f"client {name}", [sys.executable, "client.py", name, "1", site.origin],
            {"PYTHONUNBUFFERED": "1"}, PROJECT, has_keyboard=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield client
    for process in started:
        process.kill()


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_outsider_is_told_4003_and_the_client_ends_by_itself(backends, gateways, client, server):
    mallory = client("mallory", guarded(gateways, backends(server), tokens.KEY))
    assert mallory.wait() == 0, mallory.tail()
    assert mallory.lines == ["* closed: 4003 forbidden"]


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_client_refreshes_after_4001_and_what_is_typed_then_arrives(backends, gateways, client, server):
    site = guarded(gateways, backends(server, JWT_ACCESS_LIFETIME="2"), tokens.KEY)
    alice = client("alice", site)
    alice.wait_for("alice came")
    alice.type("hello")
    alice.wait_for("alice: hello")
    alice.wait_for("closed: 4001 token expired")
    returned = alice.mark()
    alice.wait_for("alice came", after=returned)
    alice.type("back again")
    alice.wait_for("alice: back again", after=returned)
    alice.end_typing()
    assert alice.wait() == 0, alice.tail()
    assert alice.lines[-1] == "* closed: 1000 "


def test_line_typed_while_the_client_is_away_is_not_lost(backends, gateways, client):
    site = guarded(gateways, backends("daphne", JWT_ACCESS_LIFETIME="2"), tokens.KEY)
    alice = client("alice", site)
    alice.wait_for("closed: 4001")
    alice.type("typed while away")
    alice.wait_for("alice: typed while away")


def test_client_ends_when_the_gateway_has_another_key(backends, gateways, client):
    alice = client("alice", guarded(gateways, backends("daphne"), tokens.OTHER_KEY))
    assert alice.wait() == 0, alice.tail()
    assert alice.lines[0].startswith("* closed: 4001")
    assert "JWT_SIGNING_KEY" in alice.lines[1]


def test_client_says_in_one_line_that_nobody_is_there(client):
    alice = client("alice", Site("nobody", 1, None))
    assert alice.wait() == 1
    assert len(alice.lines) == 1 and "refused" in alice.lines[0], alice.tail()
