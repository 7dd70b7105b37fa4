"""The JSON API: a token in the ``Authorization`` header, or the session of a logged-in browser."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request, url_for
from flask_login import current_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from . import store
from .extensions import csrf, db
from .forms import NoteForm
from .models import Note
from .security import sent_token

bp = Blueprint("api", __name__, url_prefix="/api")
csrf.exempt(bp)


@bp.before_request
def require_user() -> None:
    """Refuse a request that belongs to nobody, or was sent by another site with our cookie."""
    if not current_user.is_authenticated:
        raise Unauthorized(
            "Send a valid API token, or log in.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "notes"}),
        )
    # A token is not sent by a browser on its own; a cookie is.
    if not sent_token() and request.method in current_app.config["WTF_CSRF_METHODS"]:
        csrf.protect()


@bp.get("/notes")
def list_notes() -> dict[str, Any]:
    """A page of notes; ``q`` searches, ``page`` moves on."""
    page = store.find_notes(
        current_user.id,
        request.args.get("q", ""),
        request.args.get("page", 1, type=int),
        current_app.config["PER_PAGE"],
    )
    return {
        "notes": [_as_json(note) | {"attachments": note.file_count} for note in page.items],
        "page": page.number,
        "pages": page.pages,
        "total": page.total,
    }


@bp.post("/notes")
def create_note() -> Response:
    """Store a note: 201 with its address, 422 with what is wrong by field."""
    response = _write(None)
    if response.status_code == 200:
        response.status_code = 201
        response.location = url_for("api.get_note", note_id=response.json["id"])
    return response


@bp.get("/notes/<id:note_id>")
def get_note(note_id: int) -> Response:
    """One note, with the names and sizes of its attachments."""
    return _one(_own_note(note_id))


@bp.put("/notes/<id:note_id>")
def update_note(note_id: int) -> Response:
    """Change title and text of a note; its files stay."""
    return _write(_own_note(note_id))


@bp.delete("/notes/<id:note_id>")
def delete_note(note_id: int) -> tuple[str, int]:
    """Delete a note and its files."""
    db.session.delete(_own_note(note_id))
    db.session.commit()
    return "", 204


def _write(note: Note | None) -> Response:
    data = request.get_json()
    if not isinstance(data, dict):
        abort(400, "Send a JSON object with a title and a body.")
    form = NoteForm.from_json(data)
    if form.errors:
        fields = {name: messages[0] for name, messages in form.errors.items()}
        problem = {"code": 422, "message": "The note is not valid.", "fields": fields}
        response = jsonify(error=problem)
        response.status_code = 422
        return response
    note = note or store.new_note(current_user.id)
    store.fill(note, form.title.data, form.body.data)
    db.session.commit()
    return _one(note)


def _own_note(note_id: int) -> Note:
    note = store.get_note(current_user.id, note_id)
    return note if note is not None else abort(404)


def _one(note: Note) -> Response:
    files = [{"id": file.id, "filename": file.filename, "size": file.size} for file in note.files]
    return jsonify(_as_json(note) | {"attachments": files})


def _as_json(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "title": note.title,
        "body": note.body,
        "created_at": f"{note.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "updated_at": f"{note.updated_at:%Y-%m-%dT%H:%M:%SZ}",
        "url": url_for("api.get_note", note_id=note.id, _external=True),
    }
