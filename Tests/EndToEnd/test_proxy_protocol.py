"""The PROXY protocol: balancers that are listed must announce their clients, nobody else can."""

import socket
import ssl
import time

import pytest

from support import frames
from support.certificates import self_signed
from support.checks import assert_refused_where_marked
from support.clients import access_line, ask, request, wire_from
from support.frames import TEXT, frame, read_frame
from support.gateway import settings
from support.proxy_protocol import (
    DATAGRAM_V4, LOCAL, SIGNATURE, STREAM_UNIX, STREAM_V4, STREAM_V6, UNSPECIFIED,
    extension, v1, v2, with_checksum,
)  # fmt: skip
from support.upstream import OK, Upstream
from support.waiting import free_port
from support.wire import Wire

BALANCER, OTHER = "127.0.0.2", "127.0.0.9"
CLIENT, CLIENT6 = "203.0.113.9", "2001:db8::9"
ROUTES = [
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "inside/", "auth": "none", "allow": ["203.0.113.0/24"], "deny": ["203.0.113.66"]},
    {"path": "<path:rest>", "auth": "none"},
]


def listening(port, peers=(BALANCER,), **more):
    return [{"address": f"127.0.0.1:{port}", "proxy_protocol": list(peers)} | more]


def start(gateways, upstream, peers=(BALANCER,), **changes):
    port = free_port()
    changes = {"logs": {"format": "json"}} | changes
    return gateways.start_text(settings(port, upstream.port, ROUTES, listen=listening(port, peers), **changes), port)


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
    return start(module_gateways, module_upstream)


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
    module_upstream.answer = OK
    return module_upstream


@pytest.fixture
def balancer(gateway):
    with wire_from(BALANCER, gateway.port) as wire:
        yield wire


# Headers that are understood


LONGEST = "ffff:" * 7 + "fffe"
ANNOUNCED = {
    "v1 IPv4": (v1(CLIENT), CLIENT),
    "v1 IPv6": (v1(CLIENT6), CLIENT6),
    "v1 longest": (f"PROXY TCP6 {LONGEST} {LONGEST} 65535 65535\r\n".encode(), LONGEST),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", BALANCER),
    "v1 unknown with more": (b"PROXY UNKNOWN ffff::1 203.0.113.9 what 0\r\n", BALANCER),
    "v2 IPv4": (v2(CLIENT), CLIENT),
    "v2 IPv6": (v2(CLIENT6), CLIENT6),
    "v2 mapped": (v2(f"::ffff:{CLIENT}"), CLIENT),
    "v2 local": (v2(command=LOCAL), BALANCER),
    "v2 local with an address": (v2(CLIENT, command=LOCAL), BALANCER),
    "v2 unspecified": (v2(family=UNSPECIFIED), BALANCER),
    "v2 unspecified with more": (v2(family=UNSPECIFIED, extensions=b"\xff" * 60), BALANCER),
    "v2 unix": (v2(family=STREAM_UNIX, block=b"/tmp/a".ljust(108, b"\0") * 2), BALANCER),
    "v2 extensions": (v2(CLIENT, extensions=extension(0x02, b"a.test") + extension(0xEA, b"")), CLIENT),
    "v2 checksum": (with_checksum(CLIENT6), CLIENT6),
    "v2 large": (v2(CLIENT, extensions=extension(0x04, bytes(4000))), CLIENT),
}


@pytest.mark.parametrize("kind", ANNOUNCED)
def test_announced_client_is_the_client(backend, balancer, kind):
    header, client = ANNOUNCED[kind]
    assert ask(balancer.send(header)).status == 200
    assert backend.take().get("X-Forwarded-For") == client
    assert ask(balancer, "/again").status == 200, "once for the whole connection"
    assert backend.take().get("X-Forwarded-For") == client


def test_announced_client_is_in_the_access_log(gateway, backend):
    for kind, (header, _) in ANNOUNCED.items():
        with wire_from(BALANCER, gateway.port) as wire:
            assert ask(wire.send(header), f"/logged/{kind.replace(' ', '-')}").status == 200
    for kind, (_, client) in ANNOUNCED.items():
        assert access_line(gateway, f"/logged/{kind.replace(' ', '-')}")["client"] == client


@pytest.mark.parametrize("kind", ["v1 IPv6", "v2 IPv4", "v2 local", "v2 extensions"])
def test_header_and_request_may_come_together(backend, balancer, kind):
    header, client = ANNOUNCED[kind]
    balancer.send(header + request("/1").encode() + request("/2").encode())
    for target in ["/1", "/2"]:
        assert balancer.read_response().status == 200
        got = backend.take()
        assert (got.target, got.get("X-Forwarded-For")) == (target, client)


@pytest.mark.parametrize("kind", ANNOUNCED)
def test_header_may_come_byte_by_byte(backend, balancer, kind):
    header, client = ANNOUNCED[kind]
    for offset in range(min(len(header), 300)):
        balancer.send(header[offset : offset + 1])
    assert ask(balancer.send(header[300:])).status == 200
    assert backend.take().get("X-Forwarded-For") == client


def test_what_the_announced_client_says_of_itself_is_not_believed(backend, balancer):
    headers = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-Proto", "https"), ("X-Request-Id", "mine")]
    assert ask(balancer.send(v2(CLIENT)), headers=headers).status == 200
    got = backend.take()
    assert (got.get("X-Forwarded-For"), got.get("X-Forwarded-Proto")) == (CLIENT, "http")
    assert got.get("X-Request-Id") != "mine"


def test_announced_client_may_be_a_trusted_proxy(gateways, upstream):
    """A balancer that only passes connections on, before a proxy's."""
    gateway = start(gateways, upstream, trusted_proxies=["203.0.113.0/24"])
    headers = [("X-Forwarded-For", "6.6.6.6, 192.0.2.1")]
    for announced, chain in [(CLIENT, f"192.0.2.1, {CLIENT}"), (CLIENT6, CLIENT6)]:
        with wire_from(BALANCER, gateway.port) as wire:
            assert ask(wire.send(v1(announced)), headers=headers).status == 200
            assert upstream.take().get("X-Forwarded-For") == chain


@pytest.mark.parametrize("header", [v1, v2])
def test_announced_address_is_judged_by_routes(gateway, backend, header):
    for client, status in [(CLIENT, 200), ("203.0.113.66", 403), ("192.0.2.1", 403), (CLIENT6, 403)]:
        with wire_from(BALANCER, gateway.port) as wire:
            assert ask(wire.send(header(client)), "/inside/").status == status


@pytest.mark.parametrize("header", [v1, v2])
def test_announced_address_is_what_limits_count(gateways, upstream, header):
    gateway = start(gateways, upstream, limits={"address": {"requests_per_second": {"rate": 1, "burst": 2}}})

    def status(client):
        with wire_from(BALANCER, gateway.port) as wire:
            return ask(wire.send(header(client))).status

    assert [status(CLIENT) for _ in range(3)] == [200, 200, 429]
    assert [status("203.0.113.10") for _ in range(3)] == [200, 200, 429], "another client behind the same balancer"


def test_sockets_come_through_a_balancer(gateways):
    requests = []

    def handler(wire):
        requests.append(frames.accept(wire))
        got = read_frame(wire)
        wire.send(frame(TEXT, got.payload, mask=None))

    upstream = Upstream(handler=handler)
    gateway = start(gateways, upstream)
    with wire_from(BALANCER, gateway.port) as wire:
        wire.send(v2(CLIENT) + frames.handshake("/ws/")[0].encode())
        assert wire.read_head().status == 101
        wire.send(frame(TEXT, b"hello"))
        assert read_frame(wire).payload == b"hello"
    assert requests[0].get("X-Forwarded-For") == CLIENT
    assert access_line(gateway, "/ws/", "websocket_open")["client"] == CLIENT
    upstream.stop()


# Who may announce


@pytest.mark.parametrize("header", [v1(CLIENT), v2(CLIENT), v2(command=LOCAL)])
def test_nobody_else_may_announce(gateway, backend, header):
    with wire_from(OTHER, gateway.port) as wire:
        wire.send(header + request("/forged").encode())
        assert wire.read_response().status == 400, "the bytes are HTTP, and no good HTTP"
        wire.expect_end()
    assert backend.take_all() == []
    with wire_from(OTHER, gateway.port) as wire:
        assert ask(wire).status == 200
        assert backend.take().get("X-Forwarded-For") == OTHER


def test_listener_without_the_key_takes_no_header(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    with wire_from(BALANCER, gateway.port) as wire:
        wire.send(v1(CLIENT) + request().encode())
        assert wire.read_response().status == 400
    assert upstream.take_all() == []


def test_peers_of_a_unix_socket_can_be_listed(gateways, upstream, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "s"
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}", "proxy_protocol": ["unix"]}]
    gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port)

    def over_unix():
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(path))
        return Wire(sock=sock)

    with over_unix() as wire:
        assert ask(wire.send(v2(CLIENT)), "/inside/").status == 200
        assert upstream.take().get("X-Forwarded-For") == CLIENT
    with over_unix() as wire:
        wire.send(request()).expect_end()
    assert upstream.take_all() == []


# Headers that are not


def line(text):
    return f"PROXY {text}\r\n".encode()


GARBAGE = {
    "a request": request("/missing").encode(),
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "one wrong byte": b"Q",
    "v1 in small letters": b"proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
    "v1 blank line": b"PROXY\r\n",
    "v1 family": line("TCP5 1.1.1.1 2.2.2.2 1 2"),
    "v1 datagram": line("UDP4 1.1.1.1 2.2.2.2 1 2"),
    "v1 no ports": line("TCP4 1.1.1.1 2.2.2.2"),
    "v1 too many fields": line("TCP4 1.1.1.1 2.2.2.2 1 2 3"),
    "v1 two spaces": line("TCP4  1.1.1.1 2.2.2.2 1 2"),
    "v1 space at the end": line("TCP4 1.1.1.1 2.2.2.2 1 2 "),
    "v1 address": line("TCP4 1.1.1.256 2.2.2.2 1 2"),
    "v1 octal address": line("TCP4 01.1.1.1 2.2.2.2 1 2"),
    "v1 other family's address": line("TCP4 2001:db8::1 2001:db8::2 1 2"),
    "v1 IPv4 as IPv6": line("TCP6 1.1.1.1 2.2.2.2 1 2"),
    "v1 zone": line("TCP6 fe80::1%eth0 fe80::2 1 2"),
    "v1 port": line("TCP4 1.1.1.1 2.2.2.2 65536 2"),
    "v1 signed port": line("TCP4 1.1.1.1 2.2.2.2 +1 2"),
    "v1 port with zeros": line("TCP4 1.1.1.1 2.2.2.2 01 2"),
    "v1 bare LF": b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
    "v1 bare CR": b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\rX",
    "v1 endless": b"PROXY UNKNOWN " + b"x" * 200,
    "v1 one byte too long": b"PROXY UNKNOWN ".ljust(106, b"x") + b"\r\n",
    "v2 signature": SIGNATURE[:-1] + b"\0" + v2(CLIENT)[12:],
    "v2 version 1": v2(CLIENT, command=0x11),
    "v2 command": v2(CLIENT, command=0x22),
    "v2 datagram": v2(CLIENT, family=DATAGRAM_V4),
    "v2 family": v2(CLIENT, family=0x41),
    "v2 short IPv4": v2(family=STREAM_V4, block=bytes(11)),
    "v2 short IPv6": v2(family=STREAM_V6, block=bytes(12)),
    "v2 too large": v2(CLIENT, extensions=extension(0x04, bytes(4096))),
    "v2 largest": v2(CLIENT, length=0xFFFF),
    "v2 cut extension": v2(CLIENT, extensions=extension(0x04, bytes(9))[:-1]),
    "v2 cut extension head": v2(CLIENT, extensions=b"\x04\x00"),
    "v2 wrong checksum": with_checksum(CLIENT, change=1),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_unreadable_header_closes_without_an_answer(gateway, backend, balancer, kind):
    balancer.send(GARBAGE[kind])
    try:
        balancer.send(request("/smuggled"))
    except OSError:
        pass  # closed already
    balancer.expect_end()
    assert backend.take_all() == []


def test_missing_header_is_noted(gateways, upstream):
    gateway = start(gateways, upstream)
    with wire_from(BALANCER, gateway.port) as wire:
        wire.send(request()).expect_end()
    assert "not_a_proxy_header" in gateway.wait_for("PROXY protocol header")


def test_second_header_is_no_header(backend, balancer):
    balancer.send(v1(CLIENT) + v1("192.0.2.1") + request().encode())
    assert balancer.read_response().status == 400
    assert backend.take_all() == []


def test_garbage_of_one_connection_hurts_no_other(gateway, backend, balancer):
    ask(balancer.send(v1(CLIENT)))
    for garbage in GARBAGE.values():
        with wire_from(BALANCER, gateway.port) as wire:
            wire.send(garbage)
    assert ask(balancer).status == 200


SILENT = [b"", v1(CLIENT)[:20], v2(CLIENT)[:20], v2(CLIENT), v1(CLIENT) + b"GET "]


def test_header_and_head_share_their_time_limit(gateways, upstream):
    gateway = start(gateways, upstream, timeouts={"head": "700ms", "drain": "1s"})
    start_time = time.monotonic()
    wires = [wire_from(BALANCER, gateway.port).send(beginning) for beginning in SILENT]
    with wire_from(BALANCER, gateway.port) as patient:
        assert ask(patient.send(v1(CLIENT))).status == 200
        for wire in wires:
            assert wire.read_to_end()[:12] in (b"", b"HTTP/1.1 408")
            assert 0.5 < time.monotonic() - start_time < 3
            wire.close()
        assert ask(patient).status == 200, "a request in time ends the limit"
    assert len(upstream.take_all()) == 2


def test_header_that_trickles_in_is_let_go(gateways, upstream):
    gateway = start(gateways, upstream, timeouts={"head": "500ms", "drain": "1s"})
    begun = time.monotonic()
    with wire_from(BALANCER, gateway.port) as wire:
        try:
            for byte in v2(CLIENT, extensions=extension(0x04, bytes(4000))):
                wire.send(bytes([byte]))
                if not wire.is_quiet(0.05):
                    break
        except OSError:
            pass
    assert 0.4 < time.monotonic() - begun < 3


# Under TLS


@pytest.fixture
def secure(gateways, upstream, tmp_path):
    trust = self_signed(tmp_path)
    port = free_port()
    listen = listening(port, tls={"certificate": "cert.pem", "key": "key.pem"})
    return gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port), trust


def test_header_comes_before_tls(secure, upstream):
    gateway, trust = secure
    for header, client in [ANNOUNCED["v1 IPv4"], ANNOUNCED["v2 IPv6"], ANNOUNCED["v2 local"]]:
        plain = wire_from(BALANCER, gateway.port).send(header)
        with Wire(sock=trust.wrap_socket(plain.socket, server_hostname="127.0.0.1")) as wire:
            for _ in range(2):
                assert ask(wire).status == 200
                got = upstream.take()
                assert (got.get("X-Forwarded-For"), got.get("X-Forwarded-Proto")) == (client, "https")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_header_and_tls_hello_may_come_together(secure, upstream, size):
    """In whatever pieces: what belongs to TLS is handed on."""
    gateway, trust = secure
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with wire_from(BALANCER, gateway.port) as wire:

        def step(action):
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    wire.send(outgoing.read())
                    incoming.write(wire.socket.recv(65536))

        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        first = v2(CLIENT) + outgoing.read()
        for offset in range(0, len(first), size):
            wire.send(first[offset : offset + size])
        step(tls.do_handshake)
        tls.write(request().encode())
        assert step(lambda: tls.read(12)) == b"HTTP/1.1 200"
    assert upstream.take().get("X-Forwarded-For") == CLIENT


def test_header_inside_tls_is_too_late(secure, upstream):
    gateway, trust = secure
    plain = wire_from(BALANCER, gateway.port)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        trust.wrap_socket(plain.socket, server_hostname="127.0.0.1")
    plain = wire_from(OTHER, gateway.port)
    with Wire(sock=trust.wrap_socket(plain.socket, server_hostname="127.0.0.1")) as wire:
        assert wire.send(v1(CLIENT) + request().encode()).read_response().status == 400
    assert upstream.take_all() == []


# Reload


def test_list_holds_for_new_connections(gateways, upstream):
    gateway = start(gateways, upstream)
    with wire_from(BALANCER, gateway.port) as old:
        assert ask(old.send(v1(CLIENT))).status == 200
        gateway.reload(settings(gateway.port, upstream.port, ROUTES, listen=listening(gateway.port, [OTHER])))
        assert ask(old).status == 200
        assert [got.get("X-Forwarded-For") for got in upstream.take_all()] == [CLIENT, CLIENT]
    with wire_from(BALANCER, gateway.port) as wire:
        assert ask(wire).status == 200
        assert upstream.take().get("X-Forwarded-For") == BALANCER
    with wire_from(OTHER, gateway.port) as wire:
        assert ask(wire.send(v2(CLIENT6))).status == 200
        assert upstream.take().get("X-Forwarded-For") == CLIENT6
    gateway.reload(settings(gateway.port, upstream.port, ROUTES))
    with wire_from(OTHER, gateway.port) as wire:
        assert ask(wire).status == 200


# Settings


def test_check_refuses_lists_of_nobody_in_particular(tmp_path):
    assert_refused_where_marked(
        tmp_path,
        """\
listen:
  - {address: 127.0.0.1:8080, proxy_protocol: »true}
  - {address: 127.0.0.1:8081, proxy_protocol: [10.0.0.0/8, »balancer.example.com, »10.0.0.7/8, »10.0.0.0/8]}
  - {address: 127.0.0.1:8082, »proxy_protocl: [10.0.0.0/8]}
upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
routes: [{path: '<path:rest>', upstream: chat, auth: none}]
""",
    )
