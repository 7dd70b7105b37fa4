"""Notes in the database. Every query names the owner, so nobody reaches another's notes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from .db import get_db

_WITH_COUNT = (
    "SELECT note.*, (SELECT count(*) FROM attachment WHERE note_id = note.id) AS attachments"
    " FROM note"
)
_NEWEST_FIRST = "ORDER BY updated_at DESC, id DESC"


@dataclass(frozen=True)
class Page:
    """One page of a list, and where it stands."""

    items: list[sqlite3.Row]
    number: int
    pages: int
    total: int


def find_notes(user_id: int, query: str, number: int, per_page: int) -> Page:
    """One page of a user's notes, the latest change first.

    :param user_id: the owner.
    :param query: words that must all occur in title or text; empty for all notes.
    :param number: the page wanted; brought into range when there is no such page.
    :param per_page: notes on a page.
    """
    where = "WHERE user_id = ?"
    values: list[object] = [user_id]
    for word in query.casefold().split()[:8]:
        where += " AND instr(casefold(title || char(10) || body), ?)"
        values.append(word)

    db = get_db()
    total: int = db.execute(f"SELECT count(*) FROM note {where}", values).fetchone()[0]
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    items = db.execute(
        f"{_WITH_COUNT} {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?",
        (*values, per_page, (number - 1) * per_page),
    ).fetchall()
    return Page(items, number, pages, total)


def every_note(user_id: int) -> Iterator[sqlite3.Row]:
    """All notes of a user, read from the database as they are used."""
    return get_db().execute(f"{_WITH_COUNT} WHERE user_id = ? {_NEWEST_FIRST}", (user_id,))


def get_note(user_id: int, note_id: int) -> sqlite3.Row | None:
    """A note, if it exists and belongs to the user."""
    row: sqlite3.Row | None = (
        get_db()
        .execute("SELECT * FROM note WHERE user_id = ? AND id = ?", (user_id, note_id))
        .fetchone()
    )
    return row


def create_note(user_id: int, title: str, body: str) -> int:
    """Store a note and return its id."""
    db = get_db()
    with db:
        added = db.execute(
            "INSERT INTO note (user_id, title, body) VALUES (?, ?, ?)", (user_id, title, body)
        )
    assert added.lastrowid is not None
    return added.lastrowid


def update_note(note_id: int, title: str, body: str) -> None:
    """Change a note that :func:`get_note` has found."""
    db = get_db()
    with db:
        db.execute(
            "UPDATE note SET title = ?, body = ?,"
            " updated_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?",
            (title, body, note_id),
        )


def delete_note(note_id: int) -> None:
    """Delete a note that :func:`get_note` has found, and the rows of its attachments."""
    db = get_db()
    with db:
        db.execute("DELETE FROM note WHERE id = ?", (note_id,))
