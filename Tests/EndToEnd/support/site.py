"""The chat as a client sees it: behind the gateway, or at the backend itself for comparison."""

import contextlib
import json

import httpx
import websockets.exceptions
from websockets.sync.client import connect

from support import tokens
from support.backend import ALICE, PASSWORD, PROJECT
from support.waiting import PATIENCE, free_port, until


class Site:
    def __init__(self, name, port, backend, gateway=None):
        self.name, self.port, self.backend, self.gateway = name, port, backend, gateway
        self.origin = f"http://127.0.0.1:{port}"
        self._logins = {}
        self._client = httpx.Client(
            timeout=PATIENCE, verify=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    @property
    def is_guarded(self):
        return self.gateway is not None

    def get(self, path, token=None, **headers):
        return self._client.get(self.origin + path, headers=headers | authorization(token))

    def post(self, path, **fields):
        return self._client.post(self.origin + path, json=fields)

    def wait_until_empty(self):
        """Until the backend has noticed that the sockets of the test before are gone."""
        url = f"http://127.0.0.1:{self.backend.port}/api/rooms/"
        headers = authorization(tokens.token(ALICE)) | {"X-User-Id": ALICE}
        until(
            lambda: not any(room["online"] for room in self._client.get(url, headers=headers).json()),
            f"the rooms of {self.name} to be empty",
        )
        return self

    def log_in(self, name):
        """An access and a refresh token, from the backend's own endpoint."""
        if name not in self._logins:
            answer = self.post("/api/token/", username=name, password=PASSWORD)
            assert answer.status_code == 200, answer.text
            self._logins[name] = answer.json()
        return self._logins[name]

    def open(self, path="/ws/chat/1/", token=None, by="query", origin=None, **options):
        """A socket as the websockets library opens it."""
        url = f"ws://127.0.0.1:{self.port}{path}"
        headers = {}
        if token is not None and by == "query":
            url += ("&" if "?" in path else "?") + f"token={token}"
        elif token is not None:
            headers = authorization(token)
        return connect(
            url, origin=origin or self.origin, additional_headers=headers, open_timeout=PATIENCE, close_timeout=PATIENCE,
            proxy=None, **options,
        )

    @contextlib.contextmanager
    def chat(self, token, room=1, **options):
        """A socket in a room, past the announcement of its own arrival."""
        with self.open(f"/ws/chat/{room}/", token, **options) as socket:
            arrived = event(socket)
            assert arrived["type"] == "user_status" and arrived["is_online"], arrived
            socket.arrival = arrived
            yield socket


def authorization(token):
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def event(socket):
    return json.loads(socket.recv(timeout=PATIENCE))


def closing(socket):
    """The code and reason the peer closes an open socket with, whatever it says before."""
    try:
        while True:
            socket.recv(timeout=PATIENCE)
    except websockets.exceptions.ConnectionClosed as closed:
        assert closed.rcvd is not None, f"the connection broke off without a close frame: {closed!r}"
        return closed.rcvd.code, closed.rcvd.reason


def refusal(open_socket):
    """What a refused client sees: a close code, or the HTTP status of the handshake."""
    try:
        with open_socket() as socket:
            return closing(socket)[0]
    except websockets.exceptions.InvalidStatus as refused:
        return refused.response.status_code


def example_settings(port, backend_port, extra="", file="gateway.yaml"):
    """The example's own gateway.yaml, with this run's ports."""
    text = (PROJECT / file).read_text().replace("http://127.0.0.1:8000/", f"http://127.0.0.1:{backend_port}/")
    for there, here in [("127.0.0.1:8080", f"127.0.0.1:{port}"), ("127.0.0.1:8000", f"127.0.0.1:{backend_port}")]:
        assert text.count(f"address: {there}") + text.count(f'servers: ["{there}"]') == 1
        text = text.replace(f"address: {there}", f"address: {here}").replace(f'servers: ["{there}"]', f'servers: ["{here}"]')
    return text + extra


def guarded(gateways, backend, key, extra="\ntimeouts: {drain: 1s}\n", file="gateway.yaml", **environment):
    port = free_port()
    text = example_settings(port, backend.port, extra, file)
    gateway = gateways.start_text(text, port, {"JWT_SIGNING_KEY": key} | environment)
    return Site(f"{backend.name} guarded", port, backend, gateway)
