"""Applications about the stages of a request: hooks, errors, signals, overrides."""

from __future__ import annotations

import typing as t
from types import ModuleType

from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, NotFound

from .environs import KEY
from .harness import Odd, Recorder
from .registry import ERROR_SETTINGS, application, make_app

STAGES = (
    "preprocess value",
    "before",
    "before admin",
    "before inner",
    "view",
    "after",
    "after admin",
    "after inner",
    "after this",
    "teardown",
    "teardown admin",
    "teardown inner",
    "teardown app",
    "handler odd",
    "handler 404",
    "handler http",
    "handler 500",
    "handler all",
    "context processor",
    "url default",
    "close callback",
    "body",
)


def add_hooks(fw: ModuleType, rec: Recorder, target: t.Any, suffix: str = "") -> None:
    """Register a function for every stage, on an application or on a blueprint."""

    @target.url_value_preprocessor
    def preprocess(endpoint: str | None, values: t.Any) -> None:
        rec.stage(f"preprocess value{suffix}", endpoint, values)
        if values is not None:
            values.pop("lang", None)

    @target.url_defaults
    def defaults(endpoint: str, values: dict[str, t.Any]) -> None:
        rec.stage(f"url default{suffix}", endpoint, values)

    @target.before_request
    def before() -> t.Any:
        return rec.stage(f"before{suffix}", fw.request.endpoint, fw.request.blueprints)

    @target.after_request
    def after(response: t.Any) -> t.Any:
        answer = rec.stage(f"after{suffix}", response.status, sorted(response.headers.keys()))
        response.headers.add("X-After", suffix or "app")
        return response if answer is None else (answer or None)

    @target.teardown_request
    def teardown(error: BaseException | None) -> None:
        rec.stage(f"teardown{suffix}", error, bool(fw.request))


def add_signals(fw: ModuleType, rec: Recorder, app: t.Any) -> list[t.Any]:
    """Connect a receiver to each signal; they go with the list that is returned."""
    receivers: list[t.Any] = []

    for name in (
        "request_started",
        "request_finished",
        "request_tearing_down",
        "got_request_exception",
        "appcontext_pushed",
        "appcontext_popped",
        "appcontext_tearing_down",
        "template_rendered",
        "before_render_template",
        "message_flashed",
    ):

        def receive(sender: t.Any, name: str = name, **extra: t.Any) -> None:
            seen = {key: _shown(value) for key, value in sorted(extra.items())}
            rec.stage(f"signal {name}", sender is app, seen, bool(fw.current_app), bool(fw.request))

        receivers.append(receive)
        getattr(fw.signals, name).connect(receive, app)

    return receivers


def _shown(value: t.Any) -> t.Any:
    if isinstance(value, (BaseException, str)) or value is None:
        return value
    return getattr(value, "status", None) or type(value).__name__


def _nested(fw: ModuleType, rec: Recorder, handlers: bool) -> t.Any:
    app = make_app(fw.Flask)
    admin = fw.Blueprint("admin", __name__)
    inner = fw.Blueprint("inner", __name__)
    app.signal_receivers = add_signals(fw, rec, app)
    add_hooks(fw, rec, app)
    add_hooks(fw, rec, admin, " admin")
    add_hooks(fw, rec, inner, " inner")
    both = {"methods": ["GET", "POST"]}

    def view(**values: t.Any) -> t.Any:
        @fw.after_this_request
        def last(response: t.Any) -> t.Any:
            rec.stage("after this")
            response.headers.add("X-After", "this")
            return response

        rv = rec.stage("view", values, fw.request.endpoint, fw.request.blueprint)
        response = fw.make_response(rv if rv is not None else "seen")
        response.call_on_close(lambda: rec.stage("close callback"))
        return response

    def stream(**values: t.Any) -> t.Any:
        def generate() -> t.Any:
            try:
                yield "one "
                rec.stage("body", bool(fw.request), bool(fw.current_app))
                yield fw.request.path
                yield "three"
            finally:
                rec.note("body ends")

        return fw.stream_with_context(generate()) if values.get("kept") else generate()

    def template(**values: t.Any) -> t.Any:
        fw.flash("a message")
        source = "{{ shown }} {{ url_for('view', _anchor='x') }} {{ get_flashed_messages() }}"
        return fw.render_template_string(source, asked=1)

    for target, prefix in ((app, ""), (admin, "/here"), (inner, "/in")):
        target.add_url_rule(prefix + "/view", endpoint="view", view_func=view, **both)
        target.add_url_rule(prefix + "/stream", endpoint="stream", view_func=stream)
        target.add_url_rule(
            prefix + "/kept", endpoint="kept", view_func=stream, defaults={"kept": True}
        )
        target.add_url_rule(prefix + "/template", endpoint="template", view_func=template)

    @app.context_processor
    def processor() -> dict[str, t.Any]:
        rec.stage("context processor")
        return {"shown": "app", "asked": "never"}

    @app.teardown_appcontext
    def teardown_app(error: BaseException | None) -> None:
        rec.stage("teardown app", error, bool(fw.request))

    if handlers:
        _add_handlers(rec, app, inner)

    admin.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(admin, url_prefix="/admin")
    return app


def _add_handlers(rec: Recorder, app: t.Any, inner: t.Any) -> None:
    @app.errorhandler(Odd)
    def odd(error: t.Any) -> t.Any:
        return rec.stage("handler odd", error) or ("odd", 418)

    @app.errorhandler(404)
    def missing(error: t.Any) -> t.Any:
        return rec.stage("handler 404", error) or ("missing", 404)

    @app.errorhandler(InternalServerError)
    def internal(error: t.Any) -> t.Any:
        original = error.original_exception
        return rec.stage("handler 500", error, original) or ("internal", 500)

    @inner.errorhandler(HTTPException)
    def http(error: t.Any) -> t.Any:
        return rec.stage("handler http", error) or (f"http {error.code}", error.code or 299)

    @inner.errorhandler(Exception)
    def anything(error: t.Any) -> t.Any:
        return rec.stage("handler all", error) or ("anything", 500)


PATHS = [
    prefix + name
    for prefix in ("", "/admin/here", "/admin/inner/in")
    for name in ("/view", "/stream", "/kept", "/template", "/missing")
]
SIGNAL_STAGES = tuple(
    f"signal {name}"
    for name in (
        "request_started",
        "request_finished",
        "request_tearing_down",
        "got_request_exception",
        "appcontext_pushed",
        "appcontext_popped",
        "appcontext_tearing_down",
        "template_rendered",
        "message_flashed",
    )
)


@application(paths=PATHS, settings=ERROR_SETTINGS, stages=STAGES + SIGNAL_STAGES, cookies=0.3)
def build_hooks(fw: ModuleType, rec: Recorder) -> t.Any:
    """Every kind of hook and signal, on nested blueprints, without handlers of errors."""
    return _nested(fw, rec, handlers=False)


@application(paths=PATHS, settings=ERROR_SETTINGS, stages=STAGES + SIGNAL_STAGES, cookies=0.3)
def build_handlers(fw: ModuleType, rec: Recorder) -> t.Any:
    """The same, with handlers of errors."""
    return _nested(fw, rec, handlers=True)


@application(
    paths=["/odd", "/key", "/abort/404", "/abort/403", "/abort/600", "/abort/response", "/value"],
    queries=["handler=all", "handler=http", "handler=500", "handler=forbidden", "handler=none"],
    settings=ERROR_SETTINGS,
)
def build_errors(fw: ModuleType, rec: Recorder) -> t.Any:
    """Handlers that are entered and taken away while the application serves."""
    app = make_app(fw.Flask)

    def all_(error: Exception) -> t.Any:
        return f"all {type(error).__name__}", 500

    def lower(error: Exception) -> t.Any:
        rec.note("lower", error)
        raise LookupError("from the handler")

    tables: dict[str, dict[t.Any, dict[t.Any, t.Any]]] = {
        "all": {None: {Exception: all_}},
        "http": {None: {HTTPException: lambda error: error.get_response()}},
        "500": {500: {InternalServerError: lambda error: (str(error.original_exception), 500)}},
        "forbidden": {403: {Forbidden: lower}, 404: {NotFound: lambda error: error}},
    }

    @app.before_request
    def choose() -> None:
        app.error_handler_spec[None].clear()
        app.error_handler_spec[None].update(tables.get(fw.request.args.get("handler", ""), {}))

    @app.route("/odd")
    def odd() -> t.Any:
        raise Odd("odd")

    @app.route("/value")
    def value() -> t.Any:
        try:
            int("x")
        except ValueError as error:
            raise TypeError("from another") from error

    @app.route("/key", methods=["GET", "POST"])
    def key() -> t.Any:
        return fw.request.args["missing"]

    @app.route("/abort/<what>")
    def abort(what: str) -> t.Any:
        if what == "response":
            fw.abort(fw.make_response("stop", 409, {"X-A": "1"}))
        fw.abort(int(what), "because <b>", response=None)

    @app.teardown_request
    def look(error: BaseException | None) -> None:
        rec.note("teardown", error)

    return app


OVERRIDES = (
    "request_context",
    "full_dispatch_request",
    "preprocess_request",
    "dispatch_request",
    "finalize_request",
    "make_response",
    "process_response",
    "handle_user_exception",
    "handle_http_exception",
    "handle_exception",
    "log_exception",
    "trap_http_exception",
    "should_ignore_error",
    "raise_routing_exception",
    "make_default_options_response",
    "create_url_adapter",
    "ensure_sync",
    "do_teardown_request",
    "do_teardown_appcontext",
    "inject_url_defaults",
    "handle_url_build_error",
    "url_for",
    "redirect",
    "update_template_context",
    "get_send_file_max_age",
    "send_static_file",
    "app_context",
)


def _reporting(rec: Recorder, base: t.Any, name: str) -> t.Any:
    method = getattr(base, name)

    def override(self: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        rec.stage(f"own {name}", len(args), sorted(kwargs))
        result = method(self, *args, **kwargs)
        rec.note(f"end {name}", type(result).__name__)
        return result

    return override


@application(
    paths=["/", "/item/3", "/item/x", "/error", "/url", "/template", "/static/hello.txt", "/away"],
    settings=ERROR_SETTINGS,
    stages=[f"own {name}" for name in OVERRIDES],
)
def build_overrides(fw: ModuleType, rec: Recorder) -> t.Any:
    """Every stage overridden in a subclass, all of which report and may fail."""
    methods = {name: _reporting(rec, fw.Flask, name) for name in OVERRIDES}
    app = make_app(type("Flask", (fw.Flask,), methods))
    app.add_url_rule("/", view_func=lambda: "index", methods=["GET", "POST"])
    app.add_url_rule("/item/<int:number>", view_func=lambda number: {"n": number}, endpoint="item")

    @app.route("/error")
    def error() -> t.Any:
        raise Odd("error")

    @app.route("/url")
    def url() -> t.Any:
        return fw.url_for("item", number=1) + fw.url_for("nowhere")

    @app.route("/away")
    def away() -> t.Any:
        return fw.redirect(fw.url_for("item", number=2))

    @app.route("/template")
    def template() -> t.Any:
        return fw.render_template("page.html", value="<b>")

    @app.before_request
    def before() -> None:
        rec.note("before", fw.request.path)

    return app


CLASS_STAGES = (
    "request made",
    "blueprints",
    "path",
    "host",
    "close request",
    "response made",
    "wsgi headers",
    "app iter",
    "iter encoded",
    "close response",
    "status",
    "push",
    "pop",
    "match",
    "app push",
    "app pop",
    "globals",
)


@application(
    paths=["/", "/bp/view", "/json", "/stream", "/missing", "/g"],
    settings=ERROR_SETTINGS,
    stages=CLASS_STAGES,
    hosts=["localhost", "example.com"],
)
def build_classes(fw: ModuleType, rec: Recorder) -> t.Any:
    """Classes of the application's own for requests, responses, contexts and ``g``."""

    class OwnRequest(fw.Request):  # type: ignore[misc]
        def __init__(self, environ: t.Any, *args: t.Any, **kwargs: t.Any) -> None:
            rec.stage("request made", environ.get("PATH_INFO"))
            super().__init__(environ, *args, **kwargs)

        @property
        def blueprints(self) -> t.Any:
            rec.stage("blueprints")
            return super().blueprints

        def close(self) -> None:
            rec.stage("close request")
            super().close()

    class OwnResponse(fw.Response):  # type: ignore[misc]
        default_mimetype = "text/own"
        default_status = 202

        def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
            rec.stage("response made", len(args), sorted(kwargs))
            super().__init__(*args, **kwargs)

        def get_wsgi_headers(self, environ: t.Any) -> t.Any:
            rec.stage("wsgi headers")
            headers = super().get_wsgi_headers(environ)
            headers["X-Own"] = "yes"
            return headers

        def get_app_iter(self, environ: t.Any) -> t.Any:
            rec.stage("app iter")
            return super().get_app_iter(environ)

        def iter_encoded(self) -> t.Any:
            rec.note("iter encoded")
            return super().iter_encoded()

        def close(self) -> None:
            rec.stage("close response")
            super().close()

    class OwnGlobals:
        def __init__(self) -> None:
            rec.stage("globals")
            self.made = "here"

    class OwnContext(fw.ctx.RequestContext):  # type: ignore[misc]
        def push(self) -> None:
            rec.stage("push")
            super().push()

        def pop(self, *args: t.Any) -> None:
            rec.note("pop", len(args))
            super().pop(*args)

        def match_request(self) -> None:
            rec.stage("match", self.session is not None)
            super().match_request()

    class OwnAppContext(fw.ctx.AppContext):  # type: ignore[misc]
        def push(self) -> None:
            rec.stage("app push")
            super().push()

        def pop(self, *args: t.Any) -> None:
            rec.note("app pop", len(args))
            super().pop(*args)

    class OwnFlask(fw.Flask):  # type: ignore[misc]
        request_class = OwnRequest
        response_class = OwnResponse
        app_ctx_globals_class = OwnGlobals

        def request_context(self, environ: t.Any) -> t.Any:
            return OwnContext(self, environ)

        def app_context(self) -> t.Any:
            return OwnAppContext(self)

    app = make_app(OwnFlask)
    bp = fw.Blueprint("bp", __name__)
    bp.add_url_rule("/view", view_func=lambda: "of the blueprint", endpoint="view")
    bp.after_request(lambda response: response)
    bp.teardown_request(lambda error: rec.note("teardown", error))
    app.register_blueprint(bp, url_prefix="/bp")
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index", methods=["GET", "POST"])
    app.add_url_rule("/json", view_func=lambda: {"a": 1}, endpoint="json")
    app.add_url_rule("/stream", view_func=lambda: iter("abc"), endpoint="stream")
    app.add_url_rule("/g", view_func=lambda: fw.g.made, endpoint="g")
    app.before_request(lambda: rec.note("before"))
    app.config["SECRET_KEY"] = KEY
    return app
