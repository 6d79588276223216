"""`tollgate explain` says what the running gateway does: each request of a table is explained and then really sent."""

import json
import re
import subprocess
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from support import tokens
from support.frames import CLOSE, read_frame
from support.gateway import ENVIRONMENT, binary, command, settings
from support.recorder import Recorder
from support.wire import Ended, Wire

PARTNER = "the-partners-signing-key-for-tests-of-32-bytes-and-more"
ASSERTION = "the-assertions-signing-key-for-tests-of-32-bytes-and-more"
ROUTES = [
    {"re_path": r"^ws/chat/(?P<room>\w+)/$", "websocket": {"only": True}, "require": {"rooms": "{room}"}},
    {"path": "ws/http/", "websocket": {"refuse": "http"}},
    {"path": "ws/open/", "websocket": {"compression": False}, "auth": "none", "allowed_origins": ["*"]},
    {"path": "ws/auto/", "websocket": {"refuse": "auto", "renewal": {"http": True}}},
    {"path": "shop/<path:rest>", "auth": "none", "strip_prefix": "/shop", "add_prefix": "/v2"},
    {"path": "hosted/", "hosts": ["hosted.test"], "auth": "none"},
    {"path": "posted/", "methods": ["POST"], "auth": "none"},
    {"path": "denied/", "deny": ["127.0.0.0/8"], "auth": "none"},
    {"path": "edited/", "auth": "none", "headers": {"request": {"set": {"X-Key": "the-keys-value"}, "remove": ["Accept"]}}},
    {"path": "kept/", "tokens": {"forward": "keep", "sources": ["header", "query"]}},
    {"path": "stripped/", "tokens": {"forward": "strip"}},
    {"path": "partner/", "tokens": {"issuers": ["partner"]}},
    {"path": "forms/<path:rest>", "auth": "none", "tolerate": ["//"]},
    {"path": "role/", "require": {"role": ["admin", "owner"], "org.id": 7}},
    {"path": "cookie/", "tokens": {"sources": ["header", "cookie"]}, "websocket": True},
    {"path": "ws/offer/", "tokens": {"sources": ["header", "subprotocol"]}, "websocket": True},
    {"path": "optional/<path:rest>", "auth": "optional"},
    {"path": "private/<path:rest>"},
]  # fmt: skip
CHANGES = {
    "identity": {"X-User-Id": "user_id", "X-Role": "role", "X-Room": {"capture": "room"}, "X-Edge": {"constant": "the-edges-value"}},
    "tokens": {
        "issuers": [{"name": "partner", "ISSUER": "https://id.partner.test", "ALGORITHM": "HS256", "SIGNING_KEY": PARTNER, "USER_ID_CLAIM": "sub"}],
        "max_lifetime": "1h",
    },
    "allowed_origins": [".app.test"],
    "allow_missing_origin": False,
    "assertion": {"header": "X-Tollgate-Assertion", "SIGNING_KEY": ASSERTION},
    "limits": {"body": "1KiB"},
    "health": "/healthz",
}  # fmt: skip
PAGE = "Origin: https://chat.app.test"


def bearer(key=tokens.KEY, **claims):
    return f"Authorization: Bearer {tokens.token('7', key=key, **claims)}"


def partner(**claims):
    return bearer(PARTNER, iss="https://id.partner.test", sub="p7", **claims)


ROOM = {"rooms": ["a", "b"], "role": "admin", "org": {"id": 7}}
#: Method, target and header lines; `WS` makes a handshake. Tokens are made when the test runs.
TABLE = {
    "no token": ("GET", "/private/x", lambda: []),
    "good token": ("GET", "/private/x", lambda: [bearer()]),
    "good token, query": ("GET", "/private/x?a=1&b=2", lambda: [bearer()]),
    "bad token": ("GET", "/private/x", lambda: ["Authorization: Bearer x.y.z"]),
    "expired": ("GET", "/private/x", lambda: [bearer(lifetime=-5)]),
    "refresh": ("GET", "/private/x", lambda: [bearer(token_type="refresh")]),
    "other key": ("GET", "/private/x", lambda: [bearer(tokens.OTHER_KEY)]),
    "no user": ("GET", "/private/x", lambda: [bearer(user_id=None)]),
    "too long a life": ("GET", "/private/x", lambda: [bearer(lifetime=7200)]),
    "unknown issuer": ("GET", "/private/x", lambda: [bearer(iss="https://who.test")]),
    "two words missing": ("GET", "/private/x", lambda: ["Authorization: Bearer"]),
    "two tokens": ("GET", "/private/x", lambda: [bearer(), bearer(lifetime=100)]),
    "foreign scheme": ("GET", "/private/x", lambda: ["Authorization: Basic eDp5"]),
    "foreign scheme, optional": ("GET", "/optional/x", lambda: ["Authorization: Basic eDp5"]),
    "bad token, optional": ("GET", "/optional/x", lambda: ["Authorization: Bearer x"]),
    "nobody, optional": ("GET", "/optional/x", lambda: []),
    "partner's token": ("GET", "/partner/", lambda: [partner()]),
    "our token, partner's route": ("GET", "/partner/", lambda: [bearer()]),
    "query token not read": ("GET", "/private/x?token=y", lambda: []),
    "kept": ("GET", f"/kept/?token={tokens.token('7', 3000)}&x=1", lambda: []),
    "two carriers": ("GET", f"/kept/?token={tokens.token('7', 3000)}", lambda: [bearer()]),
    "stripped": ("GET", "/stripped/", lambda: [bearer()]),
    "cookie": ("GET", "/cookie/", lambda: [f"Cookie: a=b; access={tokens.token('7')}; c=d"]),
    "cookie alone": ("GET", "/cookie/", lambda: [f"Cookie: access={tokens.token('7')}"]),
    "cookie beside a header": ("GET", "/cookie/", lambda: [bearer(), "Cookie: access=x"]),
    "cookie, bad": ("GET", "/cookie/", lambda: ["Cookie: access=x"]),
    "two cookies": ("GET", "/cookie/", lambda: [f"Cookie: access={tokens.token('7')}; access=x"]),
    "cookie that changes something": ("POST", "/cookie/", lambda: [PAGE, f"Cookie: access={tokens.token('7')}", "Content-Length: 0"]),
    "cookie from elsewhere": ("POST", "/cookie/", lambda: ["Origin: https://evil.test", f"Cookie: access={tokens.token('7')}", "Content-Length: 0"]),
    "cookie from nowhere": ("POST", "/cookie/", lambda: [f"Cookie: access={tokens.token('7')}", "Content-Length: 0"]),
    "cookie, expired, of a page": ("GET", "/cookie/", lambda: [PAGE, f"Cookie: access={tokens.token('7', -5)}"]),
    "socket by cookie": ("WS", "/cookie/", lambda: [PAGE, f"Cookie: access={tokens.token('7')}"]),
    "offered": ("WS", "/ws/offer/", lambda: [PAGE, f"Sec-WebSocket-Protocol: chat, bearer, {tokens.token('7')}"]),
    "offered, bad": ("WS", "/ws/offer/", lambda: [PAGE, "Sec-WebSocket-Protocol: chat, bearer, x"]),
    "offered, nothing": ("WS", "/ws/offer/", lambda: [PAGE, "Sec-WebSocket-Protocol: chat, bearer"]),
    "offered to nobody": ("WS", "/ws/chat/a/", lambda: [PAGE, f"Sec-WebSocket-Protocol: chat, bearer, {tokens.token('7')}", bearer(**ROOM)]),
    "revoked": ("GET", "/private/x", lambda: [f"Authorization: Bearer {tokens.token('99')}"]),
    "claims fit": ("GET", "/role/", lambda: [bearer(**ROOM)]),
    "claims do not fit": ("GET", "/role/", lambda: [bearer(**ROOM | {"role": "guest"})]),
    "prefix": ("GET", "/shop/a/b?x=%20", lambda: []),
    "prefix, encoded": ("GET", "/%73hop/a", lambda: []),
    "host": ("GET", "/hosted/", lambda: ["Host: hosted.test"]),
    "other host": ("GET", "/hosted/", lambda: []),
    "method": ("GET", "/posted/", lambda: []),
    "method fits": ("POST", "/posted/", lambda: ["Content-Length: 0"]),
    "address": ("GET", "/denied/", lambda: []),
    "edited": ("GET", "/edited/", lambda: ["Accept: text/plain", "X-Key: forged"]),
    "headers": ("GET", "/private/x", lambda: [bearer(), "X-User-Id: 1", "x_role: 2", "X-Real-IP: 3", "TE: trailers", "Connection: X-Gone", "X-Gone: 4", "X-Kept: 5", "Cookie: c=6"]),
    "no route": ("GET", "/nowhere", lambda: []),
    "dot segment": ("GET", "/private/../x", lambda: [bearer()]),
    "double slash": ("GET", "/private//x", lambda: [bearer()]),
    "double slash, tolerated": ("GET", "/forms/a//x", lambda: []),
    "bad escape": ("GET", "/private/%zz", lambda: []),
    "fragment": ("GET", "/private/x#y", lambda: []),
    "blank in target": ("GET", "/private/x y", lambda: []),
    "trace": ("TRACE", "/private/x", lambda: []),
    "two hosts": ("GET", "/private/x", lambda: ["Host: a", "Host: b"]),
    "two lengths": ("POST", "/private/x", lambda: ["Content-Length: 1", "Content-Length: 2"]),
    "long body": ("POST", "/shop/x", lambda: ["Content-Length: 2000"]),
    "long body for a page": ("POST", "/shop/x", lambda: [PAGE, "Accept: text/html", "Content-Length: 2000"]),
    "long header": ("GET", "/shop/x", lambda: ["X-Long: " + "x" * 9000]),
    "page for a browser": ("GET", "/nowhere", lambda: ["Accept: text/html"]),
    "readable refusal": ("GET", "/private/x", lambda: [PAGE]),
    "preflight": ("OPTIONS", "/private/x", lambda: [PAGE, "Access-Control-Request-Method: GET"]),
    "health": ("GET", "/healthz", lambda: []),
    "socket": ("WS", "/ws/chat/a/", lambda: [PAGE, bearer(**ROOM)]),
    "socket by query": ("WS", f"/ws/chat/b/?x=1&token={tokens.token('7', 3000, **ROOM)}", lambda: [PAGE]),
    "socket of another room": ("WS", "/ws/chat/c/", lambda: [PAGE, bearer(**ROOM)]),
    "socket without token": ("WS", "/ws/chat/a/", lambda: [PAGE]),
    "socket, expired": ("WS", "/ws/chat/a/", lambda: [PAGE, bearer(lifetime=-5, **ROOM)]),
    "socket from elsewhere": ("WS", "/ws/chat/a/", lambda: ["Origin: https://app.test.evil", bearer(**ROOM)]),
    "socket from nowhere": ("WS", "/ws/chat/a/", lambda: [bearer(**ROOM)]),
    "socket by status": ("WS", "/ws/http/", lambda: [PAGE]),
    "socket by auto": ("WS", "/ws/auto/", lambda: [PAGE]),
    "socket, bad session": ("WS", "/ws/auto/?tollgate_session=x", lambda: [PAGE, bearer()]),
    "socket, no compression": ("WS", "/ws/open/", lambda: [PAGE, "Sec-WebSocket-Extensions: permessage-deflate"]),
    "socket where there is none": ("WS", "/private/x", lambda: [PAGE, bearer()]),
    "request where there are sockets": ("GET", "/ws/chat/a/", lambda: [bearer()]),
    "socket of another version": ("WS", "/ws/open/", lambda: [PAGE, "Sec-WebSocket-Version: 8"]),
    "socket by post": ("POST WS", "/ws/open/", lambda: [PAGE]),
    "renewal of nothing": ("POST", "/.tollgate/sessions/short/token", lambda: [bearer()]),
    "renewal by nobody": ("POST", f"/.tollgate/sessions/{'s' * 22}/token", lambda: []),
    "renewal by get": ("GET", f"/.tollgate/sessions/{'s' * 22}/token", lambda: [bearer()]),
}  # fmt: skip


@pytest.fixture(scope="module")
def backend():
    recorder = Recorder()
    yield recorder
    recorder.stop()


@pytest.fixture(scope="module")
def gateway(module_gateways, backend, tmp_path_factory):
    revoked = tmp_path_factory.mktemp("revoked") / "revoked.json"
    revoked.write_text(json.dumps({"users": [{"user": "99"}]}))
    tokens_block = CHANGES["tokens"] | {"revocation": {"file": str(revoked)}}
    return module_gateways.start(ROUTES, backend.port, forwarded=True, **CHANGES | {"tokens": tokens_block})


@pytest.fixture(scope="module")
def other_gateway(module_gateways, backend):
    cors = {"origins": ["https://chat.app.test"], "credentials": True, "exposed_headers": ["x-total"]}
    changes = CHANGES | {"cors": cors, "trusted_proxies": ["127.0.0.1"], "forwarded": True}
    return module_gateways.start(ROUTES, backend.port, **changes)


def explain(file, method, target, lines, *options, environment=None):
    arguments = ["--websocket"] if method.endswith("WS") else []
    for line in lines:
        arguments += ["-H", line]
    method = method.replace("WS", "").strip() or "GET"
    return command("explain", method, target, "--config", file, *arguments, *options, environment=environment)


def explained(file, method, target, lines, *options):
    result = explain(file, method, target, lines, "--json", *options)
    assert result.stderr == "", result
    said = json.loads(result.stdout)
    assert result.returncode == (1 if said["answer"]["outcome"] == "refused" else 0)
    return said


def sent(gateway, method, target, lines):
    """The same request in reality: the whole answer, and a close frame if it was accepted only to be closed."""
    is_socket = method.endswith("WS")
    method = method.replace("WS", "").strip() or "GET"
    names = [line.partition(":")[0].lower() for line in lines]
    request = [f"{method} {target} HTTP/1.1"] + ([] if "host" in names else ["Host: localhost"]) + list(lines)
    if is_socket:
        own = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]
        request += [line for line in own if line.partition(":")[0].lower() not in names]
    with Wire(gateway.port) as wire:
        wire.send("".join(line + "\r\n" for line in request) + "\r\n")
        response = wire.read_response(method)
        if response.status != 101:
            return response, None
        closing = read_frame(wire)
        assert closing.opcode == CLOSE
        return response, closing


def without_request_id(body):
    return re.sub(r',"request_id":"[^"]*"', "", re.sub(r'<p class="request">.*?</p>\n', "", body))


@pytest.mark.parametrize("name", TABLE)
def test_explanation_is_what_happens(gateway, backend, name):
    method, target, lines = TABLE[name]
    compare(gateway, backend, method, target, lines())


#: With `cors`, and behind a proxy that is trusted.
OTHER_TABLE = {
    "forwarded to a page": ("GET", "/private/x", lambda: [PAGE, bearer()]),
    "forwarded to another page": ("GET", "/private/x", lambda: ["Origin: https://evil.test", bearer()]),
    "forwarded to nobody's page": ("GET", "/private/x", lambda: [bearer()]),
    "refused to a page": ("GET", "/private/x", lambda: [PAGE]),
    "preflight": ("OPTIONS", "/private/x", lambda: [PAGE, "Access-Control-Request-Method: PUT"]),
    "preflight of another page": ("OPTIONS", "/private/x", lambda: ["Origin: https://evil.test", "Access-Control-Request-Method: PUT"]),
    "preflight of a method": ("OPTIONS", "/private/x", lambda: [PAGE, "Access-Control-Request-Method: BREW"]),
    "long body": ("POST", "/shop/x", lambda: [PAGE, "Content-Length: 2000"]),
    "client behind the proxy": ("GET", "/denied/", lambda: ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https"]),
    "client behind the proxy, denied": ("GET", "/denied/", lambda: ["X-Forwarded-For: 127.1.1.1"]),
    "client behind the proxy, unknown": ("GET", "/denied/", lambda: ["X-Forwarded-For: somebody"]),
    "socket": ("WS", "/ws/chat/a/", lambda: [PAGE, bearer(**ROOM)]),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER_TABLE)
def test_explanation_is_what_happens_with_cors_behind_a_proxy(other_gateway, backend, name):
    method, target, lines = OTHER_TABLE[name]
    compare(other_gateway, backend, method, target, lines())


def compare(gateway, backend, method, target, lines):
    backend.take()
    said = explained(gateway.file, method, target, lines)
    answer = said["answer"]
    assert backend.take() == [], "something was sent"
    response, closing = sent(gateway, method, target, lines)
    arrivals = backend.take()
    if answer["outcome"] == "forwarded":
        assert len(arrivals) == 1, answer
        assert_forwarded(said, arrivals[0])
        assert_lines(said_cors(said), response)
        return
    assert arrivals == [], answer
    assert answer["status"] == response.status
    if "close" in answer:
        assert answer["close"] == {"code": closing.code, "reason": closing.reason}
        return
    assert closing is None
    assert (answer["content_type"] or None) == response.get("content-type")
    assert without_request_id(answer["body"]) == without_request_id(response.body.decode())
    assert_lines(answer["headers"] + said_cors(said), response)


def assert_lines(lines, response):
    """All of them are there, and no other that says who may read the answer."""
    shown = [line.partition(": ")[::2] for line in lines]
    for field, value in shown:
        assert value in response.all(field.lower()), field
    assert len([1 for field, _ in response.fields if field.startswith("access-control-")]) == len(
        [1 for field, _ in shown if field.lower().startswith("access-control-")]
    )


def said_cors(said):
    return said["cors"]["lines"] if said["cors"] else []


def assert_forwarded(said, arrival):
    answer, headers = said["answer"], said["headers"]
    assert answer["upstream"] == "test"
    assert arrival.first.split(b" ")[0].decode() == answer["method"]
    assert re.sub(r"\?.*", "?…", arrival.target) == answer["target"]
    arrived = [line.partition(b":")[0].decode().lower() for line in arrival.lines]
    injected = [line["name"].lower() for line in headers["injected"]]
    for line in headers["injected"]:
        values = arrival.values(line["name"])
        assert len(values) == 1, line
        assert line["value"] in (None, values[0].decode())
    own = {"connection", "upgrade", "content-length", "sec-websocket-extensions"}
    for removed in headers["removed"]:
        assert removed["name"].lower() in own or removed["name"].lower() not in set(arrived) - set(injected), removed
    # Nothing arrives that was neither sent nor told of.
    for field in arrived:
        assert field in injected or field in own or field in KEPT, field


KEPT = {
    "host", "origin", "x-kept", "cookie", "sec-websocket-protocol", "authorization", "sec-websocket-key", "sec-websocket-version",
    "access-control-request-method", "x-forwarded-prefix",
}  # fmt: skip


# What it tells


def outcomes(checks):
    return {check["check"]: check["outcome"] for check in checks}


def test_every_step_is_told(gateway):
    said = explained(gateway.file, "WS", "/ws/chat/a/?x=1", [PAGE, bearer(**ROOM)])
    assert said["request"] == {"method": "GET", "target": "/ws/chat/a/?…", "host": "localhost", "websocket": True, "client": "127.0.0.1"}
    assert said["path"] == {"received": "/ws/chat/a/", "matched": "ws/chat/a/"}
    assert said["route"] == 0 and [route["outcome"] for route in said["routes"]].count("decides") == 1
    assert outcomes(said["checks"]) == {"path": "passed", "origin": "passed"}
    assert outcomes(said["token"]["carriers"]) == {"header": "passed", "query": "skipped"}
    checks = outcomes(said["token"]["checks"])
    assert "failed" not in checks.values()
    assert [name for name, outcome in checks.items() if outcome == "passed"] == [
        "structure", "header", "payload", "issuer", "algorithm", "key", "signature", "iat", "exp", "jti", "token_type",
        "user_id", "max_lifetime", "revoked",
    ]  # fmt: skip
    assert said["token"]["issuer"] == "default" and said["token"]["auth"] == "required"
    assert outcomes(said["require"]) == {"rooms": "passed"}
    injected = {line["name"]: line["value"] for line in said["headers"]["injected"]}
    assert injected["X-User-Id"] == "7" and injected["X-Role"] == "admin" and injected["X-Room"] == "a"
    assert {limit["limit"] for limit in said["limits"]} >= {"max_message", "ping"}


@pytest.mark.parametrize(
    "objection, method, target, index",
    [("websocket_only", "GET", "/ws/chat/a/", 0), ("no_websocket", "WS", "/private/x", 17), ("host", "GET", "/hosted/", 5),
     ("method", "GET", "/posted/", 6), ("pattern", "GET", "/private/x", 4)],
)  # fmt: skip
def test_every_route_is_told_with_its_objection(gateway, objection, method, target, index):
    assert objection in explained(gateway.file, method, target, [])["routes"][index]["objections"]


def test_cookies_are_told_as_removed_by_whom(tmp_path, backend):
    file = tmp_path / "gateway.yaml"
    routes = [{"path": "crumbless/", "headers": {"request": {"remove": ["Cookie"]}}}, {"path": "eater/", "tokens": {"sources": ["cookie", "header"]}}]
    file.write_text(settings(8080, backend.port, routes))
    lines = [f"Cookie: a=1; access={tokens.token('7')}", bearer()]
    for target, reason in [("/crumbless/", "route"), ("/eater/", "token")]:
        removed = explained(file, "GET", target, lines)["headers"]["removed"]
        assert {line["name"]: line["reason"] for line in removed} == {"Cookie": reason, "Authorization": "token"}


def test_people_get_a_text(gateway):
    result = explain(gateway.file, "GET", "/role/", [bearer(**ROOM | {"org": {"id": 8}})])
    assert result.returncode == 1
    assert re.search(r"^path +/role/, matched as role/$", result.stdout, re.M)
    assert re.search(r"^require +role +ok +“admin”; wanted: “admin” or “owner”", result.stdout, re.M)
    assert re.search(r"^ +org\.id +FAILED +8; wanted: “7”", result.stdout, re.M)
    assert re.search(r"^answer +403 \(claim: ", result.stdout, re.M)
    violation = explain(gateway.file, "GET", "/x", ["Content-Length: 1", "Transfer-Encoding: chunked"])
    assert violation.returncode == 1 and "length_and_transfer_encoding" in violation.stdout


def test_nothing_secret_is_told(gateway):
    token = tokens.token("7", 600, hash_password="the-hash-of-the-user", **ROOM)
    lines = [PAGE, f"Cookie: sessionid=the-cookies-value; access={token}", "X-User-Id: the-forged-value", "X-Key: the-clients-key"]
    secrets = [*token.split("."), "the-cookies-value", "the-forged-value", "the-clients-key", "the-hash", "the-keys-value",
               "the-edges-value", "the-querys-value", tokens.KEY, PARTNER, ASSERTION, "eyJ"]  # fmt: skip
    lines += [f"Sec-WebSocket-Protocol: bearer, {token}"]
    for method, target in [
        ("WS", "/ws/offer/"), ("WS", "/cookie/"), ("WS", f"/ws/chat/a/?token={token}&key=the-querys-value"), ("GET", f"/kept/?token={token}&key=the-querys-value"),
        ("GET", f"/nowhere?{token}"), ("GET", "/edited/"), ("GET", f"/kept/ ?{token}"), ("GET", "/private/x"),
    ]:  # fmt: skip
        for options in [[], ["--json"], ["--token", token], ["--token", token, "--json"]]:
            result = explain(gateway.file, method, target, lines, *options)
            assert result.returncode in (0, 1) and result.stderr == ""
            for secret in secrets:
                assert secret not in result.stdout, (target, options)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_nothing_that_a_terminal_obeys_is_printed(gateway, options):
    evil = "\x1b[31m\x07\x9b\u202e\u200f\u2028"
    token = tokens.token("7", 600, iss=evil, role=evil, org={"id": evil})
    requests = [("GET", f"/private/{evil}", []), ("GET", "/role/", [f"Authorization: Bearer {token}"]), ("GET", "/x", [f"X: {evil}"]),
                ("WS", "/ws/chat/a/", [f"Origin: {evil}"]), (evil, "/x", []), ("GET", f"http://{evil}/", [])]  # fmt: skip
    for method, target, lines in requests:
        result = explain(gateway.file, method, target, lines, *options)
        assert result.returncode in (0, 1) and result.stdout
        assert not set(result.stdout) & set(evil[:1] + evil[5:]), result.stdout


@pytest.mark.parametrize("arguments", [["GET", "/x", "{token}"], ["{token}", "/x", "y"], ["GET", "{token}"], ["GET", "/x", "-H", "{token}"],
                                       ["GET", "/x", "--tokens={token}"], ["GET", "/x", "--token-file", "/nowhere"], ["GET"], ["GET", "/x", "--client", "me"],
                                       ["GET", "/x", "--jwks", "/dev/null"], ["GET", "/x", "--token", "a", "--token-file", "-"]])  # fmt: skip
def test_wrong_usage_is_2_and_tells_no_token(gateway, arguments):
    token = tokens.token("7", 600)
    result = command("explain", *[argument.format(token=token) for argument in arguments], "--config", gateway.file)
    assert result.returncode == 2 and result.stderr and result.stdout == ""
    assert token.split(".")[2] not in result.stderr


def test_wrong_settings_are_2(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("listen: 1\n")
    result = command("explain", "GET", "/x", "--config", file)
    assert result.returncode == 2 and "gateway.yaml:1:" in result.stderr


# Where things come from


def user(said):
    return {line["name"]: line["value"] for line in (said["headers"] or {"injected": []})["injected"]}.get("X-User-Id")


def test_token_comes_from_wherever_it_is_given(gateway, tmp_path):
    token = tokens.token("42")
    file = tmp_path / "token"
    file.write_text(token + "\n")
    assert user(explained(gateway.file, "GET", "/private/x", [], "--token", token)) == "42"
    assert user(explained(gateway.file, "GET", "/private/x", [], "--token-file", file)) == "42"
    arguments = [binary(), "explain", "GET", "http://a.test/private/x", "--config", gateway.file, "--json"]
    piped = subprocess.run([*arguments, "--token-file", "-"], input=token, capture_output=True, text=True, env=ENVIRONMENT, timeout=60)
    assert user(json.loads(piped.stdout)) == "42"
    told = explain(gateway.file, "GET", "/private/x", [], "--json", environment={"TOLLGATE_TOKEN": token})
    assert user(json.loads(told.stdout)) == "42"


def test_url_says_host_and_kind(gateway):
    said = explained(gateway.file, "GET", "wss://hosted.test/ws/chat/a/?x=1#top", [PAGE])
    assert said["request"]["host"] == "hosted.test" and said["request"]["websocket"]
    assert said["answer"]["close"]["code"] == 4001
    assert explained(gateway.file, "GET", "http://hosted.test/hosted/", [])["answer"]["outcome"] == "forwarded"


def test_client_is_who_is_said(gateway):
    assert explained(gateway.file, "GET", "/denied/", [])["answer"]["status"] == 403
    for client in ["192.0.2.1", "2001:db8::1", "unix"]:
        assert explained(gateway.file, "GET", "/denied/", [], "--client", client)["answer"]["outcome"] == "forwarded"


def test_published_keys_are_given_not_fetched(tmp_path, backend):
    key = rsa.generate_private_key(65537, 2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "one", "use": "sig"}
    keys, file = tmp_path / "jwks.json", tmp_path / "gateway.yaml"
    keys.write_text(json.dumps({"keys": [jwk]}))
    file.write_text(settings(8080, backend.port, ROUTES[-1:], SIMPLE_JWT={"ALGORITHM": "RS256", "JWK_URL": f"http://127.0.0.1:{backend.port}/jwks"}))
    token = tokens.remember(jwt.encode(tokens.claims("7"), key, "RS256", headers={"kid": "one"}))
    said = explained(file, "GET", "/private/x", [], "--token", token)
    assert said["answer"]["status"] == 503 and any("--jwks" in note for note in said["notes"])
    assert backend.take() == []
    assert user(explained(file, "GET", "/private/x", [], "--token", token, "--jwks", keys)) == "7"
    assert user(explained(file, "GET", "/private/x", [], "--token", token, "--jwks", f"default={keys}")) == "7"
    other = tokens.remember(jwt.encode(tokens.claims("7"), key, "RS256", headers={"kid": "two"}))
    said = explained(file, "GET", "/private/x", [], "--token", other, "--jwks", keys)
    assert outcomes(said["token"]["checks"])["key"] == "failed" and said["answer"]["reason"] == "key"


def test_revoked_tokens_are_told(tmp_path, backend):
    (tmp_path / "revoked.json").write_text(json.dumps({"users": [{"user": "7", "issued_before": int(time.time()) + 60}]}))
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, backend.port, ROUTES[-1:], tokens={"revocation": {"file": "revoked.json"}}))
    said = explained(file, "GET", "/private/x", [bearer()])
    assert outcomes(said["token"]["checks"])["revoked"] == "failed" and said["answer"]["reason"] == "revoked"
    said = explained(file, "GET", "/private/x", [f"Authorization: Bearer {tokens.token('8')}"])
    assert outcomes(said["token"]["checks"])["revoked"] == "passed" and user(said) == "8"
