"""Applications about hosts, rules and URLs."""

from __future__ import annotations

import typing as t
import uuid
from types import ModuleType

from werkzeug.routing import BaseConverter, ValidationError

from .environs import HOSTS
from .harness import Recorder
from .registry import ERROR_SETTINGS, HOST_SETTINGS, application, make_app


@application(
    paths=[
        "/int/3",
        "/int/-3",
        "/int/\xd9\xa3",
        "/int/" + "9" * 30,
        "/float/1.5",
        "/uuid/" + str(uuid.UUID(int=7)),
        "/any/b",
        "/any/c",
        "/path/a/b/c",
        "/len/abc",
        "/list/a+b",
        "/list/stop",
        "/list/break",
        "/branch/",
        "/branch",
        "/leaf",
        "/leaf/",
        "/loose/",
        "/loose",
        "/old/1",
        "/moved",
        "/new/2",
        "/page/",
        "/page/1",
        "/page/2",
        "/alias",
        "/raw//double//slash",
        "/two/a-b",
        "/get",
        "/socket",
        "/built",
    ],
    queries=["a=1", "a=%C3%A9&b"],
    hosts=HOSTS[:3] + ["localhost"] * 3,
    settings={**ERROR_SETTINGS, **HOST_SETTINGS},
)
def build_rules(fw: ModuleType, rec: Recorder) -> t.Any:
    """Rules of all kinds, with converters of the application's own."""
    app = make_app(fw.Flask)

    class Listed(BaseConverter):
        regex = r"[a-z+]+"

        def to_python(self, value: str) -> t.Any:
            rec.note("to_python", bool(fw.request), "n" in fw.session)
            if value == "stop":
                raise ValidationError
            if value == "break":
                raise RuntimeError("of the converter")
            return value.split("+")

        def to_url(self, value: t.Any) -> str:
            return "+".join(value)

    app.url_map.converters["list"] = Listed

    def view(**values: t.Any) -> t.Any:
        request = fw.request
        rec.note("view", values, request.endpoint, request.url_rule, request.view_args)
        rec.note("url", fw.url_for(request.endpoint, **values))
        rec.note("external", fw.url_for(request.endpoint, **values, x="\xe4", _external=True))
        return request.url

    def add(rule: str, endpoint: str, **options: t.Any) -> None:
        app.add_url_rule(rule, endpoint=endpoint, view_func=view, **options)

    add("/int/<int(signed=True):n>", "int")
    add("/float/<float:n>", "float")
    add("/uuid/<uuid:id>", "uuid")
    add("/any/<any(a, b):which>", "any", methods=["GET", "PUT"])
    add("/path/<path:rest>", "path")
    add("/len/<string(length=3):s>", "len")
    add("/list/<list:items>", "list", methods=["POST", "GET"])
    add("/branch/", "branch", methods=["GET", "POST"])
    add("/leaf", "leaf")
    add("/loose/", "loose", strict_slashes=False)
    add("/new/<int:n>", "new")
    add("/old/<int:n>", "old", redirect_to="/new/<n>")
    add("/moved", "moved", redirect_to=lambda adapter: "new/5")
    add("/page/", "page", defaults={"n": 1})
    add("/page/<int:n>", "page")
    add("/canonical", "alias")
    add("/alias", "alias", alias=True)
    add("/raw/<path:rest>", "raw", merge_slashes=False)
    add("/two/<a>-<b>", "two")
    add("/get", "get", methods=["GET"])
    add("/get", "post", methods=["POST"], provide_automatic_options=False)
    add("/socket", "socket", websocket=True)
    add("/built", "built", build_only=True)
    app.url_map.redirect_behaviour = None
    return app


def _host_views(fw: ModuleType, rec: Recorder, app: t.Any) -> None:
    def view(**values: t.Any) -> t.Any:
        request = fw.request
        rec.note("view", values, request.endpoint, request.host, request.url, request.root_url)
        rec.note(fw.url_for("index", _external=True), fw.url_for("index"))
        return request.host

    app.add_url_rule("/", endpoint="index", view_func=view)
    app.add_url_rule("/here/", endpoint="here", view_func=view, methods=["GET", "POST"])
    app.add_url_rule("/api", endpoint="api", view_func=view, subdomain="api")
    app.add_url_rule("/user", endpoint="user", view_func=view, subdomain="<user>")
    bp = fw.Blueprint("bp", __name__, subdomain="api")
    bp.add_url_rule("/bp", endpoint="bp", view_func=view)
    app.register_blueprint(bp)
    app.before_request(lambda: rec.note("before", fw.request.path))

    @app.errorhandler(400)
    def bad(error: t.Any) -> t.Any:
        rec.note("400", error)
        return "bad", 400


@application(
    paths=["/", "/here/", "/here", "/api", "/user", "/bp", "/missing"],
    hosts=HOSTS,
    settings={**HOST_SETTINGS, "PROPAGATE_EXCEPTIONS": [True]},
)
def build_hosts(fw: ModuleType, rec: Recorder) -> t.Any:
    """Hosts, trusted and others, where subdomains do not matter."""
    app = make_app(fw.Flask)
    _host_views(fw, rec, app)
    return app


@application(
    paths=["/", "/here/", "/here", "/api", "/user", "/bp", "/missing"],
    hosts=HOSTS,
    settings={**HOST_SETTINGS, "PROPAGATE_EXCEPTIONS": [True]},
)
def build_subdomains(fw: ModuleType, rec: Recorder) -> t.Any:
    """Subdomains that are matched."""
    app = make_app(fw.Flask, subdomain_matching=True)
    app.config["SERVER_NAME"] = "example.com"
    _host_views(fw, rec, app)
    return app


@application(
    paths=["/", "/here/", "/here", "/files/hello.txt", "/missing"],
    hosts=HOSTS,
    settings={**HOST_SETTINGS, "PROPAGATE_EXCEPTIONS": [True]},
)
def build_host_matching(fw: ModuleType, rec: Recorder) -> t.Any:
    """Rules with hosts."""
    app = make_app(
        fw.Flask,
        host_matching=True,
        static_host="example.com",
        static_url_path="/files",
    )

    def view(**values: t.Any) -> t.Any:
        rec.note("view", values, fw.request.endpoint, fw.request.url)
        return fw.url_for("index", name="x", _external=True)

    app.add_url_rule("/", endpoint="index", view_func=view, host="<name>.example.com")
    app.add_url_rule("/", endpoint="local", view_func=view, host="localhost")
    app.add_url_rule("/here/", endpoint="here", view_func=view, host="example.com:8080")
    return app


@application(
    paths=["/show/index", "/show/item", "/show/bp.view", "/show/.view", "/show/nowhere", "/bp/own"],
    queries=[
        "",
        "n=3",
        "n=x",
        "n=3&q=1&q=2&s=\xc3\xa4",
        "_anchor=a b/\xc3\xa4",
        "_scheme=https",
        "_scheme=https&_external=1",
        "_external=1",
        "_external=",
        "_method=POST&n=1",
        "_scheme=https&_external=",
        "lang=de",
    ],
    hosts=HOSTS[:8],
    settings={**HOST_SETTINGS, **ERROR_SETTINGS},
)
def build_urls(fw: ModuleType, rec: Recorder) -> t.Any:
    """URLs built within requests and outside of them."""
    app = make_app(fw.Flask)
    bp = fw.Blueprint("bp", __name__)

    def show(endpoint: str) -> t.Any:
        values: dict[str, t.Any] = {}
        for key in fw.request.args:
            found = fw.request.args.getlist(key)
            values[key] = found if len(found) > 1 else found[0]
        if "_external" in values:
            values["_external"] = bool(values["_external"])
        if "n" in values and values["n"].isdigit():
            values["n"] = int(values["n"])

        for make in (fw.url_for, app.url_for, _outside):
            try:
                rec.note(make.__name__, make(endpoint, **values))
            except Exception as error:
                rec.note(make.__name__, "fails", error)
        return fw.url_for(endpoint, **values)

    def _outside(endpoint: str, **values: t.Any) -> t.Any:
        with app.app_context():
            token = fw.globals._cv_request.set(None)
            try:
                return fw.url_for(endpoint, **values)
            finally:
                fw.globals._cv_request.reset(token)

    app.add_url_rule("/", endpoint="index", view_func=lambda: "index")
    app.add_url_rule("/item/<int:n>", endpoint="item", view_func=lambda n: "item")
    app.add_url_rule("/item", endpoint="item", defaults={"n": 1}, methods=["POST"])
    app.add_url_rule("/show/<endpoint>", view_func=show)
    bp.add_url_rule("/view", endpoint="view", view_func=lambda: "view")
    bp.add_url_rule("/own", endpoint="own", view_func=lambda: fw.url_for(".view", a=1))
    app.register_blueprint(bp, url_prefix="/bp")

    @app.url_defaults
    def defaults(endpoint: str, values: dict[str, t.Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "n"):
            values.setdefault("n", 8)

    def rescue(error: Exception, endpoint: str, values: dict[str, t.Any]) -> str:
        rec.note("rescue", error, endpoint, values)
        if values.get("lang") == "de":
            return "/rescued"
        raise error

    app.url_build_error_handlers.append(rescue)
    return app


@application(
    paths=["/plain", "/items", "/items/3", "/multi", "/none", "/missing", "/late"],
    settings={"PROVIDE_AUTOMATIC_OPTIONS": [False], **ERROR_SETTINGS},
)
def build_methods(fw: ModuleType, rec: Recorder) -> t.Any:
    """Methods: views made of classes, ``HEAD`` and ``OPTIONS``, rules that change."""
    app = make_app(fw.Flask)

    class Items(fw.views.MethodView):  # type: ignore[misc]
        init_every_request = False

        def get(self, n: int | None = None) -> t.Any:
            return {"n": n, "method": fw.request.method}

        def post(self, n: int | None = None) -> t.Any:
            return fw.request.method, 201

        def delete(self, n: int) -> t.Any:
            return "", 204

    class Plain(fw.views.View):  # type: ignore[misc]
        methods = ["GET", "LINK"]

        def __init__(self, word: str) -> None:
            self.word = word

        def dispatch_request(self) -> t.Any:
            return self.word

    app.add_url_rule("/plain", view_func=Plain.as_view("plain", "word"))
    view = Items.as_view("items")
    app.add_url_rule("/items", view_func=view, defaults={"n": None})
    app.add_url_rule("/items/<int:n>", view_func=view)

    @app.route("/multi", methods=["OPTIONS", "POST"])
    def multi() -> t.Any:
        return f"own {fw.request.method}"

    @app.route("/none", methods=[])
    def none() -> t.Any:
        return "none"

    @app.route("/late")
    def late() -> t.Any:
        return "late"

    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "late")

    def change() -> None:
        rec.note("change", fw.request.method)
        # Seen from the next request on.
        if fw.request.method == "PUT":
            rule.methods ^= {"PATCH"}
        app.view_functions["late"] = (late, lambda: "replaced")[fw.request.method == "HEAD"]

    app.before_request(change)
    return app
