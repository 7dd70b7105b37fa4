"""An application for tests of classic names; imported by tests as ``classic``."""

from __future__ import annotations

from fastflask import Flask


def index() -> str:
    return "index"


def new_app(cls: type[Flask] = Flask) -> Flask:
    """An application with one view, in testing mode."""
    app = cls("app")
    app.testing = True
    app.add_url_rule("/", view_func=index)
    return app
