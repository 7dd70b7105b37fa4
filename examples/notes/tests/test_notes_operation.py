"""What those who run it see: administration, logs, figures, and what nginx is told."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import flask
import pytest
from flask import Flask
from notes import create_app
from notes.logs import JsonLines
from notes_visitor import Visitor


@pytest.fixture
def admin(app: Flask, anna: Visitor) -> Visitor:
    """Anna, who is an administrator now."""
    result = app.test_cli_runner().invoke(args=["make-admin", "ANNA"])
    assert result.output == "anna is an administrator now.\n"
    return anna


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> MakeApp:
    """Build applications with other settings."""

    def make(**given: object) -> Flask:
        file = tmp_path / "other.sqlite"
        base = {"TESTING": True, "SECRET_KEY": "x", "DATABASE_URL": f"sqlite:///{file}"}
        return create_app({**base, **given})

    return make


def test_administration_is_for_administrators(app: Flask, admin: Visitor, otto: Visitor) -> None:
    assert Visitor(app).get("/admin/").status_code == 302
    for path in ("/admin/", "/admin/activity"):
        assert otto.get(path).status_code == 403
        assert "for administrators" in otto.get(path).text
        assert admin.get(path).status_code == 200
    assert 'href="/admin/"' in admin.get("/").text
    assert 'href="/admin/"' not in otto.get("/").text
    app.test_cli_runner().invoke(args=["make-admin", "--revoke", "anna"])
    assert admin.get("/admin/").status_code == 403


def test_make_admin_names_whom_it_does_not_know(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["make-admin", "nobody"])
    assert result.exit_code == 1
    assert "no account 'nobody'" in result.output


def test_counts_are_half_a_minute_old_at_most(admin: Visitor, otto: Visitor) -> None:
    otto.write("One")
    assert "<dt>Notes</dt><dd>1</dd>" in admin.get("/admin/").text
    otto.write("Two")
    assert "<dt>Notes</dt><dd>1</dd>" in admin.get("/admin/").text


def test_activity_shows_the_request_that_asks(admin: Visitor) -> None:
    page = admin.get("/admin/activity").text
    if hasattr(flask, "active_requests"):
        assert "GET /admin/activity" in page
        assert (
            '<td data-label="Endpoint">admin.activity</td><td data-label="Thread">MainThread</td>'
            in page
        )
    else:
        assert "Flask keeps no list" in page


def test_each_request_is_one_line_of_json(
    anna: Visitor, caplog: pytest.LogCaptureFixture, app: Flask
) -> None:
    caplog.clear()
    response = anna.get("/?q=a", headers={"X-Request-ID": "from-nginx-1"})
    assert response.headers["X-Request-ID"] == "from-nginx-1"
    [record] = [each for each in caplog.records if each.name == "notes.requests"]
    with app.test_request_context():
        line = json.loads(JsonLines().format(record))
    assert line["message"] == "GET /"
    assert (line["status"], line["endpoint"], line["level"]) == (200, "pages.index", "info")
    assert line["ms"] > 0
    assert isinstance(line["user"], int)


def test_odd_request_number_is_replaced(visitor: Visitor) -> None:
    response = visitor.get("/", headers={"X-Request-ID": 'x"} {'})
    assert len(response.headers["X-Request-ID"]) == 32


def test_lines_of_a_request_carry_its_number(app: Flask) -> None:
    record = logging.LogRecord("notes", logging.WARNING, "", 0, "a\n%s", ("b",), None)
    assert "request_id" not in json.loads(JsonLines().format(record))
    with app.test_request_context(headers={"X-Request-ID": "from-nginx-1"}):
        app.preprocess_request()
        text = JsonLines().format(record)
    assert "\n" not in text
    assert json.loads(text)["request_id"] == "from-nginx-1"
    assert json.loads(text)["message"] == "a\nb"


def test_figures_are_by_endpoint_and_not_for_everybody(app: Flask, anna: Visitor) -> None:
    anna.get(anna.write("One"))
    figures = anna.get("/metrics").text
    assert 'endpoint="pages.show"' in figures
    assert "flask_http_request_duration_seconds_count" in figures
    assert "/notes/" not in figures
    stranger = {"REMOTE_ADDR": "192.0.2.7"}
    assert anna.get("/metrics", environ_overrides=stranger).status_code == 404


def test_client_is_believed_only_behind_a_proxy(visitor: Visitor, make_app: MakeApp) -> None:
    forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    assert visitor.get("/metrics", headers=forged).status_code == 200
    behind = make_app(PROXIES=1)
    assert Visitor(behind).get("/metrics", headers=forged).status_code == 404
    response = Visitor(behind).get("/account/", headers={**forged, "X-Forwarded-Host": "n.test"})
    assert response.location.startswith("/auth/login")


def test_static_files_can_be_left_to_nginx(visitor: Visitor, make_app: MakeApp) -> None:
    assert b"color-scheme" in visitor.get("/static/style.css").data
    response = Visitor(make_app(X_ACCEL=True)).get("/static/style.css")
    assert response.headers["X-Accel-Redirect"] == "/_static/style.css"
    assert response.mimetype == "text/css"
    assert response.data == b""
    assert "X-Sendfile" not in response.headers
