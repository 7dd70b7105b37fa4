"""Checks of what people send, shared by the pages and the JSON API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Field, MultipleFileField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, EqualTo, Length, Regexp, StopValidation

TITLE_MAX = 120
BODY_MAX = 20_000
PASSWORD_MIN = 10
PASSWORD_MAX = 200

_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def tidy(value: str | None) -> str:
    """A text without blanks around it, and with plain line ends."""
    return (value or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def storable(form: FlaskForm, field: Field) -> None:
    """Refuse what no database keeps. The form is shown again without it."""
    if _UNWANTED.search(field.data):
        field.data = _UNWANTED.sub("", field.data)
        raise StopValidation(f"{field.label.text} holds characters that cannot be stored.")


def single_line(form: FlaskForm, field: Field) -> None:
    """Refuse line breaks."""
    if "\n" in field.data:
        raise StopValidation(f"{field.label.text} must be a single line.")


def _at_most(most: int) -> Length:
    return Length(max=most, message=f"Use at most {most:,} characters.")


class NoteForm(FlaskForm):
    """A note: a title, a text that may be empty, and files."""

    title = StringField(
        "Title",
        filters=[tidy],
        validators=[
            DataRequired("Give the note a title."),
            storable,
            single_line,
            _at_most(TITLE_MAX),
        ],
    )
    body = TextAreaField("Text", filters=[tidy], validators=[storable, _at_most(BODY_MAX)])
    files = MultipleFileField("Add files")

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoteForm:
        """The same checks for a JSON object. The API sees to the form token itself."""
        texts = {name: data.get(name, "") for name in ("title", "body")}
        wrong = [name for name, value in texts.items() if not isinstance(value, str)]
        form = cls(MultiDict({**texts, **dict.fromkeys(wrong, "")}), meta={"csrf": False})
        form.validate()
        for name in wrong:
            form[name].errors = [f"{form[name].label.text} must be text."]
        return form


class LoginForm(FlaskForm):
    """Name and password of an account."""

    username = StringField("User name", filters=[tidy], validators=[DataRequired()])
    password = PasswordField("Password", validators=[DataRequired()])


class NewPassword(FlaskForm):
    """A password, typed twice."""

    password = PasswordField(
        "Password",
        validators=[
            Length(PASSWORD_MIN, PASSWORD_MAX, f"Use {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
        ],
    )
    repeat = PasswordField(
        "Password again", validators=[EqualTo("password", "The two passwords differ.")]
    )


class RegisterForm(NewPassword):
    """A new account."""

    username = StringField(
        "User name",
        filters=[tidy],
        validators=[
            Length(3, 32, "Use 3 to 32 characters."),
            Regexp(
                r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z",
                message="Use letters, digits, dots, dashes or underscores,"
                " and start with a letter or digit.",
            ),
        ],
    )


class PasswordForm(NewPassword):
    """A new password for an account that exists."""

    current = PasswordField("Current password", validators=[DataRequired()])


class TokenForm(FlaskForm):
    """A new API token: the name it is recognised by."""

    name = StringField(
        "Name of a new token",
        filters=[tidy],
        validators=[
            DataRequired("Give the token a name, such as the program that will use it."),
            storable,
            single_line,
            _at_most(40),
        ],
    )
