"""Applications about what a view gets and returns."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import typing as t
import uuid
from collections import OrderedDict
from http import HTTPStatus
from types import ModuleType

from markupsafe import Markup
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as PlainResponse

from .harness import Recorder, plain
from .registry import ERROR_SETTINGS, application, make_app

RESULTS = (
    "text",
    "empty",
    "bytes",
    "bytearray",
    "none",
    "number",
    "set",
    "dict",
    "list",
    "ordered",
    "generator",
    "tuple0",
    "tuple1",
    "tuple4",
    "pair-status",
    "pair-text",
    "pair-bytes",
    "pair-http",
    "pair-none",
    "pair-odd",
    "pair-empty",
    "pair-dict",
    "pair-list",
    "pair-tuple",
    "pair-headers",
    "triple",
    "triple-list",
    "triple-none",
    "triple-response",
    "response",
    "response-status",
    "plain",
    "wsgi",
    "wsgi-bad",
    "class",
    "newline",
    "newline-list",
    "many",
    "type",
    "204",
    "304",
    "100",
    "304-length",
    "redirect",
    "location",
    "location-odd",
    "int-header",
    "content-location",
    "etag",
    "markup",
    "subclass",
    "memoryview",
    "iterator",
    "map",
    "proxy",
)


@application(paths=[f"/{name}" for name in RESULTS], settings=ERROR_SETTINGS)
def build_results(fw: ModuleType, rec: Recorder) -> t.Any:
    """All that a view may return, and some that it may not."""
    app = make_app(fw.Flask)

    def simple(environ: t.Any, start_response: t.Any) -> t.Any:
        start_response("299 Odd", [("X-From", "wsgi"), ("X-From", "again")])
        return [b"wsgi ", environ["REQUEST_METHOD"].encode()]

    class Text(str):
        pass

    class Class:
        def __init__(self, environ: t.Any, start_response: t.Any) -> None:
            start_response("200 OK", [("Content-Type", "text/x")])

        def __iter__(self) -> t.Any:
            return iter([b"class"])

    def redirect(code: int) -> t.Any:
        return fw.redirect("/t\xe4rget?a=b&c=<d>", code)

    def many() -> t.Any:
        response = fw.make_response("many", 201, {"X-A": "1"})
        response.headers.add("X-A", "2")
        response.headers["Content-Type"] = "text/other"
        response.set_data("m\xe4ny more")
        response.status = "299 Mine"
        return response

    def bare(status: int, body: t.Any = "body") -> t.Any:
        response = app.response_class(body, status=status)
        response.headers["Expires"] = "0"
        response.headers["Content-Location"] = "/here"
        response.headers["Content-Language"] = "de"
        return response

    def tagged() -> t.Any:
        response = fw.make_response("tagged")
        response.set_etag("tag")
        response.last_modified = datetime.datetime(2020, 1, 1)
        return response.make_conditional(fw.request)

    results: dict[str, t.Callable[[], t.Any]] = {
        "text": lambda: "t\xe4xt \u20ac \U0001f600",
        "empty": lambda: "",
        "bytes": lambda: b"\x00\xff",
        "bytearray": lambda: bytearray(b"array"),
        "none": lambda: None,
        "number": lambda: 3,
        "set": lambda: {1},
        "dict": lambda: {"b": 1, "a": [1, {"c": None}], "\xe4": 1.5},
        "list": lambda: [1, "a", None],
        "ordered": lambda: OrderedDict(b=1, a=2),
        "generator": lambda: (part for part in ("a", b"b", "\xe4")),
        "tuple0": lambda: (),
        "tuple1": lambda: ("a",),
        "tuple4": lambda: ("a", 200, {}, 4),
        "pair-status": lambda: ("pair", 418),
        "pair-text": lambda: ("pair", "299 Mine"),
        "pair-bytes": lambda: ("pair", b"299 Mine"),
        "pair-http": lambda: ("pair", HTTPStatus.CREATED),
        "pair-none": lambda: ("pair", None),
        "pair-odd": lambda: ("pair", 799),
        "pair-empty": lambda: ("pair", ""),
        "pair-dict": lambda: ("pair", {"X-A": "1", "Content-Type": "text/x"}),
        "pair-list": lambda: ("pair", [("X-A", "1"), ("X-A", "2")]),
        "pair-tuple": lambda: ("pair", (("X-A", 1),)),
        "pair-headers": lambda: ("pair", Headers([("X-A", "1"), ("x-a", "2")])),
        "triple": lambda: ({"a": 1}, 202, {"X-A": ["1", "2"], "Content-Type": "x/y"}),
        "triple-list": lambda: ("a", "404", [("X-A", "1")]),
        "triple-none": lambda: ("a", None, None),
        "triple-response": lambda: (many(), 500, {"X-A": "3"}),
        "response": many,
        "response-status": lambda: (many(), 404),
        "plain": lambda: PlainResponse("plain", 203, {"X-P": "1"}, content_type="text/p"),
        "wsgi": lambda: simple,
        "wsgi-bad": lambda: lambda: None,
        "class": lambda: Class,
        "newline": lambda: ("a", {"X-A": "b\r\nX-C: d"}),
        "newline-list": lambda: app.response_class("a", headers=[("X-A", "b\nc")]),
        "many": many,
        "type": lambda: app.response_class("a", content_type="text/x;\ny"),
        "204": lambda: bare(204),
        "304": lambda: bare(304),
        "100": lambda: bare(100),
        "304-length": lambda: ("", 304, {"Content-Length": "5", "Content-Type": "a/b"}),
        "redirect": lambda: redirect(303),
        "location": lambda: ("", 201, {"Location": "/\xe4/\u20ac?x=\xe4"}),
        "location-odd": lambda: ("", 302, {"Location": "//h\xf6st.example/a b"}),
        "int-header": lambda: ("a", {"X-A": 5, "X-B": None, "X-C": 1.5}),
        "content-location": lambda: ("a", {"Content-Location": "\xe4 b"}),
        "etag": tagged,
        "markup": lambda: Markup("<i>{}</i>").format("<"),
        "subclass": lambda: Text("sub"),
        "memoryview": lambda: memoryview(b"view"),
        "iterator": lambda: iter(["a", 1]),
        "map": lambda: map(str, range(3)),
        "proxy": lambda: fw.request,
    }
    assert set(results) == set(RESULTS)

    def view(name: str) -> t.Any:
        rec.note("view", name, fw.request.method, fw.request.endpoint)
        return results[name]()

    methods = ["GET", "POST", "PUT"]
    app.add_url_rule("/<name>", view_func=view, methods=methods)

    @app.after_request
    def look(response: t.Any) -> t.Any:
        rec.note(
            "response",
            type(response).__name__,
            response.status,
            response.status_code,
            [item for item in response.headers if item[0] != "Allow"],
            sorted(response.allow),
            response.is_sequence,
            response.direct_passthrough,
            response.mimetype,
            response.content_length,
        )
        return response

    return app


READS = (
    "args",
    "form",
    "files",
    "values",
    "cookies",
    "headers",
    "url",
    "base_url",
    "url_root",
    "root_url",
    "host_url",
    "host",
    "path",
    "full_path",
    "root_path",
    "script_root",
    "method",
    "scheme",
    "is_secure",
    "query_string",
    "remote_addr",
    "remote_user",
    "server",
    "access_route",
    "authorization",
    "accept_mimetypes",
    "accept_languages",
    "cache_control",
    "if_match",
    "if_none_match",
    "if_modified_since",
    "if_range",
    "range",
    "content_type",
    "content_length",
    "mimetype",
    "mimetype_params",
    "is_json",
    "data",
    "json",
    "user_agent",
    "referrer",
    "date",
    "max_forwards",
    "pragma",
    "origin",
    "is_multiprocess",
    "want_form_data_parsed",
    "trusted_hosts",
    "endpoint",
    "blueprint",
    "blueprints",
    "url_rule",
    "view_args",
    "routing_exception",
    "max_content_length",
    "max_form_memory_size",
    "max_form_parts",
    "shallow",
    "stream",
    "input_stream",
)


def _read(request: t.Any, name: str) -> t.Any:
    value = getattr(request, name)
    if name in {"stream", "input_stream"}:
        return type(value).__name__, value.read(7)
    if name == "files":
        return [(key, file.filename, file.read(), file.name) for key, file in value.items(True)]
    if hasattr(value, "items"):
        try:
            return list(value.items(multi=True))
        except TypeError:
            return list(value.items())
    return value


@application(
    paths=["/", "/a/b", "/\xc3\xa4", "/%41", "/a b", "/\xff"],
    settings={
        **ERROR_SETTINGS,
        "TRUSTED_HOSTS": [["localhost", "example.com"]],
        "MAX_CONTENT_LENGTH": [0, 10, 100],
        "MAX_FORM_MEMORY_SIZE": [None, 5, 50],
        "MAX_FORM_PARTS": [None, 1, 5],
    },
    cookies=0.4,
)
def build_reads(fw: ModuleType, rec: Recorder) -> t.Any:
    """Everything that a request shows, in an order that depends on the request."""
    app = make_app(fw.Flask)

    @app.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    @app.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def index(path: str) -> t.Any:
        request = fw.request
        size = len(request.environ.get("PATH_INFO", "")) + len(request.query_string)
        start = (size * 7) % len(READS)

        for name in READS[start:] + READS[:start]:
            try:
                rec.note(name, _read(request, name))
            except Exception as error:
                rec.note(name, "fails", error)

        request.environ["HTTP_X_LATER"] = "later"
        rec.note("later", request.headers.get("X-Later"), repr(request), path)
        return "read"

    @app.teardown_request
    def look(error: BaseException | None) -> None:
        rec.note("teardown", error)

    return app


@dataclasses.dataclass
class Point:
    x: int
    y: decimal.Decimal


class Html:
    def __html__(self) -> str:
        return "<i>html</i>"


@application(
    paths=["/echo", "/types", "/silent", "/force", "/bad", "/nothing", "/both", "/loads", "/keys"],
    settings={**ERROR_SETTINGS, "MAX_CONTENT_LENGTH": [20]},
)
def build_json(fw: ModuleType, rec: Recorder) -> t.Any:
    """JSON in and out, with a provider that changes from request to request."""
    app = make_app(fw.Flask)
    stock = app.json
    both = {"methods": ["GET", "POST"]}

    class Reversed(fw.json.provider.DefaultJSONProvider):  # type: ignore[misc]
        mimetype = "application/x-json"
        sort_keys = False

        def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
            rec.note("dumps", sorted(kwargs))
            return str(super().dumps(obj, **kwargs))[::-1]

        def loads(self, s: t.Any, **kwargs: t.Any) -> t.Any:
            rec.note("loads", s)
            return super().loads(s, **kwargs)

    class Bare(fw.json.provider.JSONProvider):  # type: ignore[misc]
        def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
            return repr(obj)

        def loads(self, s: t.Any, **kwargs: t.Any) -> t.Any:
            return {"loaded": s}

    providers = [stock, Reversed(app), stock, Bare(app)]

    def turn(app_: t.Any, environ: t.Any, start_response: t.Any) -> t.Any:
        app.json = providers[len(environ.get("QUERY_STRING", "")) % 4]
        return app_(environ, start_response)

    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: turn(inner, environ, start_response)

    @app.route("/echo", **both)
    def echo() -> t.Any:
        value = fw.request.get_json()
        rec.note("json", value, fw.request.is_json, fw.request.json == value)
        return fw.jsonify(value)

    @app.route("/silent", **both)
    def silent() -> t.Any:
        return fw.jsonify(fw.request.get_json(silent=True), fw.request.get_json(silent=True))

    @app.route("/force", **both)
    def force() -> t.Any:
        first = fw.request.get_json(force=True, cache=False)
        return {"first": first, "data": len(fw.request.data)}

    @app.route("/types", **both)
    def types() -> t.Any:
        return {
            "date": datetime.date(2020, 2, 3),
            "time": datetime.datetime(2020, 2, 3, 4, 5, 6),
            "decimal": decimal.Decimal("1.50"),
            "uuid": uuid.UUID(int=5),
            "point": Point(1, decimal.Decimal(2)),
            "html": Html(),
            "text": "\xe4</script>",
        }

    app.add_url_rule("/bad", endpoint="bad", view_func=lambda: {"bad": object()})
    app.add_url_rule("/nothing", endpoint="nothing", view_func=lambda: fw.jsonify())
    app.add_url_rule("/both", endpoint="both", view_func=lambda: fw.jsonify(1, a=2))
    app.add_url_rule("/keys", endpoint="keys", view_func=lambda: {1: 1, "a": 2})

    @app.route("/loads")
    def loads() -> t.Any:
        text = fw.json.dumps({"b": 1, "a": "\xe4"}, indent=1)
        return [text, fw.json.loads('{"x": 1.5}'), fw.current_app.json.dumps([1, {}])]

    @app.errorhandler(400)
    def broken(error: t.Any) -> t.Any:
        return {"description": plain(error.description), "cause": plain(error.__cause__)}, 400

    return app


@application(
    paths=["/form", "/values", "/files", "/need", "/data", "/raw", "/limits", "/unread", "/args"],
    queries=["a=1&a=2", "name=query", "k=1"],
    settings={
        **ERROR_SETTINGS,
        "MAX_CONTENT_LENGTH": [0, 10, 100, 1000],
        "MAX_FORM_MEMORY_SIZE": [None, 5, 50],
        "MAX_FORM_PARTS": [None, 1, 5],
    },
)
def build_forms(fw: ModuleType, rec: Recorder) -> t.Any:
    """Forms, uploads, and limits of bodies."""
    app = make_app(fw.Flask)
    methods = ["GET", "POST", "PUT"]

    def route(path: str) -> t.Any:
        return app.route(path, methods=methods)

    @route("/form")
    def form() -> t.Any:
        return {"form": list(fw.request.form.items(multi=True)), "data": len(fw.request.data)}

    @route("/values")
    def values() -> t.Any:
        return {"values": list(fw.request.values.items(multi=True))}

    @route("/files")
    def files() -> t.Any:
        up = fw.request.files["up"]
        rec.note("file", up.filename, up.mimetype, list(up.headers), repr(up))
        return up.read()

    @route("/need")
    def need() -> t.Any:
        return fw.request.form["name"] + fw.request.args["a"]

    @route("/args")
    def args() -> t.Any:
        request = fw.request
        return [request.args.get("a", type=int), request.args.getlist("a"), request.args["name"]]

    @route("/data")
    def data() -> t.Any:
        first = fw.request.get_data()
        rec.note("after", dict(fw.request.form), len(fw.request.files))
        return first

    @route("/raw")
    def raw() -> t.Any:
        return fw.request.stream.read(5) + fw.request.stream.read()

    @route("/limits")
    def limits() -> t.Any:
        fw.request.max_content_length = 30
        fw.request.max_form_parts = 2
        fw.request.max_form_memory_size = 20
        return {"form": dict(fw.request.form), "limit": fw.request.max_content_length}

    @route("/unread")
    def unread() -> t.Any:
        return "not read"

    @app.errorhandler(413)
    def large(error: t.Any) -> t.Any:
        rec.note("large", error)
        return error

    @app.teardown_request
    def look(error: BaseException | None) -> None:
        rec.note("teardown", error, fw.request.environ.get("wsgi.input") is not None)

    return app
