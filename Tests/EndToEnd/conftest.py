import pytest

from support.backend import Backend, seeded_database
from support.gateway import Gateways
from support.process import Process
from support.upstream import Upstream


def pytest_addoption(parser):
    parser.addoption("--soak", action="store_true", help="also run the tests that take minutes")


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: takes minutes; runs only with --soak")


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tollgate")


@pytest.fixture(scope="session")
def backends(session_folder):
    """Real backends by server, identity and further environment, started when first asked for."""
    database, running = seeded_database(session_folder), {}

    def backend(server, identity="jwt", **environment):
        key = server, identity, *sorted(environment.items())
        if key not in running:
            running[key] = Backend(server, identity, session_folder, database, environment=environment).wait_until_ready()
        return running[key]

    yield backend
    for process in running.values():
        process.stop_whatever_it_says()


@pytest.fixture
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()
    assert upstream.failures == []


@pytest.fixture
def gateways(tmp_path):
    """Gateways for one test."""
    gateways = Gateways(tmp_path)
    yield gateways
    gateways.stop_all()


@pytest.fixture(scope="module")
def module_gateways(tmp_path_factory):
    """Gateways that the tests of one file share."""
    gateways = Gateways(tmp_path_factory.mktemp("gateways"))
    yield gateways
    gateways.stop_all()


@pytest.fixture(scope="module")
def module_upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()
    assert upstream.failures == []


def pytest_collection_modifyitems(config, items):
    # Last, because it looks at what everything before has logged.
    items.sort(key=lambda item: "test_secrets" in item.nodeid)
    if not config.getoption("--soak"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="takes minutes; runs with --soak"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows the ends of the logs of the processes that still run."""
    report = (yield).get_result()
    if report.failed:
        for process in Process.everyone:
            if process.is_running or process.name == "tollgate":
                mark = getattr(item, "_marks", {}).get(process.pid, 0)
                if process.lines[mark:]:
                    report.sections.append((f"{process.name} {process.pid}", process.tail(12)))


def pytest_runtest_setup(item):
    item._marks = {process.pid: process.mark() for process in Process.everyone}
