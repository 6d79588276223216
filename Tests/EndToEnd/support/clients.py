"""Clients of several addresses, and requests in one line."""

import json
import re
import socket

from support.waiting import PATIENCE
from support.wire import Wire


def wire_from(source, port, patience=PATIENCE):
    """A connection that comes from another address of the loopback network, so that one machine plays many."""
    sock = socket.socket()
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", port))
    return Wire(sock=sock, patience=patience)


def request(target="/x", headers=(), method="GET", host="a.test", version="1.1", body=""):
    """The bytes of a request, as text; `host=None` leaves the line out."""
    fields = [("Host", host)] if host is not None else []
    fields += [*headers, ("Content-Length", len(body))] if body else headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"{method} {target} HTTP/{version}\r\n{lines}\r\n{body}"


def ask(wire, target="/x", headers=(), method="GET", **options):
    """One request on an open connection, and its answer."""
    return wire.send(request(target, headers, method, **options)).read_response(method)


def ask_from(source, port, target="/x", headers=(), method="GET", **options):
    """One request on a connection of its own."""
    with wire_from(source, port) as wire:
        return ask(wire, target, headers, method, **options)


def access_line(gateway, path, kind="request", after=0):
    """The line of the access log about a path, in the format `json`."""
    return json.loads(gateway.wait_for(rf'^\{{.*"{kind}".*"{re.escape(path)}"', after=after))
