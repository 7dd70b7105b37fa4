"""The framework, the settings, the tables, and the health of it all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import flask
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from notes import create_app, settings
from notes.extensions import db
from notes.secret import secret_key
from notes_visitor import Visitor


def test_application_runs_on_the_framework_that_was_asked_for(app: Flask) -> None:
    expected = os.environ.get("NOTES_TEST_FRAMEWORK", "fastflask")
    assert type(app).__module__.split(".")[0] == expected
    assert hasattr(flask, "active_requests") == (expected == "fastflask")


def test_migrations_make_the_tables_of_the_models(bare_app: Flask) -> None:
    runner = bare_app.test_cli_runner()

    def run(*args: str) -> None:
        result = runner.invoke(args=["db", *args])
        assert result.exit_code == 0, result.output

    run("upgrade")
    run("check")
    assert Visitor(bare_app).register("anna").status_code == 302
    run("downgrade", "base")
    with bare_app.app_context():
        assert db.inspect(db.engine).get_table_names() == ["alembic_version"]
    run("upgrade")
    assert Visitor(bare_app).log_in("anna").status_code == 422


def test_welcome_page_works_without_tables(bare_app: Flask) -> None:
    response = bare_app.test_client().get("/")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers


def test_missing_tables_are_a_503(bare_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    response = Visitor(bare_app).log_in("anna")
    assert response.status_code == 503
    assert "does not answer" in response.text
    assert "no such table" in caplog.text


def test_health_tells_whether_the_services_answer(bare_app: Flask, app: Flask) -> None:
    response = bare_app.test_client().get("/health")
    assert (response.status_code, response.json["status"]) == (503, "unavailable")
    response = app.test_client().get("/health")
    assert (response.status_code, response.json["status"]) == (200, "ok")
    assert "Set-Cookie" not in response.headers


def test_redis_that_is_down_is_a_503(tmp_path: Path) -> None:
    app = create_app(
        {
            "SECRET_KEY": "for tests",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'notes.sqlite'}",
            # Nothing listens on this port.
            "REDIS_URL": "redis://127.0.0.1:1/0",
        }
    )
    with app.app_context():
        db.create_all()
    client = app.test_client()
    assert client.get("/health").json == {
        "status": "unavailable",
        "database": "ok",
        "redis": "failing",
    }
    with app.app_context():
        db.engine.dispose()
    client.set_cookie("notes_session", "x" * 43)
    for path in ("/", "/auth/login", "/api/notes"):
        response = client.get(path)
        assert response.status_code == 503, path
        assert "does not answer" in response.text


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    key = secret_key(folder, debug=False)
    assert len(key) >= 32
    assert secret_key(folder, debug=False) == key
    assert [path.name for path in folder.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_secret_key_in_debug_mode_leaves_no_file(tmp_path: Path) -> None:
    assert secret_key(tmp_path, debug=True)
    assert not list(tmp_path.iterdir())


def test_settings_come_from_file_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.py").write_text("PER_PAGE = 5\nSESSION_COOKIE_SECURE = True\n")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("NOTES_INSTANCE_PATH", str(tmp_path))
    monkeypatch.setenv("NOTES_SECRET_KEY", "12345")
    monkeypatch.setenv("NOTES_PER_PAGE", "7")
    monkeypatch.setenv("NOTES_METRICS_FROM", "192.0.2.10, 192.0.2.11")
    app = create_app()
    config = app.config
    assert config["SECRET_KEY"] == "12345"
    assert config["PER_PAGE"] == 7
    assert config["METRICS_FROM"] == ["192.0.2.10", "192.0.2.11"]
    assert config["SESSION_COOKIE_SECURE"] is True
    assert config["SQLALCHEMY_DATABASE_URI"] == "sqlite:///notes.sqlite"
    assert config["CACHE_TYPE"] == "SimpleCache"
    assert isinstance(app.session_interface, SecureCookieSessionInterface)
    assert not (tmp_path / "secret_key").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_one_variable_moves_to_each_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://me@db.test/notes")
    monkeypatch.setenv("REDIS_URL", "redis://redis.test/1")
    monkeypatch.setenv("NOTES_SECRET_KEY", "x")
    app = Flask(__name__, instance_path=str(tmp_path))
    settings.load(app)
    assert app.config["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://me@db.test/notes"
    assert app.config["CACHE_REDIS_URL"] == "redis://redis.test/1"
    assert app.config["CELERY"]["broker_url"] == "redis://redis.test/1"


def test_unknown_log_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'yaml'"):
        create_app({"SECRET_KEY": "x", "LOG_FORMAT": "yaml"})
