"""Headless Chromium, as Debian's `chromium` and `chromium-driver` install it."""

import shutil

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from support.gateway import ROOT
from support.waiting import PATIENCE

ARTEFACTS = ROOT / "artefacts"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def start(folder):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in [
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
        "--disable-backgrounding-occluded-windows", "--no-proxy-server", "--window-size=1280,860", f"--user-data-dir={folder}",
    ]:  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))


class Tab:
    """One tab of the browser; every use brings it to the front."""

    def __init__(self, driver, address, is_first):
        self.driver = driver
        if not is_first:
            driver.switch_to.new_window("tab")
        self.handle = driver.current_window_handle
        driver.get(address)

    def front(self):
        self.driver.switch_to.window(self.handle)
        return self

    def find(self, selector):
        self.front()
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        self.front()
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait_for(self, selector, patience=PATIENCE):
        """The first visible element that matches."""
        self.front()

        def visible(driver):
            return next((e for e in driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), None)

        return WebDriverWait(self.driver, patience, 0.05, ignored_exceptions=[Exception]).until(
            visible, f"{selector} never came"
        )

    def wait_until(self, condition, what, patience=PATIENCE):
        self.front()
        return WebDriverWait(self.driver, patience, 0.05, ignored_exceptions=[Exception]).until(
            lambda driver: condition(self), what
        )

    def click(self, selector):
        self.wait_for(selector).click()
        return self

    def texts(self, selector):
        return [element.text for element in self.find_all(selector)]

    def picture(self, name):
        self.front()
        ARTEFACTS.mkdir(exist_ok=True)
        self.driver.save_screenshot(str(ARTEFACTS / f"{name}.png"))
        return self
