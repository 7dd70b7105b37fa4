"""Raw WSGI calls of small applications; imported by tests as ``exchanges``."""

from __future__ import annotations

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from fastflask import Flask

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


class Exchange:
    """One raw WSGI call. ``starts`` has what came to ``start_response``."""

    def __init__(self, app, environ):
        self.starts = []
        self.body = app(environ, self.start_response)

    def start_response(self, status, headers, exc_info=None):
        self.starts.append((status, headers))

    @property
    def status(self):
        ((status, _),) = self.starts
        return status

    @property
    def headers(self):
        ((_, headers),) = self.starts
        return Headers(headers)

    def read(self):
        try:
            return b"".join(self.body)
        finally:
            getattr(self.body, "close", bool)()


def environ_for(path="/", changes=(), without=(), **options):
    """The environ of a request, with some keys changed and some taken out."""
    environ = EnvironBuilder(path, **options).get_environ()
    environ.update(changes)
    for key in without:
        del environ[key]
    return environ


def make_app(view=lambda **_: "x", **config):
    """An application whose paths all lead to one view."""
    app = Flask(__name__, static_folder=None)
    app.config.update(config)
    app.add_url_rule("/", "view", view, methods=METHODS)
    app.add_url_rule("/<path:rest>", "view", view, methods=METHODS)
    return app


def ask(question, path="/", *, config=(), **options):
    """The answer to a question asked in a view, and the status."""

    def view(**_):
        answers.append(question())
        return "x"

    answers = []
    app = make_app(view, **dict(config))
    exchange = Exchange(app, environ_for(path, **options))
    exchange.read()
    return (answers or [None])[0], exchange.status[:3]


def answer(question, path="/", **options):
    value, status = ask(question, path, **options)
    assert status == "200"
    return value


def respond(value, **options):
    """The exchange for a view that returns a value, or makes it if it is a function."""
    make = value if callable(value) and not isinstance(value, type) else lambda: value
    return Exchange(make_app(lambda **_: make()), environ_for(**options))
