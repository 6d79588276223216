"""Ways in and out besides plain TCP: Unix sockets on both sides, IPv6, TLS, a second gateway on the same port."""

import os
import queue
import shutil
import signal
import socket
import ssl
import tempfile
import time
from pathlib import Path

import pytest

from support import frames, tokens
from support.backend import ALICE, Backend
from support.certificate import self_signed
from support.frames import BINARY, TEXT, frame, read_frame
from support.gateway import Gateway, settings
from support.upstream import Upstream, read_request
from support.waiting import free_port, until
from support.wire import Wire, bearer, get

ROUTES = [
    {"path": "ws/", "auth": "required", "websocket": {"only": True}},
    {"path": "<path:rest>", "auth": "none"},
]
REQUEST = "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"


@pytest.fixture
def short_folder():
    """Unix socket paths have at most 107 bytes."""
    folder = tempfile.mkdtemp(prefix="tg")
    yield folder
    shutil.rmtree(folder)


def can_connect(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


def unix_wire(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(15)
    sock.connect(path)
    return Wire(sock=sock)


def test_unix_socket_is_listened_on_and_removed_at_the_end(gateways, upstream, short_folder):
    path = f"{short_folder}/gateway.sock"
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}"}]
    gateway = gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen, threads=2), port)
    for _ in range(10):
        with unix_wire(path) as client:
            assert client.send(REQUEST).read_response().body == b"ok"
    assert gateway.stop() == 0
    assert not os.path.exists(path)


def test_socket_file_of_a_crashed_gateway_does_not_hinder(gateways, upstream, short_folder):
    path = f"{short_folder}/gateway.sock"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    stale.close()
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}"}]
    gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port)
    with unix_wire(path) as client:
        assert client.send(REQUEST).read_response().body == b"ok"


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_backend_behind_a_unix_socket(gateways, backends, session_folder, short_folder, server):
    path = f"{short_folder}/backend.sock"
    backend = Backend(server, "gateway", session_folder, session_folder / "seeded.sqlite3", unix=path)
    try:
        until(lambda: can_connect(path), "the backend's socket")
        port = free_port()
        upstreams = {"test": {"servers": [f"unix:{path}"]}}
        routes = [
            {"path": "api/<path:rest>", "auth": "required"},
            {"re_path": r"ws/chat/(?P<room_id>\d+)/$", "auth": "required", "websocket": True},
        ]
        gateway = gateways.start_text(settings(port, 0, routes, upstreams=upstreams), port)
        headers = [bearer(tokens.token(ALICE)), ("X-User-Id", "2")]
        answer = get(gateway.port, "/api/me/", headers)
        assert answer.status == 200 and b"alice" in answer.body
        origin = ("Origin", gateway.origin)
        with frames.connect(gateway.port, "/ws/chat/1/", [*headers, origin]) as client:
            assert b"alice" in read_frame(client).payload
    finally:
        backend.stop_whatever_it_says()


def test_ipv6_is_listened_on(gateways, upstream):
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6") or not open("/proc/net/if_inet6").read().strip():
        pytest.skip("this machine has no IPv6 loopback")
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"[::1]:{port}"}]
    gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port)
    client = Wire(sock=socket.create_connection(("::1", port)))
    assert client.send(REQUEST).read_response().body == b"ok"
    assert upstream.take().get("X-Forwarded-For") == "::1"
    client.close()


# TLS


@pytest.fixture
def secure(gateways, tmp_path):
    """Starts a gateway with TLS; gives it and a way to connect."""
    trust = self_signed(tmp_path)

    def start(upstream):
        port = free_port()
        listen = [{"address": f"127.0.0.1:{port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}]
        gateway = gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port)

        def connect(context=trust):
            plain = socket.create_connection(("127.0.0.1", port), timeout=15)
            return Wire(sock=context.wrap_socket(plain, server_hostname="localhost"))

        return gateway, connect

    return start


def test_tls_serves_requests(secure, upstream):
    gateway, connect = secure(upstream)
    with connect() as client:
        for _ in range(3):
            assert client.send(REQUEST).read_response().body == b"ok"
        got = upstream.take()
        assert got.get("X-Forwarded-Proto") == "https" and got.get("X-Forwarded-Port") == str(gateway.port)


def test_tls_relays_a_socket_until_its_token_expires(secure):
    upstream = Upstream(handler=frames.echo)
    _, connect = secure(upstream)
    expires = int(time.time()) + 2
    with connect() as client:
        client.send(frames.handshake("/ws/", [bearer(tokens.token(exp=expires))])[0])
        assert client.read_head().status == 101
        for size in [5, 300, 70_000]:
            client.send(frame(BINARY, b"x" * size))
            assert read_frame(client).payload == b"x" * size
        got = read_frame(client)
        assert (got.code, got.reason) == (4001, "token expired")
        assert expires <= time.time() < expires + 1
    upstream.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_refuses_old_versions(secure, upstream):
    _, connect = secure(upstream)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        connect(old)


def test_plain_http_on_a_tls_port_gets_no_answer(secure, upstream):
    gateway, connect = secure(upstream)
    with Wire(gateway.port) as client:
        client.send(REQUEST)
        assert b"200" not in client.read_to_end()
    with connect() as client:
        assert client.send(REQUEST).read_response().status == 200


def test_silent_client_of_a_tls_port_is_let_go(gateways, upstream, tmp_path):
    self_signed(tmp_path)
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}]
    text = settings(port, upstream.port, ROUTES, listen=listen, timeouts={"head": "1s", "drain": "1s"})
    gateways.start_text(text, port)
    with Wire(port) as client:
        client.send(b"\x16\x03\x01\x02\x00")  # begins a hello and stops
        client.read_to_end()


def stopped(pid):
    """Whether the process does nothing until it gets SIGCONT."""
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "T"


@pytest.mark.parametrize("kind", ["answer", "message"])
def test_tls_client_that_ends_without_a_word_gets_what_came_before(gateways, tmp_path, kind):
    """Both events are found in one turn of the loop: what upstream sent is written, and not flushed, when the client's bare
    FIN is read. The client ended only its own half."""
    context, port, ends = self_signed(tmp_path), free_port(), queue.Queue()

    def answer(wire):
        if kind == "message":
            frames.accept(wire)
        else:
            read_request(wire)
        ends.put(wire)
        wire.read_to_end()

    backend = Upstream(handler=answer)
    listen = [{"address": f"127.0.0.1:{port}", "tls": {"certificate": "cert.pem", "key": "key.pem"}}]
    routes = [{"path": "<path:rest>", "auth": "none", "websocket": True}]
    gateway = gateways.start_text(settings(port, backend.port, routes, listen=listen), port)
    try:
        plain = socket.create_connection(("127.0.0.1", port))
        with socket.socket(fileno=os.dup(plain.fileno())) as half:
            with Wire(sock=context.wrap_socket(plain, server_hostname="127.0.0.1")) as client:
                client.send(frames.handshake("/x")[0] if kind == "message" else REQUEST)
                upstream = ends.get(timeout=15)
                if kind == "message":
                    assert client.read_head().status == 101
                gateway.send(signal.SIGSTOP)
                until(lambda: stopped(gateway.pid), "the gateway to stop")
                if kind == "message":
                    upstream.send(frame(TEXT, b"hello", mask=None))
                else:
                    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                half.shutdown(socket.SHUT_WR)
                gateway.send(signal.SIGCONT)
                assert client.read_to_end().endswith(b"hello")
    finally:
        gateway.send(signal.SIGCONT)
        backend.stop()


# Time limits of connections


def test_slow_head_is_let_go(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"head": "1s", "drain": "1s"})
    with Wire(gateway.port) as silent, Wire(gateway.port) as slow:
        slow.send("GET /x HTTP/1.1\r\n")
        start = time.monotonic()
        assert slow.read_to_end()[:12] in (b"", b"HTTP/1.1 408")
        assert silent.read_to_end()[:12] in (b"", b"HTTP/1.1 408")
        assert 0.8 < time.monotonic() - start < 5
    assert upstream.take_all() == []


def test_slow_body_is_let_go(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"body_idle": "1s", "drain": "1s"})
    with Wire(gateway.port) as client:
        client.send("POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nabc")
        assert client.read_to_end()[:12] in (b"", b"HTTP/1.1 408")
    assert upstream.take_all() == []


def test_idle_connection_is_let_go(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"keep_alive": "1s", "drain": "1s"})
    with Wire(gateway.port) as client:
        client.send(REQUEST).read_response()
        start = time.monotonic()
        client.expect_end()
        assert 0.8 < time.monotonic() - start < 5


# A second gateway


def test_takeover_shares_the_port_until_the_old_one_is_gone(gateways, tmp_path_factory):
    upstream = Upstream(handler=frames.echo)
    old = gateways.start(ROUTES, upstream.port, timeouts={"drain": "5s"})
    with frames.connect(old.port, "/ws/", [bearer(tokens.token())]) as held:
        new = Gateway(tmp_path_factory.mktemp("new"), settings(old.port, upstream.port, ROUTES), old.port, arguments=["--takeover"])
        gateways.running.append(new)
        new.wait_for("listening")
        old.send(15)
        old.wait_for("draining")
        got = read_frame(held)
        assert got.code in (1001, 1012)
        held.send(frames.close(got.code))
        assert old.wait() == 0
        with frames.connect(old.port, "/ws/", [bearer(tokens.token())]) as client:
            client.send(frame(TEXT, b"to the new one"))
            assert read_frame(client).payload == b"to the new one"
    upstream.stop()
