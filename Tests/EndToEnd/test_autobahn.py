"""The Autobahn test suite gives the gateway the verdicts that it gives the server behind it.

Without a Python 2.7 it cannot run; `test_websocket_errors.py`, which always does, then stands alone.
"""

import sys

import pytest

from support import autobahn, tokens
from support.gateway import settings
from support.process import FOLDER, Process
from support.waiting import answers, free_port, until

#: All but 9 (megabytes, for throughput); of the thousand-message runs of 12 and 13 one for each way of compressing.
FRAMES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
COMPRESSED = ["12.1.1", "12.1.4", "12.2.3", "13.1.1", "13.2.3", "13.3.2", "13.4.2", "13.5.2", "13.6.4", "13.7.1"]

#: An echo, then something illegal. OK is for the echo that came before the close, NON-STRICT for the close alone; the
#: gateway does not wait for what its upstream may still have to say before it ends a socket whose client broke the rules.
HURRIED = {f"3.{n}" for n in range(2, 5)} | {f"4.{n}.{m}" for n in (1, 2) for m in (3, 4, 5)} | {"5.15"}


def echo():
    port = free_port()
    process = Process("echo", [sys.executable, "-m", "support.conformant_echo", port], {"PYTHONPATH": str(FOLDER)})
    process.wait_for("ready")
    until(lambda: answers(port), "the echo to listen")
    return process, port


@pytest.fixture(scope="module")
def python2():
    executable, what = autobahn.install()
    print(what)
    if executable is None:
        pytest.skip(what)
    return executable


class Stage:
    """The echo, and the gateway in front of it."""

    def __init__(self, python2, gateways):
        self.python2 = python2
        self.server, upstream = echo()
        port = free_port()
        routes = [{"path": "ws/", "auth": "required", "websocket": {"max_message": "64MiB"}}]
        gateways.start_text(settings(port, upstream, routes, allowed_origins=["*"], logs={"access": "off"}), port)
        self.urls = {
            "direct": f"ws://127.0.0.1:{upstream}/ws/",
            "gateway": f"ws://127.0.0.1:{port}/ws/?token={tokens.token(lifetime=7200)}",
        }

    def play(self, folder, parts, patience):
        """Both agents' verdicts; the parts are played at the same time."""
        runs = [(agent, folder / f"{agent}-{number}", cases) for agent in self.urls for number, cases in enumerate(parts)]
        clients = [
            autobahn.start_client(Process, self.python2, where, agent, self.urls[agent], cases)
            for agent, where, cases in runs
        ]
        for client in clients:
            assert client.wait(patience) == 0, client.tail()
        found = {agent: {} for agent in self.urls}
        for agent, where, _ in runs:
            found[agent] |= autobahn.verdicts(where, agent)
        return found["direct"], found["gateway"]


@pytest.fixture(scope="module")
def stage(python2, module_gateways):
    stage = Stage(python2, module_gateways)
    yield stage
    stage.server.kill()


def test_every_case_has_the_verdict_of_the_server_itself(stage, tmp_path):
    direct, gateway = stage.play(tmp_path, [FRAMES, COMPRESSED], patience=180)
    assert len(direct) > 250
    assert differences(direct, gateway) == {}


def test_upstream_that_breaks_every_rule_is_judged_by_the_same_measure(python2, gateways, tmp_path):
    """The suite as the server, and a client that knows the rules: whoever finds the error, the server sees the same."""
    upstream, port = free_port(), free_port()
    server = autobahn.start_server(Process, python2, tmp_path / "server", upstream, FRAMES)
    until(lambda: answers(upstream), "the suite to listen")
    routes = [{"path": "<path:rest>", "auth": "required", "websocket": {"max_message": "64MiB"}}]
    gateways.start_text(settings(port, upstream, routes, logs={"access": "off"}), port)

    def client(agent, to):
        url = f"ws://127.0.0.1:{upstream}"
        return Process(
            f"client {agent}", [sys.executable, "-m", "support.conformant_client", url, agent, to],
            {"PYTHONPATH": str(FOLDER), "TOKEN": tokens.token(lifetime=3600)},
        )

    # The suite plays one case at a time to each, and stands still while it writes its reports: that is for the end.
    for playing in [client("direct", upstream), client("gateway", port)]:
        assert playing.wait(patience=180) == 0, playing.tail()
    assert client("reports", upstream).wait(patience=60) == 0
    server.kill()
    direct, gateway = (autobahn.verdicts(tmp_path / "server", agent) for agent in ("direct", "gateway"))
    assert len(direct) > 240
    assert differences(direct, gateway) == {}


@pytest.mark.soak
def test_large_messages_and_thousands_of_compressed_ones_too(stage, tmp_path):
    direct, gateway = stage.play(tmp_path, [["9.*"], ["12.*"], ["13.*"]], patience=3600)
    assert len(direct) > 250
    assert differences(direct, gateway) == {}


def differences(direct, gateway):
    assert direct.keys() == gateway.keys()
    return {
        case: f"{direct[case]} became {verdict}"
        for case, verdict in gateway.items()
        if verdict != direct[case] and not (case in HURRIED and is_ok(verdict) and is_ok(direct[case]))
    }


def is_ok(verdict):
    behaviour, closing, code = verdict
    return behaviour in ("OK", "NON-STRICT") and closing == "OK" and code == 1002
