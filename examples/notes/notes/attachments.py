"""Files that belong to notes: rows in the database, contents in the upload folder."""

from __future__ import annotations

import re
import sqlite3
import uuid
from collections.abc import Iterable
from pathlib import Path

from werkzeug.datastructures import FileStorage

from fastflask import current_app

from .db import get_db

_NAME_MAX = 100
_UNWANTED = re.compile(r'[\x00-\x1f\x7f"<>|:*?]')


def display_name(filename: str) -> str:
    """The name a file is shown and downloaded under.

    It never becomes a path on this machine, so letters of every language may stay; folders and
    characters that trouble some file system go.

    :param filename: the name the browser sent.
    """
    name = re.split(r"[\\/]", filename)[-1]
    name = _UNWANTED.sub("", name).strip(" .")
    if len(name) > _NAME_MAX:
        stem, dot, ending = name.rpartition(".")
        keep = _NAME_MAX - len(ending) - 1
        name = f"{stem[:keep]}{dot}{ending}" if stem and keep > 0 else name[:_NAME_MAX]
    return name or "attachment"


def chosen(files: Iterable[FileStorage]) -> list[FileStorage]:
    """The uploads that hold a file: an empty file field is sent as a part without a name."""
    return [file for file in files if file.filename]


def add(note_id: int, files: Iterable[FileStorage]) -> None:
    """Store uploads and attach them to a note.

    :param note_id: a note of the current user.
    :param files: what :func:`chosen` returned.
    """
    db = get_db()
    written: list[Path] = []
    try:
        with db:
            for file in files:
                path = _path(uuid.uuid4().hex)
                path.parent.mkdir(parents=True, exist_ok=True)
                written.append(path)
                file.save(path)
                db.execute(
                    "INSERT INTO attachment (note_id, filename, stored_name, size)"
                    " VALUES (?, ?, ?, ?)",
                    (note_id, display_name(file.filename or ""), path.name, path.stat().st_size),
                )
    except BaseException:
        _unlink(written)
        raise


def of_note(note_id: int) -> list[sqlite3.Row]:
    """A note's attachments in the order they were added."""
    return (
        get_db()
        .execute("SELECT * FROM attachment WHERE note_id = ? ORDER BY id", (note_id,))
        .fetchall()
    )


def get(note_id: int, attachment_id: int) -> sqlite3.Row | None:
    """An attachment, if the note has it."""
    row: sqlite3.Row | None = (
        get_db()
        .execute("SELECT * FROM attachment WHERE note_id = ? AND id = ?", (note_id, attachment_id))
        .fetchone()
    )
    return row


def remove(attachment: sqlite3.Row) -> None:
    """Delete an attachment, row first: a file without a row harms less than the reverse."""
    db = get_db()
    with db:
        db.execute("DELETE FROM attachment WHERE id = ?", (attachment["id"],))
    remove_files([attachment])


def remove_files(attachments: Iterable[sqlite3.Row]) -> None:
    """Delete the files of attachments whose rows are gone."""
    _unlink(_path(attachment["stored_name"]) for attachment in attachments)


def _path(stored_name: str) -> Path:
    return Path(current_app.config["UPLOAD_FOLDER"]) / stored_name


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
