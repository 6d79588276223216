"""A child process whose output is kept and can be waited for."""

import os
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

from support.waiting import PATIENCE

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", "TZ": "UTC"}
#: Of the tests, wherever they are started; modules that a child is to run are found here.
FOLDER = Path(__file__).resolve().parents[1]


class Process:
    #: Every process of the session; the last test searches their output for tokens.
    everyone = []

    def __init__(self, name, arguments, environment=None, folder=None, has_keyboard=False):
        self.name = name
        self.lines = []
        self._news = threading.Condition()
        self._child = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.PIPE if has_keyboard else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=ENVIRONMENT | (environment or {}),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        Process.everyone.append(self)

    def _read(self):
        for line in self._child.stdout:
            with self._news:
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    @property
    def pid(self):
        return self._child.pid

    @property
    def is_running(self):
        return self._child.poll() is None

    @property
    def output(self):
        return "\n".join(self.lines)

    def mark(self):
        """A place in the output, for `wait_for(…, after=…)`."""
        with self._news:
            return len(self.lines)

    def wait_for(self, pattern, after=0, patience=PATIENCE):
        """The first line that matches, from line `after` on."""
        deadline = time.monotonic() + patience
        with self._news:
            seen = after
            while True:
                for line in self.lines[seen:]:
                    if re.search(pattern, line):
                        return line
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or not (self.is_running or self._reader.is_alive()):
                    raise AssertionError(f"{self.name} never said {pattern!r}:\n{self.tail()}")
                self._news.wait(min(left, 0.5))

    def type(self, line):
        self._child.stdin.write(line.encode() + b"\n")
        self._child.stdin.flush()

    def end_typing(self):
        self._child.stdin.close()

    def send(self, number):
        self._child.send_signal(number)

    def wait(self, patience=PATIENCE):
        """The exit code."""
        try:
            code = self._child.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {patience} s:\n{self.tail()}") from None
        self._reader.join(2)
        return code

    def stop(self, number=signal.SIGTERM, patience=PATIENCE):
        if self.is_running:
            self.send(number)
        return self.wait(patience)

    def kill(self):
        if self.is_running:
            self._child.kill()
            self._child.wait()

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def tail(self, count=40):
        return "\n".join(f"  {self.name}| {line}" for line in self.lines[-count:])
