<<<<<<< HEAD
"""Who the client is: what proxies in front say, whom they say it about, and what the backend gets to hear of it."""

import json
import re
import socket
import ssl
import struct
import time

import pytest

from support import frames
from support.certificate import self_signed
from support.gateway import settings
from support.upstream import Upstream
from support.waiting import free_port
from support.wire import Wire, get

ROUTES = [
    {"path": "private/<path:rest>", "auth": "required"},
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "<path:rest>", "auth": "none"},
]
TRUSTED = ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32", "unix"]


@pytest.fixture(scope="module")
def behind(module_gateways, module_upstream):
    """A gateway that believes its peer."""
=======
"""Who the backend is told the client is: the word of trusted proxies, nobody else's."""

import socket

import pytest

from support import frames, tokens
from support.checks import assert_refused_where_marked, refused
from support.clients import access_line, ask, ask_from, wire_from
from support.gateway import settings
from support.upstream import OK
from support.waiting import free_port
from support.wire import Wire, get

PROXY, STRANGER = "127.0.0.2", "127.0.0.9"
TRUSTED = [PROXY, "10.0.0.0/8", "2001:db8:ff::/48"]
CLIENT = "203.0.113.9"
ROUTES = [
    {"path": "ws/", "auth": "none", "websocket": True},
    {"path": "private/", "auth": "required"},
    {"path": "<path:rest>", "auth": "none"},
]
TELLING = [
    ("X-Forwarded-For", CLIENT),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "app.example.com"),
    ("X-Forwarded-Port", "8443"),
    ("X-Request-Id", "from-the-edge"),
]


@pytest.fixture(scope="module")
def gateway(module_gateways, module_upstream):
>>>>>>> h-e2e2
    return module_gateways.start(ROUTES, module_upstream.port, trusted_proxies=TRUSTED, logs={"format": "json"})


@pytest.fixture(scope="module")
<<<<<<< HEAD
def exposed(module_gateways, module_upstream):
    """A gateway that believes nobody."""
    return module_gateways.start(ROUTES, module_upstream.port)
=======
def telling_gateway(module_gateways, module_upstream):
    """It sends `Forwarded` too."""
    return module_gateways.start(ROUTES, module_upstream.port, trusted_proxies=TRUSTED, forwarded=True)
>>>>>>> h-e2e2


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
<<<<<<< HEAD
    return module_upstream


def arrived(gateway, backend, headers=(), target="/x"):
    assert get(gateway.port, target, headers).status == 200
    return backend.take()


# X-Forwarded-For

CHAINS = {
    # What comes; what the backend gets (the peer itself, 127.0.0.1, comes last); who the client is.
    "nothing": ([], "127.0.0.1", "127.0.0.1"),
    "one client": (["192.0.2.1"], "192.0.2.1, 127.0.0.1", "192.0.2.1"),
    "a forged entry left of the client": (["6.6.6.6, 192.0.2.1"], "192.0.2.1, 127.0.0.1", "192.0.2.1"),
    "a trusted hop": (["192.0.2.1, 10.1.2.3"], "192.0.2.1, 10.1.2.3, 127.0.0.1", "192.0.2.1"),
    "a forged entry and a trusted hop": (["6.6.6.6, 192.0.2.1, 10.1.2.3"], "192.0.2.1, 10.1.2.3, 127.0.0.1", "192.0.2.1"),
    "several lines": (["6.6.6.6", "192.0.2.1", "10.1.2.3"], "192.0.2.1, 10.1.2.3, 127.0.0.1", "192.0.2.1"),
    "lines and lists": (["6.6.6.6, 192.0.2.1", "10.1.2.3, 10.4.5.6"], "192.0.2.1, 10.1.2.3, 10.4.5.6, 127.0.0.1", "192.0.2.1"),
    "only trusted ones": (["10.1.2.3, 10.4.5.6"], "10.1.2.3, 10.4.5.6, 127.0.0.1", "10.1.2.3"),
    "an entry that is none": (["192.0.2.1, unknown, 10.1.2.3"], "10.1.2.3, 127.0.0.1", "10.1.2.3"),
    "no good entry": (["unknown"], "127.0.0.1", "127.0.0.1"),
    "an empty entry": (["192.0.2.1, , 10.1.2.3"], "10.1.2.3, 127.0.0.1", "10.1.2.3"),
    "IPv6": (["2001:4860::1"], "2001:4860::1, 127.0.0.1", "2001:4860::1"),
    "IPv6 in full": (["2001:4860:0:0:0:0:0:1"], "2001:4860::1, 127.0.0.1", "2001:4860::1"),
    "a trusted IPv6 hop": (["192.0.2.1, 2001:db8::5"], "192.0.2.1, 2001:db8::5, 127.0.0.1", "192.0.2.1"),
    "a port": (["192.0.2.1:4711"], "192.0.2.1, 127.0.0.1", "192.0.2.1"),
    "brackets and a port": (["[2001:4860::1]:4711"], "2001:4860::1, 127.0.0.1", "2001:4860::1"),
    "blanks": (["  192.0.2.1  ,\t10.1.2.3 "], "192.0.2.1, 10.1.2.3, 127.0.0.1", "192.0.2.1"),
    "IPv4 within IPv6": (["::ffff:192.0.2.1"], None, None),
    "an octet too large": (["192.0.2.1, 10.0.0.256"], "127.0.0.1", "127.0.0.1"),
    "leading zeros": (["192.0.2.1, 10.0.0.010"], "127.0.0.1", "127.0.0.1"),
    "a name": (["192.0.2.1, localhost"], "127.0.0.1", "127.0.0.1"),
    "markup": (["<script>"], "127.0.0.1", "127.0.0.1"),
    "quotes": (['"192.0.2.1"'], "127.0.0.1", "127.0.0.1"),
    "a hundred": ([", ".join(f"192.0.2.{number}" for number in range(100))], "192.0.2.99, 127.0.0.1", "192.0.2.99"),
    "a hundred hops": ([", ".join(["192.0.2.1"] + ["10.0.0.1"] * 100)], None, None),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHAINS)
def test_chain_of_a_trusted_proxy_is_vetted(behind, backend, kind):
    lines, expected, client = CHAINS[kind]
    mark = behind.mark()
    seen = arrived(behind, backend, [("X-Forwarded-For", line) for line in lines])
    [found] = seen.all("X-Forwarded-For")
    assert re.fullmatch(r"[0-9a-f.:]+(, [0-9a-f.:]+)*", found), "nothing but addresses"
    assert found.endswith("127.0.0.1") and "6.6.6.6" not in found
    logged = json.loads(behind.wait_for('"request"', after=mark))["client"]
    assert logged == (client or logged) and found == (expected or found)


def test_chain_of_anybody_else_is_replaced(exposed, backend):
    forged = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "10.1.2.3"), ("X-Real-IP", "192.0.2.1"), ("Forwarded",
    "for=192.0.2.1")]
    seen = arrived(exposed, backend, forged)
    assert seen.all("X-Forwarded-For") == ["127.0.0.1"]
    assert seen.all("X-Real-IP") == seen.all("Forwarded") == []
    assert exposed.wait_for("trusted_proxies"), "the first one is worth a hint"


def test_hint_about_ignored_headers_comes_once(module_gateways, module_upstream):
    gateway = module_gateways.start(ROUTES, module_upstream.port)
    for _ in range(5):
        get(gateway.port, "/x", [("X-Forwarded-For", "192.0.2.1")])
    hint = gateway.wait_for("trusted_proxies")
    assert "127.0.0.1" in hint and "192.0.2.1" not in hint
    mark = gateway.mark()
    for _ in range(5):
        get(gateway.port, "/x", [("X-Forwarded-For", "192.0.2.1")])
    time.sleep(0.6)  # twice as long as the first one took
    assert not any("trusted_proxies" in line for line in gateway.lines[mark:])


# -Proto, -Host, -Port

SAID = {
    # Header lines; then X-Forwarded-Proto, -Host and -Port as they must arrive. None: the gateway's own.
    "all": ([("Proto", "https"), ("Host", "shop.test"), ("Port", "443")], "https", "shop.test", "443"),
    "WebSocket words": ([("Proto", "wss")], "https", None, None),
    "plain WebSocket word": ([("Proto", "ws")], "http", None, None),
    "upper case": ([("Proto", "HTTPS")], "https", None, None),
    "a list": ([("Proto", "https, http")], None, None, None),
    "two lines": ([("Proto", "https"), ("Proto", "https")], None, None, None),
    "another scheme": ([("Proto", "ftp")], None, None, None),
    "markup as a scheme": ([("Proto", "https<")], None, None, None),
    "a host with a port": ([("Host", "shop.test:8443")], None, "shop.test:8443", None),
    "an address as host": ([("Host", "[2001:db8::1]:80")], None, "[2001:db8::1]:80", None),
    "a host with a path": ([("Host", "shop.test/x")], None, None, None),
    "a host with a user": ([("Host", "u@shop.test")], None, None, None),
    "two hosts": ([("Host", "a.test"), ("Host", "b.test")], None, None, None),
    "a list of hosts": ([("Host", "a.test, b.test")], None, None, None),
    "no host": ([("Host", "")], None, None, None),
    "port 0": ([("Port", "0")], None, None, None),
    "port 65535": ([("Port", "65535")], None, None, "65535"),
    "port 65536": ([("Port", "65536")], None, None, None),
    "no number": ([("Port", "44e")], None, None, None),
    "a signed number": ([("Port", "+443")], None, None, None),
    "two ports": ([("Port", "443"), ("Port", "443")], None, None, None),
}


@pytest.mark.parametrize("kind", SAID)
def test_what_a_trusted_proxy_says_of_the_request_is_kept_if_it_is_valid(behind, backend, kind):
    lines, proto, host, port = SAID[kind]
    seen = arrived(behind, backend, [(f"X-Forwarded-{name}", value) for name, value in lines])
    assert seen.all("X-Forwarded-Proto") == [proto or "http"]
    assert seen.all("X-Forwarded-Host") == [host or "127.0.0.1"]
    assert seen.all("X-Forwarded-Port") == [port or str(behind.port)]
    assert seen.get("Host") == "127.0.0.1"


def test_what_anybody_else_says_of_the_request_is_replaced(exposed, backend):
    seen = arrived(exposed, backend, [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.test"), ("X-Forwarded-Port", "443")])
    assert seen.all("X-Forwarded-Proto") == ["http"]
    assert seen.all("X-Forwarded-Host") == ["127.0.0.1"]
    assert seen.all("X-Forwarded-Port") == [str(exposed.port)]


@pytest.mark.parametrize("name", ["X-Forwarded-Prefix", "X-Forwarded-User", "X-Real-IP", "X-User-Id", "Remote-User", "X_Forwarded_For"])
def test_trust_goes_no_further(behind, backend, name):
    """A trusted proxy is believed about addresses, not about users."""
    assert arrived(behind, backend, [(name, "192.0.2.9")]).all(name) == []


def test_handshakes_are_vetted_too(behind, backend):
    request, _ = frames.handshake("/ws/", [("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 10.1.2.3"), ("X-Forwarded-Proto", "wss")])
    with Wire(behind.port) as wire:
        wire.send(request)
        seen = backend.take()
    assert seen.get("X-Forwarded-For") == "192.0.2.1, 10.1.2.3, 127.0.0.1" and seen.get("X-Forwarded-Proto") == "https"


def test_every_request_of_a_connection_is_vetted_by_itself(behind, backend):
    with Wire(behind.port) as wire:
        for number in [1, 2, None, 3]:
            line = f"X-Forwarded-For: 192.0.2.{number}\r\n" if number else ""
            wire.send(f"GET /x HTTP/1.1\r\nHost: a.test\r\n{line}\r\n").read_response()
            assert backend.take().get("X-Forwarded-For") == (f"192.0.2.{number}, 127.0.0.1" if number else "127.0.0.1")


def test_peer_of_a_unix_socket_is_named_by_its_word(module_gateways, module_upstream, backend):
    port, path = free_port(), f"/tmp/tollgate-{free_port()}.sock"  # the name of a socket must be short
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}"}]
    module_gateways.start_text(settings(port, module_upstream.port, ROUTES, listen=listen, trusted_proxies=["unix"]), port)
    client = socket.socket(socket.AF_UNIX)
    client.connect(path)
    said = "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    with Wire(sock=client) as wire:
        wire.send(f"GET /x HTTP/1.1\r\nHost: a.test\r\n{said}\r\n").read_response()
        seen = backend.take()
    assert seen.get("X-Forwarded-Proto") == "https"
    assert seen.get("X-Forwarded-For") == "192.0.2.1, 127.0.0.1", "who comes over a Unix socket is on this machine"
    assert get(port, "/x", [("X-Forwarded-For", "192.0.2.1")]).status == 200
    assert backend.take().get("X-Forwarded-For") == "127.0.0.1", "not over TCP"


# RFC 7239


def elements(value):
    """The elements of a Forwarded value as dictionaries."""
    found = []
    for element in re.split(r", ?", value):
        pairs = re.findall(r'(\w+)=("[^"]*"|[^;,]+)', element)
        found.append({name.lower(): inner.strip('"') for name, inner in pairs})
    return found


def test_forwarded_tells_the_same_when_asked_for(module_gateways, module_upstream, backend):
    gateway = module_gateways.start(ROUTES, module_upstream.port, forwarded=True)
    seen = arrived(gateway, backend, [("Forwarded", "for=6.6.6.6;proto=https")])
    [forwarded] = seen.all("Forwarded")
    [element] = elements(forwarded)
    assert (element["for"], element["proto"], element["host"]) == ("127.0.0.1", "http", "127.0.0.1")
    assert "6.6.6.6" not in forwarded


def test_forwarded_tells_the_vetted_chain(module_gateways, module_upstream, backend):
    gateway = module_gateways.start(ROUTES, module_upstream.port, forwarded=True, trusted_proxies=TRUSTED)
    headers = [("X-Forwarded-For", "6.6.6.6, 2001:4860::1, 10.1.2.3"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.test")]
    seen = arrived(gateway, backend, headers)
    [forwarded] = seen.all("Forwarded")
    assert [element.get("for") for element in elements(forwarded)] == ["[2001:4860::1]", "10.1.2.3", "127.0.0.1"]
    assert 'for="[2001:4860::1]"' in forwarded, "colons and brackets want quotes (RFC 7239 section 6)"
    assert any(element.get("proto") == "https" for element in elements(forwarded))
    assert any(element.get("host") == "shop.test" for element in elements(forwarded))


def test_forwarded_is_quiet_otherwise(behind, exposed, backend):
    for gateway in [behind, exposed]:
        assert arrived(gateway, backend, [("Forwarded", "for=192.0.2.1")]).all("Forwarded") == []


# X-Request-Id


def test_request_id_is_made_told_to_both_sides_and_logged(module_gateways, module_upstream, backend):
    gateway = module_gateways.start(ROUTES, module_upstream.port, logs={"format": "json"})
    ids = set()
    with Wire(gateway.port) as wire:
        for _ in range(5):
            wire.send("GET /x HTTP/1.1\r\nHost: a.test\r\nX-Request-Id: forged\r\n\r\n").read_response()
            ids.add(backend.take().get("X-Request-Id"))
    assert len(ids) == 5 and "forged" not in ids and None not in ids
    for one in ids:
        gateway.wait_for(re.escape(one))


KEPT = ["a", "0af7651916cd43dd8448eb211c80319c", "x" * 128, "a/b:c=d+e@f.g~h!i#j$k%l&m'n(o)p*q<r>s?t[u]v^w`x{y}z|_-"]
DROPPED = ["", "a b", "x" * 129, 'a"b', "a,b", "a;b", "a\\b", "\xe4", "a\tb"]


@pytest.mark.parametrize("value", KEPT)
def test_request_id_of_a_trusted_proxy_is_kept(behind, backend, value):
    assert arrived(behind, backend, [("X-Request-Id", value)]).all("X-Request-Id") == [value]
    assert any(json.loads(line).get("request_id") == value for line in [behind.wait_for(re.escape(json.dumps(value)))])


@pytest.mark.parametrize("value", DROPPED)
def test_request_id_that_is_none_is_replaced(behind, backend, value):
    [found] = arrived(behind, backend, [("X-Request-Id", value)]).all("X-Request-Id")
    assert found not in (value, value.strip()) and re.fullmatch("[!-~]{1,128}", found)


def test_two_request_ids_are_none(behind, backend):
    [found] = arrived(behind, backend, [("X-Request-Id", "one"), ("X-Request-Id", "two")]).all("X-Request-Id")
    assert found not in ("one", "two")


def test_refusal_tells_the_id_it_can_be_found_by(behind):
    answer = get(behind.port, "/none/../x", [("X-Request-Id", "find-me-7")])
    assert answer.status == 400 and json.loads(answer.body)["request_id"] == "find-me-7"
    assert behind.wait_for("find-me-7")


def test_traces_pass_untouched(behind, exposed, backend):
    lines = [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "a=1,b=2"), ("tracestate", "c=3"),
        ("baggage", "k=v"), ("b3", "1-2-3"), ("X-B3-TraceId", "1"), ("X-Amzn-Trace-Id", "Root=1"),
    ]  # fmt: skip
    for gateway in [behind, exposed]:
        seen = arrived(gateway, backend, lines)
        for name, value in lines:
            assert value in seen.all(name)


# The PROXY protocol

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_1(kind, source="192.0.2.1", target="127.0.0.1", ports="4711 80"):
    return f"PROXY {kind} {source} {target} {ports}\r\n".encode() if kind != "UNKNOWN" else b"PROXY UNKNOWN\r\n"


def version_2(source="192.0.2.1", family=0x11, command=0x21, more=b""):
    packed = {
        0x11: lambda: socket.inet_pton(socket.AF_INET, source) + socket.inet_pton(socket.AF_INET, "127.0.0.1") + struct.pack("!HH", 4711,
        80),
        0x21: lambda: socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, "::1") + struct.pack("!HH", 4711, 80),
        0x31: lambda: b"/tmp/a".ljust(108, b"\0") + b"/tmp/b".ljust(108, b"\0"),
        0x00: lambda: b"",
    }[family]() + more
    return SIGNATURE + struct.pack("!BBH", command, family, len(packed)) + packed


GOOD = {
    "version 1, IPv4": (version_1("TCP4"), "192.0.2.1"),
    "version 1, IPv6": (version_1("TCP6", "2001:4860::1", "::1"), "2001:4860::1"),
    "version 1, unknown": (version_1("UNKNOWN"), "127.0.0.1"),
    "version 1, unknown with more": (b"PROXY UNKNOWN ffff:f::1 ffff:f::2 65535 65535\r\n", "127.0.0.1"),
    "version 2, IPv4": (version_2(), "192.0.2.1"),
    "version 2, IPv6": (version_2("2001:4860::1", 0x21), "2001:4860::1"),
    "version 2, local": (version_2(command=0x20), "127.0.0.1"),
    "version 2, local without an address": (version_2(family=0, command=0x20), "127.0.0.1"),
    "version 2, unspecified": (version_2(family=0), "127.0.0.1"),
    "version 2, Unix socket": (version_2(family=0x31), "127.0.0.1"),
    "version 2 with more": (version_2(more=b"\x04\0\x10" + b"x" * 16 + b"\x05\0\0"), "192.0.2.1"),
}
BAD = {
    "nothing of it": b"",
    "version 1 with a name": version_1("TCP4", "localhost"),
    "version 1 with the wrong family": version_1("TCP4", "2001:4860::1"),
    "version 1 with one port": version_1("TCP4", ports="4711"),
    "version 1 with a port too large": version_1("TCP4", ports="65536 80"),
    "version 1 with a bare line feed": b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\n",
    "version 1 with two blanks": b"PROXY  TCP4 192.0.2.1 127.0.0.1 4711 80\r\n",
    "version 1 in lower case": version_1("TCP4").lower(),
    "version 1 too long": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
    "version 1 of another family": version_1("UDP4"),
    "version 3": SIGNATURE + b"\x31\x11\0\x0c" + bytes(12),
    "version 2 with another command": version_2(command=0x22),
    "version 2 with another family": SIGNATURE + b"\x21\x41\0\x0c" + bytes(12),
    "version 2 with too few bytes": SIGNATURE + b"\x21\x11\0\x04" + bytes(4),
    "version 2 without an end": SIGNATURE + b"\x21\x11\xff\xff" + bytes(5000),
    "half a signature": SIGNATURE[:8] + b"GET / HTTP/1.1\r\n\r\n",
}
REQUEST = "GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def announced(module_gateways, module_upstream):
    """A gateway whose peers must announce their clients."""
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.0/8"]}]
    timeouts = {"head": "1s", "drain": "1s"}
    return module_gateways.start_text(settings(port, module_upstream.port, ROUTES, listen=listen, timeouts=timeouts), port)


@pytest.mark.parametrize("kind", GOOD)
def test_announced_client_is_the_client(announced, backend, kind):
    header, client = GOOD[kind]
    with Wire(announced.port) as wire:
        assert wire.send(header, REQUEST).read_response().status == 200
    assert backend.take().all("X-Forwarded-For") == [client]


@pytest.mark.parametrize("kind", GOOD)
def test_announcement_may_come_byte_by_byte(announced, backend, kind):
    header, client = GOOD[kind]
    with Wire(announced.port) as wire:
        for byte in header:
            wire.send(bytes([byte]))
        assert wire.send(REQUEST).read_response().status == 200
    assert backend.take().all("X-Forwarded-For") == [client]


@pytest.mark.parametrize("kind", BAD)
def test_connection_without_a_proper_announcement_is_closed(announced, backend, kind):
    with Wire(announced.port) as wire:
        try:
            wire.send(BAD[kind], REQUEST)
        except OSError:
            pass  # closed already
        assert wire.read_to_end() == b"", "no answer: whoever it is does not speak HTTP yet"
    assert backend.take_all() == []


def test_announcement_that_never_ends_is_let_go(announced, backend):
    wires = [Wire(announced.port).send(part) for part in [b"", b"PROXY TCP4 192", SIGNATURE, version_2()[:20]]]
    for wire in wires:
        assert wire.read_to_end() == b""
        wire.close()
    assert backend.take_all() == []


def test_announcement_counts_once_for_a_connection(announced, backend):
    with Wire(announced.port) as wire:
        wire.send(version_1("TCP4"))
        for _ in range(3):
            assert wire.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response().status == 200
            assert backend.take().get("X-Forwarded-For") == "192.0.2.1"
        wire.send(version_1("TCP4", "192.0.2.2"), REQUEST)
        assert wire.read_response().status == 400


def test_nobody_else_may_announce(module_gateways, module_upstream, backend):
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["192.0.2.0/24"]}]
    module_gateways.start_text(settings(port, module_upstream.port, ROUTES, listen=listen), port)
    for header in [version_1("TCP4"), version_2()]:
        with Wire(port) as wire:
            wire.send(header, REQUEST)
            assert b"HTTP/1.1 400" in wire.read_to_end()
    assert backend.take_all() == []
    assert get(port, "/x").status == 200
    assert backend.take().get("X-Forwarded-For") == "127.0.0.1"


def test_announced_client_is_not_a_trusted_proxy(module_gateways, module_upstream, backend):
    """Trust is about the peer that speaks HTTP: the announced one."""
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.1"]}]
    text = settings(port, module_upstream.port, ROUTES, listen=listen, trusted_proxies=["127.0.0.1", "10.0.0.0/8"])
    module_gateways.start_text(text, port)
    forwarded = "GET /x HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 198.51.100.1\r\nConnection: close\r\n\r\n"
    for source, expected in [("192.0.2.1", "192.0.2.1"), ("10.1.2.3", "198.51.100.1, 10.1.2.3")]:
        with Wire(port) as wire:
            assert wire.send(version_1("TCP4", source), forwarded).read_response().status == 200
        assert backend.take().get("X-Forwarded-For") == expected


def test_announcement_comes_before_tls(module_gateways, module_upstream, backend, tmp_path):
    trust = self_signed(tmp_path)
    port = free_port()
    tls = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.1"], "tls": tls}]
    text = settings(port, module_upstream.port, ROUTES, listen=listen, timeouts={"head": "1s", "drain": "1s"})
    module_gateways.start_text(text, port)
    for header in [version_1("TCP4"), version_2(), version_2(more=b"\x20\0\x05\x01\0\0\0\0")]:
        plain = socket.create_connection(("127.0.0.1", port), timeout=15)
        plain.sendall(header)
        with Wire(sock=trust.wrap_socket(plain, server_hostname="localhost")) as wire:
            assert wire.send(REQUEST).read_response().status == 200
        seen = backend.take()
        assert seen.get("X-Forwarded-For") == "192.0.2.1" and seen.get("X-Forwarded-Proto") == "https"
    plain = socket.create_connection(("127.0.0.1", port), timeout=15)
    with pytest.raises((ssl.SSLError, OSError)):
        trust.wrap_socket(plain, server_hostname="localhost")
    plain.close()


def test_announced_handshake_is_relayed(module_gateways):
    upstream = Upstream(handler=frames.echo)
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.1"]}]
    module_gateways.start_text(settings(port, upstream.port, ROUTES, listen=listen), port)
    with Wire(port) as wire:
        wire.send(version_2(), frames.handshake("/ws/")[0])
        assert wire.read_head().status == 101
        wire.send(frames.frame(frames.TEXT, b"hello"))
        assert frames.read_frame(wire).payload == b"hello"
    upstream.stop()


def test_announced_address_is_what_routes_look_at(module_gateways, module_upstream, backend):
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}", "proxy_protocol": ["127.0.0.1"]}]
    routes = [{"path": "<path:rest>", "auth": "none", "allow": ["192.0.2.0/24"]}]
    module_gateways.start_text(settings(port, module_upstream.port, routes, listen=listen), port)
    for source, status in [("192.0.2.1", 200), ("198.51.100.1", 403)]:
        with Wire(port) as wire:
            assert wire.send(version_1("TCP4", source), REQUEST).read_response().status == status
=======
    module_upstream.answer = OK
    return module_upstream


def arrived(gateway, backend, source, headers, target="/x", **options):
    """The request as the backend sees it."""
    response = ask_from(source, gateway.port, target, headers, **options)
    assert response.status == 200, response
    return backend.take()


def told(request):
    fields = [(name.lower(), value) for name, value in request.fields]
    told = {name: value for name, value in fields if name.startswith(("x-forwarded", "forwarded"))}
    assert len(told) == sum(name in told for name, _ in fields), "each once"
    return told


# The chain


CHAINS = {
    "nothing": ([], ""),
    "the client": ([CLIENT], CLIENT),
    "a listed hop": ([f"{CLIENT}, 10.1.2.3"], f"{CLIENT}, 10.1.2.3"),
    "several listed hops": ([f"{CLIENT}, 10.1.2.3, 10.0.0.1,10.4.5.6"], f"{CLIENT}, 10.1.2.3, 10.0.0.1, 10.4.5.6"),
    "a forged left part": ([f"1.1.1.1, 10.9.9.9, {CLIENT}, 10.1.2.3"], f"{CLIENT}, 10.1.2.3"),
    "an unlisted last hop": (["10.1.2.3, 11.0.0.1"], "11.0.0.1"),
    "listed ones only": (["10.1.2.3, 10.4.5.6"], "10.1.2.3, 10.4.5.6"),
    "several lines": (["1.1.1.1", f"2.2.2.2, {CLIENT}", "10.1.2.3", "10.4.5.6"], f"{CLIENT}, 10.1.2.3, 10.4.5.6"),
    "a forged line before": (["1.1.1.1", CLIENT], CLIENT),
    "no address on the way": ([f"{CLIENT}, unknown, 10.1.2.3"], "10.1.2.3"),
    "no address at the end": ([f"{CLIENT}, _gateway"], ""),
    "an empty entry": ([f"{CLIENT},, 10.1.2.3"], "10.1.2.3"),
    "an empty end": ([f"{CLIENT}, "], ""),
    "an empty line": ([CLIENT, ""], ""),
    "a name": (["client.example.com"], ""),
    "octal": (["010.1.2.3"], ""),
    "short": (["10.1"], ""),
    "a number": (["3405803785"], ""),
    "a port": ([f"{CLIENT}:4711"], CLIENT),
    "a hop's port": ([f"{CLIENT}:4711 , 10.1.2.3:80"], f"{CLIENT}, 10.1.2.3"),
    "a port too large": ([f"{CLIENT}:65536"], ""),
    "no port behind the colon": ([f"{CLIENT}:"], ""),
    "tabs": ([f"\t{CLIENT}\t,\t10.1.2.3\t"], f"{CLIENT}, 10.1.2.3"),
    "IPv6": (["2001:DB8:0:0::1"], "2001:db8::1"),
    "IPv6 in brackets": (["[2001:db8::1]"], "2001:db8::1"),
    "IPv6 with a port": (["[2001:db8::1]:4711"], "2001:db8::1"),
    "an IPv6 hop with a port": (["2001:db8::1, [2001:db8:ff::7]:443"], "2001:db8::1, 2001:db8:ff::7"),
    "brackets that do not close": (["[2001:db8::1"], ""),
    "IPv4 in brackets": ([f"[{CLIENT}]"], ""),
    "a zone": (["fe80::1%eth0"], ""),
    "a quoted address": ([f'"{CLIENT}"'], ""),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_chain_is_believed_up_to_the_first_stranger(gateway, backend, chain):
    lines, vetted = CHAINS[chain]
    got = arrived(gateway, backend, PROXY, [("X-Forwarded-For", line) for line in lines])
    assert got.get("X-Forwarded-For") == f"{vetted}, {PROXY}" if vetted else PROXY


@pytest.mark.parametrize("chain", CHAINS)
def test_chain_of_a_stranger_is_replaced(gateway, backend, chain):
    got = arrived(gateway, backend, STRANGER, [("X-Forwarded-For", line) for line in CHAINS[chain][0]])
    assert got.get("X-Forwarded-For") == STRANGER


def test_mapped_address_is_the_ipv4_address_it_means(gateway, backend):
    got = arrived(gateway, backend, PROXY, [("X-Forwarded-For", f"1.1.1.1, ::ffff:{CLIENT}, ::ffff:10.1.2.3")])
    assert got.get("X-Forwarded-For") == f"{CLIENT}, 10.1.2.3, {PROXY}"


def test_client_cannot_make_the_chain_disappear_by_nominating_it(gateway, backend):
    got = arrived(gateway, backend, PROXY, [("X-Forwarded-For", CLIENT), ("Connection", "X-Forwarded-For")])
    assert got.get("X-Forwarded-For") == f"{CLIENT}, {PROXY}"


def test_proxy_speaks_for_many_clients_on_one_connection(gateway, backend):
    clients = ["203.0.113.1", "203.0.113.2", None, "2001:db8::3", "203.0.113.1"]
    with wire_from(PROXY, gateway.port) as wire:
        for number, client in enumerate(clients):
            headers = [("X-Forwarded-For", client), ("X-Request-Id", f"id-{number}")] if client else []
            assert ask(wire, f"/many/{number}", headers).status == 200
            got = backend.take()
            assert got.get("X-Forwarded-For") == (f"{client}, {PROXY}" if client else PROXY)
            assert (got.get("X-Request-Id") == f"id-{number}") == bool(client)
    for number, client in enumerate(clients):
        line = access_line(gateway, f"/many/{number}")
        assert (line["client"], line.get("request_id")) == ((client, f"id-{number}") if client else (PROXY, None))


# The other fields


def kept_or_ours(name, values, expected):
    return pytest.param(name, values, expected, id=f"{name.removeprefix('X-')}: {' | '.join(values)[:40]}")


FIELDS = [
    *[kept_or_ours("X-Forwarded-Proto", [value], "https") for value in ["https", "HTTPS", "wss", "Wss"]],
    *[kept_or_ours("X-Forwarded-Proto", [value], "http") for value in ["http", "ws"]],
    *[kept_or_ours("X-Forwarded-Proto", values, "http")
      for values in [["ftp"], [""], ["https, https"], ["https", "https"], ["https;"]]],
    *[kept_or_ours("X-Forwarded-Host", [value], value)
      for value in ["app.example.com", "App.example.com:8443", "localhost", "192.0.2.7:80", "[2001:db8::1]",
                    "[2001:db8::1]:8443"]],
    *[kept_or_ours("X-Forwarded-Host", values, "a.test")
      for values in [[""], ["a b"], ["a.example, b.example"], ["a/b"], ["user@a"], ["a.example:0"], ["a.example:65536"],
                     ["a.example:"], [":80"], ["2001:db8::1"], ["[nothing]"], ["a%2eb"], ['a"b'], ["a\x80"],
                     ["a.example", "a.example"]]],
    *[kept_or_ours("X-Forwarded-Port", [value], value) for value in ["1", "443", "65535"]],
    *[kept_or_ours("X-Forwarded-Port", values, None)
      for values in [["0"], ["65536"], [""], ["http"], ["443, 443"], ["443", "443"], ["-1"], ["+443"], ["4.3"]]],
    *[kept_or_ours("X-Request-Id", [value], value)
      for value in ["a", "0af7651916cd43dd8448eb211c80319c", "!#$%&'()*+-./:<=>?@[]^_`{|}~", "x" * 128]],
    *[kept_or_ours("X-Request-Id", values, None)
      for values in [[""], ["x" * 129], ["a b"], ['a"b'], ["a,b"], ["a;b"], ["a\\b"], ["a\x80"], ["a\tb"], ["a", "a"]]],
]  # fmt: skip


@pytest.mark.parametrize("name, values, expected", FIELDS)
def test_field_of_a_proxy_is_kept_when_it_is_one_valid_value(gateway, backend, name, values, expected):
    got = arrived(gateway, backend, PROXY, [(name, value) for value in values])
    if expected is not None:
        assert got.get(name) == expected
    elif name == "X-Forwarded-Port":
        assert got.get(name) == str(gateway.port)
    else:
        assert got.get(name) not in values and "-" in got.get(name)


@pytest.mark.parametrize("name, values, expected", FIELDS)
def test_field_of_a_stranger_is_replaced(gateway, backend, name, values, expected):
    got = arrived(gateway, backend, STRANGER, [(name, value) for value in values])
    ours = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": "a.test", "X-Forwarded-Port": str(gateway.port)}
    if name in ours:
        assert got.get(name) == ours[name]
    else:
        assert got.get(name) not in values and "-" in got.get(name)


def test_proxy_that_says_nothing_gets_the_gateways_own_word(gateway, backend):
    assert told(arrived(gateway, backend, PROXY, [])) == {
        "x-forwarded-for": PROXY,
        "x-forwarded-proto": "http",
        "x-forwarded-host": "a.test",
        "x-forwarded-port": str(gateway.port),
    }


def test_host_stays_the_clients_whatever_a_proxy_says(gateway, backend):
    got = arrived(gateway, backend, PROXY, TELLING)
    assert (got.get("Host"), got.get("X-Forwarded-Host")) == ("a.test", "app.example.com")


SPELLINGS = [
    "X-Forwarded-For", "x-forwarded-for", "X-FORWARDED-FOR", "X_Forwarded_For", "x.forwarded.for", "X-Forwarded_For",
    "x-forwarded.for", "X!Forwarded!For", "X_Forwarded_Proto", "x.forwarded.proto", "X_Forwarded_Host",
    "x.forwarded.host", "X_Forwarded_Port", "x.forwarded.port", "X_Request_Id", "x.request.id", "X-Forwarded-Prefix",
    "X_Forwarded_Prefix", "X-Real-IP", "X_Real_IP", "Forwarded", "X-Forwarded-Scheme", "X-Forwarded-Ssl",
    "X-Forwarded-Server", "X-Original-URL", "X-Rewrite-URL",
]  # fmt: skip


@pytest.mark.parametrize("nominated", [False, True])
@pytest.mark.parametrize("name", SPELLINGS)
def test_no_spelling_of_a_stranger_arrives(gateway, backend, name, nominated):
    headers = [(name, "6.6.6.6"), (name, "6.6.6.6"), *([("Connection", name)] if nominated else [])]
    got = arrived(gateway, backend, STRANGER, headers)
    assert b"6.6.6.6" not in got.head
    assert told(got) == {
        "x-forwarded-for": STRANGER,
        "x-forwarded-proto": "http",
        "x-forwarded-host": "a.test",
        "x-forwarded-port": str(gateway.port),
    }


@pytest.mark.parametrize("name", [name for name in SPELLINGS if name.lower() != "x-forwarded-for"])
def test_proxies_have_one_spelling_too(gateway, backend, name):
    """What a proxy passes on unread was written by its client."""
    got = arrived(gateway, backend, PROXY, [(name, "6.6.6.6"), ("X-Forwarded-For", CLIENT)])
    assert b"6.6.6.6" not in got.head
    assert got.get("X-Forwarded-For") == f"{CLIENT}, {PROXY}"


# Forwarded (RFC 7239)


def test_forwarded_is_not_sent_unless_asked_for(gateway, backend):
    for source in [PROXY, STRANGER]:
        assert arrived(gateway, backend, source, TELLING).all("Forwarded") == []


def test_forwarded_of_a_stranger_is_what_the_gateway_knows(telling_gateway, backend):
    got = arrived(telling_gateway, backend, STRANGER, [*TELLING, ("Forwarded", "for=6.6.6.6")], host="a.test:8080")
    assert got.get("Forwarded") == f'for={STRANGER};proto=http;host="a.test:8080"'
    assert got.get("X-Forwarded-For") == STRANGER, "both are sent"


@pytest.mark.parametrize(
    "chain, nodes",
    [
        (CLIENT, [CLIENT, PROXY]),
        (f"6.6.6.6, {CLIENT}, 10.1.2.3", [CLIENT, "10.1.2.3", PROXY]),
        ("2001:db8::1, 2001:db8:ff::7", ['"[2001:db8::1]"', '"[2001:db8:ff::7]"', PROXY]),
    ],
)
def test_forwarded_of_a_proxy_tells_the_vetted_chain(telling_gateway, backend, chain, nodes):
    headers = [*TELLING[1:], ("X-Forwarded-For", chain), ("Forwarded", "for=6.6.6.6")]
    got = arrived(telling_gateway, backend, PROXY, headers)
    first, *others = got.get("Forwarded").split(", ")
    assert first == f'for={nodes[0]};proto=https;host="app.example.com"'
    assert others == [f"for={node}" for node in nodes[1:]]


def test_forwarded_of_a_client_without_a_host(telling_gateway, backend):
    got = arrived(telling_gateway, backend, STRANGER, [], host=None, version="1.0")
    assert got.get("Forwarded").startswith(f"for={STRANGER};proto=http")
    assert got.all("X-Forwarded-Host") == []


def test_forwarded_of_a_proxy_that_says_nothing(telling_gateway, backend):
    got = arrived(telling_gateway, backend, PROXY, [])
    assert got.get("Forwarded") == f'for={PROXY};proto=http;host="a.test"'


# Elsewhere


@pytest.mark.parametrize("source", [PROXY, STRANGER])
def test_handshake_carries_the_same_lines(telling_gateway, backend, source):
    plain = arrived(telling_gateway, backend, source, TELLING)
    with wire_from(source, telling_gateway.port) as wire:
        wire.send(frames.handshake("/ws/", TELLING, host="a.test")[0])
        handshake = backend.take()  # answers 200: not upgraded
        assert wire.read_head().status == 200
    assert told(handshake) == told(plain)
    assert handshake.get("X-Forwarded-For") == (f"{CLIENT}, {PROXY}" if source == PROXY else STRANGER)
    assert (handshake.get("X-Request-Id") == "from-the-edge") == (source == PROXY)


@pytest.mark.parametrize("source", [PROXY, STRANGER])
def test_trace_context_passes_untouched(gateway, backend, source):
    trace = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("baggage", "userId=alice,serverNode=DF%2028"),
    ]
    got = arrived(gateway, backend, source, trace)
    assert [(name, got.get(name)) for name, _ in trace] == trace


def test_unix_peers_can_be_trusted(gateways, upstream, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "s"
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}, {"address": f"unix:{path}"}]
    text = settings(port, upstream.port, ROUTES, listen=listen, trusted_proxies=["unix"])
    gateway = gateways.start_text(text, port)

    def over_unix():
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(path))
        with Wire(sock=sock) as wire:
            assert ask(wire, headers=TELLING).status == 200
        return told(upstream.take())

    believed = {"x-forwarded-proto": "https", "x-forwarded-host": "app.example.com", "x-forwarded-port": "8443"}
    assert over_unix() == believed | {"x-forwarded-for": f"{CLIENT}, 127.0.0.1"}
    assert get(port, "/x", TELLING).status == 200
    assert upstream.take().get("X-Forwarded-For") == "127.0.0.1", "the same machine over TCP is another peer"
    gateway.reload(text.replace('"unix"', '"10.0.0.0/8"'))
    assert over_unix()["x-forwarded-for"] == "127.0.0.1"


# Names that clients get back


def test_released_name_arrives_and_the_others_do_not(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, release_headers=["x-user"])
    forged = [(name, "forged") for name in ["Remote-User", "X-User-Id", "X_User"]]
    assert get(gateway.port, "/x", [("X-User", "alice"), *forged]).status == 200
    got = upstream.take()
    assert got.get("X-User") == "alice"
    assert b"forged" not in got.head
    token = tokens.token("7")
    assert get(gateway.port, "/private/", [("X-User", "alice"), ("Authorization", f"Bearer {token}")]).status == 200
    got = upstream.take()
    assert (got.get("X-User"), got.get("X-User-Id")) == ("alice", "7")


# The hint


HINT = "trusted_proxies"


def hints(gateway):
    return [line for line in gateway.lines if HINT in line]


def test_first_ignored_chain_is_told_once(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, trusted_proxies=TRUSTED, logs={"format": "json"})
    ask_from(PROXY, gateway.port, "/believed", TELLING)
    ask_from(STRANGER, gateway.port, "/silent", [("X-Forwarded-Proto", "https"), ("X-Real-IP", CLIENT)])
    access_line(gateway, "/silent")
    assert hints(gateway) == []
    ask_from("127.0.0.8", gateway.port, "/first", TELLING)
    assert "127.0.0.8" in gateway.wait_for(HINT)
    for number in range(3):
        ask_from(f"127.0.0.{10 + number}", gateway.port, f"/later/{number}", TELLING)
    access_line(gateway, "/later/2")
    assert len(hints(gateway)) == 1
    gateway.reload(settings(gateway.port, upstream.port, ROUTES, logs={"format": "json"}))
    ask_from(STRANGER, gateway.port, "/after", TELLING)
    access_line(gateway, "/after")
    assert len(hints(gateway)) == 1


# Reload


def test_open_connection_is_believed_from_the_next_request_on(gateways, upstream):
    def text(**changes):
        return settings(gateway.port, upstream.port, ROUTES, **changes)

    def seen(wire):
        assert ask(wire, headers=[*TELLING, ("X-User", "alice")]).status == 200
        got = upstream.take()
        return got.get("X-Forwarded-For"), got.get("X-Forwarded-Proto"), got.get("Forwarded"), got.get("X-User")

    gateway = gateways.start(ROUTES, upstream.port)
    with wire_from(PROXY, gateway.port) as wire:
        assert seen(wire) == (PROXY, "http", None, None)
        gateway.reload(text(forwarded=True))
        assert seen(wire) == (PROXY, "http", f'for={PROXY};proto=http;host="a.test"', None)
        gateway.reload(text(trusted_proxies=[PROXY], release_headers=["x-user"]))
        assert seen(wire) == (f"{CLIENT}, {PROXY}", "https", None, "alice")
        gateway.reload(text(trusted_proxies=[PROXY], forwarded=True))
        both = f'for={CLIENT};proto=https;host="app.example.com", for={PROXY}'
        assert seen(wire) == (f"{CLIENT}, {PROXY}", "https", both, None)
        gateway.reload(text())
        assert seen(wire) == (PROXY, "http", None, None)


# Settings


def test_check_refuses_what_cannot_be_believed(tmp_path):
    assert_refused_where_marked(
        tmp_path,
        f"""\
listen: [{{address: 127.0.0.1:8080}}]
SIMPLE_JWT: {{SIGNING_KEY: {tokens.KEY}}}
identity: {{X-User-Id: user_id}}
trusted_proxies: [10.0.0.0/8, »10.0.0.0/33, »proxy.example.com, »10.0.0.1/8, »300.1.1.1, »"2001:db8::/129", »""]
forwarded: »maybe
release_headers: [x-user, »x-user-id, »x-forwarded-for, »x-request-id, »forwarded]
upstreams: {{chat: {{servers: ["127.0.0.1:8000"]}}}}
routes: [{{path: '<path:rest>', upstream: chat, auth: none}}]
""",
    )


def test_check_accepts_peers_of_every_kind(tmp_path):
    peers = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "unix"]
    text = settings(8080, 8000, ROUTES, trusted_proxies=peers, forwarded=True)
    found, output = refused(tmp_path, text)
    assert not found, output
>>>>>>> h-e2e2
