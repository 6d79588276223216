"""Five thousand sockets through reloads, the death of an upstream and a drain: every message is counted."""

import asyncio
import json
import resource
import signal
import sys
import time

import pytest

from support import frames, tokens
from support.crowd import Crowd
from support.gateway import Gateways, settings
from support.process import FOLDER, Process
from support.waiting import answers, free_port, until
from support.wire import Wire, bearer, get

COUNT = 5000
#: Of them, those whose upstream is killed.
DOOMED = 1000
SPARE = 500  # descriptors for everything else
USERS = 50
RELOADS = 8
WINDOW = 8  # of the drain, in seconds


def room():
    """How many sockets the limits on open files allow: the gateway has two descriptors for each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * COUNT + SPARE
    if hard < wanted and hard != resource.RLIM_INFINITY:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            soft = hard = wanted
        except (ValueError, OSError):
            pass
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    count = min(COUNT, (soft - SPARE) // 2)
    if count < COUNT:
        print(f"only {count} sockets instead of {COUNT}: the limit on open files is {hard}")
    return count


class Upstream:
    """A counting server in a process of its own, which can be killed."""

    def __init__(self):
        self.port = free_port()
        self.process = Process(
            "numbered", [sys.executable, "-m", "support.numbered", self.port], {"PYTHONPATH": str(FOLDER)})
        self.process.wait_for("ready")
        until(lambda: answers(self.port), "the upstream to listen")

    def closes(self):
        """How its sockets were closed, by code; it ends."""
        self.process.send(signal.SIGTERM)
        line = self.process.wait_for("closes")
        return json.loads(line.split("closes ", 1)[1])


def text(port, upstreams, extra=0, **changes):
    """Settings whose second route closes with another code; `extra` routes make each reload a different policy."""
    socket = {"ping": "3s", "pong_timeout": "60s", "expiry_notice": "off", "renewal": "http"}
    routes = [
        {"path": f"other/{number}/", "upstream": "stays", "auth": "none"} for number in range(extra)
    ] + [
        {"path": "stays/", "upstream": "stays", "auth": "required", "websocket": socket},
        {"path": "again/", "upstream": "stays", "auth": "required",
         "websocket": socket | {"drain": {"code": 1012, "reason": "back soon"}}},
        {"path": "doomed/", "upstream": "doomed", "auth": "required", "websocket": socket},
    ]
    return settings(
        port, 0, routes, logs={"access": "off"},
        upstreams={name: {"servers": [f"127.0.0.1:{upstream.port}"]} for name, upstream in upstreams.items()},
        **({"threads": 2, "timeouts": {"drain": f"{WINDOW}s"}, "limits": {"connections": 3 * COUNT}} | changes),
    )


class Scene:
    """The whole of it: each test below is its next act, and cannot be played without the ones before."""

    def __init__(self, folder):
        self.gateways = Gateways(folder)
        self.upstreams = {"stays": Upstream(), "doomed": Upstream()}
        self.port = free_port()
        self.admin = free_port()
        self.gateway = self.gateways.start_text(self.text(), self.port)
        self.crowd = Crowd(self.port)
        count = room()
        self.tokens = [tokens.token(str(user), lifetime=3600) for user in range(USERS)]
        doomed = count * DOOMED // COUNT
        self.again = self.join(100, "/again/")
        self.staying = self.join(count - doomed - 100, "/stays/")
        self.doomed = self.join(doomed, "/doomed/")

    def text(self, extra=0):
        return text(
            self.port, self.upstreams, extra, admin={"address": f"127.0.0.1:{self.admin}"}, health="/healthz",
            timeouts={"drain": f"{WINDOW}s", "drain_delay": "1s"})

    def join(self, count, target):
        return self.crowd.run(self.crowd.join(count, target, lambda number: [bearer(self.tokens[number % USERS])]))

    def stop(self):
        self.crowd.leave()
        for upstream in self.upstreams.values():
            upstream.process.kill()
        self.gateways.stop_all()


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    scene = Scene(tmp_path_factory.mktemp("crowd"))
    yield scene
    scene.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[0], resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def test_reload_every_second_loses_no_message(scene):
    assert scene.crowd.problems() == []

    async def reloads():
        for number in range(1, RELOADS + 1):
            due = asyncio.get_running_loop().time() + 1
            await asyncio.to_thread(scene.gateway.reload, scene.text(number))
            await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))

    async def talk():
        reloading, rounds = asyncio.create_task(reloads()), 0
        while not reloading.done() or rounds < 3:
            await scene.crowd.round(scene.crowd.members)
            rounds += 1
        await reloading
        return rounds

    rounds = scene.crowd.run(talk(), patience=90)
    members = scene.crowd.members
    print(f"{rounds} rounds of {len(members)} sockets and {3 * len(members)} messages during {RELOADS} reloads")
    assert scene.crowd.problems() == []
    assert all(member.said == rounds and member.heard == 2 * rounds and not member.has_ended for member in members)


def test_death_of_an_upstream_is_told_to_its_own_sockets_alone(scene):
    async def kill():
        talking = asyncio.create_task(scene.crowd.round(scene.crowd.members))  # in the midst of messages
        await asyncio.sleep(0.02)
        scene.upstreams["doomed"].process.kill()
        await scene.crowd.until(lambda member: member.has_ended, scene.doomed)
        await talking
        await scene.crowd.round(scene.staying + scene.again)

    scene.crowd.run(kill())
    assert scene.crowd.problems() == []
    codes = {member.close and member.close[0] for member in scene.doomed}
    assert codes == {1011}
    others = scene.staying + scene.again
    assert all(member.close is None and member.heard == 2 * member.said for member in others)


def test_stop_is_announced_before_it_is_felt(scene):
    """Readiness and new handshakes fail at once; what is open goes on for as long as `drain_delay` says."""
    assert get(scene.admin, "/readyz").status == 200 and get(scene.port, "/healthz").status == 200
    scene.gateway.send(signal.SIGTERM)
    scene.stopped = time.monotonic()
    until(lambda: get(scene.admin, "/readyz").status == 503, "readiness to fail")
    assert get(scene.port, "/healthz").status == 503
    with Wire(scene.port) as wire:
        wire.send(frames.handshake("/stays/", [bearer(scene.tokens[0])])[0])
        assert wire.read_response().status == 503
    assert time.monotonic() - scene.stopped < 0.9
    assert scene.crowd.problems() == [] and all(member.close is None for member in scene.staying)


def test_drain_tells_every_socket_at_a_boundary_and_spreads_them(scene):
    members = scene.staying + scene.again

    async def drain():
        # Messages go on meanwhile, so that there are frames to be cut.
        while not all(member.has_ended for member in members):
            await scene.crowd.round([member for member in members if member.close is None and not member.has_ended])

    scene.crowd.run(drain())
    assert scene.gateway.wait() == 0
    assert scene.crowd.problems(members) == [], "a frame was cut, or something followed a close"
    assert {member.close and member.close[:2] for member in scene.staying} == {(1001, "going away")}
    assert {member.close and member.close[:2] for member in scene.again} == {(1012, "back soon")}
    times = sorted(member.close[2] - scene.stopped for member in members)
    print(f"closed between {times[0]:.2f} and {times[-1]:.2f} s after the signal")
    assert times[0] > 0.9, "not before drain_delay is over"
    assert times[-1] < 1 + WINDOW + 1
    # Two milliseconds a socket and worker, at most four fifths of the window.
    expected = min(WINDOW * 0.8, len(members) * 0.002 / 2)
    assert times[-1] - times[0] > expected * 0.7
    # Even: no quarter of the time has much more than a quarter of the sockets.
    span = times[-1] - times[0]
    quarters = [sum(1 for at in times if int(min(3, 4 * (at - times[0]) / span)) == quarter) for quarter in range(4)]
    assert max(quarters) < 0.5 * len(members), quarters
    closes = scene.upstreams["stays"].closes()
    assert closes == {"1001": len(members)}, "each was told once, and with what a client may say"


def test_second_signal_ends_at_once(gateways):
    upstreams = {"stays": Upstream(), "doomed": Upstream()}
    port = free_port()
    gateway = gateways.start_text(text(port, upstreams, timeouts={"drain": "60s"}), port)
    crowd = Crowd(port)
    token = tokens.token()
    members = crowd.run(crowd.join(200, "/stays/", [bearer(token)]))

    async def stop():
        gateway.send(signal.SIGTERM)
        await asyncio.to_thread(gateway.wait_for, "draining")
        start = time.monotonic()
        gateway.send(signal.SIGTERM)
        await crowd.until(lambda member: member.has_ended, members)
        return start

    start = crowd.run(stop())
    gateway.wait()
    assert time.monotonic() - start < 2
    assert crowd.problems() == []
    crowd.leave()
    for upstream in upstreams.values():
        upstream.process.kill()


def test_large_handshake_is_not_remembered(gateways):
    """A browser's head, with cookies and a token in it, takes more to read than a socket needs that idles for days."""
    upstreams = {"stays": Upstream(), "doomed": Upstream()}
    port = free_port()
    gateway = gateways.start_text(text(port, upstreams, threads=1), port)
    crowd = Crowd(port)
    headers = [bearer(tokens.token())]
    count = 1000

    def cost(more=()):
        before = gateway.resident_bytes()
        crowd.run(crowd.join(count, "/stays/", [*headers, *more]))
        return (gateway.resident_bytes() - before) / count

    cost()  # what grows once has grown
    small, large = cost(), cost([("Cookie", "x" * 800)])
    print(f"{small:.0f} bytes for an idle socket, {large:.0f} after a large handshake")
    assert crowd.problems() == []
    assert large < small + 1024
    crowd.leave()
    for upstream in upstreams.values():
        upstream.process.kill()
