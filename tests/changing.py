"""An application to change while it serves; imported by tests as ``changing``."""

from __future__ import annotations

from fastflask import Blueprint, Flask
from fastflask.testing import FlaskClient


def make_app(cls: type[Flask] = Flask) -> Flask:
    """An application with a view of its own and one of a blueprint."""
    app = cls("changes")
    app.secret_key = "a key"
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    blueprint = Blueprint("bp", __name__)
    blueprint.add_url_rule("/view", view_func=lambda: "view", endpoint="view")
    app.register_blueprint(blueprint, url_prefix="/bp")
    return app


def begin(app: Flask) -> FlaskClient:
    """Send the first request, and return the client for those that follow."""
    client = app.test_client()
    assert client.get("/").text == "index"
    return client
