"""What the next release of Flask brings, where it can be had today."""

from __future__ import annotations

import inspect
import typing as t
from functools import wraps

import pytest
from werkzeug.test import create_environ

import fastflask
from fastflask import Blueprint, Flask
from fastflask.ctx import AppContext, RequestContext

CTX_STAGES: list[tuple[str, str]] = [
    ("full_dispatch_request", "/"),
    ("preprocess_request", "/"),
    ("dispatch_request", "/"),
    ("finalize_request", "/"),
    ("process_response", "/"),
    ("make_default_options_response", "OPTIONS /"),
    ("handle_user_exception", "/fail"),
    ("handle_http_exception", "/missing"),
    ("handle_exception", "/fail"),
    ("log_exception", "/fail"),
    ("do_teardown_request", "/"),
    ("do_teardown_appcontext", "/"),
    ("update_template_context", "/template"),
]


def index() -> str:
    return "index"


def fail() -> str:
    raise ValueError("planned")


def template() -> str:
    return fastflask.render_template_string("{{ request.path }}")


def ask(cls: type[Flask], path: str) -> t.Any:
    app = cls("app")
    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/fail", view_func=fail)
    app.add_url_rule("/template", view_func=template)
    method, _, path = path.rpartition(" ")
    response = app.test_client().open(path, method=method or "GET")
    assert not fastflask.has_app_context()
    return response


@pytest.mark.parametrize(("name", "path"), CTX_STAGES)
@pytest.mark.parametrize("where", ["subclass", "subclass of it", "mixin", "decorated"])
def test_override_that_takes_the_context(name: str, path: str, where: str) -> None:
    calls: list[t.Any] = []
    expected = ask(Flask, path)

    def stage(self: Flask, ctx: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
        calls.append(ctx)
        return getattr(super(owner, self), name)(ctx, *args, **kwargs)

    def plain(function: t.Any) -> t.Any:
        @wraps(function)
        def call(*args: t.Any, **kwargs: t.Any) -> t.Any:
            return function(*args, **kwargs)

        return call

    member = plain(stage) if where == "decorated" else stage
    bases: tuple[type, ...] = () if where == "mixin" else (Flask,)
    owner = cls = type("Owner", bases, {name: member})

    if where == "mixin":
        cls = type("App", (owner, Flask), {})
    elif where == "subclass of it":
        cls = type("App", (owner,), {})

    response = ask(cls, path)
    assert (response.status, response.data) == (expected.status, expected.data)
    assert len(calls) == 1
    kind = AppContext if name == "do_teardown_appcontext" else RequestContext
    assert type(calls[0]) is kind
    assert isinstance(calls[0].app, cls)


def test_context_of_an_override() -> None:
    seen: list[t.Any] = []

    class App(Flask):
        def dispatch_request(self, ctx: AppContext) -> t.Any:
            assert ctx.has_request
            seen.append((ctx.request.path, ctx.g is fastflask.g._get_current_object()))  # type: ignore[attr-defined]
            return super().dispatch_request(ctx)  # type: ignore[call-arg]

    assert ask(App, "/").text == "index"
    assert seen == [("/", True)]


@pytest.mark.parametrize(
    ("annotation", "taken"),
    [
        (AppContext, True),
        ("AppContext", True),
        ("flask.ctx.AppContext", True),
        (None, False),
        (str, False),
        ("Context", False),
    ],
)
def test_parameter_known_by_its_annotation(annotation: t.Any, taken: bool) -> None:
    seen: list[t.Any] = []

    def finalize_request(self: Flask, first: t.Any, *rest: t.Any) -> t.Any:
        seen.append(first)
        return Flask.finalize_request(self, *(rest if taken else (first, *rest)))

    if annotation is not None:
        finalize_request.__annotations__["first"] = annotation

    cls = type("App", (Flask,), {"finalize_request": finalize_request})
    assert ask(cls, "/").text == "index"
    assert (type(seen[0]) is RequestContext) is taken


def test_both_kinds_of_overrides_in_one_line_of_classes() -> None:
    calls: list[str] = []

    class Old(Flask):
        def dispatch_request(self) -> t.Any:
            calls.append("old")
            return super().dispatch_request()

    class New(Old):
        def dispatch_request(self, ctx: t.Any) -> t.Any:  # type: ignore[override]
            calls.append("new")
            return super().dispatch_request(ctx)  # type: ignore[call-arg]

        def preprocess_request(self, ctx: t.Any) -> t.Any:  # type: ignore[override]
            # Another stage, given the context too.
            return self.ensure_sync(super().preprocess_request)(ctx)  # type: ignore[call-arg]

    class Newest(New):
        def dispatch_request(self, ctx: t.Any) -> t.Any:  # type: ignore[override]
            calls.append("newest")
            return super().dispatch_request(ctx)

        def full_dispatch_request(self, ctx: t.Any) -> t.Any:  # type: ignore[override]
            return self.finalize_request(ctx, self.dispatch_request(ctx))  # type: ignore

    assert ask(Newest, "/").text == "index"
    assert calls == ["newest", "new", "old"]


def test_other_classes_are_left_as_they_are() -> None:
    class Plain(Flask):
        def dispatch_request(self) -> t.Any:
            return super().dispatch_request()

    assert Plain.__bases__ == (Flask,)
    assert "ContextFirst" not in [cls.__name__ for cls in Plain.__mro__]
    assert not hasattr(Plain.dispatch_request, "__wrapped__")


def test_context_with_a_request(app: Flask) -> None:
    ran: list[str] = []
    app.teardown_request(lambda error: ran.append(f"request {error!r}"))
    app.teardown_appcontext(lambda error: ran.append("app"))
    app.add_url_rule("/a", view_func=index)
    context = AppContext.from_environ(app, create_environ("/a"))
    assert isinstance(context, AppContext)
    assert context.has_request
    assert context.request.path == "/a"

    with context:
        assert fastflask.request._get_current_object() is context.request  # type: ignore[attr-defined]
        assert fastflask.globals.app_ctx._get_current_object() is context  # type: ignore[attr-defined]
        assert context.session is fastflask.session._get_current_object()  # type: ignore[attr-defined]
        assert context.g is fastflask.g._get_current_object()  # type: ignore[attr-defined]
        assert context.url_adapter is not None
        assert context.request.endpoint == "index"
        assert app.dispatch_request() == "index"
        copied = context.copy()
        assert copied.request is context.request

    assert ran == ["request None", "app"]
    assert not fastflask.has_request_context()
    error = ValueError()
    copied.push()
    copied.pop(error)
    assert ran[2:] == ["request ValueError()", "app"]

    with pytest.raises(AttributeError, match="nothing"):
        context.nothing


def test_context_made_of_request_and_session(app: Flask) -> None:
    request = app.request_class(create_environ("/a"))
    session = app.session_interface.session_class({"a": 1})  # type: ignore[attr-defined]

    with AppContext(app, request=request, session=session) as context:  # type: ignore[call-arg]
        assert fastflask.request.path == "/a"
        assert fastflask.session["a"] == 1
        assert context.has_request

    class Own(AppContext):
        pass

    with pytest.raises(TypeError, match="Own"):
        Own(app, request=request)  # type: ignore[call-arg]


NAMES = ["has_request", "request", "session", "_request", "_session", "_flashes"]


class ContextFirstApp(Flask):
    def preprocess_request(self, ctx: AppContext) -> t.Any:  # type: ignore[override]
        return super().preprocess_request()


def test_context_of_an_application_without_such_overrides(app: Flask) -> None:
    """Extensions take it for one of the next release if it has the names of that."""
    with app.test_request_context("/a"):
        context = fastflask.globals.app_ctx._get_current_object()  # type: ignore[attr-defined]

        for name in NAMES:
            assert not hasattr(context, name)
            assert name not in dir(context)

            # They are no names that a program cannot use for its own.
            setattr(context, name, "database")
            assert getattr(context, name) == "database"
            assert vars(context)[name] == "database"
            delattr(context, name)

            with pytest.raises(AttributeError, match=name):
                delattr(context, name)

        assert fastflask.session._get_current_object() != "database"  # type: ignore[attr-defined]


def test_context_without_a_request() -> None:
    with ContextFirstApp("app").app_context() as context:
        assert context.has_request is False

        for name in NAMES[1:]:
            with pytest.raises(RuntimeError, match="no request"):
                getattr(context, name)

        context.session = "database"  # type: ignore[assignment]
        assert context.session == "database"


def test_context_of_a_request() -> None:
    app = ContextFirstApp("app")

    with app.test_request_context("/a") as context:
        app_context = fastflask.globals.app_ctx
        assert context.has_request and app_context.has_request
        assert app_context.request is context.request
        assert app_context.session is context.session

        # The proxy finds it here too.
        with app.app_context() as inner:
            assert inner.has_request
            assert inner.request is fastflask.request._get_current_object()  # type: ignore[attr-defined]


@pytest.mark.parametrize("made", ["pushed by the request", "given a request"])
def test_context_whose_session_is_exchanged(made: str) -> None:
    """As extensions do that keep a session of their own."""
    app = ContextFirstApp("app") if made == "pushed by the request" else Flask("app")
    other = app.session_interface.session_class({"a": 1})  # type: ignore[attr-defined]
    request = app.request_class(create_environ("/b"))

    with (
        app.test_request_context("/a")
        if isinstance(app, ContextFirstApp)
        else AppContext.from_environ(app, create_environ("/a"))
    ):
        context = fastflask.globals.app_ctx._get_current_object()  # type: ignore[attr-defined]
        assert hasattr(context, "session") and hasattr(context, "_session")
        context._session = other
        assert fastflask.session._get_current_object() is other  # type: ignore[attr-defined]
        context._request = request
        assert fastflask.request.path == context.request.path == "/b"
        fastflask.flash("text")
        assert context._flashes is None
        fastflask.after_this_request(index)
        assert context._after_request_functions == [index]


def test_signature_of_the_context_is_todays() -> None:
    class Own(AppContext):
        def __init__(self, app: Flask, more: int) -> None:
            super().__init__(app)

    class Derived(AppContext):
        pass

    assert list(inspect.signature(AppContext).parameters) == ["app"]
    assert list(inspect.signature(Derived).parameters) == ["app"]
    assert list(inspect.signature(Own).parameters) == ["app", "more"]


@pytest.mark.parametrize("kind", ["filter", "test", "global"])
@pytest.mark.parametrize("by", ["app", "blueprint"])
def test_template_decorator_without_parentheses(app: Flask, kind: str, by: str) -> None:
    registry = {"filter": "filters", "test": "tests", "global": "globals"}[kind]
    blueprint = Blueprint("b", "b")

    def function() -> str:
        return "called"

    def named() -> str:
        return "named"

    if by == "app":
        decorator = getattr(app, f"template_{kind}")
    else:
        decorator = getattr(blueprint, f"app_template_{kind}")

    assert decorator(function) is function
    assert decorator("name")(named) is named
    app.register_blueprint(blueprint)
    found = getattr(app.jinja_env, registry)
    assert found["function"] is function
    assert found["name"] is named


def test_redirects_are_todays(app: Flask) -> None:
    with app.app_context():
        assert fastflask.redirect("/").status_code == 302
    assert app.redirect("/").status_code == 302
