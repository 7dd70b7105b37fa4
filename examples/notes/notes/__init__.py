"""Notes: a small place to keep notes and files, for several people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastflask import Flask

from . import account, api, auth, db, errors, health, pages, security
from .formats import nice_date, size_limit
from .secret import secret_key


def create_app(test_config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application.

    :param test_config: values used instead of the instance's ``config.py`` and the
        ``NOTES_…`` environment variables.
    """
    app = Flask(
        __name__,
        instance_relative_config=True,
        instance_path=os.environ.get("NOTES_INSTANCE_PATH"),
    )
    instance = Path(app.instance_path)
    app.config.from_mapping(
        DATABASE=str(instance / "notes.sqlite"),
        UPLOAD_FOLDER=str(instance / "uploads"),
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        PER_PAGE=12,
        PASSWORD_METHOD="scrypt",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SESSION_COOKIE_NAME="notes_session",
        SESSION_COOKIE_SAMESITE="Lax",
    )

    if test_config is None:
        app.config.from_pyfile("config.py", silent=True)
        app.config.from_prefixed_env("NOTES")
    else:
        app.config.from_mapping(test_config)

    key = app.config["SECRET_KEY"] or secret_key(instance, app.debug)
    # A key of digits alone arrives from the environment as a number.
    app.config["SECRET_KEY"] = key if isinstance(key, bytes) else str(key)

    db.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    app.add_template_filter(nice_date)
    app.add_template_global(size_limit)

    app.register_blueprint(pages.bp)
    app.register_blueprint(auth.bp)
    app.register_blueprint(account.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(health.bp)
    return app
