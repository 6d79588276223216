"""Clients that are slow on purpose, hundreds at once, from Debian's slowhttptest: they are cut by the configured limits, cost
little, and an ordinary client beside them does not notice.
"""

import contextlib
import os
import shutil
import socket
import time

import pytest

from support import load
from support.process import Process
from support.upstream import OK, Upstream
from support.waiting import until
from support.wire import Wire, get

TOOL = shutil.which("slowhttptest")
pytestmark = pytest.mark.skipif(TOOL is None, reason="slowhttptest is not installed")

ROUTES = [{"path": "<path:rest>", "auth": "none"}]
LIMIT = 2  # seconds, for everything
TIMEOUTS = {name: f"{LIMIT}s" for name in ["head", "body_idle", "write_stall", "keep_alive"]} | {"drain": "1s"}
COUNT = 300
READERS = 150  # each fills buffers of the kernel, on all four ends: more would bring the machine itself to its limits
BODY = 8 << 20  # more than those buffers take


def large(got):
    if got.target != "/large":
        return OK
    got.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    got.wire.send(f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n")
    piece = b"y" * 65536
    for _ in range(BODY // len(piece)):
        got.wire.send(piece)
    return None


@pytest.fixture
def upstream():
    upstream = Upstream(large)
    yield upstream
    upstream.stop()


@pytest.fixture
def gateway(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, timeouts=TIMEOUTS)
    get(gateway.port, "/x")
    return gateway


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


class Watch:
    """The largest resident size and number of descriptors while something happens."""

    def __init__(self, gateway):
        self.gateway, self.before = gateway, gateway.resident_bytes()
        self.largest, self.most = self.before, 0

    def look(self):
        self.largest = max(self.largest, self.gateway.resident_bytes())
        self.most = max(self.most, descriptors(self.gateway))

    @property
    def growth(self):
        return self.largest - self.before


@contextlib.contextmanager
def an_ordinary_client(gateway):
    """Measures requests on fresh connections, as somebody does who comes while the others are there."""
    times = []

    def turn():
        start = time.monotonic()
        response = get(gateway.port, "/ordinary")
        times.append(time.monotonic() - start)
        assert response.status == 200, response

    with load.Load(turn):
        yield times
    assert len(times) > 20
    assert max(times) < 2, f"{max(times)} s for one of {len(times)} requests"


@contextlib.contextmanager
def slow(gateway, count, *arguments, target="/x"):
    tool = Process("slowhttptest", [
        TOOL, *arguments, "-c", count, "-r", count, "-l", 30, "-p", 3, "-u", f"http://127.0.0.1:{gateway.port}{target}",
    ])  # fmt: skip
    yield tool
    tool.kill()


# How to be slow, how many, at what, what the access log says in the end, how much memory it may cost.
KINDS = {
    "slow heads": (["-H", "-i", "1", "-x", "10"], COUNT, "/x", "408", 8 << 20),
    "slow bodies": (["-B", "-i", str(LIMIT * 3), "-s", "4096"], COUNT, "/x", "408", 8 << 20),
    # What is read ahead from the upstream waits here: some 256 KiB a connection.
    "slow readers": (["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "5"], READERS, "/large", "write_stalled", READERS * (384 << 10)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_slow_clients_are_cut_and_hurt_nobody(gateway, kind):
    arguments, count, target, word, bound = KINDS[kind]
    watch, before = Watch(gateway), descriptors(gateway)
    with an_ordinary_client(gateway), slow(gateway, count, *arguments, target=target) as tool:

        def are_all_there():
            watch.look()
            return watch.most > before + count * 0.9

        until(are_all_there, "the slow clients to connect")

        def are_all_gone():
            watch.look()
            return descriptors(gateway) < before + 20

        until(are_all_gone, "the slow clients to be cut", patience=LIMIT * 5)
        if not tool.is_running:
            tool.wait()  # for the end of its output too
            assert "No open connections left" in tool.output, "they went by themselves"
    until(lambda: sum(word in line for line in gateway.lines) > count * 0.9, "a line for each")
    assert watch.growth < bound, f"{watch.growth >> 10} KiB"
    assert gateway.is_running and get(gateway.port, "/x").status == 200


def left_in_the_kernel(port):
    """Bytes that wait in the buffers of connections of this port that are closed already, by /proc/net/tcp."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in list(table)[1:]]
    waiting = [row[4].split(":")[0] for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "04"]  # FIN_WAIT1
    return sum(int(bytes_, 16) for bytes_ in waiting)


def test_what_a_stalled_reader_did_not_take_is_thrown_away(gateway):
    """A polite end would leave megabytes in the kernel for each of them, for minutes."""
    before = descriptors(gateway)
    wires = [Wire(gateway.port, receive_buffer=2304).send("GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n") for _ in range(50)]
    until(lambda: descriptors(gateway) >= before + 50, "the readers to connect")
    until(lambda: descriptors(gateway) < before + 10, "the readers to be cut", patience=LIMIT * 5)
    assert left_in_the_kernel(gateway.port) < 1 << 20
    for wire in wires:
        wire.close()


def test_slow_connections_do_not_keep_others_from_the_last_places(gateways, upstream):
    """With as many slow clients as connections are allowed, the next one waits for the first to be cut, no longer."""
    timeouts = TIMEOUTS | {"head": "500ms"}
    gateway = gateways.start(ROUTES, upstream.port, timeouts=timeouts, limits={"connections": 50})
    wires = [Wire(gateway.port).send("GET /x HTTP/1.1\r\n") for _ in range(50)]

    def answered():
        try:
            return get(gateway.port, "/x").status == 200
        except (AssertionError, OSError):
            return False

    until(answered, "a place", patience=5)
    for wire in wires:
        wire.close()
