"""The JSON API: a token in the ``Authorization`` header, or the session of a logged-in browser."""

from __future__ import annotations

import sqlite3
from typing import Any

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from fastflask import Blueprint, Response, abort, current_app, g, jsonify, request, url_for

from . import attachments, store
from .forms import note_form

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.before_request
def require_user() -> None:
    """Refuse a request that belongs to nobody."""
    if g.user is None:
        raise Unauthorized(
            "Send a valid API token, or log in.",
            www_authenticate=WWWAuthenticate("bearer", {"realm": "notes"}),
        )


def _as_json(note: sqlite3.Row) -> dict[str, Any]:
    shown = ("id", "title", "body", "created_at", "updated_at")
    return {name: note[name] for name in shown} | {
        "url": url_for("api.get_note", note_id=note["id"], _external=True)
    }


@bp.get("/notes")
def list_notes() -> dict[str, Any]:
    """A page of notes; ``q`` searches, ``page`` moves on."""
    page = store.find_notes(
        g.user["id"],
        request.args.get("q", ""),
        request.args.get("page", 1, type=int),
        current_app.config["PER_PAGE"],
    )
    return {
        "notes": [_as_json(note) | {"attachments": note["attachments"]} for note in page.items],
        "page": page.number,
        "pages": page.pages,
        "total": page.total,
    }


@bp.post("/notes")
def create_note() -> Response | tuple[Response, int]:
    """Store a note: 201 with its address, 422 with what is wrong by field."""
    data = request.get_json()
    if not isinstance(data, dict):
        abort(400, "Send a JSON object with a title and a body.")
    form = note_form(data)
    if not form.valid:
        problem = {"code": 422, "message": "The note is not valid.", "fields": form.errors}
        return jsonify(error=problem), 422
    note_id = store.create_note(g.user["id"], form.values["title"], form.values["body"])
    response = get_note(note_id)
    response.status_code = 201
    response.location = url_for("api.get_note", note_id=note_id)
    return response


@bp.get("/notes/<id:note_id>")
def get_note(note_id: int) -> Response:
    """One note, with the names and sizes of its attachments."""
    note = store.get_note(g.user["id"], note_id)
    if note is None:
        abort(404)
    files = [
        {"id": file["id"], "filename": file["filename"], "size": file["size"]}
        for file in attachments.of_note(note_id)
    ]
    return jsonify(_as_json(note) | {"attachments": files})


@bp.delete("/notes/<id:note_id>")
def delete_note(note_id: int) -> tuple[str, int]:
    """Delete a note and its files."""
    if store.get_note(g.user["id"], note_id) is None:
        abort(404)
    files = attachments.of_note(note_id)
    store.delete_note(note_id)
    attachments.remove_files(files)
    return "", 204
