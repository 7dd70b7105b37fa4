"""The logger of an application."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from fastflask import Flask
from fastflask.logging import (
    create_logger,
    default_handler,
    has_level_handler,
    wsgi_errors_stream,
)


@pytest.fixture
def root():
    """A logger in place of the root, where the test runner has handlers of its own."""
    return logging.Logger("root of these tests", logging.WARNING)


@pytest.fixture
def app(root, request):
    # A name of its own for each test: loggers live as long as the process.
    app = Flask(f"app of {request.node.name}")
    logging.getLogger(app.name).parent = root
    return app


def test_logger_is_named_like_the_application(app):
    assert app.logger.name == app.name
    assert app.logger is logging.getLogger(app.name)


def test_logger_gets_the_default_handler_if_there_is_none(app):
    assert app.logger.handlers == [default_handler]
    assert app.logger.level == logging.NOTSET


def test_logger_is_made_once(app):
    logger = app.logger
    logger.handlers.clear()
    assert app.logger is logger
    assert logger.handlers == []


def test_logger_of_a_debug_application_logs_everything(app):
    app.debug = True
    assert app.logger.level == logging.DEBUG


def test_logger_level_that_is_set_stays_in_debug(app):
    logging.getLogger(app.name).setLevel(logging.ERROR)
    app.debug = True
    assert app.logger.level == logging.ERROR


def test_logger_relies_on_a_handler_above_it(app, root):
    root.addHandler(logging.StreamHandler(io.StringIO()))
    assert app.logger.handlers == []


def test_create_logger_adds_the_handler_once(app):
    assert create_logger(app) is create_logger(app)
    assert create_logger(app).handlers == [default_handler]


def test_has_level_handler_follows_propagation(root):
    child = logging.Logger("child")
    child.parent = root
    assert not has_level_handler(child)
    handler = logging.StreamHandler(io.StringIO())
    root.addHandler(handler)
    assert has_level_handler(child)
    child.propagate = False
    assert not has_level_handler(child)
    child.propagate = True
    handler.setLevel(logging.CRITICAL)
    assert not has_level_handler(child)
    child.setLevel(logging.CRITICAL)
    assert has_level_handler(child)


def test_errors_stream_is_that_of_the_request(app):
    errors = io.StringIO()
    assert wsgi_errors_stream._get_current_object() is sys.stderr
    with app.test_request_context(errors_stream=errors):
        assert wsgi_errors_stream._get_current_object() is errors
    with app.app_context():
        assert wsgi_errors_stream._get_current_object() is sys.stderr


def test_default_handler_writes_to_the_request(app):
    @app.route("/")
    def index():
        app.logger.warning("watch out")
        return ""

    errors = io.StringIO()
    app.test_client().get("/", errors_stream=errors)
    line = errors.getvalue()
    assert line.endswith("] WARNING in test_logging: watch out\n")
    assert line.startswith("[")


def test_default_handler_writes_to_stderr_elsewhere(app, capsys):
    app.logger.warning("alone")
    assert "WARNING in test_logging: alone" in capsys.readouterr().err


def test_unhandled_error_is_logged_with_its_traceback(app):
    @app.route("/broken")
    def broken():
        raise ValueError("the reason")

    errors = io.StringIO()
    response = app.test_client().post("/broken", errors_stream=errors)
    assert response.status_code == 405
    assert errors.getvalue() == ""
    response = app.test_client().get("/broken?q=1", errors_stream=errors)
    assert response.status_code == 500
    text = errors.getvalue()
    assert "ERROR in app: Exception on /broken [GET]" in text
    assert 'raise ValueError("the reason")' in text
    assert text.rstrip().endswith("ValueError: the reason")


def test_missing_errors_stream_fails_the_log_and_not_the_request(app, monkeypatch):  # E-01
    monkeypatch.setattr(logging, "raiseExceptions", False)

    @app.route("/")
    def index():
        app.logger.error("nowhere to go")
        return "fine"

    environ = EnvironBuilder("/").get_environ()
    del environ["wsgi.errors"]
    body, status, _ = run_wsgi_app(app, environ)
    assert (status, b"".join(body)) == ("200 OK", b"fine")
