"""What is gone leaves nothing behind: connections that end in the middle of things, and clients that give up."""

import os
import socket
import struct


from support.waiting import until

ROUTES = [{"path": "<path:rest>", "auth": "none"}]


def resident(gateway):
    with open(f"/proc/{gateway.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


def half_a_body(port):
    """A request whose body never comes, ended before anybody could be dialled."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        try:
            while client.recv(4096):
                pass
        except OSError:
            pass


def test_connections_that_end_in_the_middle_of_a_body_are_forgotten(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, logs={"access": "off"})
    for _ in range(1000):
        half_a_body(gateway.port)
    before = resident(gateway)
    for _ in range(3000):
        half_a_body(gateway.port)
    # What leaked was two objects, about two kilobytes, for each.
    assert resident(gateway) - before < 2500


def test_dials_for_clients_that_are_gone_are_given_up(gateways):
    """A server whose queue is full answers nobody; the descriptors of dials must not outlive those who wanted them."""
    with socket.socket() as hung:
        hung.bind(("127.0.0.1", 0))
        hung.listen(0)
        port = hung.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        gateway = gateways.start(ROUTES, port, upstreams={"test": {"servers": [f"127.0.0.1:{port}"], "connect_timeout": "60s"}})
        before = descriptors(gateway)
        for _ in range(60):
            client = socket.create_connection(("127.0.0.1", gateway.port))
            client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        until(lambda: descriptors(gateway) <= before + 3, "the descriptors of dials are back")
        for filler in fillers:
            filler.close()
