"""An application that keeps a session in a signed cookie; imported as ``session_cookies``."""

import fastflask
from fastflask import Flask, session
from fastflask.sessions import SecureCookieSessionInterface


def make_app():
    """An application that writes, shows and clears its session."""
    app = Flask(__name__)
    app.secret_key = "key"
    app.testing = True

    @app.route("/set", methods=["POST"])
    def set_items():
        session.update(fastflask.request.form)
        return ""

    @app.route("/get")
    def get_items():
        return dict(session)

    @app.route("/clear")
    def clear():
        session.clear()
        return ""

    @app.route("/untouched")
    def untouched():
        return ""

    return app


def cookie_of(response):
    return response.headers["Set-Cookie"].split(";")[0].partition("=")[2]


def attributes_of(response):
    return response.headers["Set-Cookie"].split("; ")[1:]


def read(app, cookie):
    """What a request with this cookie finds in its session."""
    with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
        return dict(session)


def open_directly(app, cookie):
    request = app.request_class({"HTTP_COOKIE": f"session={cookie}"})
    return app.session_interface.open_session(app, request)


def sign(app, content, **changes):
    interface = SecureCookieSessionInterface()
    vars(interface).update(changes)
    return interface.get_signing_serializer(app).dumps(content)
