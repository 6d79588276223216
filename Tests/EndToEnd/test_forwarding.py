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
    return module_gateways.start(ROUTES, module_upstream.port, trusted_proxies=TRUSTED, logs={"format": "json"})


@pytest.fixture(scope="module")
def telling_gateway(module_gateways, module_upstream):
    """It sends `Forwarded` too."""
    return module_gateways.start(ROUTES, module_upstream.port, trusted_proxies=TRUSTED, forwarded=True)


@pytest.fixture
def backend(module_upstream):
    module_upstream.take_all()
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
