"""For administrators: who is here, how much there is, and what this process is doing."""

from __future__ import annotations

import os
import socket
from typing import Any

import flask
from flask import Blueprint, render_template
from sqlalchemy import func, select

from .extensions import cache, db
from .models import Note, StoredFile, User
from .security import admin_required

bp = Blueprint("admin", __name__, url_prefix="/admin")


@bp.get("/")
@admin_required
def overview() -> str:
    """Numbers, and the newest accounts."""
    newest = select(User).order_by(User.id.desc()).limit(20)
    return render_template("admin/overview.html", counts=counts(), users=db.session.scalars(newest))


@bp.get("/activity")
@admin_required
def activity() -> str:
    """Which thread of the worker that answers serves what, and for how long.

    Only fastflask can tell. On Flask the page says so.
    """
    tell = getattr(flask, "active_requests", None)
    return render_template(
        "admin/activity.html",
        active=tell() if tell else None,
        worker=f"process {os.getpid()} on {socket.gethostname()}",
    )


@cache.cached(timeout=30, key_prefix="admin-counts")
def counts() -> dict[str, Any]:
    """How much is stored, at most half a minute ago: counting takes a while when there is much."""
    return {
        "users": db.session.scalar(select(func.count(User.id))),
        "notes": db.session.scalar(select(func.count(Note.id))),
        "files": db.session.scalar(select(func.count(StoredFile.id))),
        "bytes": db.session.scalar(select(func.coalesce(func.sum(StoredFile.size), 0))),
    }
