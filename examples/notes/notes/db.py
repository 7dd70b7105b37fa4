"""The SQLite database: one connection per application context, and the command that creates it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import click
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.routing import IntegerConverter

from fastflask import Flask, current_app, g


class RowId(IntegerConverter):
    """``<id:…>`` in a URL rule: a number that fits SQLite's 64 bits; others are no such page."""

    regex = r"[0-9]{1,18}"


def init_app(app: Flask) -> None:
    """Add ``<id:…>`` and the ``init-db`` command; close connections with their context."""
    app.url_map.converters["id"] = RowId
    app.teardown_appcontext(close_db)
    app.cli.command("init-db")(init_db_command)


def get_db() -> sqlite3.Connection:
    """The connection of the current context, opened on first use.

    :raises ServiceUnavailable: when the database has not been created.
    """
    if "db" not in g:
        path = Path(current_app.config["DATABASE"]).absolute()
        if not path.exists():
            raise ServiceUnavailable("There is no database yet. Run the init-db command first.")
        # mode=rw: a path that vanished is an error, never a new and empty database.
        db = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        # SQLite's own LIKE ignores case in ASCII only.
        db.create_function("casefold", 1, str.casefold, deterministic=True)
        g.db = db
    connection: sqlite3.Connection = g.db
    return connection


def close_db(error: BaseException | None = None) -> None:
    """Close the connection of the context that ends."""
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_db() -> bool:
    """Create the tables and the upload folder.

    :return: ``False`` when the tables were there already; nothing is changed then.
    """
    path = Path(current_app.config["DATABASE"])
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(current_app.config["UPLOAD_FOLDER"]).mkdir(parents=True, exist_ok=True)

    db = sqlite3.connect(path)
    try:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'user'").fetchone():
            return False
        # Readers (a long export, say) and a writer do not wait for each other in this mode.
        db.execute("PRAGMA journal_mode = WAL")
        with current_app.open_resource("schema.sql", "r") as schema:
            db.executescript(schema.read())
    finally:
        db.close()
    return True


def delete_everything() -> None:
    """Remove the database and all uploaded files."""
    close_db()
    for suffix in ("", "-wal", "-shm"):
        Path(current_app.config["DATABASE"] + suffix).unlink(missing_ok=True)
    shutil.rmtree(current_app.config["UPLOAD_FOLDER"], ignore_errors=True)


@click.option("--reset", is_flag=True, help="Delete all accounts, notes and files first.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
def init_db_command(reset: bool, yes: bool) -> None:
    """Create the database, unless it exists."""
    if reset:
        if not yes:
            click.confirm("Delete all accounts, notes and files?", abort=True)
        delete_everything()
    created = init_db()
    state = "Created" if created else "Found"
    click.echo(f"{state} the database {current_app.config['DATABASE']}")
