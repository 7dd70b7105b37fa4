"""Notes: a small place to keep notes and files, for several people."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from . import (
    account,
    admin,
    api,
    auth,
    commands,
    database,
    errors,
    exports,
    health,
    logs,
    metrics,
    pages,
    proxy,
    security,
    sessions,
    settings,
    worker,
)
from .extensions import cache, csrf, migrate
from .formats import nice_date, size_limit


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application.

    :param config: values used instead of the instance's ``config.py`` and the environment.
    """
    app = Flask(
        __name__,
        instance_relative_config=True,
        instance_path=os.environ.get("NOTES_INSTANCE_PATH"),
    )
    settings.load(app, config)

    # Logs come first: what they note about a request is to cover all that follows.
    logs.init_app(app)
    proxy.init_app(app)
    database.init_app(app)
    migrate.init_app(app)
    cache.init_app(app)
    sessions.init_app(app)
    csrf.init_app(app)
    worker.init_app(app)
    security.init_app(app)
    metrics.init_app(app)
    errors.init_app(app)
    commands.init_app(app)
    app.add_template_filter(nice_date)
    app.add_template_global(size_limit)

    for module in (pages, exports, auth, account, admin, api, health):
        app.register_blueprint(module.bp)
    return app
