"""Fixtures: an application with an empty database, and visitors with a browser each.

``DATABASE_URL`` and ``REDIS_URL`` in the environment put the tests on these services. They delete
what is there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from flask import Flask  # noqa: E402
from notes import create_app  # noqa: E402
from notes.extensions import cache, db  # noqa: E402
from notes_visitor import Visitor  # noqa: E402

SETTINGS = {
    "TESTING": True,
    "SECRET_KEY": "for tests",
    "PASSWORD_METHOD": "pbkdf2:sha256:1",
    "MAX_CONTENT_LENGTH": 100_000,
    "PER_PAGE": 3,
    "LOGIN_TRIES": 3,
    "LOG_FORMAT": "json",
}


@pytest.fixture(scope="session")
def one_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with its tables, built once: its templates are compiled once too."""
    file = tmp_path_factory.mktemp("data") / "notes.sqlite"
    app = create_app(
        {
            **SETTINGS,
            "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{file}",
            "REDIS_URL": os.environ.get("REDIS_URL"),
        }
    )
    # Jobs are done at once, as there is no worker here.
    app.extensions["celery"].conf.task_always_eager = True
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.drop_all()
        db.engine.dispose()


@pytest.fixture
def app(one_app: Flask) -> Flask:
    """The application with an empty database."""
    with one_app.app_context():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()
        cache.clear()
    return one_app


@pytest.fixture
def bare_app(tmp_path: Path) -> Iterator[Flask]:
    """A fresh application whose database has no tables."""
    app = create_app({**SETTINGS, "DATABASE_URL": f"sqlite:///{tmp_path / 'notes.sqlite'}"})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(app)


@pytest.fixture
def anna(app: Flask) -> Visitor:
    """A user, logged in."""
    visitor = Visitor(app)
    visitor.register("anna")
    return visitor


@pytest.fixture
def otto(app: Flask) -> Visitor:
    """Another user, logged in."""
    visitor = Visitor(app)
    visitor.register("otto")
    return visitor
