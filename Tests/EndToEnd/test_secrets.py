"""Runs last: no token that the session used stands in anything the gateway has written."""

import json
import re

import pytest

from support import tokens
from support.process import Process


def test_no_token_and_no_key_in_any_output_of_the_gateway():
    written = {process.name: process.output for process in Process.everyone if process.name in ("tollgate", "demo")}
    if not written or not tokens.issued:
        pytest.skip("no other test has run in this session")
    output = "\n".join(process.output for process in Process.everyone if process.name in ("tollgate", "demo"))
    # Every secret has a part this long, and few lines hold anything like it.
    doubtful = "\n".join(line for line in output.splitlines() if re.search(r"[\w-]{30}", line))
    for secret in [*tokens.issued, tokens.KEY, tokens.OTHER_KEY]:
        assert re.search(r"[\w-]{30}", secret)
        assert secret not in doubtful
        signature = secret.rsplit(".", 1)[-1]
        assert len(signature) < 20 or signature not in doubtful
    # Nothing that looks like a token either, such as those that pages and clients fetched for themselves.
    assert re.findall(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}", output) == []


def test_guarded_backends_logged_no_query_token():
    lines = [line for process in Process.everyone if process.name.startswith("uvicorn-gateway") for line in process.lines]
    if not lines:
        pytest.skip("the walk behind the gateway has not run in this session")
    assert not [line for line in lines if "token=" in line]


def test_gateway_output_is_text_and_bounded():
    for process in Process.everyone:
        if process.name == "tollgate":
            for line in process.lines:
                assert len(line) < 20_000
                if line.startswith("{"):
                    json.loads(line)
