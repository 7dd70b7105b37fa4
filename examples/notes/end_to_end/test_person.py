"""What a person does in a browser, on a desktop and on a phone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from application import Place, Site, serving, working
from browser import Browser
from processes import wait_until

PASSWORD = "a good long one"


@contextmanager
def site_with_worker(place: Place, server: str) -> Iterator[Site]:
    """The site, and the worker that does its jobs where there is Redis."""
    with ExitStack() as stack:
        if place.services:
            stack.enter_context(working(place))
        yield stack.enter_context(serving(place, server))


def sign_up(browser: Browser, url: str, name: str = "anna") -> None:
    browser.open(url)
    browser.click("Create an account")
    browser.fill(User_name=name, Password=PASSWORD, Password_again=PASSWORD)
    browser.click("Create account")
    browser.sees(f"Welcome, {name}. Write your first note.")


def write(browser: Browser, title: str, text: str = "", file: Path | None = None) -> None:
    browser.click("New note")
    browser.fill(Title=title, Text=text)
    if file:
        browser.fill(Add_files=str(file))
    browser.click("Save")
    browser.sees("The note is saved.")


def test_from_signing_up_to_logging_out(
    place: Place, browser: Browser, screenshots: Path, tmp_path: Path
) -> None:
    file = tmp_path / "receipt, März.txt"
    file.write_text("12 rolls\n" * 50_000)

    def look(name: str) -> None:
        browser.fits()
        browser.picture(screenshots / f"desktop-{name}.png")

    with site_with_worker(place, "gunicorn-gthread") as site:
        browser.open(site.url)
        look("welcome")
        browser.click("Create an account")
        browser.fill(User_name="anna", Password=PASSWORD, Password_again="another long one")
        browser.click("Create account")
        browser.sees("The two passwords differ.")
        look("register")
        sign_up(browser, site.url)
        look("empty")

        browser.open(site.url)
        assert "Write your first note." not in browser.text.partition("Your notes")[0]
        write(browser, "Groceries", "Milk\nBread\nhttps://example.test/offers", file)
        browser.sees("receipt, März.txt")
        look("note")
        for number in range(14):
            browser.open(site.url)
            write(browser, f"Idea {number}", "A thought from the train. " * (number + 1))
        browser.click("← All notes")
        browser.sees("Page 1 of 2")
        look("list")
        browser.click("Older")
        browser.sees("Page 2 of 2")
        browser.sees("Groceries")

        browser.driver.find_element("id", "q").send_keys("BREAD")
        browser.click("Search")
        browser.sees("1 note found for “BREAD”")
        look("search")
        browser.click("Groceries")
        browser.click("Edit")
        look("edit")
        browser.fill(Title="Groceries for Sunday")
        browser.click("Save")
        browser.sees("The changes are saved.")
        browser.click("receipt, März.txt")
        saved = browser.downloads / file.name
        wait_until(saved.exists, "the file")
        assert saved.read_bytes() == file.read_bytes()

        browser.open(f"{site.url}/exports/")
        browser.click("Export all notes")
        browser.sees(".csv")
        look("exports")
        [link] = browser.driver.find_elements("partial link text", ".csv")
        name = link.text
        link.click()
        saved = browser.downloads / name
        wait_until(saved.exists, "the export")
        rows = list(csv.DictReader(io.StringIO(saved.read_text("utf-8-sig"))))
        assert len(rows) == 15
        assert rows[0]["title"] == "Groceries for Sunday"

        browser.click("anna")
        browser.fill(Name_of_a_new_token="a script")
        browser.click("Make a token")
        browser.sees("Copy your new token now.")
        look("account")

        place.run("flask --app notes make-admin anna")
        browser.open(f"{site.url}/admin/")
        browser.sees("Newest accounts")
        look("admin")
        browser.click("Requests now")
        browser.sees("/admin/activity" if place.on_fastflask else "Flask keeps no list")
        look(f"activity-on-{place.framework}")

        browser.open(f"{site.url}/notes/999999")
        browser.sees("Page not found")
        look("404")

        browser.click("Log out")
        browser.sees("You are logged out.")
        browser.open(f"{site.url}/account/")
        browser.sees("Log in to see that page.")
        browser.fill(User_name="anna", Password="not the right one")
        browser.driver.find_element("css selector", "form .button").click()
        browser.sees("User name and password do not match.")
        look("login-failed")
        browser.fill(User_name="anna", Password=PASSWORD)
        browser.driver.find_element("css selector", "form .button").click()
        browser.sees("Welcome back, anna.")
        browser.sees("Your account")


def test_on_a_phone(place: Place, phone: Browser, screenshots: Path, tmp_path: Path) -> None:
    file = tmp_path / f"{'a-very-long-name-' * 5}.txt"
    file.write_text("x")

    def look(name: str) -> None:
        phone.fits()
        phone.picture(screenshots / f"phone-{name}.png")

    with site_with_worker(place, "gunicorn-gthread") as site:
        phone.open(site.url)
        look("welcome")
        sign_up(phone, site.url, "a_name_with_thirty-two_characters"[:32])
        look("empty")
        title = "Donaudampfschifffahrtsgesellschaftskapitän" * 2
        write(phone, title, "Text\n" + "w" * 300, file)
        look("note")
        phone.click("Delete this note")
        look("delete")
        phone.click("← All notes")
        look("list")
        phone.click("New note")
        look("new")
        phone.open(f"{site.url}/exports/")
        phone.click("Export all notes")
        phone.sees(".csv")
        look("exports")
        phone.open(f"{site.url}/account/")
        look("account")
        phone.open(f"{site.url}/nowhere")
        look("404")
        place.run("flask --app notes make-admin a_name_with_thirty-two_character")
        phone.open(f"{site.url}/admin/")
        look("admin")
        phone.click("Requests now")
        look(f"activity-on-{place.framework}")
        phone.click("Log out")
        phone.sees("You are logged out.")
        phone.open(f"{site.url}/auth/login")
        look("login")
