"""The walk that a JWT-protected Channels chat promises its users: logging in, joining, being refused, expiring, returning.

Each step runs against both servers and both variants of the example behind the gateway, started with the example's own
gateway.yaml; and, where it can work there, against the bare backend, which shows that the test is about the backend's
behaviour and what the gateway adds to it.
"""

import json
import time

import pytest

from support import tokens
from support.backend import ALICE, BOB, MALLORY
from support.site import Site, closing, event, guarded, refusal

GUARDED = [f"{server}-{identity}-guarded" for server in ["daphne", "uvicorn"] for identity in ["jwt", "gateway"]]
BARE = ["daphne-jwt-bare", "uvicorn-jwt-bare"]


@pytest.fixture(scope="module")
def sites(backends, module_gateways):
    made = {}

    def site(name):
        if name not in made:
            server, identity, front = name.split("-")
            backend = backends(server, identity)
            made[name] = (
                guarded(module_gateways, backend, tokens.KEY) if front == "guarded" else Site(name, backend.port, backend)
            )
        return made[name]

    return site


@pytest.fixture(params=GUARDED + BARE)
def site(request, sites):
    return sites(request.param).wait_until_empty()


@pytest.fixture(params=GUARDED)
def guarded_site(request, sites):
    return sites(request.param).wait_until_empty()


def test_login_gives_a_token_pair_that_opens_the_room(site):
    pair = site.log_in("alice")
    tokens.remember(pair["access"]), tokens.remember(pair["refresh"])
    with site.chat(pair["access"]) as socket:
        assert socket.arrival["username"] == "alice"


def test_wrong_password_is_refused_by_the_backend(site):
    answer = site.post("/api/token/", username="alice", password="guess")
    assert answer.status_code == 401
    assert answer.json() == {"detail": "No active account found with the given credentials"}


@pytest.mark.parametrize("by", ["query", "header"])
def test_member_joins_with_a_valid_token(site, by):
    with site.chat(tokens.token(ALICE), by=by) as socket:
        assert socket.arrival == {
            "type": "user_status", "user_id": 1, "username": "alice", "is_online": True, "online_count": 1,
        }


BAD_TOKENS = {
    "no token": lambda: None,
    "empty": lambda: "",
    "garbage": lambda: "garbage",
    "three parts of garbage": lambda: "a.b.c",
    "expired": lambda: tokens.token(ALICE, lifetime=-60),
    "wrongly signed": lambda: tokens.token(ALICE, key=tokens.OTHER_KEY),
    "other algorithm": lambda: tokens.token(ALICE, algorithm="HS512"),
    "unsigned": tokens.unsigned,
    "refresh token": lambda: tokens.token(ALICE, token_type="refresh"),
    "no user": lambda: tokens.token(None),
}


@pytest.mark.parametrize("by", ["query", "header"])
@pytest.mark.parametrize("kind", BAD_TOKENS)
def test_socket_is_refused_with_4001_without_a_valid_token(site, kind, by):
    token = BAD_TOKENS[kind]()
    assert refusal(lambda: site.open(token=token, by=by)) == (4001 if site.is_guarded else 403)


@pytest.mark.parametrize("by", ["query", "header"])
def test_outsider_is_refused_with_4003(site, by):
    assert refusal(lambda: site.open(token=tokens.token(MALLORY), by=by)) == (4003 if site.is_guarded else 403)


def test_page_from_elsewhere_is_refused_before_anything_is_accepted(site):
    assert refusal(lambda: site.open(token=tokens.token(ALICE), origin="https://evil.example")) == 403


def test_messages_go_both_ways_between_two_members(site):
    with site.chat(tokens.token(ALICE)) as alice, site.chat(tokens.token(BOB)) as bob:
        event(alice)  # bob came
        for speaker, name, user_id in [(alice, "alice", 1), (bob, "bob", 2)]:
            speaker.send(json.dumps({"message": f"grüß Gott from {name} 🙂"}))
            said = {"type": "message", "user_id": user_id, "username": name, "message": f"grüß Gott from {name} 🙂"}
            assert event(alice) == said
            assert event(bob) == said


def test_presence_counts_users_not_sockets(site):
    with site.chat(tokens.token(ALICE)) as alice:
        with site.chat(tokens.token(BOB)) as bob:
            came = event(alice)
            assert came == bob.arrival
            assert (came["username"], came["is_online"], came["online_count"]) == ("bob", True, 2)
            with site.chat(tokens.token(BOB)) as second:
                assert second.arrival["online_count"] == 2
                assert event(alice)["online_count"] == 2
            rooms = site.get("/api/rooms/", tokens.token(ALICE)).json()
            assert rooms == [{"id": 1, "name": "lobby", "online": [1, 2]}, {"id": 2, "name": "workshop", "online": []}]
        left = event(alice)
        assert (left["username"], left["is_online"], left["online_count"]) == ("bob", False, 1)


def test_rooms_do_not_hear_each_other(site):
    with site.chat(tokens.token(ALICE), room=1) as lobby, site.chat(tokens.token(ALICE), room=2) as workshop:
        workshop.send(json.dumps({"message": "in here"}))
        assert event(workshop)["message"] == "in here"
        lobby.send(json.dumps({"message": "out there"}))
        assert event(lobby)["message"] == "out there"


def test_open_socket_closes_with_4001_when_its_token_expires(guarded_site):
    site = guarded_site
    expires = int(time.time()) + 2
    with site.chat(tokens.token(BOB)) as bob, site.chat(tokens.token(ALICE, exp=expires)) as alice:
        event(bob)  # alice came
        assert closing(alice) == (4001, "token expired")
        assert expires <= time.time() < expires + 1
        left = event(bob)
        assert (left["username"], left["is_online"]) == ("alice", False), "the backend was told as well"
        bob.send(json.dumps({"message": "still here"}))
        assert event(bob)["message"] == "still here"


def test_expired_client_refreshes_and_returns(guarded_site):
    site = guarded_site
    refresh = site.log_in("alice")["refresh"]
    with site.chat(tokens.token(ALICE, exp=int(time.time()) + 1)) as socket:
        assert closing(socket)[0] == 4001
    renewed = site.post("/api/token/refresh/", refresh=refresh)
    assert renewed.status_code == 200, renewed.text
    with site.chat(tokens.remember(renewed.json()["access"])) as socket:
        socket.send(json.dumps({"message": "back again"}))
        assert event(socket)["message"] == "back again"


def test_refresh_endpoint_refuses_an_access_token_in_the_backends_words(guarded_site):
    token = tokens.token(ALICE)
    through = guarded_site.post("/api/token/refresh/", refresh=token)
    direct = Site("bare", guarded_site.backend.port, guarded_site.backend).post("/api/token/refresh/", refresh=token)
    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    assert through.status_code == 401


def test_plain_view_answers_with_a_valid_token(site):
    answer = site.get("/api/me/", tokens.token(BOB))
    assert (answer.status_code, answer.json()) == (200, {"id": 2, "username": "bob"})


def test_page_without_a_token_requirement_is_open_to_everybody(site):
    assert site.get("/").json() == {"chat": "alive"}


REFUSED_HEADERS = {
    "none": None,
    "empty": "",
    "other scheme": "Basic YWxpY2U6eA==",
    "lower-case scheme": "bearer abc",
    "scheme alone": "Bearer",
    "three words": "Bearer a b",
    "garbage": "Bearer garbage",
    "expired": lambda: f"Bearer {tokens.token(ALICE, lifetime=-60)}",
    "wrongly signed": lambda: f"Bearer {tokens.token(ALICE, key=tokens.OTHER_KEY)}",
    "refresh token": lambda: f"Bearer {tokens.token(ALICE, token_type='refresh')}",
    "no type": lambda: f"Bearer {tokens.token(ALICE, token_type=None)}",
    "no jti": lambda: f"Bearer {tokens.token(ALICE, jti=None)}",
    "no exp": lambda: f"Bearer {tokens.token(ALICE, exp=None)}",
    "no user": lambda: f"Bearer {tokens.token(None)}",
    "not yet valid": lambda: f"Bearer {tokens.token(ALICE, nbf=int(time.time()) + 600)}",
}


@pytest.mark.parametrize("kind", REFUSED_HEADERS)
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_plain_view_refuses_with_simplejwts_own_words(sites, server, kind):
    through, direct = sites(f"{server}-jwt-guarded"), sites(f"{server}-jwt-bare")
    value = REFUSED_HEADERS[kind]
    headers = {} if value is None else {"Authorization": value() if callable(value) else value}
    ours, theirs = (site.get("/api/me/", **headers) for site in [through, direct])
    assert ours.status_code == theirs.status_code == 401
    assert ours.content == theirs.content
    for name in ["content-type", "www-authenticate"]:
        assert ours.headers[name] == theirs.headers[name]


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_trusting_backend_sees_who_the_token_names_and_no_token_in_the_query(sites, server):
    site = sites(f"{server}-gateway-guarded")
    assert site.get("/api/me/", tokens.token(ALICE)).json()["username"] == "alice"
    assert site.get("/api/me/", tokens.token(BOB)).json()["username"] == "bob"
    assert site.get("/api/me/", **{"X-User-Id": "1"}).status_code == 401
