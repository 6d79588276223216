"""The Autobahn test suite, which runs on Python 2.7 alone: finding one, installing the suite beside it, running it.

    python -m support.autobahn       installs it and says what was done; never fails
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements-python2.txt"
#: Beside the packages of the Python that runs the tests. Not a virtual environment: those are not made for 2.7 any more.
SITE = Path(sys.prefix) / "autobahn"
STAMP = SITE / ".installed"
START = "import site, sys; site.addsitedir(sys.argv.pop(1)); from autobahntestsuite.wstest import run; run()"
#: The same, but what it listens on is the loopback interface: it has no option for that.
LOOPBACK = START.replace(
    "; run()",
    "; from twisted.internet import reactor; listen = reactor.listenTCP"
    "; reactor.listenTCP = lambda port, factory, backlog=50, interface='': listen(port, factory, backlog, '127.0.0.1')"
    "; run()",
)


def python():
    """The path of a Python 2.7, or None: on the PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for candidate in [shutil.which("python2.7"), *sorted(pyenv.glob("versions/2.7*/bin/python2.7"))]:
        # A shim of pyenv's that no version stands behind exits with an error.
        if candidate and subprocess.run([candidate, "-c", "import ssl"], capture_output=True).returncode == 0:
            return str(candidate)
    return None


def install():
    """Returns a Python 2.7 that has the suite, or None, and what there is to say."""
    executable = python()
    if executable is None:
        return None, "no Python 2.7 on the PATH or in pyenv: the Autobahn test suite does not run"
    wanted = REQUIREMENTS.read_text() + executable
    if STAMP.exists() and STAMP.read_text() == wanted:
        return executable, f"the Autobahn test suite is in {SITE}, for {executable}"
    shutil.rmtree(SITE, ignore_errors=True)
    command = [executable, "-m", "pip", "install", "--quiet", "--target", SITE, "-r", REQUIREMENTS]
    # What is meant for the tests' own Python is not meant for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    except subprocess.TimeoutExpired:
        return None, f"{executable} could not install the Autobahn test suite within five minutes: it does not run"
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return None, f"{executable} could not install the Autobahn test suite: it does not run ({reason})"
    STAMP.write_text(wanted)
    return executable, f"installed the Autobahn test suite into {SITE}, for {executable}"


def start_client(make, executable, folder, agent, url, cases):
    """A fuzzing client that plays `cases` against `url`; `make` starts processes. Its verdicts are `verdicts(folder, agent)`."""
    folder.mkdir()
    spec = {
        "outdir": str(folder),
        "servers": [{"agent": agent, "url": url}],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    return make(
        f"autobahn {agent}",
        [executable, "-c", START, SITE, "-m", "fuzzingclient", "-s", folder / "spec.json"], folder=folder,
    )


def start_server(make, executable, folder, port, cases):
    """A fuzzing server; who asks it for `/runCase` is played one case of `cases`."""
    folder.mkdir()
    spec = {
        "outdir": str(folder),
        "url": f"ws://127.0.0.1:{port}",
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    (folder / "spec.json").write_text(json.dumps(spec))
    return make(
        "autobahn server",
        [executable, "-c", LOOPBACK, SITE, "-m", "fuzzingserver", "--webport", "0", "-s", folder / "spec.json"], folder=folder,
    )


def verdicts(folder, agent):
    """By case: what the suite thinks of the behaviour, of the closing, and the code it was closed with."""
    report = json.loads((folder / "index.json").read_text())[agent]
    return {
        case: (entry["behavior"], entry["behaviorClose"], entry["remoteCloseCode"]) for case, entry in report.items()
    }


if __name__ == "__main__":
    print("==> " + install()[1])
