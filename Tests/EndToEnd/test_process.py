"""The program: its commands, its end, its logs and its admin listener."""

import json
import re
import signal
import subprocess
import threading
import time

import jwt
import pytest

from support import frames, tokens
from support.frames import CLOSE, TEXT, frame, read_frame
from support.gateway import binary, command, settings
from support.judge import judge
from support.process import Process
from support.upstream import Upstream
from support.waiting import answers, free_port, until
from support.wire import Ended, Wire, bearer, get

ROUTES = [
    {"path": "ws/", "auth": "required", "websocket": {"only": True}},
    {"path": "private/", "auth": "required"},
    {"path": "<path:rest>", "auth": "none"},
]


@pytest.fixture
def sockets():
    sockets = Upstream(handler=frames.echo)
    yield sockets
    sockets.stop()


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_closes_sockets_and_exits_with_0(gateways, sockets, number):
    gateway = gateways.start(ROUTES, sockets.port, threads=2)
    clients = [frames.connect(gateway.port, "/ws/", [bearer(tokens.token())]) for _ in range(20)]
    gateway.send(number)
    for client in clients:
        got = read_frame(client)
        assert got.opcode == CLOSE and got.code in (1001, 1012)
        client.send(frames.close(got.code))
        client.read_to_end()
    assert gateway.wait() == 0


def test_sockets_that_do_not_answer_do_not_hold_the_end(gateways, sockets):
    gateway = gateways.start(ROUTES, sockets.port)
    client = frames.connect(gateway.port, "/ws/", [bearer(tokens.token())])
    start = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - start < 6
    assert read_frame(client).code in (1001, 1012)


def test_idle_gateway_ends_at_once(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"drain": "20s"})
    with Wire(gateway.port) as idle:
        idle.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response()
        start = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - start < 5
        idle.expect_end()


def test_request_under_way_is_finished_before_the_end(gateways):
    arrived, release = threading.Event(), threading.Event()

    def answer(got):
        arrived.set()
        release.wait(10)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"

    upstream = Upstream(answer)
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"drain": "10s"})
    with Wire(gateway.port) as client:
        client.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert arrived.wait(10)
        gateway.send(signal.SIGTERM)

        def refuses():
            try:
                with Wire(gateway.port) as late:
                    return late.read_to_end() == b""
            except OSError:
                return True

        until(refuses, "the listener to be closed")
        release.set()
        response = client.read_response()
        assert (response.body, response.get("connection")) == (b"done", "close")
    assert gateway.wait() == 0
    upstream.stop()


def test_second_signal_ends_at_once(gateways, upstream):
    upstream.answer = lambda got: None  # a request that never ends
    gateway = gateways.start(ROUTES, upstream.port, timeouts={"drain": "60s"})
    with Wire(gateway.port) as client:
        client.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n")
        upstream.take()
        mark = gateway.mark()
        gateway.send(signal.SIGTERM)
        gateway.wait_for(r"(?i)drain|stop|shut", after=mark)
        start = time.monotonic()
        gateway.send(signal.SIGTERM)
        gateway.wait()
        assert time.monotonic() - start < 5


def test_port_in_use_is_an_error_at_start(gateways, upstream, tmp_path):
    gateway = gateways.start(ROUTES, upstream.port)
    (tmp_path / "second.yaml").write_text(settings(gateway.port, upstream.port, ROUTES))
    second = command("run", "--config", tmp_path / "second.yaml")
    assert second.returncode != 0
    assert str(gateway.port) in second.stdout + second.stderr
    assert get(gateway.port, "/x").status == 200


# Commands


def check(tmp_path, text, **environment):
    file = tmp_path / "gateway.yaml"
    file.write_text(text)
    return command("check", "--config", file, environment=environment)


def test_check_accepts_a_good_file(tmp_path):
    result = check(tmp_path, settings(8080, 8000, ROUTES))
    assert result.returncode == 0, result.stdout + result.stderr


UNREADABLE = """\
listen:
  - address: 127.0.0.1:99999
SIMPLE_JWT:
  ALGORITHM: HS257
  SIGNING_KEI: something
allowed_origins: ["example.com"]
upstreams:
  chat:
    servers: ["127.0.0.1:8000"]
    servers: ["127.0.0.1:8001"]
routes:
  - re_path: 'ws/(?P<room>\\d+)/$'
    upstream: chat
    websocket: true
    auth: requird
  - path: 'api/'
    upstream: caht
nonsense: 1
"""
MEANINGLESS = """\
listen: [{address: 127.0.0.1:8080}]
SIMPLE_JWT:
  ALGORITHM: RS256
  VERIFYING_KEY: no PEM
allowed_origins: ["example.com:8443"]
upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
routes:
  - re_path: 'ws/(?P<room>\\d+/$'
    upstream: chat
    websocket: true
  - path: 'api/<integer:id>'
    upstream: chat
"""


def problems(result):
    """{line: [(column, text)]} of what a command has printed."""
    found = {}
    for line in (result.stdout + result.stderr).splitlines():
        if match := re.match(r"(?:.*/)?gateway\.yaml:(\d+):(\d+): (.*)", line):
            found.setdefault(int(match[1]), []).append((int(match[2]), match[3]))
    return found


def all_in(found, expected):
    return all(any(word in text for _, text in found.get(line, [])) for line, word in expected.items())


def test_check_reports_every_unreadable_place(tmp_path):
    result = check(tmp_path, UNREADABLE)
    assert result.returncode == 1
    found = problems(result)
    assert all_in(
        found,
        {2: "99999", 4: "ALGORITHM", 5: "SIGNING_KEI", 10: "servers", 15: "auth", 17: "upstream", 18: "nonsense"},
    ), found
    assert found[4][0][0] == 14 and found[18][0][0] == 1, "columns count from 1"
    assert "SIGNING_KEY" in result.stdout + result.stderr, "did you mean"


def test_check_reports_every_meaningless_value(tmp_path):
    result = check(tmp_path, MEANINGLESS)
    assert result.returncode == 1
    found = problems(result)
    assert all_in(found, {4: "VERIFYING_KEY", 5: "allowed_origins", 8: "re_path", 11: "path"}), found


def test_check_reports_both_kinds_at_once(tmp_path):
    found = problems(check(tmp_path, MEANINGLESS + "nonsense: 1\n"))
    assert all_in(
        found, {4: "VERIFYING_KEY", 5: "allowed_origins", 8: "re_path", 11: "path", 13: "nonsense"}), found


def test_check_takes_the_file_as_an_argument_too_and_lists_its_routes(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, 8000, ROUTES))
    result = command("check", file)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{file}: good" in result.stdout
    assert len([line for line in result.stdout.splitlines() if "auth: " in line]) == len(ROUTES)
    assert "remote-user" not in result.stdout
    assert "remote-user" in command("check", "--verbose", file).stdout
    assert command("check", file, "--config", file).returncode != 0


def test_address_that_cannot_be_listened_on_is_said_with_its_place(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, 8000, ROUTES, listen=[{"address": f"unix:{tmp_path}/nowhere/socket"}]))
    result = command("run", "--config", file)
    assert result.returncode == 1
    assert "gateway.yaml:" in result.stderr and "no such file or directory" in result.stderr, result.stderr


@pytest.mark.parametrize("text", ["", "[]", "routes: [", "\x00", "listen: 1\n", "a: &x [*x]\n"])
def test_check_survives_any_text(tmp_path, text):
    result = check(tmp_path, text)
    assert result.returncode == 1
    assert "gateway.yaml" in result.stdout + result.stderr


def test_check_tells_of_a_missing_file(tmp_path):
    result = command("check", "--config", tmp_path / "nowhere.yaml")
    assert result.returncode != 0
    assert "nowhere.yaml" in result.stdout + result.stderr


def test_missing_environment_variable_is_a_problem_and_a_default_helps(tmp_path):
    text = settings(8080, 8000, ROUTES, SIMPLE_JWT={"SIGNING_KEY": "${TOLLGATE_TEST_KEY}"})
    result = check(tmp_path, text)
    assert result.returncode == 1 and "TOLLGATE_TEST_KEY" in result.stdout + result.stderr
    assert check(tmp_path, text, TOLLGATE_TEST_KEY=tokens.KEY).returncode == 0
    assert check(tmp_path, text.replace("_KEY}", "_KEY:-" + tokens.KEY + "}")).returncode == 0


def test_secrets_are_not_printed(tmp_path):
    text = settings(8080, 8000, ROUTES, SIMPLE_JWT={"ALGORITHM": "RS256", "SIGNING_KEY": tokens.KEY, "VERIFYING_KEY": tokens.KEY})
    result = check(tmp_path, text)
    assert result.returncode == 1
    assert tokens.KEY not in result.stdout + result.stderr


def test_broken_file_stops_a_start(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text(UNREADABLE)
    result = command("run", "--config", file)
    assert result.returncode != 0
    assert "gateway.yaml:5:" in result.stdout + result.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "--help"], ["explain", "--help"], ["token", "--help"], ["demo", "--help"]])
def test_help_is_help(arguments):
    result = command(*arguments)
    assert result.returncode == 0 and "USAGE" in result.stdout.upper()


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["run", "--config"], ["token"]])
def test_wrong_usage_is_told(arguments):
    result = command(*arguments)
    assert result.returncode not in (0, 1) and result.stderr


# Logs


def access_lines(gateway, kind):
    return [json.loads(line) for line in gateway.lines if line.startswith("{") and f'"{kind}"' in line]


def test_one_access_line_for_each_request(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port, logs={"format": "json"})
    with Wire(gateway.port) as client:
        for number in range(10):
            client.send(f"GET /x{number}?secret={number} HTTP/1.1\r\nHost: a.test\r\n\r\n").read_response()
    get(gateway.port, "/private/")
    get(gateway.port, "/private/", [bearer(tokens.token("7"))])
    until(lambda: len(access_lines(gateway, "request")) >= 12, "twelve access lines")
    lines = access_lines(gateway, "request")
    assert len(lines) == 12
    text = "\n".join(gateway.lines)
    for number in range(10):
        assert text.count(f"/x{number}") == 1
        assert f"secret={number}" not in text
    gateway.stop()
    assert len(access_lines(gateway, "request")) == 12


def test_a_socket_leaves_a_line_when_it_opens_and_one_when_it_closes(gateways, sockets):
    gateway = gateways.start(ROUTES, sockets.port, logs={"format": "json"})
    with frames.connect(gateway.port, f"/ws/?token={tokens.token('42')}") as client:
        gateway.wait_for("websocket_open")
        client.send(frame(TEXT, b"hello"))
        read_frame(client)
        client.send(frames.close(1000))
        client.read_to_end()
    gateway.wait_for("websocket_close")
    opened, closed = access_lines(gateway, "websocket_open"), access_lines(gateway, "websocket_close")
    assert (len(opened), len(closed)) == (1, 1)
    assert "42" in opened[0].values() and "42" in closed[0].values()
    assert "/ws/" in json.dumps(opened[0]) and "1000" in json.dumps(closed[0])


def test_text_format_is_one_line_for_each_request_too(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    get(gateway.port, "/findme?x=1")
    line = gateway.wait_for("/findme")
    assert "200" in line and "GET" in line and "x=1" not in line


def test_forged_log_lines_stay_in_one_line(gateways, upstream):
    gateway = gateways.start(ROUTES, upstream.port)
    get(gateway.port, "/a%0d%0aforged")
    get(gateway.port, "/b%1b%5b31mforged", [("User-Agent", "x\x80\x9b31m")])
    get(gateway.port, "/last")
    gateway.wait_for("/last")
    assert not any(line.startswith("forged") for line in gateway.lines)
    assert "\x1b" not in gateway.output


def test_access_log_can_be_off_or_a_file(gateways, upstream, tmp_path):
    quiet = gateways.start(ROUTES, upstream.port, logs={"access": "off"})
    get(quiet.port, "/quiet")
    file = tmp_path / "access.log"
    filed = gateways.start(ROUTES, upstream.port, logs={"access": str(file)})
    get(filed.port, "/filed")
    until(lambda: file.exists() and "/filed" in file.read_text(), "the line in the file")
    for gateway in [quiet, filed]:
        gateway.stop()
        assert "/quiet" not in gateway.output and "/filed" not in gateway.output


# Admin


def test_admin_listener_answers(gateways, sockets):
    admin = free_port()
    gateway = gateways.start(ROUTES[:2], sockets.port, admin={"address": f"127.0.0.1:{admin}"})
    assert get(admin, "/livez").status == 200
    assert get(admin, "/readyz").status == 200
    assert get(admin, "/nowhere").status == 404
    for path in ["/livez", "/readyz", "/metrics"]:
        assert get(gateway.port, path).status == 404, "not on the public listener"
    with frames.connect(gateway.port, "/ws/", [bearer(tokens.token())]):
        get(gateway.port, "/private/")

        def counted():
            answer = get(admin, "/metrics")
            assert answer.status == 200 and answer.get("content-type").startswith("text/plain")
            return answer.body.decode() if b"missing" in answer.body else None

        text = until(counted, "the refusal to be counted")
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line and not line.startswith("#")}
    assert names and all(name.startswith(("tollgate_", "process_")) for name in names)
    for line in text.splitlines():
        assert re.fullmatch(r'#.*|[a-z_]+(\{([a-z_]+="[^"]*",?)*\})? [0-9.e+-]+|', line), line


def test_readiness_ends_before_the_listener(gateways, upstream):
    upstream.answer = lambda got: None
    admin = free_port()
    gateway = gateways.start(
        ROUTES, upstream.port, admin={"address": f"127.0.0.1:{admin}"}, timeouts={"drain": "3s"}
    )
    with Wire(gateway.port) as client:
        client.send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n")  # keeps the drain busy
        upstream.take()
        gateway.send(signal.SIGTERM)

        def unready():
            try:
                return get(admin, "/readyz").status == 503
            except (OSError, Ended):
                return False

        until(unready, "readiness to end", 3)
    assert gateway.wait() == 0


# Development tokens


def made_token(tmp_path, *arguments, **changes):
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(8080, 8000, ROUTES, **changes))
    result = command("token", "--config", file, *arguments)
    assert result.returncode == 0, result.stderr
    return tokens.remember(result.stdout.strip())


def test_made_token_opens_the_gateway(gateways, upstream, tmp_path):
    gateway = gateways.start(ROUTES, upstream.port)
    token = made_token(tmp_path, "--user", "7", "--expires", "60s", "--claim", "org=acme")
    assert get(gateway.port, "/private/", [bearer(token)]).status == 200
    assert upstream.take().get("X-User-Id") == "7"
    claims = jwt.decode(token, tokens.KEY, ["HS256"])
    assert 55 <= claims["exp"] - time.time() <= 60
    assert claims["org"] == "acme" and claims["token_type"] == "access" and claims["jti"]


def test_made_token_is_accepted_by_simplejwt(tmp_path):
    token = made_token(tmp_path, "--user", "1", "--expires", "60s")
    assert judge({"SIGNING_KEY": tokens.KEY}, [token]) == [{"verdict": "accepted", "user": 1}]


# The demo


def test_demo_runs_and_ends(tmp_path):
    demo = Process("demo", [binary(), "demo", "--port", free_port(), "--access-lifetime", 5], folder=tmp_path)
    try:
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", demo.wait_for(r"http://127\.0\.0\.1:\d+/"))
        page = get(int(address[1]), "/")
        assert page.status == 200 and b"login-form" in page.body
        assert demo.stop() == 0
    finally:
        demo.kill()


def test_output_that_nobody_reads_does_not_stall(upstream, tmp_path):
    """A blocked pipe drops log lines, it never stops a connection."""
    port = free_port()
    file = tmp_path / "gateway.yaml"
    file.write_text(settings(port, upstream.port, ROUTES))
    child = subprocess.Popen([binary(), "run", "--config", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until(lambda: answers(port), "the gateway to listen")
        with Wire(port) as client:
            for _ in range(3000):  # some 64 KiB and more of log lines
                client.send(f"GET /{'x' * 100} HTTP/1.1\r\nHost: a.test\r\n\r\n")
                assert client.read_response().status == 200
        child.send_signal(signal.SIGTERM)
        child.stdout.close()
        assert child.wait(15) == 0
    finally:
        child.kill()
        child.wait()
