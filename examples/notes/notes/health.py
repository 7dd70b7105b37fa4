"""For load balancers and watchdogs: can this process do its work?"""

from __future__ import annotations

import sqlite3

from werkzeug.exceptions import ServiceUnavailable

from fastflask import Blueprint, current_app

from .db import get_db

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> tuple[dict[str, str], int]:
    """200 when the database answers, 503 when it does not."""
    try:
        get_db().execute("SELECT 1 FROM user LIMIT 1").fetchone()
    except (sqlite3.Error, ServiceUnavailable) as error:
        current_app.logger.warning("health check failed: %s", error)
        return {"status": "unavailable", "database": "failing"}, 503
    return {"status": "ok", "database": "ok"}, 200
