"""The pages of notes: list and search, read, write, attach, export."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import date

from werkzeug.wrappers import Response as BaseResponse

from fastflask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    send_from_directory,
    stream_with_context,
    url_for,
)

from . import attachments, store
from .formats import csv_cell
from .forms import Form, note_form
from .security import login_required

bp = Blueprint("pages", __name__)

_COLUMNS = ("id", "title", "body", "created_at", "updated_at", "attachments")
_EXPORT_ROWS = 100


def _own_note(note_id: int) -> sqlite3.Row:
    note = store.get_note(g.user["id"], note_id)
    if note is None:
        abort(404)
    return note


@bp.get("/")
def index() -> str:
    """The user's notes; for a visitor, what this place is."""
    if g.user is None:
        return render_template("welcome.html")
    query = request.args.get("q", "").strip()
    page = store.find_notes(
        g.user["id"],
        query,
        request.args.get("page", 1, type=int),
        current_app.config["PER_PAGE"],
    )
    return render_template("notes/index.html", page=page, query=query)


@bp.get("/notes/<id:note_id>")
@login_required
def show(note_id: int) -> str:
    """One note with its attachments."""
    note = _own_note(note_id)
    return render_template("notes/show.html", note=note, files=attachments.of_note(note_id))


@bp.route("/notes/new", methods=["GET", "POST"])
@login_required
def create() -> str | BaseResponse | tuple[str, int]:
    """Write a new note."""
    if request.method == "GET":
        return render_template("notes/edit.html", note=None, form=Form())
    form = note_form(request.form)
    if not form.valid:
        return render_template("notes/edit.html", note=None, form=form), 422
    note_id = store.create_note(g.user["id"], form.values["title"], form.values["body"])
    attachments.add(note_id, attachments.chosen(request.files.getlist("files")))
    flash("The note is saved.", "success")
    return redirect(url_for("pages.show", note_id=note_id))


@bp.route("/notes/<id:note_id>/edit", methods=["GET", "POST"])
@login_required
def edit(note_id: int) -> str | BaseResponse | tuple[str, int]:
    """Change a note and add files to it."""
    note = _own_note(note_id)
    if request.method == "GET":
        form = Form({"title": note["title"], "body": note["body"]})
        return render_template("notes/edit.html", note=note, form=form)
    form = note_form(request.form)
    if not form.valid:
        return render_template("notes/edit.html", note=note, form=form), 422
    store.update_note(note_id, form.values["title"], form.values["body"])
    attachments.add(note_id, attachments.chosen(request.files.getlist("files")))
    flash("The changes are saved.", "success")
    return redirect(url_for("pages.show", note_id=note_id))


@bp.post("/notes/<id:note_id>/delete")
@login_required
def delete(note_id: int) -> BaseResponse:
    """Delete a note and its files."""
    note = _own_note(note_id)
    files = attachments.of_note(note_id)
    store.delete_note(note_id)
    attachments.remove_files(files)
    flash(f"“{note['title']}” is deleted.", "success")
    return redirect(url_for("pages.index"))


@bp.get("/notes/<id:note_id>/files/<id:file_id>")
@login_required
def download(note_id: int, file_id: int) -> Response:
    """A file of the user's own note, always as a download: it is not a page of this site."""
    _own_note(note_id)
    file = attachments.get(note_id, file_id)
    if file is None:
        abort(404)
    return send_from_directory(
        current_app.config["UPLOAD_FOLDER"],
        file["stored_name"],
        as_attachment=True,
        download_name=file["filename"],
    )


@bp.post("/notes/<id:note_id>/files/<id:file_id>/delete")
@login_required
def delete_file(note_id: int, file_id: int) -> BaseResponse:
    """Take a file off a note."""
    _own_note(note_id)
    file = attachments.get(note_id, file_id)
    if file is None:
        abort(404)
    attachments.remove(file)
    flash(f"“{file['filename']}” is removed.", "success")
    return redirect(url_for("pages.show", note_id=note_id))


@bp.get("/export.csv")
@login_required
def export() -> Response:
    """All notes as CSV, sent while they are read: thousands take no more memory than a few."""
    name = f"notes-{date.today().isoformat()}.csv"
    response = Response(stream_with_context(_csv_chunks(g.user["id"])), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _csv_chunks(user_id: int) -> Iterator[str]:
    # The query belongs in here: the view's connection is closed before the first chunk is sent,
    # and this generator's own closes with it.
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    # Without this mark some spreadsheets read UTF-8 as an 8-bit character set.
    buffer.write("\ufeff")
    writer.writerow(_COLUMNS)
    for count, note in enumerate(store.every_note(user_id), 1):
        writer.writerow([csv_cell(note[column]) for column in _COLUMNS])
        if count % _EXPORT_ROWS == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
