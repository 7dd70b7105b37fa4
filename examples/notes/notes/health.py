"""For load balancers and watchdogs: can this process do its work?"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app
from redis import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from .extensions import db
from .models import User

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> tuple[dict[str, str], int]:
    """200 when the database, and Redis if there is one, answer; 503 when not."""
    found = {"database": _ask(lambda: db.session.execute(select(User.id).limit(1)).all())}
    if current_app.config["REDIS_URL"]:
        found["redis"] = _ask(current_app.session_interface.client.ping)
    well = all(state == "ok" for state in found.values())
    return {"status": "ok" if well else "unavailable", **found}, 200 if well else 503


def _ask(question: Callable[[], object]) -> str:
    try:
        question()
    except (SQLAlchemyError, RedisError) as error:
        current_app.logger.warning("health check failed: %s", error)
        return "failing"
    return "ok"
