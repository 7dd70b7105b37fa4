"""Bottle: one file of pure Python, and what pure Python can do."""

from __future__ import annotations

import bottle

from ..workloads import GREETING, RESOURCES
from ._shared import STYLE, page, session_serializer

request = bottle.request
response = bottle.response


def _app(rule, view, method="GET"):
    app = bottle.Bottle()
    app.route(rule, method, view)
    return app


def hello():
    return _app("/", lambda: GREETING)


def json_out():
    return _app("/json", lambda: {"message": GREETING, "id": 42, "items": [1, 2, 3]})


def path_int():
    return _app("/users/<user_id:int>", lambda user_id: f"user {user_id + 1}")


def query_header():
    def search():
        page = request.query.get("page", 1, type=int)
        return f"{request.query.q} {page} {request.headers['X-Tenant']}"

    return _app("/search", search)


def json_echo():
    return _app("/echo", lambda: request.json, "POST")


def form():
    def submit():
        sent = request.forms
        return f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}"

    return _app("/form", submit, "POST")


def upload():
    def receive():
        file = request.files["file"]
        return f"{request.forms['title']} {file.raw_filename} {len(file.file.read())}"

    return _app("/upload", receive, "POST")


def session():
    serializer = session_serializer()

    def visits():
        session = serializer.loads(request.cookies["session"], max_age=31 * 86400)
        session["visits"] += 1
        value = serializer.dumps(session)
        response.set_cookie("session", value, path="/", httponly=True)
        response.add_header("Vary", "Cookie")
        return f"{session['user']} {session['visits']}"

    return _app("/visits", visits)


def template():
    return _app("/page", lambda: page(request.query.name))


def redirect():
    app = bottle.Bottle()

    @app.get("/old/<item_id:int>")
    def old(item_id):
        bottle.redirect(app.get_url("new", item_id=item_id, page=2), 302)

    @app.get("/new/<item_id:int>/<page:int>", name="new")
    def new(item_id, page):
        return GREETING

    return app


not_found = hello
wrong_method = hello


def cookies():
    def taste():
        seen = int(request.cookies["seen"]) + 1
        response.set_cookie("seen", str(seen), path="/")
        response.set_cookie("theme", "dark", path="/", httponly=True)
        return f"{request.cookies['theme']} {seen}"

    return _app("/cookies", taste)


def hooks():
    """Bottle has two kinds; what Flask does at teardown is done after the request."""
    app = hello()

    def before():
        environ = request.environ
        environ["steps"] = environ.get("steps", 0) + 1

    def after():
        request.environ["steps"] += 2

    for _ in range(3):
        app.add_hook("before_request", before)
        app.add_hook("after_request", after)

    return app


def blueprint():
    api, app = bottle.Bottle(), bottle.Bottle()
    api.mount("/v1/", _app("/items/<item_id:int>", lambda item_id: f"item {item_id}"))
    app.mount("/api/", api)
    return app


def error_handler():
    class Conflict(Exception):
        pass

    def catching(callback):
        def wrapper(*args, **values):
            try:
                return callback(*args, **values)
            except Conflict as error:
                response.status = 409
                return {"error": str(error)}

        return wrapper

    def order(order_id):
        raise Conflict(f"order {order_id} is closed")

    app = _app("/orders/<order_id:int>", order)
    app.install(catching)
    return app


def static_file():
    folder = str(STYLE.parent)
    return _app("/static/<path:path>", lambda path: bottle.static_file(path, root=folder))


def stream():
    return _app("/stream", lambda: (f"line {number}\n" for number in range(10)))


def rest():
    app = bottle.Bottle()
    for name in RESOURCES:
        app.route(f"/api/{name}", "GET", lambda: "many")
        app.route(f"/api/{name}/<number:int>", "GET", lambda number: f"one {number}")
        app.route(
            f"/api/{name}/<number:int>/notes/<note:int>",
            "GET",
            lambda number, note: f"note {number} {note}",
        )
    return app
