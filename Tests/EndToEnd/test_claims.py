"""What routes require of claims, and which claims become headers: over HTTP and on WebSockets."""

import json
import re
import urllib.parse

import pytest

from support import forge, frames, tokens
from support.answers import FORBIDDEN, INVALID, accepting, ask, assert_closed, assert_forbidden, assert_opened, assert_refused
from support.gateway import command, settings
from support.wire import bearer


@pytest.fixture
def backend(module_upstream):
    module_upstream.answer = accepting
    module_upstream.take_all()
    return module_upstream


def claims(**changes):
    """A value of None stays, as null."""
    said = forge.claims() | changes
    return tokens.remember(forge.token(payload=said))


#: By name: `require`, claims that fit, claims that do not.
RULES = {
    "equality": ({"plan": "pro"}, [{"plan": "pro"}, {"plan": ["free", "pro"]}],
                 [{}, {"plan": "PRO"}, {"plan": "pro "}, {"plan": "professional"}, {"plan": None}, {"plan": {"pro": 1}}, {"plan": []}, {"plan": [["pro"]]}]),
    "equality alone": ({"plan": {"equals": "pro"}}, [{"plan": "pro"}], [{"plan": ["pro"]}, {"plan": ["pro", "free"]}, {}]),
    "number": ({"level": 5}, [{"level": 5}, {"level": "5"}, {"level": [1, 5]}], [{"level": 5.0}, {"level": 50}, {"level": "05"}, {"level": True}, {"level": -5}]),
    "number as text": ({"level": "5"}, [{"level": 5}, {"level": "5"}], [{"level": "five"}, {"level": 5.5}]),
    "true": ({"verified": True}, [{"verified": True}, {"verified": [False, True]}], [{"verified": "true"}, {"verified": 1}, {"verified": False}, {}]),
    "false": ({"guest": False}, [{"guest": False}], [{"guest": "false"}, {"guest": 0}, {"guest": None}, {}]),
    "word true": ({"verified": "true"}, [{"verified": "true"}], [{"verified": True}, {"verified": 1}, {"verified": "True"}]),
    "one of": ({"role": ["admin", "staff"]}, [{"role": "admin"}, {"role": "staff"}, {"role": ["guest", "staff"]}],
               [{"role": "guest"}, {"role": "administrator"}, {}, {"role": ["guest"]}]),
    "contains in an array": ({"rooms": {"contains": "lobby"}}, [{"rooms": ["lobby"]}, {"rooms": ["a", "lobby", 3]}], [{"rooms": ["lob"]}, {"rooms": []}, {"rooms": {"lobby": 1}}, {}]),
    "contains in words": ({"scope": {"contains": "chat"}}, [{"scope": "chat"}, {"scope": "read chat write"}, {"scope": " chat  x"}],
                          [{"scope": "chats"}, {"scope": "read:chat"}, {"scope": "read,chat"}, {"scope": "chat\twrite"}, {"scope": "CHAT"}, {"scope": ""}]),
    "nested": ({"org.plan": "pro"}, [{"org": {"plan": "pro"}}, {"org.plan": "pro"}], [{"org": {"plan": "free"}}, {"org": "pro"}, {"plan": "pro"}, {"org": {"x": {"plan": "pro"}}}, {"org": [{"plan": "pro"}]}]),
    "whole name before parts": ({"org.plan": "pro"}, [{"org.plan": "pro", "org": {"plan": "free"}}], [{"org.plan": "free", "org": {"plan": "pro"}}]),
    "deeply nested": ({"a.b.c": 1}, [{"a": {"b": {"c": 1}}}], [{"a": {"b": {"c": 2}}}, {"a": {"b": 1}}]),
    "name of a URL": ({"https://id.test/roles": "admin"}, [{"https://id.test/roles": ["admin"]}], [{"https://id": {"test/roles": "user"}}, {}]),
    "presence": ({"email": {"present": True}}, [{"email": "x"}, {"email": ""}, {"email": False}, {"email": []}], [{}, {"email": None}]),
    "any": ({"x": {"any": [{"equals": "a"}, {"contains": "b"}]}}, [{"x": "a"}, {"x": ["b"]}, {"x": "c b"}], [{"x": ["a"]}, {"x": "ab"}, {}]),
    "all of several": ({"a": 1, "b.c": [2, 3]}, [{"a": 1, "b": {"c": 3}}], [{"a": 1}, {"b": {"c": 2}}, {"a": 2, "b": {"c": 2}}, {"a": 1, "b": {"c": 4}}]),
    "beyond ASCII": ({"city": "K\u00f6ln"}, [{"city": "K\u00f6ln"}], [{"city": "Ko\u0308ln"}, {"city": "Koln"}]),
    "look-alike": ({"team": "K"}, [{"team": "K"}], [{"team": "\u212a"}, {"team": "k"}]),
    "braces": ({"x": "{{a}}"}, [{"x": "{a}"}], [{"x": "{{a}}"}, {"x": "a"}]),
    "registered claims": ({"iss": "i", "sub": "s"}, [{"iss": "i", "sub": "s"}], [{"iss": "i"}, {"iss": "j", "sub": "s"}]),
}  # fmt: skip
NAMES = {name: f"r{number}" for number, name in enumerate(RULES)}


@pytest.fixture(scope="module")
def ruled(module_gateways, module_upstream):
    routes = []
    for name, (rule, _, _) in RULES.items():
        shared = {"auth": "required", "require": rule}
        routes.append({"path": f"ws/{NAMES[name]}/", "websocket": {"only": True}} | shared)
        routes.append({"path": f"{NAMES[name]}/"} | shared)
    return module_gateways.start(routes, module_upstream.port, tokens={"failures": {"rate": "off"}})


def assert_admitted(port, what, target, text, backend):
    if what == "socket":
        assert_opened(port, target, [bearer(text)])
    else:
        assert ask(port, target, [bearer(text)]).status == 200
    arrived = backend.take()
    assert arrived.get("X-User-Id") == "1"
    return arrived


def assert_kept_out(port, what, target, text, backend):
    if what == "socket":
        assert_closed(port, target, FORBIDDEN, [bearer(text)])
    else:
        assert_forbidden(ask(port, target, [bearer(text)]))
    assert backend.take_all() == []


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("name", RULES)
def test_rule_lets_in_whom_it_names(ruled, backend, name, what):
    _, fitting, others = RULES[name]
    target = f"/{'ws/' if what == 'socket' else ''}{NAMES[name]}/"
    for said in fitting:
        assert_admitted(ruled.port, what, target, claims(**said), backend)
    for said in others:
        text = claims(**said)
        assert_kept_out(ruled.port, what, target, text, backend)
        # The second time it is a known token.
        assert_kept_out(ruled.port, what, target, text, backend)


def test_bad_token_is_401_before_any_rule_is_asked(ruled, backend):
    target = f"/{NAMES['equality']}/"
    for text in [tokens.token(key=tokens.OTHER_KEY, plan="pro"), tokens.token(key=tokens.OTHER_KEY)]:
        assert_refused(ask(ruled.port, target, [bearer(text)]), INVALID)
    assert ask(ruled.port, target).status == 401
    assert backend.take_all() == []


# Captures

CAPTURED = [
    {"re_path": r"ws/chat/(?P<room_id>\w+)/$", "websocket": {"only": True}, "require": {"rooms": "{room_id}"}},
    {"re_path": r"chat/(?P<room_id>\w+)/$", "require": {"rooms": "{room_id}"}},
    {"path": "org/<int:org>/<slug:team>/", "require": {"org.id": "{org}", "org.teams": {"contains": "team:{team}"}}},
    {"path": "files/<path:name>", "require": {"scope": {"contains": "read:{name}"}}},
    {"re_path": r"maybe/(?:(?P<who>\w+)/)?$", "require": {"names": "{who}"}},
    {"path": "optional/<str:name>/", "auth": "optional", "require": {"names": "{name}"}},
]
#: Path, claims, whether they fit.
FITS = {
    "text": ("/chat/lobby/", {"rooms": ["lobby"]}, True),
    "number": ("/chat/12/", {"rooms": [1, 12]}, True),
    "single": ("/chat/12/", {"rooms": 12}, True),
    "another": ("/chat/13/", {"rooms": [1, 12]}, False),
    "beginning": ("/chat/1/", {"rooms": ["12"]}, False),
    "number in another spelling": ("/chat/012/", {"rooms": [12]}, False),
    "digits of another script": ("/chat/%D9%A1/", {"rooms": [1, "1"]}, False),
    "digits of the same script": ("/chat/%D9%A1/", {"rooms": ["\u0661"]}, True),
    "escaped letter": ("/chat/%6Cobby/", {"rooms": ["lobby"]}, True),
    "other letter case": ("/chat/Lobby/", {"rooms": ["lobby"]}, False),
    "no claim": ("/chat/lobby/", {}, False),
    "two captures": ("/org/5/red/", {"org": {"id": 5, "teams": ["team:red"]}}, True),
    "two captures, one wrong": ("/org/5/blue/", {"org": {"id": 5, "teams": ["team:red"]}}, False),
    "two captures, other wrong": ("/org/6/red/", {"org": {"id": 5, "teams": ["team:red"]}}, False),
    "beginning without the rest": ("/org/5/red/", {"org": {"id": 5, "teams": ["red"]}}, False),
    "path": ("/files/a/b.txt", {"scope": "x read:a/b.txt"}, True),
    "path with a blank": ("/files/a%20read:b", {"scope": "read:a read:b"}, False),
    "path that ends early": ("/files/a", {"scope": "read:a/b"}, False),
    "group that took part": ("/maybe/x/", {"names": "x"}, True),
    "group that took no part": ("/maybe/", {"names": ["", "x", "{who}"]}, False),
    "claim that looks like the rule": ("/chat/lobby/", {"rooms": ["{room_id}", "*", ".*", ""]}, False),
}  # fmt: skip


@pytest.fixture(scope="module")
def captured(module_gateways, module_upstream):
    return module_gateways.start(
        [{"auth": "required"} | route for route in CAPTURED], module_upstream.port, tokens={"failures": {"rate": "off"}}
    )  # fmt: skip


@pytest.mark.parametrize("name", FITS)
def test_rule_compares_with_what_the_path_captured(captured, backend, name):
    path, said, fits = FITS[name]
    ways = {"request": path} | ({"socket": "/ws" + path} if path.startswith("/chat") else {})
    for what, target in ways.items():
        (assert_admitted if fits else assert_kept_out)(captured.port, what, target, claims(**said), backend)


def test_one_token_for_several_rooms(captured, backend):
    text = claims(rooms=["a", "b"])
    for room, fits in [("a", True), ("c", False), ("b", True), ("a", True), ("c", False)]:
        for what, target in {"request": f"/chat/{room}/", "socket": f"/ws/chat/{room}/"}.items():
            (assert_admitted if fits else assert_kept_out)(captured.port, what, target, text, backend)


def test_optional_route_asks_only_those_who_say_who_they_are(captured, backend):
    assert ask(captured.port, "/optional/x/").status == 200
    assert backend.take().all("X-User-Id") == []
    assert_admitted(captured.port, "request", "/optional/x/", claims(names="x"), backend)
    assert_kept_out(captured.port, "request", "/optional/x/", claims(names="y"), backend)


@pytest.mark.parametrize("refuse, origin, is_closed", [
    ("close", False, True), ("http", True, False), ("auto", True, True), ("auto", False, False),
])  # fmt: skip
def test_refused_socket_is_told_as_the_route_says(gateways, backend, refuse, origin, is_closed):
    routes = [{"path": "ws/", "auth": "required", "require": {"plan": "pro"}, "websocket": {"refuse": refuse}}]
    gateway = gateways.start(routes, backend.port)
    headers = [bearer(claims(plan="free"))] + ([("Origin", "http://localhost")] if origin else [])
    if is_closed:
        assert_closed(gateway.port, "/ws/", FORBIDDEN, headers)
    else:
        assert_forbidden(ask(gateway.port, "/ws/", [
            *headers, ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), ("Sec-WebSocket-Version", "13"),
        ]))  # fmt: skip
    assert backend.take_all() == []
    assert_opened(gateway.port, "/ws/", [bearer(claims(plan="pro"))])


@pytest.mark.parametrize("rule", [
    {"x": []}, {"x": {"present": False}}, {"x": {"contains": ""}}, {"x": "{nobody}"}, {"x": "{"}, {"x": "{a}{b}"}, {"x": {"any": []}},
    {"x": {"like": "a"}}, {"x": {"any": [{"any": ["a"]}]}},
], ids=str)  # fmt: skip
def test_rule_that_cannot_be_meant_is_refused(tmp_path, rule):
    (tmp_path / "gateway.yaml").write_text(settings(1, 2, [{"path": "<str:a>/<str:b>", "auth": "required", "require": rule}]))
    result = command("check", tmp_path / "gateway.yaml")
    assert result.returncode == 1 and "routes[0].require" in result.stdout + result.stderr, result


# Identity

IDENTITY = {
    "X-User-Id": "user_id",
    "X-Name": "name",
    "X-Org": "org.id",
    "X-Json": {"claim": "value", "format": "json"},
    "X-Text": {"claim": "value", "format": "text"},
    "X-Room": {"capture": "room"},
    "X-Edge": {"constant": "edge-1"},
}
IDENTITY_ROUTES = [
    {"path": "ws/<str:room>/", "auth": "required", "websocket": True},
    {"path": "in/<str:room>/", "auth": "required"},
    {"path": "maybe/<str:room>/", "auth": "optional"},
    {"path": "open/<str:room>/", "auth": "none"},
]
#: Claims, and the lines they become; what is not named must not be there.
LINES = {
    "none": ({}, {}),
    "text": ({"name": "Ana"}, {"X-Name": "Ana"}),
    "number": ({"name": 12, "org": {"id": 7}}, {"X-Name": "12", "X-Org": "7"}),
    "large number": ({"name": 10**40}, {"X-Name": str(10**40)}),
    "negative number": ({"name": -3}, {"X-Name": "-3"}),
    "dotted name": ({"org.id": "flat"}, {"X-Org": "flat"}),
    "blank and umlaut": ({"name": "Ana M\u00fcller"}, {"X-Name": "Ana%20M%C3%BCller"}),
    "percent": ({"name": "100%"}, {"X-Name": "100%25"}),
    "everything ASCII": ({"name": "".join(map(chr, range(0x21, 0x7F)))}, {"X-Name": "".join(map(chr, range(0x21, 0x7F))).replace("%", "%25")}),
    "control characters": ({"name": "a\r\nX-User-Id: 2\x7f"}, {"X-Name": "a%0D%0AX-User-Id:%202%7F"}),
    "NUL": ({"name": "a\0b"}, {}),
    "empty": ({"name": ""}, {}),
    "null": ({"name": None, "value": None}, {"X-Json": "null"}),
    "fraction": ({"name": 1.5, "value": 1.5}, {"X-Json": "1.5"}),
    "truth": ({"name": True, "value": True}, {"X-Json": "true"}),
    "list": ({"name": ["a"], "value": ["a", 1, {"b": None}]}, {"X-Json": '["a",1,{"b":null}]'}),
    "object": ({"name": {"a": 1}, "value": {"a b": "\u00fc\n"}}, {"X-Json": '{"a%20b":"%C3%BC\\u000a"}'}),
    "text as JSON": ({"value": 'a"b'}, {"X-Json": '"a\\"b"', "X-Text": 'a"b'}),
    "number as JSON": ({"value": 5}, {"X-Json": "5", "X-Text": "5"}),
    "4096 signs": ({"name": "x" * 4096}, {"X-Name": "x" * 4096}),
    "too long": ({"name": "x" * 4097}, {}),
    "too long once encoded": ({"name": "\u00fc" * 700}, {}),
    "object where a value is due": ({"org": 5}, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def named(module_gateways, module_upstream):
    return module_gateways.start(IDENTITY_ROUTES, module_upstream.port, identity=IDENTITY)


def lines(arrived):
    found = {name: arrived.all(name) for name in IDENTITY}
    assert all(len(values) <= 1 for values in found.values()), found
    return {name: values[0] for name, values in found.items() if values}


@pytest.mark.parametrize("what", ["request", "socket"])
@pytest.mark.parametrize("name", LINES)
def test_claims_become_headers(named, backend, name, what):
    said, expected = LINES[name]
    target = "/ws/r1/" if what == "socket" else "/in/r1/"
    forged = [(header, "forged") for header in IDENTITY]
    if what == "socket":
        assert_opened(named.port, target, [bearer(claims(**said)), *forged])
    else:
        assert ask(named.port, target, [bearer(claims(**said)), *forged]).status == 200
    arrived = backend.take()
    assert lines(arrived) == {"X-User-Id": "1", "X-Room": "r1", "X-Edge": "edge-1"} | expected
    for header, value in expected.items():
        source = said["value"] if header in ("X-Json", "X-Text") else said.get("name", said.get("org.id", said.get("org")))
        decoded = urllib.parse.unquote(value)
        if header == "X-Json":
            assert json.loads(decoded) == source
        elif isinstance(source, str):
            assert decoded == source
        assert re.fullmatch("[!-~]+", value)


@pytest.mark.parametrize("path, expected", {
    "/in/lobby/": "lobby", "/in/%C3%BC%20x/": "%C3%BC%20x", "/in/a%25b/": "a%25b", "/in/a,b/": "a,b", "/in/%0d%0ax/": None,
}.items())  # fmt: skip
def test_capture_becomes_a_header(named, backend, path, expected):
    response = ask(named.port, path, [bearer(claims())])
    if expected is None:
        assert response.status == 400 and backend.take_all() == []
        return
    assert response.status == 200
    assert backend.take().get("X-Room") == expected


@pytest.mark.parametrize("path", ["/maybe/r1/", "/open/r1/"])
def test_nobody_has_no_identity(named, backend, path):
    """Not even a constant: it would say that somebody was verified."""
    forged = [(header, "forged") for header in IDENTITY]
    assert ask(named.port, path, forged).status == 200
    assert lines(backend.take()) == {}
    if path.startswith("/open"):
        assert ask(named.port, path, [bearer(claims(name="x")), *forged]).status == 200
        assert lines(backend.take()) == {}


def test_socket_keeps_the_identity_of_its_own_token(named, backend):
    """Known tokens are not mixed up, whatever order they come in."""
    names = [f"u{number}" for number in range(5)]
    texts = {name: claims(name=name, user_id=name) for name in names}
    for name in names + names[::-1] + names:
        with frames.connect(named.port, "/ws/r/", [bearer(texts[name])]):
            arrived = backend.take()
        assert (arrived.get("X-User-Id"), arrived.get("X-Name")) == (name, name)
        assert arrived.get("Authorization") == f"Bearer {texts[name]}"
