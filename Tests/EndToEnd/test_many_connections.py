"""Ten thousand clients that stay: each is answered, costs little, and leaves nothing behind."""

import os
import resource
import socket

import pytest

from support import tokens
from support.waiting import until
from support.wire import get

COUNT = 10_000
AT_ONCE = 100  # requests under way
SPARE = 500  # descriptors for everything else
BYTES_EACH = 8 << 10  # resident, with a token verified on each; 7.3 kB when this was written

ROUTES = [{"path": "private/<path:rest>", "auth": "required"}, {"path": "<path:rest>", "auth": "none"}]


@pytest.fixture
def many_descriptors():
    """Room for the sockets here, and in the gateway, which inherits the limit."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = COUNT + SPARE
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    except (ValueError, OSError) as problem:
        pytest.skip(f"the limit on open files is {hard} and cannot be raised to {wanted}: {problem}")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connect(port, count):
    """Connected sockets, without a thread or a buffer for each."""
    made = []
    for _ in range(count):
        client = socket.socket()
        client.settimeout(15)
        client.connect(("127.0.0.1", port))
        made.append(client)
    return made


def ask(clients, request):
    """One request on each connection, a hundred at once."""
    for start in range(0, len(clients), AT_ONCE):
        batch = clients[start : start + AT_ONCE]
        for client in batch:
            client.sendall(request)
        for client in batch:
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                more = client.recv(4096)
                assert more, f"closed after {answer!r}"
                answer += more
            assert answer.startswith(b"HTTP/1.1 200 ") and b"onnection: close" not in answer, answer


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


def test_ten_thousand_connections(gateways, upstream, many_descriptors):
    upstreams = {"test": {"servers": [f"127.0.0.1:{upstream.port}"], "pool": {"idle": "500ms"}}}
    limits = {"connections": COUNT + 100}
    gateway = gateways.start(ROUTES, upstream.port, upstreams=upstreams, limits=limits, logs={"access": "off"}, threads=2)
    request = f"GET /private/x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer {tokens.token()}\r\n\r\n".encode()

    def come(count=COUNT):
        clients = connect(gateway.port, count)
        ask(clients, request)
        return clients

    def go(clients, left):
        for client in clients:
            client.close()
        until(lambda: descriptors(gateway) <= left, "the descriptors to be given back", patience=30)

    go(come(AT_ONCE), left=AT_ONCE)  # so that everything is loaded that ever will be, and the pool is filled and empty again
    before, size = descriptors(gateway), gateway.resident_bytes()
    clients = come()
    assert descriptors(gateway) >= COUNT
    each = (gateway.resident_bytes() - size) / COUNT
    ask(clients, request)  # none of them was forgotten meanwhile
    go(clients, left=before + 10)
    after = gateway.resident_bytes()
    go(come(), left=before + 10)
    again = gateway.resident_bytes()
    print(f"{each:.0f} bytes for each idle connection; {size >> 10} KiB before, {after >> 10} after, {again >> 10} after coming again")
    assert each < BYTES_EACH
    # Of the 70 MB that the first ones left glibc's heaps use most again; pages between blocks that stay come to some more.
    assert again - after < 16 << 20, "memory that the first ones left is not used again"
    assert get(gateway.port, "/x").status == 200
