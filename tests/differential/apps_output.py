"""Applications about what goes out: streams, files, cookies, templates, foreign code."""

from __future__ import annotations

import io
import typing as t
from datetime import datetime, timedelta
from types import ModuleType

from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as PlainResponse

from .harness import Recorder
from .registry import ERROR_SETTINGS, FILES, application, make_app


class Body:
    """An iterable that reports when it is closed."""

    def __init__(self, rec: Recorder, items: t.Iterable[t.Any]) -> None:
        self.rec = rec
        self.items = items

    def __iter__(self) -> t.Any:
        self.rec.note("iterated")
        for item in self.items:
            self.rec.note("item", item)
            yield item

    def close(self) -> None:
        self.rec.stage("close body")


@application(
    paths=["/gen", "/kept", "/decorated", "/class", "/fails", "/late", "/direct", "/list", "/204"],
    stages=("in stream", "close body", "on close"),
    settings=ERROR_SETTINGS,
)
def build_streams(fw: ModuleType, rec: Recorder) -> t.Any:
    """Bodies that are made while they are sent."""
    app = make_app(fw.Flask)

    def parts() -> t.Any:
        try:
            yield "first "
            rec.stage("in stream", bool(fw.request), bool(fw.current_app))
            yield b"second "
            yield fw.request.path if fw.request else "no request"
        except GeneratorExit:
            rec.note("left")
            raise
        finally:
            rec.note("done")

    @app.route("/gen")
    def gen() -> t.Any:
        return parts()

    @app.route("/kept")
    def kept() -> t.Any:
        fw.g.value = 1
        fw.session["x"] = 1
        return app.response_class(fw.stream_with_context(parts()), mimetype="text/plain")

    @app.route("/decorated")
    def decorated() -> t.Any:
        @fw.stream_with_context
        def inner(word: str) -> t.Any:
            yield word
            yield fw.request.method

        return inner("word ")

    @app.route("/class")
    def class_() -> t.Any:
        response = app.response_class(Body(rec, ["a", "b", b"c"]), status=201)
        response.call_on_close(lambda: rec.stage("on close"))
        response.call_on_close(lambda: rec.note("on close 2"))
        return response

    @app.route("/fails")
    def fails() -> t.Any:
        def generate() -> t.Any:
            yield "a"
            raise LookupError("in the body")

        return generate()

    @app.route("/late")
    def late() -> t.Any:
        response = app.response_class(Body(rec, [1, "x"]))
        response.headers["Content-Length"] = "3"
        return response

    @app.route("/direct")
    def direct() -> t.Any:
        response = app.response_class(Body(rec, [b"a", b"b"]), direct_passthrough=True)
        response.call_on_close(lambda: rec.stage("on close"))
        return response

    @app.route("/list")
    def list_() -> t.Any:
        response = app.response_class(["a", b"b", "\xe4"])
        response.call_on_close(lambda: rec.stage("on close"))
        return response

    @app.route("/204")
    def nothing() -> t.Any:
        return app.response_class(Body(rec, ["a"]), status=204)

    @app.teardown_request
    def teardown(error: BaseException | None) -> None:
        rec.note("teardown", error)

    @app.teardown_appcontext
    def teardown_app(error: BaseException | None) -> None:
        rec.note("teardown app", error, "value" in fw.g)

    return app


@application(
    paths=[
        "/static/hello.txt",
        "/static/style.css",
        "/static/missing",
        "/static/../apps.py",
        "/static/",
        "/download/hello.txt",
        "/download/%00",
        "/download/\x00",
        "/download/" + "a" * 300,
        "/memory",
        "/text",
        "/tagged",
        "/bp-static/hello.txt",
    ],
    settings={
        "USE_X_SENDFILE": [True],
        "SEND_FILE_MAX_AGE_DEFAULT": [0, 60, timedelta(hours=1), None],
        **ERROR_SETTINGS,
    },
)
def build_files(fw: ModuleType, rec: Recorder) -> t.Any:
    """Files, whole and in parts."""
    app = make_app(fw.Flask)
    bp = fw.Blueprint("bp", __name__, root_path=str(FILES), static_folder="static")
    bp.static_url_path = "/bp-static"
    app.register_blueprint(bp)

    @app.route("/download/<path:name>")
    def download(name: str) -> t.Any:
        return fw.send_from_directory("static", name, as_attachment=True)

    @app.route("/memory")
    def memory() -> t.Any:
        return fw.send_file(
            io.BytesIO(b"0123456789"),
            mimetype="text/x",
            download_name="n\xe4me.txt",
            conditional=True,
            etag="tag",
            last_modified=datetime(2020, 1, 1),
        )

    @app.route("/text")
    def text() -> t.Any:
        return fw.send_file(io.StringIO("text"), mimetype="text/plain")

    @app.route("/tagged")
    def tagged() -> t.Any:
        response = fw.make_response("tagged")
        response.add_etag()
        return response.make_conditional(fw.request, accept_ranges=True, complete_length=6)

    return app


@application(
    paths=["/set", "/delete", "/many", "/odd", "/large", "/read"],
    settings={"MAX_COOKIE_SIZE": [0, 5000], "APPLICATION_ROOT": ["/app"]},
    cookies=0.6,
)
def build_cookies(fw: ModuleType, rec: Recorder) -> t.Any:
    """Cookies and other headers of a response."""
    app = make_app(fw.Flask)

    @app.route("/set")
    def set_() -> t.Any:
        response = fw.make_response("set")
        response.set_cookie("a", "b c;\xe4", max_age=60, path="/p", secure=True, samesite="lax")
        response.set_cookie("t", "1", expires=0, domain=".example.com", httponly=True)
        return response

    @app.route("/delete")
    def delete() -> t.Any:
        response = app.response_class("delete")
        response.delete_cookie("a", path="/p", domain="example.com")
        return response

    @app.route("/many")
    def many() -> t.Any:
        response = fw.make_response({"a": 1})
        for number in range(3):
            response.set_cookie(f"c{number}", str(number))
        response.vary.add("Accept")
        response.cache_control.max_age = 5
        response.content_language.add("de")
        response.www_authenticate = None
        response.access_control_allow_origin = "*"
        response.retry_after = 7
        response.mimetype = "text/other"
        response.mimetype_params["x"] = "y"
        response.headers.setdefault("X-S", "1")
        response.headers.extend([("X-E", "1"), ("X-E", "2")])
        del response.headers["X-S"]
        return response

    @app.route("/odd")
    def odd() -> t.Any:
        response = fw.make_response("odd")
        response.set_cookie("a\nb", "c")
        response.headers["X-Odd"] = "\u20ac"
        return response

    @app.route("/large")
    def large() -> t.Any:
        response = fw.make_response("large")
        response.set_cookie("a", "b" * 3000)
        return response

    @app.route("/read")
    def read() -> t.Any:
        rec.note("cookies", list(fw.request.cookies.items(multi=True)))
        return fw.request.cookies.get("a", "none")

    return app


@application(
    paths=["/page", "/text", "/string", "/stream", "/missing", "/macro", "/bp/page", "/session"],
    settings={**ERROR_SETTINGS, "TEMPLATES_AUTO_RELOAD": [True]},
    stages=("processor", "filter"),
    cookies=0.3,
)
def build_templates(fw: ModuleType, rec: Recorder) -> t.Any:
    """Templates with processors, filters, globals and tests."""
    app = make_app(fw.Flask)
    bp = fw.Blueprint("bp", __name__)

    @app.context_processor
    def processor() -> t.Any:
        rec.stage("processor", fw.request.endpoint)
        return {"value": "processor", "more": "<more>"}

    @bp.context_processor
    def bp_processor() -> t.Any:
        return {"more": "bp"}

    @app.template_filter("twice")
    def twice(text: str) -> str:
        rec.stage("filter")
        return text * 2

    app.add_template_global(lambda: "global", "glob")
    app.add_template_test(lambda value: value == 3, "three")

    def page() -> t.Any:
        return fw.render_template("page.html", value="<i>")

    app.add_url_rule("/page", view_func=page)
    bp.add_url_rule("/page", view_func=page)
    app.add_url_rule(
        "/text", endpoint="text", view_func=lambda: fw.render_template("part.txt", value="<b>")
    )
    app.add_url_rule(
        "/missing",
        endpoint="missing",
        view_func=lambda: fw.render_template(["nowhere.html", "no.txt"]),
    )

    @app.route("/string")
    def string() -> t.Any:
        source = (
            "{{ value }} {{ more|twice }} {{ glob() }} {{ 3 is three }} {{ request.path }}"
            " {{ config.DEBUG }} {{ g.x }} {{ [1, '<']|tojson }} {{ url_for('page', a=1) }}"
        )
        fw.g.x = "of g"
        return fw.render_template_string(source)

    @app.route("/session")
    def session() -> t.Any:
        return fw.render_template_string("{{ session.get('n') }}{{ get_flashed_messages() }}")

    @app.route("/stream")
    def stream() -> t.Any:
        source = "{% for i in range(3) %}{{ i }} {{ request.method }}{% endfor %}"
        return app.response_class(fw.stream_template_string(source))

    @app.route("/macro")
    def macro() -> t.Any:
        return str(fw.get_template_attribute("page.html", "nothing"))

    app.register_blueprint(bp, url_prefix="/bp")
    return app


@application(
    paths=["/copy", "/nested", "/other", "/g", "/inner", "/fail", "/thread"],
    settings=ERROR_SETTINGS,
    cookies=0.3,
)
def build_contexts(fw: ModuleType, rec: Recorder) -> t.Any:
    """Contexts within contexts, and requests within requests."""
    app = make_app(fw.Flask)
    other = make_app(fw.Flask)
    app.before_request(lambda: setattr(fw.g, "user", fw.request.path))
    other.add_url_rule("/", view_func=lambda: f"other {fw.request.path} {'user' in fw.g}")

    @app.teardown_appcontext
    def teardown(error: BaseException | None) -> None:
        rec.note("teardown app", error, sorted(fw.g), repr(fw.g))

    @app.route("/copy")
    def copy() -> t.Any:
        @fw.copy_current_request_context
        def work() -> t.Any:
            return fw.request.path, "user" in fw.g, fw.session.get("n")

        rec.note(work())
        token = fw.globals._cv_request.set(None)
        app_token = fw.globals._cv_app.set(None)
        try:
            rec.note(fw.has_request_context(), fw.has_app_context(), work())
        finally:
            fw.globals._cv_request.reset(token)
            fw.globals._cv_app.reset(app_token)
        return "copied"

    @app.route("/nested")
    def nested() -> t.Any:
        with app.app_context():
            rec.note("nested", "user" in fw.g, fw.url_for("nested"))
            fw.g.user = "nested"
        with app.test_request_context("/item?x=1", method="POST", data={"a": "b"}):
            rec.note(fw.request.path, fw.request.form, fw.request.args, "user" in fw.g)
        return fw.g.user

    @app.route("/other")
    def other_() -> t.Any:
        with other.app_context():
            rec.note(fw.current_app == other, "user" in fw.g)
        return other.test_client().get("/").text

    @app.route("/inner")
    def inner() -> t.Any:
        response = app.test_client().get("/g", headers={"X-A": "1"})
        return response.text + fw.g.user

    @app.route("/g")
    def g() -> t.Any:
        fw.g.setdefault("a", []).append(1)
        found = fw.g.pop("a"), fw.g.get("b", 2), list(fw.g), "user" in fw.g
        try:
            fw.g.missing
        except AttributeError as error:
            rec.note(error)
        return str(found)

    @app.route("/fail")
    def fail() -> t.Any:
        with app.app_context():
            raise KeyError("within")

    @app.route("/thread")
    def thread() -> t.Any:
        from threading import Thread

        def work() -> None:
            rec.note(bool(fw.request), bool(fw.current_app), repr(fw.request))
            try:
                fw.request.path
            except RuntimeError as error:
                rec.note(error)

        worker = Thread(target=work)
        worker.start()
        worker.join()
        return "done"

    return app


@application(
    paths=["/wsgi", "/where", "/plain/x", "/raise", "/mount/where"],
    hosts=["localhost", "example.com:8080"],
)
def build_middleware(fw: ModuleType, rec: Recorder) -> t.Any:
    """Middleware around the application, and WSGI applications within."""
    app = make_app(fw.Flask)

    def simple(environ: t.Any, start_response: t.Any) -> t.Any:
        write = start_response("200 OK", [("Content-Type", "text/simple"), ("X-A", "1")])
        if write is not None:
            write(b"written ")
        return Body(rec, [b"simple"])

    app.add_url_rule("/wsgi", endpoint="wsgi", view_func=lambda: simple)
    app.add_url_rule(
        "/plain/<name>",
        endpoint="plain",
        view_func=lambda name: PlainResponse(Body(rec, [name]), 299, direct_passthrough=True),
    )

    @app.route("/where", methods=["GET", "POST"])
    def where() -> t.Any:
        request = fw.request
        return [request.url, request.remote_addr, request.host, request.script_root, request.scheme]

    @app.route("/raise")
    def raise_() -> t.Any:
        raise OSError("of the view")

    fixed = ProxyFix(app.wsgi_app, x_host=1, x_prefix=1)

    def mount(environ: t.Any, start_response: t.Any) -> t.Any:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/mount"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/mount"
            environ["PATH_INFO"] = path[6:]
        rec.note("middleware")
        return fixed(environ, start_response)

    app.wsgi_app = mount
    return app


@application(
    paths=["/view", "/error", "/abort", "/stream", "/class", "/plain"],
    settings=ERROR_SETTINGS,
    stages=("before", "after", "view", "teardown", "handler"),
    weight=0.15,
)
def build_coroutines(fw: ModuleType, rec: Recorder) -> t.Any:
    """Coroutines as views, hooks and handlers."""
    app = make_app(fw.Flask)

    @app.before_request
    async def before() -> t.Any:
        return rec.stage("before", fw.request.path)

    @app.after_request
    async def after(response: t.Any) -> t.Any:
        rec.stage("after", response.status)
        return response

    @app.teardown_request
    async def teardown(error: BaseException | None) -> None:
        rec.note("teardown", error)

    @app.errorhandler(Exception)
    async def handler(error: Exception) -> t.Any:
        rec.stage("handler", error)
        return type(error).__name__, 500

    @app.route("/view", methods=["GET", "POST"])
    async def view() -> t.Any:
        fw.g.value = 1
        rec.stage("view", fw.request.method)
        return {"g": fw.g.value}

    @app.route("/error")
    async def error() -> t.Any:
        raise ValueError("of a coroutine")

    @app.route("/abort")
    async def abort() -> t.Any:
        fw.abort(403)

    @app.route("/stream")
    async def stream() -> t.Any:
        @fw.stream_with_context
        def generate() -> t.Any:
            yield fw.request.path

        return generate()

    class View(fw.views.View):  # type: ignore[misc]
        async def dispatch_request(self) -> t.Any:
            return "class"

    app.add_url_rule("/class", view_func=View.as_view("class"))
    app.add_url_rule("/plain", endpoint="plain", view_func=lambda: "plain")
    return app
