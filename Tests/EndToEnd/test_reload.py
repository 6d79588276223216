"""SIGHUP: what it changes, and that it hurts nobody it does not concern."""

import signal
import time

import pytest

from support import frames, load, tokens
from support.frames import TEXT, frame, read_frame
from support.gateway import settings
from support.upstream import Upstream, read_request
from support.waiting import until
from support.wire import Wire, bearer, get

FAILED = r"gateway-\d+\.yaml:\d+:\d+:"


def http_and_echo(wire):
    """An upstream that answers requests and echoes sockets on the same port."""
    while True:
        request = read_request(wire)
        if not request.all("upgrade"):
            user = (request.get("x-user-id") or "").encode()
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(user), user))
            continue
        frames.accept(wire, request)
        while (got := read_frame(wire)).opcode != frames.CLOSE:
            wire.send(frame(got.opcode, got.payload, got.fin, None))
        wire.send(frames.close(got.code, mask=None))
        return


@pytest.fixture
def backend():
    backend = Upstream(handler=http_and_echo)
    yield backend
    backend.stop()
    assert backend.failures == []


STEADY = [
    {"path": "steady/", "auth": "none"},
    {"path": "ws/steady/", "auth": "none", "websocket": True},
    {"path": "ws/private/", "auth": "required", "websocket": True},
    {"path": "private/", "auth": "required"},
]


def jwt(key):
    return {"ALGORITHM": "HS256", "SIGNING_KEY": key}


def test_load_goes_on_while_routes_keys_and_origins_change(gateways, backend):
    gateway = gateways.start(STEADY, backend.port, threads=2)
    held = [frames.connect(gateway.port, "/ws/private/", [bearer(tokens.token())]) for _ in range(20)]
    with (
        load.requests(gateway.port, "/steady/") as requests,
        load.new_connections(gateway.port, "/steady/"),
        load.messages(gateway.port, "/ws/steady/") as messages,
        load.messages(gateway.port, "/ws/private/", [bearer(tokens.token(lifetime=3600))]),
    ):
        for number in range(20):
            changed = settings(
                gateway.port, backend.port,
                STEADY + [{"path": f"new/{number}/", "auth": "none"}],
                SIMPLE_JWT=jwt([tokens.OTHER_KEY, tokens.KEY][number % 2]),
                allowed_origins=[["http://one.test"], ["http://two.test"]][number % 2],
                threads=2,
            )  # fmt: skip
            gateway.reload(changed)
            assert get(gateway.port, f"/new/{number}/").status == 200
            assert number == 0 or get(gateway.port, f"/new/{number - 1}/").status == 404
            turns = requests.turns, messages.turns
            while (requests.turns, messages.turns) < (turns[0] + 5, turns[1] + 5) and not requests.failure:
                time.sleep(0.001)
    for wire in held:
        wire.send(frame(TEXT, b"still here"))
        assert read_frame(wire).payload == b"still here"
        wire.close()


def test_new_key_holds_for_new_requests_and_old_sockets_stay(gateways, backend):
    gateway = gateways.start(STEADY, backend.port)
    old, new = tokens.token("1"), tokens.token("2", key=tokens.OTHER_KEY)
    with frames.connect(gateway.port, "/ws/private/", [bearer(old)]) as socket, Wire(gateway.port) as client:

        def ask(token):
            client.send(f"GET /private/ HTTP/1.1\r\nHost: a.test\r\n{': '.join(bearer(token))}\r\n\r\n")
            return client.read_response()

        assert (ask(old).status, ask(new).status) == (200, 401)
        gateway.reload(settings(gateway.port, backend.port, STEADY, SIMPLE_JWT=jwt(tokens.OTHER_KEY)))
        assert (ask(old).status, ask(new).status, ask(new).body) == (401, 200, b"2")
        socket.send(frame(TEXT, b"still here"))
        assert read_frame(socket).payload == b"still here"


def test_old_socket_still_ends_with_its_token_after_a_reload(gateways, backend):
    gateway = gateways.start(STEADY, backend.port)
    expires = int(time.time()) + 2
    with frames.connect(gateway.port, "/ws/private/", [bearer(tokens.token(exp=expires))]) as socket:
        gateway.reload(settings(gateway.port, backend.port, STEADY, SIMPLE_JWT=jwt(tokens.OTHER_KEY)))
        assert read_frame(socket).code == 4001
        assert expires <= time.time() < expires + 1


def test_origins_change_for_new_handshakes(gateways, backend):
    gateway = gateways.start(STEADY, backend.port, allowed_origins=["http://one.test"])

    def status(origin):
        with Wire(gateway.port) as wire:
            return wire.send(frames.handshake("/ws/steady/", [("Origin", origin)])[0]).read_head().status

    assert (status("http://one.test"), status("http://two.test")) == (101, 403)
    gateway.reload(settings(gateway.port, backend.port, STEADY, allowed_origins=["http://two.test"]))
    assert (status("http://one.test"), status("http://two.test")) == (403, 101)


def test_upstream_changes_for_new_requests(gateways, backend, upstream):
    gateway = gateways.start(STEADY, backend.port)
    with Wire(gateway.port) as client, frames.connect(gateway.port, "/ws/steady/") as socket:
        request = "GET /steady/ HTTP/1.1\r\nHost: a.test\r\n\r\n"
        assert client.send(request).read_response().body == b""
        gateway.reload(settings(gateway.port, upstream.port, STEADY))
        assert client.send(request).read_response().body == b"ok"
        socket.send(frame(TEXT, b"to the old one"))
        assert read_frame(socket).payload == b"to the old one"


BROKEN = {
    "bad YAML": (lambda text: text + "routes: [\n", None),
    "unknown key": (lambda text: text + "rouets: []\n", "rouets"),
    "bad pattern": (lambda text: text.replace('path: "steady/"', 're_path: "steady/("'), "routes[0]"),
    "unknown upstream": (lambda text: text.replace('upstream: "test"', 'upstream: "tset"', 1), "upstream"),
    "bad algorithm": (lambda text: text.replace('"HS256"', '"none"'), "ALGORITHM"),
    "empty": (lambda text: "", None),
    "binary": (lambda text: "\x00\x01\x02", None),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_file_changes_nothing_and_is_located(gateways, backend, kind):
    change, word = BROKEN[kind]
    gateway = gateways.start(STEADY, backend.port)
    good = gateway.file.read_text()
    with load.requests(gateway.port, "/steady/"), load.messages(gateway.port, "/ws/steady/"):
        line = gateway.reload(change(good), FAILED if kind != "empty" else r"gateway-\d+\.yaml")
        assert word is None or word in line
        assert get(gateway.port, "/private/", [bearer(tokens.token("7"))]).body == b"7"
        gateway.reload(good + "# better\n")
        assert get(gateway.port, "/private/", [bearer(tokens.token("8"))]).body == b"8"


def test_file_that_is_gone_changes_nothing(gateways, backend):
    gateway = gateways.start(STEADY, backend.port)
    mark = gateway.mark()
    gateway.file.unlink()
    gateway.send(signal.SIGHUP)
    gateway.wait_for(rf"{gateway.file.name}", after=mark)
    assert get(gateway.port, "/steady/").status == 200


def test_reloads_in_a_row_end_with_the_last_file(gateways, backend):
    gateway = gateways.start(STEADY, backend.port)
    for number in range(30):
        gateway.file.write_text(settings(gateway.port, backend.port, STEADY + [{"path": f"n{number}/", "auth": "none"}]))
        gateway.send(signal.SIGHUP)
    until(lambda: get(gateway.port, "/n29/").status == 200, "the last file to hold")
    assert get(gateway.port, "/n28/").status == 404
