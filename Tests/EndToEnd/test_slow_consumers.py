"""A side of a WebSocket that takes nothing: the other is held back, memory is bounded, and after a while it is over."""

import ctypes
import os
import select
import socket
import threading
import time

import pytest

from support import frames
from support.frames import BINARY, CLOSE, TEXT, frame, read_frame
from support.wire import Ended
from test_websocket import Sockets

PIECE = frame(BINARY, b"x" * 16_000, mask=None)
MASKED = frame(BINARY, b"x" * 16_000)
#: What may lie between two ends of which one takes nothing: the gateway's buffer, the kernel's for both connections.
BOUND = 24 << 20


@pytest.fixture(scope="module")
def sockets():
    sockets = Sockets()
    yield sockets
    sockets.stop()


@pytest.fixture(scope="module")
def gateway(module_gateways, sockets):
    slow = {"buffer": "64KiB", "slow_consumer": "1s", "ping": "off"}
    routes = [
        {"path": "slow/", "auth": "none", "websocket": slow},
        {"path": "patient/", "auth": "none", "websocket": slow | {"slow_consumer": "10m"}},
        {"path": "ws/", "auth": "none", "websocket": True},
    ]
    return module_gateways.start(routes, sockets.port)


def pair(gateway, sockets, target="/slow/", **options):
    client = frames.connect(gateway.port, target, **options)
    return client, sockets.other_end(client)


def flood(wire, piece, patience=0.3):
    """Sends until nothing is taken any more, or the connection is over. Returns the bytes that were accepted."""
    wire.socket.setblocking(False)
    sent, at = 0, 0
    try:
        while sent < 256 << 20:
            if not select.select([], [wire.socket], [], patience)[1]:
                break
            try:
                taken = wire.socket.send(piece[at:])
            except BlockingIOError:
                continue
            sent, at = sent + taken, (at + taken) % len(piece)
    except OSError:
        pass
    if wire.socket.fileno() >= 0:
        wire.socket.settimeout(15)
    return sent


class Neighbour:
    """A socket of the same worker on which messages go to and fro all the while, and how long the slowest took."""

    def __init__(self, gateway, sockets):
        self.client, self.upstream = pair(gateway, sockets, "/ws/")
        self.slowest, self.count, self._stop = 0.0, 0, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.wait(0.005):
            start = time.monotonic()
            self.client.send(frame(TEXT, b"%d" % self.count))
            assert read_frame(self.upstream).payload == b"%d" % self.count
            self.upstream.send(frame(TEXT, b"%d back" % self.count, mask=None))
            assert read_frame(self.client).payload == b"%d back" % self.count
            self.slowest = max(self.slowest, time.monotonic() - start)
            self.count += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)
        self.client.close(), self.upstream.close()
        assert self.count > 20 and self.slowest < 1


def test_client_that_reads_nothing_is_ended_and_its_neighbours_are_not(gateway, sockets):
    size = gateway.resident_bytes()
    with Neighbour(gateway, sockets):
        client, upstream = pair(gateway, sockets, receive_buffer=4096)
        start = time.monotonic()
        accepted = flood(upstream, PIECE)
        assert accepted < BOUND
        assert gateway.resident_bytes() - size < 8 << 20
        told = read_frame(upstream)
        assert (told.opcode, told.code, told.reason) == (CLOSE, 1001, "too slow"), "1008 would be the upstream's own fault"
        assert 0.9 < time.monotonic() - start < 5
        upstream.socket.settimeout(5)
        upstream.read_to_end()  # there was no room to tell the client anything: its connection is cut
        print(f"{accepted} bytes accepted of the upstream, {len(client.read_to_end())} of them were in the kernel for the client")
        client.close(), upstream.close()


def test_client_that_wakes_up_sees_why(gateway, sockets):
    client, upstream = pair(gateway, sockets, receive_buffer=4096)
    with client, upstream:
        flooding = threading.Thread(target=flood, args=[upstream, PIECE, 3], daemon=True)
        flooding.start()
        gateway_says = upstream.socket.dup()
        assert select.select([gateway_says], [], [], 15)[0], "the upstream is told"
        gateway_says.close()
        while (got := read_frame(client)).opcode == BINARY:
            assert len(got.payload) == 16_000
        assert (got.opcode, got.code, got.reason) == (CLOSE, 1008, "too slow")
        client.send(frames.close(1008))
        client.expect_end()
        upstream.close()
        flooding.join(5)


def test_upstream_that_reads_nothing_is_no_fault_of_the_clients(gateway, sockets):
    size = gateway.resident_bytes()
    with Neighbour(gateway, sockets):
        client, upstream = pair(gateway, sockets)
        start = time.monotonic()
        assert flood(client, MASKED) < BOUND
        assert gateway.resident_bytes() - size < 8 << 20
        told = read_frame(client)
        assert (told.opcode, told.code, told.reason) == (CLOSE, 1013, "upstream too slow")
        assert 0.9 < time.monotonic() - start < 5
        client.close(), upstream.close()


def test_side_that_takes_a_little_is_not_slow(gateway, sockets):
    client, upstream = pair(gateway, sockets, receive_buffer=4096)
    with client, upstream:
        flooding = threading.Thread(target=flood, args=[upstream, PIECE, 5], daemon=True)
        flooding.start()
        end = time.monotonic() + 3.5
        while time.monotonic() < end:
            for _ in range(8):
                assert read_frame(client).opcode == BINARY
            time.sleep(0.1)
        client.reset()
        flooding.join(10)


def test_both_sides_that_read_nothing_at_once_end_too(gateway, sockets):
    client, upstream = pair(gateway, sockets)
    one = threading.Thread(target=flood, args=[client, MASKED, 3], daemon=True)
    one.start()
    assert flood(upstream, PIECE) < BOUND
    one.join(10)
    for wire in (client, upstream):
        try:
            while read_frame(wire).opcode != CLOSE:
                pass
        except Ended:
            pass
        wire.close()


# What the kernel holds and how long it waits


def kernels_view(process, end):
    """The process's own socket that is connected to this one of ours, as a socket of ours."""
    there, here = end.getsockname(), end.getpeername()
    handle = os.pidfd_open(process.pid)
    getfd = ctypes.CDLL(None, use_errno=True).syscall
    try:
        for number in os.listdir(f"/proc/{process.pid}/fd"):
            copy = getfd(438, handle, int(number), 0)  # pidfd_getfd
            if copy < 0:
                if ctypes.get_errno() in (1, 38):
                    pytest.skip("this kernel does not let one look at another process's sockets (pidfd_getfd)")
                continue
            try:
                view = socket.socket(fileno=copy)
            except OSError:
                os.close(copy)
                continue
            try:
                if view.family == socket.AF_INET and (view.getpeername(), view.getsockname()) == (there, here):
                    return view
            except OSError:
                pass
            view.close()
    finally:
        os.close(handle)
    raise AssertionError(f"no socket of the gateway is connected to {there}")


@pytest.mark.parametrize("target, patience", [("/slow/", 120), ("/patient/", 600)])
def test_kernel_gives_up_no_sooner_than_the_gateway_and_not_much_later(gateway, sockets, target, patience):
    client, upstream = pair(gateway, sockets, target)
    with client, upstream:
        with kernels_view(gateway, client.socket) as view:
            assert view.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert view.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
            assert view.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == patience * 1000
            assert 0 < view.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) <= 256 << 10
        with kernels_view(gateway, upstream.socket) as view:
            assert view.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == patience * 1000
