"""What is changed while the application serves is seen by the next request."""

from __future__ import annotations

import copy
import typing as t

import pytest
from werkzeug.routing import Rule as PlainRule

import fastflask
from fastflask import Blueprint, Flask, g, request, session
from fastflask.ctx import AppContext, RequestContext, _AppCtxGlobals
from fastflask.json.provider import DefaultJSONProvider
from fastflask.routing import Map, Rule
from fastflask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from fastflask.testing import FlaskClient
from fastflask.wrappers import Request, Response


@pytest.fixture
def app() -> Flask:
    app = Flask("changes")
    app.secret_key = "a key"
    app.add_url_rule("/", view_func=lambda: "index", endpoint="index")
    blueprint = Blueprint("bp", __name__)
    blueprint.add_url_rule("/view", view_func=lambda: "view", endpoint="view")
    app.register_blueprint(blueprint, url_prefix="/bp")
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    assert client.get("/").text == "index"
    return client


HOOKS = ("before_request_funcs", "after_request_funcs", "teardown_request_funcs")


@pytest.mark.parametrize("registry", HOOKS)
@pytest.mark.parametrize("name", [None, "bp"])
def test_hook_put_into_its_registry(
    app: Flask, client: FlaskClient, registry: str, name: str | None
) -> None:
    calls: list[str] = []
    hook = lambda *args: calls.append("hook") or (args or (None,))[0]  # noqa: E731
    getattr(app, registry).setdefault(name, []).append(hook)
    client.get("/bp/view")
    assert calls == ["hook"]
    client.get("/")
    assert len(calls) == (2 if name is None else 1)
    getattr(app, registry)[name].remove(hook)
    client.get("/bp/view")
    assert len(calls) == (2 if name is None else 1)


@pytest.mark.parametrize("registry", HOOKS)
def test_registry_replaced(app: Flask, client: FlaskClient, registry: str) -> None:
    calls: list[str] = []
    hook = lambda *args: calls.append("hook") or (args or (None,))[0]  # noqa: E731
    setattr(app, registry, {None: [hook]})
    client.get("/")
    assert calls == ["hook"]
    setattr(app, registry, {})
    client.get("/")
    assert calls == ["hook"]


def test_hooks_put_in_another_order(app: Flask, client: FlaskClient) -> None:
    order: list[int] = []
    app.before_request_funcs[None] = [lambda: order.append(1), lambda: order.append(2)]
    client.get("/")
    app.before_request_funcs[None].reverse()
    client.get("/")
    assert order == [1, 2, 2, 1]


def test_hook_added_by_a_hook(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    def first() -> None:
        order.append("first")
        app.before_request_funcs[None].append(lambda: order.append("second"))
        app.after_request_funcs.setdefault(None, []).append(
            lambda response: order.append("after") or response
        )

    app.before_request_funcs[None] = [first]
    client.get("/")
    assert order == ["first", "second", "after"]


def test_preprocessor_and_teardown_put_in_directly(app: Flask, client: FlaskClient) -> None:
    calls: list[t.Any] = []
    app.url_value_preprocessors[None].append(lambda endpoint, values: calls.append(endpoint))
    app.teardown_appcontext_funcs.append(calls.append)
    client.get("/")
    assert calls == ["index", None]
    app.url_value_preprocessors.clear()
    app.teardown_appcontext_funcs.clear()
    client.get("/")
    assert calls == ["index", None]


def test_view_replaced(app: Flask, client: FlaskClient) -> None:
    app.view_functions["index"] = lambda: "replaced"
    assert client.get("/").text == "replaced"
    app.view_functions = {"index": lambda: "all replaced"}
    assert client.get("/").text == "all replaced"


def test_view_replaced_by_a_coroutine(app: Flask, client: FlaskClient) -> None:
    async def coroutine() -> str:
        return "coroutine"

    app.view_functions["index"] = coroutine
    assert client.get("/").text == "coroutine"


def test_rule_changed(app: Flask, client: FlaskClient) -> None:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "index")
    assert client.post("/").status_code == 405
    rule.methods = {"POST"}
    assert client.post("/").text == "index"
    assert client.get("/").status_code == 405


@pytest.mark.parametrize("rule_class", [Rule, PlainRule])
def test_rule_added_to_the_map(app: Flask, client: FlaskClient, rule_class: t.Any) -> None:
    app.url_map.add(rule_class("/late", endpoint="index"))
    assert client.get("/late").text == "index"


def test_map_replaced(app: Flask, client: FlaskClient) -> None:
    app.url_map = Map([Rule("/other", endpoint="index")])
    assert client.get("/").status_code == 404
    assert client.get("/other").text == "index"


def test_error_handler_put_in_directly(app: Flask, client: FlaskClient) -> None:
    from werkzeug.exceptions import NotFound

    app.error_handler_spec[None][404][NotFound] = lambda error: ("handled", 404)
    assert client.get("/missing").text == "handled"
    app.error_handler_spec[None][404].clear()
    assert client.get("/missing").text != "handled"


def test_trusted_hosts_changed(app: Flask, client: FlaskClient) -> None:
    headers = {"Host": "evil.example"}
    assert client.get("/", headers=headers).status_code == 200
    app.config["TRUSTED_HOSTS"] = ["localhost"]
    assert client.get("/", headers=headers).status_code == 400
    app.config["TRUSTED_HOSTS"] = None
    assert client.get("/", headers=headers).status_code == 200


def test_server_name_changed(app: Flask, client: FlaskClient) -> None:
    app.view_functions["index"] = lambda: fastflask.url_for("index", _external=True)
    assert client.get("/").text == "http://localhost/"
    app.config["SERVER_NAME"] = "example.com"
    with app.app_context():
        assert fastflask.url_for("index") == "http://example.com/"
    app.config["APPLICATION_ROOT"] = "/root"
    app.config["PREFERRED_URL_SCHEME"] = "https"
    with app.app_context():
        assert fastflask.url_for("index") == "https://example.com/root/"


@pytest.mark.parametrize(
    ("key", "value"),
    [("PROPAGATE_EXCEPTIONS", True), ("TESTING", True), ("DEBUG", True)],
)
def test_errors_propagate_once_asked_to(
    app: Flask, client: FlaskClient, key: str, value: t.Any
) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    app.view_functions["index"] = fail
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get("/").status_code == 500
    app.config["PROPAGATE_EXCEPTIONS"] = None
    app.config[key] = value
    with pytest.raises(ZeroDivisionError):
        client.get("/")


def test_key_of_sessions_changed(app: Flask, client: FlaskClient) -> None:
    def count() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    app.view_functions["index"] = count
    assert [client.get("/").text for _ in range(2)] == ["1", "2"]
    app.secret_key = "another"
    assert client.get("/").text == "1"
    app.config["SECRET_KEY_FALLBACKS"] = ["a third"]
    assert client.get("/").text == "2"
    app.config.update(SECRET_KEY="fourth", SECRET_KEY_FALLBACKS=["another"])
    assert client.get("/").text == "3"
    app.config["SESSION_COOKIE_NAME"] = "new"
    assert client.get("/").text == "1"
    app.config["SECRET_KEY"] = None
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(RuntimeError, match="secret key"):
        client.get("/")


def test_key_removed_between_the_beginning_and_the_view(app: Flask, client: FlaskClient) -> None:
    def late() -> str:
        app.secret_key = None
        # Opened with the request, when there was a key.
        return type(session._get_current_object()).__name__

    app.view_functions["index"] = late
    assert client.get("/").text == "SecureCookieSession"
    app.view_functions["index"] = lambda: type(session._get_current_object()).__name__
    assert client.get("/").text == "NullSession"


def test_limit_of_bodies_changed(app: Flask, client: FlaskClient) -> None:
    app.url_map.add(Rule("/post", endpoint="post", methods=["POST"]))
    app.view_functions["post"] = lambda: request.get_data()
    assert client.post("/post", data=b"x" * 10).text == "x" * 10
    app.config["MAX_CONTENT_LENGTH"] = 5
    assert client.post("/post", data=b"x" * 10).status_code == 413


def test_provider_of_json_replaced(app: Flask, client: FlaskClient) -> None:
    class Shouting(DefaultJSONProvider):
        def dumps(self, obj: t.Any, **kwargs: t.Any) -> str:
            return super().dumps(obj, **kwargs).upper()

        def loads(self, s: str | bytes, **kwargs: t.Any) -> t.Any:
            return ["loaded", super().loads(s, **kwargs)]

    app.url_map.add(Rule("/json", endpoint="json", methods=["POST"]))
    app.view_functions["json"] = lambda: {"value": request.json}
    assert client.post("/json", json="a").json == {"value": "a"}
    app.json = Shouting(app)
    assert client.post("/json", json="a").get_data() == b'{"VALUE":["LOADED","A"]}\n'
    app.json.sort_keys = False  # type: ignore[attr-defined]


def test_request_class_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(Request):
        word = "own"

    app.view_functions["index"] = lambda: getattr(request, "word", "stock")
    assert client.get("/").text == "stock"
    app.request_class = Own
    assert client.get("/").text == "own"
    del app.request_class
    Flask.request_class, stock = Own, Flask.request_class
    try:
        assert client.get("/").text == "own"
    finally:
        Flask.request_class = stock
    assert client.get("/").text == "stock"


def test_response_class_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(Response):
        default_mimetype = "text/own"

    assert client.get("/").mimetype == "text/html"
    app.response_class = Own
    assert client.get("/").mimetype == "text/own"
    Own.default_mimetype = "text/late"
    assert client.get("/").mimetype == "text/late"
    del app.response_class
    assert client.get("/").mimetype == "text/html"


def test_class_of_g_replaced(app: Flask, client: FlaskClient) -> None:
    class Own(_AppCtxGlobals):
        word = "own"

    app.view_functions["index"] = lambda: g.get("x", getattr(g, "word", "stock"))
    assert client.get("/").text == "stock"
    app.app_ctx_globals_class = Own  # type: ignore[assignment]
    assert client.get("/").text == "own"


def test_session_interface_replaced(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    class Plain(dict, SessionMixin):  # type: ignore[type-arg]
        pass

    class Own(SessionInterface):
        def open_session(self, app: Flask, request: Request) -> Plain:
            order.append("open")
            return Plain(word="own")

        def save_session(self, app: Flask, session: t.Any, response: Response) -> None:
            order.append("save")

    app.session_interface = Own()
    assert client.get("/").text == "index"
    assert order == ["open", "save"]
    app.view_functions["index"] = lambda: session["word"]
    assert client.get("/").text == "own"
    app.session_interface = SecureCookieSessionInterface()
    app.view_functions["index"] = lambda: str(dict(session))
    assert client.get("/").text == "{}"


@pytest.mark.parametrize(
    "name",
    ["open_session", "save_session", "is_null_session", "get_cookie_name", "should_set_cookie"],
)
@pytest.mark.parametrize("where", ["instance", "class"])
def test_method_of_the_session_interface_patched(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    interface = app.session_interface
    calls: list[str] = []
    original = getattr(interface, name)

    def patched(*args: t.Any) -> t.Any:
        calls.append(name)
        return original(*args[-original.__code__.co_argcount + 1 :])

    def change() -> str:
        session["n"] = 1
        return "changed"

    app.view_functions["index"] = change
    if where == "instance":
        monkeypatch.setattr(interface, name, patched)
    else:
        monkeypatch.setattr(type(interface), name, patched)
    client.get("/")
    client.get("/bp/view")
    assert calls


def test_interface_replaced_during_a_request(app: Flask, client: FlaskClient) -> None:
    saved: list[t.Any] = []

    class Saving(SecureCookieSessionInterface):
        def save_session(self, app: Flask, session: t.Any, response: Response) -> None:
            saved.append(dict(session))

    def replace() -> str:
        app.session_interface = Saving()
        return "replaced"

    app.view_functions["index"] = replace
    client.get("/")
    assert saved == [{}]


def test_contexts_of_own_classes(app: Flask, client: FlaskClient) -> None:
    order: list[str] = []

    class Own(RequestContext):
        def push(self) -> None:
            order.append("push")
            super().push()

        def match_request(self) -> None:
            order.append("match")
            super().match_request()

        def pop(self, exc: t.Any = None) -> None:
            order.append("pop")
            super().pop(exc)

    class OwnApp(AppContext):
        def push(self) -> None:
            order.append("app push")
            super().push()

        def pop(self, exc: t.Any = None) -> None:
            order.append("app pop")
            super().pop(exc)

    app.request_context = lambda environ: Own(app, environ)  # type: ignore[method-assign]
    app.app_context = lambda: OwnApp(app)  # type: ignore[method-assign]
    assert client.get("/").text == "index"
    assert order == ["push", "app push", "match", "pop", "app pop"]


@pytest.mark.parametrize("name", ["push", "pop", "match_request"])
def test_method_of_the_request_context_patched(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []
    original = getattr(RequestContext, name)

    def patched(self: t.Any, *args: t.Any) -> t.Any:
        calls.append(name)
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(RequestContext, name, patched)
        assert client.get("/").text == "index"
    assert calls == [name]
    assert client.get("/").text == "index"
    assert calls == [name]


@pytest.mark.parametrize("name", ["push", "pop"])
def test_method_of_the_app_context_patched(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []
    original = getattr(AppContext, name)

    def patched(self: t.Any, *args: t.Any) -> t.Any:
        calls.append(name)
        return original(self, *args)

    monkeypatch.setattr(AppContext, name, patched)
    assert client.get("/").text == "index"
    assert calls == [name]


def test_attribute_of_a_context_shadowed(app: Flask, client: FlaskClient) -> None:
    class Own(RequestContext):
        session = property(lambda self: {"word": "shadowed"})  # type: ignore[assignment]

    app.request_context = lambda environ: Own(app, environ)  # type: ignore[method-assign]
    app.view_functions["index"] = lambda: session["word"]
    assert client.get("/").text == "shadowed"


@pytest.mark.parametrize(
    "name", ["config", "url_map", "view_functions", "before_request_funcs", "json"]
)
def test_field_of_the_application_as_property(name: str) -> None:
    reads: list[str] = []

    def get(self: Flask) -> t.Any:
        reads.append(name)
        return vars(self)[f"own_{name}"]

    def put(self: Flask, value: t.Any) -> None:
        vars(self)[f"own_{name}"] = value

    cls = type("Own", (Flask,), {name: property(get, put)})
    app = cls("fields")
    app.add_url_rule("/", view_func=lambda: {"a": 1}, endpoint="index")
    app.before_request(lambda: None)
    reads.clear()
    assert app.test_client().get("/").json == {"a": 1}
    assert reads


def test_custom_classes_of_rules_and_maps() -> None:
    class OwnRule(Rule):
        def __init__(self, string: str, *args: t.Any, **kwargs: t.Any) -> None:
            super().__init__(string.lower(), *args, **kwargs)

    class OwnMap(Map):
        def bind_to_environ(self, *args: t.Any, **kwargs: t.Any) -> t.Any:
            binds.append(1)
            return super().bind_to_environ(*args, **kwargs)

    class Own(Flask):
        url_rule_class = OwnRule
        url_map_class = OwnMap

    binds: list[int] = []
    app = Own("own")
    app.add_url_rule("/UPPER", view_func=lambda: "found", endpoint="upper")
    assert app.test_client().get("/upper").text == "found"
    assert binds == [1]


def test_aborter_replaced(app: Flask, client: FlaskClient) -> None:
    from werkzeug.exceptions import Aborter, HTTPException

    class Own(HTTPException):
        code = 499
        description = "own"

    app.view_functions["index"] = lambda: fastflask.abort(499)
    app.aborter = Aborter(extra={499: Own})
    assert client.get("/").status_code == 499


def test_attribute_exchanged_for_a_stage(app: Flask, client: FlaskClient) -> None:
    """The number of the application's attributes stays the same, whichever way it is done."""
    app.spare = 1  # type: ignore[attr-defined]
    assert client.get("/").text == "index"
    del app.spare  # type: ignore[attr-defined]
    app.dispatch_request = lambda: "one"  # type: ignore[method-assign]
    assert client.get("/").text == "one"
    attributes = vars(app)
    del attributes["dispatch_request"]
    attributes["spare"] = 1
    assert client.get("/").text == "index"
    del attributes["spare"]
    attributes["dispatch_request"] = lambda: "two"
    assert client.get("/").text == "two"
    object.__delattr__(app, "dispatch_request")
    object.__setattr__(app, "make_response", lambda rv: app.response_class("three"))
    assert client.get("/").text == "three"
    attributes.pop("make_response")
    attributes |= {"preprocess_request": lambda: "four"}
    assert client.get("/").text == "four"


def test_base_methods_set_and_delete_attributes(app: Flask, client: FlaskClient) -> None:
    class Noting(Flask):
        def __setattr__(self, name: str, value: t.Any) -> None:
            noted.append(name)
            object.__setattr__(self, name, value)

        def __delattr__(self, name: str) -> None:
            noted.append(f"no {name}")
            object.__delattr__(self, name)

    noted: list[str] = []
    other = Noting("noting")
    assert {"config", "url_map", "import_name"} <= set(noted)
    other.dispatch_request = lambda: "set"  # type: ignore[method-assign]
    assert other.test_client().get("/").text == "set"
    del other.dispatch_request
    assert noted[-1] == "no dispatch_request"
    assert other.test_client().get("/").status_code == 404

    config = fastflask.Config("/", app.config)
    object.__setattr__(app, "config", config)
    assert app.config is config


class TestCopies:
    def test_application(self, app: Flask, client: FlaskClient) -> None:
        app.spare = 1  # type: ignore[attr-defined]
        other = copy.copy(app)
        assert type(other) is Flask and other is not app
        assert other.config is app.config and other.url_map is app.url_map
        assert other.view_functions is app.view_functions and other.json is app.json
        assert other.url_default_functions is app.url_default_functions
        assert other.spare == 1  # type: ignore[attr-defined]
        assert other._got_first_request
        assert other.test_client().get("/bp/view").text == "view"

        # Attributes of its own from then on.
        other.config = fastflask.Config("/", app.config)  # type: ignore[misc]
        other.dispatch_request = lambda: "other"  # type: ignore[method-assign]
        del other.spare  # type: ignore[attr-defined]
        assert app.config is not other.config
        assert app.spare == 1  # type: ignore[attr-defined]
        assert client.get("/").text == "index"
        assert other.test_client().get("/").text == "other"

    def test_commands_are_shared(self, app: Flask) -> None:
        assert copy.copy(app).cli is app.cli
        blueprint = Blueprint("b", "b")
        assert copy.copy(blueprint).cli is blueprint.cli

    def test_subclass_has_its_say(self) -> None:
        class Own(Flask):
            def __copy__(self) -> Flask:
                return Flask("of __copy__")

        class State(Flask):
            def __setstate__(self, state: t.Any) -> None:
                self.state = state

        assert copy.copy(Own("own")).name == "of __copy__"
        assert copy.copy(State("state")).state

    def test_contexts(self, app: Flask) -> None:
        with app.test_request_context("/bp/view") as context:
            context.extra = 1  # type: ignore[attr-defined]
            fastflask.after_this_request(lambda response: response)
            other = copy.copy(context)
            assert type(other) is RequestContext and other.app is app
            assert other.request is context.request and other.session is context.session
            assert other.url_adapter is context.url_adapter
            assert other._after_request_functions is context._after_request_functions
            assert other.extra == 1  # type: ignore[attr-defined]
            app_context = fastflask.globals.app_ctx._get_current_object()  # type: ignore[attr-defined]
            third = copy.copy(app_context)
            assert third.app is app and third.g is app_context.g

        # It is pushed and popped by itself.
        with other:
            assert request.path == "/bp/view"
