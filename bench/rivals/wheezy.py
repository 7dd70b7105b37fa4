"""wheezy.web: few conveniences, and the fastest there is."""

from __future__ import annotations

from wheezy.http import (
    HTTPCookie,
    HTTPResponse,
    WSGIApplication,
    accept_method,
    bootstrap_http_defaults,
    json_response,
)
from wheezy.http import redirect as redirect_response
from wheezy.routing import PathRouter, url
from wheezy.web.middleware import path_routing_middleware_factory

from ..workloads import GREETING, RESOURCES
from ._shared import page


def _serve(router):
    middleware = [bootstrap_http_defaults, path_routing_middleware_factory]
    return WSGIApplication(middleware, {"path_router": router})


def _app(*routes):
    router = PathRouter()
    router.add_routes(routes)
    return _serve(router)


def _text(text):
    response = HTTPResponse()
    response.write(text)
    return response


def _int(request, name):
    return int(request.environ["route_args"][name])


def hello():
    return _app(url("", accept_method("GET")(lambda request: _text(GREETING)), name="hello"))


def json_out():
    document = {"message": GREETING, "id": 42, "items": [1, 2, 3]}
    return _app(url("json", lambda request: json_response(document), name="json"))


def path_int():
    def user(request):
        return _text(f"user {_int(request, 'user_id') + 1}")

    return _app(url("users/{user_id:int}", user))


def query_header():
    def search(request):
        page = int(request.get_param("page"))
        return _text(f"{request.get_param('q')} {page} {request.environ['HTTP_X_TENANT']}")

    return _app(url("search", search))


def json_echo():
    return _app(url("echo", lambda request: json_response(request.form), name="echo"))


def form():
    def submit(request):
        sent = {name: values[-1] for name, values in request.form.items()}
        return _text(f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}")

    return _app(url("form", submit))


def template():
    return _app(url("page", lambda request: _text(page(request.get_param("name"))), name="page"))


def redirect():
    router = PathRouter()

    def old(request):
        path = router.path_for("new", item_id=_int(request, "item_id"), page=2)
        return redirect_response(f"/{path}")

    router.add_routes(
        [
            url("old/{item_id:int}", old),
            url("new/{item_id:int}/{page:int}", lambda request: _text(GREETING), name="new"),
        ]
    )
    return _serve(router)


not_found = hello
wrong_method = hello


def cookies():
    options = {}
    bootstrap_http_defaults(options)

    def taste(request):
        seen = int(request.cookies["seen"]) + 1
        response = _text(f"{request.cookies['theme']} {seen}")
        response.cookies.append(HTTPCookie("seen", str(seen), options=options))
        response.cookies.append(HTTPCookie("theme", "dark", httponly=True, options=options))
        return response

    return _app(url("cookies", taste))


def rest():
    def many(request):
        return _text("many")

    def one(request):
        return _text(f"one {_int(request, 'number')}")

    def note(request):
        return _text(f"note {_int(request, 'number')} {_int(request, 'note')}")

    routes = []
    for name in RESOURCES:
        routes += [
            url(f"api/{name}", many, name=f"{name}.many"),
            url(f"api/{name}/{{number:int}}", one, name=f"{name}.one"),
            url(f"api/{name}/{{number:int}}/notes/{{note:int}}", note, name=f"{name}.note"),
        ]
    return _app(*routes)
