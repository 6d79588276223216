"""The demo in a real browser: two tabs, two people, and what happens to their sockets. Pictures go to artefacts/."""

import re

import pytest

from support import browser
from support.browser import Tab
from support.gateway import binary
from support.process import Process
from support.waiting import free_port

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM and browser.DRIVER), reason="there is no chromium and chromedriver (Debian: chromium-driver)"
)
OPEN = '#connection-state[data-state="open"]'


class Demo(Process):
    def __init__(self, lifetime, folder):
        arguments = [binary(), "demo", "--port", free_port(), "--access-lifetime", lifetime]
        super().__init__("demo", arguments, folder=folder)
        self.address = re.search(r"http://127\.0\.0\.1:\d+/", self.wait_for(r"http://127\.0\.0\.1:\d+/"))[0]


@pytest.fixture
def demo(tmp_path):
    running = []

    def start(lifetime):
        running.append(Demo(lifetime, tmp_path))
        return running[-1]

    yield start
    codes = []
    for process in running:
        try:
            codes.append(process.stop())
        finally:
            process.kill()
    assert set(codes) <= {0}


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    driver = browser.start(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.fixture
def tabs(chromium):
    """Opens tabs; closes all but one afterwards and looks for errors on the console."""
    opened = []

    def tab(address):
        opened.append(Tab(chromium, address, is_first=not opened))
        return opened[-1]

    yield tab
    for extra in opened[1:]:
        extra.front()
        chromium.close()
    opened[0].front()
    chromium.execute_script("sessionStorage.clear()")
    chromium.get("about:blank")
    # What the browser itself says about refused requests is no error of the page.
    severe = [entry["message"] for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in severe if "Failed to load resource" not in message and "WebSocket" not in message] == []


def logged_in(tab, name):
    tab.click(f'[data-testid="user-{name}"]')
    return tab


def say(tab, text):
    tab.wait_for(OPEN)
    tab.find("#message-input").send_keys(text)
    tab.click("#send-button")


def test_two_people_talk(demo, tabs):
    address = demo(600).address
    alice = tabs(address).picture("1-login")
    say(logged_in(alice, "alice"), "Hello bob, is this thing on?")
    bob = logged_in(tabs(address), "bob")
    bob.wait_for(OPEN)
    for tab in [alice, bob]:
        tab.wait_until(lambda tab: tab.find("#online-count").text == "2", "two people online")
    assert alice.wait_for('#message-list > [data-testid="presence"]').text == "bob joined"
    bob.wait_until(lambda tab: "Hello bob, is this thing on?" in tab.texts('[data-testid="message-text"]'), "alice's message")
    say(bob, "It is 🙂")
    alice.wait_until(lambda tab: "It is 🙂" in tab.texts('[data-testid="message-text"]'), "bob's answer")
    alice.picture("2-alice-talks")
    bob.picture("3-bob-talks")
    assert bob.find('#message-list > [data-testid="message"]').get_attribute("data-user") == "1"
    bob.click("#logout-button")
    alice.wait_until(lambda tab: tab.find("#online-count").text == "1", "bob to be gone")


def test_socket_ends_with_its_token_and_returns_with_a_new_one(demo, tabs):
    address = demo(5).address
    alice = logged_in(tabs(address), "alice")
    alice.wait_for(OPEN)
    alice.find("#auto-refresh").click()
    alice.picture("4-before-expiry")
    state = alice.wait_for('#connection-state[data-state="expired"]')
    assert state.get_attribute("data-close-code") == "4001"
    alice.wait_for('#notice[data-kind="expired"]')
    assert alice.find_all('#event-log > [data-testid="event"][data-code="4001"]')
    alice.picture("5-expired-4001")
    alice.click("#notice-action").wait_for(OPEN)
    say(alice, "back again")
    alice.wait_until(lambda tab: "back again" in tab.texts('[data-testid="message-text"]'), "the message after the return")
    alice.picture("6-refreshed")


def test_page_refreshes_by_itself(demo, tabs):
    alice = logged_in(tabs(demo(3).address), "alice")
    for _ in range(2):
        alice.wait_for('#event-log > [data-testid="event"][data-code="4001"]')
        alice.wait_for(OPEN)
        alice.find("#clear-log").click()


def test_outsider_sees_4003(demo, tabs):
    mallory = logged_in(tabs(demo(600).address), "mallory")
    mallory.click('[data-testid="room"][data-room-id="1"]')
    state = mallory.wait_for('#connection-state[data-state="refused"]')
    assert state.get_attribute("data-close-code") == "4003"
    mallory.wait_for('#empty-state[data-kind="refused"]')
    mallory.picture("7-outsider-4003")


def test_forgery_from_a_page_does_not_get_through(demo, tabs):
    bob = logged_in(tabs(demo(600).address), "bob")
    bob.wait_for(OPEN)
    assert bob.wait_for('#identity-panel [data-header="X-User-Id"]').text.strip().endswith("2")
    bob.click("#forge-button")
    result = bob.wait_for("#forge-result[data-verdict]")
    assert result.get_attribute("data-verdict") == "protected"
    bob.picture("8-forgery-refused")


def test_page_is_told_when_the_gateway_stops(demo, tabs):
    process = demo(600)
    alice = logged_in(tabs(process.address), "alice")
    alice.wait_for(OPEN)
    process.send(15)
    alice.wait_for('#connection-state[data-state="waiting"]')
    codes = [event.get_attribute("data-code") for event in alice.find_all('[data-testid="event"][data-code]')]
    assert codes[0] in ("1001", "1012")
    alice.picture("9-gateway-stopped")
    assert process.wait() == 0


def test_page_fits_a_phone(demo, tabs, chromium):
    alice = tabs(demo(600).address)
    chromium.set_window_size(390, 844)
    try:
        logged_in(alice, "alice").wait_for(OPEN)
        say(alice, "from a phone")
        alice.wait_until(lambda tab: "from a phone" in tab.texts('[data-testid="message-text"]'), "the message")
        for view in ["rooms", "chat", "gateway"]:
            alice.click(f'[data-testid="view-{view}"]').picture(f"10-phone-{view}")
            wide = chromium.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, "the page scrolls sideways"
    finally:
        chromium.set_window_size(1280, 860)
