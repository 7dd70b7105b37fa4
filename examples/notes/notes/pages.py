"""The pages of notes: list and search, read, write, attach."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as BaseResponse

from . import files, store
from .extensions import db
from .forms import NoteForm
from .models import Note, StoredFile

bp = Blueprint("pages", __name__)


def _own_note(note_id: int) -> Note:
    note = store.get_note(current_user.id, note_id)
    return note if note is not None else abort(404)


def _own_file(note_id: int, file_id: int) -> StoredFile:
    note = _own_note(note_id)
    return next((file for file in note.files if file.id == file_id), None) or abort(404)


@bp.get("/")
def index() -> str:
    """The user's notes; for a visitor, what this place is."""
    if not current_user.is_authenticated:
        return render_template("welcome.html")
    query = request.args.get("q", "").strip()
    page = store.find_notes(
        current_user.id,
        query,
        request.args.get("page", 1, type=int),
        current_app.config["PER_PAGE"],
    )
    return render_template("notes/index.html", page=page, query=query)


@bp.get("/notes/<id:note_id>")
@login_required
def show(note_id: int) -> str:
    """One note with its attachments."""
    return render_template("notes/show.html", note=_own_note(note_id))


@bp.route("/notes/new", methods=["GET", "POST"])
@login_required
def create() -> str | BaseResponse | tuple[str, int]:
    """Write a new note."""
    return _write(None, "The note is saved.")


@bp.route("/notes/<id:note_id>/edit", methods=["GET", "POST"])
@login_required
def edit(note_id: int) -> str | BaseResponse | tuple[str, int]:
    """Change a note and add files to it."""
    return _write(_own_note(note_id), "The changes are saved.")


def _write(note: Note | None, saved: str) -> str | BaseResponse | tuple[str, int]:
    form = NoteForm(obj=note, files=None)
    if not form.validate_on_submit():
        page = render_template("notes/edit.html", note=note, form=form)
        return page, 422 if form.is_submitted() else 200
    note = note or store.new_note(current_user.id)
    store.fill(note, form.title.data, form.body.data)
    files.attach(note, request.files.getlist("files"))
    db.session.commit()
    flash(saved, "success")
    return redirect(url_for("pages.show", note_id=note.id))


@bp.post("/notes/<id:note_id>/delete")
@login_required
def delete(note_id: int) -> BaseResponse:
    """Delete a note and its files."""
    note = _own_note(note_id)
    db.session.delete(note)
    db.session.commit()
    flash(f"“{note.title}” is deleted.", "success")
    return redirect(url_for("pages.index"))


@bp.get("/notes/<id:note_id>/files/<id:file_id>")
@login_required
def download(note_id: int, file_id: int) -> Response:
    """A file of the user's own note."""
    return files.download(_own_file(note_id, file_id))


@bp.post("/notes/<id:note_id>/files/<id:file_id>/delete")
@login_required
def delete_file(note_id: int, file_id: int) -> BaseResponse:
    """Take a file off a note."""
    file = _own_file(note_id, file_id)
    db.session.delete(file)
    db.session.commit()
    flash(f"“{file.filename}” is removed.", "success")
    return redirect(url_for("pages.show", note_id=note_id))
