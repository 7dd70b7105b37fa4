"""The tables. Rows that belong to another one go when it goes: the database sees to that."""

from __future__ import annotations

import enum
from datetime import datetime, timezone
from typing import Any

from flask_login import UserMixin
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    func,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from .extensions import db


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware of UTC, also where the database keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Give a moment from SQLite the zone that it was stored in."""
        return value.replace(tzinfo=timezone.utc) if value and not value.tzinfo else value


def now() -> datetime:
    """This moment, to the second."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def _owner(table: str, **options: Any) -> Any:
    return mapped_column(ForeignKey(f"{table}.id", ondelete="CASCADE"), **options)


class User(UserMixin, db.Model):
    """An account."""

    # "user" is a word of SQL that PostgreSQL keeps for itself.
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(32))
    #: The name in lower case: two names that differ in case alone would be taken for each other.
    name_key: Mapped[str] = mapped_column(String(32), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    #: What sessions hold. A new value ends every session of this user.
    session_key: Mapped[str] = mapped_column(String(64), unique=True)
    is_admin: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    def get_id(self) -> str:
        """What Flask-Login keeps in the session to find this user again."""
        return self.session_key


class ApiToken(db.Model):
    """A program's way in. Only the digest is kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _owner("account", index=True)
    name: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class StoredFile(db.Model):
    """The name and size of a file that belongs to a note, or is the result of an export."""

    __table_args__ = (
        CheckConstraint("(note_id IS NULL) != (export_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int | None] = _owner("note", index=True)
    export_id: Mapped[int | None] = _owner("export", unique=True)
    filename: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(default=0)


class FilePart(db.Model):
    """A piece of a file's content."""

    file_id: Mapped[int] = _owner("stored_file", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Note(db.Model):
    """A title and a plain text."""

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _owner("account")
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    #: Title and text without case: databases differ in what they take for the same letter.
    search_text: Mapped[str] = mapped_column(Text, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    files: Mapped[list[StoredFile]] = relationship(
        order_by=StoredFile.id, cascade="all, delete-orphan", passive_deletes=True
    )
    file_count: Mapped[int] = column_property(
        select(func.count())
        .select_from(StoredFile)
        .where(StoredFile.note_id == id)
        .correlate_except(StoredFile)
        .scalar_subquery(),
        deferred=True,
    )


Index("ix_note_newest", Note.user_id, Note.updated_at.desc(), Note.id.desc())


class ExportState(str, enum.Enum):
    """How far an export has come. The database keeps the text."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


class Export(db.Model):
    """Everything of a user in one file, written by a background job."""

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = _owner("account", index=True)
    state: Mapped[ExportState] = mapped_column(String(16), default=ExportState.WAITING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    file: Mapped[StoredFile | None] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
