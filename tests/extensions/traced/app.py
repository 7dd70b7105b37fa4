"""An application with a bit of everything that tracing and error tools look at."""

import flask
from flask import Blueprint, Flask, abort, g, redirect, request, session, stream_with_context
from flask.views import MethodView


class Broken(Exception):
    pass


class Handled(Exception):
    pass


class Item(MethodView):
    def get(self, id):
        return {"id": id, "q": request.args.get("q")}

    def post(self, id):
        return {"got": request.get_json()["name"]}, 201


shop = Blueprint("shop", __name__, url_prefix="/shop")


@shop.get("/<name>")
def show(name):
    return f"<p>{name}</p>"


@shop.errorhandler(418)
def teapot(error):
    return "handled in the blueprint", 418


@shop.get("/teapot")
def pour():
    abort(418)


def create_app():
    app = Flask("traced")
    app.secret_key = "for tests"
    app.register_blueprint(shop)
    app.add_url_rule("/items/<int:id>", view_func=Item.as_view("item"))

    @app.before_request
    def remember():
        g.seen = session.get("seen", 0)
        if request.args.get("fail") == "before":
            raise Broken("before the view")

    @app.after_request
    def mark(response):
        if request.args.get("fail") == "after":
            raise Broken("after the view")
        response.headers["X-Flask"] = "yes"
        return response

    @app.teardown_request
    def leave(error):
        g.error = error

    @app.errorhandler(Handled)
    def answer(error):
        return "handled", 409

    @app.errorhandler(404)
    def nothing(error):
        return "nothing here", 404

    @app.get("/")
    def index():
        return "hello"

    @app.get("/error")
    def error():
        raise Broken("in the view")

    @app.get("/chained")
    def chained():
        try:
            {}["key"]
        except KeyError as e:
            raise Broken("because of another") from e

    @app.get("/handled")
    def handled():
        raise Handled("by a handler")

    @app.get("/abort/<int:code>")
    def stop(code):
        abort(code)

    @app.post("/form")
    def form():
        if request.form["a"] == "bad":
            raise Broken("with a form")
        return request.form["a"]

    @app.get("/away")
    def away():
        return redirect("/")

    @app.get("/stream")
    def stream():
        return stream_with_context(part for part in (request.path, " ", "streamed"))

    @app.get("/log")
    def log():
        app.logger.error("logged by the view")
        return "logged"

    @app.get("/visits")
    def visits():
        session["seen"] = session.get("seen", 0) + 1
        return str(session["seen"])

    return app


REQUESTS = [
    ("GET", "/", {}),
    ("GET", "/?q=1", {"headers": {"User-Agent": "test", "X-Custom": "kept"}}),
    ("HEAD", "/", {}),
    ("OPTIONS", "/items/3", {}),
    ("GET", "/items/3?q=x", {}),
    ("POST", "/items/3", {"json": {"name": "tea"}}),
    ("POST", "/items/3", {"json": ["not what is expected"]}),
    ("POST", "/items/3", {"data": "no JSON", "content_type": "application/json"}),
    ("GET", "/items/x", {}),
    ("DELETE", "/items/3", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/shop/tea", {}),
    ("GET", "/shop/teapot", {}),
    ("GET", "/error", {"headers": {"Cookie": "a=b"}}),
    ("GET", "/chained", {}),
    ("GET", "/handled", {}),
    ("GET", "/abort/403", {}),
    ("GET", "/abort/500", {}),
    ("POST", "/form", {"data": {"a": "good"}}),
    ("POST", "/form", {"data": {"a": "bad", "password": "secret"}}),
    ("POST", "/form", {"data": {}}),
    ("GET", "/away", {}),
    ("GET", "/stream", {}),
    ("GET", "/log", {}),
    ("GET", "/visits", {}),
    ("GET", "/visits", {}),
    ("GET", "/?fail=before", {}),
    ("GET", "/?fail=after", {}),
    ("GET", "/", {"headers": {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}}),
    ("GET", "/", {"headers": {"sentry-trace": f"{'3' * 32}-{'4' * 16}-1"}}),
]


def walk(app):
    """Send all requests, and return what was answered."""
    client = app.test_client()
    answers = []
    for method, path, options in REQUESTS:
        response = client.open(path, method=method, **options)
        answers.append([method, path, response.status_code, response.text])
    return answers


def which():
    return flask.__name__
