"""Fixtures: an application with an empty database, and visitors with a browser each."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

_TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(_TESTS.parent), str(_TESTS)]

from notes import create_app  # noqa: E402
from notes.db import init_db  # noqa: E402
from notes_visitor import Visitor  # noqa: E402

from fastflask import Flask  # noqa: E402


@pytest.fixture(scope="session")
def one_app() -> Flask:
    """The application, built once: its templates are compiled once too."""
    return create_app(
        {
            "TESTING": True,
            "SECRET_KEY": "for tests",
            "PASSWORD_METHOD": "pbkdf2:sha256:1",
            "MAX_CONTENT_LENGTH": 100_000,
            "PER_PAGE": 3,
        }
    )


@pytest.fixture
def bare_app(one_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application before anybody ran ``init-db``."""
    monkeypatch.setitem(one_app.config, "DATABASE", str(tmp_path / "data" / "notes.sqlite"))
    monkeypatch.setitem(one_app.config, "UPLOAD_FOLDER", str(tmp_path / "data" / "uploads"))
    return one_app


@pytest.fixture(scope="session")
def empty_data(one_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``init-db`` makes, to be copied: much quicker than making it for each test."""
    folder = tmp_path_factory.mktemp("empty") / "data"
    with pytest.MonkeyPatch.context() as patch, one_app.app_context():
        patch.setitem(one_app.config, "DATABASE", str(folder / "notes.sqlite"))
        patch.setitem(one_app.config, "UPLOAD_FOLDER", str(folder / "uploads"))
        init_db()
    return folder


@pytest.fixture
def app(bare_app: Flask, empty_data: Path, tmp_path: Path) -> Flask:
    """The application with an empty database."""
    shutil.copytree(empty_data, tmp_path / "data")
    return bare_app


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
