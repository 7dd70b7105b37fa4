"""A visitor without a browser, and many of them at once."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

PASSWORD = "a good long one"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One visitor with cookies, who opens a connection for each request.

    :param source: the address of this machine that it comes from.
    """

    def __init__(self, url: str, source: str = "127.0.0.1") -> None:
        self.address = urlsplit(url).netloc
        self.source = source
        self.cookie = ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request. ``_`` in names of headers stands for ``-``."""
        connection = http.client.HTTPConnection(
            self.address, timeout=60, source_address=(self.source, 0)
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["Cookie"] = self.cookie
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookie = line.partition(";")[0]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        """Read a page."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: dict[str, str], page: str = "") -> Answer:
        """Send a form, with the token of the page it is on."""
        shown = self.get(page or path).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', shown)[-1]
        body = urlencode({"csrf_token": token, **form}).encode()
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, body, Content_Type=kind)

    def sign_up(self, name: str) -> None:
        """Make an account."""
        form = {"username": name, "password": PASSWORD, "repeat": PASSWORD}
        answer = self.post("/auth/register", form)
        assert answer.status == 302, answer.text

    def log_in(self, name: str) -> None:
        """Start a session."""
        answer = self.post("/auth/login", {"username": name, "password": PASSWORD})
        assert answer.status == 302, answer.text

    def write(self, title: str, text: str = "") -> str:
        """Write a note; its path."""
        answer = self.post("/notes/new", {"title": title, "body": text})
        assert answer.status == 302, answer.text
        return answer.headers["Location"]

    def make_token(self) -> str:
        """Make an API token."""
        page = self.post("/account/tokens", {"name": "a script"}, "/account/").text
        return re.findall(r'class="token">([\w-]+)<', page)[0]

    @property
    def knows_me(self) -> bool:
        """Whether the session is good."""
        return self.get("/account/").status == 200
