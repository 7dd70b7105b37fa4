"""Pyramid: the large one."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import Response

from ..workloads import GREETING, RESOURCES
from ._shared import STYLE, page


def _app(*routes, configure=None):
    """Return an application from patterns and views. A view returns a text or a response."""
    with Configurator() as config:
        for number, (pattern, view) in enumerate(routes):
            config.add_route(f"route{number}", pattern)
            config.add_view(_text(view), route_name=f"route{number}")
        if configure is not None:
            configure(config)
        return config.make_wsgi_app()


def _text(view):
    def wrapper(request):
        result = view(request)
        return Response(result) if isinstance(result, str) else result

    return wrapper


def _json(pattern, view):
    with Configurator() as config:
        config.add_route("document", pattern)
        config.add_view(view, route_name="document", renderer="json")
        return config.make_wsgi_app()


def hello():
    return _app(("/", lambda request: GREETING))


def json_out():
    return _json("/json", lambda request: {"message": GREETING, "id": 42, "items": [1, 2, 3]})


def path_int():
    def user(request):
        return f"user {int(request.matchdict['user_id']) + 1}"

    return _app((r"/users/{user_id:\d+}", user))


def query_header():
    def search(request):
        args = request.GET
        return f"{args['q']} {int(args['page'])} {request.headers['X-Tenant']}"

    return _app(("/search", search))


def json_echo():
    return _json("/echo", lambda request: request.json_body)


def form():
    def submit(request):
        sent = request.POST
        return f"{sent['name']} {sent['mail']} {sent['age']} {sent['text']}"

    return _app(("/form", submit))


def upload():
    def receive(request):
        file = request.POST["file"]
        return f"{request.POST['title']} {file.filename} {len(file.file.read())}"

    return _app(("/upload", receive))


def template():
    return _app(("/page", lambda request: page(request.GET["name"])))


def redirect():
    def old(request):
        item_id = int(request.matchdict["item_id"])
        return HTTPFound(request.route_path("route1", item_id=item_id, page=2))

    new = r"/new/{item_id:\d+}/{page:\d+}"
    return _app((r"/old/{item_id:\d+}", old), (new, lambda request: GREETING))


not_found = hello


def cookies():
    def taste(request):
        seen = int(request.cookies["seen"]) + 1
        response = Response(f"{request.cookies['theme']} {seen}")
        response.set_cookie("seen", str(seen))
        response.set_cookie("theme", "dark", httponly=True)
        return response

    return _app(("/cookies", taste))


def blueprint():
    def configure(config):
        config.include(v1, route_prefix="/api")

    def v1(config):
        config.include(items, route_prefix="/v1")

    def items(config):
        config.add_route("item", r"/items/{item_id:\d+}")
        config.add_view(_text(item), route_name="item")

    def item(request):
        return f"item {int(request.matchdict['item_id'])}"

    return _app(configure=configure)


def error_handler():
    class Conflict(Exception):
        pass

    def order(request):
        raise Conflict(f"order {int(request.matchdict['order_id'])} is closed")

    def answer(error, request):
        request.response.status_int = 409
        return {"error": str(error)}

    def configure(config):
        config.add_exception_view(answer, context=Conflict, renderer="json")

    return _app((r"/orders/{order_id:\d+}", order), configure=configure)


def static_file():
    return _app(configure=lambda config: config.add_static_view("static", str(STYLE.parent)))


def stream():
    def lines(request):
        return Response(app_iter=(f"line {number}\n".encode() for number in range(10)))

    return _app(("/stream", lines))


def rest():
    routes = []
    for name in RESOURCES:
        routes += [
            (f"/api/{name}", lambda request: "many"),
            (rf"/api/{name}/{{number:\d+}}", _one),
            (rf"/api/{name}/{{number:\d+}}/notes/{{note:\d+}}", _note),
        ]
    return _app(*routes)


def _one(request):
    return f"one {int(request.matchdict['number'])}"


def _note(request):
    found = request.matchdict
    return f"note {int(found['number'])} {int(found['note'])}"
