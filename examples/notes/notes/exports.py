"""Everything of a user as CSV: asked for on a page, written by a job, fetched when it is ready."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

from celery import shared_task
from flask import Blueprint, Response, abort, current_app, redirect, render_template, url_for
from flask_login import current_user, login_required
from kombu.exceptions import OperationalError
from sqlalchemy import Select, delete, select, update
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as BaseResponse

from . import files, store
from .extensions import db
from .formats import csv_cell
from .models import Export, ExportState, StoredFile, now

bp = Blueprint("exports", __name__, url_prefix="/exports")

_COLUMNS = ("id", "title", "body", "created_at", "updated_at", "attachments")
_KEPT = 3


@bp.get("/")
@login_required
def index() -> str:
    """The latest exports. While one is being written, the page looks again by itself."""
    exports = list(db.session.scalars(_own().limit(_KEPT)))
    waiting = any(export.state == ExportState.WAITING for export in exports)
    return render_template("exports.html", exports=exports, waiting=waiting)


@bp.post("/")
@login_required
def create() -> BaseResponse:
    """Have a new export written, unless one is being written."""
    # One that waits for longer may have been lost with the queue.
    recent = now() - timedelta(seconds=current_app.config["JOB_PATIENCE"])
    waiting = _own().where(Export.state == ExportState.WAITING, Export.created_at > recent)
    if db.session.scalar(waiting.limit(1)) is not None:
        return redirect(url_for("exports.index"))
    export = Export(user_id=current_user.id)
    db.session.add(export)
    db.session.commit()
    try:
        write_export.delay(export.id)
    except OperationalError as error:
        export.state = ExportState.FAILED
        db.session.commit()
        raise ServiceUnavailable("Exports cannot be made now. Please try later.") from error
    return redirect(url_for("exports.index"))


@bp.get("/<id:export_id>.csv")
@login_required
def download(export_id: int) -> Response:
    """An export that is ready."""
    export = db.session.scalar(_own().where(Export.id == export_id))
    if export is None or export.file is None:
        abort(404)
    return files.download(export.file, "text/csv")


@shared_task
def write_export(export_id: int) -> None:
    """Write an export, and let go of older ones. Doing it twice does no harm.

    :param export_id: one that waits; any other is left as it is.
    """
    export = db.session.get(Export, export_id)
    if export is None or export.state != ExportState.WAITING:
        return
    try:
        file = StoredFile(filename=f"notes-{export.created_at:%Y-%m-%d}.csv")
        export.file = file
        files.write(file, csv_pieces(export.user_id))
        export.state = ExportState.READY
        newest = select(Export.id).where(Export.user_id == export.user_id)
        newest = newest.order_by(Export.id.desc()).limit(_KEPT)
        kept = list(db.session.scalars(newest))
        db.session.execute(
            delete(Export).where(Export.user_id == export.user_id, Export.id.not_in(kept))
        )
        db.session.commit()
    except Exception:
        current_app.logger.exception("export %s failed", export_id)
        db.session.rollback()
        # Not if another worker, given the same job, has succeeded.
        failed = update(Export).where(Export.id == export_id, Export.state == ExportState.WAITING)
        db.session.execute(failed.values(state=ExportState.FAILED))
        db.session.commit()


def csv_pieces(user_id: int) -> Iterator[bytes]:
    """A user's notes as CSV: thousands take no more memory than a few."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    # Without this mark some spreadsheets read UTF-8 as an 8-bit character set.
    buffer.write("\ufeff")
    writer.writerow(_COLUMNS)
    for note in store.every_note(user_id):
        moments = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (note.created_at, note.updated_at))
        cells = (note.id, note.title, note.body, *moments, note.file_count)
        writer.writerow([csv_cell(cell) for cell in cells])
        if buffer.tell() >= files.PART:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _own() -> Select[tuple[Export]]:
    own = select(Export).where(Export.user_id == current_user.id)
    return own.order_by(Export.id.desc())
