"""Files, kept in the database: a host that dies takes none along, and any host can serve all.

Contents are cut into parts, so that a large file takes no more memory than a small one, on its way
in and out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO
from urllib.parse import quote

from flask import Response, stream_with_context
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from .extensions import db
from .models import FilePart, Note, StoredFile

PART = 256 * 1024

_NAME_MAX = 100
_UNWANTED = re.compile(r'[\x00-\x1f\x7f"<>|:*?\ud800-\udfff]')


def display_name(filename: str) -> str:
    """The name a file is shown and downloaded under.

    Letters of every language may stay; folders and characters that trouble some file system go.

    :param filename: the name the browser sent.
    """
    name = re.split(r"[\\/]", filename)[-1]
    name = _UNWANTED.sub("", name).strip(" .")
    if len(name) > _NAME_MAX:
        stem, dot, ending = name.rpartition(".")
        keep = _NAME_MAX - len(ending) - 1
        name = f"{stem[:keep]}{dot}{ending}" if stem and keep > 0 else name[:_NAME_MAX]
    return name or "attachment"


def attach(note: Note, uploads: Iterable[FileStorage]) -> None:
    """Add uploads to a note, as part of the current transaction.

    :param uploads: from a form; an empty file field is sent as one without a name, and left out.
    """
    for upload in uploads:
        if upload.filename:
            file = StoredFile(filename=display_name(upload.filename))
            note.files.append(file)
            write(file, _pieces(upload.stream))


def write(file: StoredFile, pieces: Iterable[bytes]) -> None:
    """Store the content of a new file, as part of the current transaction."""
    db.session.add(file)
    db.session.flush()
    for number, content in enumerate(pieces):
        file.size += len(content)
        part = FilePart(file_id=file.id, number=number, content=content)
        db.session.add(part)
        db.session.flush()
        # The session would hold on to the content until the transaction ends.
        db.session.expunge(part)


def read(file_id: int) -> Iterator[bytes]:
    """The content, part by part."""
    number = 0
    part = select(FilePart.content).where(FilePart.file_id == file_id)
    while (content := db.session.scalar(part.where(FilePart.number == number))) is not None:
        yield content
        number += 1


def download(file: StoredFile, mimetype: str = "application/octet-stream") -> Response:
    """A response with the file, always to be saved: it is not a page of this site."""
    response = Response(stream_with_context(read(file.id)), mimetype=mimetype)
    response.content_length = file.size
    # Names outside of ASCII travel in a spelling of their own, which every browser knows.
    name = {"filename": file.filename} if file.filename.isascii() else {}
    name["filename*"] = f"UTF-8''{quote(file.filename, safe='')}"
    response.headers.set("Content-Disposition", "attachment", **name)
    return response


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(PART), b"")
