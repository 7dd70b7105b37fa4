"""Chromium, driven as a person would use it: by what can be read on the page."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from needed import find
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless",
    # As root, and in containers, its own sandbox cannot be had.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    # It talks to nobody but us.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30


class Browser:
    """A window."""

    def __init__(self, driver: webdriver.Chrome, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads

    @classmethod
    @contextmanager
    def opened(
        cls, width: int = 1280, height: int = 900, mobile: bool = False
    ) -> Iterator[Browser]:
        """A new window without history or cookies."""
        with tempfile.TemporaryDirectory(prefix="notes-chromium-") as name:
            downloads = Path(name) / "downloads"
            downloads.mkdir()
            options = webdriver.ChromeOptions()
            options.binary_location = find("chromium") or ""
            for flag in (*FLAGS, f"--user-data-dir={name}/profile"):
                options.add_argument(flag)
            options.add_argument(f"--window-size={width},{height}")
            options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
            if mobile:
                metrics = {"width": width, "height": height, "pixelRatio": 2.0}
                options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
            service = webdriver.ChromeService(find("chromedriver"))
            driver = webdriver.Chrome(options, service)
            try:
                yield cls(driver, downloads)
            finally:
                driver.quit()

    def open(self, url: str) -> None:
        """Type an address."""
        self.driver.get(url)

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    def sees(self, text: str) -> None:
        """Wait until a text is on the page, and fail if it never is."""
        # The page may change while it is read.
        wait = WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: text in self.text, f"no {text!r} on {self.driver.current_url}")

    def click(self, text: str) -> None:
        """Click a link or button, known by its text or its label."""
        self._find(
            f"//a[normalize-space()='{text}'] | //button[normalize-space()='{text}']"
            f" | //summary[normalize-space()='{text}'] | //*[@aria-label='{text}']"
        ).click()

    def fill(self, **values: str) -> None:
        """Fill in fields, known by their labels with ``_`` for a blank."""
        for label, value in values.items():
            field = self.field(label.replace("_", " "))
            if field.get_attribute("type") != "file":
                field.clear()
            field.send_keys(value)

    def field(self, label: str) -> WebElement:
        """The field that a label belongs to."""
        found = self._find(f"//label[normalize-space()='{label}']")
        return self.driver.find_element(By.ID, found.get_attribute("for"))

    def picture(self, path: Path, whole: bool = True) -> None:
        """Take a picture of the page, all of it or what the window shows."""
        command = "Page.captureScreenshot"
        taken = self.driver.execute_cdp_cmd(command, {"captureBeyondViewport": whole})
        path.write_bytes(base64.b64decode(taken["data"]))

    def fits(self) -> None:
        """Fail if the page is wider than the window."""
        wide, window = self.driver.execute_script(
            "return [document.documentElement.scrollWidth, window.innerWidth]"
        )
        assert wide <= window, f"the page is {wide} wide, the window {window}: {self.driver.title}"

    def _find(self, path: str) -> WebElement:
        wait = WebDriverWait(self.driver, PATIENCE)
        return wait.until(lambda driver: driver.find_element(By.XPATH, path), path)
