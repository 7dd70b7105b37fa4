"""A view that fails: with the debugger while it is written, and without when it is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from application import Place, serving
from browser import Browser
from processes import wait_until
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support import expected_conditions as EC

# The database has no part in it.
pytestmark = pytest.mark.parametrize("kind", ["embedded"], indirect=True)

FAILING = "flask --app end_to_end.failing run --port {port}"


def test_debugger_and_its_console(place: Place, browser: Browser, screenshots: Path) -> None:
    debug = FAILING.replace("run", "--debug run")
    with serving(place, line=debug) as site:
        browser.open(f"{site.url}/fail")
        browser.sees("ZeroDivisionError")
        browser.sees("return str(answer // (answer - 42))")
        browser.picture(screenshots / f"desktop-debugger-on-{place.framework}.png")

        frame = browser.driver.find_elements("css selector", ".frame")[-1]
        icon = frame.find_element("css selector", "img[title^='Open an interactive']")
        browser.driver.execute_script("arguments[0].style.display = 'inline'", icon)
        browser.driver.execute_script("arguments[0].click()", icon)
        browser.sees("Console Locked")
        pin = re.findall(r"Debugger PIN: ([\d-]+)", site.log.read_text())[-1]
        browser.picture(screenshots / f"desktop-pin-on-{place.framework}.png", whole=False)
        entry = browser.driver.find_element("css selector", ".pin-prompt input[name=pin]")
        entry.send_keys("000-000-000" + Keys.ENTER)
        wait_until(lambda: EC.alert_is_present()(browser.driver), "the refusal")
        assert browser.driver.switch_to.alert.text == "Error: incorrect pin"
        browser.driver.switch_to.alert.accept()
        entry.clear()
        entry.send_keys(pin + Keys.ENTER)
        wait_until(lambda: not entry.is_displayed(), "the console")
        line = browser.driver.find_element("css selector", ".console input[type=text]")
        line.send_keys("answer + 1000" + Keys.ENTER)
        browser.sees("1042")
        browser.picture(screenshots / f"desktop-console-on-{place.framework}.png")


def test_failure_without_debugger(
    place: Place, browser: Browser, phone: Browser, screenshots: Path
) -> None:
    with serving(place, line=FAILING) as site:
        for window, name in ((browser, "desktop"), (phone, "phone")):
            window.open(f"{site.url}/fail")
            window.sees("Something went wrong")
            window.fits()
            assert "ZeroDivision" not in window.driver.page_source
            window.picture(screenshots / f"{name}-500.png")
        assert "ZeroDivisionError" in site.log.read_text()
