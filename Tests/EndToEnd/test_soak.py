"""Minutes of what the other tests do once: memory and descriptors must not grow, nobody may be hurt."""

import os
import time

import pytest

from support import frames, load, tokens
from support.frames import TEXT, frame, read_frame
from support.gateway import settings
from support.upstream import Upstream
from support.waiting import until
from support.wire import Wire, bearer, get
from test_reload import STEADY, http_and_echo, jwt

# Nobody reads the sockets that are held meanwhile, so nobody would answer a ping.
ROUTES = [route | {"websocket": {"ping": "off"}} if "websocket" in route else route for route in STEADY]

pytestmark = pytest.mark.soak
MINUTES = 2


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


@pytest.fixture
def backend():
    backend = Upstream(handler=http_and_echo)
    yield backend
    backend.stop()


def test_reloads_without_end_leave_everybody_alone(gateways, backend):
    gateway = gateways.start(ROUTES, backend.port, threads=2)
    token = tokens.token(lifetime=3600)
    held = [frames.connect(gateway.port, "/ws/private/", [bearer(token)]) for _ in range(300)]
    end, count, sizes = time.monotonic() + MINUTES * 60, 0, []
    with (
        load.requests(gateway.port, "/steady/"),
        load.new_connections(gateway.port, "/steady/"),
        load.messages(gateway.port, "/ws/steady/"),
        load.messages(gateway.port, "/ws/private/", [bearer(token)]),
    ):
        while time.monotonic() < end:
            count += 1
            turn = count % 2
            routes = ROUTES + [{"path": f"new/{turn}/{n}/", "auth": "none"} for n in range(50)]
            key = [tokens.KEY, tokens.OTHER_KEY][turn]
            gateway.reload(settings(gateway.port, backend.port, routes, SIMPLE_JWT=jwt(key), threads=2))
            assert get(gateway.port, f"/new/{turn}/49/").status == 200
            sizes.append(gateway.resident_bytes())
    for wire in held:
        wire.send(frame(TEXT, b"still here"))
        assert read_frame(wire).payload == b"still here"
        wire.close()
    assert max(sizes[-10:]) - max(sizes[: len(sizes) // 4]) < 16 << 20, sizes[:: max(1, len(sizes) // 20)]


def test_comings_and_goings_leave_nothing_behind(gateways, backend):
    # A quarter of the tokens is not valid, all from one address.
    gateway = gateways.start(ROUTES, backend.port, threads=2, tokens={"failures": {"rate": "off"}})
    get(gateway.port, "/steady/")
    end, sizes, before = time.monotonic() + MINUTES * 60, [], descriptors(gateway)
    while time.monotonic() < end:
        for number in range(200):
            token = tokens.token(str(number), lifetime=3600)
            if number % 4 == 0:
                with frames.connect(gateway.port, "/ws/private/", [bearer(token)]) as wire:
                    wire.send(frame(TEXT, b"x" * 5000))
                    assert read_frame(wire).payload == b"x" * 5000
            elif number % 4 == 1:
                assert get(gateway.port, "/private/", [bearer(token)]).status == 200
            elif number % 4 == 2:
                with Wire(gateway.port) as wire:
                    wire.send("GET /private/ HTTP/1.1\r\nHost: a.te")  # and gone
            else:
                assert get(gateway.port, "/private/", [bearer("a.b.c")]).status == 401
        sizes.append(gateway.resident_bytes())
    until(lambda: descriptors(gateway) <= before + 16, "descriptors to be given back")
    assert max(sizes[-5:]) - max(sizes[: max(1, len(sizes) // 4)]) < 24 << 20, sizes[:: max(1, len(sizes) // 20)]
