"""A server of one document that the gateway fetches for itself, as reliable as the test says, and the keys it may publish."""

import json
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from support.upstream import Upstream, read_request


def ok(body, *lines):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return http(200, body, *lines)


def http(status, body=b"", *lines):
    fields = "".join(f"{line}\r\n" for line in lines)
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode() + body


class Documents(Upstream):
    """`answer` is bytes, or a function of the request and the wire that returns bytes, or None when it has answered."""

    def __init__(self, answer=b"", tls=None, port=0):
        self.document, self.seen, self._tls = answer, [], tls
        super().__init__(handler=self._serve_one, port=port)

    def _serve_one(self, wire):
        if self._tls:
            wire.socket = self._tls.wrap_socket(wire.socket, server_side=True)
        request = read_request(wire)
        request.at = time.monotonic()
        self.seen.append(request)
        answer = self.document(request, wire) if callable(self.document) else self.document
        if answer is not None:
            wire.send(answer)
            wire.expect_end()

    def url(self, path="/jwks.json"):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"


class Key:
    """A key pair that signs tokens and can be published."""

    def __init__(self, kid, algorithm="RS256"):
        self.kid, self.algorithm = kid, algorithm
        if algorithm == "RS256":
            self.private = rsa.generate_private_key(65537, 2048)
        else:
            self.private = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self):
        kind = RSAAlgorithm if self.algorithm == "RS256" else ECAlgorithm
        jwk = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {name: value for name, value in jwk.items() if name != "key_ops"} | {"kid": self.kid, "use": "sig"}

    def sign(self, claims, kid=None):
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": kid or self.kid})


def key_set(*keys):
    return {"keys": [key.jwk for key in keys]}
