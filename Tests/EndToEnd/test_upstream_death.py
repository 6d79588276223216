"""Upstreams that die: in the middle of an answer, before one, while nobody uses them; and a gateway without descriptors."""

import os
import resource
import sys
import time

import pytest

from support.process import FOLDER, Process
from support.recorder import OK, Recorder
from support.waiting import free_port, until
from support.wire import Ended, Wire, get

ROUTES = [{"path": "<path:rest>", "auth": "none"}]
HALF = b"x" * 500


def request(target, method="GET", lines="", version="1.1"):
    return f"{method} {target} HTTP/{version}\r\nHost: a.test\r\n{lines}\r\n"


class Mortal(Process):
    def __init__(self, port):
        super().__init__("mortal", [sys.executable, "-m", "support.mortal", port], folder=FOLDER)
        self.wait_for("ready")


@pytest.fixture
def mortal():
    """Starts the backend on one port, again and again."""
    port, lives = free_port(), []

    def start():
        lives.append(Mortal(port))
        return lives[-1]

    start.port = port
    yield start
    for life in lives:
        life.kill()


@pytest.fixture
def gateway(gateways, mortal):
    return gateways.start(ROUTES, mortal.port)


# In the middle of an answer


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("is_reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("framing", ["length", "chunked", "within", "close"])
def test_truncation_shows(gateway, mortal, framing, is_reset, version):
    backend = mortal()
    with Wire(gateway.port) as wire:
        if is_reset:  # a body that nobody reads
            wire.send(request(f"/{framing}", "POST", "Content-Length: 5\r\n", version), "hello")
        else:
            wire.send(request(f"/{framing}", version=version))
        head = wire.read_head()
        assert head.status == 200
        is_chunked = head.get("transfer-encoding") is not None
        assert is_chunked == (framing != "length" and version == "1.1"), "the framing that a client of this version reads"
        if is_chunked:
            pieces = wire.read_chunks()
            assert len(next(pieces)) > 0
        else:
            assert wire.read(len(HALF)) == HALF
        backend.kill()
        if framing == "close" and not is_reset:  # how such an answer ends: nobody can tell it from a whole one
            assert (list(pieces) if is_chunked else wire.read_to_end()) in ([], b"")
        elif is_chunked:
            with pytest.raises(Ended):
                list(pieces)
            assert b"0\r\n\r\n" not in bytes(wire.buffer)
        elif framing == "length":
            assert wire.read_to_end() == b""  # 500 of 1000
        else:
            wire.socket.settimeout(15)
            with pytest.raises(ConnectionResetError):  # nothing else can tell a client of HTTP/1.0
                assert wire.socket.recv(1000) == b""
                raise Ended("a clean end, as if the answer were whole")
    mortal()
    until(lambda: get(gateway.port, "/next").status == 200, "the upstream to be found again")


# Before an answer


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("target", ["/silent", "/head"])
def test_death_before_the_answer_is_502(gateway, mortal, target, method):
    backend = mortal()
    with Wire(gateway.port) as wire:
        lines = "" if method == "GET" else "Content-Length: 5\r\n"
        wire.send(request(target, method, lines), "hello" if lines else "")
        assert wire.is_quiet(0.1)
        backend.kill()
        response = wire.read_response()
        assert response.status == 502
        assert response.get("content-type") == "application/problem+json"
        mortal()
        if response.get("connection") != "close":
            assert wire.send(request("/next")).read_response().status == 200
    assert get(gateway.port, "/next").status == 200


def test_upstream_that_is_replaced_is_used_at_once(gateway, mortal):
    """Connections in the pool die with it; nobody gets to see that."""
    for _ in range(5):
        backend = mortal()
        with Wire(gateway.port) as wire:
            for _ in range(3):
                assert wire.send(request("/x")).read_response().status == 200
        backend.kill()
        assert get(gateway.port, "/x").status == 502


# Connections that go stale in the pool


class Stale(Recorder):
    """Answers the first request of each connection, then dies on the second; `lives` is how many connections do so."""

    def __init__(self, lives=1):
        super().__init__(self._answer, keeps_alive=True)
        self.lives = lives

    def _answer(self, arrival, wire):
        if arrival.connection <= self.lives and getattr(wire, "was_used", False):
            return False
        wire.was_used = True
        return OK


def stale_exchange(gateways, method, lines="", body="", idle=0.0, lives=1):
    recorder = Stale(lives)
    gateway = gateways.start(ROUTES, recorder.port)
    with Wire(gateway.port) as wire:
        assert wire.send(request("/first")).read_response().status == 200
        time.sleep(idle)
        status = wire.send(request("/second", method, lines), body).read_response(method).status
    assert get(gateway.port, "/third").status == 200
    gateway.stop()
    seconds = [arrival.connection for arrival in recorder.take() if arrival.target == "/second"]
    recorder.stop()
    return status, seconds


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"])
def test_idempotent_request_on_a_stale_connection_is_sent_again_once(gateways, method):
    status, arrivals = stale_exchange(gateways, method)
    assert status == 200
    assert arrivals == [1, 2]


@pytest.mark.parametrize("method, lines, body", [
    ("POST", "", ""), ("PATCH", "", ""), ("POST", "Content-Length: 5\r\n", "hello"), ("PUT", "Content-Length: 5\r\n", "hello"),
    ("PUT", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), ("LOCK", "", ""),
])  # fmt: skip
def test_other_request_on_a_stale_connection_is_sent_once_and_502(gateways, method, lines, body):
    status, arrivals = stale_exchange(gateways, method, lines, body)
    assert (status, arrivals) == (502, [1])


def test_request_that_must_not_be_repeated_avoids_a_connection_that_was_idle(gateways):
    status, arrivals = stale_exchange(gateways, "POST", "Content-Length: 5\r\n", "hello", idle=1.2)
    assert (status, arrivals) == (200, [2])


def test_request_is_not_sent_a_third_time(gateways):
    """The connection that the second attempt gets is fresh, and its death is the answer."""

    def answer(arrival, wire):
        return OK if arrival.target == "/first" else False

    recorder = Recorder(answer, keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port)
    with Wire(gateway.port) as wire:
        assert wire.send(request("/first")).read_response().status == 200
        assert wire.send(request("/second")).read_response().status == 502
    with Wire(gateway.port) as wire:
        assert wire.send(request("/fresh")).read_response().status == 502
    gateway.stop()
    arrived = [arrival.target for arrival in recorder.take()]
    assert arrived.count("/second") == 2 and arrived.count("/fresh") == 1
    recorder.stop()


def test_request_is_not_sent_again_once_an_answer_has_begun(gateways):
    def answer(arrival, wire):
        if arrival.target == "/second":
            wire.send(b"HTTP/1.1 200 OK\r\nConte")
            return False
        return OK

    recorder = Recorder(answer, keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port)
    with Wire(gateway.port) as wire:
        assert wire.send(request("/first")).read_response().status == 200
        assert wire.send(request("/second")).read_response().status == 502
    gateway.stop()
    assert [arrival.target for arrival in recorder.take()] == ["/first", "/second"]
    recorder.stop()


# No descriptors left


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


def processor_seconds(gateway):
    with open(f"/proc/{gateway.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def starved(gateways):
    """A gateway that may open ten more descriptors than it has. Its own limit on connections, made from the limit on
    descriptors it started with, does not know that.
    """
    recorder = Recorder(keeps_alive=True)
    gateway = gateways.start(ROUTES, recorder.port)
    assert get(gateway.port, "/x").status == 200
    until(lambda: gateway.mark() > 0, "a line")
    resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, (descriptors(gateway) + 10, descriptors(gateway) + 10))
    yield gateway
    recorder.stop()


def can_be_reached(gateway):
    try:
        with Wire(gateway.port, patience=1) as wire:
            return wire.send(request("/x", lines="Connection: close\r\n")).read_response().status == 200
    except (AssertionError, OSError):
        return False


def test_running_out_of_descriptors_does_not_spin_and_ends_with_its_cause(starved):
    wires = [Wire(starved.port) for _ in range(60)]  # the kernel takes those that the gateway cannot
    limit, _ = resource.prlimit(starved.pid, resource.RLIMIT_NOFILE)
    until(lambda: descriptors(starved) >= limit - 1, "the descriptors to be used up")
    before, start = processor_seconds(starved), time.monotonic()
    time.sleep(1)
    share = (processor_seconds(starved) - before) / (time.monotonic() - start)
    assert share < 0.25, f"{share:.0%} of a core for nothing"
    assert starved.is_running
    for wire in wires:
        wire.close()
    until(lambda: can_be_reached(starved), "the gateway to accept again")


def test_waiting_connections_are_served_as_soon_as_descriptors_are_free(starved):
    wires = [Wire(starved.port) for _ in range(30)]
    for wire in wires:
        wire.send(request("/x", lines="Connection: close\r\n"))
    statuses = []
    for wire in wires:
        try:
            statuses.append(wire.read_response().status)
        except (Ended, OSError):
            statuses.append(None)
        wire.close()
    assert set(statuses) <= {200, 502, 503, None}
    assert statuses.count(200) >= 10, statuses
    assert can_be_reached(starved)


def test_no_descriptor_for_an_upstream_is_an_answer_not_an_end(starved):
    limit, _ = resource.prlimit(starved.pid, resource.RLIMIT_NOFILE)
    wires = [Wire(starved.port) for _ in range(60)]
    until(lambda: descriptors(starved) >= limit - 1, "the descriptors to be used up")
    answered = []
    for wire in wires:
        wire.send(request("/x"))
    for wire in wires[:3]:
        answered.append(wire.read_response().status)
    assert set(answered) <= {200, 502, 503}
    for wire in wires:
        wire.close()
    until(lambda: can_be_reached(starved), "the gateway to work again")
