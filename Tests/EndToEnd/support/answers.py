"""What a refused client is told: simplejwt's words byte for byte, and the close codes that say the same."""

import json
from dataclasses import dataclass

from support import frames
from support.wire import Wire


@dataclass(frozen=True)
class Answer:
    body: bytes
    close: tuple


def not_valid(message, reason="token invalid", classes=(("AccessToken", "access"),)):
    messages = [{"token_class": name, "token_type": kind, "message": message} for name, kind in classes]
    body = {"detail": "Given token not valid for any token type", "code": "token_not_valid", "messages": messages}
    return Answer(json.dumps(body, separators=(",", ":")).encode(), (4001, reason))


INVALID = not_valid("Token is invalid")
EXPIRED = not_valid("Token is expired", "token expired")
WRONG_TYPE = not_valid("Token has wrong type")
NO_TYPE = not_valid("Token has no type")
NO_ID = not_valid("Token has no id")
REVOKED = not_valid("Token is blacklisted", "token revoked")
NO_EXPIRY = not_valid("Token has no 'exp' claim")
NO_USER = Answer(
    b'{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}', (4001, "token invalid")
)
TWO_WORDS = Answer(
    b'{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}',
    (4001, "token invalid"),
)
SEVERAL = Answer(
    b'{"detail":"Request must carry exactly one token","code":"bad_authorization_header"}', (4001, "token invalid")
)
NOT_PROVIDED = Answer(b'{"detail":"Authentication credentials were not provided."}', (4001, "authentication required"))
FORBIDDEN = Answer(b'{"detail":"You do not have permission to perform this action."}', (4003, "forbidden"))

#: Every line of a refusal but those that differ by their nature.
UNIFORM = {
    "content-type": "application/json",
    "www-authenticate": 'Bearer realm="api"',
    "vary": "Accept",
}


def ask(port, target, headers=()):
    """One request whose lines may hold any bytes but line breaks."""
    with Wire(port) as wire:
        wire.send(f"GET {target} HTTP/1.1\r\nHost: a.test\r\n")
        for name, value in headers:
            wire.send(f"{name}: ".encode() + (value if isinstance(value, bytes) else value.encode()) + b"\r\n")
        return wire.send("\r\n").read_response()


def assert_refused(response, answer, scheme="Bearer"):
    """A 401 in exactly these words, and nothing else that could tell one reason from another."""
    assert (response.status, response.body) == (401, answer.body), response
    uniform = UNIFORM | {"www-authenticate": f'{scheme} realm="api"', "content-length": str(len(answer.body))}
    lines = {name: value for name, value in response.fields if name not in {"date", "x-request-id", "connection"}}
    assert lines == uniform, response


def assert_forbidden(response):
    assert (response.status, response.body) == (403, FORBIDDEN.body), response


def assert_closed(port, target, answer, headers=()):
    """A socket that is accepted only to be told why not."""
    with frames.connect(port, target, headers) as wire:
        frame = frames.read_frame(wire)
        assert (frame.code, frame.reason) == answer.close


def assert_opened(port, target, headers=()):
    frames.connect(port, target, headers).close()


def accepting(request):
    """What a recording upstream answers so that requests and sockets succeed alike."""
    if request.get("upgrade"):
        frames.accept(request.wire, request)
        return None
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
