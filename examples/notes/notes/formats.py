"""How values look to a reader: dates on a page, cells in a spreadsheet."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

# A spreadsheet may run a cell that starts with one of these as a formula; the last four are
# the full-width forms that some programs treat alike.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def nice_date(moment: datetime) -> str:
    """A moment as a person writes a day."""
    return f"{moment.day} {moment:%B %Y}"


def size_limit() -> str:
    """How large a request may be, as a person reads it."""
    most: int | None = current_app.config["MAX_CONTENT_LENGTH"]
    return "what the server takes" if most is None else f"{round(most / 1024**2, 1):g} MB"


def csv_cell(value: object) -> str:
    """The text of one CSV cell that no spreadsheet will take for a formula.

    :param value: anything with a text form.
    """
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
