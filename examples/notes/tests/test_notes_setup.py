"""Creating the database, choosing the secret key, and the health of it all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from notes import create_app
from notes.secret import secret_key
from notes_visitor import Visitor

from fastflask import Flask


def test_application_runs_on_the_framework_it_imports(app: Flask) -> None:
    expected = os.environ.get("NOTES_TEST_FRAMEWORK", "fastflask")
    assert type(app).__module__.split(".")[0] == expected
    assert expected in sys.modules
    if expected == "flask":
        assert "fastflask" not in sys.modules


def test_init_db_creates_the_database_once(bare_app: Flask) -> None:
    runner = bare_app.test_cli_runner()
    assert "Created" in runner.invoke(args=["init-db"]).output
    Visitor(bare_app).register("anna")
    again = runner.invoke(args=["init-db"])
    assert again.exit_code == 0
    assert "Found" in again.output
    assert Visitor(bare_app).log_in("anna").status_code == 302


def test_init_db_reset_asks_and_then_deletes(app: Flask, anna: Visitor) -> None:
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["init-db", "--reset"], input="n\n")
    assert refused.exit_code == 1
    assert Visitor(app).log_in("anna").status_code == 302

    assert runner.invoke(args=["init-db", "--reset", "--yes"]).exit_code == 0
    assert Visitor(app).log_in("anna").status_code == 422


def test_session_of_a_deleted_database_belongs_to_nobody(app: Flask, anna: Visitor) -> None:
    app.test_cli_runner().invoke(args=["init-db", "--reset", "--yes"])
    Visitor(app).register("somebody else")
    Visitor(app).register("otto")
    assert "Create an account" in anna.get("/").text


def test_welcome_page_works_without_database(bare_app: Flask) -> None:
    response = bare_app.test_client().get("/")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers


def test_missing_database_is_explained(bare_app: Flask) -> None:
    response = Visitor(bare_app).log_in("anna")
    assert response.status_code == 503
    assert "init-db" in response.text
    assert not Path(bare_app.config["DATABASE"]).exists()


def test_health_tells_whether_the_database_answers(bare_app: Flask) -> None:
    client = bare_app.test_client()
    response = client.get("/health")
    assert (response.status_code, response.json["status"]) == (503, "unavailable")
    bare_app.test_cli_runner().invoke(args=["init-db"])
    response = client.get("/health")
    assert (response.status_code, response.json["status"]) == (200, "ok")
    assert "Set-Cookie" not in response.headers


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
    monkeypatch.setenv("NOTES_INSTANCE_PATH", str(tmp_path))
    monkeypatch.setenv("NOTES_SECRET_KEY", "12345")
    monkeypatch.setenv("NOTES_PER_PAGE", "7")
    config = create_app().config
    assert config["SECRET_KEY"] == "12345"
    assert config["PER_PAGE"] == 7
    assert config["SESSION_COOKIE_SECURE"] is True
    assert config["DATABASE"] == str(tmp_path / "notes.sqlite")
    assert not (tmp_path / "secret_key").exists()
