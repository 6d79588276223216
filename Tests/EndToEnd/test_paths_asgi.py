"""What the gateway took a path for is what the backend's own server and router take it for, or the request goes nowhere.

Patterns × request targets, through the gateway to Django and Channels under real ASGI servers. Each server decodes and cuts
in its own way; a target that is one route here and another one there would be a way around the route's rules.
"""

import importlib.util
import json
import re
import sys

import pytest

from support import frames
from support.frames import read_frame
from support.process import FOLDER, Process
from support.waiting import answers, free_port, until
from support.wire import Ended, Wire

CATCH_ALL = [("path", "<path:rest>"), ("path", "")]
SETS = {
    "chat": [
        ("re_path", r"ws/chat/(?P<room_id>\d+)/$"),
        ("re_path", r"^ws/chat/(?P<name>\w+)/$"),
        ("path", "ws/<path:rest>"),
        ("path", "private/"),
        ("path", "private/<path:rest>"),
        *CATCH_ALL,
    ],
    "converters": [
        ("path", "a/<int:n>/"),
        ("path", "a/<slug:s>/"),
        ("path", "a/<uuid:u>"),
        ("path", "a/<str:s>/"),
        ("path", "a/<path:p>/end/"),
        ("path", "a/<str:one>/<int:two>/<slug:three>"),
        *CATCH_ALL,
    ],
    "anchors": [
        ("re_path", r"^admin/"),
        ("re_path", r"secret/\Z"),
        ("re_path", r"^a/(?:b|c)$"),
        ("re_path", r"^x/[^/]+/$"),
        ("re_path", r"^y/.*\.json$"),
        ("re_path", r"z/[^a-c]/"),
        ("re_path", r"^$"),
        ("path", "<path:rest>"),
    ],
    "classes": [
        ("re_path", r"^d/\d{1,3}$"),
        ("re_path", r"^w/\w+$"),
        ("re_path", r"^s/\S+\s\S+$"),
        ("re_path", r"^dd/[^\d]+$"),
        ("re_path", r"^r/[a-z0-9_]{2,}-?$"),
        ("re_path", r"^(?i:case)/k$"),
        ("re_path", r"^b/\bword\b"),
        *CATCH_ALL,
    ],
}
UUID = "c0ffee00-0000-4000-8000-00000000cafe"
#: Paths that reach a route of their set, each another one. The first two are changed in every way below.
PLACES = {
    "chat": ["/ws/chat/1/", "/private/", "/ws/chat/room/", "/private/x", "/ws/x", "/"],
    "converters": ["/a/1/", "/a/x/y/end/", "/a/one/", f"/a/{UUID}", "/a/b.c/", "/a/b/1/c"],
    "anchors": ["/secret/", "/x/y/", "/admin/x", "/a/b", "/y/z.json", "/z/d/", "/"],
    "classes": ["/w/word", "/s/a%20b", "/d/12", "/dd/abc", "/r/ab-", "/case/k", "/b/word"],
}
ENDINGS = [
    "/", "//", "/.", "/..", "/../", "/x", "%2f", "%2F", "%0a", "%0A/", "%0d%0a", "%00", "%09", "%20", "%0b", "%1c", "%85", "%c2%85",
    "%e2%80%a8", "%C2%A0", "$", "%24", "%0a$", ";", ";x=1", "/;x=1", "%3b", "%3Bx=1", "?", "?x", "?/../private/", "%3f", "%3Fx",
    "#", "#x", "%23", "%23x", "%", "%4", "%zz", "%u002f", "%25", "%2500", "%252f", "%25%32%66", "\\", "%5c", "%5C..%5c", "&x", "+", "%2B",
    "%C0%AF", "%c1%9c", "%e0%80%af", "%ff", "%ED%A0%80", "%EF%BC%8F", "%E2%88%95", "%cc%88", "%F4%90%80%80", "\xe4", ":80",
]  # fmt: skip
FEW_ENDINGS = ["", "%0a", "%2F", "/", "?x", ";", "%C2%A0"]
INSTEAD_OF_A_SLASH = ["%2f", "%2F", "//", "/./", "/%2e/", "/x/../", "\\", "%5c", ";/", "%252f"]
#: In every set.
ODD = [
    "//", "///", "/.", "/..", "/../", "*", "", "?", "/?", "#", "%2f", "%2fprivate/", "private/", "//private/", "///private/",
    "/%2fprivate/",
    "http://{host}/private/", "http://other/private/", "http://{host}//private/", "http://{host}/x/../private/", "HTTP://{host}/private/",
    "http://{host}", "http://{host}?x", "http:/private/", "http:private/", "//{host}/private/", "/http://{host}/private/",
]  # fmt: skip
#: In one.
OWN = {
    "chat": [
        "/ws/chat/%D9%A1/", "/ws/chat/%d9%a1%D9%A2/", "/ws/chat/%EF%BC%91/", "/ws/chat/%E0%A5%A7/", "/ws/chat/%C2%B2/",
        "/ws/chat/%E2%91%A0/",
        "/ws/chat/%F0%9D%9F%8F/", "/ws/chat/\xd9\xa1/", "/ws/chat/-1/", "/ws/chat/+1/", "/ws/chat/1_0/", "/ws/chat/1%2e0/", "/WS/CHAT/1/",
        "/ws%2Fchat%2F1/", "/ws%2fchat/1%2f", "/%77%73/chat/1/", "/ws/%63hat/%31/", "%2fws/chat/1/", "/%2fws/chat/1/", "/%2e/ws/chat/1/",
        "//ws/chat/1/", "///ws/chat/1/", "/x/../ws/chat/1/", "/ws/./chat/1/", "/ws/x/%2e%2e/chat/1/", "/ws/x/..%2fchat/1/",
        "/ws/%2e%2e/private/",
        "/ws/..;/private/", "/ws/.%2e/private/", "/ws/chat/%C5%BF/", "/ws/chat/%E2%84%AA/", "/ws/chat/%CC%81/", "/ws/chat/%E2%80%BF/",
        "/ws/chat/a%CC%81/", "/ws/chat/%E1%BF%93/", "/ws/chat/" + "9" * 4301 + "/",
    ],
    "converters": [
        "/a/%D9%A1/", "/a/%31/", "/a/01/", "/a/-1/", "/a/+1/", f"/a/{UUID.upper()}", f"/a/%63{UUID[1:]}", "/a/a%2fb/", "/a/a%2Fend/",
        "/a//end/",
        "/a/x%2fy/end/", "/a/b/%D9%A1/c", "/a/%E2%82%AC/", "/a/b/1/c%0a", "/a/" + "9" * 4301 + "/", "/a/" + "9" * 4300 + "/", "/a/b/01/c",
    ],
    "anchors": [
        "/secret/%0a", "/x/secret/", "/x/secret/%0a", "/admin", "/Admin/", "/x/admin/", "/a/b%0a", "/a/c", "/a/bc", "/x//", "/x/%0a/",
        "/x/%2f/",
        "/y/.json", "/y/a%0ab.json", "/y/a%0db.json", "/y/a/b.json", "/y/a.json%0a", "/x/z/%41/", "/z/%C3%A4/", "/z/%F0%9F%98%80/",
    ],
    "classes": [
        "/d/%D9%A1%D9%A2", "/d/1234", "/d/%C2%B9", "/d/%E2%85%A0", "/w/gr%C3%BC%C3%9F", "/w/%E2%80%8D", "/w/a%CC%88",
        "/w/%E0%A4%95%E0%A5%8D",
        "/w/_", "/w/%C2%AA", "/w/%E2%91%A0", "/s/a%09b", "/s/a%C2%A0b", "/s/a%E3%80%80b", "/s/a%1cb", "/s/a%e2%80%a8b", "/s/a%E2%80%8Bb",
        "/s/a+b", "/dd/a1", "/dd/%D9%A1", "/dd/a%2fb", "/r/AB", "/r/a", "/CASE/k", "/CASE/K", "/Ca%53E/k", "/ca%C5%BFe/k",
        "/case/%E2%84%AA",
        "/b/wordy", "/b/word-", "/b/word%C3%A4",
    ],
}  # fmt: skip


def changed(place):
    yield from (place + ending for ending in ENDINGS)
    for at, byte in enumerate(place):
        if byte == "/":
            yield from (place[:at] + other + place[at + 1 :] for other in INSTEAD_OF_A_SLASH)
        elif byte.isalnum() and place[at - 1] == "/":
            yield f"{place[:at]}%{ord(byte):02x}{place[at + 1 :]}"
            yield f"{place[:at]}%25{ord(byte):02x}{place[at + 1 :]}"


def targets(name):
    made = [place + ending for place in PLACES[name] for ending in FEW_ENDINGS]
    made += [target for place in PLACES[name][:2] for target in changed(place)]
    made += [target.format(host=name) for target in ODD]
    return list(dict.fromkeys(made + OWN[name]))


# The servers

SERVERS = {
    "daphne": ["daphne", "-b", "127.0.0.1", "-p"],
    "uvicorn": ["uvicorn", "--lifespan", "off", "--no-access-log", "--port"],
    "uvicorn-h11": ["uvicorn", "--http", "h11", "--ws", "wsproto", "--lifespan", "off", "--no-access-log", "--port"],
    "hypercorn": ["hypercorn", "--bind"],
    "granian": ["granian", "--interface", "asgi", "--no-log", "--host", "127.0.0.1", "--port"],
}


class Server(Process):
    def __init__(self, name):
        self.port = free_port()
        address = f"127.0.0.1:{self.port}" if name == "hypercorn" else self.port
        super().__init__(
            name,
            [sys.executable, "-m", *SERVERS[name], address, "support.recording_asgi:application"],
            {"ROUTES": json.dumps(SETS), "PYTHONDONTWRITEBYTECODE": "1"},
            FOLDER,
        )


@pytest.fixture(scope="module")
def servers():
    """Servers by name, started when first asked for."""
    running = {}

    def server(name):
        if name not in running:
            if importlib.util.find_spec(SERVERS[name][0]) is None:
                pytest.skip(f"{SERVERS[name][0]} is not installed")
            running[name] = Server(name)
        until(lambda: answers(running[name].port), f"{name} to answer")
        return running[name]

    yield server
    for server in running.values():
        server.send(15)
    for server in running.values():
        try:
            server.wait(5)
        except AssertionError:
            server.kill()


def request(target, host, is_socket):
    if is_socket:
        return frames.handshake(target, host=host)[0]
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"


def arrival(port, target, host, is_socket):
    """What the application says about a request that reached one of its routes; None for all others."""
    with Wire(port) as wire:
        wire.send(request(target, host, is_socket))
        try:
            if is_socket:
                return json.loads(read_frame(wire).payload) if wire.read_head().status == 101 else None
            response = wire.read_response()
            return json.loads(response.body) if response.status == 200 else None
        except Ended:
            return None


LOGGED = 500  # bytes of a path that are surely in its access line


def judged(gateway, paths):
    """The route by which the gateway let each of these paths pass, from its access log."""
    routes = {}

    def are_all_there():
        for line in gateway.lines:
            entry = json.loads(line)
            if entry.get("kind") in ("request", "websocket_open") and not entry.get("refused"):
                path = entry["path"].partition("?")[0][:LOGGED]
                assert routes.setdefault(path, entry["route"]) == entry["route"], line
        return paths <= routes.keys()

    until(are_all_there, "an access line for every request that arrived")
    return routes


def path_of(target):
    return re.sub("^https?://[^/]*", "", target, flags=re.IGNORECASE).partition("?")[0][:LOGGED]


KINDS = pytest.mark.parametrize("is_socket", [False, True], ids=["http", "websocket"])


@KINDS
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("target", ["/ws%2Fchat%2F1/", "/ws/%63hat/1/", "/ws/chat/%D9%A1/"])
def test_servers_decode_the_whole_path(servers, server, target, is_socket):
    """What makes the comparison worth while: these are /ws/chat/1/ to the application."""
    assert arrival(servers(server).port, target, "chat", is_socket)["route"] == 0


def matrix():
    """Patterns are matched by Django whatever the server, so two sets show what a server makes of a path; and what passes a
    strict gateway passes a tolerant one too.
    """
    for server in SERVERS:
        for name in SETS if server in ("daphne", "uvicorn") else ["chat", "classes"]:
            yield pytest.param(server, name, True, id=f"{server}-{name}-tolerant")
    for server in ["daphne", "uvicorn"]:
        yield pytest.param(server, "chat", False, id=f"{server}-chat-strict")


@KINDS
@pytest.mark.parametrize("server, name, is_tolerant", list(matrix()))
def test_a_path_is_the_same_route_on_both_sides_or_goes_nowhere(module_gateways, servers, server, name, is_tolerant, is_socket):
    rules = {"auth": "none", "websocket": True}
    if is_tolerant:
        # Daphne cuts parameters off a handshake's path: nobody should tolerate them in front of it.
        rules["tolerate"] = ["//", "%2F"] if (server, is_socket) == ("daphne", True) else ["//", "%2F", ";"]
    routes = [{kind: text} | rules for kind, text in SETS[name]]
    gateway = module_gateways.start(routes, servers(server).port, logs={"format": "json"})
    arrived = {}
    for target in targets(name):
        if seen := arrival(gateway.port, target, name, is_socket):
            arrived[target] = SETS[name][seen["route"]][1] or "/"  # as the access log spells it
    here = judged(gateway, {path_of(target) for target in arrived})
    gateway.stop()
    different = [(target, there, here[path_of(target)]) for target, there in arrived.items() if there != here[path_of(target)]]
    assert different == [], "target, route there, route here"
    assert arrived.keys() >= set(PLACES[name])
