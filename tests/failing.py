"""Applications that fail, and what is seen of it; imported by tests as ``failing``."""

from __future__ import annotations

from werkzeug.test import EnvironBuilder

import fastflask
from fastflask import Blueprint, Flask


class Broken(Exception):
    """An error that nothing of the framework raises."""


def fail(*args, **kwargs):
    raise Broken("the reason")


def make_app(view=fail, **config):
    app = Flask(__name__, static_folder=None)
    app.config.update(config)
    app.add_url_rule("/", "view", view, methods=["GET", "POST"])
    return app


def get(app, path="/", **options):
    return app.test_client().get(path, **options)


def serve(app, path="/", changes=(), **options):
    """Make a raw WSGI call; return the statuses that were started, and the iterable."""
    environ = EnvironBuilder(path, **options).get_environ()
    environ.update(changes)
    statuses = []
    body = app(environ, lambda status, headers, exc_info=None: statuses.append(status))
    return statuses, body


def raiser(error):
    """A view, or an error handler, that raises."""

    def view(*_, **__):
        raise error

    return view


def sent_exceptions(app):
    """A receiver to connect to got_request_exception, and what it collects."""
    seen = []

    def receive(sender, exception):
        seen.append(exception)

    return fastflask.got_request_exception.connected_to(receive, app), seen


def nested_app(view):
    """An application with one blueprint in another; all views are the same."""
    app = make_app(view)
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    outer.add_url_rule("/outer", "view", view)
    inner.add_url_rule("/inner", "view", view)
    return app, outer, inner


def registered(app, outer, inner):
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app
