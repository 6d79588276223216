"""How often the gateway asks for memory while it serves a connection that is open already.

Counted in the real binary, at the allocator's door. The ceilings are a little above what was measured when they were
written: who gets below lowers them, who goes beyond finds out why.
"""

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from support import frames, tokens
from support.frames import BINARY, frame, read_frame
from support.upstream import OK, Upstream
from support.wire import Wire, bearer

SOURCE = Path(__file__).parent / "support" / "count_allocations.c"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler for the counter")

ROUTES = [
    {"path": "ws/", "auth": "required", "websocket": {"only": True}},
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "<path:rest>", "auth": "none"},
]
WARM_UP, COUNT = 500, 2000


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    library = tmp_path_factory.mktemp("allocations") / "count_allocations.so"
    subprocess.run([COMPILER, "-O2", "-shared", "-fPIC", "-o", library, SOURCE], check=True)
    return library


@pytest.fixture
def counted(gateways, counter, tmp_path):
    """Starts a gateway whose allocations are counted; gives it and a way to read the count."""
    file = tmp_path / "count"
    file.write_bytes(bytes(mmap.PAGESIZE))

    def start(upstream, **changes):
        environment = {"LD_PRELOAD": str(counter), "ALLOCATION_COUNT": str(file)}
        gateway = gateways.start(ROUTES, upstream.port, environment, **({"logs": {"access": "off"}} | changes))
        with file.open("rb") as opened:
            page = mmap.mmap(opened.fileno(), mmap.PAGESIZE, prot=mmap.PROT_READ)
        return gateway, lambda: struct.unpack_from("=Q", page)[0]

    return start


def each(turn, count):
    """Allocations for each turn, once everything is warm."""
    for _ in range(WARM_UP):
        turn()
    before = count()
    for _ in range(COUNT):
        turn()
    return (count() - before) / COUNT


def request(target, lines="", body="", method="GET"):
    return f"{method} {target} HTTP/1.1\r\nHost: a.test\r\nUser-Agent: test\r\nAccept: */*\r\n{lines}\r\n{body}".encode()


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
#: What is sent, what is answered, how it is configured, how many allocations it may take.
REQUESTS = {
    "public": (request("/x"), OK, {}, 0.1),
    "token": (request("/private/x", "{token}\r\n"), OK, {}, 0.1),
    "assertion": (request("/private/x", "{token}\r\n"), OK, {"assertion": {"SIGNING_KEY": tokens.OTHER_KEY}}, 0.1),
    "body with length": (request("/private/x", "{token}\r\nContent-Length: 5\r\n", "hello", "POST"), OK, {}, 0.1),
    "chunked answer": (request("/private/x", "{token}\r\n"), CHUNKS, {}, 0.1),
    "access log": (request("/private/x", "{token}\r\n"), OK, {"logs": {"format": "text"}}, 0.1),
    "JSON access log": (request("/private/x", "{token}\r\n"), OK, {"logs": {"format": "json"}}, 0.1),
    "trusted proxy": (
        request("/private/x", "{token}\r\nX-Forwarded-For: 192.0.2.1\r\nX-Request-Id: a\r\n"), OK,
        {"trusted_proxies": ["127.0.0.0/8"], "forwarded": True}, 4.1,
    ),
    "foreign page": (
        request("/private/x", "{token}\r\nOrigin: https://a.test\r\n"), OK,
        {"cors": {"origins": ["https://a.test"], "credentials": True}}, 2.1,
    ),
    "refused": (request("/private/x"), OK, {}, 4.1),
}  # fmt: skip


@pytest.mark.parametrize("kind", REQUESTS)
def test_allocations_of_a_request(counted, upstream, kind):
    sent, upstream.answer, changes, ceiling = REQUESTS[kind]
    sent = sent.replace(b"{token}", ": ".join(bearer(tokens.token())).encode())
    gateway, count = counted(upstream, **changes)
    with Wire(gateway.port) as wire:
        found = each(lambda: wire.send(sent).read_response(), count)
    print(f"{found:.2f} allocations for each request: {kind}")
    assert count() > 0, "nothing is counted"
    assert found <= ceiling


@pytest.mark.parametrize("size, ceiling", [(64, 0.1), (4096, 0.1)])
def test_allocations_of_a_message(counted, size, ceiling):
    """There and back, through an upstream that echoes."""
    upstream = Upstream(handler=frames.echo)
    gateway, count = counted(upstream)
    message = frame(BINARY, b"x" * size)
    with frames.connect(gateway.port, "/ws/", [bearer(tokens.token())]) as wire:

        def turn():
            wire.send(message)
            assert len(read_frame(wire).payload) == size

        found = each(turn, count)
    print(f"{found:.2f} allocations for each message of {size} bytes there and back")
    assert found <= ceiling
    upstream.stop()


def test_allocations_of_a_connection(counted, upstream):
    gateway, count = counted(upstream)
    sent = request("/private/x", f"{': '.join(bearer(tokens.token()))}\r\nConnection: close\r\n")

    def turn():
        with Wire(gateway.port) as wire:
            wire.send(sent).read_response()

    found = each(turn, count)
    print(f"{found:.2f} allocations for each connection with one request")
    assert found <= 62
