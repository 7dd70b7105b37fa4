"""A visitor with a browser, as the tests see one."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask

PASSWORD = "a good long one"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """One browser. It sends the form token of the last page that it saw, as a person's does."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self._token = ""

    def get(self, path: str, **options: Any) -> Any:
        # Buffered: read to the end and closed, so that a download leaves nothing open.
        response = self.client.get(path, **{"buffered": True, **options})
        if response.mimetype == "text/html":
            for token in _TOKEN.findall(response.text):
                self._token = token
        return response

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    @property
    def token(self) -> str:
        if not self._token:
            self.get("/auth/login", follow_redirects=True)
        return self._token

    def register(self, username: str, password: str = PASSWORD) -> Any:
        form = {"username": username, "password": password, "repeat": password}
        return self._new_session("/auth/register", form)

    def log_in(self, username: str, password: str = PASSWORD, **options: Any) -> Any:
        form = {"username": username, "password": password}
        return self._new_session("/auth/login", form, **options)

    def log_out(self) -> Any:
        return self._new_session("/auth/logout", {})

    def _new_session(self, path: str, form: dict[str, str], **options: Any) -> Any:
        response = self.post(path, form, **options)
        self._token = ""
        return response

    def write(self, title: str, body: str = "", **fields: Any) -> str:
        """Write a note and return its path."""
        response = self.post("/notes/new", {"title": title, "body": body, **fields})
        assert response.status_code == 302, response.text
        path: str = response.location
        return path

    def files(self, path: str) -> list[str]:
        """The paths of a note's files."""
        return re.findall(rf'href="({path}/files/\d+)"', self.get(path).text)

    def make_token(self) -> str:
        """Make an API token."""
        response = self.post("/account/tokens", {"name": "a script"})
        assert response.status_code == 201
        [token] = re.findall(r'class="token">([\w-]+)<', response.text)
        return str(token)
