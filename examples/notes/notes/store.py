"""Notes in the database. Every query names the owner, so nobody reaches another's notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import undefer

from .extensions import db
from .models import Note, now

_NEWEST_FIRST = (Note.updated_at.desc(), Note.id.desc())


@dataclass(frozen=True)
class Page:
    """One page of a list, and where it stands."""

    items: list[Note]
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
    wanted = _own(user_id)
    # No text holds a zero character, and PostgreSQL takes none.
    for word in query.replace("\0", " ").casefold().split()[:8]:
        wanted = wanted.where(Note.search_text.contains(word, autoescape=True))

    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-total // per_page))
    number = min(max(1, number), pages)
    items = db.session.scalars(
        wanted.options(undefer(Note.file_count))
        .order_by(*_NEWEST_FIRST)
        .limit(per_page)
        .offset((number - 1) * per_page)
    )
    return Page(list(items), number, pages, total)


def every_note(user_id: int) -> Iterator[Note]:
    """All notes of a user, read from the database as they are used."""
    notes = _own(user_id).options(undefer(Note.file_count)).order_by(*_NEWEST_FIRST)
    return iter(db.session.scalars(notes.execution_options(yield_per=100)))


def get_note(user_id: int, note_id: int) -> Note | None:
    """A note, if it exists and belongs to the user."""
    return db.session.scalar(_own(user_id).where(Note.id == note_id))


def new_note(user_id: int) -> Note:
    """A note that is stored with the current transaction."""
    note = Note(user_id=user_id, files=[])
    db.session.add(note)
    return note


def fill(note: Note, title: str, body: str) -> None:
    """Give a note its title and text."""
    note.title, note.body = title, body
    note.search_text = f"{title}\n{body}".casefold()
    note.updated_at = now()


def _own(user_id: int) -> Select[tuple[Note]]:
    return select(Note).where(Note.user_id == user_id)
