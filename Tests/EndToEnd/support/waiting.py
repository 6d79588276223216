"""Waiting for something that happens elsewhere, never for time to pass."""

import socket
import time

PATIENCE = 15  # seconds until a test gives up; nothing waits this long when all is well


def until(condition, what, patience=PATIENCE):
    """Asks again and again until `condition` returns something true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up after {patience} s: {what}")
        time.sleep(0.005)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
