"""The database: how SQLite is set up, and how addresses name rows."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import event
from werkzeug.routing import IntegerConverter, Map

from .extensions import db


class RowId(IntegerConverter):
    """``<id:…>`` in a URL rule: a number that the column can hold; others are no such page."""

    regex = r"[0-9]{1,10}"

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**31 - 1)


def init_app(app: Flask) -> None:
    """Connect Flask-SQLAlchemy, and add ``<id:…>``."""
    app.url_map.converters["id"] = RowId
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)


def _prepare_sqlite(connection: Any, record: object) -> None:
    # In the second mode readers and a writer do not wait for each other.
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")
