"""A visitor with a browser, as the tests see one."""

from __future__ import annotations

import re
from typing import Any

from fastflask import Flask

PASSWORD = "a good long one"


class Visitor:
    """One browser: a client that fills in the form token, as the pages' hidden fields do."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **options: Any) -> Any:
        # Buffered: read to the end and closed, so that a download leaves no open file.
        return self.client.get(path, **{"buffered": True, **options})

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)

    @property
    def token(self) -> str:
        with self.client.session_transaction() as session:
            token: str = session.setdefault("csrf_token", "a form token")
            return token

    def register(self, username: str, password: str = PASSWORD) -> Any:
        form = {"username": username, "password": password, "repeat": password}
        return self.post("/auth/register", form)

    def log_in(self, username: str, password: str = PASSWORD, **options: Any) -> Any:
        form = {"username": username, "password": password}
        return self.post("/auth/login", form, **options)

    def write(self, title: str, body: str = "", **fields: Any) -> str:
        """Write a note and return its path."""
        response = self.post("/notes/new", {"title": title, "body": body, **fields})
        assert response.status_code == 302, response.text
        path: str = response.location
        return path

    def make_token(self) -> str:
        """Make an API token."""
        response = self.post("/account/tokens", {"name": "a script"})
        assert response.status_code == 201
        [token] = re.findall(r'class="token">([\w-]+)<', response.text)
        return str(token)
