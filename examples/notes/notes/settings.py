"""The settings, and where they come from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from . import throttle
from .secret import secret_key


def load(app: Flask, given: Mapping[str, Any] | None = None) -> None:
    """Fill ``app.config``.

    ``DATABASE_URL`` and ``REDIS_URL`` are read from the environment under these names, as hosting
    services provide them. Anything else is called ``NOTES_…`` there.

    :param given: values used instead of the instance's ``config.py`` and the environment.
    """
    app.config.from_mapping(
        DATABASE_URL="sqlite:///notes.sqlite",
        REDIS_URL=None,
        MAX_CONTENT_LENGTH=8 * 1024 * 1024,
        PER_PAGE=12,
        PASSWORD_METHOD="scrypt",
        LOGIN_TRIES=10,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        SESSION_COOKIE_NAME="notes_session",
        SESSION_COOKIE_SAMESITE="Lax",
        # A form is good for as long as the session that it was made in.
        WTF_CSRF_TIME_LIMIT=None,
        PROXIES=0,
        X_ACCEL=False,
        METRICS_FROM=["127.0.0.1", "::1"],
        LOG_FORMAT=None,
        JOB_PATIENCE=600,
    )
    if given is None:
        app.config.from_pyfile("config.py", silent=True)
        app.config.from_prefixed_env("NOTES")
        for name in ("DATABASE_URL", "REDIS_URL"):
            app.config[name] = os.environ.get(name) or app.config[name]
    else:
        app.config.from_mapping(given)

    key = app.config["SECRET_KEY"] or secret_key(Path(app.instance_path), app.debug)
    # A key of digits alone arrives from the environment as a number.
    app.config["SECRET_KEY"] = key if isinstance(key, bytes) else str(key)
    # An address alone would be taken for a list: a part of it would be in it.
    if isinstance(addresses := app.config["METRICS_FROM"], str):
        app.config["METRICS_FROM"] = addresses.replace(",", " ").split()
    app.config["USE_X_SENDFILE"] = app.config["X_ACCEL"]
    app.config.from_mapping(_database(app.config["DATABASE_URL"]))
    app.config.from_mapping(_redis(app.config["REDIS_URL"], app.config["JOB_PATIENCE"]))


def _database(url: str) -> dict[str, Any]:
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        url = f"postgresql+psycopg://{rest}"
    # Pinged: a connection that the server has dropped is replaced, and fails no request.
    return {
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True},
    }


def _redis(url: str | None, patience: int) -> dict[str, Any]:
    """What goes to Redis, or else stays in this process.

    Without Redis a session is Flask's own signed cookie: any worker can read it, and a restart
    ends none.
    """
    if not url:
        return {
            "CACHE_TYPE": "SimpleCache",
            # What is counted up is kept that much longer each time.
            "CACHE_DEFAULT_TIMEOUT": throttle.SECONDS,
            "CELERY": {"task_always_eager": True, "task_eager_propagates": False},
        }
    return {
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": url,
        "CACHE_KEY_PREFIX": "notes-cache:",
        "CELERY": {
            "broker_url": url,
            # A job whose worker dies is given to another one, after these seconds.
            "task_acks_late": True,
            "broker_transport_options": {
                "visibility_timeout": patience,
                "global_keyprefix": "notes-",
            },
            "broker_connection_retry_on_startup": True,
            "worker_hijack_root_logger": False,
            # What came of a job is told by the database.
            "task_ignore_result": True,
        },
    }
