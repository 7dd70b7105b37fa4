"""Falcon: the fastest of the frameworks that many use, and what fastflask is measured by."""

from __future__ import annotations

import falcon

from ..workloads import GREETING, RESOURCES
from ._shared import STYLE, page, session_serializer


class _Text:
    """A resource whose GET is the function given, which returns a text."""

    def __init__(self, make):
        self.make = make

    def on_get(self, req, resp, **values):
        resp.text = self.make(req, **values)
        resp.content_type = falcon.MEDIA_HTML


def _app(routes, **options):
    app = falcon.App(**options)
    for path, resource in routes.items():
        app.add_route(path, resource)
    return app


def hello():
    return _app({"/": _Text(lambda req: GREETING)})


def json_out():
    class Document:
        def on_get(self, req, resp):
            resp.media = {"message": GREETING, "id": 42, "items": [1, 2, 3]}

    return _app({"/json": Document()})


def path_int():
    return _app({"/users/{user_id:int}": _Text(lambda req, user_id: f"user {user_id + 1}")})


def query_header():
    def search(req):
        page = req.get_param_as_int("page", default=1)
        return f"{req.get_param('q')} {page} {req.get_header('X-Tenant')}"

    return _app({"/search": _Text(search)})


def json_echo():
    class Echo:
        def on_post(self, req, resp):
            resp.media = req.media

    return _app({"/echo": Echo()})


def form():
    class Submit:
        def on_post(self, req, resp):
            sent = req.media
            resp.content_type = falcon.MEDIA_HTML
            resp.text = f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}"

    return _app({"/form": Submit()})


def upload():
    class Receive:
        def on_post(self, req, resp):
            for part in req.get_media():
                if part.name == "title":
                    title = part.text
                elif part.name == "file":
                    name, content = part.filename, part.get_data()
            resp.content_type = falcon.MEDIA_HTML
            resp.text = f"{title} {name} {len(content)}"

    return _app({"/upload": Receive()})


def session():
    serializer = session_serializer()

    class Sessions:
        """Opens and saves the session, as Flask does."""

        def process_request(self, req, resp):
            req.context.session = serializer.loads(req.cookies["session"], max_age=31 * 86400)

        def process_response(self, req, resp, resource, req_succeeded):
            value = serializer.dumps(req.context.session)
            resp.set_cookie("session", value, path="/", secure=False, http_only=True)
            resp.append_header("Vary", "Cookie")

    def visits(req):
        session = req.context.session
        session["visits"] += 1
        return f"{session['user']} {session['visits']}"

    return _app({"/visits": _Text(visits)}, middleware=[Sessions()])


def template():
    return _app({"/page": _Text(lambda req: page(req.get_param("name")))})


def redirect():
    class Old:
        def on_get(self, req, resp, item_id):
            raise falcon.HTTPFound(f"/new/{item_id}/2")

    new = _Text(lambda req, item_id, page: GREETING)
    return _app({"/old/{item_id:int}": Old(), "/new/{item_id:int}/{page:int}": new})


not_found = hello
wrong_method = hello


def cookies():
    class Taste:
        def on_get(self, req, resp):
            seen = int(req.cookies["seen"]) + 1
            resp.set_cookie("seen", str(seen), path="/", secure=False, http_only=False)
            resp.set_cookie("theme", "dark", path="/", secure=False, http_only=True)
            resp.content_type = falcon.MEDIA_HTML
            resp.text = f"{req.cookies['theme']} {seen}"

    return _app({"/cookies": Taste()})


def hooks():
    class Steps:
        """Falcon has no third kind; what Flask does at teardown is done after the response."""

        def process_request(self, req, resp):
            req.context.steps = getattr(req.context, "steps", 0) + 1

        def process_response(self, req, resp, resource, req_succeeded):
            req.context.steps += 2

    return _app({"/": _Text(lambda req: GREETING)}, middleware=[Steps(), Steps(), Steps()])


def blueprint():
    return _app({"/api/v1/items/{item_id:int}": _Text(lambda req, item_id: f"item {item_id}")})


def error_handler():
    class Conflict(Exception):
        pass

    def answer(req, resp, error, params):
        resp.status = falcon.HTTP_409
        resp.media = {"error": str(error)}

    def order(req, order_id):
        raise Conflict(f"order {order_id} is closed")

    app = _app({"/orders/{order_id:int}": _Text(order)})
    app.add_error_handler(Conflict, answer)
    return app


def static_file():
    app = falcon.App()
    app.add_static_route("/static", str(STYLE.parent))
    return app


def stream():
    class Lines:
        def on_get(self, req, resp):
            resp.content_type = falcon.MEDIA_HTML
            resp.stream = (f"line {number}\n".encode() for number in range(10))

    return _app({"/stream": Lines()})


def rest():
    routes = {}
    for name in RESOURCES:
        routes[f"/api/{name}"] = _Text(lambda req: "many")
        routes[f"/api/{name}/{{number:int}}"] = _Text(lambda req, number: f"one {number}")
        routes[f"/api/{name}/{{number:int}}/notes/{{note:int}}"] = _Text(
            lambda req, number, note: f"note {number} {note}"
        )
    return _app(routes)
