"""Checks of what people send, shared by the pages and the JSON API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TITLE_MAX = 120
BODY_MAX = 20_000
PASSWORD_MIN = 10
PASSWORD_MAX = 200

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{2,31}")
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass
class Form:
    """Cleaned values and, by field name, what is wrong with them."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether every check passed."""
        return not self.errors

    def text(self, data: Mapping[str, Any], name: str, *, label: str, most: int) -> str:
        """Take one text field: trimmed, with plain line ends, not longer than allowed.

        :param data: the submitted form or JSON object.
        :param name: the key in it, and in ``values`` and ``errors``.
        :param label: how the message calls the field.
        :param most: the greatest length in characters.
        """
        value = data.get(name, "")
        if not isinstance(value, str):
            self.errors[name] = f"{label} must be text."
            value = ""
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        if _UNWANTED.search(value):
            self.errors[name] = f"{label} holds characters that cannot be stored."
            value = _UNWANTED.sub("", value)
        elif len(value) > most:
            self.errors[name] = f"{label} must have at most {most:,} characters."
        self.values[name] = value
        return value


def note_form(data: Mapping[str, Any]) -> Form:
    """A note: a title, and a body that may be empty."""
    form = Form()
    title = form.text(data, "title", label="The title", most=TITLE_MAX)
    form.text(data, "body", label="The text", most=BODY_MAX)
    if "title" not in form.errors:
        if not title:
            form.errors["title"] = "Give the note a title."
        elif "\n" in title:
            form.errors["title"] = "The title must be a single line."
    return form


def account_form(data: Mapping[str, Any]) -> Form:
    """A new account. The password is checked, and left out of the values to show again."""
    form = Form()
    username = form.text(data, "username", label="The user name", most=32)
    if "username" not in form.errors and not _USERNAME.fullmatch(username):
        form.errors["username"] = (
            "Use 3 to 32 letters, digits, dots, dashes or underscores,"
            " and start with a letter or digit."
        )
    _check_password(form, data)
    return form


def password_form(data: Mapping[str, Any]) -> Form:
    """A new password for an account that exists."""
    form = Form()
    _check_password(form, data)
    return form


def token_form(data: Mapping[str, Any]) -> Form:
    """A new API token: the name it is recognised by."""
    form = Form()
    name = form.text(data, "name", label="The name", most=40)
    if "name" not in form.errors and not name:
        form.errors["name"] = "Give the token a name, such as the program that will use it."
    return form


def _check_password(form: Form, data: Mapping[str, Any]) -> None:
    password = data.get("password", "")
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        form.errors["password"] = f"Use {PASSWORD_MIN} to {PASSWORD_MAX} characters."
    elif password != data.get("repeat", ""):
        form.errors["repeat"] = "The two passwords differ."
