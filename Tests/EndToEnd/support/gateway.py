"""Tollgate itself: writing its settings, starting, reloading and stopping it."""

import json
import os
import signal
import subprocess
from pathlib import Path

from support import tokens
from support.process import ENVIRONMENT, Process
from support.waiting import answers, free_port, until

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("TOLLGATE_BIN") or ROOT / ".build/release/tollgate").absolute()


def binary():
    assert BINARY.exists(), f"no gateway at {BINARY}: build it (swift build -c release) or set TOLLGATE_BIN"
    return BINARY


def yaml(value, indent=0):
    """Block-style YAML of dictionaries, lists and scalars."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(
            f"{pad}{key}:\n{yaml(inner, indent + 1)}" if isinstance(inner, (dict, list)) and inner
            else f"{pad}{key}: {json.dumps(inner)}\n"
            for key, inner in value.items()
        )
    if isinstance(value, list) and value:
        return "".join(f"{pad}- {yaml(inner, indent + 1).lstrip()}" for inner in value)
    return f"{pad}{json.dumps(value)}\n"


def settings(port, upstream, routes, **changes):
    """A whole configuration with what most tests want; `changes` replace top-level keys, None removes one."""
    tree = {
        "listen": [{"address": f"127.0.0.1:{port}"}],
        "threads": 1,
        "SIMPLE_JWT": {"ALGORITHM": "HS256", "SIGNING_KEY": tokens.KEY},
        "identity": {"X-User-Id": "user_id"},
        "allowed_origins": ["localhost", "127.0.0.1"],
        "allow_missing_origin": True,
        "upstreams": {"test": {"servers": [f"127.0.0.1:{upstream}"]}},
        "routes": [{"upstream": "test"} | route for route in routes],
        "timeouts": {"drain": "1s"},
    } | changes
    return yaml({key: value for key, value in tree.items() if value is not None})


class Gateway(Process):
    def __init__(self, folder, text, port, environment=None, arguments=()):
        self.port = port
        self.file = Path(folder) / f"gateway-{port}.yaml"
        self.file.write_text(text)
        super().__init__("tollgate", [binary(), "run", "--config", self.file, *arguments], environment, folder)

    def wait_until_ready(self):
        self.wait_for("(?<!admin )listening")  # the admin listener opens first
        until(lambda: answers(self.port), f"port {self.port} to answer")
        return self

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def reload(self, text, outcome=r"\breloaded\b"):
        """Writes the file, sends SIGHUP and returns the log line that tells how it went."""
        mark = self.mark()
        self.file.write_text(text)
        self.send(signal.SIGHUP)
        return self.wait_for(outcome, after=mark)


class Gateways:
    """Makes gateways for tests and stops them all afterwards, looking at each one's exit code."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, routes, upstream, environment=None, **changes):
        port = free_port()
        return self.start_text(settings(port, upstream, routes, **changes), port, environment)

    def start_text(self, text, port, environment=None):
        gateway = Gateway(self.folder, text, port, environment)
        self.running.append(gateway)
        return gateway.wait_until_ready()

    def stop_all(self):
        codes = {}
        for gateway in self.running:
            if gateway.is_running:
                try:
                    codes[gateway.port] = gateway.stop()
                finally:
                    gateway.kill()
        assert set(codes.values()) <= {0}, f"exit codes {codes}\n" + "\n".join(g.tail() for g in self.running)


def command(*arguments, environment=None, **options):
    """Runs `tollgate …` to its end."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)],
        capture_output=True, text=True, timeout=60, env=ENVIRONMENT | (environment or {}), **options,
    )
